"""What a person reads of whether others reach this node."""

from __future__ import annotations

import pytest

from p2pevents.node.core.reach import Sight
from p2pevents.node.reach_words import reach_hint, reach_words

FACTS = {"asked": 2, "reached": ["/ip4/8.8.8.8/tcp/27410"], "seen": ["8.8.8.8"]}


@pytest.mark.parametrize(
    ("sight", "words", "is_hinted"),
    [
        (Sight.OUTSIDE, "others reach this node at /ip4/8.8.8.8/tcp/27410", False),
        (Sight.NEARBY, "same network reach this node at /ip4/8.8.8.8/tcp/27410", False),
        (Sight.UNREACHED, "2 of its peers could not dial this node", True),
        (Sight.UNKNOWN, "not known yet", False),
    ],
)
def test_every_sight_has_its_words(sight: Sight, words: str, *, is_hinted: bool) -> None:
    facts = {"sight": sight.value, **FACTS}
    assert words in reach_words(facts)
    assert bool(reach_hint(facts)) is is_hinted


def test_a_node_that_says_nothing_is_not_known() -> None:
    assert "not known yet" in reach_words({})
    assert reach_hint({}) == ""
