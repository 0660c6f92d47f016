"""What a person is told of a record's way out: saved here, or announced to so many."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Final

from p2pevents.node.desk import Desk
from p2pevents.node.presence import read_presence
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import RecordId

__all__ = ["announced_line", "delivery_line"]

ANNOUNCE_S_MAX: Final = 2.0  # waited for a running node to say whom it told
_POLL_S: Final = 0.05


def announced_line(desk: Desk, records: Sequence[RecordId]) -> str:
    """Return where records stand a moment after they were written."""
    present = read_presence(desk.home.folder)
    if present is None:
        return "saved; will be announced when a node runs"
    if not present.get("peers"):
        return "saved; will be announced when the node reaches a peer"
    ends = time.monotonic() + ANNOUNCE_S_MAX
    while True:
        deliveries = desk.delivery(records).values()
        if deliveries and all(each.peers for each in deliveries):
            return f"announced to {_peers(min(each.peers for each in deliveries))}"
        if time.monotonic() > ends:
            return "saved; the node is announcing it"
        time.sleep(_POLL_S)


def delivery_line(desk: Desk, found: ObjectId) -> str:
    """Return how far my newest version of an object has gone out; empty where none is mine."""
    mine = set(desk.my_keys())
    own = [each for each in desk.log.versions(found) if each.header.author in mine]
    if not own:
        return ""
    newest = own[-1].id
    delivery = desk.delivery([newest]).get(newest)
    if delivery is None or not delivery.peers:
        return "waits for a node that reaches a peer"
    return f"announced to {_peers(delivery.peers)}"


def _peers(number: int) -> str:
    return "1 peer" if number == 1 else f"{number} peers"
