"""Going on where the log cannot keep something: a full disk ends no node."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from p2pevents.errors import LogError

__all__ = ["surviving"]

_logger = logging.getLogger(__name__)


@contextmanager
def surviving(what: str) -> Iterator[None]:
    """Go on when the log cannot do something now, and warn of it.

    Args:
        what: could not be kept, in a few words for the warning.
    """
    try:
        yield
    except LogError as error:
        _logger.warning("the log could not keep %s: %s", what, error)
