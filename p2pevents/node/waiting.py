"""What cannot be judged yet: whatever rests on unknown authority, and records ahead of the clock.

Kept in memory alone: what is lost with a restart, sync brings again. Both
rooms are bounded and the oldest leaves first, so that a stranger fills them to
no effect. Each item waits for one id and is looked at again when that comes,
not whenever its chapter grows: else whoever filled the room and then spoke
once more could have all of it judged again with every word.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Final

from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import RecordId

__all__ = ["AHEAD_RECORDS_MAX", "UNKNOWN_BYTES_MAX", "Waiting"]

UNKNOWN_BYTES_MAX: Final = 1024 * 1024  # of records and entries whose authority is not known yet
AHEAD_RECORDS_MAX: Final = 1000  # whose clock is more than 15 minutes ahead


class Waiting:
    """The two waiting rooms, each emptied by whoever can judge again."""

    def __init__(self) -> None:
        self._unknown: OrderedDict[bytes, tuple[Verified | Entry, bytes]] = OrderedDict()
        self._unknown_bytes = 0
        self._by_need: dict[bytes, dict[bytes, None]] = {}
        self._ahead: OrderedDict[RecordId, Verified] = OrderedDict()

    def __contains__(self, record: bytes) -> bool:
        return record in self._unknown or record in self._ahead

    def hold_unknown(self, item: Verified | Entry, *, needs: bytes) -> None:
        """Keep a record or an entry until the entry or grant of the id `needs` is here."""
        if _bytes_of(item) > UNKNOWN_BYTES_MAX:
            return
        self._drop(item.id)  # the same may come again with its body, or with more signatures
        self._unknown[item.id] = item, needs
        self._by_need.setdefault(needs, {})[item.id] = None
        self._unknown_bytes += _bytes_of(item)
        while self._unknown_bytes > UNKNOWN_BYTES_MAX:
            self._drop(next(iter(self._unknown)))

    def hold_ahead(self, record: Verified) -> None:
        """Keep a record until the clock has come near it."""
        self._ahead[record.id] = record
        while len(self._ahead) > AHEAD_RECORDS_MAX:
            self._ahead.popitem(last=False)

    def take(self, come: Iterable[bytes]) -> list[Verified | Entry]:
        """Take out what waits for entries or grants of these ids."""
        wanted = [each for needs in come for each in self._by_need.get(needs, ())]
        taken = [self._unknown[each][0] for each in wanted]
        for each in wanted:
            self._drop(each)
        return taken

    def take_due(self, *, clock_max: int) -> list[Verified]:
        """Take out the records whose clock is at most `clock_max`, in ms."""
        due = [each for each in self._ahead.values() if each.header.clock <= clock_max]
        for record in due:
            del self._ahead[record.id]
        return due

    def expects(self, *, clock_max: int) -> bool:
        """Tell whether a record waits whose clock is at most `clock_max`, in ms."""
        return any(each.header.clock <= clock_max for each in self._ahead.values())

    def __iter__(self) -> Iterator[Verified | Entry]:
        yield from (item for item, _ in self._unknown.values())
        yield from self._ahead.values()

    def counts(self) -> dict[str, int]:
        """Return how many wait, by reason."""
        return {"authority": len(self._unknown), "clock": len(self._ahead)}

    def _drop(self, identifier: bytes) -> None:
        found = self._unknown.pop(identifier, None)
        if found is None:
            return
        item, needs = found
        self._unknown_bytes -= _bytes_of(item)
        others = self._by_need[needs]
        del others[identifier]
        if not others:
            del self._by_need[needs]


def _bytes_of(item: Verified | Entry) -> int:
    return len(item.envelope) + (0 if isinstance(item, Entry) else len(item.body or b""))
