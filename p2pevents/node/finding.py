"""What the door says of one item that was offered, and why."""

from __future__ import annotations

from enum import Enum
from typing import Final

import msgspec

from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.verdict import Verdict

__all__ = ["Finding", "Why"]


class Why(Enum):
    """Why an item got its verdict."""

    NEW = "new"
    KNOWN = "known"
    COMPLETED = "completed"
    MALFORMED = "malformed"
    AUTHORITY = "authority"
    CLOCK = "clock"
    STRUCK = "struck"
    REFUSED = "refused"
    CLOSED = "closed"
    FULL = "full"


_VERDICTS: Final = {
    Why.NEW: Verdict.ACCEPT,
    Why.KNOWN: Verdict.ACCEPT,
    Why.COMPLETED: Verdict.ACCEPT,
    Why.MALFORMED: Verdict.REJECT,
    Why.AUTHORITY: Verdict.IGNORE,
    Why.CLOCK: Verdict.IGNORE,
    Why.STRUCK: Verdict.IGNORE,
    Why.REFUSED: Verdict.IGNORE,
    Why.CLOSED: Verdict.IGNORE,
    Why.FULL: Verdict.IGNORE,
}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What was found of one item that was offered.

    Attributes:
        why: what it is, or what is wrong with it.
        item: the record or entry, where it could be opened.
        rule: the rule that malformed bytes broke.
        detail: the same in words.
    """

    why: Why
    item: Verified | Entry | None = None
    rule: str = ""
    detail: str = ""

    @property
    def verdict(self) -> Verdict:
        """What gossip is told."""
        return _VERDICTS[self.why]
