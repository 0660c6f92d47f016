"""The demo's stage: nodes as processes of their own, commands as a person types them, a clock."""

from __future__ import annotations

import io
import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import click

from p2pevents.cli.program import PROCESS_WORDS
from p2pevents.errors import StateError
from p2pevents.words import _, spoken

__all__ = ["Player", "Stage"]

# Nobody who watches waits a minute for what gossip lost.
_CONFIG: Final = 'network = "demo"\nsync_interval_s = 5\n'
READY_S_MAX: Final = 30.0
STOP_S_MAX: Final = 10.0
# Of the story's lines: as wide as the screen, where it can be read.
COLUMNS_MIN, COLUMNS_MAX = 50, 120
_COLUMNS_PIPED: Final = COLUMNS_MAX
_INDENT: Final = "    "  # of what a command prints


class Player:
    """One home on the stage: an organiser's or the attendee's."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.home = stage.folder / name
        self.addresses: list[str] = []
        self._stage = stage
        self._name = name
        self._process: subprocess.Popen[str] | None = None
        self._options: tuple[str, ...] = ()
        self.home.mkdir(mode=0o700)
        (self.home / "config.toml").write_text(_CONFIG, encoding="utf-8")

    @property
    def runs(self) -> bool:
        """Whether its node runs."""
        return self._process is not None

    def do(self, *arguments: str, shows: bool | int) -> None:
        """Run a command as this player, and show what it prints: all, or so many lines.

        A number below 0 shows so many of the last.
        """
        columns = self._stage.columns
        words = [f"  {self._name}$ p2pevents", *_phrases(map(_quoted, arguments))]
        click.secho(" \\\n".join(_typed(words, columns=columns)), fg="cyan")
        said = self._run(arguments).rstrip().splitlines()
        shown = said if shows is True else said[shows:] if shows < 0 else said[:shows]
        for line in shown:
            click.echo(_fitted(line, columns=columns))

    def ask(self, *arguments: str) -> Any:
        """Run a command with `--json`, and return its document."""
        return json.loads(self._run(("--json", *arguments)))

    def start(self, *options: str) -> None:
        """Start its node, which dials whoever runs already, and wait until it is reachable."""
        self.begin(*options)
        self.await_ready()

    def begin(self, *options: str) -> None:
        """Start its node, and do not wait."""
        self._options = options or self._options
        listen = () if "--light" in self._options else ("--listen", self._listen())
        peers = [word for each in self._stage.addresses(but=self) for word in ("--peer", each)]
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            self._words(("--json", "run", "--page", "0", *listen, *self._options, *peers)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None,
            text=True,
        )

    def await_ready(self) -> None:
        """Wait until the node that was begun is reachable."""
        self.addresses = json.loads(self._ready_line())["addresses"]

    def end(self) -> None:
        """Tell its node to stop, and do not wait."""
        if self._process is not None:
            self._process.terminate()

    def stop(self) -> None:
        """Stop its node."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._process = None

    def _listen(self) -> str:
        """Where it listens: any free port the first time, and the same ever after."""
        return self.addresses[0].partition("/p2p/")[0] if self.addresses else "/ip4/127.0.0.1/tcp/0"

    def _ready_line(self) -> str:
        lines: list[str] = []
        output = self._process.stdout if self._process else None
        for line in output or ():
            lines.append(line)
            if line.startswith("}"):
                return "".join(lines)
        raise StateError(f"the node of {self._name} did not start")

    def _run(self, arguments: Sequence[str]) -> str:
        """Run a command in this process, as it runs in one of its own but for the time to start."""
        from p2pevents.cli.main import main

        out, err = _Screen(), io.StringIO()
        terminal = sys.stdin
        with Path(os.devnull).open(encoding="utf-8") as nobody:  # nothing is asked in a play
            sys.stdin = nobody
            try:
                with redirect_stdout(out), redirect_stderr(err):
                    main(self._words(arguments)[len(PROCESS_WORDS) :])
            except SystemExit as ended:
                if ended.code:
                    raise StateError(f"{self._name}: {err.getvalue().strip()}") from None
            finally:
                sys.stdin = terminal
        return out.getvalue()

    def _words(self, arguments: Sequence[str]) -> list[str]:
        return [*PROCESS_WORDS, "--home", str(self.home), "--now", self._stage.now(), *arguments]


class _Screen(io.StringIO):
    """What a command takes for a terminal, so that it writes as it does for people.

    Where the story itself goes to a file, click takes the colours out again.
    """

    def isatty(self) -> bool:
        """Say that it is one."""
        return True


class Stage:
    """The players, the clock, and the narrator.

    Attributes:
        folder: where the players' homes are.
        columns: how long a line of the story may be.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        screen = shutil.get_terminal_size((_COLUMNS_PIPED, 24)).columns
        self.columns = max(COLUMNS_MIN, min(screen, COLUMNS_MAX))
        self._players: list[Player] = []
        self._began = datetime.now().astimezone()
        self._began_s = time.monotonic()

    def __enter__(self) -> Self:
        self._columns_before = os.environ.get("COLUMNS")
        os.environ["COLUMNS"] = str(self.columns - len(_INDENT))  # what commands go by
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for player in self._players:
            player.end()
        for player in self._players:
            player.stop()
        if self._columns_before is None:
            os.environ.pop("COLUMNS", None)
        else:
            os.environ["COLUMNS"] = self._columns_before

    def player(self, name: str) -> Player:
        """Bring a home onto the stage."""
        player = Player(self, name)
        self._players.append(player)
        return player

    def act(self, moment: str, *players: Player) -> None:
        """Turn the clock to a moment: the nodes of these players run on at it, others rest."""
        self._began = datetime.fromisoformat(moment)
        self._began_s = time.monotonic()
        click.echo()
        click.secho(_day(self._began), bold=True)
        for player in self._players:
            player.end()
        for player in self._players:
            player.stop()
        for player in players:
            player.begin()
        for player in players:
            player.await_ready()

    def say(self, words: str) -> None:
        """Tell what happens."""
        click.echo()
        click.echo(textwrap.fill(words, self.columns))

    def end(self, *commands: str) -> None:
        """Say what to type next."""
        click.echo()
        click.secho(_("Your turn:"), bold=True)
        for words in commands:
            click.echo(f"  {words}")

    def now(self) -> str:
        """Return the time on the stage."""
        elapsed = timedelta(seconds=time.monotonic() - self._began_s)
        return (self._began + elapsed).isoformat()

    def addresses(self, *, but: Player) -> list[str]:
        """Return where the running nodes of the others listen."""
        return [
            player.addresses[0]
            for player in self._players
            if player is not but and player.runs and player.addresses
        ]


def _phrases(words: Iterable[str]) -> Iterator[str]:
    """Yield the words of a command, an option's value behind its name."""
    option = ""
    for word in words:
        if option and not word.startswith("-"):
            yield f"{option} {word}"
            option = ""
            continue
        if option:
            yield option
        option = word if word.startswith("-") else ""
        if not option:
            yield word
    if option:
        yield option


def _typed(words: Sequence[str], *, columns: int) -> list[str]:
    """Return a command in lines that a screen holds, broken between words."""
    lines = [words[0]]
    for word in words[1:]:
        if len(lines[-1]) + 1 + len(word) + len(" \\") <= columns:
            lines[-1] += f" {word}"
        else:
            lines.append(f"      {word}")
    return lines


def _quoted(word: str) -> str:
    """Return a word as it would be typed; of a long path, link or key, the end or the beginning."""
    if word.startswith(("p2pevents://", "p2pevents-")):
        return f"'{word[:24]}...'"
    if word.startswith("/"):
        return Path(word).name
    return f'"{word}"' if " " in word or "(" in word else word


def _fitted(line: str, *, columns: int) -> str:
    """Return what a command prints, indented: a key or a link is cut off, a sentence folded."""
    plain = click.unstyle(line).rstrip()
    if not plain:
        return ""
    if len(_INDENT + plain) <= columns:
        return f"{_INDENT}{line.rstrip()}"
    if len(max(plain.split(), key=len)) > columns // 2:
        return f"{_INDENT}{plain}"[: columns - 3] + "..."
    return textwrap.fill(plain, columns, initial_indent=_INDENT, subsequent_indent=f"{_INDENT}  ")


def _day(moment: datetime) -> str:
    """Return a day in the language that is spoken: `Thursday 2 January 2020`."""
    from p2pevents.web.dates import day_text

    text = day_text(moment.date(), language=spoken().language)
    return text[:1].upper() + text[1:]
