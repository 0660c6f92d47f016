"""What it costs to find what two sets lack: bytes beside the records, messages, milliseconds.

    python -m tests.bench.bench_compare [RECORDS]

Two sessions back to back in memory, sets that were made beforehand. Bytes are
those of every frame both ways, less the records themselves: they hang on the
numbers alone, and are the same on every machine.
"""

from __future__ import annotations

import hashlib
import sys
import time
from dataclasses import dataclass
from random import Random

from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import (
    Collection,
    FindLacking,
    Outcome,
    ReadIndex,
    ReadItems,
    ReadPage,
    ReadSince,
)
from p2pevents.sync.fingerprint import Fingerprint
from p2pevents.sync.inputs import (
    Committed,
    IndexRead,
    ItemsRead,
    LackingFound,
    PageRead,
    SinceRead,
    Snapshot,
)
from p2pevents.sync.messages import SINCE_IDS_MAX, Cursor
from p2pevents.sync.outside import NOTHING, Outside
from p2pevents.sync.ranges import SetIndex, set_key
from p2pevents.sync.sketch import Coded, Sketch, pack_ids
from tests.sync.pair import Pair, Side, Store, pair_of

YEAR_MS = 365 * 24 * 3_600_000
NOW_MS = 1_700_000_000_000
ENVELOPE_BYTES, BODY_BYTES = 384, 700  # of a typical record: 1,084 in all
PAGE_ITEMS = 240
SCATTERINGS = 8


@dataclass(frozen=True)
class Known:
    """One record as this measurement holds it: bytes are made when they are read."""

    id: bytes
    clock: int

    @property
    def item(self) -> Item:
        return self.id.ljust(ENVELOPE_BYTES, b"."), bytes(BODY_BYTES)


class Shelf(Store):
    """A store of records alone that answers without going through all of them."""

    def __init__(self, name: bytes, known: list[Known], clocks: dict[bytes, int]) -> None:
        super().__init__(incarnation=name.ljust(16, b"."))
        self.known = known
        self.clocks = clocks
        self.by_id = {each.id: each for each in known}
        self.prefixes = {each.id[:8] for each in known}
        self.ids = pack_ids([each.id for each in known])
        self.sketch = Sketch(salt=self.incarnation)
        self.sketch.add(self.ids)
        self.print = Fingerprint()
        self.print.add(each.id for each in known)

    def offer(self, items: tuple[Item, ...]) -> Committed:
        new = [item[0][:32] for item in items if item[0][:32] not in self.by_id]
        for identifier in new:
            each = Known(identifier, self.clocks[identifier])
            self.known.append(each)
            self.by_id[identifier] = each
        self.print.add(new)
        self.ids = pack_ids([self.ids.tobytes(), *new])
        return Committed(new=len(new))

    def snapshot(self, outside: Outside = NOTHING) -> Snapshot:
        return Snapshot(
            log=Cursor(incarnation=self.incarnation, position=len(self.known)),
            authority=Fingerprint().digest,
            records=self.print.digest,
        )

    def since(self, asked: ReadSince) -> SinceRead:
        found = self.known[asked.after : asked.upto]
        ids = tuple(each.id for each in found) if len(found) <= SINCE_IDS_MAX else None
        return SinceRead(total=len(self.known), count=len(found), ids=ids)

    def lacking(self, asked: FindLacking) -> LackingFound:
        return LackingFound(lacking=tuple(each not in self.prefixes for each in asked.prefixes))

    def index(self, asked: ReadIndex) -> IndexRead:
        assert asked.collection is Collection.RECORDS
        return IndexRead(index=SetIndex(set_key(each.clock, each.id) for each in self.known))

    def items(self, asked: ReadItems) -> ItemsRead:
        found = tuple(self.by_id[each].item for each in asked.ids[:PAGE_ITEMS])
        return ItemsRead(items=found, done=len(found))

    def ids_in(self, collection: Collection, outside: Outside) -> list[bytes]:
        return [self.ids.tobytes()] if collection is Collection.RECORDS else []

    def coded(self, collection: Collection, outside: Outside) -> Coded:
        return self.sketch.symbols(also=pack_ids([]))

    def page(self, asked: ReadPage) -> PageRead:
        end = min(asked.after + PAGE_ITEMS, asked.upto)
        found = tuple(each.item for each in self.known[asked.after : end])
        return PageRead(items=found, position=end, is_last=end == asked.upto)


def shelves(count: int, differ: int, *, how: str, seed: int = 3) -> tuple[Shelf, Shelf]:
    """Two shelves that differ in so many records: the newest ones, any ones, or all of one."""
    random = Random(seed)
    clocks = sorted(random.randrange(NOW_MS, NOW_MS + YEAR_MS) for _ in range(count + differ))
    known = [
        Known(hashlib.sha256(b"%d %d" % (count, at)).digest(), clock)
        for at, clock in enumerate(clocks)
    ]
    apart = set(range(count, count + differ))
    if how == "scattered":
        apart = set(random.sample(range(count + differ), differ))
    of = {each.id: each.clock for each in known}
    left = Shelf(b"left", [k for at, k in enumerate(known) if at not in apart or at % 2], of)
    right = Shelf(b"right", [k for at, k in enumerate(known) if at not in apart or not at % 2], of)
    if how == "recent":
        for here, there in ((left, right), (right, left)):
            shared = Cursor(incarnation=there.incarnation, position=count)
            here.cursors[there.incarnation] = shared
    return left, right


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def bytes_of(side: Side) -> int:
    return side.sent_bytes


def measure(count: int, differ: int, *, how: str) -> None:
    """Say what one comparison costs; of scattered differences, the mean of several."""
    times = SCATTERINGS if how == "scattered" else 1
    total, took_ms = 0, 0.0
    for seed in range(times):
        left, right = shelves(count, differ, how=how, seed=seed)
        pair: Pair = pair_of(left, right)
        began = time.perf_counter()
        pair.settle()
        took_ms += 1000 * (time.perf_counter() - began) / times
        assert [side.ended[-1].outcome for side in (pair.left, pair.right)] == [Outcome.EQUAL] * 2
        assert left.by_id.keys() == right.by_id.keys()
        total += bytes_of(pair.left) + bytes_of(pair.right)
    beside = round(total / times) - differ * (ENVELOPE_BYTES + BODY_BYTES)
    each = f"{beside / differ:7.1f}" if differ else "      -"
    say(f"| {count:7} | {differ:5} {how:9} | {beside:8} | {each} | {took_ms:6.0f} |")


def measure_bulk(count: int) -> None:
    left, _ = shelves(count, 0, how="scattered")
    right = Shelf(b"right", [], left.clocks)
    pair = pair_of(left, right).settle()
    assert pair.left.ended[-1].outcome is Outcome.EQUAL
    total = bytes_of(pair.left) + bytes_of(pair.right)
    ratio = total / (count * (ENVELOPE_BYTES + BODY_BYTES))
    say(f"| {count:7} | all to an empty node | bytes / record bytes {ratio:.4f} | | |")


def main(counts: list[int]) -> None:
    say("| records | differ | bytes beside them | each | ms, both sides |")
    say("| --- | --- | --- | --- | --- |")
    for count in counts:
        measure(count, 0, how="recent")
        for differ in (1, 100, 1100):
            for how in ("recent", "scattered"):
                measure(count, differ, how=how)
        measure_bulk(count)


if __name__ == "__main__":
    main([int(each) for each in sys.argv[1:]] or [10_000, 100_000])
