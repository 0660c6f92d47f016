"""A peer that does not keep to the protocol: blamed, left, and never an exception."""

from __future__ import annotations

from random import Random

import cbor2
import pytest
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace

from p2pevents.errors import ProtocolError
from p2pevents.sync.answers import ANSWERS_MAX, Differs
from p2pevents.sync.codec import decode_message, encode_message
from p2pevents.sync.effects import Blame, Close, Collection, Effect, ReadSymbols
from p2pevents.sync.frames import HEAD_BYTES, encode_frame
from p2pevents.sync.full import FullComparison
from p2pevents.sync.inputs import Committed, ItemsRead, PageRead, Received
from p2pevents.sync.messages import (
    Ack,
    Ask,
    Cursor,
    End,
    Found,
    Hello,
    Message,
    Need,
    Page,
    Push,
    Ranges,
    Scope,
    Since,
    Symbols,
    Taken,
    Want,
)
from p2pevents.sync.pushes import PUSHES_IN_FLIGHT_MAX
from p2pevents.sync.session import Session
from p2pevents.sync.transfer import PAGES_IN_FLIGHT_MAX
from tests.sync.pair import Side, Store, authority_item, pair_of, record_item, store

LOG = Cursor(incarnation=b"hostile.........", position=10)
HELLO = Hello(
    network="test",
    shard="0",
    window=None,
    may_compare_fully=True,
    nonce=b"\xff" * 16,
    log=LOG,
    authority=bytes(32),
    records=bytes(32),
    cursor=None,
)
SINCE = Since(total=10, count=2, prefixes=(bytes(8), bytes([1] * 8)))
MANY = Since(total=5, count=5000, prefixes=None)
ALL = Scope(chapters=(), closed=(), keys=())
PAGE = Page(items=(record_item(99),), position=1, is_last=False)
LAST = replace(PAGE, position=10, is_last=True)
PUSH = Push(items=(record_item(98),))


class Victim(Side):
    """A side that is told messages one by one, and whose log answers `Offer` only when asked to."""

    def __init__(self, held: Store | None = None) -> None:
        held = held or store(b"victim", authority_item(1), record_item(1), record_item(2))
        super().__init__(
            store=held, session=Session(network="test", shard="0", now_ms=0), peer=LOG.incarnation
        )
        self.run(self.session.start())

    def hear(self, *messages: Message) -> Victim:
        for message in messages:
            self.give(Received(data=encode_frame(encode_message(message))))
        return self

    @property
    def said(self) -> list[Message]:
        return [decode_message(data[HEAD_BYTES:]) for data in self.sent]

    @property
    def blames(self) -> list[str]:
        return [effect.rule for effect in self.log if isinstance(effect, Blame)]


def slow(victim: Victim) -> Victim:
    """Have the log never finish a commit."""
    victim.store.answer = lambda effect, peer: None  # type: ignore[method-assign]
    return victim


@pytest.mark.parametrize(
    ("messages", "rule"),
    [
        ((Ack(),), "message-turn"),
        ((PUSH,), "message-turn"),
        ((Taken(),), "push-taken"),
        ((HELLO, HELLO), "message-turn"),
        ((HELLO, PAGE), "message-turn"),
        ((HELLO, replace(SINCE, count=3)), "since-count"),
        ((HELLO, SINCE, SINCE), "message-turn"),
        ((HELLO, SINCE, Need(bits=b"\x02")), "need-bits"),
        ((HELLO, SINCE, Need(bits=b""), Need(bits=b"")), "message-turn"),
        ((HELLO, SINCE, Need(bits=b"\x01"), Need(bits=b"\x01")), "message-turn"),
        ((HELLO, SINCE, Ack()), "page-ack"),
        ((HELLO, SINCE, replace(PAGE, position=11)), "page-position"),
        ((HELLO, SINCE, replace(LAST, position=9)), "page-position"),
        ((HELLO, SINCE, replace(PAGE, position=5), PAGE), "page-position"),
        ((HELLO, SINCE, replace(PAGE, items=())), "page-empty"),
        ((HELLO, SINCE, LAST, LAST), "page-after-last"),
        (
            (HELLO, SINCE, End(authority=bytes(32), records=bytes(32), new=0, left_out={})),
            "message-turn",
        ),
    ],
)
def test_a_message_out_of_turn_or_out_of_bounds_is_blamed(
    messages: tuple[Message, ...], rule: str
) -> None:
    """SYNC-3, SYNC-10, SYNC-12, SYNC-13, SYNC-26: named in docs/spec/sync.md by these words."""
    victim = Victim().hear(*messages)
    assert victim.blames == [rule]
    assert isinstance(victim.log[-1], Close)


def test_a_second_hello_while_the_own_one_is_being_made_is_blamed() -> None:
    victim = Victim()
    victim.session = Session(network="test", shard="0", now_ms=0)
    victim.hear(HELLO, HELLO)
    assert victim.blames == ["message-turn"]


def test_a_second_since_while_the_own_one_is_being_made_is_blamed() -> None:
    victim = Victim()
    slow(victim).hear(HELLO, SINCE)
    assert not victim.blames
    assert victim.hear(SINCE).blames == ["message-turn"]


def test_a_second_end_while_the_own_one_is_being_made_is_blamed() -> None:
    victim = Victim()
    (mine,) = victim.said
    assert isinstance(mine, Hello)
    victim.hear(replace(HELLO, authority=mine.authority), replace(SINCE, count=0, prefixes=()))
    slow(victim).hear(Need(bits=b""))
    end = End(authority=bytes(32), records=bytes(32), new=0, left_out={})
    victim.hear(end)
    assert not victim.blames
    assert victim.hear(end).blames == ["message-turn"]


def test_more_pages_than_the_window_are_blamed() -> None:
    """SYNC-12."""
    victim = Victim().hear(HELLO, SINCE)
    slow(victim).hear(*[PAGE] * PAGES_IN_FLIGHT_MAX)
    assert not victim.blames
    victim.hear(PAGE)
    assert victim.blames == ["page-window"]


def test_more_pushes_than_the_window_are_blamed() -> None:
    """SYNC-26."""
    victim = slow(Victim().hear(HELLO)).hear(*[PUSH] * PUSHES_IN_FLIGHT_MAX)
    assert not victim.blames
    victim.hear(PUSH)
    assert victim.blames == ["push-window"]


def test_a_node_that_hears_itself_ends_the_stream() -> None:
    """SYNC-7."""
    victim = Victim()
    (mine,) = victim.said
    assert victim.hear(mine).blames == ["hello-nonce"]


def greeting(*, lesser: bool) -> Hello:
    return replace(HELLO, nonce=bytes(16) if lesser else b"\xff" * 16)


def test_a_range_comparison_out_of_turn_is_blamed() -> None:
    """SYNC-17, SYNC-18, SYNC-22."""
    begins = Victim().hear(greeting(lesser=False), MANY, ALL, Ask(upto=0))
    assert type(begins.said[-1]) is Ranges
    assert begins.hear(Ranges(answers=(Differs(about=9),))).blames == ["range-about"]

    late = Victim()
    late.session = Session(network="test", shard="0", now_ms=0)
    late.run(late.session.start())
    late.store.index = None  # type: ignore[method-assign, assignment]
    answer = late.store.answer

    def without_index(effect: object, peer: bytes) -> object:
        return None if "ReadIndex" in repr(effect) else answer(effect, peer)  # type: ignore[arg-type]

    late.store.answer = without_index  # type: ignore[method-assign, assignment]
    late.hear(greeting(lesser=True), MANY, ALL, Ask(upto=0), Ranges(answers=()))
    assert not late.blames
    assert late.hear(Ranges(answers=())).blames == ["message-turn"]


def test_a_first_word_that_came_before_the_index_is_answered_after_it() -> None:
    victim = Victim()
    answer = victim.store.answer
    asked: list[object] = []

    def later(effect: object, peer: bytes) -> object:
        if "ReadIndex" in repr(effect):
            asked.append(effect)
            return None
        return answer(effect, peer)  # type: ignore[arg-type]

    victim.store.answer = later  # type: ignore[method-assign, assignment]
    victim.hear(greeting(lesser=True), MANY, ALL, Ask(upto=0), Ranges(answers=(Differs(about=0),)))
    before = len(victim.sent)
    victim.give(victim.store.index(asked[0]))  # type: ignore[arg-type]
    assert len(victim.sent) == before + 1


@pytest.mark.parametrize(
    "value",
    [
        [],
        {},
        ["0"],
        [True],
        [99],
        [2, 1],
        [7, "x"],
        [7, bytes(4097)],
        [9, bytes(33)],
        [8, [[0]]],
        [8, [[0, 9]]],
        [8, [[0, 1, [b"a"], bytes(8)]]],
        [8, [[1, 0], [1, 0]]],
        [8, [[0, 4, b""]]],
        [8, [[0, 0, b"a"]]],
        [8, [[0, True, b"a"]]],
        [8, [[n, 0] for n in range(ANSWERS_MAX + 1)]],
        [3, bytes(32), bytes(32), 0, {"Bad reason": 1}],
        [3, bytes(32), bytes(32), 0, []],
        [3, bytes(32), bytes(32), -1, {}],
        [0, 2, "test", "0", None, True, bytes(16), [bytes(16), 1], bytes(32), bytes(32), None],
        [0, 1, "Test", "0", None, True, bytes(16), [bytes(16), 1], bytes(32), bytes(32), None],
        [0, 1, "test", "0", "2026-13", True, bytes(16), [bytes(16), 1], bytes(32), bytes(32), None],
        [0, 1, "test", "0", 0, True, bytes(16), [bytes(16), 1], bytes(32), bytes(32), None],
        [0, 1, "test", "0", None, True, bytes(16), [bytes(15), 1], bytes(32), bytes(32), None],
        [0, 1, "test", "0", None, True, bytes(16), bytes(16), bytes(32), bytes(32), None],
        [1, [], True, True],
        [1, [[b"a", None]], 1, True],
        [1, b"\0\1\0\0a", 1, 1],
        [4, b""],
        [5, 1],
    ],
)
def test_what_is_no_message_is_refused(value: object) -> None:
    """SYNC-3, SYNC-5: shape, types and limits."""
    with pytest.raises(ProtocolError, match="message-"):
        decode_message(cbor2.dumps(value, canonical=True))


@pytest.mark.parametrize("given", [Committed(new=1), PageRead(items=(), position=0, is_last=True)])
def test_an_answer_to_nothing_is_the_drivers_fault_and_said_so(given: Committed) -> None:
    session = Session(network="test", shard="0", now_ms=0)
    with pytest.raises((ValueError, IndexError)):
        session.step(given, now_ms=0)


def test_a_reader_that_is_asked_for_bodies_gives_none() -> None:
    """SYNC-27."""
    session = Session(network="test", shard="0", now_ms=0)
    victim = Victim()
    victim.store.window = "2026-09"
    victim.session = session
    victim.sent.clear()
    victim.run(session.start())
    (mine,) = victim.said
    assert isinstance(mine, Hello)
    victim.hear(replace(HELLO, authority=mine.authority, records=mine.records))
    end = End(authority=mine.authority, records=mine.records, new=0, left_out={})
    victim.hear(Since(total=0, count=0, prefixes=()), end)
    before = len(victim.sent)
    victim.hear(Want(ids=(bytes(32),)))
    assert len(victim.sent) == before
    assert not victim.closed


def test_a_count_without_names_is_sent_by_position_where_most_is_lacking() -> None:
    """SYNC-11: everything at once to a side that has nothing."""
    victim = Victim(store(b"victim", *(record_item(n) for n in range(9))))
    victim.store.since_ids_max = 4
    victim.hear(HELLO, Since(total=0, count=0, prefixes=()))
    victim.hear(Since(total=0, count=0, prefixes=()))
    assert any(isinstance(each, Page) for each in victim.said)


def test_a_page_of_items_that_are_gone_is_passed_over() -> None:
    victim = Victim(store(b"victim", *(record_item(n) for n in range(9))))
    victim.store.gone = 3
    victim.hear(HELLO, Since(total=0, count=0, prefixes=()), Since(total=0, count=0, prefixes=()))
    victim.hear(Need(bits=b"\xff"))
    pages = [each for each in victim.said if isinstance(each, Page)]
    assert all(page.items or page.is_last for page in pages)
    assert sum(len(page.items) for page in pages) == 5


NOBODYS = Symbols(salt=bytes(16), counts=bytes(100), data=bytes(256))


@pytest.mark.parametrize(
    ("said", "rule"),
    [
        ([Ask(upto=33)], "sketch-ask"),
        ([Ask(upto=32), Ask(upto=32)], "sketch-ask"),
        ([Ask(upto=each) for each in (8, 12, 16, 24, 40)], "sketch-ask"),
        ([NOBODYS], "message-turn"),
        ([Ranges(answers=())], "message-turn"),
        ([Found(heads=()), Found(heads=())], "message-turn"),
    ],
)
def test_a_sketch_is_asked_for_in_turn_and_within_bounds(said: list[Message], rule: str) -> None:
    """SYNC-37, SYNC-39."""
    victim = Victim()
    victim.hear(greeting(lesser=True), MANY, ALL)
    assert victim.hear(*said).blames == [rule]


def opener() -> Victim:
    victim = Victim()
    victim.session = Session(network="test", shard="0", is_opener=True, now_ms=0)
    victim.sent.clear()
    victim.run(victim.session.start())
    victim.hear(greeting(lesser=True), MANY, ALL)
    assert victim.said[-1] == Ask(upto=32)
    return victim


@pytest.mark.parametrize(
    "said",
    [
        replace(NOBODYS, data=bytes(248)),
        replace(NOBODYS, counts=b""),
        replace(NOBODYS, salt=b""),
        replace(NOBODYS, data=b""),
    ],
)
def test_other_symbols_than_were_asked_for_are_blamed(said: Symbols) -> None:
    """SYNC-39."""
    assert opener().hear(said).blames == ["sketch-symbols"]


@given(st.integers(0, 2**32), st.booleans())
@settings(max_examples=20)
def test_symbols_that_never_come_to_an_end_lead_to_ranges(seed: int, loud: bool) -> None:
    """SYNC-40: chance, for symbols and counts, as often as the other wants it."""
    chance = Random(seed)
    victim = opener()
    asked = 0
    while isinstance(ask := victim.said[-1], Ask) and ask.upto:
        counts = (chance.randbytes(100) if loud else bytes(100)) if not asked else b""
        data = chance.randbytes(8 * (ask.upto - asked))
        victim.hear(Symbols(salt=b"" if asked else bytes(16), counts=counts, data=data))
        asked = ask.upto
    asks = [each for each in victim.said if isinstance(each, Ask)]
    assert len(asks) <= 5
    assert asks[-1].upto == 0
    assert not victim.closed


def test_who_has_no_sketch_is_compared_with_by_ranges() -> None:
    """SYNC-40."""
    victim = opener()
    victim.hear(Symbols(salt=b"", counts=b"", data=b""))
    assert victim.said[-1] == Ask(upto=0)
    assert not victim.closed


def test_an_ask_that_came_before_the_symbols_is_answered_after_them() -> None:
    """SYNC-38."""
    victim = Victim()
    answer = victim.store.answer
    asked: list[Effect] = []

    def later(effect: Effect, peer: bytes) -> object:
        if isinstance(effect, ReadSymbols):
            asked.append(effect)
            return None
        return answer(effect, peer)

    victim.store.answer = later  # type: ignore[method-assign, assignment]
    victim.hear(greeting(lesser=True), MANY, ALL, Ask(upto=32))
    before = len(victim.sent)
    symbols = answer(asked[0], victim.peer)
    assert symbols is not None
    victim.give(symbols)
    assert [type(each) for each in victim.said[before:]] == [Symbols]
    assert not victim.blames


def test_what_the_table_of_turns_would_not_let_through_is_no_word_of_a_comparison() -> None:
    """SYNC-3."""
    full = FullComparison(
        Collection.RECORDS,
        mine=HELLO,
        theirs=greeting(lesser=True),
        is_opener=True,
        by_ranges=False,
        named=None,
    )
    with pytest.raises(ProtocolError, match="message-turn"):
        full.on_message(PUSH, bytes_came=10)


def test_a_comparison_cannot_be_answered_once_it_has_ended() -> None:
    pair = pair_of(store(b"left"), store(b"right")).settle()
    with pytest.raises(ValueError, match="did not ask"):
        pair.left.give(ItemsRead(items=(), done=0))
