"""Where every inbound place is taken, one of the largest crowd makes way."""

from __future__ import annotations

from collections import Counter

from hypothesis import given, strategies as st

from p2pevents.net.inbound_room import makes_way, part_of

PARTS = st.lists(st.sampled_from("abcdef"), max_size=40)


@given(held=PARTS, newcomer=st.sampled_from("abcdefg"))
def test_only_one_of_the_most_crowded_part_goes_and_only_for_a_less_crowded_one(
    held: list[str], newcomer: str
) -> None:
    counts = Counter(held)
    place = makes_way(held, newcomer)
    if place is None:
        assert not held or counts[newcomer] == max(counts.values())
    else:
        assert counts[held[place]] == max(counts.values()) > counts[newcomer]
        assert held[place] not in held[place + 1 :]  # who came last


@given(crowd=st.lists(st.sampled_from("abcdef"), min_size=200, max_size=400))
def test_no_crowd_of_few_parts_keeps_a_lone_peer_out_or_shows_it_out(crowd: list[str]) -> None:
    held = list("abcdef" * 8)
    place = makes_way(held, "lone")
    assert place is not None
    held.pop(place)
    held.append("lone")
    for each in crowd:
        if (place := makes_way(held, each)) is not None:
            held.pop(place)
            held.append(each)
    assert "lone" in held


def test_a_part_is_half_an_address_and_a_private_one_its_own() -> None:
    assert part_of("8.8.8.8") == part_of("8.8.1.2") != part_of("8.9.8.8")
    assert part_of("2606:4700::1") == part_of("2606:4700:1::9")
    assert part_of("192.168.1.2") != part_of("192.168.1.3")
    assert part_of("") == ""
