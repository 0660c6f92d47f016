"""The schedule doctor: every defect of the real programme, and none that is not there."""

from collections import Counter
from datetime import date
from typing import Any

import pytest

from p2pevents.importers.plan import Draft, Plan
from p2pevents.record.kinds import Kind
from p2pevents.view.calendar import fold
from p2pevents.view.check import FINDINGS_MAX, check, words_of
from tests.view.conftest import plans
from tests.view.making import event, record, sealed, series


def session(name: str, start: str, length: str = "PT1H", **fields: Any) -> Draft:
    when = {"start": f"2020-01-08T{start}:00", "timeZone": "Europe/Paris", "duration": length}
    said = {"title": name, "when": when, "room": "Hall", **fields}
    return Draft(kind=Kind.SESSION, path=("meet", name.lower()), fields=said, where=name)


def rules(*drafts: Draft) -> list[tuple[str, str]]:
    return [(each.rule, each.where) for each in check(drafts)]


def test_every_defect_of_the_real_programme_is_found(festival_plan: Plan) -> None:
    found: dict[str, list[str]] = {}
    for finding in check(festival_plan.drafts):
        found.setdefault(finding.rule, []).append(finding.where.split("row ")[-1])
    pairs = {
        frozenset((finding.where.split("row ")[1], finding.message.split("row ")[1].split(" ")[0]))
        for finding in check(festival_plan.drafts)
        if finding.rule == "overlap"
    }
    assert {tuple(sorted(pair)) for pair in pairs} == {
        ("43", "57"), ("43", "60"), ("43", "61"), ("57", "60"), ("57", "61"), ("31", "50"),
    }  # fmt: skip
    assert len(found.pop("overlap")) == 6
    assert found.pop("end") == ["22", "32"]
    assert found.pop("tba") == ["9", "16", "19", "21", "23", "30", "51", "53", "63"]
    assert found.pop("title") == ["23", "56"]
    assert found.pop("translation") == ["44"]
    assert found.pop("same-translation") == [
        "2", "4", "21", "26", "31", "41", "43", "60", "61", "63",
    ]  # fmt: skip
    assert found.pop("speaker-spelling") == ["43"]
    assert len(found.pop("same-room")) == 8
    assert found == {}


def test_the_log_is_checked_by_the_same_rules_as_the_file(festival_plan: Plan) -> None:
    from_file = Counter(each.rule for each in check(festival_plan.drafts))
    from_log = check(words_of(fold(sealed(festival_plan))))
    assert Counter(each.rule for each in from_log) == from_file
    assert all("/" in each.where for each in from_log)


def test_only_one_room_at_one_time_is_an_overlap() -> None:
    first = session("A", "18:00")
    assert rules(first, session("B", "18:59")) == [("overlap", "B")]
    assert rules(first, session("B", "18:59", room="hall")) == [("overlap", "B")]
    assert rules(first, session("B", "19:00")) == []
    assert rules(first, session("B", "18:30", room="Bar")) == []
    assert rules(first, session("B", "18:30", type="stand")) == []
    assert rules(first, session("B", "18:30", status={"is": "cancelled"})) == []


def test_each_of_three_that_overlap_is_told_with_each_other() -> None:
    found = rules(session("A", "18:00", "PT3H"), session("B", "18:30"), session("C", "19:00"))
    assert found == [("overlap", "B"), ("overlap", "C"), ("overlap", "C")]


def test_zones_that_are_odd_are_told() -> None:
    gap = {"start": "2020-03-29T02:30:00", "timeZone": "Europe/Paris", "duration": "PT1H"}
    other = {"start": "2020-01-08T18:00:00", "timeZone": "Europe/London", "duration": "PT1H"}
    unknown = {"start": "2020-01-08T18:00:00", "timeZone": "Mars/Base", "duration": "PT1H"}
    told = [
        event(),
        record("event", ("gap",), {"title": "Gap", "when": gap}),
        record("session", ("meet", "far"), {"title": "Far", "when": other}),
        record("event", ("mars",), {"title": "Mars", "when": unknown}),
    ]
    found = [each for each in check(words_of(fold(told))) if each.rule == "zone"]
    assert [each.where for each in found] == ["gap (Gap)", "mars (Mars)", "meet/far (Far)"]
    assert found[0].hint == "did you mean 03:30"


def test_a_session_out_of_its_event_is_told() -> None:
    told = [
        event(),
        record("session", ("meet", "soon"), dict(session("Soon", "18:00").fields)),
        record("session", ("meet", "late"), dict(session("Late", "22:30").fields)),
        record("session", ("meet", "fine"), dict(session("Fine", "20:00").fields)),
    ]
    assert [(each.rule, each.where) for each in check(words_of(fold(told)))] == [
        ("outside", "meet/late (Late)"),
        ("outside", "meet/soon (Soon)"),
    ]


def test_a_date_of_a_series_needs_no_title_and_no_time() -> None:
    told = [series(), record("occurrence", ("paris", "2020-02-05"), {"edition": 6})]
    assert check(words_of(fold(told))) == []


@pytest.mark.parametrize(
    ("one", "other", "alike"),
    [
        ("Manel Ruiz", "Manuel Ruiz", True),
        ("Zoé Martin", "Zoe Martin", True),
        ("Zoe Martin (Guild)", "Zoe Martin (Club)", False),
        ("Dani S", "Dani Shavit", False),
        ("Ann Lee", "Bob Lee", False),
    ],
)
def test_names_that_are_nearly_one_are_told(one: str, other: str, *, alike: bool) -> None:
    said = [
        session(name, f"1{number}:00", participants={"p": {"name": person, "roles": ["speaker"]}})
        for number, (name, person) in enumerate((("A", one), ("B", other)))
    ]
    assert bool(rules(*said)) is alike


def test_a_programme_of_one_fault_said_often_has_an_end() -> None:
    crowd = [session(f"S{number}", "18:00") for number in range(100)]
    assert len(rules(*crowd)) == FINDINGS_MAX


def test_a_person_cannot_be_in_two_rooms_at_once() -> None:
    zoe = {"zoe": {"name": "Zoé Martin", "roles": ["speaker"]}}
    also = {"z": {"name": "Zoé Martin", "roles": ["speaker"]}}
    first = session("A", "18:00", participants=zoe)
    assert rules(first, session("B", "18:30", room="Bar", participants=also)) == [
        ("speaker-overlap", "B"),
    ]
    assert rules(first, session("B", "19:00", room="Bar", participants=also)) == []
    assert rules(first, session("B", "18:30", room="Bar", type="stand", participants=also)) == []
    off = {"is": "postponed"}
    assert rules(first, session("B", "18:30", room="Bar", status=off, participants=also)) == []


@pytest.mark.parametrize(
    ("title", "length", "found"),
    [
        ("Person to person: 10 minutes, 5 meetings", "PT30M", True),
        ("Five at once: 5 meetings of 10 minutes", "PT30M", True),
        ("5 rencontres de 10 min", "PT30M", True),
        ("5 rounds of 6 minutes", "PT30M", False),
        ("Person to person: 10 minutes, 5 meetings", "PT50M", False),
        ("Lightning talks: 10 minutes each. 5 speakers", "PT30M", False),
        ("2020 meetings, 10 minutes on each", "PT30M", False),
    ],
)
def test_meetings_that_do_not_fit_into_their_hour_are_told(
    title: str, length: str, *, found: bool
) -> None:
    assert (("rounds", title) in rules(session(title, "19:30", length))) is found


def test_the_real_evening_of_five_meetings_in_thirty_minutes_is_told() -> None:
    (paris, *_) = plans("meetups.json")
    told = [each for each in check(paris.drafts) if each.rule == "rounds"]
    assert len(told) == 10
    assert told[0].message == "5 of 10 minutes are 50, and it takes 30"
    assert told[0].hint == "3 of 10 minutes fit"


def test_an_hour_that_comes_twice_is_told() -> None:
    when = {"start": "2020-10-25T02:30:00", "timeZone": "Europe/Paris", "duration": "PT1H"}
    told = [record("event", ("night",), {"title": "Night", "when": when})]
    (finding,) = check(words_of(fold(told)))
    assert finding.rule == "zone"
    assert "comes twice in Europe/Paris: the clocks go back; 00:30 UTC is taken" in finding.message


@pytest.mark.parametrize(
    ("today", "late"),
    [
        (date(2020, 1, 8), "and that is today"),
        (date(2020, 1, 7), "and that is tomorrow"),
        (date(2019, 12, 25), "and that is in 14 days"),
        (date(2019, 12, 24), ""),
        (date(2020, 1, 9), ""),
    ],
)
def test_what_is_to_be_announced_gets_late_as_its_day_comes_near(today: date, late: str) -> None:
    when = {"day": "2020-01-08", "timeZone": "Europe/Paris"}
    fields: dict[str, object] = {"title": "Soon", "when": when}
    draft = Draft(kind=Kind.EVENT, path=("soon",), fields=fields, where="Soon")
    (finding,) = check([draft], today=today)
    said = f", {late}" if late else ""
    assert finding.message == f"its time on 2020-01-08 is to be announced{said}"
