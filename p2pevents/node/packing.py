"""Records on a stick: what the set holds written to a file, and a file taken in at the door."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from p2pevents.errors import InputError, ProtocolError, StateError, reason_of
from p2pevents.log.protocol import Log, LogStanding
from p2pevents.node.ingest import Ingest, Why
from p2pevents.record.ids import ChapterId, RecordId
from p2pevents.record.kinds import AUTHORITY_KINDS
from p2pevents.sync.bundle import Item
from p2pevents.sync.pack import PACK_HEAD, PackReader, pack_frames

__all__ = ["Unpacked", "read_pack", "write_pack"]

PACK_BYTES_MAX: Final = 4 * 1024 * 1024 * 1024
PASSES_MAX: Final = 2  # over one file: what came before its leave is let in by the second
_READ_BYTES: Final = 256 * 1024
_RECORDS_READ: Final = 256  # from the log at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Unpacked:
    """What came of a pack.

    Attributes:
        items: how many items were in it.
        found: how many of them ended how.
        trouble: why it could not be read to its end; empty where it could.
    """

    items: int
    found: Counter[Why]
    trouble: str = ""


def write_pack(log: Log, chapters: Collection[ChapterId], path: Path) -> int:
    """Write all that the set holds of these chapters to a new file, and return how many items.

    Raises:
        InputError: a file stands there.
        StateError: it cannot be written.
    """
    count = 0

    def counted() -> Iterator[Item]:
        nonlocal count
        for chapter in sorted(chapters):
            for item in _items(log, chapter):
                count += 1
                yield item

    if path.exists():
        raise InputError(f"{path}: stands there already", hint="name another file")
    new = path.with_name(path.name + ".new")
    try:
        with new.open("wb") as file:
            file.write(PACK_HEAD)
            for frame in pack_frames(counted()):
                file.write(frame)
            file.flush()
            os.fsync(file.fileno())  # a stick is pulled out early
        new.replace(path)
    except OSError as error:
        with suppress(OSError):  # what was begun, where anything was
            new.unlink()
        raise StateError(f"{path}: cannot be written: {reason_of(error)}") from None
    return count


def read_pack(ingest: Ingest, path: Path, *, now_ms: int) -> Unpacked:
    """Offer all that a pack holds at the one door; nothing in it is trusted.

    Raises:
        InputError: it cannot be opened, or is no pack.
        LogError: the log cannot take more; what came before is kept.
    """
    result = _read_once(ingest, path, now_ms=now_ms)
    for _ in range(PASSES_MAX - 1):
        if not result.found[Why.AUTHORITY] or not result.found[Why.NEW]:
            break
        again = _read_once(ingest, path, now_ms=now_ms)
        # The second pass knows what the first took in, at once or when its leave had come.
        known = result.found[Why.KNOWN]
        found = Counter(again.found)
        found[Why.NEW] += found[Why.KNOWN] - known
        found[Why.KNOWN] = known
        result = Unpacked(items=again.items, found=+found, trouble=again.trouble)
    return result


def _read_once(ingest: Ingest, path: Path, *, now_ms: int) -> Unpacked:
    reader = PackReader()
    found: Counter[Why] = Counter()
    items = size = 0
    trouble = ""
    try:
        with path.open("rb") as file:
            while size < PACK_BYTES_MAX and (data := file.read(_READ_BYTES)):
                size += len(data)
                for bundle in reader.feed(data):
                    items += len(bundle)
                    found.update(each.why for each in ingest.offer(bundle, now_ms=now_ms))
    except ProtocolError as error:
        trouble = error.detail
        if error.rule == "pack-head":
            raise InputError(f"{path}: {trouble}", hint="p2pevents pack makes one") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {reason_of(error)}") from None
    if not trouble and not reader.is_whole:
        trouble = "it ends in the middle: it was cut short"
    return Unpacked(items=items, found=found, trouble=trouble)


def _items(log: Log, chapter: ChapterId) -> Iterator[Item]:
    """Yield a chapter's entries by number, then grants, revocations and keeps, then all else."""
    for stored in log.entries(chapter):
        if stored.standing is LogStanding.IN_SET:
            yield stored.entry.envelope, None
    inside = [item for item in log.in_set(chapter=chapter) if item.kind is not None]
    inside.sort(key=lambda item: (item.kind not in AUTHORITY_KINDS, item.position))
    for start in range(0, len(inside), _RECORDS_READ):
        ids = [RecordId(item.id) for item in inside[start : start + _RECORDS_READ]]
        for record in log.records(ids):
            yield record.envelope, record.body
