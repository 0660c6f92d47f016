"""The walk-throughs of the documentation do what they say, word for word."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.walkthroughs.walkthrough import Walk, steps_of

# Where nodes run, tests/sockets walks.
PAGES = sorted(
    page
    for page in (Path(__file__).parents[2] / "docs" / "walkthroughs").glob("*.md")
    if "$ p2pevents run" not in page.read_text("utf-8")
)


@pytest.fixture
def walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Walk:
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    for variable in ("LC_ALL", "LC_TIME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(variable, raising=False)
    return Walk(folder=tmp_path, monkeypatch=monkeypatch)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_a_walk_through_does_what_it_says(page: Path, walk: Walk) -> None:
    steps = list(steps_of(page.read_text("utf-8")))
    assert steps
    for step in steps:
        walk.take(step)


def test_there_are_pages() -> None:
    assert PAGES


FOUND = "ana$ p2pevents chapter found Paris --city Paris --timezone Europe/Paris --json"


@pytest.mark.parametrize(
    "block",
    [
        "ana$ echo hello\ngoodbye\n",
        "ana$ echo hello\n",
        "ana$ echo hello\nhello\nhello\n",
        "ana$ echo one two\n<A> <A>\n",
        "ana$ echo one\n<A>\nana$ echo two\n<A>\n",
        f"{FOUND}\n...\nana$ p2pevents chapter list\nnothing\n",
    ],
)
def test_a_page_that_says_something_else_fails(block: str, walk: Walk) -> None:
    *sound, last = steps_of(f"```console\n{block}```\n")
    for step in sound:
        walk.take(step)
    with pytest.raises(pytest.fail.Exception):
        walk.take(last)


@pytest.mark.parametrize(
    "block",
    [
        "ana$ echo hello\nhello\n",
        "ana$ true\n",
        "ana$ echo hello world\nhello ...\n",
        "ana$ printf '1\\n2\\n3\\n'\n1\n...\n",
        "ana$ printf '1\\n2\\n3\\n'\n...\n3\n",
        "ana$ echo one one\n<A> <A>\nbea$ echo <A>\none\n",
        f"{FOUND}\n...\nbea$ p2pevents chapter list\n...\n",
    ],
)
def test_a_page_that_says_what_happens_passes(block: str, walk: Walk) -> None:
    for step in steps_of(f"```console\n{block}```\n"):
        walk.take(step)
