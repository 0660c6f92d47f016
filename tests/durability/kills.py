"""Kill real nodes and commands at any moment, again and again: what they said they have stays.

Each is a process of its own that runs the program as a person does. They are forked by one that
has loaded it once: loading takes longer than all that is tried here. So this runs in a process
without threads: `python -m tests.hostile.soak kills`, and never in pytest's.
"""

from __future__ import annotations

import contextlib
import ctypes
import io
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

from p2pevents.cli.main import main
from p2pevents.errors import LogError
from p2pevents.log.protocol import Commit, Stored
from p2pevents.log.sqlite import SqliteLog
from p2pevents.log.store import Store
from p2pevents.record.ids import RecordId, from_text

KILLS_A_WORLD = 50  # then new homes: a chapter's own cap would close it
LIVES_S_MAX = 0.4
PAUSE_S_MAX = 0.1
READY_S_MAX = 60.0
# Longer than any pause between two dials: what is asked here is whether it comes, not how soon.
SETTLES_S_MAX = 1_000.0
RECORDS_MAX = 10_000
PR_SET_PDEATHSIG = 1
# Below those that a system gives to whoever dials: one of these could be taken meanwhile.
FIRST_PORT, PORTS = 20_000, 8_000


@dataclass(slots=True)
class Forked:
    """A process that runs a function, and the JSON documents that it has written so far."""

    pid: int
    reads: int | None
    unread: str = ""
    said: list[dict[str, object]] = field(default_factory=list)

    @classmethod
    def run(cls, function: Callable[[], object], *, errors: Path) -> Forked:
        """Fork; the child's output comes through a pipe, what it complains of goes to a file."""
        reads, writes = os.pipe()
        sys.stdout.flush()
        pid = os.fork()
        if not pid:
            code = 1
            try:
                _end_with_parent()
                os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
                os.dup2(writes, 1)
                os.dup2(os.open(errors, os.O_WRONLY | os.O_CREAT | os.O_APPEND), 2)
                sys.stdin, sys.stdout, sys.stderr = (
                    open(number, "rw"[number > 0], encoding="utf-8", closefd=False)  # noqa: SIM115
                    for number in range(3)
                )
                function()
                code = 0
            except SystemExit as ended:
                code = int(ended.code or 0)
            finally:
                os._exit(code)
        os.close(writes)
        os.set_blocking(reads, False)
        return cls(pid, reads)

    def hear(self) -> list[dict[str, object]]:
        """Take in what it has written; return all of it."""
        with contextlib.suppress(BlockingIOError):
            while self.reads is not None and (data := os.read(self.reads, 65536)):
                self.unread += data.decode()
        decoder = json.JSONDecoder()
        with contextlib.suppress(json.JSONDecodeError):
            while text := self.unread.lstrip():
                document, end = decoder.raw_decode(text)
                self.said.append(document)
                self.unread = text[end:]
        return self.said

    def kill(self) -> None:
        """End it as nothing can prepare for, and take in what it wrote before."""
        assert self.reads is not None
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        self.hear()
        os.close(self.reads)
        self.reads = None

    @property
    def has_ended(self) -> bool:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None


def _end_with_parent() -> None:
    """Have the kernel kill this process when its parent ends, however that ends; on Linux alone."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def _command(home: Path, *arguments: str) -> dict[str, object]:
    """Run one command in this process, and return its document."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main(["--home", str(home), "--json", *arguments])
    said: dict[str, object] = json.loads(out.getvalue())
    return said


def _node(home: Path, port: int) -> None:
    listen = f"/ip4/127.0.0.1/tcp/{port}"
    main(["--home", str(home), "--json", "run", "--listen", listen, "--page", "off"])


def _writer(home: Path, chapter: str, seed: int, *, is_careless: bool) -> None:
    """Announce event after event, each by a command of its own."""
    rng = Random(seed)
    if is_careless:
        _acknowledge_before_commit()
    while True:
        with contextlib.suppress(SystemExit):
            main(["--home", str(home), "--json", "event", "add", "--chapter", chapter,
                  "--title", f"Event {rng.random()}", "--start", "2027-01-06 18:30"])  # fmt: skip
        time.sleep(rng.uniform(0.0, PAUSE_S_MAX))


def _acknowledge_before_commit() -> None:
    """Commit when the store closes, a moment after the command has said what it wrote."""

    @contextlib.contextmanager
    def uncommitted(store: Store) -> Iterator[Commit]:
        if not store.connection.in_transaction:
            store.execute("BEGIN IMMEDIATE")
        yield lambda: None

    close = Store.close

    def late(store: Store) -> None:
        if store.connection.in_transaction:
            time.sleep(0.1)
            store.execute("COMMIT")
        close(store)

    Store.uncommitted = uncommitted  # type: ignore[method-assign,assignment]
    Store.close = late  # type: ignore[method-assign,assignment]


def _is_free(port: int) -> bool:
    with socket.socket() as sock:
        return sock.connect_ex(("127.0.0.1", port)) != 0


@dataclass(slots=True)
class Home:
    """A home, its node and who writes on it, and what either must not lose."""

    folder: Path
    port: int
    chapter: str = ""
    link: str = ""
    node: Forked | None = None
    writer: Forked | None = None
    acknowledged: set[RecordId] = field(default_factory=set)
    held: set[RecordId] = field(default_factory=set)
    lives: int = 0

    @property
    def errors(self) -> Path:
        return self.folder.with_suffix(".errors")

    def hear(self) -> None:
        """Take in what was acknowledged here."""
        for said in self.writer.hear() if self.writer else []:
            self.acknowledged.add(RecordId(from_text(str(said["record"]))))

    def look(self) -> list[str]:
        """Open the log as it is now, and say what is lost of it; remember what it holds."""
        try:
            log = SqliteLog(self.folder / "log.sqlite3")
        except LogError as error:
            return [error.message]
        try:
            log.check()
            lost = [found.detail for found in log.damage()]
            must = self.acknowledged | self.held
            has = log.has(list(must))
            lost += [f"{len(must) - len(has)} records are gone"] * (len(has) < len(must))
            self.held = {
                each.id
                for each in log.arrived_since(0, limit=RECORDS_MAX)
                if isinstance(each, Stored)
            }
        except LogError as error:
            return [error.message]
        finally:
            log.close()
        return lost


class World:
    """Two nodes that follow each other's chapter, and somebody who writes on each."""

    def __init__(self, folder: Path, rng: Random, *, is_careless: bool = False) -> None:
        self.rng, self.is_careless = rng, is_careless
        pairs = (FIRST_PORT + rng.randrange(PORTS // 2) * 2 for _ in range(PORTS))
        port = next(port for port in pairs if _is_free(port) and _is_free(port + 1))
        self.homes = [Home(folder / name, port + at) for at, name in enumerate(("one", "two"))]

    def found(self) -> None:
        """Found the chapters, start all, and have each home follow the other's."""
        for home in self.homes:
            name = home.folder.name
            found = _command(home.folder, "chapter", "found", name, "--timezone", "Europe/Paris")
            home.chapter = str(found["chapter"])
            (home.folder / "config.toml").write_text(
                f'listen = ["/ip4/127.0.0.1/tcp/{home.port}"]\npeers = []\n'
            )
        for home in self.homes:
            self.begin(home)
            self.ready(home)
            home.link = str(_command(home.folder, "chapter", "invite")["link"])
        for home, other in (self.homes, self.homes[::-1]):
            _command(home.folder, "follow", other.link)

    def begin(self, home: Home) -> None:
        """Start whatever of a home is not running."""
        home.lives += 1
        run = partial(Forked.run, errors=home.errors)
        if home.node is None:
            home.node = run(partial(_node, home.folder, home.port))
        if home.writer is None:
            seed = self.rng.randrange(2**32)
            write = partial(_writer, home.folder, home.chapter, seed, is_careless=self.is_careless)
            home.writer = run(write)

    def ready(self, home: Home) -> None:
        """Wait until a node is on the network."""
        node, until_s = home.node, time.monotonic() + READY_S_MAX
        assert node is not None
        while not node.hear():
            assert not node.has_ended, home.errors.read_text()[-2000:]
            assert time.monotonic() < until_s, "a node did not start"
            time.sleep(0.02)

    def kill_one(self) -> str:
        """Let all of them live a little, kill one, and say what is lost: nothing, in truth."""
        time.sleep(self.rng.uniform(0.0, LIVES_S_MAX))
        home = self.rng.choice(self.homes)
        if self.rng.random() < 0.5:
            victim, home.node = home.node, None
        else:
            victim = home.writer
        assert victim is not None
        assert not victim.has_ended, home.errors.read_text()[-2000:]
        victim.kill()
        home.hear()
        if victim is home.writer:
            home.writer = None
        lost = home.look()
        self.begin(home)
        return f"{home.folder.name}: {'; '.join(lost)}" if lost else ""

    def settle(self) -> str:
        """End the writers; say what has not reached the other node in time."""
        for home in self.homes:
            assert home.writer is not None
            home.writer.kill()
            home.hear()
            home.writer = None
        every = self.homes[0].acknowledged | self.homes[1].acknowledged
        until_s = time.monotonic() + SETTLES_S_MAX
        while lacking := [home for home in self.homes if home.look() or not every <= home.held]:
            if time.monotonic() > until_s:
                count = len(every - lacking[0].held)
                return f"{lacking[0].folder.name} lacks {count} of {len(every)} acknowledged"
            time.sleep(0.2)
        return ""

    def end(self) -> None:
        """Leave no process behind."""
        for home in self.homes:
            for each in (home.node, home.writer):
                if each is not None:
                    each.kill()


def kills(seed: int, *, is_careless: bool = False) -> Iterator[str]:
    """Kill, kill, kill; yield after each what is lost.

    Args:
        seed: what the moments and the victims come from.
        is_careless: that a command says what it wrote before it is on the disk.
    """
    rng = Random(seed)
    while True:
        with TemporaryDirectory() as folder:
            world = World(Path(folder), rng, is_careless=is_careless)
            try:
                world.found()
                for number in range(KILLS_A_WORLD):
                    lost = world.kill_one()
                    if number + 1 == KILLS_A_WORLD:
                        lost = lost or world.settle()
                    yield lost
            finally:
                world.end()
