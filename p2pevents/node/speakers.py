"""Whose keys may write for a chapter, by the entries of its charter that are shown."""

from __future__ import annotations

from collections.abc import Iterable

from p2pevents.authority import Authority, Shown
from p2pevents.record.authority_kinds import Grant
from p2pevents.record.ids import EntryId, Path, PublicKey, RecordId
from p2pevents.record.kinds import Kind

__all__ = ["leave_of", "speakers", "tips_of"]


def tips_of(shown: Shown) -> tuple[EntryId, ...]:
    """Return the entries by which may be written now: what is shown, then recoveries that wait.

    Who leads by a recovery that waits to be shown may write already: it is shown with it.
    """
    return (shown.tip, *(entry for entry, _ in shown.recoveries))


def leave_of(
    authority: Authority,
    tips: Iterable[EntryId],
    key: PublicKey,
    *,
    kind: Kind,
    path: Path,
    now_ms: int,
) -> RecordId | None:
    """Return the entry or grant by which a key may write an object; None where it may not.

    Args:
        authority: the chapter's.
        tips: the entries of its charter that count.
        key: whose leave.
        kind: the object's.
        path: the object's.
        now_ms: when it would be written, in ms since 1970.
    """
    found = (
        authority.as_author(key, kind=kind.value, path=path, clock=now_ms, tip=tip) for tip in tips
    )
    return next((leave for leave in found if leave is not None), None)


def speakers(authority: Authority, tips: Iterable[EntryId]) -> set[PublicKey]:
    """Return the keys that may write anything by one of these entries of a charter."""
    found: set[PublicKey] = set()
    for tip in tips:
        view = authority.view(tip)
        given = {act.body for act in authority.acts if act.id in view.acts}
        keys = {body.key for body in given if isinstance(body, Grant)} - view.revoked
        found |= (keys | {lead.daily for lead in authority.leads(tip)}) - view.removed
    return found
