"""A pack: bundles in a file, read however its bytes arrive, and never trusted."""

from __future__ import annotations

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import ProtocolError
from p2pevents.sync.bundle import BUNDLE_BYTES_MAX, BUNDLE_ITEMS_MAX, Item
from p2pevents.sync.pack import PACK_HEAD, PackReader, pack_frames

ITEMS = st.lists(
    st.tuples(
        st.binary(min_size=1, max_size=40),
        st.none() | st.binary(max_size=200) | st.just(b"x" * 16_384),
    ),
    unique=True,
    max_size=60,
)


def read(data: bytes, width: int) -> tuple[list[Item], PackReader]:
    reader = PackReader()
    found = [
        item
        for start in range(0, len(data), width)
        for bundle in reader.feed(data[start : start + width])
        for item in bundle
    ]
    return found, reader


@given(items=ITEMS, width=st.integers(1, 5000))
def test_what_is_packed_is_read_back_however_the_bytes_arrive(
    items: list[Item], width: int
) -> None:
    """PACK-1, PACK-2 and PACK-3."""
    data = PACK_HEAD + b"".join(pack_frames(items))
    found, reader = read(data, width)
    assert found == items
    assert reader.is_whole


@given(items=ITEMS)
def test_every_frame_is_a_bundle_within_its_limits(items: list[Item]) -> None:
    """PACK-2."""
    for frame in pack_frames(items):
        assert len(frame) <= 4 + BUNDLE_BYTES_MAX
    assert len(list(pack_frames(items))) >= -(-len(items) // BUNDLE_ITEMS_MAX)


@given(data=st.data())
def test_a_pack_that_was_cut_keeps_its_whole_frames_and_tells_it(data: st.DataObject) -> None:
    """PACK-3."""
    items: list[Item] = [(bytes([n]), b"body") for n in range(40)]
    whole = PACK_HEAD + b"".join(pack_frames(items))
    cut = data.draw(st.integers(0, len(whole) - 1))
    found, reader = read(whole[:cut], 64)
    assert found == items[: len(found)]
    ends = [len(PACK_HEAD)]
    for frame in pack_frames(items):
        ends.append(ends[-1] + len(frame))
    assert reader.is_whole == (cut in ends)


@given(data=st.binary(max_size=300))
def test_what_is_no_pack_is_refused_and_never_anything_else(data: bytes) -> None:
    """PACK-1 and PACK-2."""
    for stream in (data, PACK_HEAD + data):
        try:
            read(stream, 50)
        except ProtocolError as error:
            assert error.rule in {"pack-head", "pack-bundle", "frame-size"}  # noqa: PT017


def test_bundles_before_a_bad_frame_are_given_first() -> None:
    """PACK-2."""
    items: list[Item] = [(bytes([n]), None) for n in range(20)]
    data = PACK_HEAD + b"".join(pack_frames(items)) + b"\0\0\0\1\xff"
    bundles = PackReader().feed(data)
    assert [*next(bundles), *next(bundles)] == items
    with pytest.raises(ProtocolError, match="pack-bundle"):
        next(bundles)
