"""Pages on which nodes run do what they say, between real nodes of real processes."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.sockets.daemon import COMMAND_S_MAX
from tests.walkthroughs.walkthrough import Step, Walk, steps_of

DOCS = Path(__file__).parents[2] / "docs"
QUICK_START = DOCS / "quickstart.md"
MOVE = DOCS / "walkthroughs" / "move-a-server.md"
WITNESS = DOCS / "walkthroughs" / "witness.md"
TALK = DOCS / "walkthroughs" / "talk-proposed.md"
STOP = "systemctl stop p2pevents"
ARRIVES_S_MAX = 75.0  # a witness that is alone waits a minute before it says what is planned
STOPS_S_MAX = 10.0
LISTEN = 'listen = ["/ip4/127.0.0.1/tcp/0"]\n'
_PROGRAM = f"{sys.executable} -m p2pevents.cli "


@dataclass(slots=True)
class NodesWalk(Walk):
    """A walk on which `p2pevents run` stays, and what others announce takes a moment to arrive.

    A home's node listens where it did before, and so does the one that takes it over.
    """

    nodes: dict[str, subprocess.Popen[str]] = field(default_factory=dict)

    def take(self, step: Step) -> None:
        """Type a command; one that only looks is typed again until it shows what the page says."""
        ends = time.monotonic() + ARRIVES_S_MAX
        looks = step.command.startswith(
            ("p2pevents agenda", "p2pevents digest", "p2pevents event show")
        )
        while True:
            try:
                # By its class: a dataclass with slots is made anew, and a bare super() is lost.
                Walk.take(self, step)
            except pytest.fail.Exception:
                if not looks or time.monotonic() > ends:
                    raise
                time.sleep(0.1)
            else:
                return

    def _run(self, person: str, command: str) -> str:
        environment = {**os.environ, "P2PEVENTS_HOME": str(self.folder / person)}
        if command == STOP:
            self._stop(person)
            return ""
        typed = (
            command.replace("p2pevents ", _PROGRAM, 1) if command[:9] == "p2pevents" else command
        )
        if command.startswith("p2pevents run"):
            return self._start(person, typed, environment)
        done = subprocess.run(
            ["sh", "-c", typed],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=COMMAND_S_MAX,
            check=False,
        )
        return done.stdout

    def _start(self, person: str, typed: str, environment: dict[str, str]) -> str:
        home = Path(environment["P2PEVENTS_HOME"])
        home.mkdir(mode=0o700, exist_ok=True)
        config = home / "config.toml"
        if not config.exists():
            config.write_text(LISTEN, "utf-8")
        node = subprocess.Popen(
            ["sh", "-c", f"exec {typed}"],
            cwd=self.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.nodes[person] = node
        assert node.stdout is not None
        lines = 1 if "--light" in typed else 2  # a light client listens nowhere
        said = "".join(node.stdout.readline() for _ in range(lines))
        if port := re.search(r"listening on /ip4/127\.0\.0\.1/tcp/([0-9]+)/", said):
            config.write_text(LISTEN.replace("tcp/0", f"tcp/{port[1]}"), "utf-8")
        return said

    def _stop(self, person: str) -> None:
        node = self.nodes.pop(person)
        node.terminate()
        node.communicate(timeout=STOPS_S_MAX)

    def end(self) -> None:
        """Stop the nodes."""
        for person in list(self.nodes):
            self._stop(person)


@pytest.fixture
def walk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[NodesWalk]:
    monkeypatch.setenv("LANG", "en_GB.UTF-8")
    for variable in ("LC_ALL", "LC_TIME", "XDG_RUNTIME_DIR"):
        monkeypatch.delenv(variable, raising=False)
    walk = NodesWalk(folder=tmp_path, monkeypatch=monkeypatch)
    yield walk
    walk.end()


def test_the_quick_start_does_what_it_says(walk: NodesWalk) -> None:
    steps = list(steps_of(QUICK_START.read_text("utf-8")))
    assert sum(step.command.startswith("p2pevents run") for step in steps) == 2
    for step in steps:
        walk.take(step)


def test_a_server_moves_and_its_followers_need_no_new_link(walk: NodesWalk) -> None:
    steps = list(steps_of(MOVE.read_text("utf-8")))
    assert sum(step.command.startswith("p2pevents run") for step in steps) == 3
    assert any("restore" in step.command and "--move" in step.command for step in steps)
    for step in steps:
        walk.take(step)


@pytest.mark.timeout(300)
def test_a_talk_goes_from_a_stranger_to_a_programme(walk: NodesWalk) -> None:
    """INBOX-16: author and organiser are on one after the other; a server carries between."""
    steps = list(steps_of(TALK.read_text("utf-8")))
    assert sum(step.command.startswith("p2pevents run") for step in steps) == 1
    for step in steps:
        walk.take(step)


def test_a_server_bears_witness_without_a_leads_key(walk: NodesWalk) -> None:
    steps = list(steps_of(WITNESS.read_text("utf-8")))
    assert sum(step.command.startswith("p2pevents run") for step in steps) == 1
    for step in steps:
        walk.take(step)
