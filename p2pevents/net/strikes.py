"""Who was blamed how often, and who is banned. Pure: time is an argument."""

from collections import OrderedDict
from typing import Any

from p2pevents.net.network import BAN_S, STRIKES_MAX, STRIKES_WINDOW_S, PeerId

CULPRITS_MAX = 4096
"""Names remembered at once, strikes and bans each; the one blamed longest ago goes first."""


class Strikes:
    """Strikes and bans, by any name: a peer id, or an IP address as text."""

    def __init__(self) -> None:
        self._strikes: OrderedDict[PeerId | str, list[float]] = OrderedDict()
        self._banned_until_s: OrderedDict[PeerId | str, float] = OrderedDict()

    def blame(self, culprit: PeerId | str, *, now_s: float) -> bool:
        """Count one strike. Returns whether it was the one that leads to a ban."""
        recent = [at for at in self._strikes.pop(culprit, []) if now_s - at < STRIKES_WINDOW_S]
        recent.append(now_s)
        if len(recent) < STRIKES_MAX:
            self._strikes[culprit] = recent
            _trim(self._strikes)
            return False
        self._banned_until_s.pop(culprit, None)
        self._banned_until_s[culprit] = now_s + BAN_S
        _trim(self._banned_until_s)
        return True

    def is_banned(self, culprit: PeerId | str, *, now_s: float) -> bool:
        """Say whether this name is refused now."""
        until_s = self._banned_until_s.get(culprit)
        if until_s is None:
            return False
        if now_s < until_s:
            return True
        del self._banned_until_s[culprit]
        return False


def _trim(names: OrderedDict[PeerId | str, Any]) -> None:
    while len(names) > CULPRITS_MAX:
        names.popitem(last=False)
