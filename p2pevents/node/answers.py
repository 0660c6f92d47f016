"""What a session asks of the log, and the log's answers: pages, what is new, what is lacking."""

from __future__ import annotations

from collections.abc import Collection as Ids, Iterator, Sequence
from typing import Final

from p2pevents.log.items import InSet, LogStanding
from p2pevents.log.protocol import Log
from p2pevents.log.window import Window
from p2pevents.node.erasures import Erasures
from p2pevents.node.ingest import Ingest
from p2pevents.node.ledger import Ledger
from p2pevents.node.sums import is_authority
from p2pevents.node.waiting import Waiting
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import EntryId, RecordId
from p2pevents.record.kinds import AUTHORITY_KINDS, Kind
from p2pevents.sync.bundle import Item, item_bytes
from p2pevents.sync.effects import (
    Collection,
    FindHeads,
    FindLacking,
    ReadIndex,
    ReadItems,
    ReadMissing,
    ReadPage,
    ReadScope,
    ReadSince,
    ReadSketch,
    ReadSymbols,
    ReadWanted,
)
from p2pevents.sync.frames import PAGE_BYTES_MAX
from p2pevents.sync.inputs import (
    HeadsFound,
    IndexRead,
    Input,
    ItemsRead,
    LackingFound,
    MissingRead,
    PageRead,
    ScopeRead,
    SinceRead,
    SketchRead,
    SymbolsRead,
    WantedRead,
)
from p2pevents.sync.messages import PAGE_ITEMS_MAX, PREFIX_BYTES, SINCE_IDS_MAX, WANT_IDS_MAX
from p2pevents.sync.months import days_from
from p2pevents.sync.outside import Outside

__all__ = ["Question", "answer_from", "of_months", "own_outside", "symbols_from", "window_of"]

_MISSING_READ_MAX: Final = 1024  # without a body, of which the first that are not erased count
_ROWS_MAX: Final = 256  # of the set, read at once
_ROWS_FIRST: Final = 64  # for a page: they tell how many of their size there is room for
_ALWAYS_READ: Final = frozenset({str(Kind.SERIES)})  # by a reader, whatever their days

Question = (
    FindHeads
    | ReadSketch
    | ReadPage
    | ReadItems
    | ReadSince
    | FindLacking
    | ReadScope
    | ReadIndex
    | ReadMissing
    | ReadWanted
)


def answer_from(ingest: Ingest, ledger: Ledger, asked: Question) -> Input:
    """Return the log's answer to what a session asks; a body that is erased is not served."""
    log, erasures = ingest.log, ingest.erasures
    match asked:
        case ReadMissing():  # asked after every comparison
            return MissingRead(ids=_missing(log, erasures))
        case ReadPage():
            return _page(log, erasures, asked)
        case ReadItems():
            return _items_by_id(log, erasures, asked)
        case ReadSince():
            return _since(log, ledger, asked)
        case FindLacking():
            return _lacking(log, ingest.waiting, asked)
        case ReadSketch():
            held = _waiting_ids(ingest, asked.collection, asked.outside)
            apart = ledger.apart(asked.collection, asked.outside)
            return SketchRead(
                decoder=ledger.sketches.decoder(asked.collection, waiting=held, apart=apart)
            )
        case ReadScope():
            return ScopeRead(outside=ingest.outside())
        case FindHeads():
            found_ids = ledger.sketches.ids_of(
                asked.collection,
                asked.heads,
                salt=asked.salt,
                apart=ledger.apart(asked.collection, asked.outside),
            )
            return HeadsFound(ids=tuple(found_ids))
        case ReadIndex():
            return _index(ingest, ledger, asked)
        case ReadWanted():
            found = _records(log, erasures, asked.ids)
            return WantedRead(items=tuple(item for item in found.values() if item[1] is not None))


def _page(log: Log, erasures: Erasures, asked: ReadPage) -> PageRead:
    """Return the next page of one collection: as many items as fit, and how far they reach."""
    position = asked.after
    items: list[Item] = []
    size = 0
    while True:
        rows = log.entered_since(position, limit=_rows_wanted(len(items), size))
        rows = [row for row in rows if row.position <= asked.upto]
        if not rows:
            return PageRead(items=tuple(items), position=position, is_last=True)
        found = _items(log, erasures, [row for row in rows if _is_of(row, asked.collection)])
        for row in rows:
            item = found.get(row.id)
            if item is not None:
                if len(items) == PAGE_ITEMS_MAX or size + item_bytes(item) > PAGE_BYTES_MAX:
                    return PageRead(items=tuple(items), position=position, is_last=False)
                items.append(item)
                size += item_bytes(item)
            position = row.position


def _rows_wanted(items: int, size: int) -> int:
    """Return how many rows to read on for a page that has so many items, of so many bytes."""
    if not items:
        return _ROWS_FIRST
    return max(1, min(_ROWS_MAX, (PAGE_BYTES_MAX - size) * items // size))


def _items_by_id(log: Log, erasures: Erasures, asked: ReadItems) -> ItemsRead:
    """Return the first of these items, as many as fit."""
    items: list[Item] = []
    size = 0
    for start in range(0, len(asked.ids), _ROWS_FIRST):
        ids = asked.ids[start : start + _ROWS_FIRST]
        found = _records(log, erasures, ids)
        found |= _entries(log, [each for each in ids if each not in found])
        for at, identifier in enumerate(ids, start=start):
            item = found.get(identifier)
            if item is not None:
                if size + item_bytes(item) > PAGE_BYTES_MAX:
                    return ItemsRead(items=tuple(items), done=at)
                items.append(item)
                size += item_bytes(item)
    return ItemsRead(items=tuple(items), done=len(asked.ids))


def _since(log: Log, ledger: Ledger, asked: ReadSince) -> SinceRead:
    if asked.own:
        return _own(log, ledger, asked)
    if asked.window is not None:
        return _in_window(log, asked, asked.window)
    total = ledger.total(asked.collection)
    if asked.collection is Collection.AUTHORITY:
        named = ledger.authority(after=asked.after, upto=asked.upto)
        fits = len(named) <= SINCE_IDS_MAX
        return SinceRead(total=total, count=len(named), ids=tuple(named) if fits else None)
    if asked.after == 0 and total > SINCE_IDS_MAX:
        return SinceRead(total=total, count=total, ids=None)
    ids: list[bytes] = []
    count = 0
    for row in _rows(log, after=asked.after, upto=asked.upto):
        if _is_of(row, asked.collection):
            count += 1
            if count <= SINCE_IDS_MAX:
                ids.append(row.id)
    return SinceRead(total=total, count=count, ids=tuple(ids) if count == len(ids) else None)


def _own(log: Log, ledger: Ledger, asked: ReadSince) -> SinceRead:
    """Return what waits to be announced; of the records a reader does not say how many it has."""
    waiting = [each.item for each in log.local.outbox()]
    kinds = {each.id: each.header.kind for each in log.records([RecordId(w) for w in waiting])}
    is_wanted = asked.collection is Collection.AUTHORITY
    ids = tuple(
        each
        for each in waiting
        if (each not in kinds or kinds[RecordId(each)] in AUTHORITY_KINDS) is is_wanted
    )
    total = ledger.total(asked.collection) if is_wanted else len(ids)
    return SinceRead(total=total, count=len(ids), ids=ids)


def window_of(month: str) -> Window:
    """Return what a reader of the months from `month` (`YYYY-MM`) on is given."""
    first, last = days_from(month)
    return Window(first=first, last=last, always=_ALWAYS_READ, never=AUTHORITY_KINDS)


def of_months(log: Log, asked: ReadSince) -> SinceRead:
    """Answer what a reader of some months asks, on a thread: of a large log that takes long.

    Raises:
        LogError: it cannot be opened once more.
    """
    with log.elsewhere() as same:
        return _in_window(same, asked, asked.window or "")


def _in_window(log: Log, asked: ReadSince, month: str) -> SinceRead:
    """Return what changed of the objects that touch a reader's months, as they changed."""
    changes = log.window(window_of(month), after=asked.after)
    return SinceRead(
        total=len(changes),
        count=len(changes),
        ids=tuple(change.id for change in changes),
        positions=tuple(min(change.position, asked.upto) for change in changes),
    )


def _index(ingest: Ingest, ledger: Ledger, asked: ReadIndex) -> IndexRead:
    items = _waiting_of(ingest.waiting, asked.collection, asked.outside)
    clocks: dict[bytes, int] = {item.id: _clock_of(item) for item in items}
    held = ingest.log.has(clocks)
    waiting = {
        each: clock for each, clock in clocks.items() if held.get(each) is not LogStanding.IN_SET
    }
    return IndexRead(index=ledger.index(asked.collection, asked.outside, waiting))


def _waiting_of(
    waiting: Waiting, collection: Collection, outside: Outside
) -> Iterator[Verified | Entry]:
    """Yield what waits of a collection and is compared."""
    for item in waiting:
        if _collection_of(item) is collection:
            if collection is Collection.AUTHORITY or isinstance(item, Entry):
                chapter = item.chapter if isinstance(item, Entry) else item.header.chapter
                is_outside = outside.has_chapter(chapter)
            else:
                is_outside = outside.has_record(item.header.chapter, item.header.author)
            if not is_outside:
                yield item


def own_outside(log: Log, outside: Outside) -> int:
    """Return how much of what waits to be announced is outside."""
    waiting = [each.item for each in log.local.outbox()]
    records = log.records([RecordId(each) for each in waiting])
    entries = (log.entry(EntryId(each)) for each in waiting)
    chapters = [each.entry.chapter for each in entries if each is not None]
    acts = [each for each in records if each.header.kind in AUTHORITY_KINDS]
    chapters += [each.header.chapter for each in acts]
    return sum(map(outside.has_chapter, chapters)) + sum(
        outside.has_record(each.header.chapter, each.header.author)
        for each in records
        if each.header.kind not in AUTHORITY_KINDS
    )


def _waiting_ids(ingest: Ingest, collection: Collection, outside: Outside) -> list[bytes]:
    """Return what is held and not in the set yet."""
    ids = [item.id for item in _waiting_of(ingest.waiting, collection, outside)]
    known = ingest.log.has(ids)
    return [each for each in dict.fromkeys(ids) if known.get(each) is not LogStanding.IN_SET]


def symbols_from(
    ingest: Ingest, ledger: Ledger, asked: ReadSymbols, *, salt: bytes, now_ms: int
) -> SymbolsRead:
    """Return the symbols of this node's sketch; `salt` for a new one, where it is due."""
    held = _waiting_ids(ingest, asked.collection, asked.outside)
    return SymbolsRead(
        coded=ledger.sketches.coded(
            asked.collection,
            waiting=held,
            salt=salt,
            now_ms=now_ms,
            apart=ledger.apart(asked.collection, asked.outside),
        )
    )


def _clock_of(item: Verified | Entry) -> int:
    return item.snapshot.seq if isinstance(item, Entry) else item.header.clock


def _collection_of(item: Verified | Entry) -> Collection:
    is_of_authority = isinstance(item, Entry) or item.header.kind in AUTHORITY_KINDS
    return Collection.AUTHORITY if is_of_authority else Collection.RECORDS


def _lacking(log: Log, waiting: Waiting, asked: FindLacking) -> LackingFound:
    held = {item.id[:PREFIX_BYTES] for item in waiting} | log.beginning(asked.prefixes)
    return LackingFound(lacking=tuple(each not in held for each in asked.prefixes))


def _rows(log: Log, *, after: int, upto: int) -> Iterator[InSet]:
    """Yield what entered the set between two positions."""
    position = after
    while rows := log.entered_since(position, limit=_ROWS_MAX):
        for row in rows:
            if row.position > upto:
                return
            yield row
        position = rows[-1].position


def _is_of(row: InSet, collection: Collection) -> bool:
    return is_authority(row) is (collection is Collection.AUTHORITY)


def _items(log: Log, erasures: Erasures, rows: Sequence[InSet]) -> dict[bytes, Item]:
    """Return rows as they travel; what is damaged here is left out, and somebody else has it."""
    found = _records(log, erasures, [row.id for row in rows if row.kind is not None])
    return found | _entries(log, [row.id for row in rows if row.kind is None])


def _missing(log: Log, erasures: Erasures) -> tuple[bytes, ...]:
    """Return records whose body is to be asked for: no peer serves one that is erased."""
    missing = log.missing_bodies(limit=_MISSING_READ_MAX)
    return tuple(erasures.unhidden(missing)[:WANT_IDS_MAX])


def _records(log: Log, erasures: Erasures, ids: Ids[bytes]) -> dict[bytes, Item]:
    """Return those of these records that are held, as they travel."""
    stored = map(erasures.hidden, log.records([RecordId(each) for each in ids]))
    return {record.id: (record.envelope, record.body) for record in stored}


def _entries(log: Log, ids: Sequence[bytes]) -> dict[bytes, Item]:
    """Return those of these charter entries that are held."""
    held = (log.entry(EntryId(each)) for each in ids)
    return {each.id: (each.entry.envelope, None) for each in held if each is not None}
