"""What is new in a chapter that is kept privately is told as of any other; that it moved is not."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from p2pevents.log.memory import MemoryLog
from p2pevents.log.moments import FLOORS_MAX, Floor, Moment, floors_of, set_floor
from p2pevents.node.charters import Charters
from p2pevents.node.keeping import KeptCalendar, KeptFreshness
from p2pevents.node.looking import changes_since
from p2pevents.node.reading import Reader
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.times import Window
from tests.node.community import NOW_MS
from tests.node.test_private_store import FEW, LARGE, MANY, SMALL, Home, events, fill

WINDOW = Window(first=date(2020, 1, 2), until=date(2020, 1, 2) + timedelta(days=400))


def news(home: Home, since: Moment, *, until: Moment | None = None) -> list[str]:
    """What a person is told of the large chapter, in a process that opens the logs anew."""
    both = home.both
    reader = Reader(both, Charters(both), now_ms=lambda: NOW_MS)
    found = changes_since(both, reader, [LARGE.chapter], since, window=WINDOW, until=until)
    return [f"{each.kind.value} {each.entry.title}" for each in found]


def moved(number: int) -> Verified:
    when = {"start": "2020-03-03T19:00:00", "timeZone": "Europe/Paris"}
    return LARGE.write(
        LARGE.leads[0],
        path=(f"e{number}",),
        clock=NOW_MS + 1,
        fields={"title": [NOW_MS, f"Evening {number}"], "when": [NOW_MS + 1, when, []]},
        start="2020-03-03",
    )


def test_what_comes_of_it_is_news_once() -> None:
    home = Home()
    home.follow(LARGE.chapter)
    fill(home)
    first = home.both.moment()
    home.give(moved(3))
    second = home.both.moment()
    assert news(home, first) == ["moved Evening 3"]
    assert news(home, second) == []
    home.give(moved(5))
    assert news(home, second) == ["moved Evening 5"]
    assert news(home, first, until=second) == ["moved Evening 3"]
    assert news(home, first, until=first) == []


def test_that_it_left_the_store_is_no_news() -> None:
    home = Home()
    home.follow(LARGE.chapter)
    home.give(SMALL.genesis, *FEW)
    home.give(LARGE.genesis, *MANY[:14])
    seen = home.both.moment()
    home.give(*MANY[14:20])
    assert len(news(home, seen)) == 6
    seen = home.both.moment()
    home.give(*MANY[20:26])
    assert LARGE.genesis.id not in home.public()
    assert news(home, seen) == []  # not even of what came last: nobody knows any more what did
    home.give(*MANY[26:40])
    assert len(home.dates(LARGE.chapter)) == 40
    assert set(news(home, seen)) == {f"new Evening {number}" for number in range(26, 40)}
    seen = home.both.moment()
    home.start()
    home.settle()
    assert news(home, seen) == []


def test_that_it_is_in_the_store_again_is_no_news() -> None:
    home = Home()
    home.follow(LARGE.chapter)
    home.give(SMALL.genesis, *events(SMALL, 14))
    home.give(LARGE.genesis, *MANY[:16])
    home.give(*MANY[16:25])
    assert LARGE.genesis.id not in home.public()
    seen = home.both.moment()
    home.real.log.remove_chapter(SMALL.chapter)
    home.settle()
    home.give(LARGE.genesis, *MANY[:25])
    assert home.logs[0].chapters() == []
    assert LARGE.genesis.id in home.public()
    assert news(home, seen) == []
    home.give(moved(3))
    assert news(home, seen) == ["moved Evening 3"]


def test_a_page_that_stays_open_shows_what_comes_of_it() -> None:
    """`node.keeping` reads on by positions, which what is kept privately has none of."""
    home = Home()
    home.follow(LARGE.chapter)
    fill(home)
    both = home.both
    reader = Reader(both, Charters(both), now_ms=lambda: NOW_MS)
    calendar, fresh = KeptCalendar(both, [LARGE.chapter]), KeptFreshness(both, [LARGE.chapter])
    calendar.current(reader)
    fresh.look(reader)
    home.give(moved(3))
    # As much leaves the store meanwhile: no sum tells that something came.
    home.real.log.remove([FEW[0].id])
    days = [each.span.day for each in agenda(calendar.current(reader), Query())]
    assert date(2020, 3, 3) in days


@pytest.mark.parametrize("data", [b"", bytes(15), bytes(17)])
def test_a_moment_is_two_numbers(data: bytes) -> None:
    assert Moment.decode(Moment(arrival=7, beside=9).encode()) == Moment(arrival=7, beside=9)
    with pytest.raises(ValueError, match="two numbers"):
        Moment.decode(data)


def test_floors_are_kept_within_a_limit_and_garbled_ones_passed_over() -> None:
    local = MemoryLog(incarnation=bytes(16)).local
    for number in range(FLOORS_MAX + 3):
        set_floor(local, ChapterId(number.to_bytes(32, "big")), Floor(position=number))
    floors = floors_of(local)
    assert len(floors) == FLOORS_MAX
    assert floors[ChapterId((FLOORS_MAX + 2).to_bytes(32, "big"))].position == FLOORS_MAX + 2
    local.set_note("floors", b"no floors")
    assert floors_of(local) == {}
