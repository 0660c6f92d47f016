"""Whether the organisers of my chapters, and of those I follow, agree."""

from __future__ import annotations

from collections.abc import Iterator

from p2pevents.node.desk import Desk
from p2pevents.node.doctor.patient import Finding, Grade, Patient
from p2pevents.node.pending import Pending
from p2pevents.record.ids import ChapterId, path_text
from p2pevents.view.calendar import KINDS

__all__ = ["organisers_agree"]

_CONFLICTS_MAX = 5  # named by their ids; the rest is counted
_DAY_MS = 86_400_000


def organisers_agree(patient: Patient) -> Iterator[Finding]:
    """Look for branches of a charter, entries that await signatures, and disputed events."""
    desk = patient.desk
    if desk is None:
        return
    mine = desk.my_chapters()
    here = set(desk.chapters())
    followed = [each.chapter for each in desk.followed() if each.chapter in here]
    for chapter in dict.fromkeys((*mine, *followed)):
        yield from _of_charter(desk, chapter, now_ms=patient.now_ms)
    for chapter in mine:
        yield from _of_events(desk, chapter)
    for awaiting in Pending(desk.log.local).all():
        if awaiting.chapter in here:
            yield Finding(
                grade=Grade.NOTE,
                message=f"an entry of {desk.chapter_name(awaiting.chapter)} awaits signatures",
                hint="p2pevents organiser pending",
            )


def _of_charter(desk: Desk, chapter: ChapterId, *, now_ms: int) -> Iterator[Finding]:
    shown = desk.shown(chapter)
    if shown.disputed:
        yield Finding(
            grade=Grade.BAD,
            message=f"the leads of {desk.chapter_name(chapter)} disagree on who leads it",
            hint="ask them; what they had in common is shown until they agree",
        )
    for _, due_ms in shown.recoveries:
        days = max(0, (due_ms - now_ms) // _DAY_MS)
        yield Finding(
            grade=Grade.BAD,
            message=f"guardians of {desk.chapter_name(chapter)} name new leads: shown in "
            f"{days} days unless the leads speak",
            hint="as a lead: p2pevents organiser rotate says that you are there",
        )


def _of_events(desk: Desk, chapter: ChapterId) -> Iterator[Finding]:
    calendar = desk.reader.calendar([chapter])
    disputed = [
        merged for kind in sorted(KINDS) for merged in calendar.of_kind(kind) if merged.conflicts
    ]
    for merged in disputed[:_CONFLICTS_MAX]:
        yield Finding(
            grade=Grade.NOTE,
            message=f"{desk.chapter_name(chapter)}: two organisers said different things of "
            f"{path_text(merged.id.path)}: {', '.join(sorted(merged.conflicts))}",
            hint=f"p2pevents event show {path_text(merged.id.path)}",
        )
    if len(disputed) > _CONFLICTS_MAX:
        yield Finding(
            grade=Grade.NOTE, message=f"and {len(disputed) - _CONFLICTS_MAX} more are disputed"
        )
