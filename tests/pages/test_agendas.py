"""What is on: the same whether it is kept or read, in pages that follow on each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest

from p2pevents.log.protocol import Arrival
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node import keeping
from p2pevents.node.home import Home
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.times import Window
from p2pevents.web.agendas import found_entry
from p2pevents.web.asked import Asked
from p2pevents.web.drawing import PAGE_ROWS, Painter
from p2pevents.web.face import Face
from p2pevents.web.keep import Keep
from p2pevents.web.month import DAY_ROWS_MAX
from p2pevents.web.shelf import Shelf
from tests.bench.made import TODAY, Chapter, home_of_events

EVENTS, DAYS = 250, 30
BEGINS = TODAY - timedelta(days=10)
NOW_MS = int(datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC).timestamp() * 1000)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    made, _ = home_of_events(tmp_path_factory.mktemp("home"), EVENTS, first=BEGINS, days=DAYS)
    when = {"start": "2020-01-06T19:00:00", "timeZone": "Europe/Paris"}
    rule = {**when, "recurrenceRule": "FREQ=WEEKLY"}
    log = SqliteLog(made.log)
    weekly = Chapter(0).say("series", ("weekly",), {"title": "Every week", "when": rule}, NOW_MS)
    log.append([Arrival(item=weekly)], now_ms=NOW_MS)
    log.close()
    return made


@pytest.fixture
def shelf(home: Home) -> Iterator[Shelf]:
    made = Shelf(home, now_ms=lambda: NOW_MS)
    yield made
    made.close()


@pytest.fixture(params=["kept", "read"])
def either(
    request: pytest.FixtureRequest, home: Home, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Shelf]:
    if request.param == "read":
        monkeypatch.setattr(keeping, "RECORDS_MAX", 0)
    made = Shelf(home, now_ms=lambda: NOW_MS)
    yield made
    made.close()


@pytest.mark.parametrize("from_end", [False, True])
@pytest.mark.parametrize("search", ["", "a", "xyzzy"])
def test_pages_of_an_agenda_are_the_whole_of_it(either: Shelf, search: str, from_end: bool) -> None:
    window = Window(first=BEGINS, until=TODAY) if from_end else Window(first=TODAY, until=None)
    window = Window(first=window.first, until=window.until or TODAY + timedelta(days=90))
    for query in (
        Query(window=window, search=search),
        Query(window=window, search=search, city="LYON"),
        Query(window=window, chapters=frozenset({either.chapters()[2]})),
    ):
        whole = agenda(either.desk.reader.calendar(either.chapters()), query)
        whole = whole[::-1] if from_end else whole
        for skipped in range(0, len(whole) + 1, 40):
            found, is_more = either.agendas.found(
                query, rows_max=40, skipped=skipped, from_end=from_end
            )
            assert (found[::-1] if from_end else found) == whole[skipped : skipped + 40]
            assert is_more == (len(whole) > skipped + 40)


def test_every_event_and_date_that_an_agenda_leads_to_has_its_page(either: Shelf) -> None:
    window = Window(first=BEGINS, until=TODAY + timedelta(days=60))
    for entry in either.agendas.entries(window):
        found = found_entry(either, entry.id)
        assert found is not None, entry.id
        assert found[1].span == entry.span
    assert found_entry(either, "nothing") is None
    assert found_entry(either, "weekly/2027-03-02") is None  # a Tuesday


def links(text: str, rel: str) -> list[str]:
    return re.findall(rf'rel="{rel}" href="([^"]+)"', text)


def test_pages_lead_to_each_other_without_a_script(shelf: Shelf) -> None:
    painter = Painter(shelf, Face())
    seen: list[str] = []
    for number in range(1, 4):
        text = painter.agenda(Asked(values={"page": str(number)} if number > 1 else {}))
        rows = re.findall(r'<h3><a href="/(event/[^"]+)"', text)
        seen += rows
        is_last = len(rows) < PAGE_ROWS
        assert links(text, "next") == ([] if is_last else [f"/?page={number + 1}"])
        assert links(text, "prev") == (["/"] if number == 2 else ["/?page=2"] * (number == 3))
    window = Asked(values={}).window(TODAY)
    assert seen == [f"event/{each.id}" for each in shelf.agendas.entries(window)]
    beyond = painter.agenda(Asked(values={"page": "99", "q": "a"}))
    assert 'href="/?q=a"' in beyond
    assert 'class="empty"' in beyond


def test_a_page_of_what_is_over_goes_on_with_what_was_before(shelf: Shelf) -> None:
    shown = Painter(shelf, Face()).agenda(Asked(values={"past": "1", "page": "2"}))
    assert links(shown, "prev") == ["/?past=1"]
    window = Asked(values={"past": "1"}).window(TODAY)
    last = [f"event/{each.id}" for each in shelf.agendas.entries(window)][::-1]
    rows = re.findall(r'<h3><a href="/(event/[^"]+)"', shown)
    assert sorted(rows) == sorted(last[PAGE_ROWS : 2 * PAGE_ROWS])


def test_a_full_day_of_a_month_leads_to_its_agenda(shelf: Shelf) -> None:
    first = date(2027, 3, 1)
    text = Painter(shelf, Face()).month(first, Asked(values={}))
    for cell in re.findall(r'<td class="in.*?</td>', text, re.DOTALL):
        assert len(re.findall(r'<li class="(?:off)?"', cell)) <= DAY_ROWS_MAX
    more = re.findall(r'href="/\?from=(\S+?)&amp;to=(\S+?)">(\d+) more', text)
    assert more
    for begins, ends, others in more:
        day = date.fromisoformat(begins)
        asked = Asked(values={"from": begins, "to": ends})
        on = shelf.agendas.entries(asked.window(TODAY))
        assert (begins, int(others)) == (ends, len(on) - DAY_ROWS_MAX)
        assert all(each.span.day == day for each in on)


def test_what_is_kept_is_bounded_in_number_and_size() -> None:
    made: list[int] = []

    def thing(number: int, size: int) -> bytes:
        def make() -> bytes:
            made.append(number)
            return bytes(size)

        return keep.get(number, make, size_of=len)

    keep = Keep(things_max=3, bytes_max=100)
    for number in (1, 2, 3, 1, 4, 1, 2):
        thing(number, 10)
    assert made == [1, 2, 3, 4, 2]  # 1 was asked for again; 2 had left for 4
    thing(5, 95)
    thing(1, 10)
    assert made == [1, 2, 3, 4, 2, 5, 1]
    thing(6, 1000)
    thing(6, 1000)
    assert made[7:] == [6]
    keep.clear()
    thing(6, 1000)
    assert made[8:] == [6]


def test_an_address_that_leads_nowhere_takes_no_room(home: Home) -> None:
    shelf = Shelf(home, now_ms=lambda: NOW_MS)
    try:
        found_entry(shelf, "nothing")
        kept = len(shelf._kept._things)
        for number in range(100):
            assert found_entry(shelf, f"nothing{number}") is None
        assert len(shelf._kept._things) == kept
    finally:
        shelf.close()
