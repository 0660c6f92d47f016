"""What came of each peer that this node dealt with while it runs: for whoever asks why."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from typing import Any, Final

from p2pevents.sync.effects import Ended

__all__ = ["PEERS_MAX", "Encounter", "Encounters", "ended_words"]

PEERS_MAX: Final = 256  # the one that was dealt with longest ago is forgotten
WORDS_CHARACTERS_MAX: Final = 200

_WHY: Final = {
    "stream-ended": "it ended the exchange before it was done",
    "no-progress": "nothing came for too long",
    "full-later": "it has compared much of late, and asks to wait",
    "differs": "both changed while they compared, or it says what is not so",
    "other-network": "it is on another network or shard",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Encounter:
    """How it went with one peer.

    Attributes:
        connected_ms: since when it is connected; None while it is not.
        compared_ms: when a comparison with it last came out.
        compared: how, in words.
        trouble: what went wrong last, in words; empty where nothing has since.
        trouble_ms: when.
    """

    connected_ms: int | None = None
    compared_ms: int | None = None
    compared: str = ""
    trouble: str = ""
    trouble_ms: int | None = None


class Encounters:
    """The peers of this life of a node, by name."""

    def __init__(self) -> None:
        self._by_peer: OrderedDict[str, Encounter] = OrderedDict()

    def connected(self, peer: str, *, now_ms: int) -> None:
        """Take in that a connection stands."""
        self._change(peer, connected_ms=now_ms)

    def lost(self, peer: str) -> None:
        """Take in that it is gone."""
        self._change(peer, connected_ms=None)

    def compared(self, peer: str, ended: Ended, *, now_ms: int) -> None:
        """Take in how a comparison came out."""
        words = ended_words(ended)
        if ended.why:
            self.failed(peer, words, now_ms=now_ms)
        else:
            self._change(peer, compared_ms=now_ms, compared=words, trouble="", trouble_ms=None)

    def failed(self, peer: str, words: str, *, now_ms: int) -> None:
        """Take in what went wrong."""
        self._change(peer, trouble=words[:WORDS_CHARACTERS_MAX], trouble_ms=now_ms)

    def facts(self) -> dict[str, dict[str, Any]]:
        """Return all of it as plain data, by peer."""
        return {
            peer: {
                "since_ms": each.connected_ms,
                "lastSync_ms": each.compared_ms,
                "lastOutcome": each.compared or None,
                "trouble": each.trouble or None,
                "trouble_ms": each.trouble_ms,
            }
            for peer, each in self._by_peer.items()
        }

    def _change(self, peer: str, **changes: Any) -> None:
        known = self._by_peer.pop(peer, Encounter())
        self._by_peer[peer] = replace(known, **changes)
        while len(self._by_peer) > PEERS_MAX:
            self._by_peer.popitem(last=False)


def ended_words(ended: Ended) -> str:
    """Return how a comparison came out, for a person."""
    if ended.why:
        return _trouble_words(ended.why)
    new = "nothing new" if not ended.new else f"{ended.new} new"
    left = sum(ended.left_out.values())
    return f"{new}, {ended.outcome.value}" + (f", {left} left out" if left else "")


def _trouble_words(why: str) -> str:
    if why in _WHY:
        return _WHY[why]
    return f"the exchange was not finished ({why})"
