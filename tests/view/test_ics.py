"""Events as iCalendar: read back by the library, they say what was said."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import pytest
from hypothesis import given, strategies as st

from p2pevents.record.envelope import Verified
from p2pevents.record.ids import to_text
from p2pevents.record.kinds import Kind
from p2pevents.record.uid import uid_of
from p2pevents.view.calendar import Calendar, fold
from p2pevents.view.feed import Feed, calendar_text
from p2pevents.view.ics import part_of
from p2pevents.view.ics_text import IcsText, categories_of
from tests.view.making import CHAPTER, CLOCK_MS, event, profile, record, series

PARIS = ZoneInfo("Europe/Paris")


def read(calendar: Calendar, name: str = "Paris") -> list[Any]:
    text = Feed(name=name).text(calendar)
    document = icalendar.Calendar.from_ical(text)
    assert not document.errors
    # The parser reads each line, and writes all of them again as they were.
    assert sorted(document.to_ical().splitlines()) == sorted(text.splitlines())
    return list(document.walk("VEVENT"))


def only(calendar: Calendar) -> Any:
    (found,) = read(calendar)
    assert not found.errors
    return found


def test_an_event_says_all_that_it_is() -> None:
    """CAL-12"""
    found = only(
        fold(
            [
                event(
                    title="Meetup; with, marks\\",
                    description="First.\nSecond.",
                    keywords={"p2p": True, "a,b": True},
                    where={"name": "Hall", "address": "1 rue A, Paris", "city": "Paris"},
                    stream={"uri": "https://live.example/x"},
                ),
                profile(publicUrl="https://p.example"),
            ]
        )
    )
    assert found["UID"] == f"meet@{to_text(CHAPTER)}"
    assert found["SUMMARY"] == "Meetup; with, marks\\"
    assert found.start == datetime(2020, 1, 8, 18, 30, tzinfo=PARIS)
    assert found.end == datetime(2020, 1, 8, 23, 0, tzinfo=PARIS)
    assert found["DESCRIPTION"] == "First.\nSecond.\n\nOnline: https://live.example/x"
    assert found["LOCATION"] == "Hall, 1 rue A, Paris"
    assert [str(tag) for tag in found["CATEGORIES"].cats] == ["a,b", "p2p"]
    assert found["URL"] == "https://p.example/event/meet"
    assert found["STATUS"] == "CONFIRMED"
    assert found["DTSTAMP"].dt == found["LAST-MODIFIED"].dt
    assert found["DTSTAMP"].dt == datetime(2020, 1, 1, 17, 33, 20, tzinfo=UTC)


def test_a_change_raises_the_sequence_and_keeps_the_uid() -> None:
    """CAL-13"""
    first = event()
    before = only(fold([first]))
    changed = record("event", ("meet",), {"title": "B"}, in_view=[first], now_ms=CLOCK_MS + 60_000)
    after = only(fold([first, changed]))
    assert after["UID"] == before["UID"]
    assert after["SEQUENCE"] == before["SEQUENCE"] + 60
    assert after["DTSTAMP"].dt - before["DTSTAMP"].dt == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("status", "title", "state"),
    [
        ({"is": "tentative"}, "Meetup", "TENTATIVE"),
        ({"is": "cancelled", "reason": "Snow"}, "Meetup", "CANCELLED"),
        ({"is": "postponed", "reason": "Snow"}, "Meetup (postponed: Snow)", "CANCELLED"),
        ({"is": "postponed"}, "Meetup (postponed)", "CANCELLED"),
        ({"is": "skipped"}, "Meetup (skipped)", "CANCELLED"),
    ],
)
def test_what_icalendar_has_no_word_for_is_in_the_title(
    status: dict[str, str], title: str, state: str
) -> None:
    """CAL-15"""
    talk = record("session", ("meet", "talk"), {"title": "Talk", "when": {
        "start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris"}})  # fmt: skip
    found = read(fold([event(status=status), talk]))
    assert (found[0]["SUMMARY"], found[0]["STATUS"]) == (title, state)
    assert len(found) == (1 if state == "CANCELLED" else 2)  # no talk where there is no meetup


def test_an_hour_to_be_announced_is_a_day_that_takes_no_time() -> None:
    """CAL-14"""
    found = only(fold([event(when={"day": "2020-03-01", "timeZone": "Europe/Paris"})]))
    assert found["SUMMARY"] == "Meetup (time to be announced)"
    assert found["DTSTART"].dt == date(2020, 3, 1)
    assert found["TRANSP"] == "TRANSPARENT"
    assert "DTEND" not in found


def test_what_has_no_day_is_in_no_feed() -> None:
    assert read(fold([record("event", ("some",), {"title": "Some day"})])) == []


def test_sessions_stand_beside_their_event_and_those_without_an_hour_in_its_words() -> None:
    """CAL-14"""
    when = {"start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris", "duration": "PT30M"}
    told = [
        event(where={"name": "Hall", "address": "1 rue A"}),
        record("session", ("meet", "a"), {"title": "Talk", "when": when, "room": "Blue"}),
        record("session", ("meet", "b"), {"title": "Later", "when": {}}),
    ]
    meet, talk = read(fold(told))
    assert meet["DESCRIPTION"] == "Later (time to be announced)"
    assert talk["RELATED-TO"] == meet["UID"]
    assert talk["UID"] == f"meet.a@{to_text(CHAPTER)}"
    assert talk["LOCATION"] == "Hall, Blue, 1 rue A"
    assert talk.end - talk.start == timedelta(minutes=30)


def test_a_series_is_a_rule_with_its_dates_beside_it() -> None:
    """CAL-12, CAL-16"""
    told = [
        series("FREQ=MONTHLY;BYDAY=1WE;UNTIL=20200506", where={"name": "Hall"}),
        record("occurrence", ("paris", "2019-10-02"), {"retracted": True}),
        record(
            "occurrence",
            ("paris", "2020-01-01"),
            {"status": {"is": "skipped", "reason": "Holiday", "movedTo": "paris/2020-01-08"}},
        ),
        record(
            "occurrence",
            ("paris", "2020-01-08"),
            {"when": {"start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris"}},
        ),
        record("occurrence", ("paris", "2020-02-06"), {"title": "Not by the rule"}),
        record("occurrence", ("paris", "2020-02-30"), {"title": "No such day"}),
        record("occurrence", ("paris", "2020-04-01"), {"title": "Summer time"}),
    ]
    master, skipped, added, summer = read(fold(told))
    assert master["RRULE"] == {
        "FREQ": ["MONTHLY"],
        "BYDAY": ["1WE"],
        "UNTIL": [datetime(2020, 5, 6, 21, 59, 59, tzinfo=UTC)],
    }
    assert master.start == datetime(2019, 8, 7, 18, 30, tzinfo=PARIS)
    assert [each.dt for each in master["EXDATE"].dts] == [
        datetime(2019, 10, 2, 18, 30, tzinfo=PARIS)
    ]
    assert [each.dt for each in master["RDATE"].dts] == [datetime(2020, 1, 8, 18, 30, tzinfo=PARIS)]
    assert skipped["RECURRENCE-ID"].dt == datetime(2020, 1, 1, 18, 30, tzinfo=PARIS)
    assert (skipped["SUMMARY"], skipped["STATUS"]) == (
        "Meetup (skipped, moved to 2020-01-08: Holiday)",
        "CANCELLED",
    )
    assert added["RECURRENCE-ID"].dt == datetime(2020, 1, 8, 18, 30, tzinfo=PARIS)
    assert added.start == datetime(2020, 1, 8, 19, 0, tzinfo=PARIS)
    assert added["LOCATION"] == "Hall"
    assert summer.start.utcoffset() == timedelta(hours=2)
    assert {each["UID"] for each in (master, skipped, added, summer)} == {
        uid_of(CHAPTER, ("paris",))
    }


def test_a_first_date_that_the_rule_does_not_give_is_not_its_start() -> None:
    found = only(fold([series("FREQ=MONTHLY;BYDAY=2TH")]))
    assert found.start == datetime(2019, 8, 8, 18, 30, tzinfo=PARIS)


def test_an_unknown_zone_floats() -> None:
    when = {"start": "2020-01-08T18:30:00", "timeZone": "Mars/Base", "duration": "PT1H"}
    found = only(fold([event(when=when)]))
    assert found.start == datetime(2020, 1, 8, 18, 30)  # noqa: DTZ001


def test_the_real_year_can_be_read_back(real_year: list[Verified]) -> None:
    found = read(fold(real_year))
    masters = [each for each in found if "RRULE" in each]
    assert len(masters) == 1
    overrides = [each for each in found if "RECURRENCE-ID" in each]
    assert len(overrides) == 11
    (festival,) = (each for each in found if each["SUMMARY"] == "Festival")
    sessions = [each for each in found if each.get("RELATED-TO") == festival["UID"]]
    assert len(sessions) == 54
    assert festival["DESCRIPTION"].count("(time to be announced)") == 9
    assert len({(each["UID"], str(each.get("RECURRENCE-ID"))) for each in found}) == len(found)


def test_a_feed_makes_only_what_changed_and_gives_what_a_fresh_one_gives() -> None:
    first = event()
    calendar = fold([first, event("other"), series(), profile()])
    feed = Feed(name="Paris")
    assert feed.text(calendar) == Feed(name="Paris").text(calendar)
    talk = record("session", ("meet", "talk"), {"title": "Talk", "when": {
        "start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris"}})  # fmt: skip
    added = fold([talk], base=calendar)
    assert b"SUMMARY:Talk" in feed.text(added)
    assert feed.text(added) == Feed(name="Paris").text(added)
    told = fold([profile(publicUrl="https://p.example")], base=added)
    assert b"https://p.example/event/other" in feed.text(told)
    assert feed.text(told) == Feed(name="Paris").text(told)
    gone = fold(
        [first, record("event", ("meet",), {"retracted": True}, in_view=[first])], base=told
    )
    assert b"SUMMARY:Talk" not in feed.text(gone)
    assert feed.text(gone) == Feed(name="Paris").text(gone)


LINE = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Cf", "Zl", "Zp")), min_size=1, max_size=80
)


@given(title=LINE, description=LINE, tag=LINE.map(lambda text: text[:50]))
def test_no_text_breaks_out_of_its_line(title: str, description: str, tag: str) -> None:
    told = record(
        "event",
        ("meet",),
        {
            "title": title,
            "description": f"{description}\nEND:VEVENT\n{description}",
            "keywords": {tag: True},
            "when": {"start": "2020-01-08T18:30:00", "timeZone": "Europe/Paris"},
        },
    )
    calendar = fold([told])
    (merged,) = calendar
    text = part_of(calendar, merged).text
    assert text.count(b"BEGIN:VEVENT") == text.count(b"\r\nEND:VEVENT\r\n") == 1
    assert all(len(line) <= 75 for line in text.split(b"\r\n"))
    found: Any = icalendar.Event.from_ical(text)
    assert found["SUMMARY"] == merged.fields["title"].value


@given(st.text(alphabet='\\Nn,;:"a\\n', min_size=1, max_size=100))
def test_a_text_is_read_again_as_it_was_written(text: str) -> None:
    written = icalendar.Event()
    written.add("summary", IcsText(text))
    written.add("categories", categories_of([text, "p2p"]))
    found: Any = icalendar.Event.from_ical(written.to_ical())
    assert found["SUMMARY"] == text
    assert [str(tag) for tag in found["CATEGORIES"].cats] == [text, "p2p"]


def test_a_backslash_before_a_capital_n_ends_no_line() -> None:
    r"""icalendar, by itself, writes `\N` as a line end."""
    title = r"C:\New\Notes"
    written = Feed(name="Paris").text(fold([event(title=title, keywords={r"\N": True})]))
    found: Any = icalendar.Calendar.from_ical(written).walk("VEVENT")[0]
    assert (found["SUMMARY"], [str(tag) for tag in found["CATEGORIES"].cats]) == (title, [r"\N"])
    by_itself = icalendar.Event()
    by_itself.add("summary", title)  # where this fails, `view.ics_text` is needed no more
    assert icalendar.Event.from_ical(by_itself.to_ical())["SUMMARY"] != title


def test_a_series_that_has_no_date_or_is_retracted_is_in_no_feed() -> None:
    assert read(fold([series("FREQ=MONTHLY;BYDAY=1WE;UNTIL=20190806")])) == []
    assert read(fold([series(retracted=True)])) == []
    assert read(fold([record("series", ("none",), {"title": "None"})])) == []


def test_one_event_by_itself_is_a_calendar_with_the_zones_that_it_names() -> None:
    calendar = fold([event(), profile()])
    part = part_of(calendar, calendar.of_kind(Kind.EVENT)[0])
    text = calendar_text([part], name="Meetup")
    assert text == Feed(name="Meetup").text(calendar)
    assert [str(each["tzid"]) for each in icalendar.Calendar.from_ical(text).walk("VTIMEZONE")] == [
        "Europe/Paris"
    ]
