"""What a guard is, and how a class of libp2p is dressed in guards."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Guard:
    """One hole of libp2p closed, or a tight family of them.

    Args:
        name: how tests and documentation call it.
        holes: what libp2p does without it, one sentence each, with the place.
        wears: subclasses of classes of libp2p, each changing what it must.
    """

    name: str
    holes: tuple[str, ...]
    wears: tuple[type, ...]


def wear(base: type[T], guards: Iterable[Guard]) -> type[T]:
    """Return `base` with what every guard changes of it; the first guard is outermost."""
    layers = [layer for guard in guards for layer in guard.wears if issubclass(layer, base)]
    if not layers:
        return base
    return type(f"Guarded{base.__name__}", tuple(layers), {})
