"""The files that pages load beside themselves: the style sheet, the script, the icon."""

from __future__ import annotations

import hashlib
from functools import cache
from importlib.resources import files
from typing import Final

from p2pevents.web.programme import grid_style

__all__ = ["ASSETS", "asset", "version"]

ASSETS: Final = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}


def asset(name: str) -> bytes:
    """Return a file that pages load; the style sheet with its generated part."""
    data = (files("p2pevents.web") / "static" / name).read_bytes()
    return data + grid_style().encode("ascii") if name == "page.css" else data


@cache
def version(name: str) -> str:
    """Return a short text that is another one for another content of a file."""
    return hashlib.sha256(asset(name)).hexdigest()[:8]
