"""A home whose log holds many chapters over many years: real headers and bodies, signed by nobody.

No read looks at a signature, and to sign a million would take longer than all the rest.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate
from pathlib import Path
from random import Random
from zlib import crc32

from p2pevents.log.local import Follow
from p2pevents.log.protocol import Arrival
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.home import Home
from p2pevents.record import cbor
from p2pevents.record.envelope import body_hash
from p2pevents.record.header import Header, record_id
from p2pevents.record.ids import Path as ObjectPath, RecordId, path_text
from tests.bench.made import NOW_MS, PLACES, TAGS, Chapter, texts

__all__ = ["FEW", "RARE_WORD", "fill", "follow", "home_of_many"]

BATCH = 2_000
CHAPTER_RECORDS = 1_000  # on average: a few chapters have most of them
CHAPTERS_MIN = 100
DAYS_BEHIND, DAYS_AHEAD = 3_600, 400
FEW = (20, 30, 40, 60, 80)
"""The chapters of a person who follows a few, by their rank in size: none of the largest."""

RARE_WORD = "quaggalicious"
SESSIONS, MOVED = (7, 8), 9  # of ten records
RARE_EVERY = 1_000  # in one of so many events
ENVELOPE_HEAD = bytes.fromhex("8443a10127a0")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    """One record on its way into the tables."""

    number: int  # of its chapter
    kind: str
    path: ObjectPath
    clock: int
    start: date
    fields: dict[str, object]


def home_of_many(
    folder: Path, records: int, *, today: date, seed: int = 1
) -> tuple[Home, list[Chapter]]:
    """Make a home with so many records, of which nothing is followed yet.

    Seven of ten are events, one of them moved in a second version, two are sessions of another;
    a tenth of the days lies ahead.

    Args:
        folder: where.
        records: how many, profiles left out.
        today: the day around which they lie.
        seed: of chance.
    """
    home = Home(folder=folder)
    home.create()
    log = SqliteLog(home.log)
    chapters = fill(log, records, today=today, seed=seed)
    log.close()
    return home, chapters


def fill(log: SqliteLog, records: int, *, today: date, seed: int = 1) -> list[Chapter]:
    """Put so many records into a log, as `home_of_many` has them; return their chapters."""
    rng = Random(seed)
    count = max(CHAPTERS_MIN, records // CHAPTER_RECORDS)
    names = [" ".join(each.split()[3:6]).title() for each in texts(rng, count)]
    chapters = [Chapter(number, name=name) for number, name in enumerate(names)]
    for chapter in chapters:
        log.append([Arrival(item=chapter.genesis), Arrival(item=chapter.profile())], now_ms=NOW_MS)
    _fill(log, chapters, records, today, rng)
    return chapters


def follow(home: Home, chapters: list[Chapter]) -> None:
    """Follow these chapters and no others."""
    log = SqliteLog(home.log)
    with log.together():
        for each in log.local.follows():
            log.local.unfollow(each.chapter)
        for chapter in chapters:
            id_ = chapter.genesis.chapter
            log.local.set_follow(Follow(chapter=id_, petname="", since_ms=NOW_MS))
    log.close()


def _rows(chapters: list[Chapter], records: int, today: date, rng: Random) -> Iterator[_Row]:
    said = texts(rng, min(records, 20_000))
    weights = list(accumulate(1 / (rank + 10) for rank in range(len(chapters))))
    numbers = range(len(chapters))
    for at in range(0, records, 10):
        chapter = rng.choices(numbers, cum_weights=weights)[0]
        first = today + timedelta(days=rng.randrange(-DAYS_BEHIND, DAYS_AHEAD))
        for part in range(min(10, records - at)):
            number, clock = at + part, NOW_MS + at + part
            day = first
            path: ObjectPath = (f"e{at:08}",)
            if part in SESSIONS:  # of the first
                path = (*path, f"s{part}")
            elif part:
                day = today + timedelta(days=rng.randrange(-DAYS_BEHIND, DAYS_AHEAD))
                path = (f"e{at + 1 if part == MOVED else number:08}",)
            text = said[number % len(said)]
            if not number % RARE_EVERY:
                text = f"{text} {RARE_WORD}"
            words = text.split(maxsplit=5)
            fields: dict[str, object] = {
                "title": [clock, " ".join(words[:4]).capitalize()],
                "description": [clock, text],
                "when": [
                    clock,
                    {
                        "start": f"{day}T{17 + number % 4}:30:00",
                        "timeZone": "Europe/Paris",
                        "duration": "PT2H",
                    },
                    [],
                ],
            }
            if len(path) == 1:
                place = {"name": PLACES[number % len(PLACES)], "city": chapters[chapter].city}
                fields["where"] = [clock, place, []]
                fields["keywords"] = {TAGS[number % len(TAGS)]: [clock, True]}
            kind = "event" if len(path) == 1 else "session"
            yield _Row(number=chapter, kind=kind, path=path, clock=clock, start=day, fields=fields)


def _fill(log: SqliteLog, chapters: list[Chapter], records: int, today: date, rng: Random) -> None:
    """Write records straight into the tables."""
    store = log._store
    arrival, position = log.tip()
    chapter_numbers = dict(store.rows("SELECT id, number FROM chapter"))
    author_numbers = dict(store.rows("SELECT key, number FROM author"))
    of = [
        (
            chapter_numbers[each.genesis.chapter],
            author_numbers[each.author],
        )
        for each in chapters
    ]
    sums = [[0, 0] for _ in chapters]
    rows: list[tuple[object, ...]] = []
    contents: list[tuple[object, ...]] = []

    def write() -> None:
        with store.transaction():
            store.insert("record", rows)
            store.insert("content", contents)
        rows.clear()
        contents.clear()

    for row in _rows(chapters, records, today, rng):
        chapter = chapters[row.number]
        salt = row.clock.to_bytes(16, "big")
        body = cbor.encode({"salt": salt, "fields": row.fields}, bytes_max=16_384)
        header = Header(
            kind=row.kind,
            chapter=chapter.genesis.chapter,
            path=row.path,
            author=chapter.author,
            authority=RecordId(chapter.genesis.id),
            clock=row.clock,
            body_hash=body_hash(body),
            body_bytes=len(body),
            start=row.start.isoformat(),
        )
        encoded = header.encoded
        head = b"\x59" + len(encoded).to_bytes(2, "big")
        if len(encoded) < 256:
            head = bytes((0x58, len(encoded)))
        envelope = ENVELOPE_HEAD + head + encoded + b"\x58\x40" + bytes(64)
        size = len(envelope) + len(body)
        arrival, position = arrival + 1, position + 1
        sums[row.number][0] += 1
        sums[row.number][1] += size
        rows.append(
            (
                *(arrival, record_id(encoded), *of[row.number], row.kind, path_text(row.path)),
                *(row.clock, header.start, size, 3, NOW_MS, position, None),
            )
        )
        contents.append((arrival, envelope, body, crc32(bytes(64))))
        if len(rows) == BATCH:
            write()
    write()
    with store.transaction():
        store.execute("UPDATE tip SET arrival = ?, position = ?", (arrival, position))
        store.connection.executemany(
            "UPDATE tally SET records = records + ?, bytes = bytes + ?"
            " WHERE chapter = ? AND author = ? AND standing = 3",
            [(*sum_, *each) for sum_, each in zip(sums, of, strict=True)],
        )
