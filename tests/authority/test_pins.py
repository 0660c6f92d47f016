"""What is shown: pins, disputes, recoveries and the floor of a link."""

from random import Random

import pytest
from hypothesis import given, strategies as st

from p2pevents.authority import Answer, Authority, Floor, Standing, Times, follow, found, lift
from p2pevents.authority.pins import RECOVERY_WAIT_MS
from p2pevents.record.entry import Entry
from p2pevents.record.ids import EntryId, PublicKey
from tests.authority.histories import deliver, history_of
from tests.authority.people import Chapter, Person, key_of, seed_of

A, B, C = (Person(name) for name in "abc")
NEW = Person("new")
NAMES = ("guardian 1", "guardian 2")
DAY_MS = 24 * 3600 * 1000


def forked() -> tuple[Chapter, EntryId, EntryId, EntryId]:
    """Return a chapter that forks after its first entry, with that entry and both ends."""
    chapter = Chapter(A, B, C)
    start = chapter.offer(chapter.entry(A, B, C, by=(A, B), removed=[key_of("x")]))
    left = chapter.offer(chapter.entry(A, B, by=(A, B), after=[start]))
    right = chapter.offer(chapter.entry(A, C, by=(A, C), after=[start]))
    return chapter, start, left, right


def lost() -> tuple[Chapter, EntryId]:
    """Return a chapter whose only lead lost the charter key, and the guardians' entry."""
    chapter = Chapter(A, guardians=[key_of(name) for name in NAMES], k=2)
    entry = chapter.entry(NEW, by=(NEW, *NAMES), recovery=True)
    return chapter, chapter.offer(entry)


def test_a_pin_follows_the_leads_as_long_as_they_agree() -> None:
    """CH-34."""
    chapter = Chapter(A, B)
    one = chapter.offer(chapter.entry(A, B, by=(A, B), removed=[key_of("x")]))
    two = chapter.offer(chapter.entry(A, by=(A, B)))
    for pin in (chapter.genesis.id, one, two):
        shown = follow(chapter.chain, pin)
        assert (shown.tip, shown.disputed, shown.rivals, shown.recoveries) == (two, (), (), ())
    assert chapter.authority.tip() == chapter.authority.tip(one) == two


def test_without_a_pin_a_fork_is_disputed_and_what_all_share_is_shown() -> None:
    """CH-35."""
    chapter, start, left, right = forked()
    shown = follow(chapter.chain, chapter.genesis.id)
    assert shown.tip == start
    assert shown.disputed == tuple(sorted([left, right]))
    assert shown.rivals == ()
    by_b = chapter.write(B.key, start)
    by_c = chapter.write(C.key, start)
    for record in (by_b, by_c):  # one branch or the other removed each, and both belong
        assert chapter.authority.judge(record.header) is Standing.BELONGS
        assert chapter.authority.shows(record.header, start)
    assert chapter.authority.shows(by_b.header, left)
    assert not chapter.authority.shows(by_b.header, right)
    assert not chapter.authority.shows(chapter.write(A.key, left).header, start)


def test_a_pinned_node_never_switches_by_itself() -> None:
    """CH-35."""
    chapter, _, left, right = forked()
    for pin, rival in ((left, right), (right, left)):
        shown = follow(chapter.chain, pin)
        assert (shown.tip, shown.disputed, shown.rivals) == (pin, (), (rival,))


def test_a_heal_is_followed_from_either_branch_and_from_none() -> None:
    """CH-15 to CH-17, CH-34."""
    chapter, start, left, right = forked()
    healed = chapter.offer(chapter.entry(A, by=(A, B), after=[left, right]))
    for pin in (chapter.genesis.id, start, left, right, healed):
        assert follow(chapter.chain, pin).tip == healed
        assert follow(chapter.chain, pin).rivals == ()
    assert chapter.chain.tips == (healed,)
    # Both branches' removals hold after it.
    for person in (B, C):
        record = chapter.write(person.key, start)
        assert chapter.authority.judge(record.header) is Standing.STRUCK


def test_a_second_fork_below_a_pin_is_disputed_from_there() -> None:
    """CH-35: the pin stays, though a heal leads around it."""
    chapter, _, left, right = forked()
    healed = chapter.offer(chapter.entry(A, by=(A, B), after=[left, right]))
    again = chapter.offer(chapter.entry(A, B, by=(A, B), after=[left], removed=[key_of("y")]))
    shown = follow(chapter.chain, left)
    assert (shown.tip, shown.disputed) == (left, tuple(sorted([healed, again])))
    shown = follow(chapter.chain, right)
    assert (shown.tip, shown.rivals) == (healed, (again,))


def test_a_recovery_is_told_at_once_and_shown_after_fourteen_days() -> None:
    """CH-36: membership does not wait, and asks no clock."""
    chapter, recovery = lost()
    genesis = chapter.genesis.id
    seen_ms = {recovery: 5}
    due_ms = 5 + RECOVERY_WAIT_MS
    assert due_ms == 5 + 14 * DAY_MS
    early = follow(chapter.chain, genesis, Times(now_ms=due_ms - 1, seen_ms=seen_ms))
    assert (early.tip, early.recoveries) == (genesis, ((recovery, due_ms),))
    assert early.rivals == ()
    late = follow(chapter.chain, genesis, Times(now_ms=due_ms, seen_ms=seen_ms))
    assert (late.tip, late.recoveries, late.disputed) == (recovery, (), ())
    by_new = chapter.write(NEW.key, recovery)
    by_thief = chapter.write(A.key, genesis)
    for record in (by_new, by_thief):
        assert chapter.authority.judge(record.header) is Standing.BELONGS
    assert not chapter.authority.shows(by_new.header, early.tip)
    assert chapter.authority.shows(by_new.header, late.tip)
    assert not chapter.authority.shows(by_thief.header, late.tip)
    # Seen by nobody yet, it counts from now.
    now = follow(chapter.chain, genesis, Times(now_ms=9))
    assert now.recoveries == ((recovery, 9 + RECOVERY_WAIT_MS),)


def test_any_entry_of_the_leads_with_that_number_known_by_then_stops_a_recovery() -> None:
    """CH-36."""
    chapter, recovery = lost()
    genesis = chapter.genesis.id
    answer = chapter.offer(chapter.entry(A, by=(A,), after=[genesis], removed=[key_of("x")]))
    due_ms = 5 + RECOVERY_WAIT_MS
    for seen in (0, 5, due_ms):
        times = Times(now_ms=due_ms + DAY_MS, seen_ms={recovery: 5, answer: seen})
        shown = follow(chapter.chain, genesis, times)
        assert (shown.tip, shown.recoveries, shown.rivals) == (answer, (), (recovery,))
    # Seen when, nobody knows: it was there before.
    times = Times(now_ms=due_ms + DAY_MS, seen_ms={recovery: 5})
    assert follow(chapter.chain, genesis, times).tip == answer
    # Too late: what is shown by then stays, whether or not the pin was moved in time.
    times = Times(now_ms=due_ms + DAY_MS, seen_ms={recovery: 5, answer: due_ms + 1})
    for pin in (genesis, recovery):
        shown = follow(chapter.chain, pin, times)
        assert (shown.tip, shown.rivals) == (recovery, (answer,))


def test_who_leads_after_a_recovery_goes_on_and_heals() -> None:
    """CH-19, CH-34."""
    chapter, recovery = lost()
    onward = chapter.offer(chapter.entry(NEW, by=(NEW,), after=[recovery], removed=[key_of("x")]))
    assert follow(chapter.chain, recovery).tip == onward
    assert follow(chapter.chain, chapter.genesis.id).tip == chapter.genesis.id
    assert set(chapter.chain.tips) == {chapter.genesis.id, onward}
    # The paper is found again: the old lead's branch and the new one are healed by the old lead.
    answer = chapter.offer(
        chapter.entry(A, by=(A,), after=[chapter.genesis.id], removed=[key_of("y")])
    )
    healed = chapter.offer(chapter.entry(B, by=(A, B), after=[onward, answer]))
    assert chapter.chain.tips == (healed,)
    for pin in (recovery, onward, answer):
        assert follow(chapter.chain, pin).tip == healed


def test_two_recoveries_that_nobody_stopped_are_disputed() -> None:
    """CH-35, CH-36."""
    chapter, one = lost()
    other = chapter.offer(
        chapter.entry(B, by=(B, *NAMES), recovery=True, after=[chapter.genesis.id])
    )
    times = Times(now_ms=RECOVERY_WAIT_MS, seen_ms={one: 0, other: 0})
    shown = follow(chapter.chain, chapter.genesis.id, times)
    assert (shown.tip, shown.disputed) == (chapter.genesis.id, tuple(sorted([one, other])))


def test_a_links_check_is_a_floor_and_never_a_root() -> None:
    """CH-37."""
    chapter, start, left, right = forked()
    chain, genesis = chapter.chain, chapter.genesis.id
    assert lift(chain, None, (1, EntryId(bytes(32)))) == (Floor.MISSING, genesis)
    assert lift(chain, left, (2, start)) == (Floor.MISSING, left)  # a false number
    assert lift(chain, None, (2, right)) == (Floor.MET, right)
    assert lift(chain, left, (1, start)) == (Floor.MET, left)
    assert lift(chain, start, (2, right)) == (Floor.MET, right)  # the link settles the dispute
    assert lift(chain, left, (2, right)) == (Floor.ELSEWHERE, left)


def test_a_link_does_not_shorten_the_wait_for_a_recovery() -> None:
    """CH-36, CH-37."""
    chapter, recovery = lost()
    chain, genesis = chapter.chain, chapter.genesis.id
    seen_ms = {recovery: 0}
    early = Times(now_ms=RECOVERY_WAIT_MS - 1, seen_ms=seen_ms)
    assert lift(chain, genesis, (1, recovery), early) == (Floor.ELSEWHERE, genesis)
    late = Times(now_ms=RECOVERY_WAIT_MS, seen_ms=seen_ms)
    assert lift(chain, genesis, (1, recovery), late) == (Floor.MET, recovery)
    assert lift(chain, None, (1, recovery), early) == (Floor.MET, recovery)


def test_a_pin_that_is_not_here_is_an_error() -> None:
    chapter = Chapter(A)
    with pytest.raises(KeyError):
        follow(chapter.chain, EntryId(bytes(32)))


@given(seed=st.integers(0, 2**32), order=st.integers(0, 2**32))
def test_no_display_switches_by_itself_whatever_arrives(seed: int, order: int) -> None:
    """CH-34, CH-35: every next pin follows the one before it."""
    history = history_of(seed)
    entries: list[Entry] = list(deliver(history.genesis, history.entries, []).chain)
    rng = Random(order)
    authority = Authority(history.genesis)
    pin = history.genesis.id
    waiting = entries[1:]
    rng.shuffle(waiting)
    seen_ms: dict[EntryId, int] = {}
    now_ms = 0
    while waiting:
        ready = [e for e in waiting if set(e.snapshot.prev) <= {x.id for x in authority.chain}]
        entry = ready[0]
        waiting.remove(entry)
        assert authority.offer_entry(entry) is Answer.NEW
        now_ms += rng.choice((0, 1, 20)) * DAY_MS
        seen_ms[entry.id] = now_ms
        shown = follow(authority.chain, pin, Times(now_ms=now_ms, seen_ms=seen_ms))
        assert pin in authority.chain.ancestors(shown.tip)
        assert not shown.disputed or all(
            shown.tip in authority.chain.ancestors(end) for end in shown.disputed
        )
        if rng.random() < 0.7:
            pin = shown.tip


@given(seeds=st.lists(st.integers(0, 2**32), min_size=4, max_size=4))
def test_chapters_forked_up_to_four_ways_are_the_same_on_every_node(seeds: list[int]) -> None:
    """CH-21, CH-35: the same set and the same proof, and each display where its pin was."""
    rng = Random(seeds[0])
    chapter = Chapter(A, B, C)
    start = chapter.genesis.id
    ways = rng.randint(2, 4)
    ends = [
        chapter.offer(chapter.entry(A, B, C, by=(A, B), after=[start], removed=[key_of(f"x{way}")]))
        for way in range(ways)
    ]
    records = [chapter.write(A.key, end, clock=rng.randrange(9)) for end in ends]
    words = []
    for seed in seeds:
        order = Random(seed)
        authority = Authority(chapter.genesis)
        shuffled = order.sample(chapter.entries[1:], ways)
        pin = start
        for entry in shuffled:
            authority.offer_entry(entry)
            if pin == start:
                pin = follow(authority.chain, pin).tip
        assert pin == shuffled[0].id
        assert follow(authority.chain, pin).tip == pin
        assert set(follow(authority.chain, pin).rivals) == set(ends) - {pin}
        words.append((authority.chain.tips, [authority.judge(record.header) for record in records]))
    assert all(each == words[0] for each in words)
    assert words[0][0] == tuple(sorted(ends))


def test_a_founder_names_guardians_or_records_that_they_refused() -> None:
    """CH-8, CH-9, CH-11."""
    keys = [key_of(name) for name in "ghi"]

    def founded(guardians: list[PublicKey], k: int | None = None, salt: bytes = bytes(16)) -> Entry:
        return found(
            charter_seed=seed_of("c"), daily_seed=seed_of("d"), salt=salt, guardians=guardians, k=k
        )

    alone, one, three, all_three = founded([]), founded(keys[:1]), founded(keys), founded(keys, 3)
    told = [(each.snapshot.refused, each.snapshot.k) for each in (alone, one, three, all_three)]
    assert told == [(True, 0), (True, 1), (False, 2), (False, 3)]
    second = founded([], salt=bytes([1]) * 16)
    assert second.chapter != alone.chapter
    for genesis in (alone, one, three, all_three, second):
        assert Authority(genesis).leads()[0].daily == key_of("d")
