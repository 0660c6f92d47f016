"""Two daemons in processes of their own, over real libp2p sockets."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from p2pevents.log.sqlite import SqliteLog
from p2pevents.record.ids import RecordId, from_text
from tests.sockets.daemon import (
    STOP_S_MAX,
    Daemon,
    command,
    command_json,
    stop_all,
    titles,
    wait_until,
)

KILLS = 6  # tests/durability kills more, and faster
RETURN_S_MAX = 30.0
AFTER_KILLS_S_MAX = 90.0  # it is asked that all comes; how soon, others measure
LIVE_S_MAX = 1.0


@pytest.fixture
def daemons() -> Iterator[list[Daemon]]:
    """Whatever a test starts is ended with it."""
    started: list[Daemon] = []
    yield started
    stop_all(started)


@pytest.fixture
def paris(tmp_path: Path) -> Path:
    """A home with a chapter."""
    home = tmp_path / "paris"
    command(
        home,
        "chapter",
        "found",
        "Paris P2P (demo)",
        "--city",
        "Paris",
        "--timezone",
        "Europe/Paris",
    )
    return home


def add(home: Path, title: str) -> dict[str, Any]:
    """Add an event and return what the command said: it is acknowledged then."""
    document: dict[str, Any] = command_json(
        home, "event", "add", "--title", title, "--start", "2027-01-06 18:30", "--end", "23:00"
    )
    return document


def link_of(home: Path) -> str:
    return str(command_json(home, "chapter", "invite")["link"])


def holds(home: Path, records: list[str]) -> bool:
    """Tell whether a home's log has all of these records."""
    log = SqliteLog(home / "log.sqlite3")
    try:
        ids = [RecordId(from_text(record)) for record in records]
        return len(log.has(ids)) == len(set(ids))
    finally:
        log.close()


def test_an_added_event_is_in_the_other_agenda_within_a_second(
    paris: Path, tmp_path: Path, daemons: list[Daemon]
) -> None:
    daemons.append(Daemon.start(paris))
    reader = tmp_path / "reader"
    command(reader, "follow", link_of(paris))
    daemons.append(Daemon.start(reader))
    before = add(paris, "Before")
    wait_until(lambda: holds(reader, [before["record"]]), seconds=RETURN_S_MAX)

    acknowledged = add(paris, "Live")
    took_s = wait_until(lambda: holds(reader, [acknowledged["record"]]), seconds=LIVE_S_MAX)

    assert took_s < LIVE_S_MAX
    assert "Live" in titles(reader)


def test_a_node_stops_cleanly_within_five_seconds(paris: Path, daemons: list[Daemon]) -> None:
    daemons.append(Daemon.start(paris))
    assert daemons[0].stop() < STOP_S_MAX
    assert daemons[0].errors == ""


def test_a_second_node_on_one_home_is_refused(paris: Path, daemons: list[Daemon]) -> None:
    daemons.append(Daemon.start(paris))
    refused = command(paris, "run", "--listen", "/ip4/127.0.0.1/tcp/0", check=False)
    assert refused.returncode == 1
    assert "a node already runs on this home" in refused.stderr


def test_a_port_that_is_taken_is_named(paris: Path, tmp_path: Path, daemons: list[Daemon]) -> None:
    daemons.append(Daemon.start(paris))
    place = daemons[0].address.partition("/p2p/")[0]
    refused = command(tmp_path / "other", "run", "--listen", place, check=False)
    assert refused.returncode == 3
    assert f"p2pevents: error: {place}: cannot listen there" in refused.stderr
    assert "p2pevents: hint: the port may be taken" in refused.stderr


def test_what_was_announced_meanwhile_is_there_soon_after_the_return(
    paris: Path, tmp_path: Path, daemons: list[Daemon]
) -> None:
    daemons.append(Daemon.start(paris))
    reader = tmp_path / "reader"
    command(reader, "follow", link_of(paris))
    away = Daemon.start(reader)
    daemons.append(away)
    first = add(paris, "First")
    wait_until(lambda: holds(reader, [first["record"]]), seconds=RETURN_S_MAX)
    away.stop()

    meanwhile = [add(paris, f"Meanwhile {number}")["record"] for number in range(3)]
    assert not holds(reader, meanwhile)
    daemons.append(Daemon.start(reader))

    wait_until(lambda: holds(reader, meanwhile), seconds=RETURN_S_MAX)


def test_one_exchange_brings_a_chapter_to_a_home_without_a_daemon(
    paris: Path, tmp_path: Path, daemons: list[Daemon]
) -> None:
    daemons.append(Daemon.start(paris, listen="/ip4/127.0.0.1/tcp/0/ws"))
    add(paris, "Over WebSocket")
    reader = tmp_path / "reader"
    command(reader, "follow", link_of(paris))

    exchanged = command_json(reader, "sync")

    # This home carries nothing for others: it fetched all that it asks for, and that is all.
    assert [(each["outcome"], each["leftOut"]) for each in exchanged] == [("settled", {})]
    assert titles(reader) == ["Over WebSocket"]


def test_a_light_client_fetches_what_is_announced(
    paris: Path, tmp_path: Path, daemons: list[Daemon]
) -> None:
    daemons.append(Daemon.start(paris))
    add(paris, "Before")
    reader = tmp_path / "reader"
    command(reader, "follow", link_of(paris))
    daemons.append(Daemon.start(reader, "--light"))
    assert daemons[-1].ready["addresses"] == []
    wait_until(lambda: titles(reader) == ["Before"], seconds=RETURN_S_MAX)


@pytest.mark.timeout(300)
@pytest.mark.parametrize("seed", [1])
def test_killing_either_node_at_any_moment_loses_no_acknowledged_record(
    paris: Path, tmp_path: Path, daemons: list[Daemon], seed: int
) -> None:
    chance = random.Random(seed)
    reader = tmp_path / "reader"
    listens = {paris: "/ip4/127.0.0.1/tcp/0", reader: "/ip4/127.0.0.1/tcp/0"}
    first = Daemon.start(paris)
    listens[paris] = first.address.partition("/p2p/")[0]  # it comes back where its link says
    command(reader, "follow", link_of(paris))
    running = {paris: first, reader: Daemon.start(reader)}
    daemons += running.values()
    acknowledged: list[str] = []

    for number in range(KILLS):
        victim = chance.choice((paris, reader))
        adding = threading.Thread(
            target=lambda number=number: acknowledged.append(
                add(paris, f"Event {number}")["record"]
            )
        )
        adding.start()
        time.sleep(chance.uniform(0.0, 0.8))
        running[victim].kill()
        adding.join()
        assert holds(paris, acknowledged)
        running[victim] = Daemon.start(victim, listen=listens[victim])
        daemons.append(running[victim])

    assert len(acknowledged) == KILLS
    wait_until(lambda: holds(reader, acknowledged), seconds=AFTER_KILLS_S_MAX)
    assert sorted(titles(reader)) == sorted(f"Event {number}" for number in range(KILLS))
