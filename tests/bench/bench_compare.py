"""What it costs to find what two sets lack: bytes beside the records, messages, milliseconds.

    python -m tests.bench.bench_compare [RECORDS ...] [--goals] [--records-beside 1000000]

Two sessions back to back in memory, sets that were made beforehand: sums, keys and sketches are
there, as in a node that runs. Bytes are those of every frame both ways, less the records
themselves: they hang on the numbers alone, and are the same on every machine; of scattered
differences, the mean of several sets. Processor time is that of this machine. `--goals` measures
only what goals are set for, and beside it, in turns, negentropy in JavaScript on sets as large:
also loaded beforehand, both sides in one process, and one comparison of each that does not count.
"""

from __future__ import annotations

import argparse
import gc
import hashlib
import shutil
import statistics
import sys
import time
from dataclasses import dataclass
from functools import cache, cached_property
from random import Random

from p2pevents.node.sketches import Sketches
from p2pevents.record.ids import ChapterId
from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import (
    Collection,
    Effect,
    FindHeads,
    FindLacking,
    Outcome,
    ReadIndex,
    ReadItems,
    ReadPage,
    ReadSince,
    ReadSketch,
    ReadSymbols,
    Send,
)
from p2pevents.sync.fingerprint import Fingerprint
from p2pevents.sync.inputs import (
    Committed,
    HeadsFound,
    IndexRead,
    Input,
    ItemsRead,
    LackingFound,
    PageRead,
    SinceRead,
    SketchRead,
    Snapshot,
    SymbolsRead,
)
from p2pevents.sync.messages import SINCE_IDS_MAX, Cursor
from p2pevents.sync.outside import NOTHING, Outside
from p2pevents.sync.ranges import SetIndex, set_key
from tests.bench import goal
from tests.bench.peers.install import HERE, NOSTR_TOOLS
from tests.bench.talking import Talking
from tests.sync.pair import Side, Store, pair_of

YEAR_MS = 365 * 24 * 3_600_000
NOW_MS = 1_700_000_000_000
ENVELOPE_BYTES, BODY_BYTES = 384, 700  # of a typical record: 1,084 in all
PAGE_ITEMS = 240
SCATTERINGS = 24
CHAPTER = ChapterId(bytes(32))
QUESTIONS = (6, 8, 10)  # since, ranges, ask: messages that the other side has to answer
MESSAGE_AT = 5  # the byte of a frame that says which it is: after its length and its array's head
GOAL_RECORDS, GOAL_DIFFER, BULK_RECORDS = 100_000, 100, 10_000
RECORDS_BESIDE, ROUNDS_BESIDE = 1_000_000, 5
OF_THEIRS = ("both_ms", "answering_ms")


@dataclass(frozen=True)
class Made:
    """Records that were made: their ids in order of clock, keys, clocks by id, and their sum."""

    ids: list[bytes]
    keys: list[bytes]
    clocks: dict[bytes, int]
    print_state: bytes


@cache
def made(count: int) -> Made:
    """Make so many."""
    random = Random(count)
    clocks = sorted(random.randrange(NOW_MS, NOW_MS + YEAR_MS) for _ in range(count))
    ids = [hashlib.sha256(b"%d %d" % (count, at)).digest() for at in range(count)]
    whole = Fingerprint()
    whole.add(ids)
    return Made(
        ids=ids,
        keys=[set_key(clock, each) for clock, each in zip(clocks, ids, strict=True)],
        clocks=dict(zip(ids, clocks, strict=True)),
        print_state=whole.state,
    )


class Shelf(Store):
    """A store of records alone that answers without going through all of them.

    Its sketch is kept as a node keeps it. Bytes of records are made when they are read.
    """

    def __init__(self, name: bytes, all_: Made, without: set[int]) -> None:
        super().__init__(incarnation=name.ljust(16, b"."))
        self.clocks = all_.clocks
        self.known = [each for at, each in enumerate(all_.ids) if at not in without]
        self.held = set(self.known)
        self.print = Fingerprint(all_.print_state)
        self.print.remove(all_.ids[at] for at in without)
        keys = [each for at, each in enumerate(all_.keys) if at not in without]
        self.own_sketches = Sketches()
        self.own_sketches.add(Collection.RECORDS, CHAPTER, keys)
        self.answer(ReadSymbols(collection=Collection.RECORDS), b"")

    @cached_property
    def prefixes(self) -> set[bytes]:
        """How ids begin that were here from the first."""
        return {each[:8] for each in self.known}

    def offer(self, items: tuple[Item, ...]) -> Committed:
        new = [item[0][:32] for item in items if item[0][:32] not in self.held]
        self.known += new
        self.held.update(new)
        keys = [set_key(self.clocks[each], each) for each in new]
        self.own_sketches.add(Collection.RECORDS, CHAPTER, keys)
        self.print.add(new)
        return Committed(new=len(new))

    def snapshot(self, outside: Outside = NOTHING) -> Snapshot:
        return Snapshot(
            log=Cursor(incarnation=self.incarnation, position=len(self.known)),
            authority=Fingerprint().digest,
            records=self.print.digest,
        )

    def since(self, asked: ReadSince) -> SinceRead:
        count = asked.upto - asked.after
        ids = tuple(self.known[asked.after : asked.upto]) if count <= SINCE_IDS_MAX else None
        return SinceRead(total=len(self.known), count=count, ids=ids)

    def lacking(self, asked: FindLacking) -> LackingFound:
        return LackingFound(lacking=tuple(each not in self.prefixes for each in asked.prefixes))

    def index(self, asked: ReadIndex) -> IndexRead:
        assert asked.collection is Collection.RECORDS
        return IndexRead(index=SetIndex(self.own_sketches.keys(asked.collection)))

    def items(self, asked: ReadItems) -> ItemsRead:
        found = tuple(map(item_of, asked.ids[:PAGE_ITEMS]))
        return ItemsRead(items=found, done=len(found))

    def page(self, asked: ReadPage) -> PageRead:
        end = min(asked.after + PAGE_ITEMS, asked.upto)
        found = tuple(map(item_of, self.known[asked.after : end]))
        return PageRead(items=found, position=end, is_last=end == asked.upto)

    def answer(self, effect: Effect, peer: bytes) -> Input | None:
        match effect:
            case ReadSketch():
                return SketchRead(decoder=self.own_sketches.decoder(effect.collection, waiting=()))
            case ReadSymbols():
                coded = self.own_sketches.coded(
                    effect.collection, waiting=(), salt=self.incarnation, now_ms=0
                )
                return SymbolsRead(coded=coded)
            case FindHeads():
                found = self.own_sketches.ids_of(effect.collection, effect.heads, salt=effect.salt)
                return HeadsFound(ids=tuple(found))
        return super().answer(effect, peer)


def item_of(identifier: bytes) -> Item:
    return identifier.ljust(ENVELOPE_BYTES, b"."), bytes(BODY_BYTES)


def shelves(count: int, differ: int, *, how: str, seed: int = 0) -> tuple[Shelf, Shelf]:
    """Two shelves that differ in so many records: the newest ones, or any ones."""
    apart = list(range(count, count + differ))
    if how == "scattered":
        apart = sorted(Random(seed).sample(range(count + differ), differ))
    all_ = made(count + differ)
    left = Shelf(b"left %d" % seed, all_, {at for at in apart if not at % 2})
    right = Shelf(b"right %d" % seed, all_, {at for at in apart if at % 2})
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
        least_bytes, most_bytes: of any set.
        rounds: questions about what differs that one side sent, at the most of any set.
        cpu_ms, answering_ms: processor time of both sides, and of the one that answers.
    """

    beside_bytes: float
    least_bytes: int
    most_bytes: int
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


@dataclass(frozen=True, kw_only=True)
class Once:
    """What one comparison cost; fields as those of `Cost`."""

    beside_bytes: int
    rounds: int
    cpu_ms: float
    answering_ms: float


def compare_once(count: int, differ: int, *, how: str, seed: int = 0) -> Once:
    """Compare two shelves."""
    left, right = shelves(count, differ, how=how, seed=seed)
    pair = pair_of(left, right)
    took = timed(pair.left), timed(pair.right)
    gc.collect()
    gc.freeze()  # as a node does once it is ready
    pair.settle()
    gc.unfreeze()
    sides = pair.left, pair.right
    assert [side.ended[-1].outcome for side in sides] == [Outcome.EQUAL] * 2
    assert left.held == right.held
    assert len(left.held) == count + differ
    sent = sum(side.sent_bytes for side in sides)
    return Once(
        beside_bytes=sent - differ * (ENVELOPE_BYTES + BODY_BYTES),
        rounds=max(map(questions, sides)),
        cpu_ms=sum(took[0]) + sum(took[1]),
        answering_ms=sum(took[1]),
    )


def compare(count: int, differ: int, *, how: str) -> Cost:
    """Compare two shelves; of scattered differences, several pairs of them."""
    sets = range(SCATTERINGS if how == "scattered" else 1)
    found = [compare_once(count, differ, how=how, seed=seed) for seed in sets]
    bytes_ = [each.beside_bytes for each in found]
    return Cost(
        beside_bytes=statistics.mean(bytes_),
        least_bytes=min(bytes_),
        most_bytes=max(bytes_),
        rounds=max(each.rounds for each in found),
        cpu_ms=statistics.median(each.cpu_ms for each in found),
        answering_ms=statistics.median(each.answering_ms for each in found),
    )


def bulk_ratio(count: int) -> float:
    """Bytes of both ways until an empty node has all, over those of the records."""
    left = Shelf(b"left", made(count), set())
    right = Shelf(b"right", made(count), set(range(count)))
    pair = pair_of(left, right).settle()
    assert pair.left.ended[-1].outcome is Outcome.EQUAL
    total = pair.left.sent_bytes + pair.right.sent_bytes
    return total / (count * (ENVELOPE_BYTES + BODY_BYTES))


def tell_table(counts: list[int]) -> None:
    """Print what is found of each number of records."""
    print(
        "| records | differ | bytes beside them | from, to | each | rounds | ms, both | answering |"
    )
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    for count in counts:
        for differ in (0, 1, 100, 1100):
            for how in ("recent", "scattered") if differ else ("recent",):
                cost = compare(count, differ, how=how)
                each = f"{cost.beside_bytes / differ:.1f}" if differ else "-"
                print(
                    f"| {count} | {differ} {how} | {cost.beside_bytes:.0f}"
                    f" | {cost.least_bytes}, {cost.most_bytes} | {each}"
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
    goal.say(f"comparison, {what} recent, each", recent.beside_bytes / GOAL_DIFFER, 20, unit="B")
    each = scattered.beside_bytes / GOAL_DIFFER
    goal.say(f"comparison, {what} scattered, each, mean of {SCATTERINGS}", each, 30, unit="B")
    goal.say("- of the dearest", scattered.most_bytes / GOAL_DIFFER, unit="B")
    goal.say("comparison, rounds", max(recent.rounds, scattered.rounds), 4)
    goal.say(f"comparison, {what} scattered, both sides' processor", scattered.cpu_ms, unit="ms")
    goal.say("- of the side that answers", scattered.answering_ms, unit="ms")
    goal.say("all to an empty node, bytes / record bytes", bulk_ratio(BULK_RECORDS), 1.02)


def tell_beside(records: int) -> None:
    """Say how much processor time a comparison takes, and how much negentropy in JavaScript."""
    what = f"{GOAL_DIFFER} of {records} records scattered, processor"
    names = f"{what}, ours / JavaScript negentropy", "- of the side that answers"
    node = shutil.which("node")
    if node is None or not NOSTR_TOOLS.exists():
        for name in names:
            goal.absent(name, "no nostr-tools here: python -m tests.bench.peers.install")
        return
    program = [node, str(HERE / "negentropy.mjs"), str(records), str(GOAL_DIFFER)]
    both, answering, took = [], [], []
    with Talking(program) as peer:
        peer.hear()
        for number in range(ROUNDS_BESIDE + 1):
            peer.nudge()
            other = peer.hear()
            assert other["found"] == GOAL_DIFFER
            mine = compare_once(records, GOAL_DIFFER, how="scattered", seed=number)
            if number:
                both.append(mine.cpu_ms / other["both_ms"])
                answering.append(mine.answering_ms / other["answering_ms"])
                took.append((mine.cpu_ms, mine.answering_ms, *map(other.get, OF_THEIRS)))
        peer.communicate()
    goal.say(names[0], statistics.median(both), 0.1)
    goal.say(names[1], statistics.median(answering), 0.01)
    sides = ("ours, both sides", "ours, answering", "theirs, both sides", "theirs, answering")
    for name, each in zip(sides, zip(*took, strict=True), strict=True):
        goal.say(f"- {name}", statistics.median(each), unit="ms")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("records", nargs="*", type=int, default=[10_000, 100_000])
    parser.add_argument("--goals", action="store_true", help="only what goals are set for")
    parser.add_argument("--records-beside", type=int, default=RECORDS_BESIDE)
    asked = parser.parse_args()
    if asked.goals:
        tell_goals()
        tell_beside(asked.records_beside)
    else:
        tell_table(asked.records)


if __name__ == "__main__":
    main()
