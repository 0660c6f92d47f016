"""A home whose log holds a community's events: real records, sealed, in a file as a node has it."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from random import Random

from p2pevents.authority import found
from p2pevents.log.local import Follow
from p2pevents.log.protocol import Arrival
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.home import Home
from p2pevents.record.draft.compose import compose
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified, seal
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import Path as ObjectPath, RecordId
from p2pevents.record.signature import public_key_of

__all__ = ["TODAY", "Chapter", "home_of_events"]

CHAPTERS = 4
BATCH = 1000
TODAY = date(2027, 3, 1)
NOW_MS = 1_803_859_200_000  # that day, at midnight
WORDS_EACH = 75  # some 500 characters: a record of about 1 KiB
CITIES = ("Paris", "Lyon", "Nantes", "Marseille")
PLACES = ("Library", "Town hall", "Café du Port", "Hackerspace", "School of art")
TAGS = ("p2p", "web", "crypto", "radio", "music", "gardening")


class Chapter:
    """A chapter of one lead, who writes."""

    def __init__(self, number: int, *, name: str = "") -> None:
        more, least = divmod(number, 256)
        charter, self.daily = (
            bytes([part, least]) * 15 + bytes([part + 4 * more, least]) for part in (1, 2)
        )
        self.genesis: Entry = found(
            charter_seed=charter, daily_seed=self.daily, salt=number.to_bytes(16, "big")
        )
        self.author = public_key_of(self.daily)
        self.city = CITIES[number % len(CITIES)]
        self._name = name or f"{self.city} P2P"

    def say(self, kind: str, path: ObjectPath, changes: dict[str, object], clock: int) -> Verified:
        """Seal one version of an object."""
        header, body = compose(
            object_id=ObjectId(chapter=self.genesis.chapter, kind=kind, path=path),
            changes=changes,
            in_view=(),
            author=self.author,
            authority=RecordId(self.genesis.id),
            now_ms=clock,
            salt=clock.to_bytes(16, "big"),
        )
        return seal(header, body, seed=self.daily)

    def profile(self) -> Verified:
        """Seal what it says of itself."""
        said = {"name": self._name, "city": self.city, "timeZone": "Europe/Paris"}
        return self.say("profile", ("profile",), dict(said), NOW_MS)

    def event(self, number: int, day: date, text: str, *, clock: int = NOW_MS) -> Verified:
        """Seal an event of an evening."""
        words = text.split(maxsplit=5)
        return self.say(
            "event",
            (f"event{number:07}",),
            {
                "title": " ".join(words[:4]).capitalize(),
                "description": text,
                "when": {
                    "start": f"{day}T{17 + number % 4}:30:00",
                    "timeZone": "Europe/Paris",
                    "duration": "PT2H",
                },
                "where": {"name": PLACES[number % len(PLACES)], "city": self.city},
                "keywords": {TAGS[number % len(TAGS)]: True},
            },
            clock,
        )


def texts(rng: Random, count: int) -> list[str]:
    """Texts of some 500 characters, their words as unevenly spread as in any language."""
    letters = "abcdefghijklmnopqrstuvwxyz"
    words = ["".join(rng.choices(letters, k=rng.randint(2, 11))) for _ in range(30_000)]
    weights = [1 / (rank + 10) for rank in range(len(words))]
    chosen = rng.choices(words, weights, k=count * WORDS_EACH)
    return [" ".join(chosen[at : at + WORDS_EACH]) for at in range(0, len(chosen), WORDS_EACH)]


def home_of_events(
    folder: Path, events: int, *, first: date, days: int, seed: int = 1
) -> tuple[Home, list[Chapter]]:
    """Make a home that follows four chapters with so many events together.

    Args:
        folder: where.
        events: how many.
        first: the first day of any.
        days: over how many days they are spread.
        seed: of what their words are.
    """
    home = Home(folder=folder)
    home.create()
    chapters = [Chapter(number) for number in range(CHAPTERS)]
    said = texts(Random(seed), min(events, 2_000))
    log = SqliteLog(home.log)
    for chapter in chapters:
        log.append([Arrival(item=chapter.genesis), Arrival(item=chapter.profile())], now_ms=NOW_MS)
        follow = Follow(chapter=chapter.genesis.chapter, petname="", since_ms=NOW_MS)
        log.local.set_follow(follow)
    batch: list[Arrival] = []
    for number in range(events):
        # Neighbours in time are no neighbours in the file.
        day = first + timedelta(days=(number * 7919) % days)
        chapter = chapters[number % CHAPTERS]
        batch.append(Arrival(item=chapter.event(number, day, said[number % len(said)])))
        if len(batch) == BATCH or number == events - 1:
            log.append(batch, now_ms=NOW_MS)
            batch.clear()
    log.close()
    return home, chapters
