"""When the rows of a programme are: hours written, days carried down, ends past midnight."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from p2pevents.errors import InputError
from p2pevents.importers.moments import Moment, date_of, duration_between, moment_of, wall_of
from p2pevents.importers.plan import Trust
from p2pevents.importers.table import Role, Row, Table
from p2pevents.record.draft.times import night_end
from p2pevents.record.finding import Finding
from p2pevents.record.values import DURATION_DAYS_MAX

__all__ = ["Slot", "Times", "slots_of", "times_of"]

_NUMBER = re.compile(r"(?<![0-9])([0-9]{1,2})(?![0-9])", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """A row's times as they are written, and the day that its day column stands for."""

    row: Row
    day: date | None
    start: Moment | None
    end: Moment | None

    def where(self, table: Table, role: Role = Role.START) -> str:
        """Return where a cell of this row stands: file, row and column."""
        return f"{table.name}: row {self.row.id}: {table.column_of(role)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """When a session is, as far as it is known, and what had to be mended."""

    day: date | None = None
    start: datetime | None = None
    end: datetime | None = None
    duration: str = ""
    findings: tuple[Finding, ...] = ()

    def when(self, time_zone: str) -> dict[str, object]:
        """Return the value of the field `when`."""
        if self.start is None:
            return {"day": self.day.isoformat(), "timeZone": time_zone} if self.day else {}
        when: dict[str, object] = {"start": self.start.isoformat(), "timeZone": time_zone}
        if self.duration:
            when["duration"] = self.duration
        return when


def slots_of(table: Table) -> tuple[Slot, ...]:
    """Read the times of every row.

    A blank in the day column means the day of the row above. A day such as
    `mercredi 8` is the one of that number among the days that the rows name.

    Raises:
        InputError: where a cell is no time.
    """
    named: dict[int, set[date]] = {}
    for row in table.rows:
        try:
            moment = moment_of(row.cell(Role.START))
        except (ValueError, OverflowError):
            continue  # an hour alone; what is no time at all is refused below, with its row
        if moment:
            named.setdefault(moment.wall.day, set()).add(moment.wall.date())
    return tuple(_slots(table, named))


def _slots(table: Table, named: dict[int, set[date]]) -> Iterator[Slot]:
    day: date | None = None
    for row in table.rows:
        text = row.cell(Role.DAY)
        if text.strip():
            day = date_of(text) or _numbered(text, named)
        start = _written(table, row, Role.START, day)
        ends_on = start.wall.date() if start else day
        yield Slot(row=row, day=day, start=start, end=_written(table, row, Role.END, ends_on))


def times_of(slot: Slot, table: Table, zone: ZoneInfo, trust: Trust) -> Times:
    """Return when a row's session is, mended where it can be, with a finding for each mend."""
    if slot.start is None:
        return Times(day=slot.day)
    start = wall_of(slot.start, zone, trust)
    findings: list[Finding] = []
    if slot.day and slot.day != slot.start.wall.date():
        findings.append(
            Finding(
                rule="day",
                where=slot.where(table, Role.DAY),
                message=(
                    f"the day column says {slot.day}, the start {slot.start.wall:%Y-%m-%d}; "
                    "the start is taken"
                ),
            )
        )
    end = wall_of(slot.end, zone, trust) if slot.end else None
    if end is not None and end <= start:
        end, finding = _mended(slot, table, start, end)
        findings.append(finding)
    if end is not None and end - start > timedelta(days=DURATION_DAYS_MAX - 1):
        raise InputError(
            f"{slot.where(table, Role.END)}: more than {DURATION_DAYS_MAX - 1} days after the start"
        )
    return Times(
        day=start.date(),
        start=start,
        end=end,
        duration=duration_between(start, end, zone) if end else "",
        findings=tuple(findings),
    )


def _mended(
    slot: Slot, table: Table, start: datetime, end: datetime
) -> tuple[datetime | None, Finding]:
    """Return the end that was meant, where it is plain, and what is said about it."""
    next_day = night_end(start, end)
    where = slot.where(table, Role.END)
    said = f"it ends {end:%Y-%m-%d %H:%M}, before it starts at {start:%Y-%m-%d %H:%M}"
    if next_day is not None:
        return next_day, Finding(
            rule="midnight",
            where=where,
            message=f"{said}; it is taken to pass midnight and end {next_day:%Y-%m-%d %H:%M}",
        )
    return None, Finding(
        rule="order",
        where=where,
        message=f"{said}; the end is left out",
        hint="mend it in the file, or give the session an end afterwards",
    )


def _numbered(text: str, named: dict[int, set[date]]) -> date | None:
    """Return the one day of the programme with the number that `text` names."""
    number = _NUMBER.search(text)
    days = named.get(int(number[1]), set()) if number else set()
    return next(iter(days)) if len(days) == 1 else None


def _written(table: Table, row: Row, role: Role, day: date | None) -> Moment | None:
    try:
        return moment_of(row.cell(role), day=day)
    except (ValueError, OverflowError):
        raise InputError(
            f"{table.name}: row {row.id}: {table.column_of(role)}: "
            f"{row.cell(role)[:40]!r} is not a time",
            hint="write 2020-01-08T19:00, or TBA",
        ) from None
