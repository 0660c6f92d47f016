"""How far a peer's log was read is believed only as long as what was read is here."""

from __future__ import annotations

import pytest

from p2pevents.log.memory import MemoryLog
from p2pevents.node.cursors import Cursors
from p2pevents.node.waiting import Waiting
from p2pevents.sync.messages import Cursor
from tests.node.community import NOW_MS, Community

MONTH, DAY = "2026-01", 20_000
READ = Cursor(incarnation=b"i" * 16, position=7)


def cursors_of(log: MemoryLog, *, waits: bool) -> Cursors:
    return Cursors(log, waits=lambda: waits)


@pytest.mark.parametrize("waits", [False, True])
def test_a_new_process_reads_again_what_waited_in_memory_when_the_last_one_ended(
    *, waits: bool
) -> None:
    log = MemoryLog(incarnation=bytes(16))
    before = cursors_of(log, waits=waits)
    assert before.cursor("one", window=MONTH, day=DAY) is None
    before.remember("one", READ, window=MONTH, now_ms=NOW_MS)
    assert before.cursor("one", window=MONTH, day=DAY) == READ  # here it still waits

    after = cursors_of(log, waits=False)
    assert after.cursor("one", window=MONTH, day=DAY) == (None if waits else READ)
    after.remember("one", READ, window=MONTH, now_ms=NOW_MS)
    assert after.cursor("one", window=MONTH, day=DAY) == READ
    assert cursors_of(log, waits=False).cursor("one", window=MONTH, day=DAY) == READ


def test_a_record_that_waits_for_the_clock_is_expected_until_then() -> None:
    waiting = Waiting()
    paris = Community()
    waiting.hold_ahead(paris.write(paris.leads[0], clock=NOW_MS))
    assert waiting.expects(clock_max=NOW_MS)
    assert not waiting.expects(clock_max=NOW_MS - 1)
    waiting.take_due(clock_max=NOW_MS)
    assert not waiting.expects(clock_max=NOW_MS)
