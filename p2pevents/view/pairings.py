"""Rounds of meetings of two, in which nobody meets the same person twice."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["PEOPLE_MAX", "Round", "rounds_of", "rounds_possible"]

PEOPLE_MAX: Final = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One round: who meets whom, in order of the tables, and who sits out."""

    pairs: tuple[tuple[str, str], ...]
    out: str | None = None


def rounds_possible(people: int) -> int:
    """Return how many rounds there are before somebody would meet somebody again."""
    return 0 if people < 2 else people - 1 + people % 2


def rounds_of(people: Sequence[str], count: int) -> list[Round]:
    """Return the first rounds of the circle method.

    One seat stays, all others move on by one each round, and who sits opposite meets. An odd
    number of people gets an empty seat more: whoever is opposite of it sits out, each once.

    Args:
        people: 2 to `PEOPLE_MAX` different names.
        count: 1 to `rounds_possible` rounds.
    """
    if len(set(people)) != len(people) or not 2 <= len(people) <= PEOPLE_MAX:
        raise ValueError(f"{len(people)} names, of 2 to {PEOPLE_MAX} that differ")
    if not 1 <= count <= rounds_possible(len(people)):
        raise ValueError(f"{count} rounds, of 1 to {rounds_possible(len(people))}")
    seated: list[str | None] = list(people)
    if len(people) % 2:
        seated.append(None)
    fixed, ring = seated[0], seated[1:]
    half = (len(ring) + 1) // 2
    rounds = []
    for number in range(count):
        turned = [*ring[len(ring) - number :], *ring[: len(ring) - number]]
        seats = [fixed, *turned]
        met = [(seats[at], seats[-1 - at]) for at in range(half)]
        pairs = tuple((one, other) for one, other in met if one is not None and other is not None)
        out = next((one or other for one, other in met if None in (one, other)), None)
        rounds.append(Round(pairs=pairs, out=out))
    return rounds
