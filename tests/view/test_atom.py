"""The Atom feed, and what a calendar feed makes of the cancelled."""

from typing import Any
from xml.etree import ElementTree as ET

import icalendar
import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import DraftError
from p2pevents.view.atom import ENTRIES_MAX, atom_text
from p2pevents.view.calendar import Calendar, fold
from p2pevents.view.cancelled import Cancelled
from p2pevents.view.feed import Feed
from p2pevents.view.ics import part_of
from tests.view.making import BOB, CHAPTER, CLOCK_MS, event, profile, record, series

ATOM = "{http://www.w3.org/2005/Atom}"
CANCELLED = {"is": "cancelled", "reason": "rain"}


def feed(calendar: Calendar, **options: Any) -> ET.Element:
    return ET.fromstring(atom_text(calendar, chapters=[CHAPTER], name="Paris", **options))


def titles(calendar: Calendar) -> list[str | None]:
    return [each.findtext(f"{ATOM}title") for each in feed(calendar).iter(f"{ATOM}entry")]


def test_an_empty_calendar_is_a_feed_still() -> None:
    found = feed(fold([]))
    assert found.findtext(f"{ATOM}title") == "Paris"
    assert found.findtext(f"{ATOM}updated") == "1970-01-01T00:00:00Z"
    assert found.find(f"{ATOM}entry") is None


def test_what_was_said_last_stands_first() -> None:
    older = event("older", title="Older")
    newer = record(
        "event", ("newer",), {"title": "Newer", "status": CANCELLED}, now_ms=CLOCK_MS + 5_000
    )
    assert titles(fold([older, newer])) == ["Newer (cancelled)", "Older"]


def test_an_entry_says_when_where_and_what() -> None:
    one = event(
        title=None,
        description="Come all",
        where={"name": "Hall", "city": "Lyon"},
        stream={"uri": "https://meet.example.org/x"},
        status=CANCELLED,
        keywords={"talk": True},
    )
    found = feed(fold([profile(), one]), public_url="https://events.example.org/")
    (entry,) = found.iter(f"{ATOM}entry")
    content = entry.findtext(f"{ATOM}content") or ""
    for words in ("rain", "2020-01-08 18:30 - 23:00 (Europe/Paris)", "Hall, Lyon", "Come all"):
        assert words in content
    assert "Online: https://meet.example.org/x" in content
    assert entry.findtext(f"{ATOM}title") == "(no title yet) (cancelled)"
    assert [each.get("term") for each in entry.iter(f"{ATOM}category")] == ["talk"]
    assert [each.get("href") for each in entry.iter(f"{ATOM}link")] == [
        "https://events.example.org/event/meet"
    ]
    assert len(found.findall(f"{ATOM}link")) == 2


def test_a_night_a_day_alone_and_no_day_are_said_too() -> None:
    night = {"start": "2020-01-08T22:00:00", "timeZone": "Europe/Paris", "duration": "PT4H"}
    whens = {
        "night": night,
        "day": {"day": "2020-01-09", "timeZone": "Europe/Paris"},
        "open": {"start": "2020-01-10T18:30:00", "timeZone": "Europe/Paris"},
        "never": {},
    }
    found = feed(fold([record("event", (name,), {"when": when}) for name, when in whens.items()]))
    contents = {each.findtext(f"{ATOM}content") for each in found.iter(f"{ATOM}entry")}
    assert contents == {
        "2020-01-08 22:00 - 2020-01-09 02:00 (Europe/Paris)",
        "2020-01-09 (Europe/Paris)",
        "2020-01-10 18:30 (Europe/Paris)",
        "",
    }


def test_a_dispute_is_said() -> None:
    one = event(status={"is": "confirmed"})
    other = record("event", ("meet",), {"status": CANCELLED}, seed=BOB)
    (entry,) = feed(fold([one, other])).iter(f"{ATOM}entry")
    assert "Organisers disagree on: status." in (entry.findtext(f"{ATOM}content") or "")


def test_dates_of_a_series_are_there_when_something_was_said_of_them() -> None:
    skipped = record("occurrence", ("paris", "2020-01-01"), {"status": {"is": "skipped"}})
    retracted = record("occurrence", ("paris", "2020-02-05"), {"retracted": True})
    assert titles(fold([series(), skipped, retracted])) == ["Meetup", "Meetup (skipped)"]


def test_a_feed_has_an_end() -> None:
    many = [event(f"e{number}") for number in range(ENTRIES_MAX + 5)]
    assert len(titles(fold(many))) == ENTRIES_MAX


@given(text=st.text(max_size=60))
def test_no_words_break_the_feed(text: str) -> None:
    try:
        one = event(title=text, description=text)
    except DraftError:  # what no record may hold reaches no feed
        return
    assert len(titles(fold([one]))) == 1


# --- the cancelled -------------------------------------------------------------------------------


def events(calendar: Calendar, mode: Cancelled) -> list[tuple[str, str]]:
    text = Feed(name="Paris", cancelled=mode).text(calendar)
    found = icalendar.Calendar.from_ical(text).walk("VEVENT")
    return sorted((str(each["summary"]), str(each["status"])) for each in found)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [
        (Cancelled.MARKED, [("Meetup", "CANCELLED"), ("On", "CONFIRMED")]),
        (Cancelled.REMOVED, [("On", "CONFIRMED")]),
        (Cancelled.TITLED, [("Meetup (cancelled: rain)", "CONFIRMED"), ("On", "CONFIRMED")]),
    ],
)
def test_a_cancelled_event_is_marked_removed_or_named(
    mode: Cancelled, expected: list[tuple[str, str]]
) -> None:
    assert events(fold([event("on", title="On"), event(status=CANCELLED)]), mode) == expected


def test_a_removed_date_is_an_exception_of_its_series() -> None:
    calendar = fold(
        [series(), record("occurrence", ("paris", "2020-01-01"), {"status": CANCELLED})]
    )
    text = Feed(name="Paris", cancelled=Cancelled.REMOVED).text(calendar)
    (one,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert b"20200101T183000" in one["exdate"].to_ical()


def test_a_removed_series_is_gone() -> None:
    assert events(fold([series(status=CANCELLED)]), Cancelled.REMOVED) == []


def test_a_session_alone_is_at_its_event_s_place() -> None:
    whole = event(where={"name": "Hall"})
    when = {"start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris"}
    talk = record("session", ("meet", "talk"), {"title": "Talk", "when": when})
    named = record(
        "session", ("meet", "walk"), {"title": "Walk", "when": when, "where": {"name": "Park"}}
    )
    lost = record("session", ("gone", "talk"), {"title": "Lost", "when": when})
    calendar = fold([whole, talk, named, lost])
    places = {}
    for merged in calendar:
        if merged.id.kind == "session":
            text = part_of(calendar, merged).text.decode()
            assert text.count("BEGIN:VEVENT") == 1
            places[merged.id.path] = "LOCATION:Hall" in text, "LOCATION:Park" in text
    assert places == {
        ("meet", "talk"): (True, False),
        ("meet", "walk"): (False, True),
        ("gone", "talk"): (False, False),
    }
