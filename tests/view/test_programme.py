"""A programme by day, by room and by speaker."""

from typing import Any

from p2pevents.record.draft.read import slug_of
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.calendar import fold
from p2pevents.view.entries import Entry
from p2pevents.view.programme import By, programme_by
from tests.view.making import event, record


def session(name: str, start: str, **fields: Any) -> Any:
    when = {"start": start, "timeZone": "Europe/Paris", "duration": "PT1H"}
    return record("session", ("meet", name), {"title": name, "when": when, **fields})


def speaker(name: str) -> dict[str, Any]:
    return {slug_of(name): {"name": name, "roles": ["speaker"]}}


def festival() -> Entry:
    told = [
        event(),
        session("opening", "2020-01-08T19:00:00", room="Avion", participants=speaker("Zoé"),
                languages=["fr"]),
        session("night", "2020-01-09T01:00:00", room="hackzone", participants=speaker("Ann")),
        session("both", "2020-01-09T10:00:00", room="Avion", languages=["en"],
                participants={**speaker("Ann"), **speaker("Zoé")}),
        record("session", ("meet", "later"), {"title": "later", "languages": ["fr-CA"]}),
    ]  # fmt: skip
    (entry,) = agenda(fold(told), Query())
    return entry


def groups(by: By, language: str = "") -> list[tuple[str, list[str]]]:
    return [
        (str(group.day or group.name), [each.title for each in group.sessions])
        for group in programme_by(festival(), by, language=language)
    ]


def test_a_session_past_midnight_belongs_to_the_evening_before() -> None:
    assert groups(By.DAY) == [
        ("2020-01-08", ["opening", "night"]), ("2020-01-09", ["both"]), ("", ["later"]),
    ]  # fmt: skip


def test_rooms_stand_by_name_in_any_case_and_what_has_none_last() -> None:
    assert groups(By.ROOM) == [
        ("Avion", ["opening", "both"]), ("hackzone", ["night"]), ("", ["later"]),
    ]  # fmt: skip


def test_a_session_of_two_stands_with_each() -> None:
    assert groups(By.SPEAKER) == [
        ("Ann", ["night", "both"]), ("Zoé", ["opening", "both"]), ("", ["later"]),
    ]  # fmt: skip


def test_only_sessions_in_a_language_are_left_where_one_is_asked_for() -> None:
    assert groups(By.DAY, "fr") == [("2020-01-08", ["opening"]), ("", ["later"])]
