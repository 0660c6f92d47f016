"""What is said of a message that came in, in gossipsub's three words."""

from __future__ import annotations

from enum import Enum

__all__ = ["Verdict"]


class Verdict(Enum):
    """Accept: keep and pass on. Ignore: drop, blame nobody. Reject: drop, and blame the sender."""

    ACCEPT = "accept"
    IGNORE = "ignore"
    REJECT = "reject"
