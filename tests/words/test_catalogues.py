"""The catalogues: whole, of this source, and with the same open places in every language."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import click
import pytest
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import read_mo

from p2pevents.words import DEFAULT, LANGUAGES
from tests.repository.catalogues import (
    CLICKS_WORDS,
    compiled,
    kept,
    lacking,
    po_of,
    text_of,
    updated,
)

OTHERS = sorted(LANGUAGES.keys() - {DEFAULT})
MEND = "run `python -m tests.repository.catalogues`, and fill in what it leaves empty"


@pytest.fixture(scope="module", params=OTHERS)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture(scope="module")
def catalog(language: str) -> Catalog:
    return kept(language)


def texts(message: Message) -> Iterator[tuple[str, str]]:
    """The English text beside what is said for it; of one and of several things."""
    ids = [message.id] if isinstance(message.id, str) else list(message.id)
    said = [message.string] if isinstance(message.string, str) else list(message.string or ())
    return zip(map(str, ids), map(str, said), strict=True)


def test_the_catalogue_is_of_this_source(language: str) -> None:
    assert text_of(updated(language)) == po_of(language).read_bytes(), MEND


def test_the_compiled_catalogue_says_what_the_text_says(language: str, catalog: Catalog) -> None:
    with po_of(language).with_suffix(".mo").open("rb") as file:
        read, written = read_mo(file), read_mo(io.BytesIO(compiled(catalog)))
    kept_there, wanted = (
        [(each.context, each.id, each.string) for each in found if each.id]
        for found in (read, written)
    )
    assert kept_there == wanted, MEND


def test_everything_is_translated(catalog: Catalog) -> None:
    assert [(each.context, each.id) for each in lacking(catalog)] == [], MEND


def test_the_same_places_are_open_in_both_languages(catalog: Catalog) -> None:
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in Formatter().parse(text) if name is not None}

    for message in catalog:
        for english, said in texts(message):
            if "{" in english or "{" in said:
                assert places(english) == places(said), english


def test_options_and_commands_are_typed_the_same_in_both_languages(catalog: Catalog) -> None:
    """What a person copies from a sentence must run, whatever language it is in."""
    option = re.compile(r"(?<![\w-])--[a-z]+(?:-[a-z]+)*")
    command = re.compile(r"p2pevents (?:[a-z]+(?:-[a-z]+)*)(?= [a-z-]+ (?:[A-Z-]|$)|$)")
    for message in catalog:
        for english, said in texts(message):
            for pattern in (option, command):
                assert set(pattern.findall(english)) <= {
                    *pattern.findall(said),
                    *(each for each in pattern.findall(english) if each in said),
                }, english


def test_french_spaces_and_quotes_are_french() -> None:
    for message in kept("fr"):
        for _, said in texts(message):
            plain = re.sub(r"`[^`]*`", "x", said)
            assert not re.search(r"[ \xa0][;!?](\s|$)", plain), said
            assert not re.search(r"[ \u202f]:(\s|$)", plain), said
            assert not re.search(r"« |(?<=\S) »|[^\W\d_]'\w", plain), said


def test_what_click_says_stands_in_clicks_own_source() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(click.__file__).parent.glob("*.py"))
    for said in CLICKS_WORDS:
        for each in (said,) if isinstance(said, str) else said:
            assert f'"{each}"' in source, each
