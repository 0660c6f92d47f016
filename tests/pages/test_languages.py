"""The pages in a reader's language: who chooses it, what keeps it, and what is not translated."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from p2pevents.record.fields import Event, Profile, Session
from p2pevents.record.values import Localization
from p2pevents.view.tongues import told_in
from p2pevents.web.words import ENGLISH, Words
from tests.pages.conftest import Answer, Pages, found, serving

FRENCH = {"Accept-Language": "fr-CA, en;q=0.5"}


def language(answer: Answer) -> str:
    said = re.search(r'<html lang="([a-z]+)">', answer.text)
    assert said is not None
    return said[1]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({}, "en"),
        ({"Accept-Language": "de"}, "en"),
        (FRENCH, "fr"),
        ({**FRENCH, "Cookie": "p2pevents-language=en"}, "en"),
        ({"Cookie": "other=1; p2pevents-language=fr"}, "fr"),
        ({**FRENCH, "Cookie": "p2pevents-language=tlh"}, "fr"),
    ],
)
@pytest.mark.parametrize("public", [False, True])
def test_a_choice_goes_before_what_the_browser_asks_for(
    pages: Pages, headers: dict[str, str], expected: str, *, public: bool
) -> None:
    answer = pages.ask("GET", "/", headers=headers, public=public)
    assert language(answer) == expected
    assert answer.headers["vary"] == "Accept-Language, Cookie"


def test_the_switch_keeps_the_choice_and_leads_back(pages: Pages) -> None:
    page = pages.get("/?q=berty&past=1")
    switch = re.search(r'<a href="(/language\?to=fr[^"]*)"', page)
    assert switch is not None
    answer = pages.ask("GET", switch[1].replace("&amp;", "&"))
    assert (answer.status, answer.headers["location"]) == (303, "/?q=berty&past=1")
    cookie = answer.headers["set-cookie"]
    assert cookie.startswith("p2pevents-language=fr;")
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert "Max-Age=31536000" in cookie


@pytest.mark.parametrize(
    "back",
    ["https://evil.example/", "//evil.example/", "/%5Cevil.example/", "", "evil", "/%0d%0aX:1"],
)
def test_the_switch_leads_nowhere_else(pages: Pages, back: str) -> None:
    answer = pages.ask("GET", f"/language?to=fr&back={back}")
    assert (answer.status, answer.headers["location"]) == (303, "/")
    assert "x" not in answer.headers


def test_an_unknown_language_is_not_kept(pages: Pages) -> None:
    assert "set-cookie" not in pages.ask("GET", "/language?to=tlh&back=/").headers


PLACES = ("/", "/?past=1", "/month?of=2020-01", "/join", "/nowhere", "/new")


@pytest.mark.parametrize("path", PLACES)
def test_no_english_word_of_the_frame_is_left_on_a_french_page(pages: Pages, path: str) -> None:
    cookie = f"{pages.session()}; p2pevents-language=fr"
    text = pages.ask("GET", path, headers={"Cookie": cookie}).text
    english, french = Words("en"), Words("fr")
    for name, said in ENGLISH.items():
        is_alone = isinstance(said, str) and len(said) > 12 and "{" not in said
        if is_alone and getattr(english, name) != getattr(french, name):
            assert f">{said}<" not in text, name


def test_every_word_can_be_said_in_both_languages() -> None:
    values = dict.fromkeys(("ago", "name", "who", "time", "zone", "day", "date", "language"), "x")
    more = dict.fromkeys(("id", "other", "other_id", "what", "days", "hour", "address"), "x")
    for tongue in ("en", "fr"):
        words = Words(tongue)
        for name in ENGLISH:
            for number in (0, 1, 2):
                assert "{" not in words(name, n=number, **values, **more), name


def test_errors_and_findings_are_said_in_the_readers_language(tmp_path: Path) -> None:
    home = tmp_path / "home"
    chapter = found(home)
    with serving(home) as pages:
        cookie = f"{pages.session()}; p2pevents-language=fr"
        form = {"chapter": chapter, "title": "Soirée", "zone": "Europe/Paris"}
        wrong = form | {"start": "2020-02-03 19:00", "end": "18:00"}
        said = pages.post("/check", wrong, session=cookie).text
        assert "la fin 2020-02-03 18:00 est avant le début 2020-02-03 19:00" in said
        said = pages.post("/follow", {"link": "p2pevents://abc"}, session=cookie).text
        assert "n’est pas un identifiant" in said
        said = pages.post("/check", form | {"start": "2020-02-03"}, session=cookie).text
        assert "Rien d’étrange" in said or "à préciser" in said


# --- words of organisers ------------------------------------------------------------------------


def test_a_translation_stands_in_for_what_it_translates_and_for_nothing_else() -> None:
    shown = Event(
        title="Meetup",
        description="Come.",
        locale="en",
        localizations={"fr-CA": Localization(title="Rencontre")},
    )
    french = told_in(shown, "fr")
    assert (french.title, french.description, french.tongue) == ("Rencontre", "Come.", "")
    assert told_in(shown, "en").title == "Meetup"
    assert told_in(shown, "en").tongue == ""


def test_what_nobody_translated_says_its_language() -> None:
    assert told_in(Event(title="Meetup", locale="en-GB"), "fr").tongue == "en-GB"
    assert told_in(Event(title="Meetup"), "fr").tongue == ""
    other = {"de": Localization(title="Treffen")}
    assert told_in(Event(title="Meetup", locale="en", localizations=other), "fr").tongue == "en"


def test_the_exact_language_goes_before_a_region_of_it() -> None:
    said = {"fr-CA": Localization(title="Jasette"), "fr": Localization(title="Rencontre")}
    assert told_in(Event(title="Meetup", localizations=said), "fr").title == "Rencontre"


def test_rooms_and_chapters_are_translated_too() -> None:
    room = Session(title="T", room="Plane", localizations={"fr": Localization(room="Avion")})
    assert told_in(room, "fr").room == "Avion"
    name = Profile(name="Lyon P2P", localizations={"fr": Localization(name="Lyon pair à pair")})
    assert told_in(name, "fr").title == "Lyon pair à pair"
