"""What is shown of a forked charter, and of one that is older than the link that was followed."""

from __future__ import annotations

from itertools import permutations

from p2pevents.authority import Authority, Floor, succeed
from p2pevents.log.local import Follow
from p2pevents.log.memory import MemoryLog
from p2pevents.node.ingest import Ingest
from p2pevents.node.reading import Reader
from p2pevents.node.showing import Showing
from p2pevents.record.entry import Entry, seal_entry
from p2pevents.record.ids import EntryId
from tests.authority.people import Person
from tests.node.test_ingest import NOW_MS, PARIS, item

BOB, CAROL = Person("bob"), Person("carol")


def grown(*, by: Person) -> Entry:
    """The founder takes in a second lead; to do it twice at one number is a fork."""
    authority = Authority(PARIS.genesis)
    (founder,) = PARIS.genesis.snapshot.leads
    snapshot = succeed(authority.chain, after=[PARIS.genesis.id], leads=[founder, by.lead])
    return seal_entry(snapshot, seeds=(PARIS.charter, by.charter))


WITH_BOB, WITH_CAROL = grown(by=BOB), grown(by=CAROL)


def door(*, follows: bool, check: tuple[int, EntryId] | None = None) -> Ingest:
    log = MemoryLog(incarnation=bytes(16))
    if follows:
        seq, entry = check or (None, None)
        log.local.set_follow(
            Follow(
                chapter=PARIS.genesis.chapter,
                petname="",
                since_ms=NOW_MS,
                floor_seq=seq,
                floor_hash=entry,
            )
        )
    return Ingest(log)


def take(ingest: Ingest, *entries: Entry) -> Showing:
    for entry in entries:
        ingest.offer([(entry.envelope, None)], now_ms=NOW_MS)
    shown = reader(ingest).showing(PARIS.genesis.chapter)
    assert shown is not None
    return shown


def reader(ingest: Ingest) -> Reader:
    return Reader(ingest.log, ingest.charters, now_ms=lambda: NOW_MS)


def test_a_follower_stays_on_the_branch_that_came_first() -> None:
    for first, second in permutations((WITH_BOB, WITH_CAROL)):
        shown = take(door(follows=True), PARIS.genesis, first, second)
        assert shown.tip == first.id
        assert shown.shown.rivals == (second.id,)


def test_without_a_pin_a_fork_is_disputed_and_the_common_part_is_shown() -> None:
    shown = take(door(follows=False), PARIS.genesis, WITH_BOB, WITH_CAROL)
    assert shown.tip == PARIS.genesis.id
    assert set(shown.shown.disputed) == {WITH_BOB.id, WITH_CAROL.id}


def test_a_links_check_chooses_the_branch_whatever_came_first() -> None:
    for order in permutations((WITH_BOB, WITH_CAROL)):
        ingest = door(follows=True, check=(1, WITH_CAROL.id))
        assert take(ingest, PARIS.genesis, *order).tip == WITH_CAROL.id


def test_nothing_is_shown_while_the_charter_is_older_than_the_link() -> None:
    ingest = door(follows=True, check=(1, WITH_BOB.id))
    shown = take(ingest, PARIS.genesis)
    ingest.offer([item(PARIS.event("Old news"))], now_ms=NOW_MS)
    assert (shown.tip, shown.floor) == (None, Floor.MISSING)
    assert not list(reader(ingest).calendar([PARIS.genesis.chapter]))

    assert take(ingest, WITH_BOB).tip == WITH_BOB.id
    assert len(list(reader(ingest).calendar([PARIS.genesis.chapter]))) == 1


def test_a_later_link_to_another_branch_switches_nothing_by_itself() -> None:
    ingest = door(follows=True)
    take(ingest, PARIS.genesis, WITH_BOB, WITH_CAROL)
    (follow,) = ingest.log.local.follows()
    ingest.log.local.set_follow(
        Follow(
            chapter=follow.chapter,
            petname="",
            since_ms=NOW_MS,
            floor_seq=1,
            floor_hash=WITH_CAROL.id,
        )
    )
    shown = take(ingest)
    assert (shown.tip, shown.floor) == (WITH_BOB.id, Floor.ELSEWHERE)
