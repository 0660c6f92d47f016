"""Names that a person takes for one another are noticed; names that differ are not."""

from __future__ import annotations

import json
from itertools import combinations
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from p2pevents.view import lookalike
from p2pevents.view.lookalike import looks_like, skeleton

DATA = Path(__file__).parents[3] / "shared" / "data" / "meetups.json"

# Twenty chapters as there may be, no two of which a person would take for one another.
CHAPTERS = (
    "Paris P2P", "Lyon P2P", "Nantes P2P", "Berlin Crypto Evenings", "Python Brasil",
    "Rust Wien", "Hackspace Bristol", "Chaos Computer Club", "Débian Toulouse", "Café Réparation",
    "Go Dublin", "Kotlin Warszawa", "Linux Users Oslo", "Perl Mongers", "OpenStreetMap Lille",
    "Nix Zürich", "Free Software Ankara", "Emacs Milano", "Solid World", "IPFS Camp 2020",
)  # fmt: skip

# By hand, from what was seen in the wild: not from the tables that the defence uses.
CYRILLIC = str.maketrans("acegijloprsxyABCEHIKMOPSTXh", "асеԍіјӏоргѕхуАВСЕНІКМОРЅТХһ")
GREEK = str.maketrans("oviABEHIKMNOPTXZ", "ονιΑΒΕΗΙΚΜΝΟΡΤΧΖ")
ACCENTED = str.maketrans("aeioucnAEIOU", "àéíöúçñÀÉÍÖÚ")
FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
BOLD = {
    **{ord("A") + number: 0x1D400 + number for number in range(26)},
    **{ord("a") + number: 0x1D41A + number for number in range(26)},
}


def disguises(name: str) -> list[str]:
    """Return ten names that an impostor would take, each another text than `name`."""
    one = next(place for place, letter in enumerate(name) if letter in "acegijlopsx")
    made = [
        name.translate(CYRILLIC),
        name[:one] + name[one].translate(CYRILLIC) + name[one + 1 :],
        name.translate(GREEK),
        name.translate(FULL_WIDTH),
        name.translate(BOLD),
        name.translate(ACCENTED),
        name.upper().replace("I", "l"),
        name.replace("o", "0").replace("O", "0").replace("l", "1").replace("m", "rn") + "\u200b",
        name.replace(" ", "\u2010") + "\u2060",
        name[0] + "\u200d" + name[1:] + " ✓",
    ]
    assert all(each != name for each in made)
    return made


def test_of_200_look_alikes_99_in_100_are_noticed() -> None:
    pairs = [(name, each) for name in CHAPTERS for each in disguises(name)]
    missed = [pair for pair in pairs if not looks_like(*pair)]
    assert len(pairs) == 200
    assert len(missed) <= 2, missed  # 99 %


def test_unguarded_names_compared_letter_by_letter_hide_most_look_alikes() -> None:
    pairs = [(name, each) for name in CHAPTERS for each in disguises(name)]
    assert sum(one.casefold() == other.casefold() for one, other in pairs) < len(pairs) / 10


def test_no_two_of_different_names_are_taken_for_one_another() -> None:
    assert [pair for pair in combinations(CHAPTERS, 2) if looks_like(*pair)] == []


@pytest.mark.skipif(not DATA.exists(), reason="the facts of the real community are not here")
def test_real_groups_and_titles_are_not_taken_for_one_another() -> None:
    names: set[str] = set()

    def gather(value: object) -> None:
        if isinstance(value, dict):
            for key, each in value.items():
                if key in {"title", "name", "city", "group"} and isinstance(each, str):
                    names.add(" ".join(each.split()))
                gather(each)
        elif isinstance(value, list):
            for each in value:
                gather(each)

    gather(json.loads(DATA.read_text("utf-8")))
    assert len(names) > 5
    different = {name.casefold() for name in names}
    assert len({skeleton(name) for name in different}) == len(different)


@given(st.text(max_size=40))
def test_a_skeleton_is_its_own_skeleton_and_case_changes_nothing_in_ascii(name: str) -> None:
    assert looks_like(name, name)
    if name.isascii():
        assert skeleton(skeleton(name)) == skeleton(name)


@pytest.mark.parametrize(
    ("one", "other"), [("Marseille", "rnarseille"), ("Wien", "VVIEN"), ("Dublin", "clublin")]
)
def test_letters_that_are_drawn_as_two_are_noticed(one: str, other: str) -> None:
    assert looks_like(one, other)


def test_a_name_of_signs_alone_is_like_itself_only() -> None:
    assert looks_like("🎉", "🎉")
    assert not looks_like("🎉", "!")


def test_what_is_known_of_ascii_and_accents_is_what_the_library_says() -> None:
    for letter in map(chr, range(0x20, 0x7F)):
        assert lookalike._prototype(letter) == lookalike._prototype_by_library(letter)
    for accent in map(chr, range(0x0300, 0x0370)):
        stands = lookalike._prototype_by_library(accent)
        assert not any(lookalike._is_read(each) for each in stands)
