"""What a side wants left out of a full comparison: neither sends it, and both end settled."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings, strategies as st

from p2pevents.errors import ProtocolError
from p2pevents.sync.bundle import Item
from p2pevents.sync.codec import decode_message, encode_message
from p2pevents.sync.effects import Blame, Outcome, ReadIndex
from p2pevents.sync.inputs import Compare
from p2pevents.sync.messages import Message, Scope
from p2pevents.sync.outside import (
    CHAPTERS_MAX,
    CLOSED_CHAPTERS_MAX,
    CLOSED_KEYS_MAX,
    NAME_BYTES,
    NOTHING,
    Outside,
    key_name,
)
from tests.sync.pair import (
    Pair,
    Store,
    author_of,
    authority_item,
    chapter_of,
    is_outside,
    pair_of,
    record_item,
    store,
)
from tests.sync.test_hostile import ALL, HELLO, MANY, Victim

numbers = st.sets(st.integers(0, 40), max_size=25)
names = st.integers(0, 11).map(lambda number: bytes([number]) * NAME_BYTES)
outsides = st.builds(
    Outside,
    chapters=st.frozensets(names, max_size=2),
    closed=st.frozensets(names, max_size=2),
    keys=st.frozensets(st.tuples(names, names).map(b"".join), max_size=3),
)
EVERY_CHAPTER = Outside(chapters=frozenset(bytes([n]) * NAME_BYTES for n in range(4)))


def items(authority: set[int], records: set[int]) -> list[Item]:
    return [*map(authority_item, sorted(authority)), *map(record_item, sorted(records))]


def hold(name: bytes, held: Sequence[Item], outside: Outside = NOTHING) -> Store:
    made = store(name, *held)
    made.outside = outside
    made.since_ids_max = 0
    return made


def outcomes(pair: Pair) -> set[Outcome]:
    return {side.ended[-1].outcome for side in (pair.left, pair.right)}


def came_out_truly(pair: Pair) -> bool:
    """Equal is said of equal sets alone, and settled of all others."""
    is_equal = set(pair.left.store.entered) == set(pair.right.store.entered)
    return outcomes(pair) <= {Outcome.SETTLED, *([Outcome.EQUAL] if is_equal else [])}


@given(
    sets=st.tuples(numbers, numbers, numbers, numbers),
    left_outside=outsides,
    right_outside=outsides,
    sketches=st.booleans(),
)
@settings(max_examples=60)
def test_all_that_neither_leaves_out_is_in_both_and_nothing_is_sent_again(
    sets: tuple[set[int], set[int], set[int], set[int]],
    left_outside: Outside,
    right_outside: Outside,
    sketches: bool,
) -> None:
    """SYNC-44, SYNC-45, SYNC-46, SYNC-47."""
    left = hold(b"left", items(sets[0], sets[1]), left_outside)
    right = hold(b"right", items(sets[2], sets[3]), right_outside)
    left.sketches = sketches
    both = left_outside | right_outside
    wanted = {each for each in (*left.entered, *right.entered) if not is_outside(each, both)}
    pair = pair_of(left, right).settle()
    for side in (left, right):
        assert wanted <= set(side.entered)
    assert came_out_truly(pair)

    left.cursors, right.cursors = {}, {}
    left.since_ids_max = right.since_ids_max = 1000
    pair.left.give(Compare())
    pair.settle()
    assert came_out_truly(pair)

    left.cursors = {right.incarnation: right.snapshot().log}
    right.cursors = {left.incarnation: left.snapshot().log}
    offered = left.offered, right.offered
    again = pair_of(left, right).settle()
    assert came_out_truly(again)
    assert (left.offered, right.offered) == offered


def test_what_the_other_left_out_is_counted_as_not_there() -> None:
    """SYNC-47: of what waits to be announced, so that nobody takes it for delivered."""
    left = hold(b"left", items({1, 2}, {1, 2, 3, 4, 5}))
    outside = Outside(chapters=frozenset({chapter_of(record_item(2))[:NAME_BYTES]}))
    right = hold(b"right", items({1}, {1, 3, 4, 5}), outside)
    left.own = {record_item(1), record_item(2)}
    left.cursors = {right.incarnation: right.snapshot().log}
    right.cursors = {left.incarnation: left.snapshot().log}
    pair = pair_of(left, right).settle()
    assert outcomes(pair) == {Outcome.SETTLED}
    for side, there in ((pair.left, 1), (pair.right, 0)):
        assert side.ended[-1].left_out == {"chapter-left": 2}
        assert side.ended[-1].left_out_there == there
    assert (left.offered, right.offered) == (0, 0)


def test_who_names_everything_is_sent_nothing_and_hides_nothing_from_those_who_ask_others() -> None:
    """SYNC-45: and is blamed for nothing."""
    secret = record_item(33)
    liar = hold(b"liar", items({1}, {1, 33}), EVERY_CHAPTER)
    victim = hold(b"victim", items({1, 2, 3}, {1, 2, 3, 4, 5, 6, 7}))
    victim.own = {authority_item(1), record_item(7)}
    victim.cursors = {liar.incarnation: liar.snapshot().log}
    liar.cursors = {victim.incarnation: victim.snapshot().log}
    pair = pair_of(liar, victim).settle()
    ended = pair.right.ended[-1]
    assert ended.outcome is Outcome.SETTLED
    assert ended.left_out_there == 2  # its own counts as not there
    assert ended.left_out == {"chapter-left": 10}
    assert liar.offered == 0
    assert not any(isinstance(effect, Blame) for effect in pair.right.log)
    honest = hold(b"honest", items({1}, {1, 33}))
    assert outcomes(pair_of(victim, honest).settle()) == {Outcome.EQUAL}
    assert secret in victim.entered


def test_a_stale_scope_is_named_anew_by_the_next_full_comparison() -> None:
    """SYNC-46: what is taken again is brought."""
    left, right = hold(b"left", items({1}, {1, 2, 3})), hold(b"right", items({1}, set()))
    right.outside = EVERY_CHAPTER
    right.since_ids_max = left.since_ids_max = 1000
    right.cursors = {left.incarnation: left.snapshot().log}
    pair = pair_of(left, right).settle()
    assert outcomes(pair) == {Outcome.SETTLED}
    right.outside = NOTHING
    left.entered.append(record_item(9))
    pair.left.give(Compare())
    pair.settle()
    other = pair_of(left, right).settle()
    assert outcomes(other) == {Outcome.EQUAL}
    assert set(left.entered) == set(right.entered)


def test_left_outs_do_not_keep_a_sketch_from_being_checked_by_ranges() -> None:
    """SYNC-24: ids made to cancel hide nothing, whatever else was left out."""
    left, right = hold(b"left", items({1}, {1, 2, 3})), hold(b"right", items({1}, {1}))
    right.refused = {record_item(2), record_item(3)}
    right.cursors = {left.incarnation: left.snapshot().log}
    left.cursors = {right.incarnation: right.snapshot().log}
    pair = pair_of(left, right).settle()
    assert outcomes(pair) == {Outcome.SETTLED}
    assert any(isinstance(effect, ReadIndex) for effect in pair.right.log)


@pytest.mark.parametrize(
    "said",
    [
        (ALL,),
        (HELLO, ALL),
        (HELLO, MANY, ALL, ALL),
    ],
)
def test_a_scope_out_of_turn_is_blamed(said: tuple[Message, ...]) -> None:
    """SYNC-3, SYNC-44."""
    assert Victim().hear(*said).blames == ["message-turn"]


def test_a_second_scope_while_the_own_one_is_being_made_is_blamed() -> None:
    victim = Victim()
    answer = victim.store.answer

    def without_scope(effect: object, peer: bytes) -> object:
        return None if "ReadScope" in repr(effect) else answer(effect, peer)  # type: ignore[arg-type]

    victim.store.answer = without_scope  # type: ignore[method-assign, assignment]
    victim.hear(HELLO, MANY, ALL)
    assert not victim.blames
    assert victim.hear(ALL).blames == ["message-turn"]


def test_a_scope_names_so_many_and_no_more() -> None:
    """SYNC-44: at the limit and beyond it."""
    full = Scope(
        chapters=(bytes(NAME_BYTES),) * CHAPTERS_MAX,
        closed=(bytes(NAME_BYTES),) * CLOSED_CHAPTERS_MAX,
        keys=(bytes(2 * NAME_BYTES),) * CLOSED_KEYS_MAX,
    )
    assert decode_message(encode_message(full)) == full
    assert len(encode_message(full)) <= 16 * 1024 + 32
    for field in ("chapters", "closed", "keys"):
        values = {name: getattr(full, name) for name in ("chapters", "closed", "keys")}
        values[field] += values[field][:1]
        with pytest.raises(ProtocolError, match="message-packed"):
            decode_message(encode_message(Scope(**values)))


def test_names_are_the_beginnings_of_ids_and_keys() -> None:
    """SYNC-44."""
    one = record_item(5)
    chapter, author = chapter_of(one), author_of(one)
    for outside in (
        Outside(chapters=frozenset({chapter[:8]})),
        Outside(closed=frozenset({chapter[:8]})),
        Outside(keys=frozenset({key_name(chapter, author)})),
    ):
        assert is_outside(one, outside)
        assert is_outside(authority_item(5), outside) == bool(outside.chapters)
        assert not is_outside(record_item(6), outside)


def test_what_is_left_out_of_a_chapter_is_told_by_the_beginnings_of_ids() -> None:
    chapter, other, author = b"c" * 32, b"o" * 32, b"a" * 32
    outside = Outside(
        closed=frozenset({chapter[:NAME_BYTES]}),
        keys=frozenset({key_name(chapter, author), key_name(other, author)}),
    )
    assert outside.is_closed(chapter)
    assert not outside.is_closed(other)
    assert outside.keys_of(chapter) == {key_name(chapter, author)}
    assert outside.keys_of(b"x" * 32) == frozenset()
