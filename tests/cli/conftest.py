"""Runs the program in this process, as a person would type it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from p2pevents.cli.main import main


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one command left: its exit code and what it printed."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)


Run = Callable[..., Outcome]


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
