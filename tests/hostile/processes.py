"""Victims and attackers as processes, and what the kernel says of them."""

import json
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import trio

ROOT = Path(__file__).parents[2]
READY_S_MAX = 30.0
PAGE_BYTES = 4096


class Program:
    """A running module of this folder, and the JSON objects that it writes, a line each."""

    def __init__(self, process: trio.Process) -> None:
        self.process = process
        self.said: list[dict[str, Any]] = []
        self._more = trio.Event()

    async def read(self) -> None:
        """Take in what it writes, until it ends."""
        assert self.process.stdout is not None
        unread = b""
        async for data in self.process.stdout:
            *lines, unread = (unread + bytes(data)).split(b"\n")
            self.said += [json.loads(line) for line in lines]
            self._more.set()
            self._more = trio.Event()

    async def hear(self, key: str, *, since: int = 0, seconds: float = READY_S_MAX) -> Any:
        """Wait for an object with this key, and return its value."""
        with trio.fail_after(seconds):
            while True:
                for said in self.said[since:]:
                    if key in said:
                        return said[key]
                await self._more.wait()

    async def ask(self, key: str) -> Any:
        """Write a line and return what is answered under `key`."""
        assert self.process.stdin is not None
        since = len(self.said)
        await self.process.stdin.send_all(b"\n")
        return await self.hear(key, since=since)

    def done(self) -> int:
        """How much it has done."""
        return max((said["done"] for said in self.said if "done" in said), default=0)

    @property
    def is_running(self) -> bool:
        return self.process.poll() is None

    @property
    def rss_bytes(self) -> int:
        """Memory that it has of the machine now."""
        fields = Path(f"/proc/{self.process.pid}/statm").read_text("ascii").split()
        return int(fields[1]) * PAGE_BYTES

    @property
    def worked_s(self) -> float:
        """Processor time that it took so far."""
        # The kernel's name of that clock: the process id, inverted, and CPUCLOCK_SCHED.
        return time.clock_gettime_ns((~self.process.pid << 3) | 2) / 1e9

    @property
    def descriptors(self) -> int:
        """Files and sockets that it has open."""
        return len(list(Path(f"/proc/{self.process.pid}/fd").iterdir()))


@asynccontextmanager
async def program(module: str, *arguments: str) -> AsyncIterator[Program]:
    """Run `tests.hostile.MODULE` until the block is left."""
    process = await trio.lowlevel.open_process(
        [sys.executable, "-m", f"tests.hostile.{module}", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        cwd=ROOT,
    )
    running = Program(process)
    try:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(running.read)
            yield running
            nursery.cancel_scope.cancel()
    finally:
        if running.is_running:
            process.kill()
        with trio.CancelScope(shield=True):
            await process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    await pipe.aclose()
