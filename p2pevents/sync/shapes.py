"""How messages are arrays: a code first, then the fields of its class, each with its reader."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from p2pevents.errors import ProtocolError, RecordError
from p2pevents.record import cbor
from p2pevents.sync.fields import Read

__all__ = ["Shape", "read_message", "version_of"]

M = TypeVar("M")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape(Generic[M]):
    """One message on the wire: its class, and a reader for each field, in order."""

    make: Callable[..., M]
    fields: Mapping[str, Read]


def version_of(version: int) -> Callable[[Any], int]:
    """Return a reader of the one version that is spoken."""

    def read(raw: Any) -> int:
        if type(raw) is not int or raw != version:
            raise ProtocolError("message-version", f"not version {version}")
        return raw

    return read


def read_message(
    data: bytes,
    shapes: Mapping[int, Shape[M]],
    *,
    bytes_max: int,
    depth_max: int,
    items_max: int,
) -> M:
    """Read one message.

    Args:
        data: the bytes of its array.
        shapes: by their codes.
        bytes_max: of `data`.
        depth_max: of arrays and maps within one another.
        items_max: CBOR items in all.

    Raises:
        ProtocolError: `message-*`, whatever the bytes are.
    """
    try:
        value = cbor.decode(data, bytes_max=bytes_max, depth_max=depth_max, items_max=items_max)
        if type(value) is not list or not value or type(value[0]) is not int:
            raise ProtocolError("message-shape", "not an array that begins with a code")
        code, *values = value
        shape = shapes.get(code)
        if shape is None:
            raise ProtocolError("message-code", f"code {code} is unknown")
        if len(values) != len(shape.fields):
            raise ProtocolError("message-shape", f"{len(values)} fields after code {code}")
        pairs = zip(shape.fields.items(), values, strict=True)
        return shape.make(**{name: read(raw) for (name, read), raw in pairs})
    except RecordError as error:
        raise ProtocolError("message-cbor", str(error)) from None
