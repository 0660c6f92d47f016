"""What must hold between honest nodes once the network has been quiet for a while."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from p2pevents.authority import Standing
from p2pevents.errors import RecordError
from p2pevents.log.protocol import LogStanding, Stored, StoredEntry
from p2pevents.node.answers import window_of
from p2pevents.node.charters import Charters
from p2pevents.node.ledger import Ledger
from p2pevents.node.opener import Opening, open_item
from p2pevents.node.reading import Reader
from p2pevents.node.sums import is_authority
from p2pevents.record.ids import ChapterId, to_text
from p2pevents.record.kinds import AUTHORITY_KINDS
from p2pevents.sync.effects import Outcome
from p2pevents.sync.months import first_month

if TYPE_CHECKING:
    from p2pevents.log.memory import MemoryLog
    from p2pevents.log.protocol import Log
    from p2pevents.testing.simulated_node import SimulatedNode

__all__ = ["Breach", "breaches_of"]

_ITEMS_MAX = 1_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """Something that does not hold.

    Attributes:
        what: the invariant's short name.
        who: the node.
        detail: in words.
    """

    what: str
    who: str
    detail: str

    def __str__(self) -> str:
        return f"{self.what}: {self.who}: {self.detail}"


def breaches_of(
    nodes: Sequence[SimulatedNode],
    *,
    now_ms: int,
    lost: Collection[bytes] = (),
    opening: Opening = open_item,
) -> list[Breach]:
    """Return what does not hold between these honest nodes; nothing where all is well.

    Args:
        nodes: the honest ones.
        now_ms: the true time, in ms since 1970.
        lost: ids of what was lost with somebody's disk.
        opening: how bytes are checked and opened, as `open_item` does it.
    """
    names = {node.name for node in nodes}
    readers = [node for node in nodes if node.is_reader]
    small = [node for node in nodes if node.store_bytes_max is not None]
    carriers = [node for node in nodes if node not in (*readers, *small)]
    return [
        *_same_sets(carriers),
        *(breach for node in small for breach in _settles(node, names)),
        *(breach for node in small for breach in _keeps(node, carriers[0])),
        *(breach for node in small for breach in _shows(node, carriers[0], now_ms)),
        *_same_calendars(carriers, now_ms),
        *(breach for node in readers for breach in _reads_its_months(node, carriers[0], now_ms)),
        *(breach for node in nodes for breach in _nothing_lost(node, carriers, lost)),
        *(breach for node in nodes for breach in _nothing_refused(node, opening)),
        *(breach for node in nodes for breach in _nobody_blamed(node, names)),
    ]


def _same_sets(nodes: Sequence[SimulatedNode]) -> list[Breach]:
    """Every node's fingerprints are the same, and are those of what it holds."""
    breaches: list[Breach] = []
    first = nodes[0]
    expected = _fingerprints(first.log)
    held = {item.id for item in first.log.in_set()}
    for node in nodes:
        if _fingerprints(node.log) != expected:
            theirs = {item.id for item in node.log.in_set()}
            detail = f"lacks {_named(held - theirs)}, has {_named(theirs - held)} too many"
            breaches.append(
                Breach(what="same-set", who=f"{node.name} and {first.name}", detail=detail)
            )
        breaches += _sums_up(node)
    return breaches


def _sums_up(node: SimulatedNode) -> list[Breach]:
    """A running node's sums are those of its log."""
    if node.life is None:
        return []
    snapshot = node.life.shared.ledger.snapshot()
    if (snapshot.authority, snapshot.records) == _fingerprints(node.log):
        return []
    return [Breach(what="ledger", who=node.name, detail="it says another sum than its log")]


def _reads_its_months(reader: SimulatedNode, carrier: SimulatedNode, now_ms: int) -> list[Breach]:
    """A light client has what a carrier has of the authority, and of what touches its months."""
    life = reader.life
    month = first_month(life.now_ms() if life is not None else now_ms)
    wanted = {row.id for row in carrier.log.in_set() if is_authority(row)}
    wanted |= {change.id for change in carrier.log.window(window_of(month), after=0)}
    lacking = wanted - {item.id for item in reader.log.in_set()}
    if not lacking:
        return []
    who = f"{reader.name} and {carrier.name}"
    return [Breach(what="same-months", who=who, detail=f"lacks {_named(lacking)}")]


def _settles(node: SimulatedNode, honest: Collection[str]) -> list[Breach]:
    """A small store keeps to its cap, and says so to everybody: no comparison stays unfinished."""
    breaches = _sums_up(node)
    held, bytes_max = node.log.total().bytes, node.store_bytes_max or 0
    if held > bytes_max and not node.log.own_chapters():
        breaches.append(Breach(what="cap", who=node.name, detail=f"{held} bytes of {bytes_max}"))
    if node.life is not None:
        breaches += [
            Breach(what="settled", who=f"{node.name} and {peer}", detail=outcome.value)
            for peer, outcome in node.outcomes.items()
            if outcome is Outcome.UNFINISHED and peer in honest and peer in node.life.sessions
        ]
    return breaches


def _keeps(node: SimulatedNode, carrier: SimulatedNode) -> list[Breach]:
    """What is followed and once was here is here, as far as anybody else still holds it."""
    both = node.both
    breaches = []
    for chapter, had in node.had.items():
        lacking = had & _in_set(carrier.log, chapter) - _in_set(both, chapter)
        if lacking:
            detail = f"{to_text(chapter)[:8]} lacks {_named(lacking)} that were here"
            breaches.append(Breach(what="followed", who=node.name, detail=detail))
    return breaches


def _shows(node: SimulatedNode, carrier: SimulatedNode, now_ms: int) -> list[Breach]:
    """Who has read what the store leaves out shows what is followed, as far as readers read."""
    if not node.has_read:
        return []
    both, months = node.both, carrier.log.window(window_of(first_month(now_ms)), after=0)
    breaches = []
    for chapter in node.had:
        if node.log.entries(chapter):
            continue  # in the store: its peers bring what it lacks
        held = {row.id for row in carrier.log.in_set(chapter=chapter) if is_authority(row)}
        held |= {change.id for change in months} & _in_set(carrier.log, chapter)
        lacking = held - _in_set(both, chapter)
        if lacking:
            detail = f"{to_text(chapter)[:8]} lacks {_named(lacking)} after reading"
            breaches.append(Breach(what="shown", who=node.name, detail=detail))
    return breaches


def _in_set(log: Log, chapter: ChapterId) -> set[bytes]:
    return {item.id for item in log.in_set(chapter=chapter)}


def _fingerprints(log: Log) -> tuple[bytes, bytes]:
    snapshot = Ledger(log).snapshot()
    return snapshot.authority, snapshot.records


def _same_calendars(nodes: Sequence[SimulatedNode], now_ms: int) -> list[Breach]:
    """What is shown without a pin is the same everywhere."""
    expected = _calendar(nodes[0].log, now_ms=now_ms)
    return [
        Breach(what="same-calendar", who=node.name, detail=f"shows another than {nodes[0].name}")
        for node in nodes[1:]
        if _calendar(node.log, now_ms=now_ms) != expected
    ]


def _calendar(log: MemoryLog, *, now_ms: int) -> bytes:
    """Return every object that is shown to somebody who accepted nothing yet, as JSON."""
    copy = log.copied(incarnation=log.incarnation)  # reading moves pins, and may not move theirs
    chapters = [each.chapter for each in copy.chapters()]
    for chapter in chapters:
        copy.local.set_pin(chapter, None)
    calendar = Reader(copy, Charters(copy), now_ms=lambda: now_ms).calendar(chapters)
    rows = [
        {
            "kind": merged.id.kind,
            "chapter": to_text(merged.id.chapter),
            "path": merged.id.path,
            "shown": merged.shown,
            "retracted": merged.retracted,
            "conflicts": sorted(merged.conflicts),
        }
        for merged in calendar
    ]
    return msgspec.json.encode(rows)


def _nothing_lost(
    node: SimulatedNode, nodes: Sequence[SimulatedNode], lost: Collection[bytes]
) -> list[Breach]:
    """What was acknowledged is on every carrier's disk, in the set or set aside by a removal."""
    wanted = [identifier for identifier in node.acknowledged if identifier not in lost]
    return [
        Breach(
            what="acknowledged", who=node.name, detail=f"{to_text(each)[:8]} is not on {other.name}"
        )
        for other in nodes
        for each in wanted
        if each not in other.log.has([each]) and not _is_struck(other, node, each)
    ]


def _is_struck(holder: SimulatedNode, author: SimulatedNode, identifier: bytes) -> bool:
    """Whether a removal strikes a record, so that nobody has to keep it."""
    record = author.acknowledged[identifier]
    judged = Charters(holder.log).judge(record.header, record.id)
    return judged is Standing.STRUCK


def _nothing_refused(node: SimulatedNode, opening: Opening) -> list[Breach]:
    """All that is held opens, and stands where the authority that is held puts it."""
    charters = Charters(node.log)
    breaches: list[Breach] = []
    for stored in node.log.arrived_since(0, limit=_ITEMS_MAX):
        try:
            opening(*_item(stored))
        except RecordError as error:
            breaches.append(Breach(what="refused", who=node.name, detail=str(error)))
            continue
        if isinstance(stored, Stored) and stored.header.kind not in AUTHORITY_KINDS:
            judged = charters.judge(stored.header, stored.id)
            is_in = stored.standing is LogStanding.IN_SET
            if judged is not (Standing.BELONGS if is_in else Standing.STRUCK):
                detail = f"{to_text(stored.id)[:8]} stands {stored.standing.name}, is {judged.name}"
                breaches.append(Breach(what="standing", who=node.name, detail=detail))
    return breaches


def _item(stored: Stored | StoredEntry) -> tuple[bytes, bytes | None]:
    if isinstance(stored, StoredEntry):
        return stored.entry.envelope, None
    return stored.envelope, stored.body


def _nobody_blamed(node: SimulatedNode, honest: Collection[str]) -> list[Breach]:
    return [
        Breach(what="blame", who=node.name, detail=f"blamed {peer}: {why}")
        for peer, why in node.blamed
        if peer in honest
    ]


def _named(ids: Collection[bytes]) -> str:
    shown = ", ".join(sorted(to_text(each)[:8] for each in ids)[:4])
    return f"{len(ids)} ({shown})" if ids else "0"
