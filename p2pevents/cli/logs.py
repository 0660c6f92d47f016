"""What commands that use the network say of it on stderr: calm by default, more with -v."""

from __future__ import annotations

import logging

__all__ = ["log_to_stderr"]


def log_to_stderr(verbose: int) -> None:
    """Warnings of our own by default; what happens with -v, and all of libp2p's too with -vv."""
    logging.basicConfig(format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger().setLevel(logging.DEBUG if verbose > 1 else logging.CRITICAL)
    logging.getLogger("p2pevents").setLevel(logging.INFO if verbose else logging.WARNING)
