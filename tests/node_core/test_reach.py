"""Question and answer of docs/spec/reach.md, what may be dialled back, what a node makes of it."""

from __future__ import annotations

import contextlib

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import RecordError
from p2pevents.node.core.reach import (
    ADDRESSES_MAX,
    DIAL_BACKS_MAX,
    ENDS_MAX,
    FRAME_BYTES_MAX,
    REACH_PROTOCOL,
    SPAN_MS,
    Answer,
    DialBacks,
    Question,
    Reach,
    decode_answer,
    decode_question,
    ends_of,
    ip_of,
    of_itself,
)
from p2pevents.record.cbor import encode

PEER = "12D3KooWEyoppNCUx8Yx66oV9fJnriXwCcXwDDUA2kj6vnc6iDEp"
OTHER = "12D3KooWEbGxEbqJzXZgxHLQrAUY9T8JAJygGZjviMXsm2AoFGxK"
THERE = f"/ip4/8.8.8.8/tcp/27410/p2p/{PEER}"
ENDS = ("/tcp/27410", "/tcp/27410/ws")


def raw(value: object) -> bytes:
    return encode(value, bytes_max=2 * FRAME_BYTES_MAX)


def test_the_protocol_is_called_as_the_page_says() -> None:
    """REACH-1."""
    assert REACH_PROTOCOL == "/p2pevents/reach/1.0.0"
    assert FRAME_BYTES_MAX == 4096


def test_a_question_and_an_answer_come_back_as_they_were_said() -> None:
    """REACH-2, REACH-3."""
    question = Question(addresses=(THERE,), ends=ENDS)
    assert decode_question(question.encode()) == question
    for answer in (
        Answer(addresses=(THERE,), seen="8.8.8.8", reached=(True, False)),
        Answer(seen="2001:db8::1"),
        Answer(),
    ):
        assert decode_answer(answer.encode(), ends=2) == answer


@pytest.mark.parametrize(
    "value",
    [
        [[], [], []],
        [[]],
        {},
        7,
        [[THERE] * (ADDRESSES_MAX + 1), []],
        [["rubbish"], []],
        [[7], []],
        [[], [7]],
        [[], ["/tcp/0"]],
        [[], ["/tcp/65536"]],
        [[], ["/tcp/027"]],
        [[], ["/udp/27410"]],
        [[], ["/tcp/27410/ws/ws"]],
        [[], ["/ip4/8.8.8.8/tcp/27410"]],
        [[], ["/tcp/27410", "/tcp/27410"]],
        [[], [f"/tcp/{port}" for port in range(1, ENDS_MAX + 2)]],
        ["", []],
    ],
)
def test_what_is_no_question_is_refused(value: object) -> None:
    """REACH-1, REACH-2."""
    with pytest.raises(RecordError, match=r"^reach-"):
        decode_question(raw(value))


@pytest.mark.parametrize(
    "value",
    [
        [[], ""],
        [[], "8.8.8.8.8", None],
        [[], 7, None],
        [[], "", [True]],
        [[], "", [True, 1]],
        [[], "", True],
        [[THERE, 7], "", None],
        [[], "fe80::1%eth0", None],
        [[], "fe80::1%\x1b[2J", None],
    ],
)
def test_what_is_no_answer_is_refused(value: object) -> None:
    """REACH-1, REACH-3."""
    with pytest.raises(RecordError, match=r"^reach-"):
        decode_answer(raw(value), ends=2)


@given(st.binary(max_size=200))
def test_bytes_of_a_stranger_are_refused_in_one_way(data: bytes) -> None:
    """REACH-1."""
    for read in (decode_question, lambda bytes_: decode_answer(bytes_, ends=1)):
        with contextlib.suppress(RecordError):
            read(data)


def test_a_peer_speaks_of_itself_alone_and_of_public_places() -> None:
    """REACH-4."""
    said = (
        THERE,
        f"/ip4/8.8.4.4/tcp/1/p2p/{OTHER}",
        f"/ip4/192.168.1.1/tcp/1/p2p/{PEER}",
        f"/ip4/127.0.0.1/tcp/1/p2p/{PEER}",
    )
    assert of_itself(said, peer=PEER) == (THERE,)


def test_where_a_question_comes_from() -> None:
    """REACH-3, REACH-5: through a relay it comes from nowhere."""
    assert ip_of(THERE) == "8.8.8.8"
    assert ip_of("/ip6/2001:db8::1/tcp/1") == "2001:db8::1"
    assert ip_of(f"/ip4/8.8.8.8/tcp/1/p2p/{OTHER}/p2p-circuit/p2p/{PEER}") == ""
    assert ip_of("/ip6/fe80::1%eth0/tcp/1") == ""
    assert ip_of("/dns4/example.org/tcp/1") == ""
    assert ip_of("/memory/7") == ""
    assert ip_of("") == ""


def test_the_ends_of_a_node_are_those_it_listens_on() -> None:
    """REACH-2."""
    listening = (
        f"/ip4/192.168.1.5/tcp/27410/p2p/{PEER}",
        f"/ip4/10.0.0.1/tcp/27410/p2p/{PEER}",
        f"/ip4/10.0.0.1/tcp/27410/ws/p2p/{PEER}",
        f"/ip4/8.8.8.8/tcp/9/p2p/{OTHER}/p2p-circuit/p2p/{PEER}",
        "/memory/1",
    )
    assert ends_of(listening) == ENDS
    assert len(ends_of([f"/ip4/10.0.0.1/tcp/{port}" for port in range(1, 20)])) == ENDS_MAX


def test_a_peer_and_an_address_are_dialled_back_once_a_minute() -> None:
    """REACH-7."""
    backs = DialBacks()
    assert backs.may(peer="a", ip="8.8.8.8", now_ms=0)
    assert not backs.may(peer="a", ip="8.8.4.4", now_ms=1)
    assert not backs.may(peer="b", ip="8.8.8.8", now_ms=2)
    assert backs.may(peer="c", ip="2001:db8::1", now_ms=3)
    assert not backs.may(peer="d", ip="2001:db8::2", now_ms=4)
    assert not backs.may(peer="e", ip="", now_ms=5)
    assert backs.may(peer="a", ip="8.8.8.8", now_ms=SPAN_MS)


def test_only_so_many_are_dialled_back_in_all() -> None:
    """REACH-7: 4,000 names at 4,000 addresses draw out no more than one would."""
    backs = DialBacks()
    allowed = [
        backs.may(peer=f"p{number}", ip=f"8.8.{number // 250}.{number % 250}", now_ms=number)
        for number in range(4_000)
    ]
    assert sum(allowed) == DIAL_BACKS_MAX


def test_who_was_dialled_back_first_is_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("p2pevents.node.core.reach._ASKERS_MAX", 4)
    backs = DialBacks()
    for number in range(3):
        assert backs.may(peer=f"p{number}", ip=f"8.8.{number}.8", now_ms=0)
    assert not backs.may(peer="p2", ip="9.9.9.9", now_ms=1)
    assert backs.may(peer="p0", ip="9.9.9.9", now_ms=1)


def heard(*answers: tuple[str, Answer], at: str = "9.9.9.9") -> Reach:
    reach = Reach()
    for peer, answer in answers:
        reach.heard(answer, peer=peer, peer_ip=at, ends=ENDS, now_ms=0)
    return reach


def test_what_a_node_makes_of_what_it_hears() -> None:
    assert heard().facts(now_ms=0)["sight"] == "unknown"
    no_try = Answer(seen="8.8.8.8")
    vain = Answer(seen="8.8.8.8", reached=(False, False))
    came = Answer(seen="8.8.8.8", reached=(True, False))
    near = Answer(seen="192.168.1.7", reached=(True, True))
    assert heard(("a", no_try)).facts(now_ms=0)["sight"] == "unknown"
    assert heard(("a", vain)).facts(now_ms=0)["sight"] == "unreached"
    assert heard(("a", near)).facts(now_ms=0)["sight"] == "nearby"
    assert heard(("a", came), at="192.168.1.9").facts(now_ms=0)["sight"] == "nearby"
    assert heard(("a", vain), ("b", came)).facts(now_ms=0) == {
        "sight": "outside",
        "asked": 2,
        "reached": ["/ip4/8.8.8.8/tcp/27410"],
        "seen": ["8.8.8.8"],
    }
    assert heard(("a", came), ("a", vain)).facts(now_ms=0)["sight"] == "unreached"
    assert heard(("a", came)).facts(now_ms=10**9)["sight"] == "unknown"


def test_only_so_many_words_are_kept() -> None:
    reach = heard(*((f"p{number}", Answer(seen="8.8.8.8")) for number in range(100)))
    assert len(reach._words) == 8
