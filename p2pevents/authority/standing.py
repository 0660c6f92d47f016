"""What a chapter's authority says of a record, and what came of an offer to it."""

from __future__ import annotations

from enum import Enum

__all__ = ["Answer", "Standing"]


class Standing(Enum):
    """Whether a record belongs to the set, told from its header and the authority alone."""

    BELONGS = "belongs"
    """Some branch of the charter admits it."""

    UNKNOWN = "unknown"
    """The entry or grant that it names is not here yet: the record waits."""

    STRUCK = "struck"
    """Its key was removed and nothing keeps it: set aside, back if the removal falls."""

    REFUSED = "refused"
    """What it names never gave its author this kind and path: ignored, never stored."""


class Answer(Enum):
    """What came of offering an entry, grant, revoke or keep to the authority."""

    NEW = "new"
    """Taken: store it, pass it on, and try again what waited for it."""

    MORE = "more"
    """An entry that is held gained signatures: store it again, in the place of the old bytes."""

    KNOWN = "known"
    """Nothing that was not here before."""

    UNKNOWN = "unknown"
    """What it rests on is not here yet: it waits."""

    UNSIGNED = "unsigned"
    """Too few signatures that count: not stored, and other bytes of the same id may be good."""

    REFUSED = "refused"
    """Its author was not a lead by the entry that it names, or it is another chapter's."""

    PROOF = "proof"
    """A fifth entry at one number: store it, it proves why the chapter is closed here."""

    FULL = "full"
    """No room for one more branch, or one more act of its key: left out, not stored."""
