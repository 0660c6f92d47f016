"""What a guard is, and how a class of libp2p is dressed in guards."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

from p2pevents.net.libp2p.guards.bouncer import Bouncer

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One hole of libp2p closed, or a tight family of them.

    Args:
        name: how tests and documentation call it.
        holes: what libp2p does without it, one sentence each, with the place.
        wears: subclasses of classes of libp2p, each changing what it must. Those
            that blame somebody find the host's `Bouncer` under `bouncer`.
    """

    name: str
    holes: tuple[str, ...]
    wears: tuple[type, ...]


def wear(base: type[T], guards: Iterable[Guard], bouncer: Bouncer) -> type[T]:
    """Return `base` with what every guard changes of it; the first guard is outermost."""
    layers = [layer for guard in guards for layer in guard.wears if issubclass(layer, base)]
    return type(f"Guarded{base.__name__}", (*layers, base), {"bouncer": bouncer})
