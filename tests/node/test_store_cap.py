"""A full store: whole chapters leave, the largest first, whoever is followed."""

from __future__ import annotations

import pytest

from p2pevents.log.local import Follow
from p2pevents.log.memory import MemoryLog
from p2pevents.node import store_cap
from p2pevents.node.endorsed import endorsed_by
from p2pevents.node.ingest import Ingest, Why
from p2pevents.node.store_cap import CHAPTER_COST_BYTES, SALT_BYTES, StoreCap
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId
from tests.node.community import NOW_MS, Community, in_set, offer

BYTES_MAX = 40_000
SALT = bytes(SALT_BYTES)


def new_door(
    log: MemoryLog | None = None, *, salt: bytes = SALT, endorsers: tuple[ChapterId, ...] = ()
) -> tuple[Ingest, StoreCap]:
    log = log or MemoryLog(incarnation=bytes(16))
    cap = StoreCap(log, bytes_max=BYTES_MAX, salt=salt, endorsers=endorsers)
    return Ingest(log, cap=cap), cap


def filled(community: Community, count: int, *, fill: int = 700) -> list[Verified]:
    return [community.write(community.leads[0], fill=fill) for _ in range(count)]


def settle(ingest: Ingest) -> int:
    """Tick until nothing more is to be done; return how often."""
    ticks = 1
    while ingest.tick(now_ms=NOW_MS):
        ticks += 1
        assert ticks < 1000
    return ticks


def chapters(ingest: Ingest) -> set[ChapterId]:
    return {each.chapter for each in ingest.log.chapters()}


def test_the_store_never_holds_more_than_its_cap() -> None:
    ingest, cap = new_door()
    communities = [Community(f"lead {number}") for number in range(12)]
    for community in communities:
        offer(ingest, community.genesis, *filled(community, 12))
        assert ingest.log.total().bytes <= BYTES_MAX
        settle(ingest)
    assert cap.held_bytes <= BYTES_MAX * store_cap.FULL_SHARE
    assert chapters(ingest)


def test_the_largest_chapter_leaves_and_small_ones_stay_whoever_is_followed() -> None:
    large, small = Community("large"), Community("small")
    for followed in (large, small):
        ingest, _ = new_door()
        ingest.log.local.set_follow(Follow(chapter=followed.chapter, petname="", since_ms=NOW_MS))
        offer(ingest, small.genesis, *filled(small, 4))
        offer(ingest, large.genesis, *filled(large, 40))
        settle(ingest)
        assert chapters(ingest) == {small.chapter}


def test_what_a_named_chapter_endorses_leaves_last_and_the_largest_of_it_first() -> None:
    france, large, other = Community("france"), Community("large"), Community("other")
    one, another = france.leads[0], Community("another")

    def endorse(community: Community, *, path: str, **fields: object) -> Verified:
        named: dict[str, object] = {"chapter": [NOW_MS, community.chapter], **fields}
        return france.write(
            one, kind="endorsement", path=(path,), fields=named, clock=NOW_MS + len(fields)
        )

    words = [
        endorse(large, path="large"),
        endorse(other, path="other"),
        endorse(other, path="other", retracted=[NOW_MS + 1, True, []]),
        france.write(one, kind="endorsement", path=("void",), fields={"chapter": [NOW_MS, 1]}),
    ]
    outcomes = []
    for endorsers in ((), (france.chapter,)):
        ingest, _ = new_door(endorsers=endorsers)
        offer(ingest, france.genesis, *words, large.genesis, *filled(large, 16))
        offer(ingest, other.genesis, *filled(other, 8), another.genesis, *filled(another, 12))
        settle(ingest)
        outcomes.append(chapters(ingest))
        endorsed = {france.chapter, large.chapter} if endorsers else set()
        assert endorsed_by(ingest.log, endorsers) == endorsed
    assert large.chapter not in outcomes[0]
    assert outcomes[1] >= {france.chapter, large.chapter}
    assert other.chapter not in outcomes[1] or another.chapter not in outcomes[1]


def test_the_order_in_which_chapters_leave_does_not_look_at_who_is_followed() -> None:
    communities = [Community(f"town {number}") for number in range(60)]
    records = [filled(each, 1 + number % 5) for number, each in enumerate(communities)]
    orders = []
    for follows in (communities[:0], communities[:30], communities[30:], communities):
        ingest, cap = new_door()
        for each in follows:
            ingest.log.local.set_follow(Follow(chapter=each.chapter, petname="", since_ms=NOW_MS))
        for community, theirs in zip(communities, records, strict=True):
            offer(ingest, community.genesis, *theirs)
            settle(ingest)
            assert ingest.log.total().bytes <= BYTES_MAX
        orders.append((chapters(ingest), cap.left, ingest.outside()))
    assert orders[0][0]
    assert orders[0][1]
    assert all(order == orders[0] for order in orders)


def test_a_chapter_that_this_nodes_person_writes_for_never_leaves() -> None:
    own, large, small = Community("own"), Community("large"), Community("small")
    ingest, cap = new_door()
    items: list[tuple[bytes, bytes | None]] = [(own.genesis.envelope, None)]
    items += [(each.envelope, each.body) for each in filled(own, 18)]
    ingest.offer(items, now_ms=NOW_MS, own=True)
    offer(ingest, large.genesis, *filled(large, 12))
    offer(ingest, small.genesis, *filled(small, 8))
    settle(ingest)
    assert own.chapter in chapters(ingest)
    assert large.chapter not in chapters(ingest)
    assert cap.held_bytes <= BYTES_MAX * store_cap.FULL_SHARE


def test_a_store_full_of_own_chapters_lets_none_go_and_takes_no_other() -> None:
    own, other = Community("own"), Community("other")
    ingest, _ = new_door()
    items = [(own.genesis.envelope, None), *((r.envelope, r.body) for r in filled(own, 60))]
    ingest.offer(items, now_ms=NOW_MS, own=True)
    held = ingest.log.total()
    settle(ingest)
    assert ingest.log.total() == held
    assert offer(ingest, other.genesis) == [Why.FULL]


def test_what_left_is_not_taken_again_and_named_full() -> None:
    large = Community("large")
    records = filled(large, 40)
    ingest, cap = new_door()
    assert Why.FULL in offer(ingest, large.genesis, *records)
    settle(ingest)
    assert chapters(ingest) == set()
    assert offer(ingest, large.genesis, records[0]) == [Why.FULL, Why.FULL]
    # Nor after a restart.
    ingest, cap = new_door(ingest.log)  # type: ignore[arg-type]
    assert cap.left == {large.chapter}
    assert offer(ingest, large.genesis) == [Why.FULL]
    assert ingest.log.chapters() == []


def test_a_full_store_goes_on_taking_what_completes_it() -> None:
    large = Community("large")
    records = filled(large, 40)
    ingest, _ = new_door()
    offer(ingest, large.genesis)
    ingest.offer([(one.envelope, None) for one in records], now_ms=NOW_MS)
    held = [one for one in records if in_set(ingest, one) == [True]]
    assert len(held) < 40
    assert offer(ingest, held[0]) == [Why.COMPLETED]
    assert offer(ingest, held[0]) == [Why.KNOWN]


def test_a_chapter_comes_again_when_there_is_room_for_all_of_it() -> None:
    first, second = Community("first"), Community("second")
    ingest, cap = new_door()
    offer(ingest, first.genesis, *filled(first, 15))
    offer(ingest, second.genesis, *filled(second, 25))
    settle(ingest)
    assert cap.left == {second.chapter}
    assert offer(ingest, second.genesis) == [Why.FULL]
    ingest.log.remove_chapter(first.chapter)
    settle(ingest)
    assert cap.left == frozenset()
    assert offer(ingest, second.genesis) == [Why.NEW]


def test_empty_chapters_count_too() -> None:
    ingest, _ = new_door()
    founded = [Community(f"spam {number}").genesis for number in range(BYTES_MAX // 1000)]
    assert Why.FULL in offer(ingest, *founded)
    assert len(ingest.log.chapters()) <= BYTES_MAX // CHAPTER_COST_BYTES
    settle(ingest)
    assert ingest.log.chapters()


def test_among_equals_a_secret_salt_decides_that_is_kept() -> None:
    communities = [Community(f"equal {number}") for number in range(8)]
    outcomes = set()
    for number in range(4):
        ingest, _ = new_door(salt=bytes([number]) * SALT_BYTES)
        for community in communities:
            offer(ingest, community.genesis, *filled(community, 5))
        settle(ingest)
        outcomes.add(frozenset(chapters(ingest)))
    assert len(outcomes) > 1
    log = MemoryLog(incarnation=bytes(16))
    _, one = new_door(log, salt=b"a" * SALT_BYTES)
    _, other = new_door(log, salt=b"b" * SALT_BYTES)
    assert one._salt == other._salt


def test_a_chapter_leaves_a_little_at_a_time_and_goes_on_after_a_restart(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_cap, "REMOVED_MAX", 5)
    large = Community("large")
    ingest, _ = new_door()
    offer(ingest, large.genesis, *filled(large, 36, fill=800))
    before = ingest.log.total().records
    for _ in range(7):  # all of it is told of first
        assert ingest.tick(now_ms=NOW_MS)
        assert ingest.log.total().records == before == 33
    assert ingest.tick(now_ms=NOW_MS)
    assert ingest.log.total().records == before - 5
    again, _ = new_door(ingest.log)  # type: ignore[arg-type]
    settle(again)
    assert again.log.chapters() == []


@pytest.mark.parametrize("ticks", [3, 9])
def test_a_chapter_that_its_person_writes_for_while_it_leaves_stays(
    ticks: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Before any of it is deleted, and when some is: peers bring that again."""
    monkeypatch.setattr(store_cap, "REMOVED_MAX", 5)
    large = Community("large")
    ingest, cap = new_door()
    records = filled(large, 36, fill=800)
    offer(ingest, large.genesis, *records)
    for _ in range(ticks):
        ingest.tick(now_ms=NOW_MS)
    assert cap.left == {large.chapter}
    own = large.write(large.leads[0])
    Ingest(ingest.log).offer([(own.envelope, own.body)], now_ms=NOW_MS, own=True)  # a command
    settle(ingest)
    assert cap.left == frozenset()
    assert ingest.log.has([own.id])
    assert ingest.log.total().records == 34 - 5 * max(0, ticks - 7)
    offer(ingest, *records[:3])
    assert ingest.log.has([records[0].id])


def test_the_chapters_that_left_are_remembered_within_a_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_cap, "LEFT_CHAPTERS_MAX", 2)
    ingest, cap = new_door()
    for number in range(5):
        community = Community(f"lead {number}")
        offer(ingest, community.genesis, *filled(community, 40))
        settle(ingest)
    assert 0 < len(cap.left) <= 2


def test_without_a_cap_nothing_leaves() -> None:
    large = Community("large")
    log = MemoryLog(incarnation=bytes(16))
    ingest = Ingest(log)
    assert Why.FULL not in offer(ingest, large.genesis, *filled(large, 60))
    settle(ingest)
    assert log.total().records == 60
