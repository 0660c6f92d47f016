"""Whether a leave of mine, or one in my chapters, is about to end."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from p2pevents.keys.words import fingerprint
from p2pevents.node.charter_desk import CharterDesk
from p2pevents.node.doctor.patient import Finding, Grade, Patient

__all__ = ["grants_last"]

_SOON_MS: Final = 30 * 86_400_000


def grants_last(patient: Patient) -> Iterator[Finding]:
    """Look at the ends of grants in the chapters where I may write."""
    desk = patient.desk
    if desk is None:
        return
    mine = set(desk.my_keys())
    for chapter in desk.my_chapters():
        name = desk.chapter_name(chapter)
        for speaker in CharterDesk(desk, chapter).speakers():
            until = speaker.grant.until if speaker.grant else None
            if until is None or until > patient.now_ms + _SOON_MS:
                continue
            day = f"{datetime.fromtimestamp(until / 1000, tz=UTC):%Y-%m-%d}"
            whose = "your leave" if speaker.key in mine else f"that of {fingerprint(speaker.key)}"
            ended = until < patient.now_ms
            yield Finding(
                grade=Grade.NOTE,
                message=f"{whose} in {name} {'ended' if ended else 'ends'} on {day}",
                hint="ask a lead for another"
                if speaker.key in mine
                else "a lead gives another: p2pevents organiser add KEY --role ROLE, "
                "or ends it for good: p2pevents organiser remove KEY",
            )
