"""The calls for proposals of a chapter, and whether they are open."""

from __future__ import annotations

from datetime import UTC, datetime

from p2pevents.node.desk import Desk
from p2pevents.record.fields import Call
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId
from p2pevents.record.kinds import Kind
from p2pevents.view.times import span_of, zone_of

__all__ = ["calls_of", "is_closed"]


def calls_of(desk: Desk, chapter: ChapterId) -> list[tuple[ObjectId, Call]]:
    """Return the calls of a chapter that are shown, by path."""
    records = desk.log.of_kinds((Kind.CALL.value,), chapter=chapter)
    found = []
    for path in sorted({record.header.path for record in records}):
        object_id = ObjectId(chapter=chapter, kind=Kind.CALL.value, path=path)
        merged = desk.object(object_id)
        if merged and not merged.retracted and isinstance(merged.shown, Call):
            found.append((object_id, merged.shown))
    return found


def is_closed(call: Call, *, now_ms: int) -> bool:
    """Tell whether a call has ended: by its date, whose day counts whole, or before."""
    if call.closed:
        return True
    span = span_of(call.closes)
    now = datetime.fromtimestamp(now_ms / 1000, tz=UTC)
    if span.start_utc is not None:
        return now >= span.start_utc
    zone = zone_of(span.time_zone) if span.time_zone else None
    return span.day is not None and now.astimezone(zone or UTC).date() > span.day
