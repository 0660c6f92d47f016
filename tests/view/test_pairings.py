"""Rounds of two: nobody meets the same person twice, and everybody meets as many."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given, strategies as st

from p2pevents.view.pairings import PEOPLE_MAX, rounds_of, rounds_possible


@given(people=st.integers(2, 41), data=st.data())
def test_nobody_meets_anybody_twice(people: int, data: st.DataObject) -> None:
    names = [f"p{number}" for number in range(people)]
    rounds = rounds_of(names, data.draw(st.integers(1, rounds_possible(people))))
    met: Counter[frozenset[str]] = Counter()
    for each in rounds:
        here = [name for pair in each.pairs for name in pair]
        assert sorted([*here, *([each.out] if each.out else [])]) == sorted(names)
        met.update(frozenset(pair) for pair in each.pairs)
    assert set(met.values()) == {1}
    outs = [each.out for each in rounds if each.out]
    assert len(outs) == (len(rounds) if people % 2 else 0)
    assert len(set(outs)) == len(outs)


@pytest.mark.parametrize("people", range(2, 30))
def test_all_rounds_together_are_everybody_with_everybody(people: int) -> None:
    rounds = rounds_of([str(number) for number in range(people)], rounds_possible(people))
    assert sum(len(each.pairs) for each in rounds) == people * (people - 1) // 2


def test_so_many_rounds_are_possible() -> None:
    assert [rounds_possible(people) for people in range(7)] == [0, 0, 1, 3, 3, 5, 5]


@pytest.mark.parametrize(
    ("people", "count"),
    [(["a"], 1), (["a", "a"], 1), (["a", "b"], 0), (["a", "b"], 2), (["x"] * (PEOPLE_MAX + 1), 1)],
)
def test_what_cannot_be_is_refused(people: list[str], count: int) -> None:
    with pytest.raises(ValueError, match="of"):
        rounds_of(people, count)
