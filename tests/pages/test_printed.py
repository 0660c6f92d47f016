"""The programme on paper: one file that loads nothing, and says all that it should."""

from __future__ import annotations

from typing import Any
from xml.etree import ElementTree as ET

import html5lib
import pytest

from p2pevents.view.agenda import Query, agenda
from p2pevents.view.calendar import fold
from p2pevents.view.entries import Entry
from p2pevents.view.programme import By
from p2pevents.web.printed import printed_page
from p2pevents.web.words import Words
from tests.view.making import event, record

_XHTML = "{http://www.w3.org/1999/xhtml}"


def entries(*told: Any) -> list[Entry]:
    return agenda(fold(told), Query())


def talk(name: str, start: str, **fields: Any) -> Any:
    when = {"start": start, "timeZone": "Europe/Paris", "duration": "PT1H"}
    return record("session", ("meet", name), {"title": name, "when": when, **fields})


def page(found: list[Entry], **options: Any) -> ET.Element:
    data = printed_page(found, title="Programme", words=Words("en"), **options)
    parser = html5lib.HTMLParser(strict=True)  # raises at the first thing that is not HTML
    root: ET.Element = parser.parse(data.decode("utf-8"))
    return root


def texts(root: ET.Element, name: str) -> list[str]:
    return ["".join(each.itertext()).strip() for each in root.iter(f"{_XHTML}{name}")]


@pytest.mark.parametrize(
    ("by", "heads"),
    [
        (By.DAY, ["Wednesday 8 January 2020", "Day to be announced"]),
        (By.ROOM, ["Avion", "Room to be announced"]),
        (By.SPEAKER, ["Zoé", "Speaker to be announced"]),
    ],
)
def test_sessions_stand_under_day_room_or_speaker(by: By, heads: list[str]) -> None:
    told = (
        event(),
        talk("night", "2020-01-09T01:00:00", room="Avion",
             participants={"zoe": {"name": "Zoé", "roles": ["speaker"]}}),
        record("session", ("meet", "later"), {"title": "later"}),
    )  # fmt: skip
    assert texts(page(entries(*told), by=by), "h3") == heads


def test_a_page_to_print_loads_nothing_and_no_word_of_an_organiser_is_markup() -> None:
    title = '<img src="https://example.org/x.png"><script>1</script>'
    root = page(entries(event(title=title, description="a </style> b")), public_url="https://e.org")
    assert not {each.tag.removeprefix(_XHTML) for each in root.iter()} & {
        "img", "script", "link", "iframe", "a",
    }  # fmt: skip
    assert title in "".join(root.itertext())


def test_what_does_not_take_place_says_so_and_where_it_went() -> None:
    told = (
        event(status={"is": "skipped", "movedTo": "other", "reason": "holiday"}),
        event("other", start="2020-01-15T18:30:00"),
    )
    heads = texts(page(entries(*told)), "h2")
    assert heads == ["Meetup (Skipped, moved to Wednesday 15 January 2020)", "Meetup"]


def test_a_page_to_print_speaks_the_language_that_is_asked_for() -> None:
    data = printed_page(entries(event()), title="x", words=Words("fr"), by=By.DAY)
    assert b'<html lang="fr">' in data
    assert "Mercredi 8 janvier 2020" in data.decode("utf-8")


def test_what_came_of_it_is_printed_with_slides_and_recordings() -> None:
    links = {
        "slides": {"href": "https://example.org/s.pdf", "rel": "slides"},
        "recording": {"href": "https://example.org/v", "rel": "recording"},
        "notes": {"href": "https://example.org/n", "title": "Notes"},
        "other": {"href": "https://example.org/o"},
    }
    recap = {
        "title": "Full on all evenings",
        "description": "Many came.",
        "attended": 48,
        "expected": 60,
        "lessons": "More chairs.",
        "participants": {"ana": {"name": "Ana", "roles": ["author"]}},
        "links": {"photos": {"href": "https://example.org/p", "title": "Photos"}},
    }
    told = (
        event(),
        talk("talk", "2020-01-08T19:00:00", links=links),
        record("recap", ("meet", "recap"), recap),
    )
    root = page(entries(*told))
    said = [each for each in texts(root, "span") if "example.org" in each]
    assert said == [
        "Notes: https://example.org/n",
        "https://example.org/o",
        "Recording: https://example.org/v",
        "Slides: https://example.org/s.pdf",
        "Photos: https://example.org/p",
    ]
    assert texts(root, "h3")[-1] == "Full on all evenings"
    text = " ".join(" ".join(root.itertext()).split())
    assert "What came of it, Ana 48 people came, 60 were expected Many came." in text
    assert "For the next time More chairs." in text


def test_what_has_no_hour_stands_behind_what_has_one_on_its_day() -> None:
    later = {"day": "2020-01-08", "timeZone": "Europe/Paris"}
    told = (
        event(),
        record("session", ("meet", "a"), {"title": "Later", "when": later}),
        talk("late", "2020-01-08T22:00:00"),
    )
    titles = [each for each in texts(page(entries(*told)), "span") if each in ("late", "Later")]
    assert titles == ["late", "Later"]


def test_a_programme_by_room_says_the_room_once() -> None:
    root = page(entries(event(), talk("a", "2020-01-08T19:00:00", room="Avion")), by=By.ROOM)
    assert "".join(root.itertext()).count("Avion") == 1
