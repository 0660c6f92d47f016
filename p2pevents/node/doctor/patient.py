"""What the doctor looks at, and what one check found of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from p2pevents.node.config import Config
from p2pevents.node.desk import Desk
from p2pevents.node.home import Home

__all__ = ["Check", "Finding", "Grade", "Patient"]


class Grade(Enum):
    """How a finding is: as it should be, worth knowing, or to be mended."""

    GOOD = "good"
    NOTE = "note"
    BAD = "bad"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What one check found.

    Attributes:
        grade: how it is.
        message: in plain words; never with anything secret in it.
        hint: what to type; empty where there is nothing to do.
        mend: does what `--repair` can do about it, and says what was done; None where that is
            nothing.
    """

    grade: Grade
    message: str
    hint: str = ""
    mend: Callable[[], str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """A home as the checks see it.

    Attributes:
        home: the folder.
        now_ms: the time, in ms since 1970.
        config: what its configuration says; None where that cannot be read.
        desk: its log and keys; None where the log cannot be opened.
        present: what its running node says of itself; None where none runs.
    """

    home: Home
    now_ms: int
    config: Config | None
    desk: Desk | None
    present: Mapping[str, Any] | None


Check = Callable[[Patient], Iterable[Finding]]
