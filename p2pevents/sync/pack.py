"""A pack: bundles in frames, one after the other in a file. Specified in docs/spec/pack.md."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from p2pevents.errors import ProtocolError, RecordError
from p2pevents.sync.bundle import (
    BUNDLE_BYTES_MAX,
    BUNDLE_ITEMS_MAX,
    Item,
    decode_bundle,
    encode_bundle,
    item_bytes,
)
from p2pevents.sync.frames import FrameReader, encode_frame

__all__ = ["PACK_HEAD", "PackReader", "pack_frames"]

PACK_HEAD: Final = b"p2pevents pack 1\n"
_ARRAY_HEAD_BYTES: Final = 1  # of at most sixteen items


def pack_frames(items: Iterable[Item]) -> Iterator[bytes]:
    """Yield the frames of a pack, to be written after `PACK_HEAD`."""
    bundle: list[Item] = []
    size = _ARRAY_HEAD_BYTES
    for item in items:
        weight = item_bytes(item)
        if bundle and (len(bundle) == BUNDLE_ITEMS_MAX or size + weight > BUNDLE_BYTES_MAX):
            yield encode_frame(encode_bundle(bundle))
            bundle, size = [], _ARRAY_HEAD_BYTES
        bundle.append(item)
        size += weight
    if bundle:
        yield encode_frame(encode_bundle(bundle))


class PackReader:
    """Reads a pack however its bytes arrive; what its items say is for ingest to judge."""

    def __init__(self) -> None:
        self._head = b""
        self._frames = FrameReader()

    @property
    def is_whole(self) -> bool:
        """Whether the file could end here: its head was there, and no frame is cut."""
        return self._head == PACK_HEAD and self._frames.is_between_frames

    def feed(self, data: bytes) -> Iterator[tuple[Item, ...]]:
        """Take the next bytes and yield the bundles that they complete.

        Raises:
            ProtocolError: `pack-head` where it is no pack, `frame-size` or `pack-bundle` where
                it cannot be read on; the bundles before were yielded.
        """
        missing = len(PACK_HEAD) - len(self._head)
        self._head += data[:missing]
        if not PACK_HEAD.startswith(self._head):
            raise ProtocolError("pack-head", "not a pack of records")
        if len(self._head) < len(PACK_HEAD):
            return
        for frame in self._frames.feed(data[missing:] if missing else data):
            try:
                yield decode_bundle(frame)
            except RecordError as error:
                raise ProtocolError("pack-bundle", str(error)) from None
