"""Whether this node knows anybody, and reaches them."""

from __future__ import annotations

from collections.abc import Iterator

from p2pevents.node.doctor.patient import Finding, Grade, Patient

__all__ = ["peers_are_known"]

_DAY_MS = 86_400_000
_SILENT_DAYS = 7


def peers_are_known(patient: Patient) -> Iterator[Finding]:
    """Look into the address book, and at who is connected."""
    known = patient.desk.log.local.peers() if patient.desk else []
    configured = len(patient.config.peers) if patient.config else 0
    if not known and not configured:
        yield Finding(
            grade=Grade.NOTE,
            message="this node knows no peer",
            hint="follow a chapter by its link, or p2pevents sync ADDRESS",
        )
        return
    if patient.present is not None:
        connected = len(patient.present.get("peers", ()))
        if not connected:
            yield Finding(
                grade=Grade.BAD,
                message=f"none of {len(known) or configured} peers is connected",
                hint="p2pevents -v sync ADDRESS says why one cannot be reached",
            )
            return
        yield Finding(grade=Grade.GOOD, message=f"{connected} connected, {len(known)} known")
        return
    seen_ms = max((peer.seen_ms for peer in known), default=0)
    days = (patient.now_ms - seen_ms) // _DAY_MS if seen_ms else 0
    if days >= _SILENT_DAYS:
        yield Finding(
            grade=Grade.NOTE,
            message=f"{len(known)} known, and none answered for {days} days",
            hint="p2pevents sync asks them; an old link may name an address that moved",
        )
        return
    yield Finding(grade=Grade.GOOD, message=f"{len(known) or configured} known")
