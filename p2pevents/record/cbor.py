"""Deterministic CBOR: one value, one sequence of bytes (RFC 8949, 4.2.1; also valid DAG-CBOR).

`scan` refuses everything else before any object is built, so that the bytes of
a stranger cost no more than their own length. Specified in docs/spec/cbor.md.
"""

from __future__ import annotations

from typing import Any, Final

import cbor2

from p2pevents.errors import RecordError

__all__ = ["DEPTH_MAX", "INTEGER_MAX", "ITEMS_MAX", "decode", "encode", "scan"]

DEPTH_MAX: Final = 8  # containers inside one another; a bare number has depth 0
ITEMS_MAX: Final = 512  # data items in all, keys included
INTEGER_MAX: Final = 2**53 - 1  # what JavaScript holds exactly; also the bound below zero

_BYTES, _TEXT, _ARRAY, _MAP, _TAG, _SIMPLE = range(2, 8)  # major types; 0 and 1 are integers
_FALSE, _NULL = 20, 22  # and true between them
_SHORTEST = (24, 0x100, 0x1_0000, 0x1_0000_0000)  # least argument that needs 1, 2, 4, 8 bytes
_SOME_BYTES = 0x58  # the head of a byte string of 24 to 255 bytes: one byte of length follows
_LONG_BYTES = 0x59  # the head of a byte string of 256 bytes or more: two bytes of length follow
_SOME_TEXT, _LONG_TEXT = 0x78, 0x79  # the same of texts
_TIME = 0x1B  # the head of an integer of eight bytes
# Of each first byte that says all there is to check: how many bytes the item has, head included.
_WHOLE = bytes(
    1
    if head < 0x18 or 0x20 <= head < 0x38 or 0xF4 <= head <= 0xF6
    # A byte string of up to 23 bytes.
    else head - 0x40 + 1
    if 0x40 <= head < 0x58
    else 0
    for head in range(256)
)
# The same, texts of up to 23 bytes too.
_PLAIN = bytes(
    head - 0x60 + 1 if 0x60 <= head < 0x78 else whole for head, whole in enumerate(_WHOLE)
)


def scan(
    data: bytes,
    *,
    bytes_max: int,
    depth_max: int = DEPTH_MAX,
    items_max: int = ITEMS_MAX,
) -> None:
    """Check that `data` is exactly one deterministic CBOR item within the limits.

    Args:
        data: the encoded item.
        bytes_max: the most bytes that it may have.
        depth_max: the most containers inside one another.
        items_max: the most data items in all, map keys included.

    Raises:
        RecordError: with the rule that was broken (docs/spec/cbor.md).
    """
    if len(data) > bytes_max:
        raise RecordError("cbor-bytes", f"{len(data)} bytes, where {bytes_max} are allowed")
    end = _Scan(data, depth_max, items_max).item(0, 0)
    if end != len(data):
        raise RecordError("cbor-trailing", f"{len(data) - end} bytes after the item")


class _Scan:
    """One walk over one encoding.

    A head that promises more items than the limit, or more bytes than there are, ends it: so it
    costs no more than the bytes that came.
    """

    __slots__ = ("data", "depth_max", "items_left", "items_max", "size")

    def __init__(self, data: bytes, depth_max: int, items_max: int) -> None:
        self.data = data
        self.size = len(data)
        self.depth_max = depth_max
        self.items_max = items_max
        self.items_left = items_max
        self._take(1)

    def item(self, start: int, depth: int) -> int:
        """Check the item that begins at byte `start`, and return the byte after it.

        Args:
            start: where its head is.
            depth: how many containers are open around it.
        """
        data = self.data
        if start >= self.size:
            raise self._truncated("an item")
        head = data[start]
        major = head >> 5
        argument, end = head & 31, start + 1
        if argument >= 24:
            argument, end = self._long_head(start, major, argument)

        # The major types in their order: two of integers, two of strings, two of containers.
        if major < _BYTES:
            # The nth integer below zero is encoded as n - 1.
            if argument + major > INTEGER_MAX:
                raise RecordError("cbor-integer", f"byte {start}: integer beyond 2^53-1")
            return end
        if major < _ARRAY:
            stop = end + argument
            if stop > self.size:
                raise self._truncated("a string")
            if major == _TEXT and not (text := data[end:stop]).isascii():
                _check_utf8(text, start)
            return stop
        if major < _TAG:
            return self._container(start, end, argument, depth)
        if major == _TAG:
            raise RecordError("cbor-tag", f"byte {start}: a tag")
        if not _FALSE <= argument <= _NULL:
            raise RecordError("cbor-simple", f"byte {start}: a float, undefined or simple value")
        return end

    def _container(self, start: int, end: int, count: int, depth: int) -> int:
        """Check an array or a map, whose head ends before `end`; return the byte after it."""
        if depth >= self.depth_max:
            raise RecordError("cbor-depth", f"byte {start}: deeper than {self.depth_max}")
        if self.data[start] >> 5 == _MAP:
            self._take(2 * count)
            return self._entries(end, count, depth + 1)
        self._take(count)
        data, size = self.data, self.size
        for _ in range(count):
            whole = _WHOLE[data[end]] if end < size else 0
            if not whole and end + 3 <= size:
                if data[end] == _LONG_BYTES and data[end + 1]:
                    whole = 3 + (data[end + 1] << 8) + data[end + 2]  # most of a page
                elif data[end] == _SOME_BYTES and data[end + 1] >= 24:
                    whole = 2 + data[end + 1]  # ids, keys and fingerprints
            if whole and end + whole <= size:
                end += whole
            else:
                end = self.item(end, depth + 1)
        return end

    def _entries(self, start: int, count: int, depth: int) -> int:
        """Check a map's keys and values, and return the byte after them."""
        data = self.data
        last = b""
        for _ in range(count):
            if start >= self.size:
                raise self._truncated("a map")
            if data[start] >> 5 != _TEXT:
                raise RecordError("cbor-key", f"byte {start}: a map key that is not text")
            end = self.item(start, depth)
            key = data[start:end]
            if key <= last:
                rule = "cbor-duplicate" if key == last else "cbor-order"
                raise RecordError(rule, f"byte {start}: map keys out of order or repeated")
            last = key
            start = self.item(end, depth)
        return start

    def _take(self, items: int) -> None:
        """Count items that a head promises, before they are read."""
        self.items_left -= items
        if self.items_left < 0:
            raise RecordError("cbor-items", f"more than {self.items_max} items")

    def _long_head(self, start: int, major: int, info: int) -> tuple[int, int]:
        """Return the argument of a head of more than one byte, and the byte after it."""
        if info > 27:
            if info == 31 and _BYTES <= major <= _MAP:
                raise RecordError("cbor-indefinite", f"byte {start}: indefinite length")
            raise RecordError("cbor-reserved", f"byte {start}: reserved head")
        if major == _SIMPLE:
            raise RecordError("cbor-simple", f"byte {start}: a float, undefined or simple value")
        end = start + 1 + (1 << (info - 24))
        if end > self.size:
            raise self._truncated("a head")
        argument = int.from_bytes(self.data[start + 1 : end], "big")
        if argument < _SHORTEST[info - 24]:
            raise RecordError("cbor-shortest", f"byte {start}: not the shortest form")
        return argument, end

    def _truncated(self, inside: str) -> RecordError:
        return RecordError("cbor-truncated", f"ends at byte {self.size} inside {inside}")


def _check_utf8(text: bytes, start: int) -> None:
    try:
        text.decode("utf-8")
    except UnicodeDecodeError:
        raise RecordError("cbor-utf8", f"byte {start}: text is not UTF-8") from None


def decode(
    data: bytes,
    *,
    bytes_max: int,
    depth_max: int = DEPTH_MAX,
    items_max: int = ITEMS_MAX,
) -> Any:
    """Return the value of one deterministic CBOR item, after `scan` has passed it.

    Raises:
        RecordError: as `scan`.
    """
    if len(data) <= bytes_max and _is_plain(data, depth_max, items_max):
        try:
            return cbor2.loads(data)
        except cbor2.CBORDecodeError:
            pass  # its text is not UTF-8: the scan says so
    scan(data, bytes_max=bytes_max, depth_max=depth_max, items_max=items_max)
    return cbor2.loads(data)


def _is_plain(data: bytes, depth_max: int, items_max: int) -> bool:
    """Tell whether `data` is sure to pass `scan`, but for whether its text is UTF-8.

    It looks at the forms that bodies are made of, in a third of the time, and is not sure of any
    other. The scan is the truth, and names the rule that is broken.
    """
    if not data or data[0] >> 5 not in (_ARRAY, _MAP):
        return False
    try:
        return _skip(data, 0, depth_max, [items_max - 1]) == len(data)
    except IndexError:  # it ends too early
        return False


def _skip(data: bytes, start: int, depth_left: int, items_left: list[int]) -> int:
    """Return the byte after a plain array or map; -1 where it is not sure to be one.

    Args:
        data: the whole encoding.
        start: where the container's head is.
        depth_left: how many containers may be inside one another from here on.
        items_left: how many items may follow, counted down.
    """
    head = data[start]
    count, is_map = head & 31, head >> 5 == _MAP
    items_left[0] -= 2 * count if is_map else count
    if count >= 24 or not depth_left or items_left[0] < 0:
        return -1
    end = start + 1
    last = b""
    for _ in range(count):
        if is_map:
            start = end
            head = data[start]
            if not 0x60 <= head < 0x78:
                return -1
            end = start + head - 0x5F
            key = data[start:end]
            if key <= last:
                return -1
            last = key
        head = data[end]
        if whole := _PLAIN[head]:
            end += whole
        elif 0x80 <= head < 0xC0:
            end = _skip(data, end, depth_left - 1, items_left)
            if end < 0:
                return -1
        elif head == _TIME and b"\0\0\0\0" < data[end + 1 : end + 5] < b"\0\x20":
            end += 9
        elif head in (_SOME_BYTES, _SOME_TEXT) and data[end + 1] >= 24:
            end += 2 + data[end + 1]
        elif head in (_LONG_BYTES, _LONG_TEXT) and data[end + 1]:
            end += 3 + (data[end + 1] << 8) + data[end + 2]
        else:
            return -1
    return end


def encode(
    value: object,
    *,
    bytes_max: int,
    depth_max: int = DEPTH_MAX,
    items_max: int = ITEMS_MAX,
) -> bytes:
    """Return the one deterministic encoding of `value`.

    What comes out passes `scan` under the same limits: nothing is written that
    would be refused when read.

    Raises:
        RecordError: when `value` cannot be said in deterministic CBOR, or passes a limit.
    """
    try:
        data = cbor2.dumps(value, canonical=True)
    except (cbor2.CBOREncodeError, UnicodeEncodeError) as error:
        raise RecordError("cbor-value", f"cannot be encoded: {error}") from None
    scan(data, bytes_max=bytes_max, depth_max=depth_max, items_max=items_max)
    return data
