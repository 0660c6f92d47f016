"""A light client's commands against a real node: follow, watch, peers, sync, and what they say."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from tests.sockets.daemon import (
    Daemon,
    command,
    command_json,
    environment,
    stop_all,
    wait_until,
)

FOLLOW_S_MAX = 20.0
LIVE_S_MAX = 10.0
_PROGRAM = [sys.executable, "-c", "from p2pevents.cli.main import main; main()"]


@pytest.fixture
def daemons() -> Iterator[list[Daemon]]:
    """Whatever a test starts is ended with it."""
    started: list[Daemon] = []
    yield started
    stop_all(started)


@pytest.fixture
def paris(tmp_path: Path, daemons: list[Daemon]) -> Path:
    """A home with a chapter and an evening, whose node runs."""
    home = tmp_path / "paris"
    command(home, "chapter", "found", "Paris P2P", "--city", "Paris", "--timezone", "Europe/Paris")
    add(home, "First")
    daemons.append(Daemon.start(home, "--page", "off"))
    return home


def add(home: Path, title: str) -> str:
    words = ("--title", title, "--start", "2027-01-06 18:30", "--end", "23:00")
    identifier: str = command_json(home, "event", "add", *words)["id"]
    return identifier


def link_of(home: Path) -> str:
    link: str = command_json(home, "chapter", "invite")["link"]
    return link


class Watching:
    """`p2pevents watch --json` in a process of its own, and the documents that it printed."""

    def __init__(self, home: Path) -> None:
        self.documents: list[dict[str, Any]] = []
        self.process = subprocess.Popen(
            [*_PROGRAM, "--home", str(home), "--json", "watch"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
            env=environment(),
        )
        self._reader = Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.documents.append(json.loads(line))

    def said(self) -> list[tuple[str, str]]:
        return [(each["change"], each["title"]) for each in self.documents if "title" in each]

    def end(self) -> int:
        self.process.send_signal(signal.SIGINT)
        code = self.process.wait(timeout=15)
        self._reader.join()
        assert self.process.stdout is not None
        self.process.stdout.close()
        return code


def test_from_a_link_to_the_agenda_is_one_command(tmp_path: Path, paris: Path) -> None:
    bob = tmp_path / "bob"
    began = time.monotonic()
    followed = command_json(bob, "follow", link_of(paris))
    assert time.monotonic() - began < FOLLOW_S_MAX
    assert (followed["name"], followed["isHere"], followed["trouble"]) == ("Paris P2P", True, None)
    assert [row["title"] for row in followed["next"]] == ["First"]
    # It is here without a network too.
    assert [row["title"] for row in command_json(bob, "agenda", "--from", "2027-01-01")] == [
        "First"
    ]


def test_without_a_network_the_link_is_kept_and_said_so(
    tmp_path: Path, paris: Path, daemons: list[Daemon]
) -> None:
    bob = tmp_path / "bob"
    link = link_of(paris)
    daemons[0].stop()
    done = command(bob, "follow", link)
    assert "nothing could be fetched now: no peer answered" in done.stderr
    assert "the link is kept" in done.stdout
    assert command(bob, "sync", check=False).returncode == 3
    (known,) = command_json(bob, "peers")
    assert (known["connected"], known["peerId"]) == (False, daemons[0].ready["peerId"])
    daemons.append(Daemon.start(paris, "--page", "off", listen=_place(daemons[0])))
    (found,) = command_json(bob, "sync")
    assert found["new"] >= 3
    assert [row["title"] for row in command_json(bob, "agenda", "--from", "2027-01-01")] == [
        "First"
    ]


def _place(daemon: Daemon) -> str:
    return daemon.address.partition("/p2p/")[0]


def test_watch_tells_what_is_new_moved_and_cancelled_and_peers_tells_whom_it_reaches(
    tmp_path: Path, paris: Path, daemons: list[Daemon]
) -> None:
    bob = tmp_path / "bob"
    command(bob, "follow", link_of(paris))
    watching = Watching(bob)
    try:
        wait_until(lambda: any(p["connected"] for p in command_json(bob, "peers")), seconds=15)
        (peer,) = command_json(bob, "peers")
        assert peer["peerId"] == daemons[0].ready["peerId"]
        assert peer["direction"] == "outbound"
        assert peer["since_ms"]
        event = add(paris, "Second")
        wait_until(lambda: ("new", "Second") in watching.said(), seconds=LIVE_S_MAX)
        command(paris, "event", "move", event, "--start", "2027-01-13 18:30")
        wait_until(lambda: ("moved", "Second") in watching.said(), seconds=LIVE_S_MAX)
        command(paris, "event", "cancel", event, "--reason", "closed")
        wait_until(lambda: ("cancelled", "Second") in watching.said(), seconds=LIVE_S_MAX)
    finally:
        code = watching.end()
    assert code == 0
    assert watching.said() == [("new", "Second"), ("moved", "Second"), ("cancelled", "Second")]
    moved = next(each for each in watching.documents if each["change"] == "moved")
    assert (moved["before"]["start"], moved["start"]) == (
        "2027-01-06T18:30:00",
        "2027-01-13T18:30:00",
    )


def test_sync_says_what_was_handed_over_and_to_whom(
    tmp_path: Path, paris: Path, daemons: list[Daemon]
) -> None:
    lyon = tmp_path / "lyon"
    command(lyon, "chapter", "found", "Lyon P2P", "--city", "Lyon", "--timezone", "Europe/Paris")
    add(lyon, "There")
    (found,) = command_json(lyon, "sync", daemons[0].address)
    assert (found["address"], found["handedOver"]) == (daemons[0].address, 3)
    # A lead's digest was due, and went with it: nothing waits any more.
    status = command_json(lyon, "status")
    assert status["behind"] == 0
    states = {each["name"]: each.get("completeness") for each in status["chapters"]}
    assert states["Lyon P2P"] == "complete"

    def says() -> str:
        return command(lyon, "sync", daemons[0].address).stdout

    # The node there writes a digest of its own chapter meanwhile, once.
    wait_until(lambda: "nothing new" in says(), seconds=20)
    assert "handed over" not in says()
    digest = command_json(lyon, "digest")
    assert [each["by"] for each in digest["digests"]] == ["lead"]
    assert command_json(paris, "digest", "--chapter", "Lyon")["completeness"] == "complete"


def test_a_witness_may_write_digests_and_others_may_not(tmp_path: Path, paris: Path) -> None:
    bob = tmp_path / "bob"
    command(bob, "follow", link_of(paris))
    refused = command(bob, "digest", "--write", "--chapter", "Paris", check=False)
    assert refused.returncode == 1
    assert "no key on this home may write digest" in refused.stderr
