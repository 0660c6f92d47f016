"""The words that a person can use for each kind; their names are those of TOML files too."""

from __future__ import annotations

import datetime as dt
import difflib
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypedDict

from p2pevents.errors import DraftError

__all__ = [
    "CallWords",
    "DecisionWords",
    "EndorsementWords",
    "EraseWords",
    "EventWords",
    "GatheringWords",
    "NoticeWords",
    "ProfileWords",
    "ProposalWords",
    "RecapWords",
    "SeriesWords",
    "SessionWords",
    "VenueWords",
    "said",
]

_LISTS: Final = frozenset(
    {"tags", "languages", "speakers", "organisers", "authors", "rooms", "types", "ids"}
)
_TABLES: Final = {"links": 'slides = "https://..."', "levels": 'network = "beginner"'}
_NUMBERS: Final = frozenset({"edition", "duration", "expected", "attended"})
_FLAGS: Final = frozenset({"closed"})
_TIMES: Final = frozenset({"start", "end", "closes", "day", "until"})


class _CommonWords(TypedDict, total=False):
    """description: paragraphs; locale: the language they are in; links: pages by a short name."""

    description: str
    locale: str
    links: Mapping[str, str]


class _PlaceWords(TypedDict, total=False):
    """address: street and town in one line; country: two letters; zone: IANA name."""

    address: str
    city: str
    country: str
    zone: str


class GatheringWords(_CommonWords, _PlaceWords, total=False):
    """The words of whatever people gather for.

    start is `2020-01-08 18:30`, or a day alone while the hour is not known; end is `23:00`, on
    the day of the start, or as start. venue is a name, venue_id the path of a venue object. stream
    is a link. status is one of `StatusIs`, reason says why, moved_to is the path of what stands
    for it. speakers and organisers are people's public names.
    """

    title: str
    start: str
    end: str
    venue: str
    venue_id: str
    room: str
    stream: str
    status: str
    reason: str
    moved_to: str
    tags: Iterable[str]
    languages: Iterable[str]
    speakers: Iterable[str]
    organisers: Iterable[str]


class EventWords(GatheringWords, total=False):
    """edition counts it among its like; series is the path of the series it belongs to."""

    edition: int | str
    series: str


class SeriesWords(GatheringWords, total=False):
    """rule is `first Wednesday` or the like; start may be `18:30` alone."""

    rule: str


class SessionWords(GatheringWords, total=False):
    """type, recording and level are words of `SessionType`, `Recording` and `Level`."""

    type: str
    recording: str
    level: str


class VenueWords(_CommonWords, _PlaceWords, total=False):
    """rooms are names; accessibility is paragraphs."""

    name: str
    rooms: Iterable[str]
    accessibility: str


class ProfileWords(_CommonWords, total=False):
    """A chapter's words of itself; public_url is where its pages are, for feeds and QR codes."""

    name: str
    city: str
    country: str
    zone: str
    languages: Iterable[str]
    public_url: str


class NoticeWords(_CommonWords, total=False):
    """until is the last day on which it is shown."""

    title: str
    until: str


class EndorsementWords(_CommonWords, total=False):
    """chapter is the id of the chapter or a link to it; name is what this chapter calls it."""

    chapter: str
    name: str


class CallWords(_CommonWords, total=False):
    """closes is `2020-02-29 23:59` or the last day, in zone; closed says that it ended before."""

    title: str
    closes: str
    zone: str
    closed: bool | str
    languages: Iterable[str]
    types: Iterable[str]


class ProposalWords(_CommonWords, total=False):
    """What somebody says of the session that they offer, and of themselves.

    name is theirs in public; contact is for the organisers, and public once they decide. call is
    the path of the call that it answers. duration is `30 min` or `1h30`. type, recording and the
    values of levels, by topic, are as in a session.
    """

    title: str
    name: str
    contact: str
    call: str
    languages: Iterable[str]
    duration: str
    type: str
    levels: Mapping[str, str]
    recording: str
    availability: str
    prerequisites: str


class DecisionWords(_CommonWords, total=False):
    """outcome is a word of `Outcome`; session is the path of what came of the proposal."""

    outcome: str
    session: str


class RecapWords(_CommonWords, total=False):
    """day is the one that it is about; cover links to a picture; authors are public names.

    expected and attended are numbers of people; lessons are paragraphs for the next time.
    """

    title: str
    day: str
    cover: str
    expected: int | str
    attended: int | str
    lessons: str
    authors: Iterable[str]
    tags: Iterable[str]


class EraseWords(TypedDict, total=False):
    """ids are whole ids of records."""

    ids: Iterable[str]


def said(kind: str, allowed: frozenset[str], words: Mapping[str, Any]) -> dict[str, Any]:
    """Return what was typed, by word, each of the type that its reader takes.

    Args:
        kind: for the message.
        allowed: the kind's words.
        words: from the command line or a TOML file; None is a word left out.

    Raises:
        DraftError: for a word that the kind does not have, or a list where a text goes.
    """
    found: dict[str, Any] = {}
    for word, value in words.items():
        if word not in allowed:
            near = difflib.get_close_matches(word, allowed, n=1)
            hint = f"did you mean {near[0]}" if near else f"words are {', '.join(sorted(allowed))}"
            raise DraftError(f"{word}: not a word of this {kind}", hint=hint)
        if value is not None:
            found[word] = _typed(word, value)
    return found


def _typed(word: str, value: object) -> object:
    """Return a value of the type that the word's reader takes, or raise DraftError."""
    if word in _LISTS:
        if isinstance(value, str | Mapping) or not isinstance(value, Iterable):
            raise DraftError(f"{word}: not a list of texts", hint=f'write {word} = ["..."]')
        return [_typed_text(word, text) for text in value]
    if word in _TABLES:
        if not isinstance(value, Mapping):
            raise DraftError(f"{word}: not a table", hint=f"write {word} = {{ {_TABLES[word]} }}")
        return {str(key): _typed_text(word, text) for key, text in value.items()}
    if word in _TIMES and isinstance(value, dt.date | dt.time):  # TOML has times of its own
        return value.isoformat()
    if word in _NUMBERS and type(value) is int:
        return str(value)
    if word in _FLAGS and isinstance(value, bool):
        return "yes" if value else "no"
    return _typed_text(word, value)


def _typed_text(word: str, value: object) -> str:
    if not isinstance(value, str):
        raise DraftError(f"{word}: {value!r} is not a text", hint="put it between quotes")
    return str(value)
