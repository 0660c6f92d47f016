"""Whether the log is whole: its structure, and every record against its own hash."""

from __future__ import annotations

from collections.abc import Iterator

from p2pevents.errors import LogDamagedError, LogError
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.doctor.patient import Finding, Grade, Patient
from p2pevents.node.doctor.rebuilding import rebuild

__all__ = ["log_is_whole"]


def log_is_whole(patient: Patient) -> Iterator[Finding]:
    """Read all of it, and change nothing."""
    path = patient.home.log
    if not path.exists():
        yield Finding(grade=Grade.GOOD, message="there is none yet")
        return
    try:
        log = SqliteLog(path, read_only=True)
        try:
            log.check()
            damaged, held = len(log.damage()), log.total().records
        finally:
            log.close()
    except LogDamagedError as error:
        yield Finding(
            grade=Grade.BAD,
            message=" ".join(error.message.split()),
            hint="p2pevents doctor --repair saves what can be read; peers bring the rest",
            mend=lambda: rebuild(patient.home, now_ms=patient.now_ms),
        )
        return
    if damaged:
        yield Finding(
            grade=Grade.BAD,
            message=f"{damaged} of its records are damaged, and are not shown",
            hint="p2pevents doctor --repair removes them; peers bring them again",
            mend=lambda: _remove_damaged(patient),
        )
        return
    yield Finding(grade=Grade.GOOD, message=f"{held} records, each as it was signed")


def _remove_damaged(patient: Patient) -> str:
    log = SqliteLog(patient.home.log)
    try:
        log.check()
        removed = len(log.repair())
    except LogDamagedError as error:
        raise LogError(error.message, hint=error.hint) from None
    finally:
        log.close()
    return f"{removed} damaged records removed: p2pevents sync brings them again"
