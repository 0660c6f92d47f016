"""Peers that misbehave: they babble, repeat what is stale, or lie about what they hold."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from functools import partial
from random import Random
from typing import TYPE_CHECKING, Any, Final

from msgspec.structs import replace

from p2pevents.node.ingest import AHEAD_MS_MAX
from p2pevents.record.envelope import body_hash, open_envelope, seal
from p2pevents.record.header import Header
from p2pevents.record.ids import ChapterId, RecordId
from p2pevents.record.kinds import Kind
from p2pevents.record.signature import public_key_of
from p2pevents.sync.bundle import BUNDLE_ITEMS_MAX, Item, encode_bundle
from p2pevents.sync.codec import decode_message, encode_message
from p2pevents.sync.frames import HEAD_BYTES, FrameReader, encode_frame
from p2pevents.sync.inputs import Input, Received, SendPush
from p2pevents.sync.messages import (
    Cursor,
    End,
    Hello,
    Page,
    Push,
)
from p2pevents.testing.simulated_node import SimulatedNode
from p2pevents.testing.stream_end import StreamEnd

if TYPE_CHECKING:
    from p2pevents.testing.connection import Stream
    from p2pevents.testing.life import Life

__all__ = ["HostileNode", "Manner"]

_PAUSE_MS: Final = (300_000, 3_600_000)  # between two misdeeds
_FRAMES_MAX: Final = 8  # of one burst of babble
_BABBLE_BYTES_MAX: Final = 400
_HELLO: Final = 0  # codes of messages: docs/spec/sync.md, Messages
_END: Final = 3
_YEAR_MS: Final = 365 * 24 * 3600 * 1000


class Manner(Enum):
    """How a peer misbehaves."""

    BABBLES = "babbles"  # sends bytes that no honest peer sends, on streams and as gossip
    REPEATS = "repeats"  # gossips and pushes what is stale, a stranger's, or ahead of the clock
    LIES = "lies"  # says that it holds, and has read, what it does not
    WITHHOLDS = "withholds"  # leaves out events of what it hands over, the same to everybody
    STOPS = "stops"  # hands over what it had when it started to lie, and nothing newer


class HostileNode(SimulatedNode):
    """A node that otherwise keeps to the protocol, or it would be found out at once."""

    is_honest = False

    def __init__(self, name: str, *, manner: Manner, **rest: Any) -> None:
        super().__init__(name, **rest)
        self.manner = manner
        self._stranger = self.rng.randbytes(32)
        self._stopped_ms: int | None = None

    def start(self) -> None:
        """Run, and misbehave from time to time."""
        super().start()
        if self.life is not None:
            self._again(self.life)

    def stream_end(self, life: Life, stream: Stream) -> StreamEnd:
        """Return an end of a stream that says what this node's manner is to say."""
        match self.manner:
            case Manner.BABBLES:
                return _Babble(life, stream)
            case Manner.LIES:
                return _Lie(life, stream)
            case Manner.WITHHOLDS | Manner.STOPS:
                return _Silence(life, stream, is_held_back=self._is_held_back)
            case Manner.REPEATS:
                return StreamEnd(life, stream)

    def begin_to_lie(self) -> None:
        """Of what comes from now on, who `STOPS` hands over nothing."""
        self._stopped_ms = self.life.now_ms() if self.life is not None else 0

    def _is_held_back(self, item: Item) -> bool:
        """Tell whether an item is not handed over."""
        envelope, body = item
        if body is None:
            return False  # without the charter nobody believes it anything
        header = open_envelope(envelope, body).header
        if self.manner is Manner.STOPS:
            return self._stopped_ms is not None and header.clock > self._stopped_ms
        return header.kind == Kind.EVENT and sum(envelope[-4:]) % 3 == 0

    def _again(self, life: Life) -> None:
        life.later(self.rng.randint(*_PAUSE_MS), partial(self._misbehave, life))

    def _misbehave(self, life: Life) -> None:
        if self.manner is Manner.BABBLES:
            life.wire.publish(life, _babble(self.rng))
            damaged = [_damaged(item, self.rng) for item in self._stale(2)]
            if damaged:
                life.wire.publish(life, encode_bundle(damaged))
        if self.manner is Manner.REPEATS:
            items = [*self._stale(BUNDLE_ITEMS_MAX - 2), *self._strange(life)]
            life.wire.publish(life, encode_bundle(items))
            for session in list(life.sessions.values()):
                session.tell(SendPush(items=tuple(items)))
        self._again(life)

    def _stale(self, count: int) -> list[Item]:
        """Return old records: what came first, replaced or not."""
        ids = [RecordId(item.id) for item in self.log.in_set() if item.kind is not None]
        chosen = self.rng.sample(ids, min(count, len(ids)))
        return [(record.envelope, record.body) for record in self.log.records(chosen)]

    def _strange(self, life: Life) -> list[Item]:
        """Return a record of no known authority, and one that is a year ahead."""
        ahead_ms = self.rng.choice([AHEAD_MS_MAX + 60_000, _YEAR_MS])
        chapters = [each.chapter for each in self.log.chapters()]
        chapter = self.rng.choice(chapters) if chapters else ChapterId(self.rng.randbytes(32))
        return [
            _made_up(self._stranger, chapter, self.rng.randbytes(32), clock=clock)
            for clock in (life.steady_ms(), life.steady_ms() + ahead_ms)
        ]


class _Babble(StreamEnd):
    """Says nonsense: at once, and in the place of some of what it should say."""

    def start(self) -> None:
        """Say something that no session says."""
        rng = self.life.node.rng
        if rng.random() < 0.5:  # else it begins as others do
            for _ in range(rng.randint(1, _FRAMES_MAX)):
                super().send(_babble(rng) if rng.random() < 0.5 else encode_frame(_babble(rng)))
        super().start()

    def send(self, data: bytes) -> None:
        """Send a frame, now and then with one byte of it altered."""
        rng = self.life.node.rng
        if rng.random() < 0.2:
            at = rng.randrange(len(data))
            data = data[:at] + bytes([data[at] ^ 1 << rng.randrange(8)]) + data[at + 1 :]
        super().send(data)


class _Lie(StreamEnd):
    """Keeps the turns of the protocol, and lies in every hello and end."""

    def __init__(self, life: Life, stream: Stream) -> None:
        super().__init__(life, stream)
        self._theirs: Hello | None = None
        self._frames = FrameReader()

    def tell(self, given: Input) -> None:
        """Listen to what the other says, to lie the better."""
        if isinstance(given, Received):
            for frame in self._frames.feed(given.data):
                if _code_of(frame) == _HELLO and isinstance(hello := decode_message(frame), Hello):
                    self._theirs = hello
        super().tell(given)

    def send(self, data: bytes) -> None:
        """Send a frame, with a lie in its place."""
        frame = data[HEAD_BYTES:]
        if _code_of(frame) not in (_HELLO, _END):
            super().send(data)
            return
        message = decode_message(frame)
        rng = self.life.node.rng
        if isinstance(message, Hello):
            message = self._hello(message, rng)
        elif isinstance(message, End):
            message = replace(message, records=self._print(message.records, rng), new=0)
        super().send(encode_frame(encode_message(message)))

    def _hello(self, message: Hello, rng: Random) -> Hello:
        theirs = self._theirs
        far = rng.choice([0, 1, 10**6])
        cursor = message.cursor
        if theirs is not None:
            cursor = Cursor(incarnation=theirs.log.incarnation, position=far)
        log = replace(message.log, position=message.log.position + rng.choice([0, 0, 5, 10**6]))
        return replace(message, cursor=cursor, log=log, records=self._print(message.records, rng))

    def _print(self, records: bytes, rng: Random) -> bytes:
        """Return a fingerprint: the other's own, none that there is, or the true one."""
        echo = self._theirs.records if self._theirs else records
        return rng.choice([echo, rng.randbytes(32), records])


def _code_of(frame: bytes) -> int:
    """Return a message's code: an array's head, then a small number."""
    return frame[1] if len(frame) > 1 else -1


class _Silence(StreamEnd):
    """Keeps the turns of the protocol, and leaves out what it does not want to be known."""

    def __init__(self, life: Life, stream: Stream, *, is_held_back: Callable[[Item], bool]) -> None:
        super().__init__(life, stream)
        self._is_held_back = is_held_back

    def send(self, data: bytes) -> None:
        """Send a frame, without the items that are held back."""
        message = decode_message(data[4:])
        if isinstance(message, Page | Push):
            items = tuple(each for each in message.items if not self._is_held_back(each))
            if isinstance(message, Push) and not items:
                return  # it is never taken: gossip's loss, as far as anybody can tell
            if items or (isinstance(message, Page) and message.is_last):
                message = replace(message, items=items)
        super().send(encode_frame(encode_message(message)))


def _babble(rng: Random) -> bytes:
    return rng.randbytes(rng.randint(1, _BABBLE_BYTES_MAX))


def _damaged(item: Item, rng: Random) -> Item:
    """Return an item with one bit of its envelope altered: no signature covers it."""
    envelope, body = item
    at = rng.randrange(len(envelope))
    return envelope[:at] + bytes([envelope[at] ^ 1 << rng.randrange(8)]) + envelope[at + 1 :], body


def _made_up(seed: bytes, chapter: ChapterId, authority: bytes, *, clock: int) -> Item:
    """Return a well-made record that nobody gave anybody leave to write."""
    body = b"\xa0"
    header = Header(
        kind="event",
        chapter=chapter,
        path=("stranger",),
        author=public_key_of(seed),
        authority=RecordId(authority),
        clock=clock,
        body_hash=body_hash(body),
        body_bytes=len(body),
    )
    record = seal(header, body, seed=seed)
    return record.envelope, record.body
