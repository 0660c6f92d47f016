"""Which messages may come when: the machine of a session, as a table."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from typing import Final

from p2pevents.sync.full import Step
from p2pevents.sync.messages import (
    Ack,
    Ask,
    End,
    Found,
    Hello,
    Message,
    Need,
    Page,
    Push,
    Ranges,
    Scope,
    Since,
    Symbols,
    Taken,
    Want,
)

__all__ = ["EXCHANGING", "TURNS", "Stage"]


class Stage(Enum):
    """Where a session stands."""

    HELLO = "hello"
    SINCE = "since"
    SCOPE = "scope"
    SKETCH = "sketch"
    RANGES = "ranges"
    TRANSFER = "transfer"
    END = "end"
    LIVE = "live"
    CLOSED = "closed"


def _turn(*messages: type[Message]) -> frozenset[type[Message]]:
    """Return these, and what may come at any time."""
    return frozenset((*messages, Push, Taken, Want))


TURNS: Final[Mapping[Stage, frozenset[type[Message]]]] = {
    Stage.HELLO: _turn(Hello),
    Stage.SINCE: _turn(Since),
    Stage.SCOPE: _turn(Scope),
    Stage.SKETCH: _turn(Ask, Symbols, Found),
    Stage.RANGES: _turn(Ranges),
    Stage.TRANSFER: _turn(Need, Page, Ack),
    Stage.END: _turn(End),
    Stage.LIVE: _turn(Hello),
    Stage.CLOSED: frozenset(),
}
"""Which messages may come in which stage. Any other ends the session, and blames the peer."""

EXCHANGING: Final = {
    Step.SINCE: Stage.SINCE,
    Step.SCOPE: Stage.SCOPE,
    Step.SKETCH: Stage.SKETCH,
    Step.RANGES: Stage.RANGES,
    Step.TRANSFER: Stage.TRANSFER,
}
"""The stage in which a session stands while it exchanges a collection."""
