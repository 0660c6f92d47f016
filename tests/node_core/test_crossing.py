"""Two streams that cross: both sides keep the same one."""

from __future__ import annotations

from hypothesis import given, strategies as st

from p2pevents.node.core.crossing import CROSSING_MS_MAX, keeps_older

names = st.text(st.sampled_from("abQ12"), min_size=1, max_size=4)


@given(names, names, st.integers(0, CROSSING_MS_MAX), st.booleans(), st.booleans())
def test_of_two_streams_that_cross_both_sides_keep_the_same(
    here: str, there: str, older_ms: int, here_sees_own_first: bool, there_sees_own_first: bool
) -> None:
    """SYNC-1."""
    if here == there:
        return

    def keeps_own(mine: str, theirs: str, sees_own_first: bool) -> bool:
        keeps = keeps_older(
            older_is_own=sees_own_first,
            newer_is_own=not sees_own_first,
            older_ms=older_ms,
            mine=mine,
            theirs=theirs,
        )
        return keeps is sees_own_first

    kept = keeps_own(here, there, here_sees_own_first)
    assert keeps_own(there, here, there_sees_own_first) is not kept
    assert kept is (here < there)


@given(names, names, st.booleans(), st.integers(0, 10**9))
def test_one_that_was_opened_again_by_the_same_node_takes_the_others_place(
    here: str, there: str, is_own: bool, older_ms: int
) -> None:
    """SYNC-1: as after a restart."""
    for newer_is_own, age_ms in ((is_own, older_ms), (not is_own, CROSSING_MS_MAX + 1 + older_ms)):
        assert not keeps_older(
            older_is_own=is_own,
            newer_is_own=newer_is_own,
            older_ms=age_ms,
            mine=here,
            theirs=there,
        )
