"""What the log in memory keeps of an item that came, and what another copy adds to it."""

from __future__ import annotations

from typing import cast

from msgspec.structs import replace

from p2pevents.log.protocol import LogStanding, Stored, StoredEntry, joined
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified

__all__ = ["completed_by", "stored_as"]


def stored_as(
    item: Verified | Entry,
    standing: LogStanding,
    arrival: int,
    position: int | None,
    now_ms: int,
) -> Stored | StoredEntry:
    """Return an item as it is kept from its arrival on."""
    if isinstance(item, Verified):
        return Stored(
            id=item.id,
            header=item.header,
            envelope=item.envelope,
            body=item.body,
            arrival=arrival,
            position=position,
            standing=standing,
            since_ms=now_ms,
        )
    return StoredEntry(
        entry=item,
        arrival=arrival,
        position=position,
        standing=standing,
        since_ms=now_ms,
        seen_ms=now_ms,
    )


def completed_by(known: Stored | StoredEntry, item: Verified | Entry) -> Stored | StoredEntry:
    """Return what is known with what `item` adds to it, of the same id and so of the same kind."""
    if isinstance(known, StoredEntry):
        return replace(known, entry=joined(known.entry, cast("Entry", item)))
    if known.body is None and not known.erased:
        return replace(known, body=cast("Verified", item).body)
    return known
