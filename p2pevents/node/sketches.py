"""The node's sketches of its two sets, and the ids that are in them, as the log grows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from p2pevents.node.apart import NONE_APART, Apart
from p2pevents.record.ids import ChapterId
from p2pevents.sync.answers import CLOCK_BYTES, KEY_BYTES
from p2pevents.sync.effects import Collection
from p2pevents.sync.sketch import (
    Coded,
    Decoder,
    Sketch,
    has_numpy,
    ids_of_heads,
    pack_ids,
    pack_keys,
)

__all__ = ["FRESH_KEYS_MAX", "SALT_MS_MAX", "Sketches"]

FRESH_KEYS_MAX: Final = 1_024  # that wait until a sketch is asked for
SALT_MS_MAX: Final = 24 * 3_600_000  # whoever compares learns the salt, and may find ids that clash


class Sketches:
    """Keys by collection and chapter, in the order in which they entered the set.

    Without numpy there are no sketches.
    """

    def __init__(self) -> None:
        self._works = has_numpy()
        self._keys: dict[Collection, dict[ChapterId, bytearray]] = {each: {} for each in Collection}
        self._sketches: dict[Collection, tuple[Sketch, int]] = {}
        self._fresh: dict[Collection, bytearray] = {}  # keys that a sketch has not taken in yet

    def add(self, collection: Collection, chapter: ChapterId, keys: Sequence[bytes]) -> None:
        """Take in what entered the set, by its keys (`SetIndex`)."""
        if not keys:
            return
        packed = b"".join(keys)
        self._keys[collection].setdefault(chapter, bytearray()).extend(packed)
        if collection in self._sketches:
            fresh = self._fresh.setdefault(collection, bytearray())
            fresh.extend(packed)
            if len(fresh) > FRESH_KEYS_MAX * KEY_BYTES:
                self._take_in(collection)

    def forget(self, chapter: ChapterId) -> None:
        """Take out a chapter."""
        for collection, chapters in self._keys.items():
            gone = chapters.pop(chapter, None)
            if gone is not None and collection in self._sketches:
                self._take_in(collection)
                self._sketches[collection][0].remove(pack_keys(bytes(gone)))

    def remove(self, collection: Collection, chapter: ChapterId, ids: Iterable[bytes]) -> None:
        """Take one of each of these ids out of a chapter."""
        left, gone, kept = Counter(ids), bytearray(), bytearray()
        for key in _split(self._keys[collection][chapter]):
            if left[key[CLOCK_BYTES:]] > 0:
                left[key[CLOCK_BYTES:]] -= 1
                gone += key
            else:
                kept += key
        self._keys[collection][chapter] = kept
        if gone and collection in self._sketches:
            self._take_in(collection)
            self._sketches[collection][0].remove(pack_keys(bytes(gone)))

    def ids(self, collection: Collection, chapter: ChapterId) -> list[bytes]:
        """Return the ids of a chapter in a collection, in the order in which they entered."""
        packed = self._keys[collection].get(chapter, b"")
        return [key[CLOCK_BYTES:] for key in _split(packed)]

    def keys(self, collection: Collection, apart: Apart = NONE_APART) -> list[bytes]:
        """Return the keys of a collection, in no order, but for what is left out."""
        return list(_split(self._all(collection, apart)))

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
        held = pack_keys(self._all(collection, apart)).tobytes()
        return Decoder(pack_ids([held, *waiting]))

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
            self._fresh.pop(collection, None)
        self._take_in(collection)
        gone = b"".join(self._keys[collection].get(each, b"") for each in apart.chapters)
        without = [pack_keys(gone).tobytes()] if gone else []
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

    def _take_in(self, collection: Collection) -> None:
        """Bring a sketch up to date: one key alone would cost nearly as much as a hundred."""
        fresh = self._fresh.pop(collection, None)
        if fresh is not None:
            self._sketches[collection][0].add(pack_keys(bytes(fresh)))

    def _packed(self, collection: Collection, apart: Apart = NONE_APART) -> Any:
        return pack_keys(self._all(collection, apart))

    def _all(self, collection: Collection, apart: Apart) -> bytes:
        chapters = self._keys[collection]
        if not apart:
            return b"".join(chapters.values())
        return b"".join(
            _but(keys, apart.ids[chapter]) if chapter in apart.ids else keys
            for chapter, keys in chapters.items()
            if chapter not in apart.chapters
        )


def _but(keys: bytearray, others: frozenset[bytes]) -> bytes:
    """Return packed keys without those of some ids."""
    return b"".join(key for key in _split(keys) if key[CLOCK_BYTES:] not in others)


def _split(packed: bytes | bytearray) -> Iterator[bytes]:
    packed = bytes(packed)
    return (packed[at : at + KEY_BYTES] for at in range(0, len(packed), KEY_BYTES))
