"""Opening the same bytes once for all nodes of one process: a pure function, remembered."""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from p2pevents.node.ingest import open_item

__all__ = ["open_once"]

_REMEMBERED_MAX: Final = 16_384

open_once = lru_cache(maxsize=_REMEMBERED_MAX)(open_item)
"""`open_item`, which checks everything: what it returned for the same bytes, it returns again.

Bytes that are refused are not remembered.
"""
