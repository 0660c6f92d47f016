"""The agenda: what is on within a window, in order, whatever order the records came in."""

from datetime import date
from random import Random

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import replace

from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId
from p2pevents.record.values import StatusIs
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.calendar import Calendar, fold
from p2pevents.view.entries import Entry, entry_of_date
from p2pevents.view.feed import Feed
from p2pevents.view.rows import json_text, row_of
from p2pevents.view.times import Window
from tests.view.making import BOB, CHAPTER, CLOCK_MS, event, profile, record, series, titles


def between(first: str, until: str) -> Query:
    return Query(window=Window(first=date.fromisoformat(first), until=date.fromisoformat(until)))


def starts(entries: list[Entry]) -> list[str]:
    return [entry.span.start.isoformat() for entry in entries if entry.span.start]


ALL = Query()


def test_the_real_year_comes_out_with_its_dates_and_wall_times(real_year: list[Verified]) -> None:
    rows = [row_of(entry) for entry in agenda(fold(real_year), ALL)]
    paris = [row for row in rows if row["title"].startswith("Paris")]
    assert [(row["start"], row["edition"]) for row in paris if row["status"] != "skipped"] == [
        ("2019-08-07T18:30:00", 0), ("2019-09-04T18:30:00", 1), ("2019-10-02T18:30:00", 2),
        ("2019-11-06T18:30:00", 3), ("2019-12-04T18:30:00", 4), ("2020-01-08T18:30:00", 5),
        ("2020-02-05T18:30:00", 6), ("2020-03-04T18:30:00", 7), ("2020-04-01T18:30:00", 8),
        ("2020-05-06T18:30:00", 9),
    ]  # fmt: skip
    (skipped,) = (row for row in paris if row["status"] == "skipped")
    assert skipped["start"] == "2020-01-01T18:30:00"
    (moved,) = (row for row in paris if row["id"] == skipped["movedTo"])
    assert moved["start"] == "2020-01-08T18:30:00"
    # The offset follows the zone through the year.
    assert [row["startUtc"] for row in paris][:5:4] == [
        "2019-08-07T16:30:00Z",
        "2019-12-04T17:30:00Z",
    ]
    assert next(row["end"] for row in paris) == "2019-08-07T23:00:00"
    lyon = [row["start"] for row in rows if row["id"] and row["title"].startswith(("Lyon", "P2P"))]
    assert lyon == [
        "2019-10-23T18:30:00", "2019-12-11T18:30:00", "2020-01-23T18:30:00",
        "2020-03-12T18:30:00", "2020-04-08T18:30:00",
    ]  # fmt: skip
    (nantes,) = (row for row in rows if row["title"].startswith("Nantes"))
    assert (nantes["status"], nantes["venue"], nantes["city"]) == (
        "postponed",
        "Le Palace",
        "Nantes",
    )


def test_the_real_festival_holds_its_63_sessions(real_year: list[Verified]) -> None:
    (festival,) = (entry for entry in agenda(fold(real_year), ALL) if entry.title == "Festival")
    assert len(festival.sessions) == 63
    assert festival.sessions[0].span.day == date(2020, 1, 8)
    talk = next(each for each in festival.sessions if "Cypherpunk" in each.title)
    row = row_of(talk)
    assert (row["start"], row["end"]) == ("2020-01-08T19:00:00", "2020-01-08T19:30:00")
    assert (row["startUtc"], row["type"], row["room"]) == (
        "2020-01-08T18:00:00Z",
        "talk",
        "P2P Meet-up",
    )
    late = next(each for each in festival.sessions if each.span.end and each.span.end.hour == 0)
    assert row_of(late)["end"] == "2020-01-09T00:30:00"
    awaited = [row_of(each) for each in festival.sessions if each.span.start is None]
    assert len(awaited) == 9
    assert awaited[0]["start"] == "2020-01-09"
    assert awaited[0]["startUtc"] is None


def test_records_in_any_order_and_twice_make_the_same_agenda(real_year: list[Verified]) -> None:
    expected = json_text([row_of(entry) for entry in agenda(fold(real_year), ALL)])
    for seed in range(3):
        records = [*real_year, *real_year[:20]]
        Random(seed).shuffle(records)
        assert json_text([row_of(entry) for entry in agenda(fold(records), ALL)]) == expected


def test_every_row_has_every_key() -> None:
    when = {"day": "2020-03-01", "timeZone": "Europe/Paris"}
    calendar = fold([event(), record("event", ("tba",), {"when": when}), series(), profile()])
    keys = {
        "id", "chapter", "chapterName", "title", "start", "end", "timeZone", "startUtc", "status",
        "venue", "tags", "languages", "conflict", "url",
    }  # fmt: skip
    rows = [row_of(entry) for entry in agenda(calendar, between("2020-01-01", "2020-04-01"))]
    assert len(rows) == 5
    assert all(keys <= row.keys() for row in rows)
    assert all(row["chapterName"] == "Paris P2P (demo)" for row in rows)


def test_the_url_is_the_nodes_else_the_chapters_else_none() -> None:
    (entry,) = agenda(fold([event()]), ALL)
    assert row_of(entry)["url"] is None
    assert row_of(entry, public_url="https://a.example/")["url"] == "https://a.example/event/meet"
    told = fold([event(), profile(publicUrl="https://b.example")])
    assert row_of(agenda(told, ALL)[0])["url"] == "https://b.example/event/meet"


@pytest.mark.parametrize(
    ("first", "until", "found"),
    [
        ("2020-01-08", "2020-01-09", True),
        ("2020-01-09", "2020-01-10", True),  # it lasts until half past midnight
        ("2020-01-07", "2020-01-08", False),
        ("2020-01-10", "2020-01-11", False),
    ],
)
def test_what_goes_on_within_the_window_is_shown(first: str, until: str, *, found: bool) -> None:
    when = {"start": "2020-01-08T20:00:00", "timeZone": "Europe/Paris", "duration": "PT4H30M"}
    calendar = fold([event(when=when)])
    assert bool(agenda(calendar, between(first, until))) is found


def test_what_ends_at_midnight_is_over_with_its_day() -> None:
    """CAL-3"""
    when = {"start": "2020-01-08T20:00:00", "timeZone": "Europe/Paris", "duration": "PT4H"}
    assert not agenda(fold([event(when=when)]), between("2020-01-09", "2020-01-10"))


def test_what_has_no_day_comes_last_and_only_without_an_end() -> None:
    """CAL-4"""
    calendar = fold([record("event", ("some",), {"title": "Some day"}), event()])
    assert titles(agenda(calendar, ALL)) == ["Meetup", "Some day"]
    assert titles(agenda(calendar, between("2020-01-01", "2021-01-01"))) == ["Meetup"]


def test_an_hour_follows_the_wall_clock_through_summer_time() -> None:
    rows = agenda(fold([series()]), between("2020-03-01", "2020-05-01"))
    assert [row_of(entry)["startUtc"] for entry in rows] == [
        "2020-03-04T17:30:00Z",
        "2020-04-01T16:30:00Z",
    ]


def test_a_date_says_over_its_series_and_leaves_the_rest() -> None:
    """CAL-7"""
    told = [
        series(keywords={"p2p": True}, where={"name": "Hall", "city": "Paris"}),
        record(
            "occurrence", ("paris", "2020-02-05"), {"title": "Games", "keywords": {"fun": True}}
        ),
    ]
    january, february = agenda(fold(told), between("2020-01-01", "2020-03-01"))
    assert (january.title, february.title) == ("Meetup", "Games")
    assert row_of(february)["tags"] == ["fun", "p2p"]
    assert row_of(february)["venue"] == "Hall"
    assert row_of(february)["start"] == "2020-02-05T18:30:00"


def test_a_new_hour_orphans_no_date() -> None:
    """CAL-6"""
    first = series()
    later = {
        "start": "2019-08-07T20:00:00",
        "timeZone": "Europe/Paris",
        "recurrenceRule": "FREQ=MONTHLY;BYDAY=1WE",
    }
    told = [
        first,
        record("series", ("paris",), {"when": later}, in_view=[first], now_ms=CLOCK_MS + 1),
        record("occurrence", ("paris", "2020-02-05"), {"title": "Games"}),
    ]
    (february,) = agenda(fold(told), between("2020-02-01", "2020-03-01"))
    assert (february.title, row_of(february)["start"]) == ("Games", "2020-02-05T20:00:00")


def test_words_on_a_date_that_the_rule_left_are_not_shown() -> None:
    """CAL-8"""
    told = [
        series("FREQ=MONTHLY;BYDAY=1TH"),
        record("occurrence", ("paris", "2020-02-05"), {"title": "Games"}),
    ]
    assert titles(agenda(fold(told), between("2020-02-01", "2020-03-01"))) == ["Meetup"]


def test_a_date_with_a_time_of_its_own_is_added_and_a_moved_one_is_where_it_went() -> None:
    """CAL-8"""

    def at(start: str) -> dict[str, object]:
        return {"when": {"start": start, "timeZone": "Europe/Paris", "duration": "PT1H"}}

    told = [
        series(),
        record("occurrence", ("paris", "2020-02-20"), at("2020-02-20T19:00:00")),
        record("occurrence", ("paris", "2020-03-04"), at("2020-02-27T19:00:00")),
        record("occurrence", ("paris", "2020-02-30"), at("2020-02-28T19:00:00")),  # no such day
        record("session", ("paris", "stray", "talk"), at("2020-02-28T19:00:00")),
    ]
    february = agenda(fold(told), between("2020-02-01", "2020-03-01"))
    assert starts(february) == ["2020-02-05T18:30:00", "2020-02-20T19:00:00", "2020-02-27T19:00:00"]
    assert agenda(fold(told), between("2020-03-01", "2020-04-01")) == []


def test_what_is_retracted_is_not_shown_with_all_that_is_in_it() -> None:
    """CAL-9, CAL-11"""
    talk = record("session", ("meet", "talk"), {"title": "Talk"})
    told = [
        event(),
        talk,
        series(),
        record("occurrence", ("paris", "2020-01-01"), {"retracted": True}),
    ]
    (meet,) = agenda(fold(told), between("2020-01-01", "2020-01-31"))
    assert titles(meet.sessions) == ["Talk"]
    gone = record("session", ("meet", "talk"), {"retracted": True}, in_view=[talk], now_ms=CLOCK_MS)
    (meet,) = agenda(fold([*told, gone]), between("2020-01-01", "2020-01-31"))
    assert meet.sessions == ()
    end = record("event", ("meet",), {"retracted": True}, in_view=[told[0]], now_ms=CLOCK_MS)
    assert agenda(fold([*told, gone, end]), between("2020-01-01", "2020-01-31")) == []


def test_a_conflict_is_shown_and_cancelled_wins_the_display() -> None:
    first = event()
    told = [
        first,
        record("event", ("meet",), {"status": {"is": "cancelled"}}, in_view=[first], seed=BOB),
        record("event", ("meet",), {"status": {"is": "confirmed"}}, in_view=[first]),
    ]
    (entry,) = agenda(fold(told), ALL)
    assert entry.status is StatusIs.CANCELLED
    assert entry.conflicts == ("status",)
    assert row_of(entry)["conflict"] is True


def test_a_date_inherits_the_conflicts_of_its_series_on_what_it_does_not_say() -> None:
    first = series()
    told = [
        first,
        record("series", ("paris",), {"where": {"name": "A"}}, in_view=[first]),
        record("series", ("paris",), {"where": {"name": "B"}}, in_view=[first], seed=BOB),
        record("occurrence", ("paris", "2020-02-05"), {"where": {"name": "C"}}),
    ]
    january, february = agenda(fold(told), between("2020-01-01", "2020-03-01"))
    assert (january.conflicts, february.conflicts) == (("where",), ())


def test_a_venue_gives_what_the_event_does_not_say() -> None:
    told = [
        record("venue", ("hall",), {"name": "Hall", "city": "Lyon", "address": "1 rue A"}),
        event(where={"name": "The hall", "venue": "hall", "room": "Blue"}),
        profile(city="Paris"),
    ]
    (entry,) = agenda(fold(told), ALL)
    assert (row_of(entry)["venue"], row_of(entry)["city"]) == ("The hall", "Lyon")
    assert agenda(fold(told), replace(ALL, city="LYON"))
    assert not agenda(fold(told), replace(ALL, city="Paris"))


def test_filters_find_what_is_asked_for() -> None:
    other = ChapterId(b"x" * 32)
    told = [
        profile(languages=["fr"]),
        profile(other, name="Lyon P2P (demo)", city="Lyon"),
        event("one", keywords={"Café": True}, languages=["fr-CA"]),
        event("four"),
        event("two", description="About réseaux", languages=["en"]),
        record("event", ("three",), {"title": "Autre"}, chapter=other),
        record("session", ("two", "talk"), {"title": "Les pairs", "languages": ["de"]}),
    ]
    calendar = fold(told)

    def ids(**asked: object) -> list[str]:
        return [entry.id for entry in agenda(calendar, replace(ALL, **asked))]

    assert ids(chapters=frozenset({other})) == ["three"]
    assert ids(city="lyon") == ["three"]
    assert ids(tag="cafe") == ["one"]
    assert ids(language="fr") == ["four", "one"]  # the chapter speaks French
    assert ids(language="de") == ["two"]
    assert ids(search="RESEAUX pairs") == ["two"]
    assert ids(search="réseaux autre") == []
    assert ids(search="lyon") == ["three"]


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=DAILY",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;BYSETPOS=5",
        "FREQ=YEARLY;BYMONTHDAY=31;BYMONTH=4",
        "FREQ=WEEKLY;INTERVAL=99;COUNT=999",
        "FREQ=MONTHLY;BYDAY=5MO",
    ],
)
def test_no_rule_takes_long_or_fills_the_screen(rule: str) -> None:
    """CAL-10"""
    rows = agenda(fold([series(rule)]), ALL)
    assert len(rows) <= 367
    assert len(agenda(fold([series(rule)]), between("1900-01-01", "2199-01-01"))) <= 1000


def test_a_rule_ends_with_the_day_that_it_names() -> None:
    """CAL-5"""
    rows = agenda(fold([series("FREQ=MONTHLY;BYDAY=1WE;UNTIL=20190904")]), ALL)
    assert starts(rows) == ["2019-08-07T18:30:00", "2019-09-04T18:30:00"]
    rows = agenda(fold([series("FREQ=MONTHLY;BYDAY=1WE;UNTIL=20190904T180000")]), ALL)
    assert starts(rows) == ["2019-08-07T18:30:00"]


WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")


@given(
    nth=st.sampled_from([1, 2, 3, 4, -1]),
    weekday=st.integers(0, 6),
    first=st.dates(date(2019, 8, 7), date(2030, 1, 1)),
    days=st.integers(0, 400),
)
def test_the_dates_of_a_monthly_rule_are_those_that_counting_finds(
    nth: int, weekday: int, first: date, days: int
) -> None:
    until = date.fromordinal(first.toordinal() + days)
    rows = agenda(
        fold([series(f"FREQ=MONTHLY;BYDAY={nth}{WEEKDAYS[weekday]}")]),
        Query(window=Window(first=first, until=until)),
    )
    counted = [
        day
        for day in (
            date.fromordinal(number) for number in range(first.toordinal(), until.toordinal())
        )
        if day.weekday() == weekday
        and day >= date(2019, 8, 7)
        and (
            (day.day - 1) // 7 + 1 == nth
            if nth > 0
            else date.fromordinal(day.toordinal() + 7).month != day.month
        )
    ]
    assert [entry.span.day for entry in rows] == counted


@given(seed=st.integers(0, 10**6))
def test_a_calendar_made_in_steps_is_the_one_made_at_once(seed: int) -> None:
    rng = Random(seed)
    first = event()
    records = [
        first,
        record("event", ("meet",), {"title": "Again"}, in_view=[first], now_ms=CLOCK_MS + 5),
        series(),
        record("occurrence", ("paris", "2020-01-01"), {"status": {"is": "skipped"}}),
        record("session", ("meet", "a"), {"title": "Talk"}),
        profile(),
    ]
    rng.shuffle(records)
    calendar = Calendar()
    for number in range(1, len(records) + 1):
        newest = records[number - 1].header.object_id
        calendar = fold(
            [each for each in records[:number] if each.header.object_id == newest], base=calendar
        )
    assert agenda(calendar, ALL) == agenda(fold(records), ALL)


def test_a_void_version_and_an_unknown_kind_change_nothing() -> None:
    good = event()
    strange = record("venue", ("hall",), {"name": "Hall"})
    assert titles(agenda(fold([good, strange, good.without_body()]), ALL)) == ["Meetup"]
    assert agenda(fold([good.without_body()]), ALL) == []
    assert CHAPTER in fold([good]).chapters


@pytest.mark.parametrize(
    ("duration", "end", "end_utc"),
    [
        ("P1D", "2020-03-29T12:00:00", "2020-03-29T10:00:00Z"),  # the clocks went forward
        ("PT24H", "2020-03-29T13:00:00", "2020-03-29T11:00:00Z"),
        ("P1DT2H", "2020-03-29T14:00:00", "2020-03-29T12:00:00Z"),
    ],
)
def test_days_go_by_the_calendar_and_hours_by_the_clock(
    duration: str, end: str, end_utc: str
) -> None:
    """CAL-1"""
    when = {"start": "2020-03-28T12:00:00", "timeZone": "Europe/Paris", "duration": duration}
    (entry,) = agenda(fold([event(when=when)]), ALL)
    assert (row_of(entry)["end"], row_of(entry)["endUtc"]) == (end, end_utc)


def test_a_zone_that_is_not_known_gives_local_time_and_no_instant() -> None:
    """CAL-2"""
    when = {"start": "2020-03-28T12:00:00", "timeZone": "Mars/Base", "duration": "PT1H"}
    row = row_of(agenda(fold([event(when=when)]), ALL)[0])
    assert (row["start"], row["end"]) == ("2020-03-28T12:00:00", "2020-03-28T13:00:00")
    assert (row["startUtc"], row["endUtc"]) == (None, None)


def test_a_translation_of_the_series_does_not_stand_beside_other_words() -> None:
    """CAL-7"""
    told = [
        series(localizations={"fr": {"title": "Rencontre"}}),
        record("occurrence", ("paris", "2020-02-05"), {"title": "Games"}),
    ]
    january, february = agenda(fold(told), between("2020-01-01", "2020-03-01"))
    assert row_of(january)["localizations"] == {"fr": {"title": "Rencontre"}}
    assert row_of(february)["localizations"] == {}


def test_a_series_without_a_rule_is_its_first_date_and_without_a_time_is_none() -> None:
    when = {"start": "2020-01-08T18:30:00", "timeZone": "Europe/Paris"}
    told = [record("series", ("once",), {"title": "Once", "when": when})]
    assert starts(agenda(fold(told), ALL)) == ["2020-01-08T18:30:00"]
    assert agenda(fold([record("series", ("none",), {"title": "None"})]), ALL) == []


def test_a_retracted_series_is_not_shown_with_its_dates() -> None:
    told = [series(retracted=True), record("occurrence", ("paris", "2020-02-05"), {"edition": 6})]
    assert agenda(fold(told), ALL) == []


def test_people_and_translations_are_searched_too() -> None:
    told = [
        event(
            participants={"ada": {"name": "Ada Lovelace", "roles": ["speaker"]}},
            localizations={"fr": {"title": "Rencontre", "description": "Entre pairs"}},
        )
    ]
    for text in ("lovelace", "rencontre", "pairs"):
        assert agenda(fold(told), replace(ALL, search=text))


def test_no_more_rows_come_than_are_asked_for() -> None:
    assert starts(agenda(fold([series()]), ALL, rows_max=2)) == [
        "2019-08-07T18:30:00",
        "2019-09-04T18:30:00",
    ]


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_a_word_on_a_day_that_no_record_may_hold_hides_nothing_else(day: str) -> None:
    """CAL-8"""
    said = record("occurrence", ("paris", day), {"title": "Far"})
    session = record("session", ("paris", day, "talk"), {"title": "Talk", "when": {}})
    calendar = fold([profile(), series(), said, session])
    assert [entry.title for entry in agenda(calendar, Query(), rows_max=1)] == ["Meetup"]
    text = Feed(name="Paris", whole=True).text(calendar)
    assert b"SUMMARY:Meetup" in text
    assert b"SUMMARY:Far" not in text


def test_a_rule_goes_to_the_last_year_that_records_hold() -> None:
    """CAL-10"""
    when = {
        "start": "2199-11-06T18:30:00",
        "timeZone": "Europe/Paris",
        "recurrenceRule": "FREQ=MONTHLY;BYDAY=1WE",
    }
    calendar = fold([profile(), record("series", ("far",), {"title": "Far", "when": when})])
    found = [entry.span.day for entry in agenda(calendar, Query(window=Window()))]
    assert found == [date(2199, 11, 6), date(2199, 12, 4)]
    assert Feed(name="Paris").text(calendar).count(b"BEGIN:VEVENT") == 1


def test_a_series_of_which_only_the_day_is_known_has_no_dates_yet() -> None:
    when = {"day": "2020-02-05", "timeZone": "Europe/Paris"}
    own = {"start": "2020-02-05T18:30:00", "timeZone": "Europe/Paris"}
    calendar = fold(
        [
            record("series", ("tba",), {"title": "To come", "when": when}),
            record("occurrence", ("tba", "2020-02-05"), {"when": own}),
        ]
    )
    assert agenda(calendar, ALL) == []


def test_a_date_of_a_series_that_is_not_shown_is_none() -> None:
    calendar = fold([series(retracted=True)])
    (merged,) = calendar
    assert entry_of_date(calendar, merged, "2020-02-05") is None
    calendar = fold([series()])
    (merged,) = calendar
    assert entry_of_date(calendar, merged, "2020-02-30") is None
    assert entry_of_date(calendar, merged, "2020-02-05") is not None


def test_a_series_that_another_goes_on_from_is_shown_with_it() -> None:
    calendar = fold(
        [
            series("FREQ=MONTHLY;BYDAY=1WE;UNTIL=20191231"),
            series("FREQ=MONTHLY;BYDAY=1TH", path="new", continues="paris"),
        ]
    )
    assert calendar.family(CHAPTER, ("new",)).names == {"paris"}
    assert calendar.around((CHAPTER, "new")) == (calendar.family(CHAPTER, ("paris",)),)
