"""Two sessions back to back over two small stores, in memory, and the wire between them."""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, field
from functools import lru_cache

from p2pevents.sync.bundle import Item, item_bytes
from p2pevents.sync.effects import (
    Close,
    Collection,
    Effect,
    Ended,
    FindHeads,
    FindLacking,
    Offer,
    ReadIndex,
    ReadItems,
    ReadMissing,
    ReadPage,
    ReadScope,
    ReadSince,
    ReadSketch,
    ReadSnapshot,
    ReadSymbols,
    ReadWanted,
    RememberCursor,
    Send,
)
from p2pevents.sync.fingerprint import Fingerprint
from p2pevents.sync.frames import PAGE_BYTES_MAX
from p2pevents.sync.inputs import (
    Committed,
    EndOfStream,
    HeadsFound,
    IndexRead,
    Input,
    ItemsRead,
    LackingFound,
    MissingRead,
    PageRead,
    Received,
    ScopeRead,
    SinceRead,
    SketchRead,
    Snapshot,
    SnapshotRead,
    SymbolsRead,
    Tick,
    WantedRead,
)
from p2pevents.sync.messages import Cursor
from p2pevents.sync.outside import NOTHING, Outside
from p2pevents.sync.ranges import SetIndex, set_key
from p2pevents.sync.session import Session
from p2pevents.sync.sketch import Coded, Decoder, Sketch, ids_of_heads, pack_ids


def authority_item(number: int) -> Item:
    return b"A%d" % number, None


def record_item(number: int, *, size: int = 10) -> Item:
    return b"R%d" % number, bytes(size)


def collection_of(item: Item) -> Collection:
    return Collection.AUTHORITY if item[0].startswith(b"A") else Collection.RECORDS


def clock_of(item: Item) -> int:
    """Return an item's number; 0 of what a fuzzer made, which may be anything."""
    number = item[0][1:19]
    return int(number) if number.isdigit() else 0


def chapter_of(item: Item) -> bytes:
    """Four chapters, of which every one has some of the items."""
    return bytes([clock_of(item) % 4]) * 32


def author_of(item: Item) -> bytes:
    """Three keys, of which every one writes in every chapter."""
    return bytes([clock_of(item) % 3]) * 32


def is_outside(item: Item, outside: Outside) -> bool:
    chapter = chapter_of(item)
    if collection_of(item) is Collection.AUTHORITY:
        return outside.has_chapter(chapter)
    return outside.has_record(chapter, author_of(item))


def touches(item: Item) -> bool:
    """Whether a record is one that readers want."""
    return clock_of(item) % 5 != 0


def item_id(item: Item) -> bytes:
    return hashlib.sha256(item[0]).digest()


@lru_cache(maxsize=1_000)
def coded_of(salt: bytes, ids: tuple[bytes, ...], waiting: tuple[bytes, ...]) -> Coded:
    """The symbols of a set: made once where the same two sets meet again and again."""
    sketch = Sketch(salt=salt)
    sketch.add(pack_ids(ids))
    return sketch.symbols(also=pack_ids(waiting))


@dataclass
class Store:
    """What stands in for log and ingest: a list in order of entering, and what it refuses."""

    incarnation: bytes
    entered: list[Item] = field(default_factory=list)
    refused: set[Item] = field(default_factory=set)
    rejected: set[Item] = field(default_factory=set)
    outside: Outside = NOTHING
    cursors: dict[bytes, Cursor] = field(default_factory=dict)
    page_items_max: int = 3
    since_ids_max: int = 1000
    may_compare_fully: bool = True
    sketches: bool = True
    window: str | None = None
    own: set[Item] = field(default_factory=set)
    missing: tuple[bytes, ...] = ()
    waiting: set[Item] = field(default_factory=set)
    to_wait: set[Item] = field(default_factory=set)
    gone: int = 0
    offered: int = 0
    nonces: int = 0

    def offer(self, items: tuple[Item, ...]) -> Committed:
        self.offered += len(items)
        known = set(self.entered)
        new = [item for item in dict.fromkeys(items) if item not in known]
        self.refused |= {item for item in new if is_outside(item, self.outside)}
        left_out = sum(item in self.refused for item in new)
        self.waiting |= self.to_wait & set(new)
        new = [item for item in new if item not in self.to_wait]
        self.entered += [i for i in new if i not in self.refused and i not in self.rejected]
        return Committed(
            new=len(new) - left_out,
            rejected=sum(item in self.rejected for item in new),
            left_out={"closed": left_out} if left_out else {},
        )

    def snapshot(self, outside: Outside = NOTHING) -> Snapshot:
        prints = {collection: Fingerprint() for collection in Collection}
        for item in self.entered:
            if not is_outside(item, outside):
                prints[collection_of(item)].add([item_id(item)])
        return Snapshot(
            log=Cursor(incarnation=self.incarnation, position=len(self.entered)),
            authority=prints[Collection.AUTHORITY].digest,
            records=prints[Collection.RECORDS].digest,
        )

    def of(self, collection: Collection, after: int, upto: int) -> list[Item]:
        return [item for item in self.entered[after:upto] if collection_of(item) is collection]

    def since(self, asked: ReadSince) -> SinceRead:
        whole = self.of(asked.collection, 0, len(self.entered))
        if asked.own:
            mine = [item for item in whole if item in self.own]
            ids = tuple(map(item_id, mine))
            is_authority = asked.collection is Collection.AUTHORITY
            return SinceRead(total=len(whole if is_authority else mine), count=len(mine), ids=ids)
        if asked.window is not None:
            rows = [
                (at + 1, item)
                for at, item in enumerate(self.entered)
                if asked.after <= at < asked.upto and touches(item) and item in whole
            ]
            return SinceRead(
                total=len(rows),
                count=len(rows),
                ids=tuple(item_id(item) for _, item in rows),
                positions=tuple(at for at, _ in rows),
            )
        found = self.of(asked.collection, asked.after, asked.upto)
        return SinceRead(
            total=len(self.of(asked.collection, 0, len(self.entered))),
            count=len(found),
            ids=tuple(map(item_id, found)) if len(found) <= self.since_ids_max else None,
        )

    def lacking(self, asked: FindLacking) -> LackingFound:
        held = {item_id(item)[:8] for item in (*self.entered, *self.waiting)}
        return LackingFound(lacking=tuple(each not in held for each in asked.prefixes))

    def index(self, asked: ReadIndex) -> IndexRead:
        found = self.within(asked.collection, asked.outside)
        waiting = [item for item in self.waiting if collection_of(item) is asked.collection]
        return IndexRead(
            index=SetIndex(
                (set_key(clock_of(item), item_id(item)) for item in (*found, *waiting)),
                first={item_id(item) for item in found if clock_of(item) % 10 == 7},
                waiting={item_id(item) for item in waiting},
            )
        )

    def within(self, collection: Collection, outside: Outside) -> list[Item]:
        whole = self.of(collection, 0, len(self.entered))
        return [item for item in whole if not is_outside(item, outside)]

    def ids_in(self, collection: Collection, outside: Outside) -> list[bytes]:
        return [item_id(item) for item in self.within(collection, outside)]

    def coded(self, collection: Collection, outside: Outside) -> Coded:
        waiting = [item_id(item) for item in self.waiting if collection_of(item) is collection]
        ids = self.ids_in(collection, outside)
        return coded_of(self.incarnation, tuple(ids), tuple(waiting))

    def items(self, asked: ReadItems) -> ItemsRead:
        by_id = {item_id(item): item for item in self.entered}
        asked_now = asked.ids[: self.page_items_max]
        here = asked_now[min(self.gone, len(asked_now)) :]
        self.gone -= len(asked_now) - len(here)
        return ItemsRead(items=tuple(by_id[each] for each in here), done=len(asked_now))

    def page(self, asked: ReadPage) -> PageRead:
        items: list[Item] = []
        size = 0
        for position in range(asked.after, asked.upto):
            item = self.entered[position]
            if collection_of(item) is not asked.collection:
                continue
            size += item_bytes(item)
            if len(items) == self.page_items_max or size > PAGE_BYTES_MAX:
                return PageRead(items=tuple(items), position=position, is_last=False)
            items.append(item)
        return PageRead(items=tuple(items), position=asked.upto, is_last=True)

    def answer(self, effect: Effect, peer: bytes) -> Input | None:  # noqa: C901, PLR0912
        """Answer what asks, and keep what is to be remembered."""
        match effect:
            case ReadSnapshot():
                return self.greeting(peer, effect)
            case ReadScope():
                return ScopeRead(outside=self.outside)
            case ReadPage():
                return self.page(effect)
            case ReadSince():
                return self.since(effect)
            case FindLacking():
                return self.lacking(effect)
            case ReadIndex():
                return self.index(effect)
            case ReadSketch():
                held = [
                    *self.ids_in(effect.collection, effect.outside),
                    *map(item_id, self.waiting),
                ]
                return SketchRead(decoder=Decoder(pack_ids(held)) if self.sketches else None)
            case ReadSymbols():
                if not self.sketches:
                    return SymbolsRead(coded=None)
                return SymbolsRead(coded=self.coded(effect.collection, effect.outside))
            case FindHeads():
                ids = pack_ids(self.ids_in(effect.collection, effect.outside))
                return HeadsFound(ids=tuple(ids_of_heads(ids, effect.heads, salt=effect.salt)))
            case ReadItems():
                return self.items(effect)
            case Offer():
                return self.offer(effect.items)
            case ReadMissing():
                return MissingRead(ids=self.missing)
            case ReadWanted():
                found = [item for item in self.entered if item_id(item) in effect.ids]
                return WantedRead(items=tuple(found))
            case RememberCursor():
                self.cursors[peer] = effect.cursor
        return None

    def greeting(self, peer: bytes, asked: ReadSnapshot) -> SnapshotRead:
        self.nonces += 1
        withheld = [item for item in self.entered if is_outside(item, asked.theirs)]
        nonce = hashlib.sha256(self.incarnation + self.nonces.to_bytes(8, "big")).digest()
        return SnapshotRead(
            snapshot=self.snapshot(asked.outside),
            cursor=self.cursors.get(peer),
            nonce=nonce[:16],
            may_compare_fully=self.may_compare_fully,
            window=self.window,
            waiting={"clock": len(self.waiting)} if self.waiting else {},
            withheld={"chapter-left": len(withheld)} if withheld else {},
            own_withheld=len(self.own.intersection(withheld)),
        )


@dataclass
class Side:
    """A store, its session, and what the session did."""

    store: Store
    session: Session
    peer: bytes
    sent: deque[bytes] = field(default_factory=deque)
    log: list[Effect] = field(default_factory=list)
    sent_bytes: int = 0
    closed: bool = False

    def run(self, effects: list[Effect], now_ms: int = 0) -> None:
        todo = deque(effects)
        while todo:
            effect = todo.popleft()
            self.log.append(effect)
            answer = self.store.answer(effect, self.peer)
            match effect:
                case Send():
                    self.sent.append(effect.data)
                    self.sent_bytes += len(effect.data)
                case Close():
                    self.closed = True
                case _ if answer is not None:
                    todo.extend(self.session.step(answer, now_ms=now_ms))

    def give(self, given: Input, now_ms: int = 0) -> None:
        self.run(self.session.step(given, now_ms=now_ms), now_ms)

    @property
    def ended(self) -> list[Ended]:
        return [effect for effect in self.log if isinstance(effect, Ended)]


@dataclass
class Pair:
    """Two sides and the two directions of a stream, which may be cut after so many bytes."""

    left: Side
    right: Side
    cut_after_bytes: int | None = None
    chunk_bytes: int = 1 << 20
    carried: int = 0

    def start(self) -> Pair:
        self.left.run(self.left.session.start())
        self.right.run(self.right.session.start())
        return self

    def settle(self) -> Pair:
        """Carry bytes until nothing moves any more, or the cut."""
        while self.left.sent or self.right.sent:
            for here, there in ((self.left, self.right), (self.right, self.left)):
                if not here.sent:
                    continue
                data = here.sent.popleft()
                while data:
                    part, data = data[: self.chunk_bytes], data[self.chunk_bytes :]
                    if self.cut_after_bytes is not None:
                        room = self.cut_after_bytes - self.carried
                        if room < len(part):
                            there.give(Received(data=part[:room]))
                            self.cut()
                            return self
                    self.carried += len(part)
                    there.give(Received(data=part))
        return self

    def cut(self) -> None:
        self.left.sent.clear()
        self.right.sent.clear()
        self.left.give(EndOfStream())
        self.right.give(EndOfStream())

    def wait(self, now_ms: int) -> None:
        self.left.give(Tick(), now_ms)
        self.right.give(Tick(), now_ms)


def pair_of(
    left: Store,
    right: Store,
    *,
    cut_after_bytes: int | None = None,
    chunk_bytes: int = 1 << 20,
) -> Pair:
    return Pair(
        left=Side(
            store=left,
            session=Session(network="test", shard="0", is_opener=True, now_ms=0),
            peer=right.incarnation,
        ),
        right=Side(
            store=right, session=Session(network="test", shard="0", now_ms=0), peer=left.incarnation
        ),
        cut_after_bytes=cut_after_bytes,
        chunk_bytes=chunk_bytes,
    ).start()


def store(name: bytes, *items: Item) -> Store:
    return Store(incarnation=name.ljust(16, b"."), entered=list(items))
