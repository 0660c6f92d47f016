"""A range comparison finds every difference, within its rounds and its bytes."""

from __future__ import annotations

import hashlib
from random import Random

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import ProtocolError
from p2pevents.sync.answers import Differs, Listing, Needs, Split
from p2pevents.sync.codec import encode_message
from p2pevents.sync.messages import Ranges
from p2pevents.sync.ranges import (
    REPLY_BYTES_FREE,
    REPLY_RATIO_MAX,
    ROUNDS_MAX,
    RangeReconciler,
    SetIndex,
    set_key,
)

SALT = b"salt"


def id_of(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def index_of(numbers: set[int], *, spread: int = 1000) -> SetIndex:
    return SetIndex(set_key(number * spread, id_of(number)) for number in numbers)


class Comparison:
    """Two reconcilers and what went between them."""

    def __init__(self, left: SetIndex, right: SetIndex, *, salt: bytes = SALT) -> None:
        self.left = RangeReconciler(left, salt=salt)
        self.right = RangeReconciler(right, salt=salt)
        answers = self.left.begin()
        self.sizes = [len(encode_message(Ranges(answers=answers)))]
        here, there = self.left, self.right
        while True:
            here, there = there, here
            reply = here.reply(answers, bytes_came=self.sizes[-1])
            if reply is None:
                break
            answers = reply
            self.sizes.append(len(encode_message(Ranges(answers=answers))))
            if here.is_done:
                assert there.reply(answers, bytes_came=self.sizes[-1]) is None
                break
        assert self.left.is_done
        assert self.right.is_done


def numbers_of(ids: list[bytes], of: set[int]) -> set[int]:
    by_id = {id_of(number): number for number in of}
    return {by_id[each] for each in ids}


@given(
    st.sets(st.integers(0, 400)),
    st.sets(st.integers(0, 400)),
    st.sets(st.integers(0, 400), max_size=200),
)
def test_each_side_learns_exactly_what_the_other_lacks(
    left: set[int], right: set[int], shared: set[int]
) -> None:
    """SYNC-17, SYNC-19, SYNC-20."""
    left, right = left | shared, right | shared
    done = Comparison(index_of(left), index_of(right))
    assert numbers_of(done.left.surplus(), left) == left - right
    assert numbers_of(done.right.surplus(), right) == right - left
    assert done.left.is_whole
    assert done.right.is_whole


@pytest.mark.parametrize(
    ("left", "right"),
    [(set(), set(range(5000))), (set(range(5000)), set()), (set(range(5000)), {10_000})],
)
def test_a_set_that_is_almost_empty_is_told_apart_in_few_bytes(
    left: set[int], right: set[int]
) -> None:
    done = Comparison(index_of(left), index_of(right))
    assert numbers_of(done.left.surplus(), left) == left - right
    assert numbers_of(done.right.surplus(), right) == right - left
    assert sum(done.sizes) < 500


def test_many_items_of_one_clock_are_told_apart_by_id() -> None:
    left, right = set(range(3000)), set(range(7, 3007))
    done = Comparison(index_of(left, spread=0), index_of(right, spread=0))
    assert numbers_of(done.left.surplus(), left) == set(range(7))
    assert numbers_of(done.right.surplus(), right) == set(range(3000, 3007))


def test_no_message_is_larger_than_its_budget() -> None:
    """SYNC-21."""
    random = Random(1)
    left = set(random.sample(range(10**6), 20_000))
    right = set(random.sample(range(10**6), 20_000))
    done = Comparison(index_of(left), index_of(right))
    assert numbers_of(done.left.surplus(), left) == left - right
    assert done.sizes[0] <= REPLY_BYTES_FREE
    for came, went in zip(done.sizes, done.sizes[1:], strict=False):
        assert went <= REPLY_RATIO_MAX * came + REPLY_BYTES_FREE
    assert len(done.sizes) <= 2 * ROUNDS_MAX


def test_short_ids_that_repeat_are_listed_in_full(monkeypatch: pytest.MonkeyPatch) -> None:
    """SYNC-19."""
    left, right = set(range(10)), set(range(5, 15))
    reconciler = RangeReconciler(index_of(left), salt=SALT)
    reconciler._shorts[3] = reconciler._shorts[4]
    (answer,) = reconciler.begin()
    assert isinstance(answer, Listing)
    assert answer.is_full
    other = RangeReconciler(index_of(right), salt=SALT)
    reply = other.reply((answer,), bytes_came=100)
    assert reply is not None
    assert reconciler.reply(reply, bytes_came=100) is None
    assert numbers_of(reconciler.surplus(), left) == set(range(5))
    assert numbers_of(other.surplus(), right) == set(range(10, 15))


def test_a_list_that_does_not_fit_is_put_back(monkeypatch: pytest.MonkeyPatch) -> None:
    """SYNC-21."""
    monkeypatch.setattr("p2pevents.sync.ranges.REPLY_BYTES_FREE", 10)
    left, right = set(range(100)), set(range(50, 150))
    done = Comparison(index_of(left), index_of(right))
    assert len(done.sizes) > 6
    left_room = RangeReconciler(index_of({1, 2}), salt=SALT)
    assert left_room.begin() == (Differs(about=0),)


def test_the_first_ones_are_sent_first_and_the_rest_by_clock() -> None:
    """SYNC-14."""
    erases = {id_of(7), id_of(3)}
    index = SetIndex((set_key(n, id_of(n)) for n in range(10)), first=erases)
    done = Comparison(index, index_of(set()))
    assert done.left.surplus() == [id_of(n) for n in (3, 7, 0, 1, 2, 4, 5, 6, 8, 9)]


def test_after_the_last_round_what_was_found_is_sent_and_it_is_known_not_to_be_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SYNC-22."""
    monkeypatch.setattr("p2pevents.sync.ranges.ROUNDS_MAX", 3)
    random = Random(1)
    left = set(random.sample(range(10**6), 20_000))
    right = set(random.sample(range(10**6), 20_000))
    done = Comparison(index_of(left), index_of(right))
    assert len(done.sizes) <= 6
    found = numbers_of(done.left.surplus(), left)
    assert found
    assert found < left - right
    assert not done.left.is_whole
    assert not done.right.is_whole


@pytest.mark.parametrize(
    ("answers", "rule"),
    [
        ((Differs(about=8),), "range-about"),
        ((Needs(about=0, bits=b"\1"),), "range-about"),
        ((Split(about=0, bounds=(b"\xff",), sums=(bytes(8),) * 2),), "range-bounds"),
        ((Split(about=7, bounds=(b"\xff", b"\xfe"), sums=(bytes(8),) * 3),), "range-bounds"),
        ((Split(about=7, bounds=(b"\x00",), sums=(bytes(8),) * 2),), "range-bounds"),
    ],
)
def test_answers_that_fit_nothing_are_refused(answers: tuple[Split], rule: str) -> None:
    """SYNC-18."""
    reconciler = RangeReconciler(index_of(set(range(1000))), salt=SALT)
    reconciler.begin()
    with pytest.raises(ProtocolError) as caught:
        reconciler.reply(answers, bytes_came=10)
    assert caught.value.rule == rule


def test_a_list_that_is_answered_as_a_range_is_refused() -> None:
    """SYNC-18."""
    reconciler = RangeReconciler(index_of({1, 2}), salt=SALT)
    reconciler.begin()
    with pytest.raises(ProtocolError, match="range-about"):
        reconciler.reply((Differs(about=0),), bytes_came=10)
