"""The real programme and the editions of three cities, from one process to another."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.sockets.daemon import Daemon, command, command_json, stop_all

DATA = Path(__file__).parents[3] / "shared" / "data"
ARRIVES_S_MAX = 60.0
CITIES = ("Paris", "Lyon", "Nantes")


@pytest.fixture
def daemons() -> Iterator[list[Daemon]]:
    """Whatever a test starts is ended with it."""
    started: list[Daemon] = []
    yield started
    stop_all(started)


def _without_freshness(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return rows without what each home knows of how complete they are."""
    told = {"completeness", "asOf", "reliableUntil", "lacking"}
    return [{name: row[name] for name in row.keys() - told} for row in rows]


@pytest.mark.skipif(not DATA.exists(), reason="the real data is not beside the project")
def test_the_real_year_reaches_another_node_with_the_right_wall_times(
    tmp_path: Path, daemons: list[Daemon]
) -> None:
    home, reader = tmp_path / "organiser", tmp_path / "reader"
    for city in CITIES:
        command(
            home, "chapter", "found", f"{city} P2P (demo)", "--city", city,
            "--timezone", "Europe/Paris",
        )  # fmt: skip
    command(home, "import", str(DATA / "meetups.json"), "--history")
    festival = ("--chapter", "Paris", "--trust", "wall", "--history")
    command(home, "import", str(DATA / "festival-0.csv"), *festival)
    daemons.append(Daemon.start(home))
    # A node that carries: a light client asks for the months around today alone.
    daemons.append(Daemon.start(reader))
    for city in CITIES:
        link = command_json(home, "chapter", "invite", "--chapter", city)["link"]
        command(reader, "follow", link)

    window = ("--from", "2019-01-01", "--to", "2020-12-31")
    own = _without_freshness(command_json(home, "agenda", *window))
    ends = time.monotonic() + ARRIVES_S_MAX
    while (rows := _without_freshness(command_json(reader, "agenda", *window))) != own:
        assert time.monotonic() < ends, (len(rows), len(own))
        time.sleep(0.5)
    starts = {
        city: [
            row["start"]
            for row in rows
            if row["chapterName"] == f"{city} P2P (demo)"
            and row["status"] != "skipped"
            and row["title"] != "Festival"
        ]
        for city in CITIES
    }
    assert starts["Paris"] == [
        f"{day}T18:30:00"
        for day in (
            "2019-08-07", "2019-09-04", "2019-10-02", "2019-11-06", "2019-12-04",
            "2020-01-08", "2020-02-05", "2020-03-04", "2020-04-01", "2020-05-06",
        )
    ]  # fmt: skip
    assert [start[:10] for start in starts["Lyon"]] == [
        "2019-10-23", "2019-12-11", "2020-01-23", "2020-03-12", "2020-04-08",
    ]  # fmt: skip
    assert [start[:10] for start in starts["Nantes"]] == ["2020-03-13"]
    (festival_row,) = [row for row in rows if row["title"] == "Festival"]
    sessions = festival_row["sessions"]
    assert len(sessions) == 63
    timed = [each for each in sessions if "T" in (each["start"] or "")]
    assert len(timed) == 54
    # The wall time of the file, at Paris's own offset in January: one hour before it in UTC.
    assert all(int(each["startUtc"][11:13]) == int(each["start"][11:13]) - 1 for each in timed)
