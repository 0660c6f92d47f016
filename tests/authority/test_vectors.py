"""The golden vectors are judged as they say, and the page's example is what the code makes."""

import re
from pathlib import Path

import pytest

from p2pevents.authority import Answer, Chain
from p2pevents.errors import RecordError
from p2pevents.record.authority_kinds import decode_authority
from p2pevents.record.entry import open_entry
from tests.authority.example import PAGE, rewritten
from tests.authority.vectors import FOLDER, all_vectors, text_of


def verdict_on_entries(blocks: list[bytes]) -> str:
    """Return what comes of the last of these entries, in the words of the vectors."""
    try:
        entries = [open_entry(block) for block in blocks]
        for entry, block in zip(entries, blocks, strict=True):
            assert entry.envelope == block
            assert entry.snapshot.encode() == entry.encoded
        if len(entries) == 1:
            return "ok"
        chain = Chain(entries[0])
        answers = [chain.offer(entry) for entry in entries[1:]]
    except RecordError as error:
        return f"reject {error.rule}"
    assert set(answers[:-1]) <= {Answer.NEW}
    return "ok" if answers[-1] is Answer.NEW else f"reject {answers[-1].value}"


def verdict_on_act(kind: str, body: bytes) -> str:
    try:
        act = decode_authority(kind, body)
    except RecordError as error:
        return f"reject {error.rule}"
    assert act.encode() == body
    return "ok"


def read(path: Path) -> tuple[str, list[bytes]]:
    head, *blocks = path.read_text(encoding="ascii").split("\n\n")
    return head.removeprefix("expect: "), [bytes.fromhex(block) for block in blocks]


@pytest.mark.parametrize("path", sorted((FOLDER / "entry").glob("*.txt")), ids=lambda p: p.stem)
def test_an_entry_is_judged_as_its_vector_says(path: Path) -> None:
    """CH-1 to CH-19."""
    expect, blocks = read(path)
    assert verdict_on_entries(blocks) == expect


@pytest.mark.parametrize("path", sorted((FOLDER / "act").glob("*.txt")), ids=lambda p: p.stem)
def test_the_body_of_an_act_is_judged_as_its_vector_says(path: Path) -> None:
    """CH-22."""
    expect, (body,) = read(path)
    assert verdict_on_act(path.stem.partition("-")[0], body) == expect


def test_the_files_are_those_that_the_code_makes_today() -> None:
    vectors = all_vectors()
    on_disk = {path for room in ("entry", "act") for path in (FOLDER / room).glob("*.txt")}
    assert on_disk == set(vectors)
    for path, vector in vectors.items():
        assert path.read_text(encoding="ascii") == text_of(vector)


def test_every_rule_on_the_page_has_a_vector_that_breaks_it() -> None:
    named = set(re.findall(r"`((?:entry|chain|grant|revoke|keep)-[a-z]+)`", PAGE.read_text()))
    broken = {expect.removeprefix("reject ") for expect, _ in all_vectors().values()}
    assert named <= broken
    assert {rule for rule in broken if rule.startswith("chain-")} <= named


def test_the_example_on_the_page_is_what_the_code_makes() -> None:
    """CH-4."""
    page = PAGE.read_text()
    assert page == rewritten(page)
    assert page.count("<!-- hex:") == 6


def test_every_rule_of_the_page_is_named_by_a_test() -> None:
    stated = {int(number) for number in re.findall(r"\*\*CH-(\d+)\*\*", PAGE.read_text())}
    named: set[int] = set()
    for path in Path(__file__).parent.glob("test_*.py"):
        for first, last in re.findall(r"CH-(\d+)(?: to CH-(\d+))?", path.read_text()):
            named.update(range(int(first), int(last or first) + 1))
    assert stated == named == set(range(1, max(stated) + 1))
