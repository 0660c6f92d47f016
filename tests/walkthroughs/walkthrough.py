"""Runs the console blocks of a Markdown page: its commands, and whether they say what it says.

In a block fenced as `console`, a line `ana$ COMMAND` is typed on ana's machine,
whose home is the folder `ana`; the lines up to the next prompt are all that it
prints, on either stream. A line `...` stands for any lines, `...` in a line for any
text, and `<NAME>` for one word: what it was the first time it is ever after, in
commands too. How many spaces stand between words does not matter, or the width
of a table's columns would.
"""

from __future__ import annotations

import io
import re
import shlex
import subprocess
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from p2pevents.cli.main import main

__all__ = ["Step", "Walk", "steps_of"]

_BLOCK = re.compile(r"^```console\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_PROMPT = re.compile(r"([a-z]+)\$ (.+)")
_NAME = re.compile(r"<([A-Z][A-Z0-9-]*)>")
_SPACES = re.compile(r"(?<=\S) +")
_PIECE = re.compile(r"<[A-Z][A-Z0-9-]*>|\.\.\.")
_COMMAND_S_MAX = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One command of a page, who types it, and what the page says that it prints."""

    person: str
    command: str
    expected: tuple[str, ...]
    line: int


def steps_of(page: str) -> Iterator[Step]:
    """Yield the steps of all console blocks, in order."""
    for block in _BLOCK.finditer(page):
        first = page.count("\n", 0, block.start(1)) + 1
        step: Step | None = None
        for number, text in enumerate(block[1].splitlines(), first):
            prompt = _PROMPT.fullmatch(text)
            if prompt:
                if step:
                    yield step
                step = Step(person=prompt[1], command=prompt[2], expected=(), line=number)
            elif step is None:
                raise AssertionError(f"line {number}: a console block begins with a prompt")
            else:
                step = Step(
                    person=step.person,
                    command=step.command,
                    expected=(*step.expected, text.rstrip()),
                    line=step.line,
                )
        if step:
            yield step


@dataclass(slots=True)
class Walk:
    """One walk through a page: the folder where it takes place, and what its names stand for."""

    folder: Path
    monkeypatch: pytest.MonkeyPatch
    names: dict[str, str] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        """Type a command, and compare what it prints with the page."""
        printed = self._run(step.person, self._filled(step.command))
        lines = [line.rstrip() for line in printed.rstrip("\n").split("\n")] if printed else []
        if not self._fits(step.expected, lines):
            pytest.fail(
                f"line {step.line}: {step.person}$ {step.command}\n\nthe page says\n  "
                + "\n  ".join(self._filled(each) for each in step.expected)
                + "\nand it prints\n  "
                + "\n  ".join(lines),
                pytrace=False,
            )

    def _run(self, person: str, command: str) -> str:
        self.monkeypatch.chdir(self.folder)
        self.monkeypatch.setenv("P2PEVENTS_HOME", str(self.folder / person))
        if not command.startswith("p2pevents "):
            done = subprocess.run(
                ["sh", "-c", command],
                capture_output=True,
                text=True,
                timeout=_COMMAND_S_MAX,
                check=False,
            )
            return done.stdout + done.stderr
        both = io.StringIO()
        with redirect_stdout(both), redirect_stderr(both), pytest.raises(SystemExit):
            main(shlex.split(command)[1:])
        return both.getvalue()

    def _filled(self, text: str) -> str:
        return _NAME.sub(lambda name: self.names.get(name[1], name[0]), text)

    def _fits(self, expected: tuple[str, ...], lines: list[str]) -> bool:
        if not expected:
            return not lines
        first, *rest = expected
        if first.strip() == "...":
            return any(self._fits(tuple(rest), lines[skip:]) for skip in range(len(lines) + 1))
        if not lines:
            return False
        before = dict(self.names)
        if self._fits_line(first, lines[0]) and self._fits(tuple(rest), lines[1:]):
            return True
        self.names = before
        return False

    def _fits_line(self, expected: str, line: str) -> bool:
        expected, line = (_SPACES.sub(" ", text) for text in (expected, line))
        pattern, named, end = "", [], 0
        for piece in _PIECE.finditer(expected):
            pattern += re.escape(expected[end : piece.start()])
            name = piece[0].strip("<>")
            if piece[0] == "...":
                pattern += ".*"
            elif name in self.names:
                pattern += re.escape(self.names[name])
            elif name in named:
                pattern += f"(?P={_group(name)})"
            else:
                named.append(name)
                pattern += f"(?P<{_group(name)}>\\S+)"
            end = piece.end()
        match = re.fullmatch(pattern + re.escape(expected[end:]), line)
        if match is None:
            return False
        self.names.update({name: match[_group(name)] for name in named})
        return True


def _group(name: str) -> str:
    return name.replace("-", "_")
