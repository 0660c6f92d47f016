"""Letters to organisers, kept beside the records: those written here, and those carried here.

They are in no set. What they look like is specified in docs/spec/inbox.md; here
they are bytes with an id.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Protocol

from p2pevents.record.ids import ChapterId, PublicKey

__all__ = ["Carried", "Letters", "MemoryLetters", "Outgoing"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outgoing:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
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
        """Keep a letter that came; False where it was here before."""

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


class MemoryLetters(Letters):
    """Letters in dictionaries, for simulations and tests."""

    def __init__(self) -> None:
        self._outgoing: dict[bytes, Outgoing] = {}
        self._carried: dict[bytes, Carried] = {}
        self._number = 0

    def outgoing(self) -> list[Outgoing]:
        return list(self._outgoing.values())

    def set_outgoing(self, letter: Outgoing) -> None:
        self._outgoing[letter.id] = letter

    def carried(
        self, *, chapter: ChapterId | None = None, after: int = 0, limit: int
    ) -> list[Carried]:
        found = (
            each
            for each in self._carried.values()
            if each.number > after and chapter in (None, each.chapter)
        )
        return sorted(found, key=lambda each: each.number)[:limit]

    def carried_by_id(self, ids: Collection[bytes]) -> dict[bytes, Carried]:
        return {one: self._carried[one] for one in ids if one in self._carried}

    def carry(self, letter: Carried) -> bool:
        if letter.id in self._carried:
            return False
        self._number += 1
        self._carried[letter.id] = replace(letter, number=self._number)
        return True

    def set_receipt(self, identifier: bytes, receipt: bytes) -> None:
        if identifier in self._carried:
            self._carried[identifier] = replace(self._carried[identifier], receipt=receipt)

    def drop(self, ids: Collection[bytes]) -> None:
        for identifier in ids:
            self._carried.pop(identifier, None)

    def load(
        self,
        *,
        chapter: ChapterId | None = None,
        sender: PublicKey | None = None,
        peer: str | None = None,
        address: str | None = None,
        since_ms: int = 0,
    ) -> tuple[int, int]:
        found = [
            len(each.data)
            for each in self._carried.values()
            if chapter in (None, each.chapter)
            and sender in (None, each.sender)
            and peer in (None, each.peer)
            and address in (None, each.address)
            and each.came_ms >= since_ms
        ]
        return len(found), sum(found)

    def copied(self) -> MemoryLetters:
        """Return a copy."""
        copy = MemoryLetters()
        copy._outgoing = dict(self._outgoing)
        copy._carried = dict(self._carried)
        copy._number = self._number
        return copy
