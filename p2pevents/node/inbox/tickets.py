"""The tickets that a home's organiser signed, kept where its running node finds them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from p2pevents.log.local import LocalState
from p2pevents.log.notes import read_note
from p2pevents.node.inbox.papers import Ticket, read_ticket
from p2pevents.record import cbor

__all__ = ["TICKETS_MAX", "keep_tickets", "kept_tickets"]

TICKETS_MAX: Final = 64
_NOTE: Final = "inbox-tickets"
_BYTES_MAX: Final = 64 * 1024


def kept_tickets(local: LocalState) -> list[Ticket]:
    """Return the tickets of this home."""
    return read_note(local, _NOTE, _read) or []


def keep_tickets(local: LocalState, tickets: Sequence[Ticket]) -> None:
    """Keep these tickets, and no others."""
    data = [ticket.data for ticket in tickets[:TICKETS_MAX]]
    local.set_note(_NOTE, cbor.encode(data, bytes_max=_BYTES_MAX))


def _read(note: bytes) -> list[Ticket]:
    return [read_ticket(data) for data in cbor.decode(note, bytes_max=_BYTES_MAX)]
