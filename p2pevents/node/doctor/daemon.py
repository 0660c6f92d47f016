"""Whether a node runs here, and whether what was written here goes out."""

from __future__ import annotations

from collections.abc import Iterator

from p2pevents.node.doctor.patient import Finding, Grade, Patient

__all__ = ["node_runs"]


def node_runs(patient: Patient) -> Iterator[Finding]:
    """Look for the running node, and at the outbox."""
    waits = len(patient.desk.log.local.outbox()) if patient.desk else 0
    if patient.present is not None:
        yield Finding(grade=Grade.GOOD, message="it runs")
        if waits:
            yield Finding(
                grade=Grade.NOTE, message=f"{waits} records wait for a peer that takes them"
            )
        return
    yield Finding(
        grade=Grade.NOTE if waits else Grade.GOOD,
        message=f"none runs, and {waits} records wait to be announced" if waits else "none runs",
        hint="p2pevents run, or p2pevents sync, announces them" if waits else "",
    )
