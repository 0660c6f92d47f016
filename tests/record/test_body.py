"""Bodies: docs/spec/record.md, REC-13 to REC-19."""

from typing import Any

import pytest

from p2pevents.errors import RecordError
from p2pevents.record import cbor
from p2pevents.record.body import SEEN_AUTHORS_MAX, Body, Written, decode_body, encode_body
from p2pevents.record.header import BODY_BYTES_MAX
from p2pevents.record.ids import PublicKey
from p2pevents.record.values import Link, When
from tests.record.people import SALT, header_of

CLOCK = 100
KEYS = sorted(PublicKey(bytes([number]) * 32) for number in range(SEEN_AUTHORS_MAX + 1))


def read(fields: Any, *, salt: Any = SALT, **changes: Any) -> Body:
    body = cbor.encode({"salt": salt, "fields": fields}, bytes_max=BODY_BYTES_MAX)
    return decode_body(header_of(body, **({"clock": CLOCK} | changes)), body)


def rule_of(fields: Any, **changes: Any) -> str | None:
    try:
        read(fields, **changes)
    except RecordError as error:
        return error.rule
    return None


def test_a_body_is_read_as_it_is_written() -> None:
    """REC-15 to REC-19: and written again to the byte."""
    fields = {
        "title": [5, "Meetup"],
        "edition": [6, None],
        "when": [100, {"day": "2020-01-08", "timeZone": "Europe/Paris"}, [[KEYS[1], 99]]],
        "stream": [0, None, []],
        "links": {"slides": [7, {"href": "https://example.org/"}], "old": [8, None]},
        "keywords": {},
        "fromTheFuture": {"any": ["form", 1]},
        "addresses": "of another kind",
    }
    body = read(fields, start="2020-01-08")
    when = When(day="2020-01-08", time_zone="Europe/Paris")
    assert body.salt == SALT
    assert body.fields == {
        "title": Written(clock=5, value="Meetup"),
        "edition": Written(clock=6, value=None),
        "when": Written(clock=100, value=when, seen={KEYS[1]: 99}),
        "stream": Written(clock=0, value=None),
    }
    link = Link(href="https://example.org/")
    assert body.entries == {
        "links": {"slides": Written(clock=7, value=link), "old": Written(clock=8, value=None)},
        "keywords": {},
    }
    assert body.unknown == {
        "fromTheFuture": {"any": ["form", 1]},
        "addresses": "of another kind",
    }
    expected = cbor.encode({"salt": SALT, "fields": fields}, bytes_max=BODY_BYTES_MAX)
    assert encode_body(body) == expected


@pytest.mark.parametrize(
    ("rule", "fields"),
    [
        (None, {}),
        (None, {"title": [0, "x"]}),
        (None, {"title": [CLOCK, "x"]}),
        ("void-clock", {"title": [CLOCK + 1, "x"]}),
        ("void-clock", {"title": [-1, "x"]}),
        ("void-clock", {"title": [True, "x"]}),
        ("void-clock", {"title": ["5", "x"]}),
        ("void-clock", {"when": [CLOCK + 1, None, []]}),
        ("void-clock", {"links": {"a": [CLOCK + 1, None]}}),
        ("void-clock", {"links": {"a": [False, None]}}),
        ("void-field", {"title": "x"}),
        ("void-field", {"title": []}),
        ("void-field", {"title": [1]}),
        ("void-field", {"title": [1, "x", []]}),
        ("void-field", {"title": {"a": [1, "x"]}}),
        ("void-field", {"when": [1, None]}),
        ("void-field", {"when": [1, None, [], []]}),
        ("void-field", {"links": [1, {}]}),
        ("void-field", {"links": {"a": {"href": "https://example.org/"}}}),
        ("void-field", {"links": {"a": [1]}}),
        ("void-field", {"links": {"a": [1, None, []]}}),
        ("void-shape", []),
        ("void-shape", None),
    ],
)
def test_a_field_has_the_form_of_its_name(rule: str | None, fields: Any) -> None:
    """REC-15, REC-16."""
    assert rule_of(fields) == rule


@pytest.mark.parametrize("clock", [1, 50])
@pytest.mark.parametrize(
    ("rule", "seen"),
    [
        (None, []),
        (None, [[KEYS[0], 0]]),
        (None, [[KEYS[0], 0], [KEYS[1], 0]]),
        (None, [[key, 0] for key in KEYS[:SEEN_AUTHORS_MAX]]),
        ("void-seen", [[key, 0] for key in KEYS]),
        ("void-seen", [[KEYS[0], -1]]),
        ("void-seen", [[KEYS[0], 50]]),
        ("void-seen", [[KEYS[0], True]]),
        ("void-seen", [[KEYS[0], None]]),
        ("void-seen", [[KEYS[1], 0], [KEYS[0], 0]]),
        ("void-seen", [[KEYS[0], 0], [KEYS[0], 0]]),
        ("void-seen", [[b"k" * 31, 0]]),
        ("void-seen", [["k" * 32, 0]]),
        ("void-seen", [[KEYS[0]]]),
        ("void-seen", [[KEYS[0], 0, 0]]),
        ("void-seen", [KEYS[0]]),
        ("void-seen", {}),
        ("void-seen", None),
    ],
)
def test_what_was_seen_is_before_the_value(rule: str | None, seen: Any, clock: int) -> None:
    """REC-18."""
    assert rule_of({"status": [clock, None, seen]}) == rule


def test_a_clock_just_before_the_value_may_be_seen() -> None:
    """REC-18."""
    assert rule_of({"status": [50, None, [[KEYS[0], 49]]]}) is None


@pytest.mark.parametrize("salt", [b"", bytes(15), bytes(17), "s" * 16, None, 5])
def test_the_salt_is_sixteen_bytes(salt: Any) -> None:
    """REC-14."""
    assert rule_of({}, salt=salt) == "void-salt"


@pytest.mark.parametrize(
    ("rule", "body"),
    [
        ("void-cbor", b""),
        ("void-cbor", b"\xa1"),
        ("void-cbor", b"\xa0\x00"),
        ("void-shape", b"\xa0"),
        ("void-shape", b"\x80"),
        ("void-shape", cbor.encode({"salt": SALT}, bytes_max=99)),
        ("void-shape", cbor.encode({"salt": SALT, "fields": {}, "more": 1}, bytes_max=99)),
        ("void-shape", cbor.encode(["salt", "fields"], bytes_max=99)),
        ("void-cbor", bytes(BODY_BYTES_MAX + 1)),
    ],
)
def test_what_is_no_body_is_void(rule: str, body: bytes) -> None:
    """REC-13."""
    with pytest.raises(RecordError) as caught:
        decode_body(header_of(b""), body)
    assert caught.value.rule == rule


def test_a_body_at_the_limit_of_items_is_read_and_one_beyond_is_not() -> None:
    """REC-13: with the map, its two keys, the salt and the fields that is 512 items."""
    room = cbor.ITEMS_MAX - 5 - 2
    fields = {"unheard": [0] * room}
    assert rule_of(fields) is None
    beyond = b"\xa2dsalt\x50" + SALT + b"ffields\xa1gunheard\x99" + (room + 1).to_bytes(2, "big")
    with pytest.raises(RecordError, match="void-cbor: cbor-items"):
        decode_body(header_of(b""), beyond + bytes(room + 1))


@pytest.mark.parametrize(
    "fields",
    [{"title": [True, "x"]}, {"edition": [1, True]}, {"retracted": [1, 1, []]}],
)
def test_true_is_not_one_in_a_body(fields: Any) -> None:
    """CBOR-7."""
    assert rule_of(fields) in ("void-clock", "void-value")


def test_the_name_of_an_entry_that_is_removed_is_not_judged() -> None:
    """REC-17: it is never shown."""
    assert rule_of({"links": {"Not A Slug": [1, None]}}) is None
    assert rule_of({"links": {"Not A Slug": [1, {"href": "https://example.org/"}]}}) == "void-value"
