"""Around the running node: what it tells other programs, and what one exchange is worth."""

from __future__ import annotations

import shutil
from pathlib import Path
from random import Random

import pytest
import trio

from p2pevents.errors import StateError
from p2pevents.net.memory import open_memory_network
from p2pevents.net.memory_hub import MemoryHub
from p2pevents.node.config import Config
from p2pevents.node.exchanging import Exchange
from p2pevents.node.node import Node
from p2pevents.node.presence import Presence, read_presence
from p2pevents.node.running import PRESENCE_S, _be_present
from p2pevents.sync.effects import Ended, Outcome
from tests.node.test_ingest import NOW_MS
from tests.node.test_node import disk


@pytest.mark.parametrize(
    ("ended", "took_all"),
    [
        (None, False),
        (Ended(outcome=Outcome.EQUAL), True),
        (Ended(outcome=Outcome.UNFINISHED, why="stream-ended"), False),
        (Ended(outcome=Outcome.SETTLED, left_out={"full": 1}), True),
        (Ended(outcome=Outcome.SETTLED, left_out={"full": 1}, left_out_there=1), False),
    ],
)
def test_own_records_are_announced_only_where_the_peer_took_them(
    ended: Ended | None, *, took_all: bool
) -> None:
    assert Exchange(address="/memory/1", ended=ended).took_all is took_all


async def test_a_status_that_cannot_be_written_ends_no_node_and_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    hub = MemoryHub(rng=Random(1))
    with Presence.hold(home) as presence:
        async with open_memory_network(hub, seed=bytes(32)) as network:
            node = Node(
                log=disk(1), network=network, config=Config(), now_ms=lambda: NOW_MS, rng=Random(1)
            )
            shutil.rmtree(home)
            with trio.move_on_after(3 * PRESENCE_S):
                await _be_present(presence, node, NOW_MS)
            assert [each.levelname for each in caplog.records] == ["WARNING"]
            home.mkdir()
            with trio.move_on_after(PRESENCE_S):
                await _be_present(presence, node, NOW_MS)
    assert read_presence(home) is None


def test_a_home_that_cannot_be_written_is_a_plain_error(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="cannot be written"), Presence.hold(tmp_path / "nowhere"):
        pass
