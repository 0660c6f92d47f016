"""The conversation: any bytes of a stranger end it by name, and honest ones pass however cut."""

from __future__ import annotations

import contextlib
from random import Random

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import ProtocolError
from p2pevents.node.inbox.messages import (
    Ask,
    Collect,
    Hello,
    Letter,
    Message,
    Noted,
    Page,
    Receipts,
    Said,
    Standing,
    States,
    Taken,
    decode_message,
    encode_message,
)
from p2pevents.node.inbox.talk import QUESTIONS_MAX, Answering, Asking
from p2pevents.sync.frames import encode_frame

MESSAGES: list[Message] = [
    Hello(network="main"),
    Letter(data=b"x" * 16384),
    Taken(said=Said.FULL_CHAPTER),
    Ask(ids=(bytes(32), b"\x01" * 32)),
    States(states=(Standing.HELD, b"receipt", Standing.UNKNOWN)),
    Collect(ticket=b"t", after=7),
    Page(letters=(b"a", b"b"), last=9, is_last=True),
    Page(letters=(b"l" * 16384,) * 3, last=9, is_last=False),
    Receipts(receipts=(b"r",)),
    Noted(count=1),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda each: type(each).__name__)
def test_a_message_comes_out_as_it_went_in(message: Message) -> None:
    """INBOX-11: each code and its fields."""
    assert decode_message(encode_message(message)) == message


@given(data=st.binary(max_size=100))
def test_any_bytes_are_a_message_or_a_fault_of_who_sent_them(data: bytes) -> None:
    """INBOX-11: nothing else is raised."""
    with contextlib.suppress(ProtocolError):
        decode_message(data)
    with contextlib.suppress(ProtocolError):
        Answering(network="main").receive(data)


@given(at=st.integers(0, 10**6), bit=st.integers(0, 7), which=st.integers(0, len(MESSAGES) - 1))
def test_mutants_raise_nothing_else(at: int, bit: int, which: int) -> None:
    data = bytearray(encode_message(MESSAGES[which]))
    data[at % len(data)] ^= 1 << bit
    with contextlib.suppress(ProtocolError):
        decode_message(bytes(data))


@given(cuts=st.lists(st.integers(1, 40), min_size=1))
def test_a_conversation_passes_however_its_bytes_are_cut(cuts: list[int]) -> None:
    asking, answering = Asking(network="main"), Answering(network="main")
    rng = Random(len(cuts))

    def pieces(data: bytes) -> list[bytes]:
        found, rest = [], data
        while rest:
            size = rng.choice(cuts)
            found.append(rest[:size])
            rest = rest[size:]
        return found

    for piece in pieces(asking.start()):
        assert answering.receive(piece) == []
    for piece in pieces(answering.greeting()):
        asking.receive(piece)
    assert asking.is_open
    assert answering.greeting() == b""
    question = Ask(ids=(bytes(32),))
    asked = [each for piece in pieces(asking.ask(question)) for each in answering.receive(piece)]
    assert asked == [question]
    answer = States(states=(Standing.HELD,))
    came = [asking.receive(piece) for piece in pieces(answering.answer(answer))]
    assert came[-1] == answer


def frames(*messages: Message) -> bytes:
    return b"".join(encode_frame(encode_message(each)) for each in messages)


@pytest.mark.parametrize(
    "data",
    [
        frames(Ask(ids=(bytes(32),))),
        frames(Hello(network="main"), Hello(network="main")),
        frames(Hello(network="other")),
        frames(Hello(network="main"), Taken(said=Said.HELD)),
        frames(Hello(network="main"), *[Ask(ids=(bytes(32),))] * (QUESTIONS_MAX + 1)),
        b"\x00\x00\x00\x00",
        b"\xff\xff\xff\xff",
        encode_frame(bytes(65 * 1024)),
        encode_frame(b"\x81\x09"),
        encode_frame(b"\x82\x00\x01"),
        encode_frame(b"\x83\x00\x02\x64main"),
    ],
)
def test_what_comes_out_of_turn_ends_it(data: bytes) -> None:
    """INBOX-11: hello first and once, questions only, of this network, at most so many."""
    with pytest.raises(ProtocolError):
        Answering(network="main").receive(data)


def test_an_answer_that_was_not_asked_for_ends_it() -> None:
    """INBOX-11: on the asking side too."""
    for said in (
        frames(Hello(network="main"), Noted(count=1)),
        frames(Hello(network="main"), Ask(ids=(bytes(32),))),
    ):
        asking = Asking(network="main")
        asking.start()
        with pytest.raises(ProtocolError):
            asking.receive(said)
    asking = Asking(network="main")
    asking.receive(frames(Hello(network="main")))
    asking.ask(Ask(ids=(bytes(32),)))
    with pytest.raises(ProtocolError):
        asking.receive(frames(Noted(count=1)))
