"""A reader takes what touches its months, and gives what is its own; it says nothing else."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given, strategies as st

from p2pevents.sync.bundle import Item
from p2pevents.sync.codec import decode_message, encode_message
from p2pevents.sync.effects import Blame, Outcome, ReadIndex, ReadSince, RememberCursor, Send
from p2pevents.sync.fingerprint import EMPTY_FINGERPRINT
from p2pevents.sync.frames import HEAD_BYTES, encode_frame
from p2pevents.sync.inputs import Compare, Received
from p2pevents.sync.messages import (
    NO_LOG,
    SINCE_IDS_MAX,
    Hello,
    Message,
    Since,
)
from p2pevents.sync.months import MONTHS, days_from, first_month
from tests.sync.pair import (
    Pair,
    Store,
    authority_item,
    pair_of,
    record_item,
    store,
    touches,
)

MONTH = "2026-09"
numbers = st.sets(st.integers(0, 40), max_size=25)


def reader(*items: Item) -> Store:
    found = store(b"reader", *items)
    found.window = MONTH
    return found


def records(*of: int) -> list[Item]:
    return [record_item(number) for number in of]


def outcomes(pair: Pair) -> list[Outcome]:
    return [side.ended[-1].outcome for side in (pair.left, pair.right)]


def said(pair: Pair) -> list[Message]:
    """What the left side has said."""
    return [
        decode_message(each.data[HEAD_BYTES:]) for each in pair.left.log if isinstance(each, Send)
    ]


@given(st.tuples(numbers, numbers, numbers, numbers), numbers, st.integers(1, 300))
def test_a_reader_ends_with_all_authority_and_what_touches_its_months(
    sets: tuple[set[int], set[int], set[int], set[int]], own: set[int], chunk_bytes: int
) -> None:
    """SYNC-31 to SYNC-35."""
    a, b, c, d = sets
    here = [authority_item(n) for n in a] + [record_item(n) for n in b]
    there = [authority_item(n) for n in a | c] + [record_item(n) for n in d]
    left, right = reader(*here), store(b"right", *there)
    left.own = {record_item(n) for n in b & own}
    pair = pair_of(left, right, chunk_bytes=chunk_bytes).settle()
    assert set(left.entered) == set(here) | {
        item for item in there if item[1] is None or touches(item)
    }
    assert set(right.entered) == set(there) | left.own
    assert outcomes(pair) == [Outcome.SETTLED] * 2


def test_a_reader_goes_on_from_its_cursor_and_is_told_what_changed() -> None:
    """SYNC-33."""
    left, right = reader(), store(b"right", *records(1, 2, 3))
    pair = pair_of(left, right).settle()
    left.offered = 0
    right.offer(tuple(records(4, 5, 6)))
    pair.left.give(Compare())
    pair.settle()
    assert set(left.entered) == set(records(1, 2, 3, 4, 6))
    assert left.offered == 2
    asked = [each for each in pair.right.log if isinstance(each, ReadSince) and each.window]
    assert [each.after for each in asked] == [0, 3]


def test_a_reader_that_is_cut_resumes_after_what_it_acknowledged() -> None:
    """SYNC-33: at any byte."""
    whole = pair_of(reader(), store(b"right", *records(*range(30)))).settle().carried
    for cut in range(0, whole, 7):
        left, right = reader(), store(b"right", *records(*range(30)))
        pair_of(left, right, cut_after_bytes=cut).settle()
        taken = len(left.entered)
        left.offered = 0
        assert outcomes(pair_of(left, right).settle()) == [Outcome.SETTLED] * 2
        assert set(left.entered) == {item for item in right.entered if touches(item)}
        assert left.offered <= 24 - taken + 3


def test_a_reader_shows_neither_its_log_nor_its_records_and_no_carrier_keeps_a_cursor() -> None:
    """SYNC-31: the hello of one reader is that of any other, but for chance and its cursor."""
    left, right = reader(*records(1, 2)), store(b"right", *records(1, 3))
    pair = pair_of(left, right).settle()
    hello = said(pair)[0]
    assert isinstance(hello, Hello)
    assert (hello.window, hello.log, hello.records) == (MONTH, NO_LOG, EMPTY_FINGERPRINT)
    assert not right.cursors
    kept = [each for each in pair.left.log if isinstance(each, RememberCursor)]
    assert kept
    assert {each.window for each in kept} == {MONTH}


def test_where_the_months_may_not_be_looked_through_it_is_left_for_later() -> None:
    """SYNC-34, SYNC-30."""
    left, right = reader(), store(b"right", authority_item(1), *records(1, 2))
    right.may_compare_fully = False
    pair = pair_of(left, right).settle()
    assert outcomes(pair) == [Outcome.UNFINISHED] * 2
    assert pair.left.ended[-1].why == "full-later"
    assert not left.cursors
    assert left.entered == [authority_item(1)]
    right.may_compare_fully = True
    pair.left.give(Compare())
    pair.settle()
    assert outcomes(pair) == [Outcome.SETTLED] * 2
    right.may_compare_fully = False
    right.offer((record_item(4),))
    pair.left.give(Compare())
    pair.settle()
    assert record_item(4) in left.entered


def test_more_of_its_own_than_can_be_named_is_sent_without_asking() -> None:
    """SYNC-32."""
    left, right = reader(*records(*range(SINCE_IDS_MAX + 5))), store(b"right", *records(1))
    left.own = set(left.entered)
    pair = pair_of(left, right).settle()
    assert [each.prefixes for each in said(pair) if isinstance(each, Since)] == [None]
    assert set(right.entered) == left.own
    assert outcomes(pair) == [Outcome.SETTLED] * 2


def test_authority_is_compared_by_ranges_where_naming_does_not_do_and_records_never() -> None:
    """SYNC-32, SYNC-33."""
    shared = [authority_item(number) for number in range(20)]
    left = reader(*shared, authority_item(50), authority_item(51), *records(1, 2, 3, 4))
    left.own = {authority_item(51)}
    right = store(b"right", *shared, authority_item(60), *records(1, 6, 7, 8, 9))
    left.since_ids_max = right.since_ids_max = 2
    pair = pair_of(left, right).settle()
    assert [each.collection.value for each in pair.right.log if isinstance(each, ReadIndex)] == [
        "authority"
    ]
    assert authority_item(60) in left.entered
    assert authority_item(51) in right.entered
    assert authority_item(50) not in right.entered
    assert set(records(6, 7, 8, 9)) <= set(left.entered)


def test_two_readers_give_each_other_what_is_their_own() -> None:
    left, right = reader(*records(1, 2)), reader(*records(3, 4))
    right.incarnation = b"other reader...."
    left.own, right.own = set(records(1)), set(records(3))
    pair = pair_of(left, right).settle()
    assert set(left.entered) == set(records(1, 2, 3))
    assert set(right.entered) == set(records(3, 4, 1))
    assert outcomes(pair) == [Outcome.SETTLED] * 2


def test_more_prefixes_than_a_reader_may_name_are_held_against_it() -> None:
    """SYNC-10."""
    pair = pair_of(reader(), store(b"right", *records(1)))
    pair.right.give(Received(data=pair.left.sent.popleft()))
    count = SINCE_IDS_MAX + 1
    many = Since(total=count, count=count, prefixes=(bytes(8),) * count)
    pair.right.give(Received(data=encode_frame(encode_message(many))))
    assert any(isinstance(each, Blame) for each in pair.right.log)


@given(st.dates(dt.date(1970, 3, 1), dt.date(2999, 1, 1)))
def test_the_months_begin_before_last_and_are_fourteen(day: dt.date) -> None:
    """SYNC-31."""
    now = dt.datetime.combine(day, dt.time(23, 59), dt.UTC)
    month = first_month(int(now.timestamp() * 1000))
    first, last = days_from(month)
    begins = dt.date.fromisoformat(first)
    assert begins.day == 1
    assert 59 <= (day - begins).days <= 92
    ends = (int(last[:4]) - begins.year) * 12 + int(last[5:7]) - begins.month
    assert ends == MONTHS - 1


@pytest.mark.parametrize(
    ("now", "month"),
    [("2026-11-22", "2026-09"), ("2026-01-01", "2025-11"), ("2026-02-28", "2025-12")],
)
def test_the_month_before_last(now: str, month: str) -> None:
    assert first_month(int(dt.datetime.fromisoformat(now + "T00:00Z").timestamp() * 1000)) == month
