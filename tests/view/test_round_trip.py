"""An exported calendar that is imported again: the same objects, word for word."""

from dataclasses import replace
from typing import Any

from p2pevents.importers.plan import Destination, Plan, Trust
from p2pevents.importers.reading import read_source
from p2pevents.node.importing import changed_only
from p2pevents.record.ids import ChapterId
from p2pevents.record.kinds import Kind
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.calendar import Calendar, fold
from p2pevents.view.feed import Feed
from p2pevents.view.rows import row_of
from p2pevents.view.times import Window
from tests.view.making import CHAPTER, event, profile, record, sealed, series

OTHER = ChapterId(bytes(32))
INTO = Destination(chapter=CHAPTER, time_zone="Europe/Paris", trust=Trust.WALL)
WHEN = {"start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris", "duration": "PT30M"}


def exported(calendar: Calendar) -> bytes:
    return Feed(name="Paris", whole=True).text(calendar)


def changes(calendar: Calendar, made: Plan) -> list[tuple[Any, dict[str, Any]]]:
    """Return what an import would write: nothing, where it reproduces what is there."""
    found = []
    for draft in made.drafts:
        held = calendar.object_at(CHAPTER, draft.kind, draft.path)
        changed = changed_only(held, draft.kind, draft.fields)
        if changed:
            found.append((draft.path, changed))
    return found


def rows(calendar: Calendar) -> list[dict[str, Any]]:
    found = [row_of(entry) for entry in agenda(calendar, Query(window=Window()))]
    sessions = [session for row in found for session in row["sessions"]]
    for row in [*found, *sessions]:
        for name in ("id", "chapter", "movedTo", "series"):
            row.pop(name, None)
    for row in found:
        # What begins at one time stands in the order of its ids, which are others there.
        row["sessions"].sort(key=_words)
    return sorted(found, key=_words)


def _words(row: dict[str, Any]) -> str:
    return f"{row['start']} {row['title']} {row.get('room')} {row['end']}"


def a_year() -> list[Any]:
    return [
        profile(),
        series(
            "FREQ=MONTHLY;BYDAY=1WE;UNTIL=20200301", description="First Wednesday.", locale="en"
        ),
        record("occurrence", ("paris", "2020-01-01"), {"status": {"is": "skipped", "reason": "x"}}),
        record("occurrence", ("paris", "2020-01-08"), {"when": {**WHEN}, "title": "In its place"}),
        record("session", ("paris", "2020-02-05", "talk"), {"title": "Talk", "when": {}}),
        event("later", "2020-05-08T18:30:00", status={"is": "postponed", "reason": "illness"}),
        event("gone", "2020-06-08T18:30:00", status={"is": "cancelled"}),
        event(
            "fest",
            "2020-07-08T18:30:00",
            localizations={"fr": {"title": "Fête"}},
            languages=["fr", "en"],
            participants={"ada": {"name": "Ada", "roles": ["speaker"]}},
            links={"tickets": {"href": "https://t.example/", "title": "Tickets", "rel": "tickets"}},
            stream={"uri": "https://live.example/", "name": "Live"},
            where={"name": "Hall", "address": "1 rue A", "city": "Paris", "country": "FR"},
        ),
        record("session", ("fest", "a"), {"title": "Hour", "when": WHEN, "room": "R", "type": "x"}),
        record("session", ("fest", "b"), {"title": "No hour", "when": {}, "recording": "no"}),
    ]


def test_into_the_chapter_it_came_from_an_export_changes_nothing() -> None:
    calendar = fold(a_year())
    made = read_source(exported(calendar), name="x.ics").plan("", INTO)
    assert len(made.drafts) == len(calendar_objects(calendar))
    assert changes(calendar, made) == []


def test_into_another_chapter_an_export_makes_the_same_calendar() -> None:
    calendar = fold(a_year())
    made = read_source(exported(calendar), name="x.ics").plan("", replace(INTO, chapter=OTHER))
    again = fold([profile(chapter=OTHER), *sealed(made, chapter=OTHER)])
    assert rows(again) == rows(calendar)


def test_the_real_year_comes_back_as_it_was(real_year: list[Any]) -> None:
    calendar = fold(real_year)
    made = read_source(exported(calendar), name="x.ics").plan("", INTO)
    assert changes(calendar, made) == []
    assert {draft.path for draft in made.drafts} == {path for _, path in calendar_objects(calendar)}
    made = read_source(exported(calendar), name="x.ics").plan("", replace(INTO, chapter=OTHER))
    again = fold([profile(chapter=OTHER), *sealed(made, chapter=OTHER)])
    assert rows(again) == rows(calendar)


def test_what_another_program_changed_is_read_by_its_own_words() -> None:
    calendar = fold([profile(), event(description="Kept.")])
    text = exported(calendar).decode()
    line = next(each for each in text.splitlines() if each.startswith("LAST-MODIFIED"))
    edited = text.replace("SUMMARY:Meetup", "SUMMARY:Edited").replace(
        line, "LAST-MODIFIED:20210101T000000Z"
    )
    made = read_source(edited.encode(), name="x.ics").plan("", INTO)
    assert changes(calendar, made) == [(("meet",), {"title": "Edited"})]
    unmarked = text.replace("SUMMARY:Meetup", "SUMMARY:Edited")
    assert changes(calendar, read_source(unmarked.encode(), name="x.ics").plan("", INTO)) == []


def calendar_objects(calendar: Calendar) -> set[tuple[str, Any]]:
    kinds = (Kind.EVENT, Kind.SERIES, Kind.OCCURRENCE, Kind.SESSION)
    return {(each.id.kind, each.id.path) for each in calendar if each.id.kind in kinds}
