"""Numbers for Prometheus. No chapter is named: who may read them need not know what is followed."""

from __future__ import annotations

from p2pevents.log.protocol import LogStanding
from p2pevents.web.shelf import Shelf

__all__ = ["metrics_text"]


def metrics_text(shelf: Shelf) -> str:
    """Return the metrics in Prometheus' text form."""
    log = shelf.desk.log
    total, waiting = log.total(), log.total(LogStanding.WAITING)
    synced_ms = shelf.synced_ms()
    numbers: dict[str, tuple[str, float]] = {
        "records": ("Records in the set.", total.records),
        "record_bytes": ("Bytes of the records in the set.", total.bytes),
        "waiting_records": ("Records that wait to be judged.", waiting.records),
        "chapters": ("Chapters that are carried.", len(log.chapters())),
        "follows": ("Chapters that are followed.", len(shelf.follows())),
        "outbox_records": ("Own records that wait to be announced.", len(log.local.outbox())),
        "peers": ("Peers that are connected.", shelf.peers()),
        "last_sync_timestamp_seconds": (
            "When a comparison with a peer last came out equal or settled; 0 before any.",
            (synced_ms or 0) / 1000,
        ),
    }
    lines = []
    for name, (meaning, value) in numbers.items():
        lines += [
            f"# HELP p2pevents_{name} {meaning}",
            f"# TYPE p2pevents_{name} gauge",
            f"p2pevents_{name} {value:g}" if value < 1e6 else f"p2pevents_{name} {value:.3f}",
        ]
    return "\n".join(lines) + "\n"
