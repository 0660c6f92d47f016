"""Whether people know when my chapters meet next."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Final

from p2pevents.node.desk import Desk
from p2pevents.node.doctor.patient import Finding, Grade, Patient
from p2pevents.record.ids import ChapterId
from p2pevents.record.values import StatusIs
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.times import Window

__all__ = ["has_next_date", "next_date_is_said"]

AHEAD_DAYS: Final = 400
_GOING: Final = (StatusIs.CONFIRMED, StatusIs.TENTATIVE)


def next_date_is_said(patient: Patient) -> Iterator[Finding]:
    """Look for a date to come in each chapter where I may write."""
    desk = patient.desk
    if desk is None:
        return
    for chapter in desk.my_chapters():
        if not has_next_date(desk, chapter, now_ms=patient.now_ms):
            yield Finding(
                grade=Grade.NOTE,
                message=f"{desk.chapter_name(chapter)} has no date to come",
                hint='p2pevents event add --title "..." --start "YYYY-MM-DD HH:MM"',
            )


def has_next_date(desk: Desk, chapter: ChapterId, *, now_ms: int) -> bool:
    """Tell whether anything of a chapter is still to come and takes place."""
    today = datetime.fromtimestamp(now_ms / 1000, tz=UTC).date()
    window = Window(first=today, until=today + timedelta(days=AHEAD_DAYS))
    calendar = desk.reader.calendar([chapter], window=window)
    entries = agenda(calendar, Query(window=window))
    return any(entry.status in _GOING for entry in entries)
