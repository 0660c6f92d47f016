"""A finding: something in an organiser's words that a person should look at.

Words with findings may still be good enough to announce; what cannot be used
at all is an error instead.
"""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["Finding"]


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Finding:
    """One thing to look at, for a person and for a program.

    Attributes:
        where: the file and row, or the object, and the field where there is one.
        rule: the short name of the rule, the same from release to release.
        message: what was found, in one lower-case sentence without a full stop.
        hint: the way out, in the same manner; empty where there is none.
    """

    where: str
    rule: str
    message: str
    hint: str = ""
