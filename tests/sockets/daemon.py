"""The real program in processes of its own: daemons over loopback sockets, and commands."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

READY_S_MAX = 30.0
COMMAND_S_MAX = 60.0
STOP_S_MAX = 5.0
_PROGRAM = [sys.executable, "-c", "from p2pevents.cli.main import main; main()"]


def environment() -> dict[str, str]:
    """Return this process's environment without what would change a node."""
    return {key: value for key, value in os.environ.items() if not key.startswith("P2PEVENTS")}


def command(home: Path, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run one command to its end."""
    done = subprocess.run(
        [*_PROGRAM, "--home", str(home), *arguments],
        capture_output=True,
        text=True,
        timeout=COMMAND_S_MAX,
        env=environment(),
        stdin=subprocess.DEVNULL,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    if check:
        assert done.returncode == 0, done.stderr
    return done


def command_json(home: Path, *arguments: str) -> Any:
    """Run one command with `--json`, and return its document."""
    return json.loads(command(home, "--json", *arguments).stdout)


@dataclass(slots=True)
class Daemon:
    """A running node: its home, and what its ready line said."""

    home: Path
    process: subprocess.Popen[str]
    ready: dict[str, Any] = field(default_factory=dict)
    _errors: list[str] = field(default_factory=list)
    _drainer: threading.Thread = field(init=False)

    def __post_init__(self) -> None:
        self._drainer = threading.Thread(target=self._drain, daemon=True)

    @classmethod
    def start(cls, home: Path, *arguments: str, listen: str = "/ip4/127.0.0.1/tcp/0") -> Daemon:
        """Start a node and wait until it is reachable."""
        process = subprocess.Popen(
            [*_PROGRAM, "--home", str(home), "--json", "run", "--listen", listen, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            env=environment(),
            stdin=subprocess.DEVNULL,
        )
        daemon = cls(home, process)
        daemon._drainer.start()
        daemon.ready = json.loads(daemon._first_document())
        return daemon

    @property
    def address(self) -> str:
        """Where it listens."""
        return str(self.ready["addresses"][0])

    @property
    def errors(self) -> str:
        """What it wrote to stderr."""
        return "".join(self._errors)

    def kill(self) -> None:
        """End it as a power cut would: no handler of its own runs."""
        self.process.kill()
        self.process.wait()
        self._close()

    def stop(self) -> float:
        """Ask it to stop, and return how long that took, in seconds."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(timeout=STOP_S_MAX + 5)
        took_s = time.monotonic() - began
        self._close()
        assert code == 0, self.errors
        return took_s

    def _first_document(self) -> str:
        assert self.process.stdout is not None
        lines: list[str] = []
        for line in self.process.stdout:
            lines.append(line)
            if line.startswith("}"):
                return "".join(lines)
        raise AssertionError(f"the node did not start: {self.errors}")

    def _close(self) -> None:
        self._drainer.join()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def _drain(self) -> None:
        assert self.process.stderr is not None
        self._errors.extend(self.process.stderr)


def wait_until(holds: Callable[[], bool], *, seconds: float) -> float:
    """Wait until something holds, and return how long that took."""
    began = time.monotonic()
    while not holds():
        assert time.monotonic() - began < seconds, f"not so within {seconds} s"
        time.sleep(0.02)
    return time.monotonic() - began


def titles(home: Path, *arguments: str) -> list[str]:
    """Return the titles in a home's agenda."""
    return [row["title"] for row in command_json(home, "agenda", *arguments)]


def stop_all(daemons: Sequence[Daemon]) -> None:
    """End whatever still runs."""
    for daemon in daemons:
        if daemon.process.poll() is None:
            daemon.kill()
