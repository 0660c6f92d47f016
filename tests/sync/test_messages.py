"""Messages come back as they were sent, and nothing else comes through."""

from __future__ import annotations

from contextlib import suppress

import cbor2
import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import ProtocolError, RecordError
from p2pevents.sync.answers import Answer, Differs, Listing, Needs, Split
from p2pevents.sync.bundle import (
    BUNDLE_BYTES_MAX,
    BUNDLE_ITEMS_MAX,
    Item,
    bundles_of,
    decode_bundle,
    encode_bundle,
)
from p2pevents.sync.codec import decode_message, encode_message
from p2pevents.sync.frames import FRAME_BYTES_MAX, PAGE_BYTES_MAX, FrameReader, encode_frame
from p2pevents.sync.messages import (
    PAGE_ITEMS_MAX,
    Ack,
    Ask,
    Cursor,
    End,
    Found,
    Hello,
    Message,
    Need,
    Page,
    Push,
    Ranges,
    Scope,
    Since,
    Symbols,
    Taken,
    Want,
)

items = st.tuples(st.binary(min_size=1, max_size=20), st.none() | st.binary(max_size=20))
digests = st.binary(min_size=32, max_size=32)
positions = st.integers(0, 2**53 - 1)
cursors = st.builds(Cursor, incarnation=st.binary(min_size=16, max_size=16), position=positions)


shorts = st.binary(min_size=8, max_size=8)


@st.composite
def answers(draw: st.DrawFn) -> tuple[Answer, ...]:
    found: list[Answer] = []
    for about in sorted(draw(st.sets(st.integers(0, 40), max_size=4))):
        bounds = draw(st.lists(st.binary(min_size=1, max_size=39), min_size=1, max_size=7))
        sums = tuple(draw(shorts) for _ in range(len(bounds) + 1))
        choices: list[Answer] = [
            Differs(about=about),
            Split(about=about, bounds=tuple(bounds), sums=sums),
            Listing(about=about, ids=(draw(shorts),), is_full=False),
            Listing(about=about, ids=(draw(digests),), is_full=True),
            Needs(about=about, bits=draw(st.binary(min_size=1, max_size=2))),
        ]
        found.append(draw(st.sampled_from(choices)))
    return tuple(found)


def messages() -> st.SearchStrategy[Message]:
    return st.one_of(
        st.builds(
            Hello,
            version=st.just(1),
            network=st.just("test") | st.from_regex(r"[a-z0-9][a-z0-9-]{0,31}", fullmatch=True),
            shard=st.from_regex(r"[a-z0-9][a-z0-9-]{0,15}", fullmatch=True),
            window=st.none() | st.from_regex(r"[0-9]{4}-(0[1-9]|1[0-2])", fullmatch=True),
            may_compare_fully=st.booleans(),
            nonce=st.binary(min_size=16, max_size=16),
            log=cursors,
            authority=digests,
            records=digests,
            cursor=st.none() | cursors,
        ),
        st.builds(
            Page,
            items=st.lists(items, max_size=4).map(tuple),
            position=positions,
            is_last=st.booleans(),
        ),
        st.just(Ack()),
        st.builds(
            End,
            authority=digests,
            records=digests,
            new=positions,
            left_out=st.dictionaries(
                st.from_regex(r"[a-z][a-z-]{0,8}", fullmatch=True), positions, max_size=16
            ),
        ),
        st.builds(Push, items=st.lists(items, min_size=1, max_size=4).map(tuple)),
        st.builds(Taken, is_kept=st.booleans()),
        st.builds(
            Since,
            total=positions,
            count=positions,
            prefixes=st.none() | st.lists(st.binary(min_size=8, max_size=8), max_size=4).map(tuple),
        ),
        st.builds(Need, bits=st.binary(max_size=125)),
        st.builds(Ranges, answers=answers()),
        st.builds(Ask, upto=st.integers(0, 4096)),
        st.builds(
            Symbols,
            salt=st.just(b"") | st.binary(min_size=16, max_size=16),
            counts=st.binary(max_size=100),
            data=st.binary(max_size=64),
        ),
        st.builds(Found, heads=st.lists(st.binary(min_size=5, max_size=5), max_size=3).map(tuple)),
        st.builds(
            Scope,
            chapters=st.lists(shorts, max_size=3).map(tuple),
            closed=st.lists(shorts, max_size=3).map(tuple),
            keys=st.lists(st.binary(min_size=16, max_size=16), max_size=3).map(tuple),
        ),
        st.builds(Want, ids=st.lists(digests, max_size=3).map(tuple)),
    )


@given(messages())
def test_a_message_comes_back_as_it_was_sent(message: Message) -> None:
    assert decode_message(encode_message(message)) == message


def test_every_kind_of_answer_comes_back() -> None:
    """SYNC-17."""
    ranges = Ranges(
        answers=(
            Differs(about=0),
            Split(about=1, bounds=(b"a", b"ab"), sums=(bytes(8),) * 3),
            Listing(about=2, ids=(bytes(8),), is_full=False),
            Listing(about=3, ids=(bytes(32), bytes(32)), is_full=True),
            Needs(about=4, bits=b"\x01"),
        )
    )
    assert decode_message(encode_message(ranges)) == ranges


@given(messages(), st.data())
def test_a_message_with_one_byte_changed_is_refused_or_another_message(
    message: Message, data: st.DataObject
) -> None:
    encoded = bytearray(encode_message(message))
    encoded[data.draw(st.integers(0, len(encoded) - 1))] ^= data.draw(st.integers(1, 255))
    try:
        other = decode_message(bytes(encoded))
    except ProtocolError:
        return
    assert encode_message(other) == bytes(encoded)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-9, 9) | st.binary() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_any_other_cbor_is_refused_by_a_protocol_error(value: object) -> None:
    with pytest.raises(ProtocolError):
        decode_message(cbor2.dumps([99, value], canonical=True))
    with suppress(ProtocolError):
        decode_message(cbor2.dumps(value, canonical=True))


@given(st.lists(st.binary(min_size=1, max_size=50)), st.lists(st.integers(1, 30)))
def test_frames_come_back_however_the_stream_is_cut(frames: list[bytes], cuts: list[int]) -> None:
    """SYNC-2."""
    stream = b"".join(encode_frame(frame) for frame in frames)
    reader = FrameReader()
    got: list[bytes] = []
    for size in cuts:
        got += reader.feed(stream[:size])
        stream = stream[size:]
    got += reader.feed(stream)
    assert got == frames
    assert reader.is_between_frames


@pytest.mark.parametrize("size", [0, FRAME_BYTES_MAX + 1])
def test_a_frame_of_a_size_that_is_not_allowed_is_refused_at_its_head(size: int) -> None:
    with pytest.raises(ProtocolError, match="frame-size"):
        FrameReader().feed(size.to_bytes(4, "big"))
    with pytest.raises(ValueError, match="bytes"):
        encode_frame(bytes(size))


def test_the_largest_page_fits_into_a_frame() -> None:
    """SYNC-5."""
    size = PAGE_BYTES_MAX // PAGE_ITEMS_MAX - 4
    full = Page(
        items=tuple((n.to_bytes(size, "big"), b"") for n in range(PAGE_ITEMS_MAX)),
        position=2**53 - 1,
        is_last=False,
    )
    assert len(encode_message(full)) <= FRAME_BYTES_MAX
    assert decode_message(encode_message(full)) == full
    one_more = Page(items=((b"x", None),) * (PAGE_ITEMS_MAX + 1), position=1, is_last=True)
    larger = Page(items=(*full.items[1:], (bytes(size + 1), b"")), position=1, is_last=True)
    for page in (one_more, larger):
        with pytest.raises(ProtocolError, match="message-items"):
            decode_message(encode_message(page))


@given(st.lists(items, max_size=6))
def test_items_are_two_lengths_and_what_they_are_of(some: list[Item]) -> None:
    """SYNC-5."""
    expected = b"".join(
        len(envelope).to_bytes(2, "big")
        + (0 if body is None else len(body) + 1).to_bytes(2, "big")
        + envelope
        + (body or b"")
        for envelope, body in some
    )
    page = Page(items=tuple(some), position=7, is_last=True)
    assert encode_message(page) == cbor2.dumps([1, expected, 7, True])


@pytest.mark.parametrize(
    "packed",
    [
        b"\0",
        b"\0\1\0",
        b"\0\0\0\0",  # no envelope
        b"\0\2\0\0a",
        b"\0\1\0\2a",
        b"\0\1\0\0ab",
    ],
)
def test_items_that_are_cut_off_are_refused(packed: bytes) -> None:
    """SYNC-5."""
    for message in ([1, packed, 0, True], [4, packed]):
        with pytest.raises(ProtocolError, match="message-items"):
            decode_message(cbor2.dumps(message))


@given(st.lists(items, min_size=1, max_size=BUNDLE_ITEMS_MAX, unique=True))
def test_a_bundle_comes_back_as_it_was_sent(bundle: list[Item]) -> None:
    """GOSSIP-2."""
    assert decode_bundle(encode_bundle(bundle)) == tuple(bundle)


def test_a_bundle_holds_sixteen_items_and_64_kib() -> None:
    sixteen = [(bytes([n + 1]), None) for n in range(BUNDLE_ITEMS_MAX)]
    assert decode_bundle(encode_bundle(sixteen)) == tuple(sixteen)
    with pytest.raises(RecordError, match="bundle-items"):
        encode_bundle([*sixteen, (b"more", None)])
    with pytest.raises(RecordError, match="bundle-items"):
        encode_bundle([])
    largest = [(bytes(BUNDLE_BYTES_MAX - 1 - 1 - 5 - 1), None)]
    assert len(encode_bundle([(largest[0][0], None)])) <= BUNDLE_BYTES_MAX
    with pytest.raises(RecordError, match="cbor-bytes"):
        encode_bundle([(bytes(BUNDLE_BYTES_MAX), None)])


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        ([], "bundle-items"),
        ({}, "bundle-items"),
        ([[b"a", None]] * 17, "bundle-items"),
        ([[b"a", None], [b"a", None]], "bundle-repeated"),
        ([[b"a"]], "bundle-item"),
        ([b"a"], "bundle-item"),
        ([[b"", None]], "bundle-item"),
        ([["a", None]], "bundle-item"),
        ([[b"a", "b"]], "bundle-item"),
    ],
)
def test_what_is_not_a_bundle_is_refused(value: object, rule: str) -> None:
    """GOSSIP-2, GOSSIP-3."""
    with pytest.raises(RecordError) as caught:
        decode_bundle(cbor2.dumps(value, canonical=True))
    assert caught.value.rule == rule


@given(st.lists(st.integers(1, 40_000), max_size=60))
def test_bundles_of_many_items_keep_their_order_and_their_limits(sizes: list[int]) -> None:
    """GOSSIP-2."""
    many = tuple((b"e" * 4, bytes(size)) for size in sizes)
    bundles = bundles_of(many)
    assert tuple(item for bundle in bundles for item in bundle) == many
    for bundle in bundles:
        assert len(bundle) <= BUNDLE_ITEMS_MAX
        assert len(cbor2.dumps([list(item) for item in bundle])) <= BUNDLE_BYTES_MAX
