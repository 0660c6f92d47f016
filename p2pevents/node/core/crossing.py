"""Two streams between the same two nodes: which of them stays. Both sides answer alike."""

from __future__ import annotations

from typing import Final

__all__ = ["CROSSING_MS_MAX", "keeps_older"]

CROSSING_MS_MAX: Final = 10_000  # so long the two may have been opened at the same moment


def keeps_older(
    *, older_is_own: bool, newer_is_own: bool, older_ms: int, mine: str, theirs: str
) -> bool:
    """Tell whether the stream that stood first stays; else it gives way to the newer one.

    Where each side has opened one, neither knows which came first: if each kept
    what came last, both would be closed. Then that of the node with the lesser
    name stays.

    Args:
        older_is_own: this node opened the stream that stands.
        newer_is_own: this node opened the stream that has come up now.
        older_ms: how long the older one has stood.
        mine: this node's name.
        theirs: the other's.
    """
    if older_is_own is newer_is_own or older_ms > CROSSING_MS_MAX:
        return False
    return older_is_own is (mine < theirs)
