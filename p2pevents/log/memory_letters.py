"""Letters in memory: for simulations and tests, and what the SQLite ones are compared with."""

from __future__ import annotations

from collections.abc import Collection

from msgspec.structs import replace

from p2pevents.log.letters import Carried, Letters, Outgoing
from p2pevents.record.ids import ChapterId, PublicKey

__all__ = ["MemoryLetters"]


class MemoryLetters(Letters):
    """Two dictionaries."""

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
        number = letter.number or self._number + 1
        self._number = max(self._number, number)
        self._carried[letter.id] = replace(letter, number=number)
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
