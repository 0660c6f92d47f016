"""Whether this machine's clock can be right, going by what others wrote."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from p2pevents.node.doctor.patient import Finding, Grade, Patient

__all__ = ["clock_agrees"]

_BEGAN_MS: Final = 1_735_689_600_000  # 1 January 2025: this program was written later
_DEMO: Final = "demo"  # the network whose clock is played
_HINT: Final = "timedatectl tells; sudo timedatectl set-ntp true lets it be set by the network"


def clock_agrees(patient: Patient) -> Iterator[Finding]:
    """Look for records of others that this clock says were written in the time to come."""
    if patient.config is not None and patient.config.network == _DEMO:
        return
    said = f"{datetime.fromtimestamp(patient.now_ms / 1000, tz=UTC):%Y-%m-%d %H:%M} UTC"
    ahead = (patient.present or {}).get("waiting", {}).get("clock", 0)
    newest_ms = _newest_ms(patient)
    if patient.now_ms < _BEGAN_MS:
        yield Finding(grade=Grade.BAD, message=f"it says {said}, which is long ago", hint=_HINT)
    elif ahead:
        yield Finding(
            grade=Grade.BAD,
            message=f"it says {said}, and peers hold {ahead} records written more than a quarter "
            "of an hour later: it may be slow",
            hint=_HINT,
        )
    elif newest_ms > patient.now_ms:
        late_s = (newest_ms - patient.now_ms) // 1000
        yield Finding(
            grade=Grade.NOTE,
            message=f"it says {said}, and something here was written {late_s} s later",
            hint=_HINT,
        )
    else:
        yield Finding(grade=Grade.GOOD, message=f"it says {said}, and nobody wrote later")


def _newest_ms(patient: Patient) -> int:
    """Return the greatest clock of any record in the set; 0 where there is none."""
    if patient.desk is None:
        return 0
    # A charter entry's clock is its number: too small to be taken for a time.
    return max((item.clock for item in patient.desk.log.in_set()), default=0)
