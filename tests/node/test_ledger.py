"""The ledger's sums are those of the set as it is, whatever entered and left it, and where."""

from __future__ import annotations

from collections.abc import Collection as Collected
from dataclasses import replace
from random import Random

import pytest
from hypothesis import given, settings, strategies as st

from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Log, LogStanding
from p2pevents.node.conduct import Pause, conduct
from p2pevents.node.ingest import Ingest
from p2pevents.node.ledger import Ledger
from p2pevents.node.sketches import Sketches
from p2pevents.sync.effects import Collection
from p2pevents.sync.fingerprint import Fingerprint, lanes_of
from p2pevents.sync.ranges import set_key
from p2pevents.sync.session import Session
from p2pevents.sync.sketch import Coded
from tests.node.community import NOW_MS, Community, door, item
from tests.node.wired import node

PARIS, LYON = Community(), Community("yan")
MAX_STEPS = 12
SALT = bytes(16)
PIECE = 4


def check(ledger: Ledger, log: Log) -> None:
    """Compare the ledger with sums that are made from nothing."""
    snapshot = ledger.snapshot()
    sums = {each: Fingerprint() for each in Collection}
    totals = dict.fromkeys(Collection, 0)
    keys: dict[Collection, set[bytes]] = {each: set() for each in Collection}
    for row in log.in_set():
        is_authority = row.kind in {None, "grant", "revoke", "keep"}
        collection = Collection.AUTHORITY if is_authority else Collection.RECORDS
        sums[collection].add([row.id])
        totals[collection] += 1
        keys[collection].add(set_key(row.clock, row.id))
    assert snapshot.authority == sums[Collection.AUTHORITY].digest
    assert snapshot.records == sums[Collection.RECORDS].digest
    assert {each: ledger.total(each) for each in Collection} == totals
    assert snapshot.log.position == log.tip()[1]
    for collection in Collection:
        assert sorted(ledger.sketches.keys(collection)) == sorted(keys[collection])
        assert coded(ledger, collection) == coded_anew(keys[collection])


def coded(ledger: Ledger, collection: Collection) -> Coded | None:
    return ledger.sketches.coded(collection, waiting=(), salt=SALT, now_ms=0)


def coded_anew(keys: set[bytes]) -> Coded | None:
    sketches = Sketches()
    sketches.add(Collection.RECORDS, PARIS.chapter, sorted(keys))
    return sketches.coded(Collection.RECORDS, waiting=(), salt=SALT, now_ms=0)


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
                for _ in range(chance.randrange(1, 5)):
                    ledger.follow(limit=2)
        if chance.random() < 0.4:
            check(ledger, log)
    check(ledger, log)


def test_what_left_is_looked_for_in_its_own_chapter_and_nothing_is_summed_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    records = [PARIS.write(PARIS.leads[0]) for _ in range(5)]
    ingest = door(PARIS.genesis, LYON.genesis, *records, LYON.write(LYON.leads[0]))
    watched = Watched(ingest.log, monkeypatch)
    watched.ledger.snapshot()
    ingest.log.remove([records[0].id])
    watched.summed = watched.asked = 0
    watched.ledger.snapshot()
    watched.ledger.snapshot()
    assert (watched.summed, watched.asked) == (0, len(records))


def test_a_session_that_wants_a_snapshot_waits_while_others_have_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No turn sums, or asks for, more than a piece: whatever has come and gone before."""
    monkeypatch.setattr("p2pevents.node.conduct.FOLLOW_ITEMS_MAX", PIECE)
    records = [PARIS.write(PARIS.leads[0]) for _ in range(5 * PIECE)]
    ingest = door(PARIS.genesis, *records)
    watched = Watched(ingest.log, monkeypatch)
    side = node("one", ingest.log, now_ms=NOW_MS)
    shared = replace(side.shared, ledger=watched.ledger)

    def waited() -> int:
        session, pauses = Session(network="test", shard="0", is_opener=True, now_ms=0), 0
        for outward in conduct(shared, "two", session, session.start(), steady_ms=lambda: 0):
            pauses += isinstance(outward, Pause)
            assert watched.summed <= PIECE
            assert watched.asked <= PIECE
            watched.summed = watched.asked = 0
        return pauses

    assert waited() == 6  # five pieces of records, and the genesis
    assert waited() == 0
    ingest.log.remove([each.id for each in records[: 2 * PIECE]])
    assert waited() == 5
    ingest.log.remove([each.id for each in records[2 * PIECE :]])
    check(watched.ledger, ingest.log)


class Watched:
    """A ledger, and how much it has summed and asked its log for."""

    def __init__(self, log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
        self.summed = self.asked = 0
        has = log.has

        def lanes(identifier: bytes) -> bytes:
            self.summed += 1
            return lanes_of(identifier)

        def asked(ids: Collected[bytes]) -> dict[bytes, LogStanding]:
            self.asked += len(ids)
            return has(ids)

        monkeypatch.setattr(log, "has", asked)
        self.ledger = Ledger(log, lanes=lanes)
