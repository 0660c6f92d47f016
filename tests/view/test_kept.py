"""What is kept of a calendar while it grows: the same as if it were made anew each time."""

from __future__ import annotations

from random import Random
from typing import Any

import pytest
from hypothesis import given, strategies as st

from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, Path
from p2pevents.view import calendar as calendars
from p2pevents.view.agenda import Query, agenda, facts_in, kept_agenda
from p2pevents.view.atom import kept_latest
from p2pevents.view.calendar import Calendar, Family, fold
from p2pevents.view.feed import Feed
from p2pevents.view.kept import Kept
from p2pevents.view.times import EVER
from tests.view.making import CHAPTER, CLOCK_MS, event, profile, record, series

OTHER = ChapterId(b"x" * 32)
BOTH = (CHAPTER, OTHER)


def evening(number: int, **fields: Any) -> Verified:
    """An event of its own day, with a word that is its own and one that others have too."""
    start = f"2020-{number % 12 + 1:02}-{number % 28 + 1:02}T18:30:00"
    keywords = {f"only-{number}": True, f"some-{number % 3}": True}
    return event(
        f"e{number}", start, **{"title": f"Evening {number}", "keywords": keywords} | fields
    )


EVENINGS = [evening(number) for number in range(16)]


BEGINNING = [*EVENINGS, profile(), profile(OTHER, name="Lyon P2P (demo)", city="Lyon")]
BEGUN = fold(BEGINNING)


def key_of(each: Verified) -> tuple[ChapterId, str, Path]:
    return each.header.chapter, each.header.kind, each.header.path


class Held:
    """A log in small: versions by object, and the calendar that is made of them step by step."""

    def __init__(self) -> None:
        self.versions = {key_of(each): [each] for each in BEGINNING}
        self.calendar = BEGUN

    def take(self, *records: Verified) -> None:
        for each in records:
            self.versions.setdefault(key_of(each), []).append(each)
        keys = dict.fromkeys(map(key_of, records))
        named = [each for key in keys for each in self.versions[key]]
        self.calendar = fold(named, base=self.calendar)

    def change(
        self, kind: str, path: Path, fields: dict[str, Any], *, chapter: ChapterId = CHAPTER
    ) -> None:
        in_view = self.versions.get((chapter, kind, path), [])
        now_ms = CLOCK_MS + 1_000 * sum(map(len, self.versions.values()))
        self.take(record(kind, path, fields, in_view=in_view, chapter=chapter, now_ms=now_ms))


def step(held: Held, rng: Random) -> None:
    """One thing that happens to a calendar."""
    number = rng.randrange(16)
    match rng.randrange(8):
        case 0:
            held.change("event", (f"e{number}",), {"title": f"Changed {rng.random()}"})
        case 1:
            held.change("event", (f"e{number}",), {"retracted": rng.random() < 0.7})
        case 2:
            when = {"start": f"2021-01-{number + 1:02}T10:00:00", "timeZone": "Europe/Paris"}
            held.change("event", (f"e{number}",), {"when": when})
        case 3:
            told = {"title": "New", "when": {"day": "2020-03-03", "timeZone": "Asia/Tokyo"}}
            held.change("event", (f"n{rng.randrange(100)}",), told, chapter=rng.choice(BOTH))
        case 4:
            moved = {"is": "postponed", "movedTo": f"e{rng.randrange(16)}"}
            held.change("event", (f"e{number}",), {"status": moved})
        case 5:
            held.change("profile", ("profile",), {"city": rng.choice(["Paris", "Lille"])})
        case 6:
            held.take(series(path="paris"))
            held.change("occurrence", ("paris", "2020-02-05"), {"title": str(rng.random())})
        case _:
            held.change("session", (f"e{number}", "talk"), {"title": str(rng.random())})


@given(seed=st.integers(0, 10**6), steps=st.integers(1, 12))
def test_what_is_kept_is_what_is_made_anew_after_each_step(seed: int, steps: int) -> None:
    rng, held, shown, text = Random(seed), Held(), BEGUN, b""
    kept, latest, feed = kept_agenda(EVER), kept_latest(), Feed(name="Paris")
    for _ in range(steps):
        step(held, rng)
        # Now and then a chapter is not asked for, and comes back.
        shown = held.calendar.only(BOTH if rng.random() < 0.7 else [CHAPTER])
        anew = agenda(shown, Query())
        assert list(kept.current(shown)) == anew
        assert kept.facts == facts_in(anew)
        assert list(latest.current(shown)) == list(kept_latest().current(shown))
        text = feed.text(shown)
    assert text == Feed(name="Paris").text(shown)


def test_of_what_did_not_change_nothing_is_made_again() -> None:
    made: list[tuple[str, Path]] = []

    def note(_: Calendar, family: Family) -> int:
        made.extend(family.members)
        return len(made)

    held, kept = Held(), Kept(note)
    kept.update(held.calendar)
    assert len(made) == 18
    made.clear()
    held.change("event", ("e3",), {"title": "Changed"})
    kept.update(held.calendar)
    assert made == [("event", ("e3",))]


def test_what_a_moved_event_is_shown_with_follows_the_one_that_stands_for_it() -> None:
    held, kept = Held(), kept_agenda(EVER)
    held.change("event", ("e1",), {"status": {"is": "postponed", "movedTo": "e9"}})
    held.change("event", ("e9",), {"status": {"is": "postponed", "movedTo": "e10"}})
    held.change("event", ("e10",), {"status": {"is": "postponed", "movedTo": "e1"}})  # in a ring

    def day_shown() -> str:
        found = next(each for each in kept.current(held.calendar) if each.id == "e1")
        return str(found.moved_to)

    before = day_shown()
    when = {"start": "2022-05-05T18:30:00", "timeZone": "Europe/Paris"}
    held.change("event", ("e9",), {"when": when})
    assert (before, day_shown()) == ("2020-10-10", "2022-05-05")


def test_a_family_that_names_too_many_is_made_anew_each_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(calendars, "NAMED_MAX", 2)
    held = Held()
    for number in range(4):
        status = {"is": "postponed", "movedTo": f"e{number + 1}"}
        held.change("event", (f"e{number}",), {"status": status})
    made: list[str] = []
    kept = Kept(lambda _, family: made.extend(path[0] for _, path in family.members))
    kept.update(held.calendar)
    made.clear()
    kept.update(held.calendar)
    assert sorted(made) == ["e0", "e1"]  # these have three and more behind them


def test_a_body_that_is_not_here_is_lacking_until_it_comes() -> None:
    newer = record("event", ("e1",), {"title": "New"}, in_view=[EVENINGS[1]], now_ms=CLOCK_MS + 9)
    held = Held()
    assert held.calendar.lacking == set()
    held.take(newer.without_body())
    assert held.calendar.lacking == {newer.header.object_id}
    held.take(newer)
    assert held.calendar.lacking == set()


def test_a_calendar_of_some_chapters_is_the_very_one_where_they_are_all() -> None:
    held = Held()
    assert held.calendar.only([*BOTH, ChapterId(bytes(32))]) is held.calendar
    assert held.calendar.only([OTHER]).chapters.keys() == {OTHER}


def test_what_is_no_part_of_a_calendar_is_passed_over() -> None:
    call = record("call", ("talks",), {"title": "Call for talks"})
    assert fold([call]) == Calendar()
