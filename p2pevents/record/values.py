"""The values of fields: JSCalendar's names and shapes (RFC 8984), checked as they are made.

A value that does not fit makes its body void (docs/spec/kinds.md). An absent
key and a null one are the same.
"""

from __future__ import annotations

import datetime as dt
import re
from enum import StrEnum
from functools import lru_cache
from typing import Annotated, Final

from msgspec import Meta, Struct, field

from p2pevents.record.text import (
    Country,
    Day,
    Language,
    Line,
    PathText,
    Prose,
    Reason,
    Slug,
    Uri,
    WallTime,
    Zone,
)

__all__ = [
    "COUNT_MAX",
    "DIGEST_DAYS_MAX",
    "DURATION_DAYS_MAX",
    "INTERVAL_MAX",
    "LISTED_BYTES",
    "LISTED_CLOCK_BYTES",
    "LISTED_MAX",
    "LISTED_NAME_BYTES",
    "NIGHT_HOURS_MAX",
    "ROLES_MAX",
    "RULE_CHARACTERS_MAX",
    "YEAR_MAX",
    "YEAR_MIN",
    "Duration",
    "Imported",
    "InboxNode",
    "LanguageList",
    "Level",
    "Link",
    "Listing",
    "Localization",
    "Outcome",
    "Participant",
    "Recording",
    "Recurring",
    "SessionType",
    "Status",
    "StatusIs",
    "Stream",
    "When",
    "Where",
    "duration_of",
]

YEAR_MIN: Final = 1900
YEAR_MAX: Final = 2199
DURATION_DAYS_MAX: Final = 366
NIGHT_HOURS_MAX: Final = 12
"""How long something may last for the hour of its end to be taken for one after midnight."""
RULE_CHARACTERS_MAX: Final = 200
INTERVAL_MAX: Final = 99
COUNT_MAX: Final = 999
ROLES_MAX: Final = 8
LISTED_MAX: Final = 1500  # versions in a digest
LISTED_NAME_BYTES: Final = 4  # of the hash of what a version is of, and whose
LISTED_CLOCK_BYTES: Final = 6
LISTED_BYTES: Final = LISTED_NAME_BYTES + LISTED_CLOCK_BYTES
DIGEST_DAYS_MAX: Final = 30

_DURATION_FORM: Final = (
    r"P(?=[0-9T])(?:([0-9]{1,2})W)?(?:([0-9]{1,3})D)?"
    r"(?:T(?=[0-9])(?:([0-9]{1,4})H)?(?:([0-9]{1,5})M)?(?:([0-9]{1,5})S)?)?"
)
_DURATIONS_KEPT_MAX: Final = 256
_RULE_PARTS: Final = {
    "FREQ": r"DAILY|WEEKLY|MONTHLY|YEARLY",
    "INTERVAL": r"[1-9][0-9]?",
    "COUNT": r"[1-9][0-9]{0,2}",
    "UNTIL": r"[0-9]{8}(?:T[0-9]{6})?",
    "BYMONTH": r"(?:[1-9]|1[0-2])(?:,(?:[1-9]|1[0-2])){0,11}",
    "BYMONTHDAY": r"-?(?:[1-9]|[12][0-9]|3[01])(?:,-?(?:[1-9]|[12][0-9]|3[01])){0,30}",
    "BYDAY": r"(?:-?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)(?:,(?:-?[1-5])?(?:MO|TU|WE|TH|FR|SA|SU)){0,6}",
    "BYSETPOS": r"-?[1-5]",
    "WKST": r"MO|TU|WE|TH|FR|SA|SU",
}


Duration = Annotated[str, Meta(pattern=rf"\A{_DURATION_FORM}\Z")]
"""A length of time, `PT4H30M` or `P1DT2H`: days by the calendar, hours by the clock."""


class _Value(
    Struct,
    frozen=True,
    kw_only=True,
    rename="camel",
    forbid_unknown_fields=True,
    omit_defaults=True,
):
    """What every value has in common: keys in camel case, none but its own."""


def _real_day(day: str) -> None:
    """Raise ValueError unless `day` is in the calendar, within the years that are allowed."""
    date = dt.date.fromisoformat(day)
    if not YEAR_MIN <= date.year <= YEAR_MAX:
        raise ValueError(f"year {date.year} is not within {YEAR_MIN} to {YEAR_MAX}")


@lru_cache(maxsize=_DURATIONS_KEPT_MAX)
def duration_of(text: str) -> dt.timedelta:
    """Return the length of a duration such as `PT4H30M` or `P1DT2H`.

    Raises:
        ValueError: when it is not one, or longer than 366 days.
    """
    found = re.fullmatch(_DURATION_FORM, text, re.ASCII)
    if not found:
        raise ValueError(f"{text[:30]!r} is not a duration")
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    length = dt.timedelta(weeks=weeks, days=days, hours=hours, minutes=minutes, seconds=seconds)
    if length > dt.timedelta(days=DURATION_DAYS_MAX):
        raise ValueError(f"longer than {DURATION_DAYS_MAX} days")
    return length


class When(_Value, frozen=True, kw_only=True):
    """A time in wall-clock words: a start, or a day whose hour is to be announced, or nothing.

    Attributes:
        start: local time, `YYYY-MM-DDTHH:MM:SS`.
        day: local day, `YYYY-MM-DD`, while the hour is not known.
        time_zone: IANA name; present exactly where a start or a day is.
        duration: how long it takes, beside a start; absent where not known.
    """

    start: WallTime | None = None
    day: Day | None = None
    time_zone: Zone | None = None
    duration: Duration | None = None

    def __post_init__(self) -> None:
        if self.start and self.day:
            raise ValueError("both start and day")
        if bool(self.start or self.day) != bool(self.time_zone):
            raise ValueError("a start or day, and its timeZone, go together")
        if self.local_day:
            _real_day(self.local_day)
        if self.duration is not None:
            if not self.start:
                raise ValueError("a duration without a start")
            duration_of(self.duration)

    @property
    def local_day(self) -> str | None:
        """The local day on which it starts; None where not even that is known."""
        return self.start[:10] if self.start else self.day


class Recurring(When, frozen=True, kw_only=True):
    """The times of a series: its first date, and the rule of the others.

    Attributes:
        recurrence_rule: RFC 5545's RECUR, of the parts listed in docs/spec/kinds.md.
    """

    recurrence_rule: Annotated[str, Meta(max_length=RULE_CHARACTERS_MAX)] | None = None

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.recurrence_rule is not None:
            if not self.start:
                raise ValueError("a recurrenceRule without a start")
            _check_rule(self.recurrence_rule)


def _check_rule(rule: str) -> None:
    """Raise ValueError unless every part is known, said once, and FREQ comes first."""
    seen: set[str] = set()
    for part in rule.split(";"):
        name, _, value = part.partition("=")
        pattern = _RULE_PARTS.get(name)
        if pattern is None or name in seen or not re.fullmatch(pattern, value, re.ASCII):
            raise ValueError(f"recurrenceRule: {part[:40]!r} is not a part that is allowed here")
        seen.add(name)
    if not rule.startswith("FREQ="):
        raise ValueError("recurrenceRule does not begin with FREQ")
    if {"UNTIL", "COUNT"} <= seen:
        raise ValueError("recurrenceRule has both UNTIL and COUNT")


class Where(_Value, frozen=True, kw_only=True):
    """A place. `venue` is the path of a venue object; the words beside it stand where it fails."""

    name: Line
    address: Reason | None = None
    city: Line | None = None
    country: Country | None = None
    venue: PathText | None = None
    room: Line | None = None


class StatusIs(StrEnum):
    """RFC 5545's three words, and two that real calendars need."""

    CONFIRMED = "confirmed"
    TENTATIVE = "tentative"
    CANCELLED = "cancelled"
    POSTPONED = "postponed"
    SKIPPED = "skipped"


class Status(_Value, frozen=True, kw_only=True):
    """Whether it takes place; `moved_to` is the path of the object that stands for it."""

    state: StatusIs = field(name="is")
    reason: Reason | None = None
    moved_to: PathText | None = None


class Stream(_Value, frozen=True, kw_only=True):
    """A virtual location: where to watch or take part from afar."""

    uri: Uri
    name: Line | None = None


class Link(_Value, frozen=True, kw_only=True):
    """A page that belongs to it; `rel` says how: `slides`, `video`, `tickets`."""

    href: Uri
    title: Line | None = None
    rel: Slug | None = None


class Participant(_Value, frozen=True, kw_only=True):
    """A person or group that takes part, by the name they use in public."""

    name: Line
    roles: Annotated[tuple[Slug, ...], Meta(max_length=ROLES_MAX)] = ()
    link: Uri | None = None


class Localization(_Value, frozen=True, kw_only=True):
    """What a translator says in one language, in place of the words in `locale`."""

    title: Line | None = None
    name: Line | None = None
    description: Prose | None = None
    room: Line | None = None
    reason: Reason | None = None


class Imported(_Value, frozen=True, kw_only=True):
    """Where an import came from; `history` marks what was not announced by these keys then."""

    source: Line = field(name="from")
    history: bool = False


class InboxNode(_Value, frozen=True, kw_only=True):
    """A node that takes messages for the chapter: its addresses, and the key to seal them to.

    Attributes:
        peer: the node's peer id.
        key: X25519 public key, 32 bytes, renewed monthly.
        until: milliseconds since 1970, after which the key is no longer used.
    """

    peer: Annotated[str, Meta(pattern=r"\A[1-9A-HJ-NP-Za-km-z]{1,64}\Z")]
    key: Annotated[bytes, Meta(min_length=32, max_length=32)]
    until: Annotated[int, Meta(ge=0)]


class SessionType(StrEnum):
    """The types of sessions that this program has words for; the list is open."""

    TALK = "talk"
    WORKSHOP = "workshop"
    DOORS = "doors"
    PAIRING = "pairing"
    STAND = "stand"
    PROJECTION = "projection"
    PARTY = "party"
    OPEN = "open"
    MEETUP = "meetup"
    HACKATHON = "hackathon"
    OTHER = "other"


class Recording(StrEnum):
    """What the speaker says to being recorded."""

    MANDATORY = "mandatory"
    IF_POSSIBLE = "if-possible"
    NO = "no"


class Level(StrEnum):
    """What a session asks of those who come."""

    NONE = "none"
    BEGINNER = "beginner"
    ADVANCED = "advanced"
    EXPERT = "expert"


class Outcome(StrEnum):
    """What organisers say to a proposal."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    DEFERRED = "deferred"


class Listing(_Value, frozen=True, kw_only=True):
    """What a digest lists: whoever holds these versions, or newer ones, misses nothing.

    Attributes:
        versions: of each listed version the name, 4 bytes, and the clock, 6 bytes, in one
            string, ascending (`record.listed`).
        tip: id of the charter's newest entry that the author knows.
        until: milliseconds since 1970, at most 30 days after the header's clock.
    """

    versions: Annotated[bytes, Meta(max_length=LISTED_MAX * LISTED_BYTES)]
    tip: Annotated[bytes, Meta(min_length=32, max_length=32)]
    until: Annotated[int, Meta(ge=0)]

    def __post_init__(self) -> None:
        if len(self.versions) % LISTED_BYTES:
            raise ValueError(f"versions are not of {LISTED_BYTES} bytes each")

    @property
    def count(self) -> int:
        """How many versions are listed."""
        return len(self.versions) // LISTED_BYTES


LanguageList = Annotated[tuple[Language, ...], Meta(max_length=16)]
