"""The node's sketches of its two sets, and the ids that are in them, as the log grows."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import accumulate
from typing import Final

from p2pevents.node.apart import NONE_APART, Apart
from p2pevents.record.ids import ChapterId
from p2pevents.sync.answers import CLOCK_BYTES, KEY_BYTES
from p2pevents.sync.effects import Collection
from p2pevents.sync.sketch import (
    TAG_BYTES,
    Coded,
    Decoder,
    Sketch,
    has_numpy,
    ids_of_heads,
    pack_ids,
    pack_keys,
    rows_of_heads,
    tags_of,
    values_of,
)

__all__ = ["FRESH_KEYS_MAX", "SALT_MS_MAX", "Sketches"]

FRESH_KEYS_MAX: Final = 1_024  # that wait until a sketch is asked for
SALT_MS_MAX: Final = 24 * 3_600_000  # whoever compares learns the salt, and may find ids that clash


class Sketches:
    """Keys by collection and chapter, in the order in which they entered the set.

    With a sketch goes a tag of each key that is in it: what somebody has found in the sketch is
    looked up by these, and not by making every value anew. Without numpy there are no sketches.
    """

    def __init__(self) -> None:
        self._works = has_numpy()
        self._keys: dict[Collection, dict[ChapterId, bytearray]] = {each: {} for each in Collection}
        self._sketches: dict[Collection, tuple[Sketch, int]] = {}
        self._tags: dict[Collection, dict[ChapterId, bytearray]] = {each: {} for each in Collection}
        self._fresh: dict[Collection, dict[ChapterId, int]] = {}  # keys that are in no sketch yet

    def add(self, collection: Collection, chapter: ChapterId, keys: Sequence[bytes]) -> None:
        """Take in what entered the set, by its keys (`SetIndex`)."""
        if not keys:
            return
        self._keys[collection].setdefault(chapter, bytearray()).extend(b"".join(keys))
        if collection in self._sketches:
            fresh = self._fresh.setdefault(collection, {})
            fresh[chapter] = fresh.get(chapter, 0) + len(keys)
            if sum(fresh.values()) > FRESH_KEYS_MAX:
                self._take_in(collection)

    def forget(self, chapter: ChapterId) -> None:
        """Take out a chapter."""
        for collection, chapters in self._keys.items():
            if chapter in chapters and collection in self._sketches:
                self._take_in(collection)
                self._sketches[collection][0].remove(pack_keys(bytes(chapters[chapter])))
            chapters.pop(chapter, None)
            self._tags[collection].pop(chapter, None)

    def remove(self, collection: Collection, chapter: ChapterId, ids: Iterable[bytes]) -> None:
        """Take one of each of these ids out of a chapter."""
        if collection in self._sketches:
            self._take_in(collection)
        left, rows = Counter(ids), []
        for row, identifier in enumerate(self.ids(collection, chapter)):
            if left.get(identifier):
                left[identifier] -= 1
                rows.append(row)
        keys, tags = self._keys[collection][chapter], self._tags[collection].get(chapter)
        self._keys[collection][chapter] = _without(keys, rows, KEY_BYTES)
        if tags is not None:
            self._tags[collection][chapter] = _without(tags, rows, TAG_BYTES)
        if rows and collection in self._sketches:
            gone = b"".join(keys[row * KEY_BYTES : (row + 1) * KEY_BYTES] for row in rows)
            self._sketches[collection][0].remove(pack_keys(gone))

    def ids(self, collection: Collection, chapter: ChapterId) -> list[bytes]:
        """Return the ids of a chapter in a collection, in the order in which they entered."""
        packed = bytes(self._keys[collection].get(chapter, b""))
        return [
            packed[at + CLOCK_BYTES : at + KEY_BYTES] for at in range(0, len(packed), KEY_BYTES)
        ]

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
        ids = pack_keys(self._all(collection, apart))
        return Decoder(pack_ids([ids.tobytes(), *waiting]) if waiting else ids)

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
            self._sketches[collection] = sketch, now_ms
            self._tags[collection] = {}
            self._fresh[collection] = {
                chapter: len(keys) // KEY_BYTES for chapter, keys in self._keys[collection].items()
            }
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
        sketch, _ = self._sketches.get(collection, (None, 0))
        if sketch is None or sketch.salt != salt:  # a day has ended meanwhile
            return ids_of_heads(pack_keys(self._all(collection, apart)), heads, salt=salt)
        left_out = frozenset[bytes]().union(*apart.ids.values())
        near = [each for each in self._near(collection, heads, apart) if each not in left_out]
        return ids_of_heads(pack_ids(near), heads, salt=salt)

    def _near(self, collection: Collection, heads: Sequence[bytes], apart: Apart) -> list[bytes]:
        """Return the ids whose tags are those of some heads, in order."""
        self._take_in(collection)
        tags = {
            chapter: each
            for chapter, each in self._tags[collection].items()
            if chapter not in apart.chapters
        }
        chapters = [self._keys[collection][chapter] for chapter in tags]
        ends = list(accumulate(len(each) // TAG_BYTES for each in tags.values()))
        found: list[bytes] = []
        for row in rows_of_heads(b"".join(tags.values()), heads):
            at = bisect_right(ends, row)
            start = KEY_BYTES * (row - (ends[at - 1] if at else 0))
            found.append(bytes(chapters[at][start + CLOCK_BYTES : start + KEY_BYTES]))
        return found

    def _take_in(self, collection: Collection) -> None:
        """Bring a sketch up to date: one key alone would cost nearly as much as a hundred."""
        fresh = self._fresh.pop(collection, None)
        if not fresh:
            return
        chapters = self._keys[collection]
        keys = b"".join(
            memoryview(chapters[chapter])[-count * KEY_BYTES :] for chapter, count in fresh.items()
        )
        sketch = self._sketches[collection][0]
        values = values_of(pack_keys(keys), salt=sketch.salt)
        sketch.add_values(values)
        tags = tags_of(values)
        start = 0
        for chapter, count in fresh.items():
            end = start + count * TAG_BYTES
            self._tags[collection].setdefault(chapter, bytearray()).extend(tags[start:end])
            start = end

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


def _without(packed: bytearray, rows: Sequence[int], size: int) -> bytearray:
    """Return what is packed in rows of a size but for some of them, which are in order."""
    starts = [0, *((row + 1) * size for row in rows)]
    ends = [*(row * size for row in rows), len(packed)]
    return bytearray().join(packed[a:b] for a, b in zip(starts, ends, strict=True))
