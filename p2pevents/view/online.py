"""Whether something takes place online, as far as the words that say where show it."""

from __future__ import annotations

import re
from typing import Final

from p2pevents.view.entries import Entry
from p2pevents.view.search import plain

__all__ = ["adds_online", "is_online"]

_CALLED_ONLINE: Final = re.compile(r"(on-?line|en ligne)\b")  # in the languages of the pages


def is_online(entry: Entry) -> bool:
    """Tell whether its place is called so: it is in no city."""
    return entry.place is not None and bool(_CALLED_ONLINE.match(plain(entry.place.name)))


def adds_online(entry: Entry) -> bool:
    """Tell whether there is a stream, and the name of the place does not say so already."""
    return entry.shown.stream is not None and not is_online(entry)
