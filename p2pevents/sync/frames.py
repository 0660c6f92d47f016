"""Frames: how messages lie on a stream. A big-endian 32-bit length, then that many bytes."""

from __future__ import annotations

from typing import Final

from p2pevents.errors import ProtocolError

__all__ = ["FRAME_BYTES_MAX", "HEAD_BYTES", "PAGE_BYTES_MAX", "FrameReader", "encode_frame"]

HEAD_BYTES: Final = 4
PAGE_BYTES_MAX: Final = 256 * 1024  # of envelopes and bodies in one page
FRAME_BYTES_MAX: Final = PAGE_BYTES_MAX + 16 * 1024  # a page and what CBOR adds to it


def encode_frame(message: bytes) -> bytes:
    """Return `message`, 1 to `FRAME_BYTES_MAX` bytes, with its length before it."""
    if not 1 <= len(message) <= FRAME_BYTES_MAX:
        raise ValueError(f"{len(message)} bytes, where 1 to {FRAME_BYTES_MAX} make a frame")
    return len(message).to_bytes(HEAD_BYTES, "big") + message


class FrameReader:
    """Cuts a stream of bytes into frames, however the bytes arrive.

    It keeps at most one unfinished frame: what a stranger can make it hold is
    `FRAME_BYTES_MAX` and what was fed last.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()

    @property
    def is_between_frames(self) -> bool:
        """Whether the stream could end here without cutting a frame."""
        return not self._buffer

    def feed(self, data: bytes) -> list[bytes]:
        """Take the next bytes of the stream and return the frames that they complete.

        Raises:
            ProtocolError: `frame-size` as soon as a head announces an empty frame or one
                of more than `FRAME_BYTES_MAX` bytes.
        """
        frames: list[bytes] = []
        if not self._buffer and HEAD_BYTES < len(data) <= HEAD_BYTES + FRAME_BYTES_MAX:
            size = int.from_bytes(data[:HEAD_BYTES], "big")
            if size == len(data) - HEAD_BYTES:  # one frame, whole: the usual case
                return [bytes(data[HEAD_BYTES:])]
        self._buffer += data
        start = 0
        while len(self._buffer) - start >= HEAD_BYTES:
            size = int.from_bytes(self._buffer[start : start + HEAD_BYTES], "big")
            if not 1 <= size <= FRAME_BYTES_MAX:
                raise ProtocolError("frame-size", f"{size} bytes, of 1 to {FRAME_BYTES_MAX}")
            end = start + HEAD_BYTES + size
            if len(self._buffer) < end:
                break
            frames.append(bytes(self._buffer[start + HEAD_BYTES : end]))
            start = end
        del self._buffer[:start]
        return frames
