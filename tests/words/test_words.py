"""Which language is spoken, and how messages of rooms that know none are said in it."""

from __future__ import annotations

import gettext
import os

import pytest
from hypothesis import given, strategies as st

from p2pevents.words import _, _n, catalogue_of, language_of, language_of_header, speak, spoken
from p2pevents.words.catalogue import LANGUAGES
from p2pevents.words.messages import Messages


@pytest.mark.parametrize(
    ("environment", "language"),
    [
        ({}, "en"),
        ({"LANG": "fr_FR.UTF-8"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "en_GB.UTF-8"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LC_MESSAGES": "fr_BE"}, "fr"),
        ({"LANG": "C.UTF-8"}, "en"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": "C"}, "en"),
        ({"LANG": "en_GB.UTF-8", "LANGUAGE": "de:fr_CA:en"}, "fr"),
        ({"LANG": "fr_FR.UTF-8", "LC_ALL": ""}, "fr"),
        ({"LANG": "frp"}, "en"),
    ],
)
def test_the_environment_says_the_language_in_gettexts_order(
    environment: dict[str, str], language: str
) -> None:
    assert language_of(environment) == language


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("fr", "fr"),
        ("fr-CA, en;q=0.8", "fr"),
        ("en-GB,en;q=0.9,fr;q=0.8", "en"),
        ("de, fr;q=0.5, en;q=0.4", "fr"),
        ("fr;q=0, en;q=0.1", "en"),
        ("fr;q=0", "en"),
        ("en;q=0.5, fr;q=0.5", "en"),
        ("fr;q=nonsense", "en"),
        ("*", "en"),
    ],
)
def test_a_browser_is_answered_in_the_language_that_it_likes_best(
    header: str, language: str
) -> None:
    assert language_of_header(header) == language


@given(st.text())
def test_any_header_leads_to_a_language(header: str) -> None:
    assert language_of_header(header) in LANGUAGES


def test_a_language_is_spoken_within_its_block_alone() -> None:
    before, domain = os.environ.get("LANGUAGE"), gettext.textdomain()
    with speak("fr"):
        assert _("never") == "jamais"
        assert _n("{n} day", "{n} days", 0) == "0 jour"
        assert gettext.gettext("Commands").strip() == "Commandes"
        with speak("en"):
            assert _("never") == "never"
            assert _n("{n} day", "{n} days", 0) == "0 days"
            assert gettext.gettext("Commands") == "Commands"
        assert spoken().language == "fr"
    assert spoken().language == "en"
    assert (os.environ.get("LANGUAGE"), gettext.textdomain()) == (before, domain)


def test_an_unknown_language_is_english() -> None:
    assert catalogue_of("tlh").language == "en"


# --- messages ----------------------------------------------------------------------------------


PAIRS = [
    ("{option}: {text} is not a day", "{option} : {text} n'est pas un jour"),
    ("{text} is not a day", "{text} pas un jour"),
    ("put it between quotes", "mettez-le entre guillemets"),
    ("write {word} = {{ {it} }}", "écrivez {word} = {{ {it} }}"),
    ("set {name}", "mettez {name}"),
]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("--from: 'x' is not a day", "--from : 'x' n'est pas un jour"),
        ("'x' is not a day", "'x' pas un jour"),
        ("put it between quotes", "mettez-le entre guillemets"),
        ("write a = { b }", "écrivez a = { b }"),
        ("talk.toml: put it between quotes", "talk.toml: mettez-le entre guillemets"),
        ("set put it between quotes", "mettez mettez-le entre guillemets"),
        ("--from: two\nlines is not a day", "--from : two\nlines n'est pas un jour"),
        ("something else", "something else"),
        ("{text} is not a day", "{text} pas un jour"),
        ("", ""),
    ],
)
def test_a_message_is_known_by_its_pattern(written: str, said: str) -> None:
    assert Messages(PAIRS).translated(written) == said


@given(st.text(), st.text(min_size=1, max_size=50))
def test_what_stands_in_an_open_place_is_taken_over_as_it_is(written: str, title: str) -> None:
    messages = Messages([("its title is {title} until now", "son titre est {title} jusqu'ici")])
    assert messages.translated(f"its title is {title} until now") == (
        f"son titre est {title} jusqu'ici"
    )
    assert isinstance(messages.translated(written), str)


def test_a_message_that_is_too_long_stays_as_it_is() -> None:
    written = "x: " * 400 + "put it between quotes"
    assert Messages(PAIRS).translated(written) == written
