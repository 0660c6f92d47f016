"""Two nodes that may not hold the same end settled, by name; those that may, end equal."""

from __future__ import annotations

import pytest

from p2pevents.log.memory import MemoryLog
from p2pevents.node import room
from p2pevents.node.ingest import Ingest
from p2pevents.node.store_cap import SALT_BYTES, StoreCap
from p2pevents.record.authority_kinds import Keep, Revoke
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.sync.effects import Outcome
from tests.node.community import NOW_MS, Community, item, key
from tests.node.test_answers import RealStore, compare
from tests.sync.pair import Pair

PARIS, LYON = Community(), Community("yan")
ADA, BOB, CLEO = PARIS.leads


def store(number: int) -> RealStore:
    return RealStore(MemoryLog(incarnation=bytes([number]) * 16))


def give(to: RealStore, *items: Verified | Entry) -> None:
    to.offer([item(one) for one in items])


def outcomes(pair: Pair) -> list[Outcome]:
    return [side.ended[-1].outcome for side in (pair.left, pair.right)]


def test_a_chapter_that_left_a_full_store_is_named_and_the_rest_is_shared() -> None:
    left, right = store(1), store(2)
    right.ingest = Ingest(
        right.log, cap=StoreCap(right.log, bytes_max=30_000, salt=bytes(SALT_BYTES))
    )
    many = [PARIS.write(ADA, fill=600) for _ in range(40)]
    few = [LYON.write(LYON.leads[0]) for _ in range(5)]
    give(left, PARIS.genesis, *many, LYON.genesis, *few)
    assert outcomes(compare(left, right)) == [Outcome.SETTLED] * 2  # full in the middle of it
    while right.ingest.tick(now_ms=NOW_MS):
        pass
    for _ in range(2):
        pair = compare(left, right)
        assert outcomes(pair) == [Outcome.SETTLED] * 2
        assert pair.right.ended[-1].left_out == {"chapter-left": 41}
        assert pair.left.ended[-1].left_out_there == 0  # nothing of it waits to be announced
    assert right.ids() == {LYON.genesis.id, *(one.id for one in few)}
    give(left, later := LYON.write(LYON.leads[0]))
    compare(left, right)
    assert later.id in right.ids()


def test_a_closed_key_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    left, right = store(1), store(2)
    records = [PARIS.write(ADA) for _ in range(6)]
    monkeypatch.setattr(room, "AUTHOR_RECORDS_MAX", 4)
    give(left, PARIS.genesis, *records[:4])
    give(right, PARIS.genesis, *records[2:])
    pair = compare(left, right)
    assert outcomes(pair) == [Outcome.SETTLED] * 2
    assert pair.left.ended[-1].left_out == {"key-closed": 8}


def test_nodes_with_different_digests_of_one_author_end_equal() -> None:
    left, right = store(1), store(2)
    old, new = (PARIS.digest(ADA, clock=NOW_MS + number) for number in range(2))
    give(left, PARIS.genesis, old)
    give(right, PARIS.genesis, new)
    assert outcomes(compare(left, right)) == [Outcome.EQUAL] * 2
    assert left.ids() == right.ids() == {PARIS.genesis.id, new.id}


def test_an_erase_on_one_side_ends_equal_and_the_body_is_on_neither_wire() -> None:
    left, right = store(1), store(2)
    record = PARIS.write(BOB)
    give(left, PARIS.genesis, record)
    give(left, PARIS.erase(BOB, record.id))
    assert outcomes(compare(left, right)) == [Outcome.EQUAL] * 2
    stored = right.log.record(record.id)
    assert stored is not None
    assert stored.body is None
    assert outcomes(compare(left, right)) == [Outcome.EQUAL] * 2


@pytest.mark.parametrize("keeps", [False, True])
def test_a_removal_that_one_side_knows_ends_equal(keeps: bool) -> None:
    left, right = store(1), store(2)
    grant = PARIS.grant("eve")
    theirs = [PARIS.write("eve", under=grant.id) for _ in range(5)]
    keep = PARIS.act(Keep(ids=(theirs[0].id,)))
    give(left, PARIS.genesis, grant, *theirs, PARIS.write(ADA))
    give(right, PARIS.genesis, grant, *theirs, PARIS.write(BOB))
    give(left, PARIS.act(Revoke(key=key("eve"))))
    if keeps:
        give(right, keep)
    assert outcomes(compare(left, right)) == [Outcome.EQUAL] * 2
    assert left.ids() == right.ids()
    assert [one.id in left.ids() for one in theirs] == [keeps] + [False] * 4
