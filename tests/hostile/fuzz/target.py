"""What a target of the fuzzer is.

A target is called with bytes. What it takes is checked further: written again it is the same
bytes, another implementation agrees, what follows in the program does not fail either. What it
refuses it refuses by its own exception; any other that leaves it is a finding.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from p2pevents.errors import P2PEventsError

Check = Callable[[bytes], object]
Seeds = Callable[[], list[bytes]]

TEXT_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One decoder.

    Attributes:
        name: what it is called on the command line.
        check: reads the bytes; raises one of `refuses` where they are not for it.
        refuses: what it may raise.
        seeds: what an honest program writes, and what was thought of before.
        bytes_max: the longest input.
        cbor_at: where in an input CBOR begins, so that values are altered too and not bytes
            alone; None where there is none.
    """

    name: str
    check: Check
    refuses: tuple[type[P2PEventsError], ...]
    seeds: Seeds
    bytes_max: int = 8 * 1024
    cbor_at: int | None = None
