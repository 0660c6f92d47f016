"""Whether my charter sheets are on paper."""

from __future__ import annotations

from collections.abc import Iterator

from p2pevents.node.doctor.patient import Finding, Grade, Patient
from p2pevents.node.sheets import unconfirmed_sheets

__all__ = ["sheets_are_on_paper"]


def sheets_are_on_paper(patient: Patient) -> Iterator[Finding]:
    """Look for charter sheets that nobody confirmed as put away."""
    desk = patient.desk
    if desk is None:
        return
    for chapter in unconfirmed_sheets(desk):
        yield Finding(
            grade=Grade.BAD,
            message=f"the charter sheet of {desk.chapter_name(chapter)} is not confirmed: "
            "without it a lost laptop is a lost chapter",
            hint="print it and put it away, then: p2pevents chapter sheet confirm",
        )
