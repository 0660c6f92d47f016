"""Flags as bits of a byte string, the least bit of the first byte first."""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["bits_of", "flags_of"]


def bits_of(flags: Iterable[bool]) -> bytes:
    """Return flags as bits, without the zeros at the end."""
    number = int("".join("1" if flag else "0" for flag in flags)[::-1] or "0", 2)
    return number.to_bytes((number.bit_length() + 7) // 8, "little")


def flags_of(bits: bytes) -> list[bool]:
    """Return bits as flags, eight a byte."""
    return [bool(byte >> at & 1) for byte in bits for at in range(8)]
