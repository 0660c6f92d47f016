"""How often, as a person types it: `first Wednesday`, `every other Tuesday`, `chaque jeudi`."""

from __future__ import annotations

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from p2pevents.errors import DraftError

__all__ = ["first_date", "read_rule"]

_DAYS: Final = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_HINT: Final = (
    "write one such as: first Wednesday; second and fourth Tuesday; last Friday; "
    "every Thursday; every 2 weeks on Thursday"
)
_BYDAY: Final = re.compile(r"(-?[0-9])?(" + "|".join(_DAYS) + ")")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Tongue:
    """How a language says a rule; all in small letters, without accents.

    Attributes:
        days: the weekdays from Monday on; `plural` is what several of one end in.
        nths: which of its kind in the month, by its words.
        numbers: words for how many weeks lie between two dates.
        weekly: finds `day`, and where there are several weeks `other` (two) or `count`.
        monthly: finds `day`, and `nths` as one text, which `and_` splits.
    """

    days: tuple[str, ...]
    plural: str
    nths: Mapping[str, int]
    numbers: Mapping[str, int]
    weekly: re.Pattern[str]
    monthly: re.Pattern[str]
    and_: re.Pattern[str]

    def rule(self, words: str) -> str | None:
        """Return the rule that these words mean; None where they mean none in this language."""
        if (found := self.weekly.fullmatch(words)) and (day := self._day(found["day"])):
            weeks = 2 if found["other"] else self._number(found["count"])
            every = f"INTERVAL={weeks};" if weeks > 1 else ""
            return f"FREQ=WEEKLY;{every}BYDAY={day}"
        if found := self.monthly.fullmatch(words):
            day = self._day(found["day"])
            nths = [
                self.nths.get(each) or self.nths.get(each.removesuffix("s"))
                for each in self.and_.split(found["nths"])
            ]
            if day and all(nths):
                return "FREQ=MONTHLY;BYDAY=" + ",".join(f"{nth}{day}" for nth in nths)
        return None

    def _day(self, word: str) -> str | None:
        """Return RFC 5545's two letters of a weekday, typed whole or by at least three letters."""
        word = word.removesuffix("s") if word.endswith(self.plural) else word
        for letters, name in zip(_DAYS, self.days, strict=True):
            if len(word) >= 3 and name.startswith(word):
                return letters
        return None

    def _number(self, word: str | None) -> int:
        return (self.numbers.get(word) or int(word)) if word else 1


_TONGUES: Final = (
    _Tongue(
        days=("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        plural="days",
        nths={
            "first": 1, "1st": 1, "second": 2, "2nd": 2, "third": 3, "3rd": 3,
            "fourth": 4, "4th": 4, "last": -1,
        },
        numbers={},
        weekly=re.compile(
            r"(?:every|each) (?:(?P<other>other |second )|(?P<count>[1-9][0-9]?) weeks? on )?"
            r"(?P<day>[a-z]+)"
        ),
        monthly=re.compile(
            r"(?:every |each |the )?(?P<nths>\w+(?:(?:,| and|, and) \w+)*) (?P<day>[a-z]+)"
            r"(?: (?:of|in) (?:the|each|every) month)?"
        ),
        and_=re.compile(r", and |,? and |, "),
    ),
    _Tongue(
        days=("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"),
        plural="s",
        nths={
            "premier": 1, "1er": 1, "deuxieme": 2, "second": 2, "2e": 2, "2eme": 2,
            "troisieme": 3, "3e": 3, "3eme": 3, "quatrieme": 4, "4e": 4, "4eme": 4, "dernier": -1,
        },
        numbers={"deux": 2, "trois": 3, "quatre": 4},
        weekly=re.compile(
            r"(?:chaque |tous les |(?P<other>un )"
            r"|toutes les (?:(?P<count>[1-9][0-9]?|deux|trois|quatre) )?semaines,? le )"
            r"(?P<day>[a-z]+)(?(other) sur (?:deux|2))"
        ),
        monthly=re.compile(
            r"(?:chaque |tous les |les? )?"
            r"(?P<nths>\w+(?:(?:,| et|, et)(?: le)? \w+)*) (?P<day>[a-z]+)"
            r"(?: (?:du|de chaque) mois)?"
        ),
        and_=re.compile(r"(?:, et |,? et |, )(?:le )?"),
    ),
)  # fmt: skip


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
    plain = _plain(words)
    rule = next((found for each in _TONGUES if (found := each.rule(plain))), None)
    if rule is None:
        raise DraftError(f"rule: {text[:60]!r} is not understood", hint=_HINT)
    return rule


def _plain(words: str) -> str:
    """Return words in small letters, without accents."""
    apart = unicodedata.normalize("NFKD", words.lower())
    return "".join(each for each in apart if not unicodedata.combining(each))


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
