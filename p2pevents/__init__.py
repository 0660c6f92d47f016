"""Peer-to-peer event announcements: communities publish, attendees follow, no server between.

What other programs build on is named here, and loaded when it is first asked
for: to import p2pevents costs next to nothing, and libp2p is not loaded before
a real network is opened.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers read it; to load `typing` here would be for this alone

if TYPE_CHECKING:
    from typing import Any

    from p2pevents.authority import Authority, found
    from p2pevents.log.memory import MemoryLog
    from p2pevents.log.protocol import Log
    from p2pevents.log.sqlite import SqliteLog
    from p2pevents.node.desk import Desk, open_desk
    from p2pevents.node.ingest import Ingest
    from p2pevents.node.node import Node
    from p2pevents.record.draft import compose
    from p2pevents.record.entry import open_entry
    from p2pevents.record.envelope import Verified, open_envelope, seal
    from p2pevents.record.link import Link, parse_link
    from p2pevents.record.merge import merge
    from p2pevents.view.agenda import Query, agenda
    from p2pevents.view.calendar import Calendar, fold

__version__ = "0.1.0"

__all__ = [
    "Authority",
    "Calendar",
    "Desk",
    "Ingest",
    "Link",
    "Log",
    "MemoryLog",
    "Node",
    "Query",
    "SqliteLog",
    "Verified",
    "__version__",
    "agenda",
    "compose",
    "fold",
    "found",
    "merge",
    "open_desk",
    "open_entry",
    "open_envelope",
    "parse_link",
    "seal",
]

_WHERE = {
    "Authority": "p2pevents.authority",
    "Calendar": "p2pevents.view.calendar",
    "Desk": "p2pevents.node.desk",
    "Ingest": "p2pevents.node.ingest",
    "Link": "p2pevents.record.link",
    "Log": "p2pevents.log.protocol",
    "MemoryLog": "p2pevents.log.memory",
    "Node": "p2pevents.node.node",
    "Query": "p2pevents.view.agenda",
    "SqliteLog": "p2pevents.log.sqlite",
    "Verified": "p2pevents.record.envelope",
    "agenda": "p2pevents.view.agenda",
    "compose": "p2pevents.record.draft",
    "fold": "p2pevents.view.calendar",
    "found": "p2pevents.authority",
    "merge": "p2pevents.record.merge",
    "open_desk": "p2pevents.node.desk",
    "open_entry": "p2pevents.record.entry",
    "open_envelope": "p2pevents.record.envelope",
    "parse_link": "p2pevents.record.link",
    "seal": "p2pevents.record.envelope",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for by its name."""
    if name not in _WHERE:
        raise AttributeError(f"module 'p2pevents' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_WHERE[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
