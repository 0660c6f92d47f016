"""Two sessions back to back end equal, however the wire cuts, and hold the union."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from p2pevents.sync.bundle import Item
from p2pevents.sync.codec import encode_message
from p2pevents.sync.effects import (
    Blame,
    Close,
    Collection,
    Delivered,
    Ended,
    Offer,
    Outcome,
    ReadIndex,
    ReadSymbols,
)
from p2pevents.sync.frames import encode_frame
from p2pevents.sync.inputs import Compare, Received, SendPush, Tick
from p2pevents.sync.messages import Want
from p2pevents.sync.outside import Outside
from p2pevents.sync.pushes import PUSHES_IN_FLIGHT_MAX
from p2pevents.sync.session import PROGRESS_MS_MAX, Session
from p2pevents.sync.turns import Stage
from tests.sync.pair import Pair, Store, authority_item, item_id, pair_of, record_item, store
from tests.sync.test_messages import messages

numbers = st.sets(st.integers(0, 40), max_size=25)


def items_of(authority: set[int], records: set[int]) -> list[Item]:
    return [authority_item(n) for n in sorted(authority)] + [record_item(n) for n in records]


def outcomes(pair: Pair) -> set[Outcome]:
    return {ended.outcome for side in (pair.left, pair.right) for ended in side.ended[-1:]}


@given(
    st.tuples(numbers, numbers, numbers, numbers),
    st.integers(1, 300),
    st.sampled_from([0, 4, 1000]),
    st.sampled_from([(True, True), (False, True), (True, False)]),
)
def test_two_sessions_end_equal_and_hold_the_union(
    sets: tuple[set[int], set[int], set[int], set[int]],
    chunk_bytes: int,
    since_ids_max: int,
    sketches: tuple[bool, bool],
) -> None:
    """SYNC-4, SYNC-10 to SYNC-12, SYNC-16, SYNC-20, SYNC-23."""
    a, b, c, d = sets
    left, right = store(b"left", *items_of(a, b)), store(b"right", *items_of(c, d))
    left.since_ids_max = right.since_ids_max = since_ids_max
    left.sketches, right.sketches = sketches
    pair = pair_of(left, right, chunk_bytes=chunk_bytes).settle()
    union = set(items_of(a | c, b | d))
    assert set(left.entered) == set(right.entered) == union
    assert len(left.entered) == len(right.entered) == len(union)
    assert outcomes(pair) == {Outcome.EQUAL}
    for here, there in ((pair.left, pair.right), (pair.right, pair.left)):
        assert here.ended[-1].gave >= there.ended[-1].new  # more where it was by position
    assert pair.left.session.stage is pair.right.session.stage is Stage.LIVE


@pytest.mark.timeout(400)  # three thousand sessions: slow where lines are traced
@pytest.mark.parametrize("sketches", [False, True])
@pytest.mark.parametrize("since_ids_max", [0, 1000])
def test_a_session_cut_at_any_byte_resumes_and_ends_equal(
    since_ids_max: int, sketches: bool
) -> None:
    """SYNC-2, SYNC-13."""

    def stores() -> tuple[Store, Store]:
        left = store(b"left", *items_of({1, 2}, set(range(8))))
        right = store(b"right", *items_of({2, 3}, set(range(6, 14))))
        left.since_ids_max = right.since_ids_max = since_ids_max
        left.sketches = sketches
        return left, right

    whole = pair_of(*stores()).settle().carried
    for cut in range(whole):
        left, right = stores()
        first = pair_of(left, right, cut_after_bytes=cut).settle()
        assert first.left.closed
        assert first.right.closed
        again = pair_of(left, right).settle()
        assert outcomes(again) == {Outcome.EQUAL}, cut
        assert set(left.entered) == set(right.entered)


def test_what_was_acknowledged_before_a_cut_is_not_sent_again() -> None:
    """SYNC-13."""
    left, right = store(b"left", *items_of(set(), set(range(100)))), store(b"right")
    first = pair_of(left, right, cut_after_bytes=1500).settle()
    assert 0 < len(right.entered) < 100
    assert first.left.closed
    acknowledged = len(right.entered)
    assert 0 < first.left.ended[-1].gave <= acknowledged == first.right.ended[-1].new
    assert first.right.ended[-1].gave == 0
    right.offered = 0
    pair_of(left, right).settle()
    assert right.offered == 100 - acknowledged


def test_equal_sets_are_known_by_the_hellos_alone_within_300_bytes() -> None:
    """SYNC-6, SYNC-8."""
    items = items_of({1}, {1, 2})
    left, right = store(b"left", *items), store(b"right", *reversed(items))
    left.cursors[right.incarnation] = right.snapshot().log
    right.cursors[left.incarnation] = left.snapshot().log
    pair = pair_of(left, right).settle()
    assert outcomes(pair) == {Outcome.EQUAL}
    assert pair.carried <= 300


def test_a_cursor_that_lies_is_found_out_by_a_full_comparison() -> None:
    """SYNC-24."""
    left, right = store(b"left", *items_of({1}, {1, 2, 3, 4})), store(b"right", *items_of({1}, {1}))
    right.cursors[left.incarnation] = left.snapshot().log
    pair = pair_of(left, right).settle()
    assert outcomes(pair) == {Outcome.EQUAL}
    assert any(isinstance(effect, ReadSymbols) for effect in pair.right.log)
    assert set(left.entered) == set(right.entered)


def test_without_a_full_comparison_in_the_budget_it_is_left_for_later() -> None:
    """SYNC-11, SYNC-24."""
    left, right = store(b"left", *items_of({1}, {1, 2})), store(b"right", *items_of({1}, {1}))
    right.cursors[left.incarnation] = left.snapshot().log
    right.may_compare_fully = False
    pair = pair_of(left, right).settle()
    assert outcomes(pair) == {Outcome.UNFINISHED}
    assert {pair.left.ended[0].why, pair.right.ended[0].why} == {"full-later"}
    assert pair.left.session.stage is Stage.LIVE
    right.may_compare_fully = True
    pair.left.give(Compare())
    assert outcomes(pair.settle()) == {Outcome.EQUAL}


def test_a_collection_that_could_not_be_compared_moves_no_cursor() -> None:
    shared = set(range(10))
    left = store(b"left", *items_of({1}, {100, *shared}))
    right = store(b"right", *items_of({1}, {101, *shared}))
    left.since_ids_max = right.since_ids_max = 4
    left.may_compare_fully = False
    assert outcomes(pair_of(left, right).settle()) == {Outcome.UNFINISHED}
    assert not left.cursors
    assert not right.cursors


def test_what_comes_in_meanwhile_is_brought_by_another_pass() -> None:
    """SYNC-24."""
    left, right = store(b"left", *items_of({1}, {1})), store(b"right", *items_of({1}, {2}))
    pair = pair_of(left, right)
    pair.right.store.offer((record_item(3),))
    pair.settle()
    assert outcomes(pair) == {Outcome.EQUAL}
    assert set(left.entered) == set(right.entered)


def test_what_is_left_out_is_named_and_the_session_settles() -> None:
    """SYNC-15, SYNC-24."""
    left, right = store(b"left", *items_of({1}, {1, 2, 3})), store(b"right")
    right.refused = {record_item(2), record_item(3)}
    pair = pair_of(left, right).settle()
    for side in (pair.left, pair.right):
        assert side.ended == [
            Ended(
                outcome=Outcome.SETTLED,
                left_out={"closed": 2},
                new=side.ended[0].new,
                gave=side.ended[0].gave,
                left_out_there=2 if side is pair.left else 0,
            )
        ]


@pytest.mark.parametrize("sketches", [False, True])
@pytest.mark.parametrize("since_ids_max", [0, 1000])
def test_what_waits_is_not_asked_for_again_and_is_named(since_ids_max: int, sketches: bool) -> None:
    """SYNC-36."""
    left, right = store(b"left", *items_of({1}, {1, 2, 3})), store(b"right", *items_of({1}, {1}))
    left.since_ids_max = right.since_ids_max = since_ids_max
    left.sketches = sketches
    right.to_wait = {record_item(2), record_item(3)}
    pair = pair_of(left, right).settle()
    assert right.waiting == right.to_wait
    assert pair.left.ended[-1].left_out == {"clock": 2}
    offered = right.offered
    for _ in range(2):
        pair.left.give(Compare())
        pair.settle()
        assert outcomes(pair) == {Outcome.SETTLED}
        assert (right.offered, left.offered) == (offered, 0)
    right.to_wait = set()
    right.offer(tuple(right.waiting))
    right.waiting = set()
    pair.right.give(Compare())
    assert outcomes(pair.settle()) == {Outcome.EQUAL}


def test_an_item_that_no_honest_peer_sends_is_blamed() -> None:
    """SYNC-15."""
    left, right = store(b"left", *items_of(set(), {1})), store(b"right")
    right.rejected = {record_item(1)}
    pair = pair_of(left, right).settle()
    assert any(isinstance(effect, Blame) for effect in pair.right.log)
    assert pair.right.closed
    assert not any(isinstance(effect, Blame) for effect in pair.left.log)


def test_pushes_go_both_ways_on_an_open_session_and_are_delivered() -> None:
    """SYNC-26."""
    left, right = store(b"left"), store(b"right")
    pair = pair_of(left, right).settle()
    for side, items in (
        (pair.left, (record_item(1),)),
        (pair.right, (record_item(2), record_item(3))),
    ):
        side.store.offer(items)
        side.give(SendPush(items=items))
    pair.settle()
    assert set(left.entered) == set(right.entered) == {record_item(n) for n in (1, 2, 3)}
    assert Delivered(items=(record_item(1),)) in pair.left.log
    assert Delivered(items=(record_item(2), record_item(3))) in pair.right.log


def test_a_push_that_the_peer_left_out_is_not_delivered() -> None:
    """SYNC-26."""
    left, right = store(b"left"), store(b"right")
    right.refused = {record_item(2)}
    pair = pair_of(left, right).settle()
    for items in ((record_item(1), record_item(2)), (record_item(3),)):
        pair.left.give(SendPush(items=items))
    pair.settle()
    delivered = [each for each in pair.left.log if isinstance(each, Delivered)]
    assert delivered == [Delivered(items=(record_item(3),))]


def test_bodies_that_are_missing_are_asked_for_by_id_and_pushed() -> None:
    """SYNC-27."""
    left, right = store(b"left", record_item(1)), store(b"right", record_item(1))
    left.missing = (item_id(record_item(1)),)
    pair = pair_of(left, right).settle()
    assert Offer(items=(record_item(1),)) in pair.left.log
    assert Delivered(items=(record_item(1),)) in pair.right.log


def test_a_want_comes_once_a_comparison() -> None:
    """SYNC-27."""
    left, right = store(b"left", record_item(1)), store(b"right", record_item(1))
    pair = pair_of(left, right).settle()
    want = encode_frame(encode_message(Want(ids=(item_id(record_item(1)),))))
    pair.left.give(Received(data=want))
    assert not pair.left.closed
    pair.left.give(Received(data=want))
    assert pair.left.closed


def test_no_more_pushes_are_under_way_than_the_limit() -> None:
    pair = pair_of(store(b"left"), store(b"right")).settle()
    for number in range(2 * PUSHES_IN_FLIGHT_MAX):
        pair.left.give(SendPush(items=(record_item(number),)))
    assert len(pair.left.sent) == PUSHES_IN_FLIGHT_MAX
    assert pair.left.session.room_for_pushes == 0
    pair.settle()
    assert pair.left.session.room_for_pushes == PUSHES_IN_FLIGHT_MAX


@pytest.mark.parametrize("both", [False, True])
def test_either_side_may_compare_again_on_an_open_session(both: bool) -> None:
    """SYNC-25."""
    left, right = store(b"left"), store(b"right")
    pair = pair_of(left, right).settle()
    left.offer((record_item(1), authority_item(1)))
    right.offer((record_item(2),))
    pair.left.give(Compare())
    pair.left.give(Compare())
    if both:
        pair.right.give(Compare())
    right.offer((record_item(3),))
    pair.right.give(SendPush(items=(record_item(3),)))
    pair.settle()
    assert set(left.entered) == set(right.entered)
    assert [len(side.ended) for side in (pair.left, pair.right)] == [2, 2]
    assert outcomes(pair) == {Outcome.EQUAL}


def test_a_comparison_without_progress_ends_and_an_open_session_does_not() -> None:
    """SYNC-28."""
    left = store(b"left")
    pair = pair_of(left, store(b"right"))
    pair.left.give(Tick(), PROGRESS_MS_MAX - 1)
    assert not pair.left.ended
    assert pair.left.session.deadline_ms == PROGRESS_MS_MAX
    pair.left.give(Tick(), PROGRESS_MS_MAX)
    assert pair.left.ended[0].why == "no-progress"
    assert isinstance(pair.left.log[-1], Close)

    pair = pair_of(left, store(b"right")).settle()
    assert pair.left.session.deadline_ms is None
    pair.wait(10 * PROGRESS_MS_MAX)
    assert not pair.left.closed


def test_a_peer_of_another_network_is_left_without_blame() -> None:
    """SYNC-7."""
    pair = pair_of(store(b"left"), store(b"right"))
    pair.left.session = Session(network="other", shard="0", now_ms=0)
    pair.left.sent.clear()
    pair.left.run(pair.left.session.start())
    pair.settle()
    assert pair.right.closed
    assert pair.right.ended[0].why == "other-network"
    assert not any(isinstance(effect, Blame) for effect in pair.right.log)


@given(st.binary(max_size=200), st.booleans())
def test_nonsense_ends_in_blame_and_never_in_an_exception(data: bytes, framed: bool) -> None:
    """SYNC-2, SYNC-3."""
    pair = pair_of(store(b"left", record_item(1)), store(b"right"))
    pair.left.give(Received(data=encode_frame(data) if framed and data else data))
    if pair.left.closed:
        assert isinstance(pair.left.log[-1], Close)
        assert any(isinstance(effect, Blame) for effect in pair.left.log)
        assert pair.left.session.step(Received(data=data), now_ms=0) == []


@given(st.data())
def test_a_valid_message_out_of_turn_never_raises(data: st.DataObject) -> None:
    left, right = store(b"left", *items_of({1}, {1, 2})), store(b"right", record_item(5))
    pair = pair_of(left, right, cut_after_bytes=None)
    for message in data.draw(st.lists(messages(), max_size=6)):
        pair.left.give(Received(data=encode_frame(encode_message(message))))
    assert len([effect for effect in pair.left.log if isinstance(effect, Offer)]) <= 6


def test_a_sketch_that_hides_a_record_is_found_out_by_ranges(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """SYNC-24, SYNC-40: the fingerprints alone say equal."""
    shared = set(range(10))
    left, right = store(b"left", *items_of({1}, shared)), store(b"right", *items_of({1}, shared))
    right.offer((record_item(50), record_item(51)))
    whole = Store.ids_in
    hidden = item_id(record_item(50))

    def without(self: Store, collection: Collection, outside: Outside) -> list[bytes]:
        return [each for each in whole(self, collection, outside) if each != hidden]

    monkeypatch.setattr(Store, "ids_in", without)
    left.since_ids_max = right.since_ids_max = 0
    left.offer((record_item(60),))
    pair = pair_of(left, right).settle()
    assert outcomes(pair) == {Outcome.EQUAL}
    assert record_item(50) in left.entered
    assert any(isinstance(effect, ReadIndex) for effect in pair.right.log)
