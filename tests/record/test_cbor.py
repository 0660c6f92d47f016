"""Deterministic CBOR: docs/spec/cbor.md, CBOR-1 to CBOR-9."""

import random
from typing import Any

import cbor2
import libipld
import pytest
from hypothesis import given, settings, strategies as st

from p2pevents.errors import RecordError
from p2pevents.record import cbor
from tests.conftest import profile_name

MUTANTS = {"dev": 20_000, "ci": 100_000, "soak": 10_000_000}[profile_name()]

integers = st.integers(-cbor.INTEGER_MAX, cbor.INTEGER_MAX) | st.sampled_from(
    [
        sign * (2**power + nudge)
        for power in (0, 5, 8, 16, 32, 53)
        for nudge in (-1, 0)
        for sign in (1, -1)
    ]
    + [23, 24, -24, -25, 0x17FF]
).filter(lambda number: abs(number) <= cbor.INTEGER_MAX)
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
leaves = integers | texts | st.binary(max_size=300) | st.booleans() | st.none()
values = st.recursive(
    leaves,
    lambda inner: st.lists(inner, max_size=30) | st.dictionaries(texts, inner, max_size=30),
    max_leaves=40,
)


def rule_of(data: bytes, **limits: int) -> str | None:
    """Return the rule that `data` breaks; None where it passes."""
    try:
        cbor.scan(data, **{"bytes_max": 1 << 20, **limits})
    except RecordError as error:
        return error.rule
    return None


def decoded_rule_of(data: bytes, **limits: int) -> str | None:
    """Return the rule by which `decode`, which looks at the plain forms first, refuses `data`."""
    try:
        cbor.decode(data, **{"bytes_max": 1 << 20, **limits})
    except RecordError as error:
        return error.rule
    return None


def depth_of(value: Any) -> int:
    if isinstance(value, list):
        return 1 + max(map(depth_of, value), default=0)
    if isinstance(value, dict):
        return 1 + max(map(depth_of, value.values()), default=0)
    return 0


def items_of(value: Any) -> int:
    if isinstance(value, list):
        return 1 + sum(map(items_of, value))
    if isinstance(value, dict):
        return 1 + len(value) + sum(map(items_of, value.values()))
    return 1


def fits(value: Any) -> bool:
    return depth_of(value) <= cbor.DEPTH_MAX and items_of(value) <= cbor.ITEMS_MAX


@given(value=values.filter(fits))
def test_what_is_encoded_is_read_back_as_it_was(value: Any) -> None:
    """CBOR-9."""
    data = cbor.encode(value, bytes_max=1 << 20)
    back = cbor.decode(data, bytes_max=len(data))
    assert back == value
    assert repr(back) == repr(value) or isinstance(value, dict | list)  # True is not 1


@given(value=values.filter(fits))
def test_another_implementation_writes_and_reads_the_same_bytes(value: Any) -> None:
    data = cbor.encode(value, bytes_max=1 << 20)
    assert libipld.decode_dag_cbor(data) == value
    assert accepted_by_another(data)


LENGTHS = (0, 1, 22, 23, 24, 25, 255, 256, 257, 511, 512, 515, 765, 65_535, 65_536)
BEYOND = (2**24 + 1, 2**56 + 1)  # lengths of four and eight bytes that fill them


@pytest.mark.parametrize("width", [1, 2, 4, 8])
@pytest.mark.parametrize("said", LENGTHS + BEYOND)
def test_a_byte_string_in_an_array_is_read_as_it_is_alone(said: int, width: int) -> None:
    """CBOR-2, CBOR-6: lists of ids and of whole records are the most of what comes in."""
    if said >= 256**width:
        return
    head = bytes([0x58 + (1, 2, 4, 8).index(width)]) + said.to_bytes(width, "big")
    is_shortest = said >= {1: 24, 2: 256, 4: 65_536, 8: 2**32}[width]
    for there in LENGTHS:
        data = head + b"\xff" * there  # inside it is nothing that could be an item
        rule = rule_of(data)
        assert (rule is None) == (is_shortest and there == said)
        assert rule_of(b"\x81" + data) == rule
        assert (rule_of(b"\x83\x40" + data + b"\x00") is None) == (rule is None)
    for bytes_there in range(1, len(head)):
        assert rule_of(b"\x81" + head[:bytes_there]) == rule_of(head[:bytes_there]) is not None


@given(value=values)
def test_depth_and_items_are_refused_from_one_beyond_the_limit(value: Any) -> None:
    """CBOR-8."""
    depth, items = depth_of(value), items_of(value)
    data = cbor2_canonical(value)
    assert rule_of(data, depth_max=depth, items_max=items, bytes_max=len(data)) is None
    assert rule_of(data, depth_max=depth, items_max=items - 1) == "cbor-items"
    assert rule_of(data, depth_max=depth, items_max=items, bytes_max=len(data) - 1) == "cbor-bytes"
    if depth:
        assert rule_of(data, depth_max=depth - 1, items_max=items) == "cbor-depth"
    for most in ({}, {"depth_max": depth - 1}, {"items_max": items - 1}, {"items_max": items}):
        assert decoded_rule_of(data, **most) == rule_of(data, **most)


def test_the_default_limits_are_those_of_the_page() -> None:
    """CBOR-8."""
    assert rule_of(b"\x81" * 8 + b"\x00") is None
    assert rule_of(b"\x81" * 9 + b"\x00") == "cbor-depth"
    assert rule_of(b"\x99\x01\xff" + b"\x00" * 511) is None
    assert rule_of(b"\x99\x02\x00" + b"\x00" * 512) == "cbor-items"


@pytest.mark.parametrize(
    ("rule", "encoded"),
    [
        (
            None,
            "00 / 17 / 1818 / 18ff / 190100 / 19ffff / 1a00010000 / 1affffffff",
        ),
        (
            None,
            "1b0000000100000000 / 1b001fffffffffffff / 20 / 37 / 3818 / 390100",
        ),
        (None, "3b001ffffffffffffe"),
        (None, "40 / 4100 / 60 / 62c3a9 / 80 / a0 / f4 / f5 / f6 / a1616100 / a2616200626161f6"),
        (None, "a261610062616100 / a2616100616200 / a160 00 / a2 60 00 6161 00"),
        ("cbor-tag", "c000 / c1 00 / d82a4100 / db000000010000000000"),
        ("cbor-simple", "f7 / e0 / f3 / f8ff / f820 / f90000 / fa00000000 / fb0000000000000000"),
        ("cbor-simple", "f818 / f9 / fb00"),
        ("cbor-indefinite", "5f / 7f / 9fff / bfff / 5f4100ff"),
        ("cbor-reserved", "1c / 1d / 1e / 1f / 3f / 5c / 7e / 9d / bc / dc / df / fc / ff"),
        ("cbor-shortest", "1800 / 1817 / 190000 / 1900ff / 1a0000ffff / 1b00000000ffffffff / 3817"),
        ("cbor-shortest", "5800 / 7801 61 / 581700 / 9800 / b800 / 980100 / b9000061 6100"),
        ("cbor-integer", "1b0020000000000000 / 1bffffffffffffffff / 3b001fffffffffffff"),
        ("cbor-utf8", "61ff / 61c3 / 62c080 / 63eda080 / 64f4908080 / a161ff00"),
        ("cbor-key", "a100 00 / a1400 0 / a1f600 / a12000 / a1 8000 / a1 a000 / a2616100 0000"),
        ("cbor-order", "a2616200616100 / a2626161006162 00 / a2 6161 00 60 00"),
        ("cbor-duplicate", "a2616100616100 / a260006000"),
        ("cbor-trailing", "0000 / f6f6 / 8000 / a0ff"),
        (
            "cbor-truncated",
            " / 18 / 19 00 / 1b00000000000000 / 41 / 62c3 / 81 / a1 / a16161 / 8200",
        ),
        ("cbor-truncated", "5b001fffffffffffff / 7b7fffffffffffffff / a2616100"),
        ("cbor-items", "9b001fffffffffffff / bb7fffffffffffffff / 9a00010000 / b90100"),
    ],
)
def test_each_rule_is_named(rule: str | None, encoded: str) -> None:
    """CBOR-1 to CBOR-6, CBOR-8."""
    for text in encoded.split("/"):
        data = bytes.fromhex(text.replace(" ", ""))
        assert rule_of(data) == rule, text


def test_cost_is_bounded_by_the_bytes_that_came_and_not_by_what_a_head_promises() -> None:
    """CBOR-8."""
    for head in (0x9B, 0xBB, 0x5B, 0x7B):
        assert rule_of(bytes([head, 0, 0x1F, *b"\xff" * 6])) in ("cbor-items", "cbor-truncated")


@pytest.mark.parametrize(
    "value",
    [
        1.5,
        float("nan"),
        2**53,
        -(2**53),
        {1: 2},
        {b"a": 1},
        "\ud800",
        {"\udfff": 1},
        object(),
        2**64,
    ],
)
def test_nothing_is_written_that_would_be_refused(value: object) -> None:
    """CBOR-9."""
    with pytest.raises(RecordError, match="cbor-"):
        cbor.encode(value, bytes_max=1000)


def test_a_value_too_deep_for_its_writer_is_an_error_of_ours() -> None:
    """CBOR-9."""
    value: list[Any] = []
    for _ in range(5000):
        value = [value]
    with pytest.raises(RecordError):
        cbor.encode(value, bytes_max=1 << 20)
    loop: list[Any] = []
    loop.append(loop)
    with pytest.raises(RecordError):
        cbor.encode(loop, bytes_max=1 << 20)


def test_true_is_not_one() -> None:
    """CBOR-7."""
    assert cbor.decode(b"\xf5", bytes_max=1) is True
    assert type(cbor.decode(b"\x01", bytes_max=1)) is int
    assert cbor.encode(True, bytes_max=1) != cbor.encode(1, bytes_max=1)


def accepted_by_another(data: bytes) -> bool:
    """Tell whether libipld finds `data` canonical, and our narrower rules agree with its value."""
    try:
        value = libipld.decode_dag_cbor(data)
        # It writes a byte string that happens to read as a content id as a link with a tag.
        encode = cbor2_canonical if like_a_content_id(value) else libipld.encode_dag_cbor
        if encode(value) != data:
            return False
    except Exception:  # noqa: BLE001 - it raises what it likes
        return False
    return narrow(value) and fits(value)


def cbor2_canonical(value: Any) -> bytes:
    return cbor2.dumps(value, canonical=True)


def like_a_content_id(value: Any) -> bool:
    if isinstance(value, dict):
        return any(map(like_a_content_id, value.values()))
    if isinstance(value, list):
        return any(map(like_a_content_id, value))
    return isinstance(value, bytes) and value[:1] in (b"\x00", b"\x01", b"\x12")


def narrow(value: Any) -> bool:
    if isinstance(value, dict):
        return all(narrow(item) for item in value.values())
    if isinstance(value, list):
        return all(narrow(item) for item in value)
    if type(value) is int:
        return abs(value) <= cbor.INTEGER_MAX
    return value is None or type(value) in (bool, str, bytes)


def mutated(rng: random.Random, data: bytes) -> bytes:
    """Return bytes with a few of them changed, left out, added or swapped."""
    changed = bytearray(data)
    for _ in range(rng.randint(1, 3)):
        place = rng.randrange(len(changed) + 1)
        match rng.randrange(5):
            case 0:
                changed[place:place] = bytes([rng.randrange(256)])
            case 1:
                del changed[place : place + 1]
            case 2:
                changed[place : place + 1] = bytes([rng.randrange(256)])
            case 3:
                changed[place : place + 1] = bytes(
                    byte ^ (1 << rng.randrange(8)) for byte in changed[place : place + 1]
                )
            case _:
                other = rng.randrange(len(changed) + 1)
                first, last = min(place, other), max(place, other)
                changed[first:last] = changed[first:last][::-1]
    return bytes(changed)


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), value=values.filter(fits))
def test_mutants_are_accepted_by_both_implementations_or_by_neither(seed: int, value: Any) -> None:
    """CBOR-1 to CBOR-6: and nothing but a RecordError is ever raised."""
    rng = random.Random(seed)
    data = cbor2_canonical(value)
    for _ in range(MUTANTS // 20):
        mutant = mutated(rng, data)
        assert (rule_of(mutant) is None) == accepted_by_another(mutant), mutant.hex()


@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), value=values.filter(fits), text=texts)
def test_a_mutant_is_refused_by_the_same_rule_whether_it_looks_plain_or_not(
    seed: int, value: Any, text: str
) -> None:
    """CBOR-1 to CBOR-8: what is plain is never what the scan refuses."""
    rng = random.Random(seed)
    said = {"salt": bytes(16), "fields": {"title": [2**40, text], "x": value, "when": [2, {}, []]}}
    data = cbor2_canonical(said)
    for _ in range(MUTANTS // 20):
        mutant = mutated(rng, data)
        assert decoded_rule_of(mutant) == rule_of(mutant), mutant.hex()


def test_a_body_as_it_is_mostly_written_looks_plain() -> None:
    moment = 1_803_859_200_000
    said = {"start": "2027-03-01T18:30:00", "timeZone": "Europe/Paris", "duration": "PT2H"}
    fields = {
        "when": [moment, said, [[bytes(32), moment - 1]]],
        "title": [moment, "Café du Port"],
        "keywords": {"p2p": [moment, True], "web": [moment, None]},
        "description": [moment, "x" * 500],
        "links": {"page": [moment, {"href": "https://example.org/" + "y" * 30}]},
    }
    body = cbor2_canonical({"salt": bytes(16), "fields": fields})
    assert cbor._is_plain(body, cbor.DEPTH_MAX, cbor.ITEMS_MAX)
