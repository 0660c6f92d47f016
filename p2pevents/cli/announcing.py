"""What a person is told of a record's way out: saved here, or announced to so many."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from p2pevents.node.desk import Desk
from p2pevents.node.presence import read_presence
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import RecordId
from p2pevents.words import _, _n

__all__ = ["announced_line", "delivery_line"]

ANNOUNCE_S_MAX: Final = 2.0  # waited for a running node to say whom it told
ALONE_S_MAX: Final = 0.5  # waited where the node knew of no peer a moment ago
_POLL_S: Final = 0.05


def announced_line(desk: Desk, records: Sequence[RecordId]) -> str:
    """Return where records stand a moment after they were written."""
    present = read_presence(desk.home.folder)
    if present is None:
        return _("saved; will be announced when a node runs")
    has_peers = bool(present.get("peers"))
    ends = time.monotonic() + (ANNOUNCE_S_MAX if has_peers else ALONE_S_MAX)
    while True:
        deliveries = desk.delivery(records).values()
        if deliveries and all(each.peers for each in deliveries):
            return _announced(min(each.peers for each in deliveries))
        if time.monotonic() > ends:
            break
        time.sleep(_POLL_S)
    if has_peers:
        return _("saved; the node is announcing it")
    return _("saved; will be announced when the node reaches a peer")


def delivery_line(desk: Desk, found: ObjectId) -> str:
    """Return how far my newest version of an object has gone out; empty where none is mine."""
    mine = set(desk.my_keys())
    own = [each for each in desk.log.versions(found) if each.header.author in mine]
    if not own:
        return ""
    newest = own[-1].id
    delivery = desk.delivery([newest]).get(newest)
    if delivery is None or not delivery.peers:
        return _("waits for a node that reaches a peer")
    return _announced(delivery.peers)


def _announced(peers: int) -> str:
    return _n("announced to {n} peer", "announced to {n} peers", peers)
