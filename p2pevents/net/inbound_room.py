"""Who makes way when every inbound place is taken: one of the largest crowd, never a lone peer.

Addresses are what costs a crowd something: keys cost nothing, and machines in many
parts of the internet do. So a part of the internet that holds most places gives one
up for a newcomer from elsewhere; whoever came from there last goes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from ipaddress import ip_address

from p2pevents.record.places import group_of

__all__ = ["makes_way", "part_of"]


def part_of(ip: str) -> str:
    """Return the part of the internet that an IP address is in; a private one is its own."""
    try:
        version = ip_address(ip).version
    except ValueError:
        return ip
    return group_of(f"/ip{version}/{ip}/tcp/1") or ip


def makes_way(held: Sequence[str], newcomer: str) -> int | None:
    """Return which of the places held is given to a newcomer; None where none is.

    Args:
        held: the part of the internet of each place, the longest held first.
        newcomer: the part that the newcomer is in.
    """
    counts = Counter(held)
    if not counts:
        return None
    most = max(counts.values())
    if counts[newcomer] >= most:
        return None
    return max(place for place, part in enumerate(held) if counts[part] == most)
