"""Which edition a date is, and a series that goes on by another rule."""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, strategies as st

from p2pevents.view.agenda import Query, agenda
from p2pevents.view.atom import atom_text
from p2pevents.view.calendar import fold
from p2pevents.view.entries import Entry
from p2pevents.view.feed import Feed
from p2pevents.view.markdown import markdown_text
from p2pevents.view.rows import row_of
from p2pevents.view.table import csv_text
from p2pevents.view.times import Window
from tests.view.making import ALICE, BOB, CHAPTER, record, series

MONTHLY = "FREQ=MONTHLY;BYDAY=1WE"
DAYS = [date(2019, 8, 7) + timedelta(days=7 * week) for week in range(12)]


def shown(*records: Any, until: date = date(2020, 6, 1)) -> list[Entry]:
    return agenda(fold(records), Query(window=Window(until=until)))


def numbers(*records: Any, until: date = date(2020, 6, 1)) -> dict[str, int | None]:
    return {entry.path[-1]: entry.edition for entry in shown(*records, until=until)}


def said(day: str, **fields: Any) -> Any:
    return record("occurrence", ("paris", day), fields)


def test_the_dates_of_a_rule_count_from_0() -> None:
    """CAL-17: a date is an edition, counted from #0."""
    found = numbers(series(), until=date(2019, 12, 1))
    assert found == {"2019-08-07": 0, "2019-09-04": 1, "2019-10-02": 2, "2019-11-06": 3}


def test_what_is_skipped_is_no_edition_and_what_is_called_off_stays_one() -> None:
    """CAL-17: skipped and retracted dates are passed over."""
    when = {"start": "2019-10-09T18:30:00", "timeZone": "Europe/Paris"}
    found = numbers(
        series(),
        said("2019-09-04", status={"is": "cancelled"}),
        said("2019-10-02", status={"is": "skipped", "movedTo": "paris/2019-10-09"}),
        said("2019-10-09", when=when),
        said("2019-11-06", retracted=True),
        until=date(2020, 1, 1),
    )
    assert found == {
        "2019-08-07": 0, "2019-09-04": 1, "2019-10-02": None, "2019-10-09": 2, "2019-12-04": 3,
    }  # fmt: skip


def test_the_count_goes_on_from_a_number_that_was_said() -> None:
    """CAL-17: an edition that an organiser says sets the count."""
    found = numbers(series(), said("2019-09-04", edition=30), until=date(2019, 12, 1))
    assert found == {"2019-08-07": 0, "2019-09-04": 30, "2019-10-02": 31, "2019-11-06": 32}


def test_a_number_does_not_hang_on_how_much_is_looked_at() -> None:
    told = (series(), said("2019-10-02", status={"is": "skipped"}))
    whole = numbers(*told)
    late = agenda(fold(told), Query(window=Window(first=date(2020, 3, 1), until=date(2020, 4, 1))))
    assert [each.edition for each in late] == [whole["2020-03-04"]] == [6]


States = st.sampled_from(
    ["plain", "skipped", "cancelled", "retracted", "added", "numbered", "bare"]
)


@given(st.dictionaries(st.sampled_from(range(84)), States, max_size=12))
def test_numbers_are_those_that_counting_one_by_one_finds(marks: dict[int, str]) -> None:
    first = date(2019, 8, 7)
    told = [series("FREQ=WEEKLY;BYDAY=WE")]
    said_of: dict[date, str] = {}
    for ahead, state in marks.items():
        day = first + timedelta(days=ahead)
        said_of[day] = state
        of_state: dict[str, dict[str, Any]] = {
            "plain": {"title": "T"},
            "bare": {"description": "words"},
            "skipped": {"status": {"is": "skipped"}},
            "cancelled": {"status": {"is": "cancelled"}},
            "retracted": {"retracted": True},
            "added": {"when": {"start": f"{day}T20:00:00", "timeZone": "Europe/Paris"}},
            "numbered": {"edition": 50},
        }
        told.append(said(day.isoformat(), **of_state[state]))
    expected: dict[str, int | None] = {}
    count = 0
    for ahead in range(84):
        day = first + timedelta(days=ahead)
        state = said_of.get(day, "")
        if state == "retracted" or (day not in DAYS and state != "added"):
            continue
        if state == "skipped":
            expected[day.isoformat()] = None
            continue
        count = 50 if state == "numbered" else count
        expected[day.isoformat()] = count
        count += 1
    assert numbers(*told, until=first + timedelta(days=84)) == expected


def test_a_series_goes_on_by_another_rule_and_its_numbers_with_it() -> None:
    """CAL-18: what a series continues is counted with it, and the past stays."""
    when = {
        "start": "2019-11-14T19:00:00",
        "timeZone": "Europe/Paris",
        "recurrenceRule": "FREQ=MONTHLY;BYDAY=2TH",
    }
    old = series(f"{MONTHLY};UNTIL=20191031")
    new = record("series", ("heir",), {"title": "Meetup", "when": when, "continues": "paris"})
    assert numbers(old, new, until=date(2020, 1, 1)) == {
        "2019-08-07": 0, "2019-09-04": 1, "2019-10-02": 2, "2019-11-14": 3, "2019-12-12": 4,
    }  # fmt: skip


def test_series_that_continue_each_other_in_a_ring_have_an_end() -> None:
    ring = [
        series(f"{MONTHLY};UNTIL=20191031", continues="heir"),
        series(f"{MONTHLY};UNTIL=20191031", path="heir", continues="paris"),
    ]
    assert len(shown(*ring)) == 6


def test_two_organisers_who_touch_one_date_meet_on_one_object() -> None:
    """CAL-6: neither saw the other's word, and both stand on one entry."""
    told = [
        series(),
        record("occurrence", ("paris", "2020-02-05"), {"title": "Crypto night"}, seed=ALICE),
        record("occurrence", ("paris", "2020-02-05"), {"description": "Bring keys"}, seed=BOB),
    ]
    (entry,) = [each for each in shown(*told) if each.path[-1] == "2020-02-05"]
    assert (entry.title, entry.shown.description) == ("Crypto night", "Bring keys")


MOVED = "skipped, moved to 2020-01-08"


@pytest.mark.parametrize("form", ["agenda", "json", "ics", "atom", "markdown", "csv"])
def test_every_format_says_where_a_skipped_date_went(form: str) -> None:
    """CAL-9: skipped is shown as skipped, with what stands for it."""
    when = {"start": "2020-01-08T18:30:00", "timeZone": "Europe/Paris"}
    told = [
        series(),
        said("2020-01-01", status={"is": "skipped", "movedTo": "paris/2020-01-08"}),
        said("2020-01-08", when=when, title="Festival"),
    ]
    calendar, entries = fold(told), shown(*told)
    (skipped,) = [each for each in entries if each.path[-1] == "2020-01-01"]
    written = {
        "agenda": lambda: skipped.status_words,
        "json": lambda: f"{row_of(skipped)['status']}, moved to {row_of(skipped)['movedToDay']}",
        "ics": lambda: _unfolded(Feed(name="x").text(calendar)).replace("\\,", ","),
        "atom": lambda: atom_text(calendar, chapters=[CHAPTER], name="x").decode(),
        "markdown": lambda: markdown_text(entries, title="x").decode(),
        "csv": lambda: csv_text(entries).decode(),
    }[form]()
    assert MOVED in written


def test_what_was_moved_to_an_event_names_its_day() -> None:
    told = [
        series(),
        said("2020-01-01", status={"is": "skipped", "movedTo": "fest"}),
        record(
            "event",
            ("fest",),
            {"title": "Festival", "when": {"day": "2020-01-09", "timeZone": "Europe/Paris"}},
        ),
    ]
    (skipped,) = [each for each in shown(*told) if each.path[-1] == "2020-01-01"]
    assert skipped.moved_to == date(2020, 1, 9)


def _unfolded(data: bytes) -> str:
    return data.decode().replace("\r\n ", "")
