"""Kinds and their values: docs/spec/kinds.md, KIND-1 to KIND-13, and its examples."""

import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import RecordError
from p2pevents.record import cbor, kinds
from p2pevents.record.body import Body, decode_body
from p2pevents.record.fields import PROPOSAL_BYTES_MAX
from p2pevents.record.header import BODY_BYTES_MAX, ObjectId
from p2pevents.record.kinds import AUTHORITY_KINDS, GUARDED, MAPS, Kind, fields_of
from p2pevents.record.merge import merge
from p2pevents.record.text import forbidden_in
from p2pevents.record.values import When, duration_of
from tests.record.people import CHAPTER, SALT, header_of, say

PAGE = Path(__file__).parents[2] / "docs" / "spec" / "kinds.md"
EXAMPLES = dict(re.findall(r"```json ([a-z]+)\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL))
PATHS: dict[str, tuple[str, ...]] = {
    "profile": ("profile",),
    "digest": ("digest",),
    "occurrence": ("r", "2020-01-01"),
    "session": ("e", "s"),
}


def without_hex(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("hex:"):
        return bytes.fromhex(value[4:])
    if isinstance(value, dict):
        return {key: without_hex(item) for key, item in value.items()}
    if isinstance(value, list):
        return [without_hex(item) for item in value]
    return value


def with_lists(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: with_lists(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [with_lists(item) for item in value]
    return value


def written(name: str, value: Any, clock: int = 1) -> Any:
    """Return a value as it stands in its field."""
    if name in MAPS and isinstance(value, dict):
        return {entry: [clock, item] for entry, item in value.items()}
    return [clock, value, []] if name in GUARDED else [clock, value]


def read(kind: str, fields: dict[str, Any], **changes: Any) -> Body:
    """Return the body with these values, read by the rules of its kind."""
    raw = {name: written(name, value) for name, value in fields.items()}
    body = cbor.encode({"salt": SALT, "fields": raw}, bytes_max=BODY_BYTES_MAX)
    when = fields.get("when")
    day = (when.get("start") or when.get("day")) if isinstance(when, dict) else None
    header = {"kind": kind, "path": PATHS.get(kind, ("e",)), "start": day and str(day)[:10]}
    return decode_body(header_of(body, **(header | changes)), body)


def rule_of(kind: str, fields: dict[str, Any], **changes: Any) -> str | None:
    try:
        read(kind, fields, **changes)
    except RecordError as error:
        return error.rule
    return None


def ok(kind: str, name: str, *values: Any) -> None:
    for value in values:
        assert rule_of(kind, {name: value}) is None, value


def void(kind: str, name: str, *values: Any) -> None:
    for value in values:
        assert rule_of(kind, {name: value}) == "void-value", value


@pytest.mark.parametrize("kind", sorted(set(Kind) - AUTHORITY_KINDS))
def test_each_kind_has_an_example_that_is_shown_as_it_is_written(kind: str) -> None:
    """KIND-11."""
    fields = without_hex(json.loads(EXAMPLES[kind]))
    shown = read(kind, fields).shown
    plain = with_lists(msgspec.to_builtins(shown, builtin_types=(bytes,)))
    assert {name: value for name, value in plain.items() if value not in (None, {})} == fields
    # And it can be composed, sealed, opened and merged.
    path = PATHS.get(kind, ("e",))
    record = say("ada", fields, object_id=ObjectId(chapter=CHAPTER, kind=kind, path=path))
    assert merge([record]).shown == shown


def test_the_page_names_every_field_of_every_kind() -> None:
    """KIND-11."""
    sections = dict(
        re.findall(r"^### (\w+)\n(.*?)(?=^#)", PAGE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    )
    gathering = set(re.findall(r"`(\w+)`", sections["event"].split("| field of an event")[0]))
    page = {"retracted", "locale", "localizations", "links"}
    for kind in set(Kind) - AUTHORITY_KINDS:
        rows = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", sections[kind], re.MULTILINE)
        named = {name for row in rows for name in re.findall(r"\w+", row)}
        if issubclass(kinds.shown_type(kind), kinds.Page):
            named |= page
        if issubclass(kinds.shown_type(kind), kinds.Gathering):
            named |= gathering & set(fields_of("event")) - {"series"} - {"edition"}
        if kind == Kind.OCCURRENCE:
            named.add("edition")
        assert named == set(fields_of(kind)), kind


@pytest.mark.parametrize("kind", [*sorted(AUTHORITY_KINDS), "unheard-of", ""])
def test_a_kind_without_fields_is_not_shown(kind: str) -> None:
    """REC-13."""
    with pytest.raises(RecordError, match="void-kind"):
        fields_of(kind)


FORBIDDEN = [
    *range(0x20),
    *range(0x7F, 0xA0),
    0x2028,
    0x2029,
    *range(0x202A, 0x202F),
    *range(0x2066, 0x206A),
]


@pytest.mark.parametrize("code", FORBIDDEN)
def test_no_text_holds_a_character_that_a_screen_obeys(code: int) -> None:
    """KIND-1."""
    bad = f"a{chr(code)}b"
    void("event", "title", bad, chr(code), f"a{chr(code)}")
    void("event", "keywords", {bad: True})
    void("event", "where", {"name": "x", "address": bad})
    void("event", "participants", {"ada": {"name": bad}})
    void("event", "localizations", {"fr": {"title": bad}})
    void("session", "room", bad)
    if code == 0x0A:
        ok("event", "description", bad)
        ok("event", "localizations", {"fr": {"description": bad}})
        assert forbidden_in(bad, prose=True) is None
    else:
        void("event", "description", bad)
        assert forbidden_in(bad, prose=True) == f"U+{code:04X}"
    assert forbidden_in(bad) == f"U+{code:04X}"


@given(
    text=st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters=[chr(c) for c in FORBIDDEN]),
        min_size=1,
        max_size=50,
    )
)
def test_all_other_text_is_shown_whatever_its_script(text: str) -> None:
    """KIND-1, REC-20: in any normal form."""
    ok("event", "title", text)
    ok("event", "description", text)
    ok("event", "keywords", {text: True})
    assert forbidden_in(text) is None


@pytest.mark.parametrize(
    ("kind", "name", "limit"),
    [("event", "title", 200), ("event", "description", 8000), ("venue", "address", 500)],
)
def test_lengths_are_counted_in_code_points(kind: str, name: str, limit: int) -> None:
    """KIND-1."""
    wide = "é" if limit > 500 else "😀"
    ok(kind, name, "x", wide * limit)
    void(kind, name, "", "x" * (limit + 1))


def test_limits_of_lists_and_maps() -> None:
    """KIND-7, KIND-8, KIND-11: at the limit and one beyond."""
    ok("event", "keywords", {"x" * 50: True})
    void("event", "keywords", {"x" * 51: True}, {"": True}, {"x": False}, {"x": 1}, {"x": "yes"})
    ok("event", "languages", [], ["fr"] * 16, ["pt-BR", "zh-Hant-TW"])
    void("event", "languages", ["fr"] * 17, "fr", ["FR"], ["french"], ["f"], ["fr-"], [1])
    ok("venue", "rooms", ["x"] * 32)
    void("venue", "rooms", ["x"] * 33)
    ok("profile", "addresses", ["/ip4/1.2.3.4/tcp/1"] * 8, ["/" + "x" * 255])
    void("profile", "addresses", ["/ip4/1"] * 9, ["/" + "x" * 256], ["ip4"], ["/a b"], ["/"])
    node = {"peer": "12D3", "key": bytes(32), "until": 1}
    ok("profile", "inbox", [node] * 8)
    void("profile", "inbox", [node] * 9, [node | {"key": bytes(31)}], [node | {"key": bytes(33)}])
    void("profile", "inbox", [node | {"peer": "0"}], [node | {"until": -1}], [{"peer": "a"}])
    roles = {"ada": {"name": "Ada", "roles": ["speaker"] * 8}}
    ok("event", "participants", roles, {"a" * 32: {"name": "x"}})
    void("event", "participants", {"ada": {"name": "Ada", "roles": ["speaker"] * 9}})
    void("event", "participants", {"a" * 33: {"name": "x"}}, {"Ada": {"name": "x"}}, {"ada": {}})
    ok("event", "edition", 0, 9999)
    void("event", "edition", -1, 10000, True, "5")
    ok("decision", "proposal", bytes(PROPOSAL_BYTES_MAX))
    void("decision", "proposal", bytes(PROPOSAL_BYTES_MAX + 1), "text")
    ok("erase", "ids", [bytes(32)] * 400)
    void("erase", "ids", [bytes(32)] * 401, [], [bytes(31)], [bytes(33)], ["x" * 32])
    ok("call", "types", ["talk"] * 16)
    void("call", "types", ["talk"] * 17)
    topics = [f"topic-{number}" for number in range(17)]
    ok("proposal", "levels", dict.fromkeys(topics[:16], "none"))
    void("proposal", "levels", dict.fromkeys(topics, "none"), {"network": "some"})
    ok("event", "localizations", {"fr": {}, "pt-BR": {"room": "sala"}})
    void("event", "localizations", {"FR": {}}, {"fr": {"titel": "x"}}, {"fr": "x"})
    void("endorsement", "chapter", bytes(31), bytes(33))


@pytest.mark.parametrize(
    "uri",
    [
        "https://example.org",
        "http://example.org/",
        "https://example.org:8443/a/b?c=d&e=f#g",
        "https://[2001:db8::1]:80/",
        "https://example.org/%C3%A9~'()*,;!$@:",
        "https://example.org#x",
        "https://example.org?x",
        "https://e/" + "x" * 1990,
    ],
)
def test_links_of_the_web_are_links(uri: str) -> None:
    """KIND-2."""
    ok("event", "links", {"page": {"href": uri}})
    ok("event", "stream", {"uri": uri})
    ok("recap", "cover", uri)
    ok("profile", "publicUrl", uri)
    ok("event", "participants", {"ada": {"name": "Ada", "link": uri}})


@pytest.mark.parametrize(
    "uri",
    [
        "",
        "javascript:alert(1)",
        "data:text/html,x",
        "ftp://example.org/",
        "file:///etc/passwd",
        "//example.org/",
        "https:/example.org",
        "https:///path",
        "https://",
        "HTTPS://example.org/",
        " https://example.org/",
        "https://example.org/ a",
        "https://example.org/\n",
        "https://user@example.org/",
        "https://example.org\\@evil.example/",
        'https://example.org/"onclick=',
        "https://example.org/<b>",
        "https://example.org/`{|}^",
        "https://exämple.org/",
        "https://example.org/é",
        "https://e/" + "x" * 1991,
    ],
)
def test_what_is_no_link_of_the_web_is_void(uri: str) -> None:
    """KIND-2."""
    void("event", "links", {"page": {"href": uri}})
    void("event", "stream", {"uri": uri})


ZONE = {"timeZone": "Europe/Paris"}
START = {"start": "2020-01-08T18:30:00", **ZONE}


def test_when_is_a_start_or_a_day_or_nothing() -> None:
    """KIND-3, KIND-4."""
    ok("event", "when", START, {"day": "2020-01-08", **ZONE}, {}, None)
    ok("event", "when", START | {"duration": "PT4H30M"}, START | {"duration": "P366D"})
    ok(
        "event",
        "when",
        START | {"timeZone": "Mars/Olympus_Mons"},
        START | {"timeZone": "Etc/GMT+2"},
    )
    ok("event", "when", {"day": "2020-02-29", **ZONE}, {"day": "1900-01-01", **ZONE})
    ok("event", "when", {"start": "2199-12-31T23:59:59", **ZONE})
    void("event", "when", {"start": "2020-01-08T18:30:00"}, {"day": "2020-01-08"}, ZONE)
    void(
        "event",
        "when",
        START | {"day": "2020-01-08"},
        {"day": "2020-01-08", "duration": "PT1H"} | ZONE,
    )
    void("event", "when", {"duration": "PT1H"}, START | {"end": "x"}, "2020", 5, [])
    void("event", "when", START | {"recurrenceRule": "FREQ=DAILY"})
    for odd in (
        "2020-02-30T18:30:00",
        "2019-02-29T18:30:00",
        "1899-12-31T18:30:00",
        "2200-01-01T00:00:00",
        "0000-01-01T00:00:00",
        "2020-01-08T24:00:00",
        "2020-01-08T18:60:00",
        "2020-01-08T18:30:60",
        "2020-01-08T18:30",
        "2020-01-08 18:30:00",
        "2020-01-08T18:30:00Z",
        "2020-01-08T18:30:00+01:00",
    ):
        assert (
            rule_of("event", {"when": START | {"start": odd}}, start="2020-01-08") == "void-value"
        )
    for odd in ("", "Paris France", "a/b/c/d", "x" * 65, "/Paris"):
        void("event", "when", START | {"timeZone": odd})


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT0S", 0),
        ("PT30M", 1800),
        ("P1D", 86400),
        ("P1W2DT3H4M5S", 9 * 86400 + 3 * 3600 + 4 * 60 + 5),
        ("P52W2D", 366 * 86400),
        ("PT8784H", 366 * 86400),
    ],
)
def test_durations_are_read(text: str, seconds: int) -> None:
    """KIND-4."""
    assert duration_of(text).total_seconds() == seconds
    ok("event", "when", START | {"duration": text})


@pytest.mark.parametrize(
    "text",
    [
        "",
        "P",
        "PT",
        "P1DT",
        "4H",
        "PT4.5H",
        "-PT1H",
        "PT1M1H",
        "P1M",
        "P1Y",
        "P367D",
        "PT8785H",
        "PT99999H",
        "P1000D",
        "PT4H\n",
        "pt4h",
        "P ١D",
    ],
)
def test_what_is_no_duration_is_void(text: str) -> None:
    """KIND-4."""
    with pytest.raises(ValueError, match=r"duration|longer"):
        duration_of(text)
    void("event", "when", START | {"duration": text})


@pytest.mark.parametrize(
    "rule",
    [
        "FREQ=MONTHLY;BYDAY=1WE",
        "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH;WKST=MO",
        "FREQ=YEARLY;BYMONTH=1,6;BYMONTHDAY=1,-1;COUNT=999",
        "FREQ=DAILY;UNTIL=20201231",
        "FREQ=DAILY;UNTIL=20201231T235959;INTERVAL=99",
        "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    ],
)
def test_rules_of_calendars_are_taken_in_a_series(rule: str) -> None:
    """KIND-5."""
    ok("series", "when", START | {"recurrenceRule": rule})
    ok("series", "when", START, {})
    void("event", "when", START | {"recurrenceRule": rule})
    void("series", "when", {"day": "2020-01-08", "recurrenceRule": rule} | ZONE)


@pytest.mark.parametrize(
    "rule",
    [
        "",
        "FREQ=SECONDLY",
        "FREQ=HOURLY",
        "BYDAY=1WE;FREQ=MONTHLY",
        "BYDAY=1WE",
        "FREQ=DAILY;FREQ=DAILY",
        "FREQ=DAILY;COUNT=1;UNTIL=20201231",
        "FREQ=DAILY;COUNT=0",
        "FREQ=DAILY;COUNT=1000",
        "FREQ=DAILY;INTERVAL=0",
        "FREQ=DAILY;INTERVAL=100",
        "FREQ=DAILY;BYHOUR=1",
        "FREQ=MONTHLY;BYDAY=6WE",
        "FREQ=MONTHLY;BYDAY=0WE",
        "FREQ=MONTHLY;BYDAY=",
        "FREQ=MONTHLY;BYMONTHDAY=32",
        "FREQ=MONTHLY;BYMONTH=13",
        "FREQ=MONTHLY;BYSETPOS=6",
        "FREQ=DAILY;",
        "freq=daily",
        "FREQ=DAILY\n",
        "FREQ=DAILY;X-A=" + "x" * 200,
    ],
)
def test_rules_that_cost_too_much_or_mean_nothing_are_void(rule: str) -> None:
    """KIND-5."""
    void("series", "when", START | {"recurrenceRule": rule})


def test_words_that_are_closed_and_words_that_are_open() -> None:
    """KIND-6, KIND-9."""
    for word in ("confirmed", "tentative", "cancelled", "postponed", "skipped"):
        ok("event", "status", {"is": word}, {"is": word, "reason": "why", "movedTo": "a/b"})
    void("event", "status", {"is": "canceled"}, {}, {"reason": "x"}, "cancelled", True)
    void("event", "status", {"is": "skipped", "movedTo": "A"}, {"is": "skipped", "movedTo": "a//b"})
    void(
        "event", "status", {"is": "skipped", "movedTo": "a/b/c/d/e"}, {"is": "skipped", "why": "x"}
    )
    ok("session", "type", "talk", "an-unheard-of-type")
    void("session", "type", "Talk", "", "a b")
    ok("session", "recording", "mandatory", "if-possible", "no")
    void("session", "recording", "yes")
    ok("session", "level", "none", "beginner", "advanced", "expert")
    void("session", "level", "guru")
    ok("decision", "outcome", "accepted", "declined", "deferred")
    void("decision", "outcome", "maybe")
    ok("event", "retracted", True, False)
    void("event", "retracted", 1, "true")
    ok("event", "imported", {"from": "a.ics"}, {"from": "a.ics", "history": True})
    void("event", "imported", {"from": "a.ics", "history": 1}, {"history": True})
    ok("event", "where", {"name": "x", "venue": "a"}, {"name": "x", "city": None})
    void(
        "event",
        "where",
        {},
        {"name": ""},
        {"name": "x", "country": "fr"},
        {"name": "x", "zip": "1"},
    )


@pytest.mark.parametrize(
    ("kind", "good", "bad"),
    [
        ("profile", ["profile"], ["other", "profile/a"]),
        ("digest", ["digest"], ["other", "digest/a"]),
        ("event", ["e"], ["e/e"]),
        ("series", ["r"], ["r/r"]),
        ("venue", ["v"], ["v/v"]),
        ("erase", ["x", "e/x", "r/2020-01-08/s/x"], []),
        ("endorsement", ["x"], ["x/x"]),
        ("occurrence", ["r/2020-01-08"], ["r", "r/tomorrow", "r/2020-01-081", "r/2020-01-08/x"]),
        ("session", ["e/s", "r/2020-01-08/s"], ["s", "a/b/c/d"]),
        ("call", ["c", "e/c", "r/2020-01-08/c"], ["a/b/c/d"]),
        ("recap", ["c", "e/c", "r/2020-01-08/c"], ["a/b/c/d"]),
        ("notice", ["n", "a/b/c/n"], []),
        ("proposal", ["n", "a/b/c/n"], []),
        ("decision", ["n", "a/b/c/n"], []),
    ],
)
def test_a_path_suits_its_kind(kind: str, good: list[str], bad: list[str]) -> None:
    """KIND-10."""
    for path in good:
        assert rule_of(kind, {}, path=tuple(path.split("/"))) is None, path
    for path in bad:
        assert rule_of(kind, {}, path=tuple(path.split("/"))) == "void-path", path


def test_a_digest_holds_for_thirty_days_at_most() -> None:
    """KIND-12."""
    day_ms = 24 * 60 * 60 * 1000

    def listing(until: int, size: int = 0) -> dict[str, Any]:
        return {"listing": {"versions": bytes(size), "tip": bytes(32), "until": until}}

    assert rule_of("digest", listing(30 * day_ms + 5), clock=5) is None
    assert rule_of("digest", listing(30 * day_ms + 6), clock=5) == "void-until"
    assert rule_of("digest", listing(1, size=1500 * 10)) is None
    assert rule_of("digest", listing(1, size=1501 * 10)) == "void-value"
    assert rule_of("digest", listing(1, size=12)) == "void-value"
    shown = read("digest", listing(1, size=20)).shown
    assert isinstance(shown, kinds.Digest)
    assert shown.listing is not None
    assert shown.listing.count == 2


@pytest.mark.parametrize(
    ("when", "start", "rule"),
    [
        (START, "2020-01-08", None),
        (START, "2020-01-09", "void-start"),
        (START, None, "void-start"),
        ({"day": "2020-01-08", **ZONE}, "2020-01-08", None),
        ({"day": "2020-01-08", **ZONE}, None, "void-start"),
        ({}, None, None),
        ({}, "2020-01-08", None),
        (None, "2020-01-08", None),
    ],
)
def test_the_start_hint_is_the_day_of_when(when: Any, start: str | None, rule: str | None) -> None:
    """REC-21."""
    assert rule_of("event", {"when": when}, start=start) == rule


def test_a_version_without_when_may_say_the_day_that_it_is_about() -> None:
    """REC-21."""
    assert rule_of("event", {"title": "x"}, start="2020-01-08") is None
    assert rule_of("recap", {"title": "x"}, start="2020-01-08") is None


def test_the_local_day_of_when() -> None:
    assert When().local_day is None
    assert When(day="2020-01-08", time_zone="Europe/Paris").local_day == "2020-01-08"
    assert When(start="2020-01-08T00:00:00", time_zone="Europe/Paris").local_day == "2020-01-08"


def test_a_message_names_the_field_and_what_is_wrong_in_words() -> None:
    def message(kind: str, fields: dict[str, Any]) -> str:
        with pytest.raises(RecordError) as caught:
            read(kind, fields)
        return caught.value.detail

    assert message("event", {"title": "x" * 201}) == "title: more than the 200 that are allowed"
    assert message("event", {"title": ""}) == "title: less than the 1 that are allowed"
    assert message("event", {"title": "\x1b"}) == "title: a character or form that is not allowed"
    assert message("event", {"keywords": {"x": False}}) == "a keyword is not true"
