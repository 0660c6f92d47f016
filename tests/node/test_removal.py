"""Removal by set: what it strikes leaves the set, both ways, whoever wrote it and whatever dies."""

from __future__ import annotations

from collections.abc import Collection
from random import Random

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import LogError
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import LogStanding
from p2pevents.node import rejudging, room
from p2pevents.node.ingest import Why
from p2pevents.node.rejudging import SET_ASIDE_MS_MAX
from p2pevents.record.authority_kinds import Keep, Revoke
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import RecordId
from tests.node.community import NOW_MS, Community, door, in_set, key, offer

PARIS = Community()
ADA, BOB, CLEO = PARIS.leads


def test_a_revoke_sets_aside_all_of_its_key_and_nothing_else() -> None:
    grant = PARIS.grant("eve")
    theirs = [PARIS.write("eve", under=grant.id) for _ in range(3)]
    other = PARIS.write(BOB)
    ingest = door(PARIS.genesis, grant, *theirs, other)
    offer(ingest, PARIS.act(Revoke(key=key("eve"))))
    assert in_set(ingest, *theirs, other) == [False] * 3 + [True]
    assert len(ingest.log.standing(LogStanding.SET_ASIDE, limit=9)) == 3
    assert offer(ingest, PARIS.write("eve", under=grant.id)) == [Why.STRUCK]


def test_a_keep_brings_back_what_it_names() -> None:
    grant = PARIS.grant("eve")
    good, bad = (PARIS.write("eve", under=grant.id) for _ in range(2))
    ingest = door(PARIS.genesis, grant, good, bad, PARIS.act(Revoke(key=key("eve"))))
    before = ingest.log.tip()[1]
    offer(ingest, PARIS.act(Keep(ids=(good.id,))))
    assert in_set(ingest, good, bad) == [True, False]
    stored = ingest.log.record(good.id)
    assert stored is not None
    assert stored.position is not None
    assert stored.position > before  # a cursor that had passed it sees it again


def test_removing_a_lead_strikes_their_grants_and_what_rests_on_them() -> None:
    grant = PARIS.grant("eve", by=CLEO)
    lead, delegate = PARIS.write(CLEO), PARIS.write("eve", under=grant.id)
    ingest = door(PARIS.genesis, grant, lead, delegate)
    offer(ingest, PARIS.entry(ADA, BOB, by=(ADA, BOB)))
    assert in_set(ingest, lead, delegate) == [False, False]


def test_what_was_struck_comes_back_when_another_branch_admits_it() -> None:
    lead = PARIS.write(CLEO)
    removal, fork = PARIS.entry(ADA, BOB, by=(ADA, BOB)), PARIS.entry(ADA, CLEO, by=(ADA, CLEO))
    ingest = door(PARIS.genesis, lead, removal)
    assert in_set(ingest, lead) == [False]
    offer(ingest, fork)
    assert in_set(ingest, lead) == [True]


def test_what_is_set_aside_in_other_chapters_does_not_keep_a_record_from_coming_back(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(rejudging, "BATCH_ITEMS_MAX", 2)
    lyon = Community("yan")
    theirs = lyon.grant("mal")
    spam = [lyon.write("mal", under=theirs.id) for _ in range(9)]
    ingest = door(lyon.genesis, theirs, *spam, lyon.act(Revoke(key=key("mal"))))
    lead = PARIS.write(CLEO)
    offer(ingest, PARIS.genesis, lead, PARIS.entry(ADA, BOB, by=(ADA, BOB)))
    offer(ingest, PARIS.entry(ADA, CLEO, by=(ADA, CLEO)))
    assert in_set(ingest, lead) == [True]


def test_a_removal_by_another_process_strikes_here_too() -> None:
    log = MemoryLog(incarnation=bytes(16))
    grant = PARIS.grant("eve")
    daemon = door(PARIS.genesis, grant, log=log)
    command = door(log=log)
    offer(command, PARIS.act(Revoke(key=key("eve"))))
    # The daemon does not know yet, and lets one more in.
    late = PARIS.write("eve", under=grant.id)
    assert offer(daemon, late) == [Why.NEW]
    daemon.read_on(now_ms=NOW_MS)
    assert in_set(daemon, late) == [False]
    assert offer(daemon, PARIS.write("eve", under=grant.id)) == [Why.STRUCK]


def test_reading_on_passes_over_what_this_door_kept_itself() -> None:
    log = MemoryLog(incarnation=bytes(16))
    daemon, command = door(PARIS.genesis, PARIS.write(ADA), log=log), door(log=log)
    assert daemon.read_on(now_ms=NOW_MS) == 0
    offer(command, PARIS.write(BOB))
    assert daemon.read_on(now_ms=NOW_MS) == 1
    assert daemon.read_on(now_ms=NOW_MS) == 0


class DyingLog(MemoryLog):
    """A log that fails between keeping a removal and moving what it strikes."""

    is_dying = False

    def move(self, ids: Collection[bytes], *, to: LogStanding, now_ms: int) -> int:
        if self.is_dying:
            raise LogError("the power went")
        return super().move(ids, to=to, now_ms=now_ms)


def test_a_node_that_dies_before_it_has_moved_what_is_struck_finishes_when_it_is_back() -> None:
    log = DyingLog(incarnation=bytes(16))
    grant = PARIS.grant("eve")
    theirs = PARIS.write("eve", under=grant.id)
    ingest = door(PARIS.genesis, grant, theirs, log=log)
    log.is_dying = True
    with pytest.raises(LogError):
        offer(ingest, PARIS.act(Revoke(key=key("eve"))))
    assert in_set(ingest, theirs) == [True]
    log.is_dying = False
    back = door(log=log)
    back.tick(now_ms=NOW_MS)
    assert in_set(back, theirs) == [False]
    assert log.local.note("judge-again") is None


def test_only_the_records_of_the_key_are_read_when_it_is_revoked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    grant = PARIS.grant("eve")
    theirs = [PARIS.write("eve", under=grant.id) for _ in range(2)]
    ingest = door(PARIS.genesis, grant, *theirs, *(PARIS.write(BOB) for _ in range(50)))
    read: list[RecordId] = []
    records = ingest.log.records

    def counted(ids: Collection[RecordId]) -> object:
        read.extend(ids)
        return records(ids)

    monkeypatch.setattr(ingest.log, "records", counted)
    offer(ingest, PARIS.act(Revoke(key=key("eve"))))
    assert set(read) == {one.id for one in theirs}


def test_a_removed_key_that_goes_on_signing_fills_its_cap_and_no_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "AUTHOR_RECORDS_MAX", 3)
    grant = PARIS.grant("eve")
    ingest = door(PARIS.genesis, grant, PARIS.act(Revoke(key=key("eve"))))
    for _ in range(6):
        assert offer(ingest, PARIS.write("eve", under=grant.id)) == [Why.STRUCK]
    assert len(ingest.log.standing(LogStanding.SET_ASIDE, limit=9)) == 3


def test_what_is_set_aside_of_a_chapter_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    grants = [PARIS.grant(f"eve {number}") for number in range(4)]
    theirs = [
        PARIS.write(f"eve {number}", under=grant.id, fill=200)
        for number, grant in enumerate(grants)
        for _ in range(3)
    ]
    ingest = door(PARIS.genesis, *grants, *theirs)
    monkeypatch.setattr(room, "CHAPTER_BYTES_MAX", 3500)
    monkeypatch.setattr(rejudging, "PURGED_MAX", 1)
    for number in range(4):
        offer(ingest, PARIS.act(Revoke(key=key(f"eve {number}"))), now_ms=NOW_MS + number)
    assert 0 < ingest.log.total(LogStanding.SET_ASIDE).bytes <= 3500
    assert in_set(ingest, *theirs) == [False] * 12


def test_what_was_set_aside_is_deleted_after_ninety_days() -> None:
    grant = PARIS.grant("eve")
    theirs = PARIS.write("eve", under=grant.id)
    ingest = door(PARIS.genesis, grant, theirs, PARIS.act(Revoke(key=key("eve"))))
    ingest.tick(now_ms=NOW_MS + SET_ASIDE_MS_MAX - 1)
    assert theirs.id in ingest.log.has([theirs.id])
    assert ingest.tick(now_ms=NOW_MS + SET_ASIDE_MS_MAX)
    assert theirs.id not in ingest.log.has([theirs.id])


def test_a_kept_record_is_taken_by_a_closed_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "AUTHOR_RECORDS_MAX", 2)
    first, second, kept, other = (PARIS.write(BOB) for _ in range(4))
    ingest = door(PARIS.genesis, first, second, PARIS.act(Keep(ids=(kept.id,))))
    assert offer(ingest, kept, other) == [Why.NEW, Why.CLOSED]


@given(st.integers(0, 2**32))
def test_any_order_of_removals_keeps_and_forks_ends_in_the_same_set(seed: int) -> None:
    chance = Random(seed)
    grants = [PARIS.grant("eve"), PARIS.grant("dan", by=CLEO)]
    written = [
        *(PARIS.write("eve", under=grants[0].id) for _ in range(2)),
        *(PARIS.write("dan", under=grants[1].id) for _ in range(2)),
        *(PARIS.write(lead) for lead in PARIS.leads),
    ]
    keep = PARIS.act(Keep(ids=tuple(sorted(chance.sample([one.id for one in written], 2)))))
    removal = PARIS.entry(ADA, BOB, by=(ADA, BOB))
    items: list[Verified | Entry] = [PARIS.genesis, *grants, *written, keep]
    items += [PARIS.act(Revoke(key=key("eve"))), removal]
    if chance.random() < 0.5:
        items.append(PARIS.entry(ADA, CLEO, by=(ADA, CLEO)))
    sets = []
    for _ in range(2):
        chance.shuffle(items)
        ingest = door()
        for start in range(0, len(items), 3):
            offer(ingest, *items[start : start + 3])
        sets.append({one.id for one in ingest.log.in_set()})
        judged = {
            one.id
            for one in written
            if ingest.charters.judge(one.header, one.id).value == "belongs"
        }
        assert judged == {one.id for one in written} & sets[-1]
    assert sets[0] == sets[1]
