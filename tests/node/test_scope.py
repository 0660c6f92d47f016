"""Two nodes that gave up different chapters, and closed different keys, settle and stay quiet."""

from __future__ import annotations

import pytest

from p2pevents.log.memory import MemoryLog
from p2pevents.node import apart, closed, room, store_cap
from p2pevents.node.ingest import Ingest
from p2pevents.node.ledger import Ledger
from p2pevents.node.store_cap import SALT_BYTES, StoreCap
from p2pevents.record.authority_kinds import Revoke
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId
from p2pevents.sync.effects import Collection, Offer, Outcome
from p2pevents.sync.inputs import Compare
from p2pevents.sync.outside import CHAPTERS_MAX, NAME_BYTES, Outside, key_name
from tests.node.community import NOW_MS, Community, item, key, offer
from tests.node.test_answers import RealStore, compare
from tests.sync.pair import Pair

CITIES = [Community(f"city {number}") for number in range(9)]
PARIS = Community()
ADA, BOB, CLEO = PARIS.leads


def capped(number: int, bytes_max: int) -> RealStore:
    made = RealStore(MemoryLog(incarnation=bytes([number]) * 16))
    salt = bytes([number]) * SALT_BYTES
    made.ingest = Ingest(made.log, cap=StoreCap(made.log, bytes_max=bytes_max, salt=salt))
    return made


def give(to: RealStore, *items: Verified | Entry) -> None:
    to.offer([item(each) for each in items])


def settle(store: RealStore) -> None:
    while store.ingest.tick(now_ms=NOW_MS):
        pass


def carried(store: RealStore) -> set[ChapterId]:
    return {each.chapter for each in store.log.chapters()}


def offered(store: RealStore) -> int:
    return sum(len(each.items) for each in store.asked if isinstance(each, Offer))


def outcomes(pair: Pair) -> list[Outcome]:
    return [side.ended[-1].outcome for side in (pair.left, pair.right)]


def test_nodes_that_gave_up_different_chapters_settle_and_send_nothing_again() -> None:
    left, right = capped(1, 60_000), capped(2, 40_000)
    for number, city in enumerate(CITIES):
        records = [city.write(city.leads[0], fill=600) for _ in range(number + 2)]
        for store in (left, right):
            give(store, city.genesis, *records)
            settle(store)
    both = carried(left) & carried(right)
    assert both
    assert carried(left) != carried(right)
    fresh = [city.write(city.leads[0]) for city in CITIES if city.chapter in both]
    give(left, fresh[0])
    for _ in range(3):
        compare(left, right)
        settle(left)
        settle(right)
    assert fresh[0].id in right.ids()

    before = offered(left), offered(right)
    compare(left, right)
    pair = compare(left, right)
    assert outcomes(pair) == [Outcome.SETTLED] * 2
    assert set(pair.left.ended[-1].left_out) == {"chapter-left"}
    assert (offered(left), offered(right)) == before

    # On the same stream one pass says so, without another full comparison.
    pair.left.give(Compare())
    pair.settle()
    assert outcomes(pair) == [Outcome.SETTLED] * 2
    assert (offered(left), offered(right)) == before


def test_own_records_that_the_other_has_no_room_for_are_not_taken_for_handed_over() -> None:
    """SYNC-47."""
    left, right = capped(1, 10**6), capped(2, 10**6)
    grant = PARIS.grant("eve")
    left.ingest.offer(
        [item(each) for each in (PARIS.genesis, grant, PARIS.write(ADA))], now_ms=NOW_MS, own=True
    )
    cap = right.ingest._cap
    assert cap is not None
    cap.turn_away(PARIS.chapter)
    compare(left, right)
    pair = compare(left, right)
    assert outcomes(pair) == [Outcome.SETTLED] * 2
    assert pair.left.ended[-1].left_out_there == 3
    assert pair.right.ended[-1].left_out_there == 0


def test_records_of_a_key_that_is_full_on_both_sides_are_sent_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    left, right = capped(1, 10**6), capped(2, 10**6)
    records = [PARIS.write(ADA) for _ in range(6)]
    monkeypatch.setattr(room, "AUTHOR_RECORDS_MAX", 4)
    give(left, PARIS.genesis, *records[:4])
    give(right, PARIS.genesis, *records[2:])
    assert outcomes(compare(left, right)) == [Outcome.SETTLED] * 2
    before = offered(left), offered(right)
    pair = compare(left, right)
    assert outcomes(pair) == [Outcome.SETTLED] * 2
    assert pair.left.ended[-1].left_out == {"key-closed": 8}
    assert (offered(left), offered(right)) == before

    # Others' records of the chapter go on being compared, and the key opens when leads remove it.
    other = PARIS.write(BOB)
    give(left, other)
    compare(left, right)
    assert other.id in right.ids()


def test_a_chapter_that_is_full_is_closed_to_all_its_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    one = capped(1, 10**6)
    offer(one.ingest, PARIS.genesis, PARIS.write(ADA))
    monkeypatch.setattr(room, "CHAPTER_BYTES_MAX", 600)
    offer(one.ingest, PARIS.write(ADA), PARIS.write(BOB))
    assert one.ingest.outside() == Outside(closed=frozenset({PARIS.chapter[:NAME_BYTES]}))
    monkeypatch.undo()
    assert not one.ingest.outside()


def test_a_key_that_has_room_again_is_not_named_any_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "AUTHOR_RECORDS_MAX", 2)
    one = capped(1, 10**6)
    grant = PARIS.grant("eve")
    offer(one.ingest, PARIS.genesis, grant, *(PARIS.write("eve", under=grant.id) for _ in range(3)))
    assert one.ingest.outside().keys == {key_name(PARIS.chapter, key("eve"))}
    offer(one.ingest, PARIS.act(Revoke(key=key("eve"))))
    assert not one.ingest.outside()


def test_no_more_keys_are_noted_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(closed, "NOTED_MAX", 2)
    monkeypatch.setattr(room, "AUTHOR_RECORDS_MAX", 0)
    one = capped(1, 10**6)
    offer(one.ingest, PARIS.genesis, *(PARIS.write(lead) for lead in PARIS.leads))
    names = {key_name(PARIS.chapter, each.lead.daily) for each in (BOB, CLEO)}
    assert one.ingest.outside().keys == names


def test_a_chapter_for_which_there_was_no_room_is_named_until_there_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_cap, "AWAY_CHAPTERS_MAX", 2)
    own = capped(1, 20_000)
    mine = [PARIS.write(ADA, fill=600) for _ in range(30)]
    own.ingest.offer([item(PARIS.genesis), *map(item, mine)], now_ms=NOW_MS, own=True)
    offer(own.ingest, *(city.genesis for city in CITIES[:3]))
    settle(own)
    away = {city.chapter[:NAME_BYTES] for city in CITIES[1:3]}
    assert own.ingest.outside().chapters == away
    own.log.remove([each.id for each in mine])
    settle(own)
    assert not own.ingest.outside()


def test_so_many_chapters_are_named_and_no_more() -> None:
    cap = capped(1, 10**6).ingest._cap
    assert cap is not None
    cap._left = {ChapterId(number.to_bytes(32, "little")): 1 for number in range(2000)}
    last = list(cap._left)[-CHAPTERS_MAX:]
    assert cap.refused(CHAPTERS_MAX) == last
    cap.turn_away(PARIS.chapter)
    assert cap.refused(CHAPTERS_MAX) == [PARIS.chapter, *last[1:]]


def test_the_sums_without_what_is_outside_are_those_of_a_log_without_it() -> None:
    whole, part = capped(1, 10**6), capped(2, 10**6)
    ours: list[Verified] = [PARIS.write(lead) for lead in PARIS.leads for _ in range(3)]
    city, other = CITIES[:2]
    theirs = [each.write(each.leads[0]) for each in (city, other)]
    offer(whole.ingest, PARIS.genesis, *ours, city.genesis, other.genesis, *theirs)
    outside = Outside(
        chapters=frozenset({city.chapter[:NAME_BYTES]}),
        closed=frozenset({other.chapter[:NAME_BYTES]}),
        keys=frozenset({key_name(PARIS.chapter, ADA.lead.daily)}),
    )
    offer(part.ingest, PARIS.genesis, *ours[3:], other.genesis)
    without, expected = whole.ledger.snapshot(outside), part.ledger.snapshot()
    assert (without.records, without.authority) == (expected.records, expected.authority)
    assert whole.ledger.withheld(outside) == {"chapter-left": 2, "key-closed": 4}

    seen = PARIS.write(BOB)
    offer(whole.ingest, seen, PARIS.write(ADA))
    offer(part.ingest, seen)
    assert whole.ledger.snapshot(outside).records == part.ledger.snapshot().records
    assert whole.ledger.snapshot().records == Ledger(whole.log).snapshot().records


def test_keys_of_more_records_than_the_limit_are_compared_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("p2pevents.node.ledger.APART_RECORDS_MAX", 3)
    one = capped(1, 10**6)
    offer(one.ingest, PARIS.genesis, *(PARIS.write(ADA) for _ in range(4)))
    keys = frozenset({key_name(PARIS.chapter, ADA.lead.daily)})
    one.ledger.snapshot()
    assert one.ledger.apart(Collection.RECORDS, Outside(keys=keys)) == apart.NONE_APART
