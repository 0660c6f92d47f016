"""Another process that works beside a bench, and says what came of it, one JSON object a line."""

from __future__ import annotations

import json
import subprocess
from typing import Any


class Talking(subprocess.Popen[str]):
    """A process that says one JSON object a line."""

    def __init__(self, command: list[str]) -> None:
        super().__init__(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def hear(self) -> Any:
        """Return the next thing that it says."""
        assert self.stdout is not None
        return json.loads(self.stdout.readline())

    def nudge(self) -> None:
        """Send it an empty line."""
        assert self.stdin is not None
        self.stdin.write("\n")
        self.stdin.flush()
