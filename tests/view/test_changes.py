"""What a person is told of two looks at an agenda."""

from __future__ import annotations

from datetime import date, datetime

import pytest
from msgspec.structs import replace

from p2pevents.record.fields import Event, Session
from p2pevents.record.ids import ChapterId
from p2pevents.record.kinds import Kind
from p2pevents.record.values import Status, StatusIs
from p2pevents.view.calendar import Chapter
from p2pevents.view.changes import ChangeKind, changes_between
from p2pevents.view.entries import Entry, Place
from p2pevents.view.times import Span

PARIS = Chapter(id=ChapterId(bytes(32)))


def entry(name: str = "e", *, day: int = 3, status: StatusIs | None = None) -> Entry:
    start = datetime.fromisoformat(f"2027-02-{day:02}T18:30:00")
    return Entry(
        chapter=PARIS,
        kind=Kind.EVENT,
        path=(name,),
        shown=Event(title=name, status=Status(state=status) if status else None),
        span=Span(time_zone="Europe/Paris", day=date(2027, 2, day), start=start),
        clock=1,
    )


def session(*, room: str = "Hackzone") -> Entry:
    return replace(entry("s"), kind=Kind.SESSION, shown=Session(title="s", room=room))


def kind_of(before: Entry | None, after: Entry | None) -> ChangeKind | None:
    changes = changes_between([before] if before else [], [after] if after else [])
    assert len(changes) <= 1
    return changes[0].kind if changes else None


@pytest.mark.parametrize(
    ("before", "after", "kind"),
    [
        (None, entry(), ChangeKind.NEW),
        (None, entry(status=StatusIs.CANCELLED), ChangeKind.CANCELLED),
        (entry(), entry(), None),
        (entry(), replace(entry(), clock=2), None),
        (entry(), entry(day=4), ChangeKind.MOVED),
        (entry(), entry(day=4, status=StatusIs.CANCELLED), ChangeKind.CANCELLED),
        (entry(), entry(status=StatusIs.POSTPONED), ChangeKind.POSTPONED),
        (entry(), entry(status=StatusIs.SKIPPED), ChangeKind.SKIPPED),
        (entry(status=StatusIs.CANCELLED), entry(), ChangeKind.BACK),
        (entry(status=StatusIs.CANCELLED), entry(status=StatusIs.CANCELLED, day=4), "moved"),
        (entry(), entry(status=StatusIs.TENTATIVE), ChangeKind.CHANGED),
        (entry(), replace(entry(), place=Place(name="La Paillasse")), ChangeKind.PLACE),
        (session(), session(room="Avion"), ChangeKind.PLACE),
        (
            replace(entry(), sessions=(session(),)),
            replace(entry(), sessions=(session(room="Avion"),)),
            ChangeKind.CHANGED,
        ),
        (entry(), replace(entry(), sessions=(entry("s"),)), ChangeKind.CHANGED),
        (entry(), None, ChangeKind.GONE),
    ],
)
def test_each_change_is_told_in_the_word_that_matters_most(
    before: Entry | None, after: Entry | None, kind: ChangeKind | None
) -> None:
    assert kind_of(before, after) == kind


def test_changes_come_in_order_of_time_with_what_was_before() -> None:
    before = [entry("a", day=5), entry("b", day=9)]
    after = [entry("b", day=2), entry("c", day=4)]
    changes = changes_between(before, after)
    assert [(each.kind, each.entry.title) for each in changes] == [
        (ChangeKind.MOVED, "b"),
        (ChangeKind.NEW, "c"),
        (ChangeKind.GONE, "a"),
    ]
    assert changes[0].before == before[1]
