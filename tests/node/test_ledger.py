"""The ledger's sums are those of the set as it is, whatever entered and left it, and where."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import InSet, LogStanding
from p2pevents.node.ingest import Ingest
from p2pevents.node.ledger import Ledger
from p2pevents.record.ids import ChapterId
from p2pevents.sync.effects import Collection
from p2pevents.sync.fingerprint import Fingerprint
from tests.node.community import NOW_MS, Community, door, item

PARIS, LYON = Community(), Community("yan")
MAX_STEPS = 12


def check(ledger: Ledger, log: MemoryLog) -> None:
    """Compare the ledger with sums that are made from nothing."""
    snapshot = ledger.snapshot()
    sums = {each: Fingerprint() for each in Collection}
    totals = dict.fromkeys(Collection, 0)
    for row in log.in_set():
        is_authority = row.kind in {None, "grant", "revoke", "keep"}
        collection = Collection.AUTHORITY if is_authority else Collection.RECORDS
        sums[collection].add([row.id])
        totals[collection] += 1
    assert snapshot.authority == sums[Collection.AUTHORITY].digest
    assert snapshot.records == sums[Collection.RECORDS].digest
    assert {each: ledger.total(each) for each in Collection} == totals
    assert snapshot.log.position == log.tip()[1]


@settings(max_examples=40)
@given(st.integers(0, 2**32))
def test_sums_follow_whatever_happens_to_the_log(seed: int) -> None:
    chance = Random(seed)
    log = MemoryLog(incarnation=bytes(16))
    ingest, ledger = Ingest(log), Ledger(log)
    for _ in range(MAX_STEPS):
        community = chance.choice([PARIS, LYON])
        held = [row.id for row in log.in_set() if row.kind is not None]
        aside = [each.id for each in log.standing(LogStanding.SET_ASIDE, limit=99)]
        match chance.randrange(7):
            case 0 | 1:
                records = [community.write(community.leads[0]) for _ in range(3)]
                ingest.offer([item(community.genesis), *map(item, records)], now_ms=NOW_MS)
            case 2 if held:
                log.move(chance.sample(held, 1), to=LogStanding.SET_ASIDE, now_ms=NOW_MS)
            case 3 if aside:
                log.move(aside, to=LogStanding.IN_SET, now_ms=NOW_MS)
            case 4 if held:
                log.remove(chance.sample(held, 1))
            case 5:
                log.remove_chapter(community.chapter)
                ingest = Ingest(log)
            case _:
                ledger.follow(limit=2)
        if chance.random() < 0.4:
            check(ledger, log)
    check(ledger, log)


def test_what_left_has_its_own_chapter_summed_anew_and_no_other(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = [PARIS.write(PARIS.leads[0]) for _ in range(5)]
    ingest = door(PARIS.genesis, LYON.genesis, *records, LYON.write(LYON.leads[0]))
    ledger = Ledger(ingest.log)
    ledger.snapshot()
    ingest.log.remove([records[0].id])
    walked: list[object] = []
    in_set = ingest.log.in_set

    def counted(*, chapter: ChapterId | None = None) -> Iterator[InSet]:
        if chapter is not None:  # the log in memory asks itself for the whole
            walked.append(chapter)
        return in_set(chapter=chapter)

    monkeypatch.setattr(ingest.log, "in_set", counted)
    ledger.snapshot()
    ledger.snapshot()
    assert walked == [PARIS.chapter]
