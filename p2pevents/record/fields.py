"""The fields of each kind: one struct a kind, the same for what is shown and for one body.

Every field may be absent. A field's name has one shape in every kind: plain,
guarded or a map (`kinds.py`). Specified in docs/spec/kinds.md.
"""

from __future__ import annotations

from typing import Annotated, Final

from msgspec import Meta, Struct

from p2pevents.record.ids import ID_BYTES
from p2pevents.record.text import (
    Country,
    Day,
    Language,
    Line,
    PathText,
    Prose,
    Reason,
    Slug,
    Tag,
    Uri,
    Zone,
)
from p2pevents.record.values import (
    Duration,
    Imported,
    InboxNode,
    LanguageList,
    Level,
    Link,
    Listing,
    Localization,
    Outcome,
    Participant,
    Recording,
    Recurring,
    Status,
    Stream,
    When,
    Where,
)

__all__ = [
    "ADDRESSES_MAX",
    "EDITION_MAX",
    "ERASE_IDS_MAX",
    "HEADS_MAX",
    "INBOXES_MAX",
    "PROPOSAL_BYTES_MAX",
    "ROOMS_MAX",
    "TYPES_MAX",
    "Call",
    "Decision",
    "Digest",
    "Endorsement",
    "Erase",
    "Event",
    "Gathering",
    "Notice",
    "Occurrence",
    "Page",
    "Profile",
    "Proposal",
    "Recap",
    "Series",
    "Session",
    "Shown",
    "Venue",
]

ADDRESSES_MAX: Final = 8
INBOXES_MAX: Final = 8
ROOMS_MAX: Final = 32
TYPES_MAX: Final = 16
EDITION_MAX: Final = 9999
HEADS_MAX: Final = 999_999  # of people at one event
PROPOSAL_BYTES_MAX: Final = 12 * 1024  # a decision holds it whole, in a body of 16 KiB
ERASE_IDS_MAX: Final = 400

_Edition = Annotated[int, Meta(ge=0, le=EDITION_MAX)]
_Heads = Annotated[int, Meta(ge=0, le=HEADS_MAX)]
_Id = Annotated[bytes, Meta(min_length=ID_BYTES, max_length=ID_BYTES)]


class Shown(Struct, frozen=True, kw_only=True, rename="camel"):
    """An object as it is shown, or one author's part of it."""


class Page(Shown, frozen=True, kw_only=True):
    """What is written for people to read: it may be translated, link elsewhere, be taken back."""

    retracted: bool | None = None
    locale: Language | None = None
    localizations: dict[Language, Localization] = {}
    links: dict[Slug, Link] = {}


class Profile(Page, frozen=True, kw_only=True):
    """A chapter: who they are, and where their nodes are found."""

    name: Line | None = None
    description: Prose | None = None
    city: Line | None = None
    country: Country | None = None
    time_zone: Zone | None = None
    languages: LanguageList | None = None
    addresses: (
        Annotated[
            tuple[Annotated[str, Meta(max_length=256, pattern=r"\A(/[!-.0-~]+)+\Z")], ...],
            Meta(max_length=ADDRESSES_MAX),
        ]
        | None
    ) = None
    public_url: Uri | None = None
    inbox: Annotated[tuple[InboxNode, ...], Meta(max_length=INBOXES_MAX)] | None = None


class Gathering(Page, frozen=True, kw_only=True):
    """What series, events, occurrences and sessions have in common."""

    title: Line | None = None
    description: Prose | None = None
    when: When | None = None
    where: Where | None = None
    status: Status | None = None
    stream: Stream | None = None
    participants: dict[Slug, Participant] = {}
    keywords: dict[Tag, bool] = {}
    languages: LanguageList | None = None
    imported: Imported | None = None


class Series(Gathering, frozen=True, kw_only=True):
    """Gatherings that come back by a rule; `when` holds the first date and the rule.

    `continues` is the path of the series that this one goes on from, by another rule.
    """

    when: Recurring | None = None
    continues: PathText | None = None


class Event(Gathering, frozen=True, kw_only=True):
    """One gathering; `edition` counts it among its like, `series` is the path of a series."""

    edition: _Edition | None = None
    series: PathText | None = None


class Occurrence(Gathering, frozen=True, kw_only=True):
    """One date of a series: what differs on it. Its path ends in the date by the rule."""

    edition: _Edition | None = None


class Session(Gathering, frozen=True, kw_only=True):
    """A part of a programme. `type` is one of `SessionType`, or a word yet unknown."""

    type: Slug | None = None
    room: Line | None = None
    recording: Recording | None = None
    level: Level | None = None


class Venue(Page, frozen=True, kw_only=True):
    """A place that events name."""

    name: Line | None = None
    description: Prose | None = None
    address: Reason | None = None
    city: Line | None = None
    country: Country | None = None
    time_zone: Zone | None = None
    rooms: Annotated[tuple[Line, ...], Meta(max_length=ROOMS_MAX)] | None = None
    accessibility: Prose | None = None


class Call(Page, frozen=True, kw_only=True):
    """A call for proposals; `closes` is a time, `closed` says that it ended before."""

    title: Line | None = None
    description: Prose | None = None
    closes: When | None = None
    closed: bool | None = None
    languages: LanguageList | None = None
    types: Annotated[tuple[Slug, ...], Meta(max_length=TYPES_MAX)] | None = None


class Proposal(Page, frozen=True, kw_only=True):
    """A session that a stranger offers. It goes to a chapter's inbox and is in no set.

    `levels` says by topic what it asks of those who come; `call` is the path that it answers;
    `contact` is for the organisers, and public once they decide on it.
    """

    title: Line | None = None
    description: Prose | None = None
    name: Line | None = None
    contact: Line | None = None
    call: PathText | None = None
    languages: LanguageList | None = None
    duration: Duration | None = None
    type: Slug | None = None
    levels: Annotated[dict[Slug, Level], Meta(max_length=TYPES_MAX)] | None = None
    recording: Recording | None = None
    availability: Prose | None = None
    prerequisites: Prose | None = None


class Decision(Page, frozen=True, kw_only=True):
    """What organisers say to a proposal, which is public from here on, as the bytes that came.

    `proposal` is a bundle's item, `[envelope, body]`; `session` is the path of what came of it.
    """

    outcome: Outcome | None = None
    proposal: Annotated[bytes, Meta(max_length=PROPOSAL_BYTES_MAX)] | None = None
    session: PathText | None = None
    description: Prose | None = None


class Recap(Page, frozen=True, kw_only=True):
    """What was written afterwards; `cover` is a picture, `participants` are its authors.

    `expected` and `attended` count heads; `lessons` are for whoever organises the next one.
    """

    title: Line | None = None
    description: Prose | None = None
    day: Day | None = None
    cover: Uri | None = None
    expected: _Heads | None = None
    attended: _Heads | None = None
    lessons: Prose | None = None
    participants: dict[Slug, Participant] = {}
    keywords: dict[Tag, bool] = {}
    imported: Imported | None = None


class Notice(Page, frozen=True, kw_only=True):
    """A word to all who follow, of the chapter or of what its path lies below; last day `until`."""

    title: Line | None = None
    description: Prose | None = None
    until: Day | None = None


class Digest(Shown, frozen=True, kw_only=True):
    """What one author knew to be planned. Digests are not merged: each is its author's alone."""

    listing: Listing | None = None


class Erase(Shown, frozen=True, kw_only=True):
    """Ids of records whose bodies are to go."""

    ids: Annotated[tuple[_Id, ...], Meta(min_length=1, max_length=ERASE_IDS_MAX)] | None = None


class Endorsement(Page, frozen=True, kw_only=True):
    """A chapter that this one recommends; help to choose, never authority."""

    chapter: _Id | None = None
    name: Line | None = None
    description: Prose | None = None
