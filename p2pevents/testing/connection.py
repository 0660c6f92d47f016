"""Connections and streams between simulated nodes: in order, late, and lost in one piece."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from p2pevents.testing.life import Life
    from p2pevents.testing.stream_end import StreamEnd

__all__ = ["Connection", "Stream"]


@dataclass(slots=True, kw_only=True, eq=False)
class Connection:
    """One connection between two lives of nodes.

    Attributes:
        dialler: who dialled.
        listener: who was dialled.
        is_stalled: nothing passes any more, and neither side knows yet.
    """

    dialler: Life
    listener: Life
    is_stalled: bool = False

    def other(self, life: Life) -> Life:
        """Return who is at the other end."""
        return self.listener if life is self.dialler else self.dialler


@dataclass(slots=True, kw_only=True, eq=False)
class Stream:
    """One sync stream on a connection.

    Attributes:
        connection: under it.
        ends: by the name of the node at it, once each end is up.
        early: what came to an end that is not up yet.
        arrival_ms: when the last piece towards each node arrives: none overtakes another.
        shut: the nodes that closed their end.
    """

    connection: Connection
    ends: dict[str, StreamEnd] = field(default_factory=dict)
    early: dict[str, deque[bytes]] = field(default_factory=dict)
    arrival_ms: dict[str, int] = field(default_factory=dict)
    shut: set[str] = field(default_factory=set)
