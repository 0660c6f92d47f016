"""Whether the logs are whole: their structure, and every record against its own hash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from p2pevents.errors import LogDamagedError, LogError
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.doctor.patient import Finding, Grade, Patient
from p2pevents.node.doctor.rebuilding import rebuild

__all__ = ["log_is_whole", "private_log_is_whole"]


def log_is_whole(patient: Patient) -> Iterator[Finding]:
    """Read all of it, and change nothing."""
    if patient.home.log.exists():
        yield _looked_at(patient, patient.home.log)
    else:
        yield Finding(grade=Grade.GOOD, message="there is none yet")


def private_log_is_whole(patient: Patient) -> Iterator[Finding]:
    """Read all of what is kept privately, where anything is."""
    if patient.home.private_log.exists():
        yield _looked_at(patient, patient.home.private_log)


def _looked_at(patient: Patient, path: Path) -> Finding:
    try:
        log = SqliteLog(path, read_only=True)
        try:
            log.check()
            damaged, held = len(log.damage()), log.total().records
        finally:
            log.close()
    except LogDamagedError as error:
        return Finding(
            grade=Grade.BAD,
            message=" ".join(error.message.split()),
            hint="p2pevents doctor --repair saves what can be read; peers bring the rest",
            mend=lambda: rebuild(patient.home, path, now_ms=patient.now_ms),
        )
    if damaged:
        return Finding(
            grade=Grade.BAD,
            message=f"{damaged} of its records are damaged, and are not shown",
            hint="p2pevents doctor --repair removes them; peers bring them again",
            mend=lambda: _remove_damaged(patient, path),
        )
    return Finding(grade=Grade.GOOD, message=f"{held} records, each as it was signed")


def _remove_damaged(patient: Patient, path: Path) -> str:
    log = SqliteLog(path)
    try:
        log.check()
        removed = len(log.repair())
    except LogDamagedError as error:
        raise LogError(error.message, hint=error.hint) from None
    finally:
        log.close()
    if path == patient.home.private_log:
        return f"{removed} damaged records removed: a node that runs reads them again"
    return f"{removed} damaged records removed: p2pevents sync brings them again"
