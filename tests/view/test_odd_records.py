"""What records say seldom, on every way to show it."""

from __future__ import annotations

from datetime import date
from typing import Any
from xml.etree import ElementTree as ET

import pytest

from p2pevents.importers.plan import Draft
from p2pevents.record.kinds import Kind
from p2pevents.record.values import Recurring
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.calendar import fold
from p2pevents.view.check import check
from p2pevents.view.editions import line_of
from p2pevents.view.entries import Entry, entry_of
from p2pevents.view.feed import Feed
from p2pevents.view.freshness import newest_versions, said_by
from p2pevents.view.markdown import markdown_text
from p2pevents.view.recurrence import dates_until, starts_of
from p2pevents.view.rows import row_of
from p2pevents.view.schedule_xml import schedule_xml
from p2pevents.view.times import Window
from tests.view import test_ics
from tests.view.making import BOB, CHAPTER, event, profile, record, series

HOURS = {"start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris", "duration": "PT1H"}


def session(name: str, **fields: Any) -> Any:
    return record("session", ("meet", name), {"title": name, "when": HOURS, **fields})


def entries(*records: Any) -> list[Entry]:
    return agenda(fold([profile(), *records]), Query())


def _all(*records: Any) -> list[Entry]:
    calendar = fold([profile(), *records])
    shown = calendar.shown(CHAPTER, Kind.EVENT, ("meet",))
    entry = entry_of(calendar, shown) if shown else None
    return [entry] if entry else []


def rules(*drafts: Draft) -> list[str]:
    return [each.rule for each in check(drafts)]


def draft(kind: Kind, *path: str, **fields: Any) -> Draft:
    return Draft(kind=kind, path=path, fields=fields, where="/".join(path))


# --- the schedule doctor ---------------------------------------------------------------------


def test_a_time_that_no_record_can_hold_is_no_time_to_be_compared() -> None:
    told = draft(Kind.EVENT, "meet", title="Meetup", when={"start": "soon"})
    assert rules(told) == rules(draft(Kind.EVENT, "meet", title="Meetup", when={}))


def test_what_has_no_title_is_told() -> None:
    assert "title" in rules(draft(Kind.EVENT, "meet", when=HOURS))


def test_what_was_over_before_today_needs_no_translation() -> None:
    told = [draft(Kind.EVENT, "meet", title="Meetup", when=HOURS, locale="en")]
    for today, count in ((date(2020, 1, 1), 1), (date(2020, 2, 1), 0)):
        found = check(told, today=today, languages=("en", "fr"))
        assert sum("fr" in each.message for each in found) == count


def test_two_who_clash_by_two_speakers_are_told_once() -> None:
    people = {name: {"name": name.title(), "roles": ["speaker"]} for name in ("ada", "bob")}
    rooms = ("Blue", "Red")
    told = [
        draft(
            Kind.SESSION,
            "meet",
            room.lower(),
            title=room,
            when=HOURS,
            room=room,
            participants=people,
        )
        for room in rooms
    ]
    assert len([rule for rule in rules(*told) if rule not in ("translation", "outside")]) == 1


# --- series and their dates ------------------------------------------------------------------


def test_a_series_goes_on_from_one_that_is_not_here_alone() -> None:
    calendar = fold([series(continues="gone")])
    merged = calendar.shown(CHAPTER, Kind.SERIES, ("paris",))
    assert merged is not None
    assert [each.id.path for each in line_of(calendar, merged)] == [("paris",)]


def test_a_long_line_of_series_is_followed_as_far_as_its_limit() -> None:
    line = [series("FREQ=MONTHLY;COUNT=1", path=f"s{n}", continues=f"s{n + 1}") for n in range(40)]
    calendar = fold(line)
    merged = calendar.shown(CHAPTER, Kind.SERIES, ("s0",))
    assert merged is not None
    assert 1 < len(list(line_of(calendar, merged))) < len(line)


def test_a_series_beside_its_heir_is_counted_for_itself() -> None:
    told = [
        series("FREQ=MONTHLY;BYDAY=1WE"),
        series("FREQ=MONTHLY;BYDAY=2WE", path="heir", continues="paris"),
    ]
    found = agenda(fold(told), Query(window=Window(until=date(2019, 9, 30))))
    assert [(each.path[0], each.edition) for each in found] == [
        ("paris", 0), ("heir", 0), ("paris", 1), ("heir", 1),
    ]  # fmt: skip


def test_a_series_of_which_no_start_is_known_has_no_dates() -> None:
    nothing = Recurring()
    assert dates_until(nothing, date(2020, 1, 1)) == ()
    assert starts_of(nothing, date(2020, 1, 1), date(2020, 2, 1)) == ()


def test_a_series_has_no_dates_after_the_years_that_records_hold() -> None:
    last = Recurring(
        start="2199-12-30T18:30:00", time_zone="Europe/Paris", recurrence_rule="FREQ=DAILY"
    )
    assert dates_until(last, date(2300, 1, 1)) == (date(2199, 12, 30), date(2199, 12, 31))


def test_a_rule_that_ends_on_a_day_that_there_is_none_of_gives_no_dates() -> None:
    rule = Recurring(
        start="2020-01-08T18:30:00",
        time_zone="Europe/Paris",
        recurrence_rule="FREQ=MONTHLY;UNTIL=20200230",
    )
    assert dates_until(rule, date(2020, 6, 1)) == ()


# --- written ---------------------------------------------------------------------------------


def test_a_page_says_what_is_known_and_no_more() -> None:
    start = {"start": "2020-02-05T18:30:00", "timeZone": "Europe/Paris"}
    told = [
        event(),
        session("a", when={**start, "start": "2020-01-08T19:00:00"}, room="Blue"),
        record("recap", ("meet", "recap"), {"title": "Came of it"}),
        event("open", when=start),
        event("later", when={"day": "2020-03-01", "timeZone": "Europe/Paris"}),
        event("long", when={**HOURS, "duration": "P1DT1H"}),
        record("event", ("long",), {"when": {**HOURS, "duration": "PT2H"}}, seed=BOB),
    ]
    text = markdown_text(entries(*told), title="Chapter").decode()
    assert "people came" not in text
    assert "2020-02-05 18:30 (Europe/Paris)\n" in text
    assert "Organisers disagree on" in text
    assert "- 19:00 " in text
    assert ", hour " in text


def test_a_conference_app_is_told_no_zone_where_none_is_known() -> None:
    festival = next(each for each in _all(event(when={}), session("a")) if each.id == "meet")
    text, count = schedule_xml(festival, public_url="https://events.example")
    root = ET.fromstring(text)
    assert count == 1
    assert root.find("conference/time_zone_name") is None
    assert root.findtext("conference/base_url", "").startswith("https://events.example/event/")
    assert root.findtext(".//event/url", "").startswith("https://events.example/event/")


def test_a_series_of_one_date_is_written_without_a_rule() -> None:
    one = record("series", ("paris",), {"title": "Once", "when": HOURS})
    master = test_ics.only(fold([one]))
    assert "RRULE" not in master
    assert master["SUMMARY"] == "Once"


def test_a_series_as_a_row_has_nothing_of_a_session() -> None:
    (row,) = (row_of(each) for each in entries(event("meet")))
    assert "room" not in row


# --- digests ---------------------------------------------------------------------------------


def test_the_newest_version_of_an_author_is_found_in_any_order() -> None:
    old = event("meet")
    new = record("event", ("meet",), {"title": "Later"}, in_view=[old])
    other = record("event", ("meet",), {"title": "Bob's"}, seed=BOB)
    for order in ([old, new, other], [other, new, old]):
        assert set(newest_versions(order)) == {new, other}


def test_what_is_no_digest_says_nothing_of_what_is_planned() -> None:
    assert said_by([event()]) == []


@pytest.mark.parametrize("retracted", [True, False])
def test_what_is_taken_back_keeps_no_words_in_a_calendar_file(*, retracted: bool) -> None:
    note = record("notice", ("meet", "n"), {"title": "A word", "retracted": retracted})
    text = Feed(name="Paris", whole=True).text(fold([event(), note]))
    kept = text.replace(b"\r\n ", b"").count(b"X-P2PEVENTS-OBJECT")
    assert kept == (1 if retracted else 2)
