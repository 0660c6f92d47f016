"""Where the offsets in a file and the zone it is read in disagree, and which of them to trust."""

from __future__ import annotations

from collections.abc import Iterable

from p2pevents.errors import InputError
from p2pevents.importers.moments import Moment, offset_text, zone_offset
from p2pevents.importers.plan import Destination, Trust
from p2pevents.record.finding import Finding

__all__ = ["check_offsets"]

_HINT = "say --trust wall for the hour as it is written, --trust offset for the instant"


def check_offsets(moments: Iterable[tuple[str, Moment]], into: Destination) -> list[Finding]:
    """Return one finding for each offset that is not the zone's, with both readings.

    Args:
        moments: each time with where it stands: file, row and column.
        into: names the zone, and which reading is trusted.

    Raises:
        InputError: where they disagree and neither reading is trusted: to guess would move
            everything by hours, and nobody would see it.
    """
    odd: dict[tuple[str, str], list[tuple[str, Moment]]] = {}
    for where, moment in moments:
        if moment.offset is not None and moment.disagrees(into.zone):
            due = offset_text(zone_offset(moment.wall, into.zone))
            odd.setdefault((offset_text(moment.offset), due), []).append((where, moment))
    findings = [
        _finding(offset, due, found, into.trust, into) for (offset, due), found in odd.items()
    ]
    if findings and into.trust is None:
        raise InputError(f"{findings[0].where}: {findings[0].message}", hint=_HINT)
    return findings


def _finding(
    offset: str,
    due: str,
    found: list[tuple[str, Moment]],
    trust: Trust | None,
    into: Destination,
) -> Finding:
    where, moment = found[0]
    taken = (
        "; the wall time is taken"
        if trust is Trust.WALL
        else "; the offset is taken"
        if trust is Trust.OFFSET
        else ""
    )
    said = (
        f"{offset} where {into.time_zone} is at {due}: this one reads "
        f"{moment.wall:%Y-%m-%d %H:%M} by the wall, or "
        f"{moment.by_offset(into.zone):%H:%M} by its offset{taken}"
    )
    return Finding(
        rule="zone",
        where=where,
        message=f"{len(found)} times say {said}" if len(found) > 1 else f"the time says {said}",
        hint="" if trust else _HINT,
    )
