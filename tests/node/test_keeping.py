"""A calendar that is kept shows what one made anew would, whatever came to its log."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Arrival, LogStanding
from p2pevents.node import keeping
from p2pevents.node.charters import Charters
from p2pevents.node.keeping import KeptCalendar, KeptFreshness
from p2pevents.node.reading import Reader
from p2pevents.record.draft.lists import DigestDraft
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId
from p2pevents.view.agenda import Query, agenda, facts_in, kept_agenda
from p2pevents.view.atom import atom_text, kept_latest
from p2pevents.view.feed import Feed
from p2pevents.view.times import Window
from tests.bench.made import NOW_MS, Chapter

PARIS, LYON, ELSEWHERE = Chapter(0), Chapter(1), Chapter(2)
CHAPTERS = [each.genesis.chapter for each in (PARIS, LYON)]
DAY = date(2027, 3, 1)
HOUR_MS = 3_600_000
WINDOWS = [Window(), Window(first=DAY, until=DAY + timedelta(days=9)), Window(until=DAY)]


def version(number: int, clock: int) -> Verified:
    chapter = (PARIS, LYON, ELSEWHERE)[number % 3]
    if number in range(7, 14):
        return series(number, clock)
    if number % 5 == 4:
        return chapter.say("venue", (f"v{number}",), {"name": f"Hall {clock}"}, NOW_MS + clock)
    return chapter.event(
        number % 7, DAY, f"one two three four five six {clock}", clock=NOW_MS + clock
    )


def series(number: int, clock: int) -> Verified:
    """Say something of a series, a date of one, or an event that stands for another."""
    at, day = NOW_MS + clock, DAY + timedelta(days=7 * (clock % 4))
    when = {"start": f"{DAY}T19:00:00", "timeZone": "Europe/Paris"}
    match number % 4:
        case 0:
            said: dict[str, Any] = {"title": f"Every {clock}", "when": dict(when)}
            said["when"]["recurrenceRule"] = f"FREQ=WEEKLY;COUNT={clock % 5 + 1}"
            if clock % 2:
                said["continues"] = "s2"
            return PARIS.say("series", (f"s{clock % 3}",), said, at)
        case 1:
            status = {"is": "skipped", "movedTo": f"s{clock % 3}/{DAY}"}
            path = (f"s{clock % 2}", day.isoformat())
            return PARIS.say("occurrence", path, {"status": status}, at)
        case 2:
            status = {"is": "postponed", "movedTo": f"event000000{clock % 7}"}
            said = {"title": "Later", "when": {**when, "start": f"{day}T20:00:00"}}
            return PARIS.say("event", ("event0000003",), {**said, "status": status}, at)
        case _:
            said = {"title": f"Elsewhere {clock}", "when": {**when, "start": f"{day}T18:00:00"}}
            return PARIS.say("event", (f"event000000{clock % 7}",), said, at)


@dataclass
class World:
    """A log, a calendar that is kept of it, and what is kept of that: feeds and agendas."""

    def __post_init__(self) -> None:
        self.log = MemoryLog(incarnation=bytes(16))
        items = [each.genesis for each in (PARIS, LYON, ELSEWHERE)]
        self.log.append([Arrival(item=one) for one in items], now_ms=NOW_MS)
        self.kept = KeptCalendar(self.log, CHAPTERS)
        self.fresh = KeptFreshness(self.log, CHAPTERS)
        self.digests: list[Verified] = []
        self.feed = Feed(name="kept")
        self.latest = kept_latest()
        self.agendas = [(window, kept_agenda(window)) for window in WINDOWS]

    def check(self) -> None:
        reader = Reader(self.log, Charters(self.log), now_ms=lambda: NOW_MS)
        kept, anew = self.kept.current(reader), reader.calendar(CHAPTERS)
        assert kept == anew
        assert list(kept.families) == list(anew.families)
        assert agenda(kept, Query()) == agenda(anew, Query())
        assert self.feed.text(kept) == Feed(name="kept").text(anew)
        fresh = atom_text(anew, chapters=CHAPTERS, name="kept")
        assert atom_text(kept, chapters=CHAPTERS, name="kept", latest=self.latest) == fresh
        for window, kept_entries in self.agendas:
            entries = agenda(anew, Query(window=window))
            assert list(kept_entries.current(kept)) == entries
            assert kept_entries.facts == facts_in(entries)
        self.fresh.look(reader)
        for chapter in CHAPTERS:

            def is_on(window: Window, chapter: ChapterId = chapter) -> bool:
                return bool(agenda(anew.only([chapter]), Query(window=window)))

            found = self.fresh.of(reader, chapter, is_on=is_on, now_ms=NOW_MS)
            assert found == reader.freshness(chapter)
            only = reader.calendar([chapter])
            assert kept.only([chapter]).families == only.families

    def say_what_is_planned(self, clock: int, *more: Verified) -> None:
        """Put a digest into the set in the place of the one before, as the door does."""
        reader = Reader(self.log, Charters(self.log), now_ms=lambda: NOW_MS)
        listed = [each.header for each in reader.listed(CHAPTERS[0])]
        listed += [each.header for each in more]
        draft = DigestDraft.from_versions(
            listed, tip=PARIS.genesis.id, until_ms=NOW_MS + clock * HOUR_MS
        )
        digest = PARIS.say("digest", ("digest",), dict(draft.changes), NOW_MS + clock)
        self.log.append([Arrival(item=digest)], now_ms=NOW_MS)
        self.log.remove([each.id for each in self.digests])
        self.digests = [digest]


steps = st.lists(
    st.tuples(
        st.sampled_from(
            [
                *("add", "add", "add", "profile", "wait", "bare", "enter", "leave", "erase"),
                *("planned", "planned more"),
            ]
        ),
        st.integers(0, 20),
        st.booleans(),
    ),
    max_size=25,
)


@settings(deadline=None)
@given(steps=steps)
def test_a_kept_calendar_is_the_one_made_anew(
    steps: list[tuple[str, int, bool]],
) -> None:
    world = World()
    for clock, (what, number, is_looked_at) in enumerate(steps):
        log, held = world.log, [one.id for one in world.log.in_set() if one.kind is not None]
        waiting = [one.id for one in log.standing(LogStanding.WAITING, limit=99)]
        one = version(number, clock)
        match what:
            case "add":
                log.append([Arrival(item=one)], now_ms=NOW_MS)
            case "profile":
                said: dict[str, object] = {"name": f"Name {clock}", "city": "Paris"}
                record = PARIS.say("profile", ("profile",), said, NOW_MS + clock)
                log.append([Arrival(item=record)], now_ms=NOW_MS)
            case "wait":
                log.append([Arrival(item=one, standing=LogStanding.WAITING)], now_ms=NOW_MS)
            case "bare":
                log.append([Arrival(item=one.without_body())], now_ms=NOW_MS)
                if is_looked_at:
                    world.check()
                log.append([Arrival(item=one)], now_ms=NOW_MS)
            case "enter":
                log.move(waiting[:2], to=LogStanding.IN_SET, now_ms=NOW_MS)
            case "planned" | "planned more":
                world.say_what_is_planned(clock, *([one] if what != "planned" else ()))
            case "leave":
                log.move(held[:1], to=LogStanding.SET_ASIDE, now_ms=NOW_MS)
            case "erase" if held:
                erased = PARIS.say("erase", (f"x{clock}",), {"ids": held[-1:]}, NOW_MS + clock)
                log.append([Arrival(item=erased)], now_ms=NOW_MS)
        if is_looked_at:
            world.check()
    world.check()


def test_only_what_was_said_of_is_made_again() -> None:
    world = World()
    first = [version(number, number) for number in range(7)]
    world.log.append([Arrival(item=one) for one in first], now_ms=NOW_MS)
    reader = Reader(world.log, Charters(world.log), now_ms=lambda: NOW_MS)
    before = world.kept.current(reader)
    changed = version(0, 99)
    world.log.append([Arrival(item=changed)], now_ms=NOW_MS)
    after = world.kept.current(reader)
    anew = [key for key in after.families if after.families[key] is not before.families.get(key)]
    assert anew == [(changed.header.chapter, changed.header.path[0])]


def test_many_changes_are_read_like_a_new_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "CHANGES_MAX", 3)
    world = World()
    world.check()
    for clock in range(2):
        some = [version(number, 10 * clock + number) for number in range(6)]
        world.log.append([Arrival(item=one) for one in some], now_ms=NOW_MS)
        world.check()


@pytest.mark.parametrize("looked_at", [10, 3])
def test_what_comes_in_other_chapters_makes_nothing_anew(
    monkeypatch: pytest.MonkeyPatch, looked_at: int
) -> None:
    monkeypatch.setattr(keeping, "CHANGES_MAX", 3)
    monkeypatch.setattr(keeping, "LOOKED_AT_MAX", looked_at)
    world = World()
    world.log.append([Arrival(item=version(n, n)) for n in range(3)], now_ms=NOW_MS)
    world.check()
    reader = Reader(world.log, Charters(world.log), now_ms=lambda: NOW_MS)
    before = world.kept.current(reader)
    others = [ELSEWHERE.event(n, DAY, "Elsewhere, this evening, once more") for n in range(6)]
    world.log.append([Arrival(item=one) for one in others], now_ms=NOW_MS)
    world.log.remove([others[0].id])  # nothing here is gone
    grown = world.kept.grown(reader)
    assert (grown is before) == (looked_at == 10)
    assert world.kept.current(reader) == before


def test_a_new_digest_in_the_place_of_the_last_reads_nothing_anew() -> None:
    world = World()
    world.log.append([Arrival(item=version(number, number)) for number in range(7)], now_ms=NOW_MS)
    world.say_what_is_planned(20)
    reader = Reader(world.log, Charters(world.log), now_ms=lambda: NOW_MS)
    before = world.kept.current(reader)
    world.say_what_is_planned(21)
    assert world.kept.current(reader) is before
    world.check()
