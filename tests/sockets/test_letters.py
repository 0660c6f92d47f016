"""Letters between real processes: what a carrier acknowledged outlives its being killed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.sockets.daemon import Daemon, command, command_json, stop_all, wait_until

ARRIVES_S_MAX = 30.0


@pytest.fixture
def daemons() -> Iterator[list[Daemon]]:
    started: list[Daemon] = []
    yield started
    stop_all(started)


def standing(home: Path) -> str:
    said: str = command_json(home, "proposal", "sent")[0]["state"]
    return said


@pytest.mark.timeout(300)
def test_a_carrier_that_is_killed_still_has_what_it_said_it_holds(
    tmp_path: Path, daemons: list[Daemon]
) -> None:
    """INBOX-12, INBOX-16: a light client's letter, a kill, and an organiser who comes later."""
    ana, bob, server = (tmp_path / name for name in ("ana", "bob", "server"))
    carrier = Daemon.start(server)
    daemons.append(carrier)
    command(ana, "chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
    command(ana, "sync", carrier.address)
    command(bob, "follow", command_json(ana, "chapter", "invite")["link"])
    light = Daemon.start(bob, "--light", "--peer", carrier.address)
    daemons.append(light)
    wait_until(lambda: command(bob, "propose", "--title", "A talk", check=False).returncode == 0,
               seconds=ARRIVES_S_MAX)  # fmt: skip
    # The client is on the network: what was just written goes out by itself.
    wait_until(lambda: standing(bob) == "delivered", seconds=ARRIVES_S_MAX)
    carrier.kill()
    light.kill()
    again = Daemon.start(server, listen=carrier.address.partition("/p2p/")[0])
    daemons.append(again)
    command(ana, "sync", again.address)
    (row,) = command_json(ana, "proposal", "list")
    assert row["title"] == "A talk"
    assert standing(bob) == "delivered"
    command(ana, "sync", again.address)
    again.kill()
    last = Daemon.start(server, listen=carrier.address.partition("/p2p/")[0])
    daemons.append(last)
    command(bob, "sync", last.address)
    assert standing(bob) == "taken"
