"""A peer written in JavaScript, in a process of its own: js-libp2p and tests/js.

Nothing is installed here: `npm ci --ignore-scripts --prefix tests/js` does, where
Node.js is at hand.
"""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

JS = Path(__file__).parents[1] / "js"
NODE = shutil.which("node")
ANSWER_S_MAX = 20.0
STOP_S_MAX = 10.0

needs_js = pytest.mark.skipif(
    NODE is None or not (JS / "node_modules" / "libp2p").exists(),
    reason="needs Node.js and npm ci --ignore-scripts --prefix tests/js",
)


@dataclass(slots=True)
class JsPeer:
    """A running peer, and what it said so far."""

    process: subprocess.Popen[str]
    said: list[dict[str, Any]] = field(default_factory=list)
    _lines: queue.SimpleQueue[str | None] = field(default_factory=queue.SimpleQueue)
    _errors: list[str] = field(default_factory=list)
    _readers: list[threading.Thread] = field(default_factory=list)
    peer_id: str = ""
    addresses: tuple[str, ...] = ()

    @classmethod
    def start(cls, *, listen: Sequence[str] = (), speaks_sync: bool = False) -> JsPeer:
        """Start a peer and wait until it can be dialled."""
        asked = {"listen": list(listen), "speaksSync": speaks_sync}
        process = subprocess.Popen(
            [str(NODE), "--import", JS / "node20.mjs", JS / "peer.mjs", json.dumps(asked)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        peer = cls(process)
        for read in (peer._read, peer._drain):
            thread = threading.Thread(target=read, daemon=True)
            thread.start()
            peer._readers.append(thread)
        ready = peer.hear(lambda said: "peerId" in said)
        peer.peer_id, peer.addresses = ready["peerId"], tuple(ready["addresses"])
        return peer

    def do(self, command: str, answer: str, **arguments: object) -> dict[str, Any]:
        """Have it do something; return what it says under the key `answer`."""
        begun = len(self.said)
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"do": command, **arguments}) + "\n")
        self.process.stdin.flush()
        return self.hear(lambda said: answer in said, since=begun)

    def hear(
        self,
        is_it: Callable[[dict[str, Any]], bool],
        *,
        since: int = 0,
        seconds: float = ANSWER_S_MAX,
    ) -> dict[str, Any]:
        """Wait until it has said what `is_it` says yes to, and return that."""
        until_s = time.monotonic() + seconds
        at = since
        while True:
            for said in self.said[at:]:
                if is_it(said):
                    return said
            at = len(self.said)
            try:
                line = self._lines.get(timeout=max(0.0, until_s - time.monotonic()))
            except queue.Empty:
                raise AssertionError(f"not said; {self.said}; {''.join(self._errors)}") from None
            assert line is not None, f"it ended: {''.join(self._errors)}"
            self.said.append(json.loads(line))

    def heard(self, title: str) -> dict[str, Any]:
        """Wait until gossip brought a record with this title, checked by the peer."""
        said: dict[str, Any] = self.hear(lambda said: said.get("heard", {}).get("title") == title)
        record: dict[str, Any] = said["heard"]
        return record

    def stop(self) -> None:
        """End it."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        try:
            self.process.wait(timeout=STOP_S_MAX)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        for reader in self._readers:
            reader.join()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe is not None:
                pipe.close()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _drain(self) -> None:
        assert self.process.stderr is not None
        self._errors.extend(self.process.stderr)
