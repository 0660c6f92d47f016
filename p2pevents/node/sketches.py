"""The node's sketches of its two sets, and the ids that are in them, as the log grows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from p2pevents.record.ids import ChapterId
from p2pevents.sync.effects import Collection
from p2pevents.sync.sketch import Coded, Decoder, Sketch, has_numpy, ids_of_heads, pack_ids

__all__ = ["SALT_MS_MAX", "Sketches"]

SALT_MS_MAX: Final = 24 * 3_600_000  # whoever compares learns the salt, and may find ids that clash


class Sketches:
    """Ids by collection and chapter, in the order in which they entered the set.

    Without numpy nothing is kept, and there are no sketches.
    """

    def __init__(self) -> None:
        self._works = has_numpy()
        self._ids: dict[Collection, dict[ChapterId, bytearray]] = {each: {} for each in Collection}
        self._sketches: dict[Collection, tuple[Sketch, int]] = {}

    def add(self, collection: Collection, chapter: ChapterId, ids: Sequence[bytes]) -> None:
        """Take in what entered the set."""
        if not self._works or not ids:
            return
        self._ids[collection].setdefault(chapter, bytearray()).extend(b"".join(ids))
        if collection in self._sketches:
            self._sketches[collection][0].add(pack_ids(ids))

    def forget(self, chapter: ChapterId) -> None:
        """Take out a chapter."""
        for collection, chapters in self._ids.items():
            gone = chapters.pop(chapter, None)
            if gone is not None and collection in self._sketches:
                self._sketches[collection][0].remove(pack_ids([bytes(gone)]))

    def decoder(self, collection: Collection, *, waiting: Sequence[bytes]) -> Decoder | None:
        """Return what decodes another's sketch of a collection, what waits counted as held."""
        if not self._works:
            return None
        return Decoder(pack_ids([self._all(collection), *waiting]))

    def coded(
        self, collection: Collection, *, waiting: Sequence[bytes], salt: bytes, now_ms: int
    ) -> Coded | None:
        """Return this node's symbols.

        Args:
            collection: of which set.
            waiting: ids of what is held outside of it.
            salt: 16 random bytes for a new sketch, where the old one's salt is a day old.
            now_ms: any clock that never runs backwards.
        """
        if not self._works:
            return None
        sketch, since_ms = self._sketches.get(collection, (None, 0))
        if sketch is None or now_ms - since_ms > SALT_MS_MAX:
            sketch = Sketch(salt=salt)
            sketch.add(self._packed(collection))
            self._sketches[collection] = sketch, now_ms
        return sketch.symbols(also=pack_ids(waiting))

    def ids_of(self, collection: Collection, heads: Sequence[bytes], *, salt: bytes) -> list[bytes]:
        """Return what has values that begin so."""
        return ids_of_heads(self._packed(collection), heads, salt=salt) if self._works else []

    def _packed(self, collection: Collection) -> Any:
        return pack_ids([self._all(collection)])

    def _all(self, collection: Collection) -> bytes:
        return b"".join(self._ids[collection].values())
