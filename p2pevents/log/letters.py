"""Letters to organisers, kept beside the records: those written here, and those carried here.

They are in no set. What they look like is specified in docs/spec/inbox.md; here
they are bytes with an id.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from typing import Protocol

from msgspec import Struct

from p2pevents.record.ids import ChapterId, PublicKey

__all__ = ["Carried", "Letters", "Outgoing"]


class Outgoing(Struct, frozen=True, kw_only=True):
    """A letter that was written here.

    Attributes:
        id: the letter's id.
        chapter: to whose organisers it goes.
        data: as it is sent, sealed.
        content: what is in it.
        written_ms: when it was written.
        carriers: the peers that hold it, by their names on the network.
        receipt: an organiser's word that it was taken; None before.
        answer: what the last peer that did not take it said; empty where none did.
    """

    id: bytes
    chapter: ChapterId
    data: bytes
    content: bytes
    written_ms: int
    carriers: tuple[str, ...] = ()
    receipt: bytes | None = None
    answer: str = ""


class Carried(Struct, frozen=True, kw_only=True):
    """A letter that came here.

    Attributes:
        id: the letter's id.
        chapter: to whose organisers it goes.
        sender: the key that signed its outside.
        data: as it came.
        peer: who handed it over.
        address: from where, as far as quotas count it.
        came_ms: when.
        is_mine: this node's person may read it: it is kept longer, and outside the quotas.
        receipt: an organiser's word that it was taken; None before.
        number: in order of arrival; 0 before it is kept.
    """

    id: bytes
    chapter: ChapterId
    sender: PublicKey
    data: bytes
    peer: str
    address: str
    came_ms: int
    is_mine: bool = False
    receipt: bytes | None = None
    number: int = 0


class Letters(Protocol):
    """Two small tables in the log's store. What writes has committed when it returns."""

    @abstractmethod
    def outgoing(self) -> list[Outgoing]:
        """Return the letters that were written here, the oldest first."""

    @abstractmethod
    def set_outgoing(self, letter: Outgoing) -> None:
        """Keep a letter that was written here, or what became of it."""

    @abstractmethod
    def carried(
        self, *, chapter: ChapterId | None = None, after: int = 0, limit: int
    ) -> list[Carried]:
        """Return letters that came here after a number, in order of arrival."""

    @abstractmethod
    def carried_by_id(self, ids: Collection[bytes]) -> dict[bytes, Carried]:
        """Return those of these letters that are here."""

    @abstractmethod
    def carry(self, letter: Carried) -> bool:
        """Keep a letter that came; False where it was here before.

        It gets the next number, or keeps its own where it has one: that of a log made anew.
        """

    @abstractmethod
    def set_receipt(self, identifier: bytes, receipt: bytes) -> None:
        """Keep an organiser's word that a letter was taken."""

    @abstractmethod
    def drop(self, ids: Collection[bytes]) -> None:
        """Carry these letters no more."""

    @abstractmethod
    def load(
        self,
        *,
        chapter: ChapterId | None = None,
        sender: PublicKey | None = None,
        peer: str | None = None,
        address: str | None = None,
        since_ms: int = 0,
    ) -> tuple[int, int]:
        """Return number and bytes of the carried letters of which all that is given is true."""
