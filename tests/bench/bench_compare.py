"""What it costs to find what two sets lack: bytes beside the records, messages, milliseconds.

    python -m tests.bench.bench_compare [RECORDS ...] [--goals]

Two sessions back to back in memory, sets that were made beforehand. Bytes are
those of every frame both ways, less the records themselves: they hang on the
numbers alone, and are the same on every machine; of scattered differences, the mean of
several sets. Processor time is that of this machine. `--goals` measures only what goals are
set for.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
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
    Send,
)
from p2pevents.sync.fingerprint import Fingerprint
from p2pevents.sync.inputs import (
    Committed,
    IndexRead,
    Input,
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
from tests.bench import goal
from tests.sync.pair import Side, Store, pair_of

YEAR_MS = 365 * 24 * 3_600_000
NOW_MS = 1_700_000_000_000
ENVELOPE_BYTES, BODY_BYTES = 384, 700  # of a typical record: 1,084 in all
PAGE_ITEMS = 240
SCATTERINGS = 8
QUESTIONS = (6, 8, 10)  # since, ranges, ask: messages that the other side has to answer
MESSAGE_AT = 5  # the byte of a frame that says which it is: after its length and its array's head
GOAL_RECORDS, GOAL_DIFFER, BULK_RECORDS = 100_000, 100, 10_000


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


@dataclass(frozen=True, kw_only=True)
class Cost:
    """What a comparison cost.

    Attributes:
        beside_bytes: of all frames, both ways, less the records: the mean of the sets.
        rounds: questions about what differs that one side sent, at the most of any set.
        cpu_ms, answering_ms: processor time of both sides, and of the one that answers.
    """

    beside_bytes: float
    rounds: int
    cpu_ms: float
    answering_ms: float


def questions(side: Side) -> int:
    """Return how many questions about what differs a side has sent."""
    sent = (each.data for each in side.log if isinstance(each, Send))
    return sum(data[MESSAGE_AT] in QUESTIONS for data in sent)


def timed(side: Side) -> list[float]:
    """Have a side note the processor time of each of its steps, in ms."""
    took: list[float] = []
    give = side.give

    def noted(given: Input, now_ms: int = 0) -> None:
        began = time.process_time()
        give(given, now_ms)
        took.append(1000 * (time.process_time() - began))

    side.give = noted  # type: ignore[method-assign]
    return took


def compare(count: int, differ: int, *, how: str) -> Cost:
    """Compare two shelves; of scattered differences, several pairs of them."""
    bytes_, rounds, opening, answering = [], [], [], []
    for seed in range(SCATTERINGS if how == "scattered" else 1):
        left, right = shelves(count, differ, how=how, seed=seed)
        pair = pair_of(left, right)
        took = timed(pair.left), timed(pair.right)
        pair.settle()
        sides = pair.left, pair.right
        assert [side.ended[-1].outcome for side in sides] == [Outcome.EQUAL] * 2
        assert left.by_id.keys() == right.by_id.keys()
        bytes_.append(sum(side.sent_bytes for side in sides))
        rounds.append(max(map(questions, sides)))
        opening.append(sum(took[0]))
        answering.append(sum(took[1]))
    return Cost(
        beside_bytes=statistics.mean(bytes_) - differ * (ENVELOPE_BYTES + BODY_BYTES),
        rounds=max(rounds),
        cpu_ms=statistics.median(
            one + other for one, other in zip(opening, answering, strict=True)
        ),
        answering_ms=statistics.median(answering),
    )


def bulk_ratio(count: int) -> float:
    """Bytes of both ways until an empty node has all, over those of the records."""
    left, _ = shelves(count, 0, how="scattered")
    right = Shelf(b"right", [], left.clocks)
    pair = pair_of(left, right).settle()
    assert pair.left.ended[-1].outcome is Outcome.EQUAL
    total = pair.left.sent_bytes + pair.right.sent_bytes
    return total / (count * (ENVELOPE_BYTES + BODY_BYTES))


def tell_table(counts: list[int]) -> None:
    """Print what is found of each number of records."""
    print("| records | differ | bytes beside them | each | rounds | cpu ms, both | answering |")
    print("| --- | --- | --- | --- | --- | --- | --- |")
    for count in counts:
        for differ in (0, 1, 100, 1100):
            for how in ("recent", "scattered") if differ else ("recent",):
                cost = compare(count, differ, how=how)
                each = f"{cost.beside_bytes / differ:.1f}" if differ else "-"
                print(
                    f"| {count} | {differ} {how} | {cost.beside_bytes:.0f} | {each}"
                    f" | {cost.rounds} | {cost.cpu_ms:.0f} | {cost.answering_ms:.0f} |",
                    flush=True,
                )
        print(f"| {count} | all to an empty node | {bulk_ratio(count):.4f} of theirs |")


def tell_goals() -> None:
    """Say what goals are set for."""
    nothing = compare(GOAL_RECORDS, 0, how="recent")
    recent = compare(GOAL_RECORDS, GOAL_DIFFER, how="recent")
    scattered = compare(GOAL_RECORDS, GOAL_DIFFER, how="scattered")
    what = f"{GOAL_DIFFER} of {GOAL_RECORDS} records"
    goal.say("comparison, nothing to do", nothing.beside_bytes, 300, unit="B")
    recent_each, scattered_each = (cost.beside_bytes / GOAL_DIFFER for cost in (recent, scattered))
    goal.say(f"comparison, {what} recent, each", recent_each, 20, unit="B")
    goal.say(f"comparison, {what} scattered, each", scattered_each, 30, unit="B")
    goal.say("comparison, rounds", max(recent.rounds, scattered.rounds), 4)
    goal.say(f"comparison, {what} scattered, both sides' processor", scattered.cpu_ms, unit="ms")
    goal.say("- of the side that answers", scattered.answering_ms, unit="ms")
    goal.say("all to an empty node, bytes / record bytes", bulk_ratio(BULK_RECORDS), 1.02)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("records", nargs="*", type=int, default=[10_000, 100_000])
    parser.add_argument("--goals", action="store_true", help="only what goals are set for")
    asked = parser.parse_args()
    if asked.goals:
        tell_goals()
    else:
        tell_table(asked.records)


if __name__ == "__main__":
    main()
