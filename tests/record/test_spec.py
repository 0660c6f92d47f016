"""Every rule of docs/spec has an id, and every id is named by a test."""

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
ID = re.compile(r"\b([A-Z]{2,5})-([0-9]+)\b")
RANGE = re.compile(r"\b([A-Z]{2,5})-([0-9]+) to (?:\1-)?([0-9]+)\b")


def ids_of_pages() -> dict[str, str]:
    """Return each id that a page gives, and the page."""
    return {
        identifier: page.name
        for page in (ROOT / "docs" / "spec").glob("*.md")
        for identifier in re.findall(r"\*\*([A-Z]{2,5}-[0-9]+)\*\*", page.read_text("utf-8"))
    }


def named_by_tests() -> set[str]:
    named: set[str] = set()
    for test in (ROOT / "tests").glob("*/**/test_*.py"):
        text = test.read_text("utf-8")
        named |= {f"{letters}-{number}" for letters, number in ID.findall(text)}
        for letters, first, last in RANGE.findall(text):
            named |= {f"{letters}-{number}" for number in range(int(first), int(last) + 1)}
    return named


def test_every_id_of_the_pages_is_named_by_a_test() -> None:
    named = named_by_tests()
    missing = {name: page for name, page in ids_of_pages().items() if name not in named}
    assert not missing


def test_an_id_is_given_once() -> None:
    for page in (ROOT / "docs" / "spec").glob("*.md"):
        given = re.findall(r"\*\*([A-Z]{2,5}-[0-9]+)\*\*", page.read_text("utf-8"))
        assert len(given) == len(set(given)), page.name


def test_a_must_stands_under_an_id() -> None:
    """On the pages of records: no MUST outside of a numbered paragraph."""
    for name in ("cbor", "record", "kinds", "merge"):
        text = (ROOT / "docs" / "spec" / f"{name}.md").read_text("utf-8")
        for paragraph in re.split(r"\n\n|\n(?=- \*\*)", text):
            if "MUST" in paragraph:
                assert re.match(r"\s*- \*\*[A-Z]+-[0-9]+\*\*", paragraph), paragraph
