"""What readers of one language are shown, and in which languages words are there."""

from __future__ import annotations

from p2pevents.record.fields import Event, Page, Profile, Session
from p2pevents.record.kinds import Kind
from p2pevents.view.calendar import fold
from p2pevents.view.tongues import Told, told_in, translated
from tests.view.making import CHAPTER, event, profile, record

FRENCH = {"title": "Rencontre", "reason": "la pluie"}


def shown(*records: object) -> Page:
    """What is shown of the last of some records."""
    last = records[-1]
    header = last.header  # type: ignore[attr-defined]
    found = fold(records).shown(CHAPTER, Kind(header.kind), header.path)  # type: ignore[arg-type]
    assert found is not None
    assert isinstance(found.shown, Page)
    return found.shown


def test_a_translation_stands_over_the_authors_words_field_by_field() -> None:
    one = shown(
        event(
            title="Meetup",
            description="Come all",
            locale="en",
            status={"is": "cancelled", "reason": "rain"},
            localizations={"fr": FRENCH},
        )
    )
    assert isinstance(one, Event)
    assert told_in(one, "fr") == Told(
        title="Rencontre", description="Come all", room="", reason="la pluie"
    )
    assert told_in(one, "en") == Told(
        title="Meetup", description="Come all", room="", reason="rain"
    )
    assert told_in(one, "de") == Told(
        title="Meetup", description="Come all", room="", reason="rain", tongue="en"
    )


def test_of_two_translations_the_very_one_is_shown_else_the_first_of_the_language() -> None:
    both = {"fr-CA": {"title": "Rendez-vous"}, "fr": {"title": "Rencontre"}}
    assert told_in(shown(event(localizations=both)), "fr").title == "Rencontre"
    assert told_in(shown(event(localizations={"fr-CA": FRENCH})), "fr").title == "Rencontre"


def test_a_translated_description_alone_leaves_the_title_in_its_own_language() -> None:
    one = shown(event(title="Meetup", locale="en", localizations={"fr": {"description": "Venez"}}))
    told = told_in(one, "fr")
    assert (told.title, told.description, told.tongue) == ("Meetup", "Venez", "en")


def test_a_session_has_its_room_and_a_chapter_its_name_in_a_language() -> None:
    talk = shown(
        event(),
        record(
            "session",
            ("meet", "talk"),
            {"title": "Talk", "room": "Blue", "localizations": {"fr": {"room": "Bleue"}}},
        ),
    )
    assert isinstance(talk, Session)
    assert (told_in(talk, "fr").room, told_in(talk, "en").room) == ("Bleue", "Blue")
    chapter = shown(profile(localizations={"fr": {"name": "Paris P2P, en français"}}))
    assert isinstance(chapter, Profile)
    assert told_in(chapter, "fr").title == "Paris P2P, en français"
    assert told_in(chapter, "en").title == "Paris P2P (demo)"


def test_what_nobody_wrote_is_empty() -> None:
    assert told_in(Event(), "fr") == Told(title="", description="", room="", reason="")


def test_a_language_is_whole_where_title_and_description_are_there() -> None:
    one = shown(
        event(
            title="Meetup",
            description="Come all",
            locale="en-GB",
            localizations={
                "fr": {"title": "Rencontre", "description": "Venez"},
                "de": {"title": "Treffen"},
                "it": {"reason": "pioggia"},
            },
        )
    )
    assert translated(one, ["en", "es"]) == {
        "en": "own",
        "es": "not",
        "en-GB": "own",
        "de": "partly",
        "fr": "whole",
        "it": "not",
    }


def test_words_of_which_nobody_said_the_language_are_in_none() -> None:
    assert translated(shown(event()), ["fr"]) == {"fr": "not"}
    named = shown(profile(localizations={"fr": {"name": "Paris"}}))
    assert translated(named, []) == {"fr": "whole"}
