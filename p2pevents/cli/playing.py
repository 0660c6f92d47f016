"""The demo's stage: nodes as processes of their own, commands as a person types them, a clock."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Literal, Self

import click

from p2pevents.errors import StateError

__all__ = ["Player", "Stage"]

NETWORK: Final = "demo"
READY_S_MAX: Final = 30.0
STOP_S_MAX: Final = 10.0
_HEAD_LINES: Final = 1
_PROGRAM: Final = (sys.executable, "-m", "p2pevents.cli")


class Player:
    """One home on the stage: an organiser's or the attendee's."""

    def __init__(self, stage: Stage, name: str) -> None:
        self.home = stage.folder / name
        self.addresses: list[str] = []
        self._stage = stage
        self._name = name
        self._process: subprocess.Popen[str] | None = None
        self._options: tuple[str, ...] = ()
        self.home.mkdir()
        (self.home / "config.toml").write_text(f'network = "{NETWORK}"\n', encoding="utf-8")

    @property
    def runs(self) -> bool:
        """Whether its node runs."""
        return self._process is not None

    def do(self, *arguments: str, shows: bool | Literal["head"] = False) -> None:
        """Run a command as this player; `shows` what it prints, or its first line."""
        if shows:
            words = " ".join(_quoted(word) for word in arguments)
            click.secho(f"  {self._name}$ p2pevents {words}", fg="cyan")
        said = self._run(arguments).splitlines()
        for line in said[:_HEAD_LINES] if shows == "head" else said if shows else ():
            click.echo(f"    {line}" if line else "")

    def ask(self, *arguments: str) -> Any:
        """Run a command with `--json`, and return its document."""
        return json.loads(self._run(("--json", *arguments)))

    def start(self, *options: str) -> None:
        """Start its node, which dials whoever runs already."""
        self._options = options or self._options
        listen = () if "--light" in self._options else ("--listen", self._listen())
        peers = [word for each in self._stage.addresses(but=self) for word in ("--peer", each)]
        self._process = subprocess.Popen(  # noqa: S603 - this very program
            self._words(("--json", "run", *listen, *self._options, *peers)),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=None,
            text=True,
        )
        self.addresses = json.loads(self._ready_line())["addresses"]

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
        done = subprocess.run(  # noqa: S603 - this very program
            self._words(arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise StateError(f"{self._name}: {done.stderr.strip()}")
        return done.stdout

    def _words(self, arguments: Sequence[str]) -> list[str]:
        return [*_PROGRAM, "--home", str(self.home), "--now", self._stage.now(), *arguments]


class Stage:
    """The players, the clock, and the narrator."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._players: list[Player] = []
        self._began = datetime.now().astimezone()
        self._began_s = time.monotonic()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for player in self._players:
            player.stop()

    def player(self, name: str) -> Player:
        """Bring a home onto the stage."""
        player = Player(self, name)
        self._players.append(player)
        return player

    def act(self, moment: str) -> None:
        """Turn the clock of every process to a moment; the nodes that run are started again."""
        self._began = datetime.fromisoformat(moment)
        self._began_s = time.monotonic()
        click.echo()
        click.secho(f"{self._began:%A %d %B %Y}".replace(" 0", " "), bold=True)
        running = [player for player in self._players if player.runs]
        for player in running:
            player.stop()
        for player in running:
            player.start()

    def say(self, words: str) -> None:
        """Tell what happens."""
        click.echo()
        click.echo(words)

    def end(self, *commands: str) -> None:
        """Say what to type next."""
        click.echo()
        click.secho("Your turn:", bold=True)
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


def _quoted(word: str) -> str:
    """Return a word as it would be typed; of a long path or link, the end or the beginning."""
    if word.startswith("p2pevents://"):
        return f'"{word[:24]}..."'
    if word.startswith("/"):
        return Path(word).name
    return f'"{word}"' if " " in word else word
