"""How often, as a person types it: `first Wednesday`, `every 2 weeks on Tuesday`."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final

from p2pevents.errors import DraftError

__all__ = ["first_date", "read_rule"]

_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_DAY_NAMES: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_NTH: Final = {
    "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3,
    "fourth": 4, "4th": 4, "last": -1,
}  # fmt: skip
_HINT: Final = (
    "write one such as: first Wednesday; second and fourth Tuesday; last Friday; "
    "every Thursday; every 2 weeks on Thursday"
)
_MONTHLY: Final = re.compile(
    r"(?:every |each |the )?(?P<nths>\w+(?:(?:,| and|, and) \w+)*) (?P<day>[a-z]+)"
    r"(?: (?:of|in) (?:the|each|every) month)?"
)
_WEEKLY: Final = re.compile(
    r"(?:every|each) (?:(?P<other>other |second )|(?P<count>[1-9][0-9]?) weeks? on )?"
    r"(?P<day>[a-z]+)"
)
_BYDAY: Final = re.compile(r"(-?[0-9])?(" + "|".join(_DAYS) + ")")


def read_rule(text: str) -> str:
    """Return the recurrence rule that a person's words mean.

    Args:
        text: words, or a rule in RFC 5545's own form, which is returned as it is.

    Raises:
        DraftError: when the words mean none.
    """
    words = " ".join(text.split())
    if words.upper().startswith(("FREQ=", "RRULE:FREQ=")):
        return words.upper().removeprefix("RRULE:")
    words = words.lower()
    if (found := _WEEKLY.fullmatch(words)) and (day := _day(found["day"])):
        interval = 2 if found["other"] else int(found["count"] or 1)
        every = f"INTERVAL={interval};" if interval > 1 else ""
        return f"FREQ=WEEKLY;{every}BYDAY={day}"
    if found := _MONTHLY.fullmatch(words):
        day = _day(found["day"])
        nths = [_NTH.get(word) for word in re.split(r", and |,? and |, ", found["nths"])]
        if day and all(nths):
            return "FREQ=MONTHLY;BYDAY=" + ",".join(f"{nth}{day}" for nth in nths)
    raise DraftError(f"rule: {text[:60]!r} is not understood", hint=_HINT)


def first_date(rule: str, on_or_after: dt.date) -> dt.date | None:
    """Return the first date of a rule that `read_rule` made from words.

    None for a rule of another form: whoever writes it says its first date too.
    """
    parts = dict(part.split("=", 1) for part in rule.split(";") if "=" in part)
    if not parts.keys() <= {"FREQ", "INTERVAL", "BYDAY"} or "BYDAY" not in parts:
        return None
    found = [_BYDAY.fullmatch(part) for part in parts["BYDAY"].split(",")]
    days = [(_DAYS.index(each[2]), int(each[1] or 0)) for each in found if each]
    # Five weeks past the end of a month hold every nth weekday of the next one.
    for ahead in range(70):
        date = on_or_after + dt.timedelta(days=ahead)
        if any(date.weekday() == weekday and _is_nth(date, nth) for weekday, nth in days):
            return date
    return None


def _is_nth(date: dt.date, nth: int) -> bool:
    """Tell whether a date is the nth of its weekday in its month; 0 is any, -1 the last."""
    if nth < 0:
        return (date + dt.timedelta(days=7 * -nth)).month != date.month and (
            date + dt.timedelta(days=7 * (-nth - 1))
        ).month == date.month
    return nth in (0, (date.day + 6) // 7)


def _day(word: str) -> str | None:
    """Return RFC 5545's two letters of a weekday, typed whole or by at least three letters."""
    word = word.removesuffix("s") if word.endswith("days") else word
    for letters, name in zip(_DAYS, _DAY_NAMES, strict=True):
        if len(word) >= 3 and name.startswith(word):
            return letters
    return None
