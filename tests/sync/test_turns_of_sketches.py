"""Who asks for symbols and who answers: each message by the side whose turn it is, once."""

from __future__ import annotations

import sys
from collections.abc import Iterator

import pytest

from p2pevents.sync.codec import encode_message
from p2pevents.sync.effects import Blame
from p2pevents.sync.frames import encode_frame
from p2pevents.sync.inputs import EndOfStream, Received
from p2pevents.sync.messages import Ask, Found, Message, Symbols
from p2pevents.sync.sketch import has_numpy, pack_ids
from p2pevents.sync.turns import Stage
from tests.sync.pair import Pair, Side, pair_of, record_item, store

SYMBOLS = Symbols(salt=b"", counts=b"", data=b"")


def sketching() -> Iterator[tuple[Side, Side]]:
    """Yield who opened and who answers, each time that either of them is at the sketches."""
    left = store(b"left", *(record_item(n) for n in range(40)))
    right = store(b"right", *(record_item(n) for n in range(20, 60)))
    for store_ in (left, right):
        store_.since_ids_max, store_.sketches = 0, True
    pair: Pair = pair_of(left, right)
    for _ in range(100):
        for here, there in ((pair.left, pair.right), (pair.right, pair.left)):
            if here.sent:
                there.give(Received(data=here.sent.popleft()))
            if Stage.SKETCH in (pair.left.session.stage, pair.right.session.stage):
                yield pair.left, pair.right


def blamed(side: Side, message: Message) -> bool:
    side.give(Received(data=encode_frame(encode_message(message))))
    return any(isinstance(effect, Blame) for effect in side.log)


@pytest.mark.parametrize(
    ("is_opener", "messages"),
    [
        (True, [Ask(upto=64)]),
        (True, [Found(heads=())]),
        (False, [SYMBOLS]),
        (False, [Ask(upto=64), Ask(upto=64)]),
    ],
)
def test_a_sketch_out_of_turn_is_held_against_whoever_sent_it(
    *, is_opener: bool, messages: list[Message]
) -> None:
    """SYNC-3."""
    for opener, answerer in sketching():
        side = opener if is_opener else answerer
        if side.session.stage is Stage.SKETCH:
            assert any(blamed(side, message) for message in messages)
            return
    raise AssertionError("no side came to the sketches")


def test_a_session_that_is_closed_stands_so() -> None:
    pair = pair_of(store(b"left"), store(b"right"))
    pair.left.give(EndOfStream())
    assert pair.left.session.stage is Stage.CLOSED


def test_without_numpy_there_are_no_sketches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "numpy", None)
    assert not has_numpy()
    with pytest.raises(RuntimeError, match="without numpy"):
        pack_ids([bytes(32)])
