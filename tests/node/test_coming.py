"""What comes next is what the whole agenda begins with, however far it was read."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st
from msgspec.structs import replace

from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Arrival
from p2pevents.node.charters import Charters
from p2pevents.node.coming import coming, latest
from p2pevents.node.reading import Reader
from p2pevents.node.seeking import Sought
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified, seal
from p2pevents.record.glimpse import longest_in
from p2pevents.record.kinds import Kind
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.times import Window
from tests.bench.made import NOW_MS, Chapter

PARIS, LYON = Chapter(0), Chapter(1)
CHAPTERS = [each.genesis.chapter for each in (PARIS, LYON)]
FIRST = date(2027, 3, 1)
ZONES = ["Europe/Paris", "Pacific/Kiritimati", "Pacific/Midway", "Nowhere/At_all"]
LASTS = ["PT2H", "PT50H", "P1D", "P30D", "P4W", "PT1439M", None]


def when(day: int, hour: int, zone: str, lasts: str | None) -> dict[str, Any]:
    start = f"{FIRST + timedelta(days=day)}T{hour:02}:15:00"
    return {"start": start, "timeZone": zone, **({"duration": lasts} if lasts else {})}


whens = st.builds(
    when,
    st.integers(-40, 90),
    st.integers(0, 23),
    st.sampled_from(ZONES),
    st.sampled_from(LASTS),
)
said = st.lists(
    st.tuples(
        st.sampled_from([PARIS, LYON]),
        st.sampled_from(["event", "event", "event", "session", "series", "occurrence", "recap"]),
        st.integers(0, 5),
        whens,
        st.integers(0, 90),
    ),
    max_size=25,
)


filters = st.builds(
    Query,
    search=st.sampled_from(["", "ord3", "NUMBER1 wor", "p2p ord2", "evr cafe", "absent"]),
    city=st.sampled_from(["", "", "PARIS", "\u00e9vry"]),
    tag=st.sampled_from(["", "", "radio"]),
)


def record(number: int, told: tuple[Chapter, str, int, dict[str, Any], int]) -> Verified:
    chapter, kind, object_, at, day = told
    title = {"title": f"Word{object_} number{number % 3}"}
    date_ = (FIRST + timedelta(days=day)).isoformat()
    match kind:
        case "series":
            rule = {**at, "recurrenceRule": "FREQ=WEEKLY;INTERVAL=2"}
            return chapter.say("series", (f"s{object_}",), {**title, "when": rule}, NOW_MS + number)
        case "occurrence":
            path = (f"s{object_}", date_)
            return chapter.say("occurrence", path, {**title, "when": at}, NOW_MS + number)
        case "session":
            above = (f"e{object_}",) if number % 2 else (f"s{object_}", date_)
            path = (*above, f"t{number}")
            return chapter.say("session", path, {**title, "when": at}, NOW_MS + number)
        case "recap":
            path = (f"e{object_}", f"r{number}")
            return chapter.say("recap", path, {**title, "day": date_}, NOW_MS + number)
        case _:
            where = {"where": {"name": "Caf\u00e9", "city": "\u00c9vry"}} if number % 3 else {}
            more = {**where, "keywords": {"R\u00e1dio": True}} if number % 2 else where
            changes = {**title, "when": at, **more}
            return chapter.say("event", (f"e{object_}",), changes, NOW_MS + number)


def reader_of(records: list[Verified]) -> tuple[MemoryLog, Reader]:
    log = MemoryLog(incarnation=bytes(16))
    items: list[Verified | Entry] = [
        PARIS.genesis,
        LYON.genesis,
        PARIS.profile(),
        LYON.profile(),
        *records,
    ]
    log.append([Arrival(item=one) for one in items], now_ms=NOW_MS)
    return log, Reader(log, Charters(log), now_ms=lambda: NOW_MS)


@settings(deadline=None)
@given(said=said, rows_max=st.integers(1, 12), days=st.integers(1, 80), asked=filters)
def test_what_comes_next_is_how_the_whole_agenda_begins(
    said: list[tuple[Chapter, str, int, dict[str, Any], int]],
    rows_max: int,
    days: int,
    asked: Query,
) -> None:
    _, reader = reader_of([record(number, told) for number, told in enumerate(said)])
    query = replace(asked, window=Window(first=FIRST, until=FIRST + timedelta(days=days)))
    whole = agenda(reader.calendar(CHAPTERS), query)
    found, is_cut = coming(reader, CHAPTERS, query, rows_max=rows_max)
    assert found == whole[:rows_max]
    assert is_cut or len(whole) <= rows_max
    for chapter in CHAPTERS:
        only = replace(query, chapters=frozenset({chapter}))
        found, _ = coming(reader, [chapter], only, rows_max=rows_max)
        assert found == agenda(reader.calendar(CHAPTERS), only, rows_max=rows_max)


@settings(deadline=None)
@given(said=said, rows_max=st.integers(1, 12), days=st.integers(1, 80), asked=filters)
def test_what_was_last_is_how_the_whole_agenda_ends(
    said: list[tuple[Chapter, str, int, dict[str, Any], int]],
    rows_max: int,
    days: int,
    asked: Query,
) -> None:
    _, reader = reader_of([record(number, told) for number, told in enumerate(said)])
    query = replace(asked, window=Window(first=FIRST, until=FIRST + timedelta(days=days)))
    whole = agenda(reader.calendar(CHAPTERS), query)
    found, is_cut = latest(reader, CHAPTERS, query, rows_max=rows_max)
    assert found == whole[-rows_max:]
    assert is_cut or len(whole) <= rows_max


def test_without_an_end_all_is_read() -> None:
    _, reader = reader_of([record(0, (PARIS, "event", 1, when(600, 9, ZONES[0], None), 0))])
    entries, is_cut = coming(reader, CHAPTERS, Query(window=Window(first=FIRST)), rows_max=1)
    assert [entry.id for entry in entries] == ["e1"]
    assert not is_cut


def test_a_start_hint_that_is_no_day_hides_nothing_else() -> None:
    """A hint is bounded in form alone: an author may write the 31st of February."""
    good = record(0, (PARIS, "event", 1, when(8, 9, ZONES[0], None), 0))
    odd = record(1, (PARIS, "event", 2, when(-5, 9, ZONES[0], "P30D"), 0))
    assert odd.body is not None
    header = replace(odd.header, start="2027-02-31")
    _, reader = reader_of([good, seal(header, odd.body, seed=PARIS.daily)])
    first = FIRST + timedelta(days=7)  # the hint lies in the weeks before
    query = Query(window=Window(first=first, until=first + timedelta(days=9)))
    shown = agenda(reader.calendar(CHAPTERS, window=query.window), query)
    assert [entry.id for entry in shown] == ["e1"]
    entries, _ = coming(reader, CHAPTERS, query, rows_max=9)
    assert [entry.id for entry in entries] == ["e1"]


@pytest.mark.parametrize(
    ("body", "length"),
    [
        (b"", timedelta()),
        (b"hdurationdPT2H", timedelta(hours=2)),
        (b"hdurationbP3D..hdurationcP3D", timedelta(days=3)),
        (b"hdurationhis a word", timedelta()),
        (b"hduration\x78\x20P", timedelta.max),
        (b"hduration", timedelta()),
        (b"hduration\xa1", timedelta.max),
    ],
)
def test_the_longest_duration_is_seen_in_the_bytes(body: bytes, length: timedelta) -> None:
    assert longest_in(body) == length


def test_what_a_search_cannot_find_is_passed_by() -> None:
    at = when(3, 9, ZONES[0], None)
    _, reader = reader_of([record(number, (PARIS, "event", number, at, 0)) for number in range(6)])
    query = Query(window=Window(first=FIRST, until=FIRST + timedelta(days=9)), search="ord4 paris")
    calendar = reader.calendar(CHAPTERS, window=query.window, sought=Sought(query))
    assert [merged.id.path for merged in calendar.of_kind(Kind.EVENT)] == [("e4",)]
    assert [entry.id for entry in agenda(calendar, query)] == ["e4"]
