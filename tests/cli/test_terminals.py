"""Terminals that show no colours, or not every letter: run on a real one."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from p2pevents.cli import opening
from p2pevents.cli.organiser.sheets import typed_sheet
from p2pevents.errors import KeyFileError
from p2pevents.keys.secret import Secret
from p2pevents.keys.words import words_of
from tests.cli.outcome import Run
from tests.cli.people import PARIS
from tests.repository.screens import shown


@pytest.fixture
def home(run: Run, tmp_path: Path) -> Path:
    home = tmp_path / "home"
    assert run("chapter", "found", *PARIS, at=home).code == 0
    added = run("event", "add", "--title", "Monthly 日本", "--start", "2027-01-06 18:30", at=home)
    assert added.code == 0
    return home


@pytest.mark.parametrize("words", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
@pytest.mark.parametrize("command", ["doctor", "event list"])
def test_nothing_is_coloured_where_that_is_not_wanted(
    home: Path, words: dict[str, str], command: str
) -> None:
    typed = ["--home", str(home), *command.split()]
    coloured = shown(typed, environment={})
    plain = shown(typed, environment=words)
    assert "\x1b[3" in coloured or "\x1b[1" in coloured
    assert "\x1b[3" not in plain
    assert "\x1b[9" not in plain
    assert "Paris" in plain or "Monthly" in plain


def test_a_terminal_of_another_encoding_shows_what_it_can(home: Path) -> None:
    screen = shown(
        ["--home", str(home), "event", "list"], environment={"PYTHONIOENCODING": "latin-1"}
    )
    assert "Monthly ??" in screen
    assert "error" not in screen


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ([""], None),  # Enter alone means none, and is asked for once
        (["one two", "one two"], b"one two"),
        (["one two", "one tow", "three", "three"], b"three"),
        (["one two", "one tow", ""], None),
    ],
)
def test_a_new_passphrase_is_asked_for_until_it_is_typed_twice_alike(
    monkeypatch: pytest.MonkeyPatch, typed: list[str], kept: bytes | None
) -> None:
    left = list(typed)
    monkeypatch.setattr("click.prompt", lambda *_, **__: left.pop(0))
    found = opening._prompt("passphrase", twice=True)
    assert left == []
    assert (found and found.reveal()) == kept


SHEET = Secret(b"s" * 32)
WORDS = " ".join(words_of(SHEET))


@pytest.mark.parametrize(
    ("typed", "is_read"),
    [
        ([WORDS], True),
        ([f"{WORDS} again", "garlik", WORDS], True),
        (["garlik", ""], False),
        ([""], False),
    ],
)
def test_a_sheet_is_asked_for_again_where_a_word_was_mistyped(
    monkeypatch: pytest.MonkeyPatch, typed: list[str], is_read: bool
) -> None:
    left = list(typed)
    monkeypatch.setattr("click.prompt", lambda *_, **__: left.pop(0))
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    found = typed_sheet("sheet")
    assert left == []
    assert (found is not None) == is_read
    assert found is None or found.public == SHEET.public


def test_a_sheet_is_not_asked_for_without_end(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def prompt(said: str, **_: object) -> str:
        asked.append(said)
        return "garlik"

    monkeypatch.setattr("click.prompt", prompt)
    monkeypatch.setattr("sys.stdin", SimpleNamespace(isatty=lambda: True))
    with pytest.raises(KeyFileError, match="letters"):
        typed_sheet("sheet")
    assert len(asked) == 5
