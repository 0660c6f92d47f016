"""A plugin of pytest that writes down what came of each test as soon as it is known.

So that a run which is cut short has said all that it found: `-p tests.hostile.noting`, and the file
in NOTE_TO.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Write a line for a test that ended, or for what failed around it."""
    if report.when == "call" or report.outcome != "passed":
        line = {"id": report.nodeid, "outcome": report.outcome, "took_s": report.duration}
        with Path(os.environ["NOTE_TO"]).open("a", encoding="utf-8") as file:
            file.write(json.dumps(line) + "\n")
