"""Two sessions over real logs and the real door: what the log answers makes them equal."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from p2pevents.authority import found
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Log
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.answers import answer_from, own_outside, symbols_from
from p2pevents.node.ingest import Ingest, Why
from p2pevents.node.ledger import Ledger
from p2pevents.node.sketches import Sketches
from p2pevents.record import cbor
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import body_hash, seal
from p2pevents.record.header import Header
from p2pevents.record.ids import RecordId
from p2pevents.record.signature import public_key_of
from p2pevents.sync.bundle import Item
from p2pevents.sync.effects import (
    Collection,
    Effect,
    Offer,
    Outcome,
    ReadIndex,
    ReadItems,
    ReadPage,
    ReadSince,
    ReadSketch,
    ReadSnapshot,
    ReadSymbols,
    RememberCursor,
)
from p2pevents.sync.inputs import Committed, Input, SinceRead, SnapshotRead
from p2pevents.sync.messages import SINCE_IDS_MAX, Cursor
from p2pevents.sync.session import Session
from tests.sync.pair import Pair, Side

NOW_MS = 1_700_000_000_000
HOUR_MS = 3_600_000


def seed_of(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


def chapter(name: str) -> Entry:
    return found(
        charter_seed=seed_of(f"charter {name}"), daily_seed=seed_of(name), salt=seed_of(name)[:16]
    )


def record(entry: Entry, name: str, number: int, *, size: int = 20, kind: str = "event") -> Item:
    body = cbor.encode({"salt": bytes(16), "fill": bytes(size)}, bytes_max=16 * 1024)
    seed = seed_of(name)
    header = Header(
        kind=kind,
        chapter=entry.chapter,
        path=(f"e{number}",),
        author=public_key_of(seed),
        authority=RecordId(entry.id),
        clock=NOW_MS + number,
        body_hash=body_hash(body),
        body_bytes=len(body),
    )
    sealed = seal(header, body, seed=seed)
    return sealed.envelope, sealed.body


class RealStore:
    """A log, its door and its ledger, answering a session as the node's driver does."""

    def __init__(self, log: Log) -> None:
        self.log = log
        self.ingest = Ingest(log)
        self.ledger = Ledger(log)
        self.incarnation = log.incarnation
        self.cursors: dict[bytes, Cursor] = {}
        self.nonces = 0
        self.asked: list[Effect] = []

    def offer(self, items: tuple[Item, ...] | list[Item]) -> Committed:
        findings = self.ingest.offer(items, now_ms=NOW_MS)
        whys = Counter(finding.why for finding in findings)
        taken = {Why.NEW, Why.KNOWN, Why.COMPLETED}
        return Committed(
            new=whys[Why.NEW],
            left_out={why.value: count for why, count in whys.items() if why not in taken},
        )

    def answer(self, effect: Effect, peer: bytes) -> Input | None:
        self.asked.append(effect)
        match effect:
            case ReadSnapshot():
                self.nonces += 1
                nonce = hashlib.sha256(self.incarnation + bytes([self.nonces])).digest()[:16]
                return SnapshotRead(
                    snapshot=self.ledger.snapshot(effect.outside),
                    cursor=self.cursors.get(peer),
                    nonce=nonce,
                    waiting=self.ingest.waiting.counts(),
                    withheld=self.ledger.withheld(effect.theirs),
                    own_withheld=own_outside(self.log, effect.theirs),
                )
            case ReadSymbols():
                return symbols_from(self.ingest, self.ledger, effect, salt=bytes(16), now_ms=0)
            case Offer():
                return self.offer(effect.items)
            case RememberCursor():
                self.cursors[peer] = effect.cursor
                return None
            case _ if type(effect).__name__.startswith(("Read", "Find")):
                return answer_from(self.ingest, self.ledger, effect)  # type: ignore[arg-type]
        return None

    def waiting(self) -> list[bytes]:
        return [item.id for item in self.ingest.waiting]

    def ids(self) -> set[bytes]:
        return {row.id for row in self.log.in_set()}


def compare(left: RealStore, right: RealStore) -> Pair:
    sides = [
        Side(
            store=here,  # type: ignore[arg-type]
            session=Session(network="test", shard="0", is_opener=here is left, now_ms=0),
            peer=there.incarnation,
        )
        for here, there in ((left, right), (right, left))
    ]
    return Pair(left=sides[0], right=sides[1]).start().settle()


@pytest.fixture(params=["memory", "sqlite"])
def stores(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[RealStore, RealStore]]:
    logs: list[Log] = (
        [MemoryLog(incarnation=b"l" * 16), MemoryLog(incarnation=b"r" * 16)]
        if request.param == "memory"
        else [SqliteLog(tmp_path / "left"), SqliteLog(tmp_path / "right")]
    )
    yield RealStore(logs[0]), RealStore(logs[1])
    for log in logs:
        log.close()


class _NoSketches(Sketches):
    """As where numpy is absent."""

    def __init__(self) -> None:
        super().__init__()
        self._works = False


def assert_equal(pair: Pair, left: RealStore, right: RealStore) -> None:
    assert [side.ended[-1].outcome for side in (pair.left, pair.right)] == [Outcome.EQUAL] * 2
    assert left.ids() == right.ids()


def test_two_nodes_with_a_chapter_each_end_with_both(stores: tuple[RealStore, RealStore]) -> None:
    left, right = stores
    for store, name in ((left, "paris"), (right, "lyon")):
        entry = chapter(name)
        store.offer([(entry.envelope, None), *(record(entry, name, n) for n in range(20))])
    pair = compare(left, right)
    assert_equal(pair, left, right)
    assert len(left.ids()) == 42
    paris = chapter("paris")
    left.offer([record(paris, "paris", 100)])
    assert_equal(compare(left, right), left, right)


def test_an_empty_node_takes_everything_in_pages_by_position(
    stores: tuple[RealStore, RealStore],
) -> None:
    left, right = stores
    entry = chapter("paris")
    count = SINCE_IDS_MAX + 200
    left.offer([(entry.envelope, None)])
    records = [record(entry, "paris", n, size=600) for n in range(count)]
    left.offer(records)
    pair = compare(left, right)
    assert_equal(pair, left, right)
    pages = [asked for asked in left.asked if isinstance(asked, ReadPage)]
    assert len(pages) > 1
    record_bytes = sum(len(envelope) + len(body or b"") for envelope, body in records)
    assert pair.left.sent_bytes <= 1.02 * record_bytes


@pytest.mark.parametrize("by_sketch", [True, False])
def test_two_nodes_that_share_most_find_the_rest_by_sketch_or_by_ranges(
    stores: tuple[RealStore, RealStore], by_sketch: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SYNC-40: where there is no numpy, by ranges."""
    left, right = stores
    if not by_sketch:
        monkeypatch.setattr(left.ledger, "sketches", _NoSketches())
    entry = chapter("paris")
    shared = [record(entry, "paris", n) for n in range(SINCE_IDS_MAX + 100)]
    for store, numbers in ((left, range(3000, 3040)), (right, range(3040, 3050))):
        store.offer([(entry.envelope, None), *shared])
        store.offer([record(entry, "paris", n, kind="erase") for n in numbers])
    assert_equal(compare(left, right), left, right)
    assert any(isinstance(asked, ReadIndex) for asked in left.asked) is not by_sketch
    assert any(isinstance(asked, ReadSketch) for asked in left.asked)
    left.offer([record(entry, "paris", n) for n in range(4000, 4010)])
    right.offer([record(entry, "paris", n) for n in range(4010, 4020)])
    left.cursors, right.cursors = {}, {}
    assert_equal(compare(left, right), left, right)


def test_charter_entries_are_read_by_id_too(stores: tuple[RealStore, RealStore]) -> None:
    left, right = stores
    entries = [chapter(f"c{n}") for n in range(3)]
    left.offer([(entry.envelope, None) for entry in entries])
    ids = tuple(entry.id for entry in entries)
    found_items = answer_from(left.ingest, left.ledger, ReadItems(ids=(*ids, bytes(32))))
    assert found_items.items == tuple((entry.envelope, None) for entry in entries)  # type: ignore[union-attr]
    assert found_items.done == 4  # type: ignore[union-attr]
    assert_equal(compare(left, right), left, right)


def test_items_by_id_stop_where_a_page_is_full(stores: tuple[RealStore, RealStore]) -> None:
    left, _ = stores
    entry = chapter("paris")
    left.offer([(entry.envelope, None)])
    left.offer([record(entry, "paris", n, size=15_000) for n in range(30)])
    ids = tuple(row.id for row in left.log.in_set() if row.kind is not None)
    first = answer_from(left.ingest, left.ledger, ReadItems(ids=ids))
    assert 0 < first.done < 30  # type: ignore[union-attr]
    assert len(first.items) == first.done  # type: ignore[union-attr]


def test_what_entered_between_two_positions_is_named(stores: tuple[RealStore, RealStore]) -> None:
    left, _ = stores
    entry = chapter("paris")
    left.offer([(entry.envelope, None)])
    left.offer([record(entry, "paris", n) for n in range(10)])
    left.ledger.snapshot()
    rows = [row for row in left.log.in_set() if row.kind is not None]
    asked = ReadSince(collection=Collection.RECORDS, after=rows[3].position, upto=rows[7].position)
    assert answer_from(left.ingest, left.ledger, asked) == SinceRead(
        total=10, count=4, ids=tuple(row.id for row in rows[4:8])
    )


def test_a_body_that_is_missing_comes_by_id(stores: tuple[RealStore, RealStore]) -> None:
    left, right = stores
    entry = chapter("paris")
    envelope, body = record(entry, "paris", 1)
    left.offer([(entry.envelope, None), (envelope, None)])
    right.offer([(entry.envelope, None), (envelope, body)])
    assert left.log.missing_bodies(limit=5)
    assert_equal(compare(left, right), left, right)
    assert not left.log.missing_bodies(limit=5)


def test_what_waits_for_the_clock_is_not_sent_again(stores: tuple[RealStore, RealStore]) -> None:
    """SYNC-36."""
    left, right = stores
    entry = chapter("paris")
    left.offer([(entry.envelope, None), record(entry, "paris", 1)])
    ahead = record(entry, "paris", HOUR_MS)
    left.ingest.offer([ahead], now_ms=NOW_MS + HOUR_MS)
    for _ in range(3):
        pair = compare(left, right)
        assert pair.left.ended[-1].outcome is Outcome.SETTLED
        assert pair.left.ended[-1].left_out == {"clock": 1}
    pages = [asked for asked in left.asked if isinstance(asked, ReadItems) and len(asked.ids) > 0]
    assert sum(ahead_id in asked.ids for asked in pages for ahead_id in right.waiting()) == 1
    assert len(right.waiting()) == 1
