"""Where the time between two moments goes: moments noted in two processes by one clock.

What is looked at is wrapped from outside, so that the program itself knows nothing of it. Each
moment costs about a microsecond.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import statistics
import time
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

__all__ = ["MOMENTS", "Stage", "between", "noted"]

# In their order: where, what is called, and what is over when it begins or ends.
LOOKED_AT: Sequence[tuple[str, str, str, str]] = (
    ("writer", "p2pevents.node.clerk:Clerk.written", "begins", "the loop looks at the log"),
    ("writer", "p2pevents.node.clerk:Clerk.written", "ends", "the record is read from it"),
    ("writer", "p2pevents.node.core.core:Core.step", "ends", "the core decides"),
    ("writer", "p2pevents.sync.session:Session.step", "begins", "its session has its turn"),
    ("writer", "p2pevents.net.libp2p.network:Libp2pNetwork.publish", "begins", "gossip its turn"),
    ("writer", "libp2p.pubsub.gossipsub:GossipSub.publish", "ends", "gossip signs and queues it"),
    ("writer", "trio:SocketStream.send_all", "begins", "it is framed, sealed, written"),
    ("neighbour", "trio:SocketStream.receive_some", "ends", "the system wakes the other process"),
    ("neighbour", "p2pevents.net.libp2p.stream:Libp2pStream.receive_some", "ends", "opened, read"),
    ("neighbour", "p2pevents.sync.session:Session.step", "begins", "the session has its turn"),
    ("neighbour", "p2pevents.node.ingest:Ingest.open", "begins", "the message is decoded"),
    ("neighbour", "p2pevents.node.node:Node._validate", "begins", "gossip checks and decodes it"),
    ("neighbour", "p2pevents.node.ingest:Ingest.open", "ends", "the record is checked"),
    ("neighbour", "p2pevents.node.ingest:Ingest._keep", "begins", "it is judged"),
    ("neighbour", "p2pevents.log.sqlite_write:Writing.append", "ends", "its rows are made"),
)
GOSSIP = "gossip"  # how the names of its own stages begin
COMMITTED = ("neighbour", "they are written and committed")

MOMENTS: list[tuple[str, float]] = []
"""What was noted in this process: `PLACE begins` or `PLACE ends`, and when."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """One part of the way: what was done in it, where, and how long it took at the median."""

    where: str
    name: str
    took_s: float


@contextmanager
def noted(is_on: bool) -> Iterator[None]:
    """Note the moments that are looked at while the block runs."""
    undo = []
    for place in dict.fromkeys(place for _, place, _, _ in LOOKED_AT) if is_on else ():
        owner, name, function = _found(place)
        setattr(owner, name, _noting(place, function))
        undo.append((owner, name, function))
    try:
        yield
    finally:
        for owner, name, function in undo:
            setattr(owner, name, function)


def between(
    spans: Sequence[tuple[float, float]],
    *,
    here: Sequence[tuple[str, float]],
    there: Sequence[tuple[str, float]],
    by_gossip: bool,
) -> list[Stage]:
    """Return the stages of several spans, at the median; moments that most lack are left out.

    Args:
        spans: from when to when, in seconds.
        here, there: what was noted in the writer's process, and in the neighbour's.
        by_gossip: look at what gossip does, too, which goes beside a push.
    """
    noted_at: dict[tuple[str, str], list[float]] = {}
    for where, moments in (("writer", here), ("neighbour", there)):
        for key, at in moments:
            noted_at.setdefault((where, key), []).append(at)
    took: dict[tuple[str, str], list[float]] = {}
    for began, ended in spans:
        last = began
        for where, place, edge, name in LOOKED_AT:
            if not by_gossip and name.startswith(GOSSIP):
                continue
            times = noted_at.get((where, f"{place} {edge}"), [])
            index = bisect_left(times, last)
            if index < len(times) and times[index] <= ended:
                took.setdefault((where, name), []).append(times[index] - last)
                last = times[index]
        took.setdefault(COMMITTED, []).append(ended - last)
    return [
        Stage(where=where, name=name, took_s=statistics.median(values))
        for (where, name), values in sorted(took.items(), key=lambda each: _rank(each[0]))
        if len(values) * 2 > len(spans)
    ]


def _rank(stage: tuple[str, str]) -> int:
    order = [(where, name) for where, _, _, name in LOOKED_AT]
    return order.index(stage) if stage in order else len(order)


def _found(place: str) -> tuple[Any, str, Any]:
    module, _, path = place.partition(":")
    *owners, name = path.split(".")
    owner: Any = importlib.import_module(module)
    for each in owners:
        owner = getattr(owner, each)
    return owner, name, getattr(owner, name)


def _noting(place: str, function: Any) -> Any:
    """Return a function that notes when it begins and ends, and does what the other does."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def noting_turns(*args: Any, **kwargs: Any) -> Any:
            MOMENTS.append((f"{place} begins", time.monotonic()))
            try:
                return await function(*args, **kwargs)
            finally:
                MOMENTS.append((f"{place} ends", time.monotonic()))

        return noting_turns

    @functools.wraps(function)
    def noting(*args: Any, **kwargs: Any) -> Any:
        MOMENTS.append((f"{place} begins", time.monotonic()))
        try:
            return function(*args, **kwargs)
        finally:
            MOMENTS.append((f"{place} ends", time.monotonic()))

    return noting
