"""The golden vectors are judged as they say, and are those that the code makes today."""

import re
from pathlib import Path

import pytest

from tests.record.vectors import FOLDER, all_vectors, judge, read, text_of

SPEC = Path(__file__).parents[2] / "docs" / "spec"
FOLDERS = ("cbor", "header", "signature", "envelope", "body", "merge")
FILES = sorted(path for folder in FOLDERS for path in (FOLDER / folder).glob("*.txt"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_a_vector_is_judged_as_it_says(path: Path) -> None:
    """CBOR-1 to CBOR-8, REC-1 to REC-7, REC-11 to REC-21, MRG-1 to MRG-8."""
    expect, blocks = read(path)
    assert judge(path.parent.name, blocks) == expect
    if path.parent.name != "merge":
        assert path.stem.startswith("ok") == (expect == "ok")


def test_the_files_are_those_that_the_code_makes_today() -> None:
    vectors = all_vectors()
    assert set(FILES) == set(vectors)
    for path, vector in vectors.items():
        assert path.read_text(encoding="ascii") == text_of(vector)


def test_every_rule_of_the_pages_is_broken_by_a_vector() -> None:
    broken = {read(path)[0].removeprefix("reject ") for path in FILES}
    for page in ("cbor", "record", "kinds"):
        text = (SPEC / f"{page}.md").read_text("utf-8")
        rules = set(re.findall(r"`((?:cbor|envelope|body|void)-[a-z0-9]+)`", text))
        assert rules
        # The limit of bytes is of the place; a digest's end and an author's lie have tests.
        assert rules - broken <= {"cbor-bytes", "void-until"}, page


def test_the_example_on_the_page_is_a_vector() -> None:
    """REC-1, REC-4, REC-22: byte for byte."""
    page = (SPEC / "record.md").read_text("utf-8")
    _, (envelope, body) = read(FOLDER / "envelope" / "ok.txt")
    section = page.split("## Example")[1].split("## Why")[0]
    hexadecimal = re.findall(r"^    ([0-9a-f ]+)$", section, re.MULTILINE)
    assert bytes.fromhex("".join(hexadecimal)) == envelope + body
