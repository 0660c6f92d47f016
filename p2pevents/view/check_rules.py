"""The rules of the schedule check, each a function of all items that yields findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date
from difflib import SequenceMatcher
from itertools import combinations
from typing import Final

from p2pevents.record.finding import Finding
from p2pevents.record.ids import Path, path_text
from p2pevents.record.kinds import Kind
from p2pevents.record.text import is_placeholder
from p2pevents.view.check_clashes import overlap, rounds, speaker_overlap, tba, twice
from p2pevents.view.check_item import Item
from p2pevents.view.search import plain
from p2pevents.view.times import NOWHEN, zone_of

__all__ = ["Rule", "rules"]

NAMES_ALIKE_RATIO: Final = 0.9
"""From what likeness on two names are taken for one that was misspelt."""

NAMES_COMPARED_MAX: Final = 200
"""The most names with one word in common that are compared with each other."""

_ANNOUNCED: Final = (Kind.EVENT, Kind.SERIES, Kind.OCCURRENCE)

Rule = Callable[[Sequence[Item]], Iterator[Finding]]


def zone(items: Sequence[Item]) -> Iterator[Finding]:
    """A zone that is not known or not the event's, a time that the clocks skip."""
    zones = {item.path: item.span.time_zone for item in items if item.kind is not Kind.SESSION}
    for item in items:
        name, start = item.span.time_zone, item.span.start
        if name is None:
            continue
        known = zone_of(name)
        if known is None:
            yield Finding(rule="zone", where=item.where, message=f"{name}: not a known time zone")
            continue
        above = zones.get(item.path[:-1])
        if item.kind is Kind.SESSION and above is not None and above != name:
            yield Finding(
                rule="zone",
                where=item.where,
                message=f"its time is in {name}, its event's in {above}",
            )
        if start is not None:
            back = start.replace(tzinfo=known).astimezone(UTC).astimezone(known)
            if back.replace(tzinfo=None) != start:
                yield Finding(
                    rule="zone",
                    where=item.where,
                    message=(
                        f"{start:%Y-%m-%d %H:%M} does not exist in {name}: the clocks go forward"
                    ),
                    hint=f"did you mean {back:%H:%M}",
                )


def end(items: Sequence[Item]) -> Iterator[Finding]:
    """A session with a start and no end."""
    for item in items:
        if item.kind is Kind.SESSION and item.span.start is not None and item.span.end is None:
            yield Finding(rule="end", where=item.where, message="it has a start and no end")


def title(items: Sequence[Item]) -> Iterator[Finding]:
    """A title that is missing, or only holds its place."""
    for item in items:
        if item.kind is Kind.OCCURRENCE:
            continue
        if not item.title:
            yield Finding(rule="title", where=item.where, message="it has no title")
        elif is_placeholder(item.title):
            yield Finding(
                rule="title", where=item.where, message=f"its title is {item.title!r} until now"
            )


def outside(items: Sequence[Item]) -> Iterator[Finding]:
    """A session that is not within its event."""
    events = {item.path: item.span for item in items if item.kind is not Kind.SESSION}
    for item in items:
        above = events.get(item.path[:-1], NOWHEN) if item.kind is Kind.SESSION else NOWHEN
        if item.span.day is None or above.day is None or above.last_day is None:
            continue
        early = item.span.start and above.start and item.span.start < above.start
        late = item.span.end and above.end and item.span.end > above.end
        if early or late or not above.day <= item.span.day <= above.last_day:
            yield Finding(
                rule="outside",
                where=item.where,
                message="it is not within the time of its event",
            )


def of_chapter(languages: Sequence[str], today: date | None) -> Rule:
    """Return the rule on gatherings to come that are not in a language of their chapter.

    What says no language of its own may be in any, and is passed over; sessions are compared
    with each other.
    """

    def rule(items: Sequence[Item]) -> Iterator[Finding]:
        for item in items:
            own = item.fields.get("locale")
            day = item.span.last_day
            is_over = today is not None and day is not None and day < today
            if item.kind not in _ANNOUNCED or not own or not item.title or item.off:
                continue
            if is_over and item.kind is not Kind.SERIES:
                continue
            titled = {_primary(tag) for tag, words in item.words if words.get("title")}
            for tag in languages:
                if _primary(tag) not in titled:
                    yield Finding(
                        rule="translation",
                        where=item.where,
                        message=f"it has no title in {tag}, which the chapter speaks",
                        hint=f"p2pevents event translate {path_text(item.path)} --into {tag}",
                    )

    return rule


def translation(items: Sequence[Item]) -> Iterator[Finding]:
    """A title that is missing in a language that others of the event have."""
    languages: dict[Path, Counter[str]] = {}
    for item in items:
        if item.kind is Kind.SESSION:
            titled = {tag for tag, words in item.words if tag and words.get("title")}
            languages.setdefault(item.path[:-1], Counter()).update(titled)
    for item in items:
        if item.kind is not Kind.SESSION:
            continue
        titled = {tag for tag, words in item.words if words.get("title")}
        for tag, count in sorted(languages[item.path[:-1]].items()):
            if tag not in titled and count > 1:
                yield Finding(
                    rule="translation", where=item.where, message=f"it has no title in {tag}"
                )


def same_translation(items: Sequence[Item]) -> Iterator[Finding]:
    """A translation that is the text itself; of a room, once for each name."""
    rooms: dict[str, dict[Path, Item]] = {}
    for item in items:
        (_, own), *others = item.words
        for tag, words in others:
            text, room = own.get("description"), own.get("room")
            if text and words.get("description") == text:
                yield Finding(
                    rule="same-translation",
                    where=item.where,
                    message=f"its description in {tag} is the one it has already",
                )
            if room and words.get("room") == room:
                rooms.setdefault(room, {})[item.path] = item
    for room, held in sorted(rooms.items()):
        more = f", and in {len(held) - 1} more" if len(held) > 1 else ""
        yield Finding(
            rule="same-room",
            where=next(iter(held.values())).where,
            message=f"room {room!r} has the same name in every language here{more}",
        )


def speaker_spelling(items: Sequence[Item]) -> Iterator[Finding]:
    """Two names that are so alike that one of them may be misspelt."""
    said: dict[str, Item] = {}
    for item in items:
        for person in (item.fields.get("participants") or {}).values():
            said.setdefault(person["name"].split(" (", 1)[0], item)
    by_word: dict[str, list[str]] = {}
    for name in sorted(said):
        words = plain(name).split()
        for word in {words[0], words[-1]} if words else ():
            by_word.setdefault(word, []).append(name)
    found: set[tuple[str, str]] = set()
    for names in by_word.values():
        found.update(
            (one, other)
            for one, other in combinations(names[:NAMES_COMPARED_MAX], 2)
            if _alike(plain(one), plain(other))
        )
    for one, other in sorted(found):
        yield Finding(
            rule="speaker-spelling",
            where=said[other].where,
            message=f"{other!r}, and {one!r} in {said[one].where}: is it one person",
        )


def rules(today: date | None, languages: Sequence[str]) -> tuple[Rule, ...]:
    """Return the rules in the order in which they are told.

    Args:
        today: the local day; None where what is late is not to be told.
        languages: of the chapter.
    """
    return (
        overlap,
        speaker_overlap,
        rounds,
        zone,
        twice,
        end,
        tba(today),
        title,
        outside,
        translation,
        of_chapter(languages, today),
        same_translation,
        speaker_spelling,
    )


def _primary(tag: str) -> str:
    return tag.partition("-")[0].casefold()


def _alike(one: str, other: str) -> bool:
    return SequenceMatcher(None, one, other, autojunk=False).ratio() >= NAMES_ALIKE_RATIO
