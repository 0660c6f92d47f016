"""Who may read a chapter's letters: its leads, and who has a leave to decide on proposals."""

from __future__ import annotations

from typing import Final

from p2pevents.authority import Authority
from p2pevents.log.protocol import Log
from p2pevents.node.charters import Charters
from p2pevents.node.inbox.letter import READERS_MAX
from p2pevents.node.showing import showing
from p2pevents.record.authority_kinds import Grant
from p2pevents.record.ids import ChapterId, EntryId, Path, PublicKey
from p2pevents.record.kinds import Kind

__all__ = ["may_read", "readers_of"]

# A grant for one event alone does not open the chapter's letters: its path is no prefix of this.
_ANY_PATH: Final[Path] = ("a" * 16,)


def readers_of(
    log: Log, charters: Charters, chapter: ChapterId, *, now_ms: int
) -> tuple[PublicKey, ...]:
    """Return the keys that a letter to a chapter is sealed to, leads first; empty if unknown.

    At most `READERS_MAX`: of more delegates, those whose keys sort first.
    """
    authority = charters.of(chapter)
    tip = _tip(log, charters, chapter, now_ms=now_ms)
    if authority is None or tip is None:
        return ()
    leads = tuple(sorted(lead.daily for lead in authority.leads(tip)))
    granted = {act.body.key for act in authority.acts if isinstance(act.body, Grant)}
    delegates = sorted(
        key for key in granted - set(leads) if _allows(authority, key, tip, now_ms=now_ms)
    )
    return (*leads, *delegates)[:READERS_MAX]


def may_read(
    log: Log, charters: Charters, chapter: ChapterId, key: PublicKey, *, now_ms: int
) -> bool:
    """Tell whether a key may fetch a chapter's letters, and say that they were taken."""
    authority = charters.of(chapter)
    tip = _tip(log, charters, chapter, now_ms=now_ms)
    return authority is not None and tip is not None and _allows(authority, key, tip, now_ms=now_ms)


def _tip(log: Log, charters: Charters, chapter: ChapterId, *, now_ms: int) -> EntryId | None:
    authority = charters.of(chapter)
    return showing(log, authority, now_ms=now_ms).tip if authority is not None else None


def _allows(authority: Authority, key: PublicKey, tip: EntryId, *, now_ms: int) -> bool:
    leave = authority.as_author(
        key, kind=Kind.DECISION.value, path=_ANY_PATH, clock=now_ms, tip=tip
    )
    return leave is not None
