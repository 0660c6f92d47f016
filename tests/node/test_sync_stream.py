"""What a session's stream does with what comes, where the session itself is slower than it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import trio

from p2pevents.log.memory import MemoryLog
from p2pevents.net.network import PeerStream
from p2pevents.node.opener import Opened, Refusal
from p2pevents.node.sync_stream import SyncStream
from p2pevents.sync.inputs import Committed
from tests.node.wired import node

SECONDS_MAX = 5.0


def refused(count: int) -> list[Opened]:
    return [Refusal(rule="test", detail="not a record")] * count


async def answers(offers: Sequence[list[Opened]], *, unread: int) -> list[Committed]:
    """Have offers taken in, while so many answers to earlier ones wait to be read."""
    shared = node("one", MemoryLog(incarnation=bytes(16)), now_ms=0).shared
    stream = SyncStream(shared, cast("PeerStream", None), is_opener=True)
    stream._offers_open = len(offers) + unread
    stream._offers_coming = len(offers)
    send, opened = trio.open_memory_channel[Sequence[Opened]](len(offers))
    found: list[Committed] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(stream._take_in, opened)
        for offer in offers:
            await send.send(offer)
        with trio.fail_after(SECONDS_MAX):
            while len(found) < len(offers):
                given = await stream._inputs.receive()
                assert isinstance(given, Committed)
                found.append(given)
        nursery.cancel_scope.cancel()
    return found


async def test_the_last_offer_waits_for_no_other() -> None:
    """The answers to those before it may not have been read yet: they are no offers that come."""
    assert len(await answers([refused(1)], unread=3)) == 1


async def test_each_offer_has_the_answer_of_its_own_items() -> None:
    """Those that are taken in together too, in their order."""
    found = await answers([refused(2), [], refused(700), refused(1)], unread=0)
    assert [each.rejected for each in found] == [2, 0, 700, 1]
