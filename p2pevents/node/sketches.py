"""The node's sketches of its two sets, and the ids that are in them, as the log grows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from p2pevents.node.apart import NONE_APART, Apart
from p2pevents.record.ids import ID_BYTES, ChapterId
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

    def decoder(
        self, collection: Collection, *, waiting: Sequence[bytes], apart: Apart = NONE_APART
    ) -> Decoder | None:
        """Return what decodes another's sketch of a collection.

        Args:
            collection: of which set.
            waiting: ids of what is held outside of it, counted as held.
            apart: what of the set is left out.
        """
        if not self._works:
            return None
        return Decoder(pack_ids([self._all(collection, apart), *waiting]))

    def coded(
        self,
        collection: Collection,
        *,
        waiting: Sequence[bytes],
        salt: bytes,
        now_ms: int,
        apart: Apart = NONE_APART,
    ) -> Coded | None:
        """Return this node's symbols.

        Args:
            collection: of which set.
            waiting: ids of what is held outside of it.
            salt: 16 random bytes for a new sketch, where the old one's salt is a day old.
            now_ms: any clock that never runs backwards.
            apart: what of the set is left out.
        """
        if not self._works:
            return None
        sketch, since_ms = self._sketches.get(collection, (None, 0))
        if sketch is None or now_ms - since_ms > SALT_MS_MAX:
            sketch = Sketch(salt=salt)
            sketch.add(self._packed(collection))
            self._sketches[collection] = sketch, now_ms
        without = [bytes(self._ids[collection].get(each, b"")) for each in apart.chapters]
        without += [each for ids in apart.ids.values() for each in ids]
        return sketch.symbols(
            also=pack_ids(waiting), without=pack_ids(without) if without else None
        )

    def ids_of(
        self,
        collection: Collection,
        heads: Sequence[bytes],
        *,
        salt: bytes,
        apart: Apart = NONE_APART,
    ) -> list[bytes]:
        """Return what has values that begin so, and is not left out."""
        if not self._works:
            return []
        return ids_of_heads(self._packed(collection, apart), heads, salt=salt)

    def _packed(self, collection: Collection, apart: Apart = NONE_APART) -> Any:
        return pack_ids([self._all(collection, apart)])

    def _all(self, collection: Collection, apart: Apart) -> bytes:
        chapters = self._ids[collection]
        if not apart:
            return b"".join(chapters.values())
        return b"".join(
            _but(ids, apart.ids[chapter]) if chapter in apart.ids else ids
            for chapter, ids in chapters.items()
            if chapter not in apart.chapters
        )


def _but(ids: bytearray, others: frozenset[bytes]) -> bytes:
    """Return packed ids without some of them."""
    each = (bytes(ids[start : start + ID_BYTES]) for start in range(0, len(ids), ID_BYTES))
    return b"".join(one for one in each if one not in others)
