"""Each reminder once, whatever is asked how often; a change is told of what was known before."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, strategies as st

from p2pevents.log.memory import MemoryLog
from p2pevents.log.notes import read_note
from p2pevents.node.reminding.due import KEPT_MAX, Kind, Memory, Reminder, look, read_memory
from p2pevents.record.fields import Event
from p2pevents.record.ids import ChapterId
from p2pevents.record.kinds import Kind as RecordKind
from p2pevents.record.values import Status, StatusIs, When
from p2pevents.view.calendar import Chapter
from p2pevents.view.entries import Entry
from p2pevents.view.times import span_of

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
START = datetime(2027, 1, 6, 17, 30, tzinfo=UTC)  # 18:30 in Paris
START_MS = int(START.timestamp() * 1000)
CHAPTER = Chapter(id=ChapterId(b"c" * 32))


def evening(
    *, shift: timedelta = timedelta(), status: StatusIs = StatusIs.CONFIRMED, name: str = "e"
) -> Entry:
    start = (START + timedelta(hours=1) + shift).replace(tzinfo=None)
    when = When(start=start.isoformat(), time_zone="Europe/Paris", duration="PT4H")
    shown = Event(title=f"Evening {name}", when=when, status=Status(state=status))
    return Entry(
        chapter=CHAPTER,
        kind=RecordKind.EVENT,
        path=(name,),
        shown=shown,
        span=span_of(when),
        clock=1,
    )


class Person:
    """Looks again and again, and keeps what came."""

    def __init__(self, *before: str, changes: bool = True) -> None:
        self.memory = Memory()
        self.before = before
        self.changes = changes
        self.next_ms: int | None = None

    def looks(self, entries: Sequence[Entry], now_ms: int) -> list[Reminder]:
        due, self.memory, self.next_ms = look(
            entries, self.memory, now_ms=now_ms, before=self.before, changes=self.changes
        )
        return due


@given(
    looks=st.lists(st.integers(-50 * 60, 60), min_size=1, max_size=30),
    before=st.lists(st.sampled_from(["10m", "1h", "90m", "1d", "2d"]), unique=True, max_size=4),
)
def test_nothing_is_told_twice_nor_after_the_start(looks: list[int], before: list[str]) -> None:
    """Against a model: a look tells one thing if some moment passed since that nobody told of."""
    person = Person(*before)
    lengths = {"10m": 10, "1h": 60, "90m": 90, "1d": 1440, "2d": 2880}
    passed: set[str] = set()
    for minutes in sorted(looks):
        told = person.looks([evening()], START_MS + minutes * MINUTE_MS)
        due = {span for span in before if minutes >= -lengths[span]} if minutes < 0 else set()
        shortest = min(due, key=lengths.__getitem__, default=None)
        expected = 1 if shortest is not None and shortest not in passed else 0
        assert len(told) == expected
        assert all(each.kind is Kind.BEFORE for each in told)
        passed |= due


def test_the_next_look_that_matters_is_known() -> None:
    person = Person("1d", "1h")
    assert person.looks([evening()], START_MS - 30 * HOUR_MS) == []
    assert person.next_ms == START_MS - 24 * HOUR_MS
    (told,) = person.looks([evening()], START_MS - 24 * HOUR_MS)
    assert told.title == "Evening e"
    assert told.text.startswith("2027-01-06 18:30, ")
    assert person.next_ms == START_MS - HOUR_MS


def test_what_moves_or_is_called_off_is_told_once() -> None:
    person = Person()
    now_ms = START_MS - 100 * HOUR_MS
    assert person.looks([evening()], now_ms) == []
    later = evening(shift=timedelta(days=7))
    (moved,) = person.looks([later], now_ms)
    assert (moved.kind, moved.title) == (Kind.MOVED, "moved: Evening e")
    assert "now 2027-01-13 18:30" in moved.text
    assert "it was 2027-01-06 18:30" in moved.text
    assert person.looks([later], now_ms) == []
    off = evening(shift=timedelta(days=7), status=StatusIs.CANCELLED)
    (cancelled,) = person.looks([off], now_ms)
    assert (cancelled.kind, cancelled.title) == (Kind.OFF, "cancelled: Evening e")
    assert person.looks([off], now_ms) == []
    (again,) = person.looks([later], now_ms)
    assert again.kind is Kind.ON_AGAIN


def test_what_is_off_is_not_reminded_of_and_what_moved_is_anew() -> None:
    person = Person("1h", changes=False)
    assert len(person.looks([evening()], START_MS - HOUR_MS)) == 1
    assert person.looks([evening(status=StatusIs.POSTPONED)], START_MS - HOUR_MS) == []
    later = evening(shift=timedelta(hours=3))
    assert person.looks([later], START_MS - HOUR_MS // 2) == []
    assert len(person.looks([later], START_MS + 2 * HOUR_MS)) == 1


def test_what_was_cancelled_before_it_was_followed_is_no_news() -> None:
    assert Person("1d").looks([evening(status=StatusIs.CANCELLED)], START_MS - HOUR_MS) == []


def test_what_is_kept_has_an_end() -> None:
    person = Person("1d")
    many = [evening(name=f"e{number}") for number in range(KEPT_MAX + 50)]
    person.looks(many, START_MS - HOUR_MS)
    assert len(person.memory.seen) == KEPT_MAX
    assert len(person.memory.given) == KEPT_MAX
    person.looks([], START_MS + 49 * HOUR_MS)
    assert person.memory == Memory()


@pytest.mark.parametrize("data", [None, b"", b"no", b'{"seen": 3}', b"[]"])
def test_what_cannot_be_read_is_forgotten(data: bytes | None) -> None:
    local = MemoryLog(incarnation=bytes(16)).local
    local.set_note("reminders", data)
    assert (read_note(local, "reminders", read_memory) or Memory()) == Memory()
