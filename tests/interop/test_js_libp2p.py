"""js-libp2p and a peer written from docs/spec beside our daemon, over TCP and WebSocket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from p2pevents.log.sqlite import SqliteLog
from p2pevents.record.ids import RecordId, from_text
from tests.interop.js_peer import JsPeer, needs_js
from tests.sockets.daemon import (
    Daemon,
    command,
    command_json,
    stop_all,
    titles,
    wait_until,
)

ARRIVES_S_MAX = 20.0
DAY = "2027-01-06"

pytestmark = needs_js
over_both = pytest.mark.parametrize("end", ["", "/ws"], ids=["tcp", "ws"])


@dataclass(slots=True)
class Started:
    """What a test started, which is ended with it."""

    daemons: list[Daemon] = field(default_factory=list)
    peers: list[JsPeer] = field(default_factory=list)

    def daemon(self, home: Path, *arguments: str, end: str) -> Daemon:
        """Start a node on a home; `end` is that of its address."""
        daemon = Daemon.start(home, *arguments, listen=f"/ip4/127.0.0.1/tcp/0{end}")
        self.daemons.append(daemon)
        return daemon

    def js(self, *, listen: str = "", speaks_sync: bool = False) -> JsPeer:
        """Start a peer in JavaScript."""
        peer = JsPeer.start(listen=[listen] if listen else [], speaks_sync=speaks_sync)
        self.peers.append(peer)
        return peer


@pytest.fixture
def started() -> Iterator[Started]:
    processes = Started()
    yield processes
    for peer in processes.peers:
        peer.stop()
    stop_all(processes.daemons)


@pytest.fixture
def paris(tmp_path: Path) -> Path:
    home = tmp_path / "paris"
    command(home, "chapter", "found", "Paris", "--city", "Paris", "--timezone", "Europe/Paris")
    return home


def add(home: Path, title: str) -> str:
    """Add an event, and return its record's id."""
    times = ("--start", f"{DAY} 18:30", "--end", "23:00")
    document = command_json(home, "event", "add", "--title", title, *times)
    return str(document["record"])


def holds(home: Path, record: str) -> bool:
    log = SqliteLog(home / "log.sqlite3")
    try:
        return bool(log.has([RecordId(from_text(record))]))
    finally:
        log.close()


@over_both
def test_gossip_goes_both_ways_with_a_peer_that_dialled(
    paris: Path, started: Started, end: str
) -> None:
    """GOSSIP-1, GOSSIP-2, REC-1 to REC-22, CH-1 to CH-11: what the other sealed is taken."""
    daemon = started.daemon(paris, end=end)
    peer = started.js()
    assert peer.do("dial", "dialled", address=daemon.address)["dialled"] == daemon.ready["peerId"]
    peer.do("meet", "met")

    record = add(paris, "From Python")
    heard = peer.heard("From Python")
    assert (heard["id"], heard["kind"]) == (record, "event")

    chapter = peer.do("found", "founded", name="JavaScript P2P")["founded"]
    sealed = peer.do("add", "added", title="From JavaScript", day=DAY, timeZone="Europe/Paris")
    assert peer.do("publish", "published")["recipients"] == 1
    wait_until(lambda: holds(paris, sealed["added"]), seconds=ARRIVES_S_MAX)
    command(paris, "follow", f"p2pevents://{chapter}/")
    assert "From JavaScript" in titles(paris)
    assert not [said for said in peer.said if "refused" in said]


@over_both
def test_gossip_goes_both_ways_with_a_peer_that_was_dialled(
    paris: Path, started: Started, end: str
) -> None:
    peer = started.js(listen=f"/ip4/127.0.0.1/tcp/0{end}")
    started.daemon(paris, "--peer", peer.addresses[0], end=end)
    peer.do("meet", "met")

    record = add(paris, "From Python")
    assert peer.heard("From Python")["id"] == record
    peer.do("found", "founded", name="JavaScript P2P")
    sealed = peer.do("add", "added", title="From JavaScript", day=DAY, timeZone="Europe/Paris")
    peer.do("publish", "published")
    wait_until(lambda: holds(paris, sealed["added"]), seconds=ARRIVES_S_MAX)


@over_both
def test_sync_brings_each_side_what_it_lacks(paris: Path, started: Started, end: str) -> None:
    """SYNC-1 to SYNC-16, SYNC-23: after one comparison the fingerprints are equal."""
    records = {add(paris, f"Event {number}") for number in range(5)}
    daemon = started.daemon(paris, end=end)
    peer = started.js()
    peer.do("found", "founded", name="JavaScript P2P")
    sealed = peer.do("add", "added", title="From JavaScript", day=DAY, timeZone="Europe/Paris")

    came_out = peer.do("sync", "compared", address=daemon.address)

    assert came_out["outcome"] == "equal", came_out
    assert records <= set(came_out["ids"])
    assert came_out["sent"] == 3  # the charter's first entry, the profile, the event
    assert holds(paris, sealed["added"])


def test_sync_that_our_side_begins_comes_out_equal_too(paris: Path, started: Started) -> None:
    record = add(paris, "Before")
    peer = started.js(listen="/ip4/127.0.0.1/tcp/0", speaks_sync=True)
    started.daemon(paris, "--peer", peer.addresses[0], end="")

    came_out = peer.hear(lambda said: said.get("compared") == "asked")

    assert came_out["outcome"] == "equal", came_out
    assert record in came_out["ids"]
