"""Runs the program in this process, as a person would type it."""

from __future__ import annotations

from pathlib import Path

import pytest

from p2pevents.cli.main import main
from tests.cli.outcome import Outcome, Run
from tests.cli.people import PARIS, New, Person

__all__ = ["Outcome", "Run"]


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home that does not exist yet."""
    return tmp_path / "home"


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str], home: Path) -> Run:
    """Run one command on `home` (or on `at`), and check that no traceback was shown."""

    def run(*arguments: str, at: Path = home) -> Outcome:
        capsys.readouterr()
        with pytest.raises(SystemExit) as exit_info:
            main(["--home", str(at), *arguments])
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        code = exit_info.value.code
        return Outcome(code=int(code or 0), out=captured.out, err=captured.err)

    return run


@pytest.fixture
def new(run: Run, tmp_path: Path) -> New:
    """Make people, each with a folder and a home of their own."""

    def make(name: str) -> Person:
        folder = tmp_path / name
        folder.mkdir()
        return Person(run=run, folder=folder)

    return make


@pytest.fixture
def ana(new: New) -> Person:
    """The founder of Paris P2P, her charter sheet on a file of her own."""
    person = new("ana")
    person.does("chapter", "found", *PARIS, "--sheet", str(person.sheet))
    return person
