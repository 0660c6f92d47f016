"""How often a series is, as a form asks for it: which of its kind in the month, which weekday."""

from __future__ import annotations

import re
from typing import Final

from p2pevents.errors import InputError

__all__ = ["NTHS", "WEEKDAYS", "rule_text", "rule_words"]

NTHS: Final = ("every", "other", "first", "second", "third", "fourth", "last")
WEEKDAYS: Final = (*("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),)
_LETTERS: Final = dict(zip(("MO", "TU", "WE", "TH", "FR", "SA", "SU"), WEEKDAYS, strict=True))
_NUMBERS: Final = {"1": "first", "2": "second", "3": "third", "4": "fourth", "-1": "last"}
_RULE: Final = re.compile(
    r"FREQ=(?:WEEKLY(?:;INTERVAL=(?P<weeks>[12]))?|MONTHLY);BYDAY=(?P<nth>-?[1-4])?(?P<day>[A-Z]{2})",
    re.ASCII,
)


def rule_words(rule: str) -> tuple[str, str]:
    """Return which of `NTHS` and of `WEEKDAYS` a rule is; two empty texts where it is another."""
    found = _RULE.fullmatch(rule)
    if found is None or found["day"] not in _LETTERS:
        return "", ""
    weekday = _LETTERS[found["day"]]
    if rule.startswith("FREQ=WEEKLY"):
        return (
            ("", "") if found["nth"] else ("other" if found["weeks"] == "2" else "every", weekday)
        )
    nth = _NUMBERS.get(found["nth"] or "", "")
    return (nth, weekday) if nth else ("", "")


def rule_text(nth: str, weekday: str) -> str:
    """Return the words of a rule, as `record.draft` reads them.

    Raises:
        InputError: one of the two was not chosen.
    """
    if nth not in NTHS or weekday not in WEEKDAYS:
        raise InputError("rule: missing", hint="say how often, and on which weekday")
    return f"every {nth} {weekday}" if nth == "other" else f"{nth} {weekday}"
