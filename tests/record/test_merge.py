"""The merge: docs/spec/merge.md, MRG-1 to MRG-10, beside a slow model of it."""

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings, strategies as st

from p2pevents.record import cbor
from p2pevents.record.envelope import Record, Verified, seal
from p2pevents.record.header import BODY_BYTES_MAX, ObjectId
from p2pevents.record.kinds import GUARDED, MAPS, Event
from p2pevents.record.merge import MergedObject, merge
from tests.record import model
from tests.record.people import CHAPTER, SALT, header_of, key_of, say, seed_of

NAMES = ("ada", "bo", "cy", "di")
WHENS = [
    {},
    {"day": "2020-01-08", "timeZone": "Europe/Paris"},
    {"start": "2020-01-08T18:30:00", "timeZone": "Europe/Paris", "duration": "PT4H30M"},
]
POOLS: dict[str, list[Any]] = {
    "title": ["one", "two", None],
    "edition": [0, 1],
    "when": [*WHENS, None],
    "status": [{"is": "confirmed"}, {"is": "cancelled"}, {"is": "postponed"}, None],
    "retracted": [True, False, None],
    "where": [{"name": "here"}, {"name": "there"}],
}
ENTRIES: dict[str, dict[str, list[Any]]] = {
    "keywords": {"p2p": [True, None], "dao": [True]},
    "localizations": {"fr": [{"title": "un"}, {"title": "deux"}, None], "en": [{"title": "one"}]},
}


def record_of(
    name: str, clock: int, fields: dict[str, Any] | None, *, salt: bytes = SALT
) -> Verified:
    """Return a record of these raw fields; one that is void where there are none."""
    body = cbor.encode({"salt": salt, "fields": fields or {}}, bytes_max=BODY_BYTES_MAX)
    if fields is None:
        body = b"\xff"
    when = (fields or {}).get("when", [0, None])[1] or {}
    start = (when.get("start") or when.get("day") or "")[:10] or None
    header = header_of(body, clock=clock, author=key_of(name), start=start)
    return seal(header, body, seed=seed_of(name))


@st.composite
def raw_fields(draw: st.DrawFn, clock: int) -> dict[str, Any]:
    """Draw the fields of a version: any clocks up to its own, any seen below each field's."""
    clocks = st.integers(0, clock)
    fields: dict[str, Any] = {}
    for name in draw(st.lists(st.sampled_from(sorted(POOLS)), unique=True)):
        at = draw(clocks)
        value = draw(st.sampled_from(POOLS[name]))
        fields[name] = [at, value]
        if name in GUARDED:
            authors = draw(st.lists(st.sampled_from(NAMES), unique=True)) if at else []
            seen = sorted([key_of(author), draw(st.integers(0, at - 1))] for author in authors)
            fields[name].append(seen)
    for name in draw(st.lists(st.sampled_from(sorted(ENTRIES)), unique=True)):
        fields[name] = {
            entry: [draw(clocks), draw(st.sampled_from(ENTRIES[name][entry]))]
            for entry in draw(st.lists(st.sampled_from(sorted(ENTRIES[name])), unique=True))
        }
    return fields


@st.composite
def versions(draw: st.DrawFn) -> list[Verified]:
    """Draw versions of one object: some void, some without their body."""
    found = []
    for _ in range(draw(st.integers(1, 8))):
        clock = draw(st.integers(0, 6))
        fields = draw(st.none() | raw_fields(clock) | raw_fields(clock) | raw_fields(clock))
        salt = draw(st.sampled_from([SALT, bytes(16)]))
        record = record_of(draw(st.sampled_from(NAMES)), clock, fields, salt=salt)
        found.append(record.without_body() if draw(st.integers(0, 7)) == 0 else record)
    return found


def said(record: Record) -> model.Said:
    body = record.body
    fields = None
    if body is not None and body != b"\xff":
        fields = cbor.decode(body, bytes_max=BODY_BYTES_MAX)["fields"]
    header = record.header
    return model.Said(header.author, header.clock, record.id, fields)


def plain(value: Any) -> Any:
    return msgspec.to_builtins(value, builtin_types=(bytes,))


def with_bodies(records: list[Verified]) -> list[Verified]:
    """Return each record once, with its body where it came with it at all."""
    by_id: dict[bytes, Verified] = {}
    for record in records:
        if record.id not in by_id or record.body is not None:
            by_id[record.id] = record
    return list(by_id.values())


@settings(max_examples=settings().max_examples * 4)
@given(records=versions())
def test_the_merge_is_what_the_model_says(records: list[Verified]) -> None:
    """MRG-1 to MRG-8."""
    merged = merge(records)
    outcome = model.merged([said(record) for record in with_bodies(records)])
    assert {name: plain(field.value) for name, field in merged.fields.items()} == outcome.values
    for name, entries in merged.entries.items():
        standing = {entry: field.value for entry, field in entries.items()}
        shown = {entry: plain(value) for entry, value in standing.items() if value is not None}
        assert shown == outcome.entries[name]
    assert {
        name: [(word.clock, word.author, plain(word.value)) for word in words]
        for name, words in merged.conflicts.items()
    } == outcome.conflicts
    if merged.shown is None:
        assert not merged.versions
        return
    assert isinstance(merged.shown, Event)
    for name in POOLS:
        assert plain(getattr(merged.shown, name)) == outcome.values.get(name)
    for name in ENTRIES:
        assert plain(getattr(merged.shown, name)) == outcome.entries.get(name, {})


@given(records=versions(), seed=st.integers(0, 99))
def test_the_merge_depends_on_the_set_alone(records: list[Verified], seed: int) -> None:
    """MRG-1: in any order, however often each version came."""
    shuffled = records * 2
    random.Random(seed).shuffle(shuffled)
    assert merge(shuffled) == merge(records)


@given(records=versions())
def test_what_is_newer_but_cannot_be_shown_is_reported(records: list[Verified]) -> None:
    """MRG-2."""
    merged = merge(records)
    shown = {version.record.header.author: version.record for version in merged.versions}
    hidden = {version.id for version in merged.void} | set(merged.absent)
    for record in with_bodies(records):
        word = shown.get(record.header.author)
        newer = word is None or (record.header.clock, record.id) > (word.header.clock, word.id)
        assert (record.id in hidden) == newer
    assert merged.clock == max(record.header.clock for record in records)
    assert all(version.rule == "void-cbor" for version in merged.void)


def test_only_versions_of_one_object_are_merged() -> None:
    other = ObjectId(chapter=CHAPTER, kind="event", path=("other",))
    with pytest.raises(ValueError, match="2 objects"):
        merge([say("ada", {"title": "a"}), say("ada", {"title": "a"}, object_id=other)])
    with pytest.raises(ValueError, match="0 objects"):
        merge([])


def test_an_object_of_an_unknown_kind_is_carried_and_not_shown() -> None:
    """REC-7, REC-13."""
    record = seal(header_of(b"\xa0", kind="unheard-of"), b"\xa0", seed=seed_of("ada"))
    merged = merge([record])
    assert merged.shown is None
    assert not merged.retracted
    assert [version.rule for version in merged.void] == ["void-kind"]


FIELDS = st.sampled_from(sorted(POOLS.keys() | ENTRIES.keys()))


def change(field: str, choice: int) -> dict[str, Any]:
    """Return a change to a field; choices that differ are different values."""
    if field in MAPS:
        entry = sorted(ENTRIES[field])[choice % 2]
        return {field: {entry: ENTRIES[field][entry][0]}}
    return {field: POOLS[field][choice % len(POOLS[field])]}


@given(first=FIELDS, second=FIELDS)
def test_edits_of_different_fields_never_conflict(first: str, second: str) -> None:
    """MRG-4, MRG-5: and both are shown."""
    base = say("ada", {"title": "base"})
    edits = [say("bo", change(first, 0), [base]), say("cy", change(second, 0), [base])]
    merged = merge([base, *edits])
    assert not merged.conflicts
    for field in {first, second}:
        assert field in merged.fields or field in merged.entries


@given(field=st.sampled_from(sorted(GUARDED & POOLS.keys())), later=st.integers(0, 5))
def test_edits_of_one_guarded_field_by_people_apart_always_conflict(field: str, later: int) -> None:
    """MRG-5, MRG-6: whoever's clock is ahead."""
    base = say("ada", change(field, 0))
    bo = say("bo", change(field, 0), [base])
    cy = say("cy", change(field, 1), [base], now_ms=bo.header.clock + later)
    merged = merge([base, bo, cy])
    assert [word.author for word in merged.conflicts[field]] == sorted(
        [bo.header.author, cy.header.author],
        key=lambda author: (
            (bo if author == bo.header.author else cy).header.clock * 2**300
            + int.from_bytes(author, "big")
        ),
    )
    # Whoever has seen both settles it, whatever they choose.
    for choice in (0, 1):
        settled = merge([base, bo, cy, say("di", change(field, choice), [base, bo, cy])])
        assert not settled.conflicts
    # Whoever has seen one of them does not.
    half = say("di", change(field, 0), [base, bo])
    assert field in merge([base, bo, cy, half]).conflicts


def test_people_apart_who_say_the_same_do_not_conflict() -> None:
    """MRG-6, MRG-8."""
    bo, cy = (say(name, {"when": WHENS[1]}) for name in ("bo", "cy"))
    di = say("di", {"when": WHENS[1] | {"duration": None}})
    assert not merge([bo, cy, di]).conflicts


@pytest.mark.parametrize(
    ("field", "wins", "loses"),
    [
        ("status", {"is": "cancelled", "reason": "no room"}, {"is": "confirmed"}),
        ("retracted", True, False),
    ],
)
def test_cancelled_and_retracted_win_the_display_until_someone_settles_it(
    field: str, wins: Any, loses: Any
) -> None:
    """MRG-6."""
    first = say("ada", {field: wins})
    second = say("bo", {field: loses}, now_ms=first.header.clock + 1000)
    merged = merge([first, second])
    assert plain(merged.fields[field].value) == wins
    assert len(merged.conflicts[field]) == 2
    assert merged.retracted is (field == "retracted")
    settled = merge([first, second, say("bo", {field: loses}, [first, second])])
    assert plain(settled.fields[field].value) == loses
    assert not settled.conflicts
    assert not settled.retracted


def test_no_one_word_outlives_its_authors_newest_version() -> None:
    """MRG-1: what an author's newest version does not hold is no longer theirs."""
    old = record_of("ada", 1, {"title": [1, "old"], "edition": [1, 4]})
    new = record_of("ada", 2, {"title": [2, "new"]})
    assert merge([old, new]).fields.keys() == {"title"}


def test_of_one_authors_versions_of_one_clock_the_greater_id_counts() -> None:
    """MRG-1."""
    twins = [record_of("ada", 1, {"title": [1, title]}) for title in ("a", "b", "c")]
    greatest = max(twins, key=lambda record: record.id)
    assert merge(twins).versions[0].record == greatest


def test_of_one_clock_the_greater_key_counts() -> None:
    """MRG-4."""
    names = sorted(NAMES, key=key_of)
    merged = merge([record_of(name, 1, {"title": [1, name]}) for name in names])
    assert merged.fields["title"].value == names[-1]
    assert merged.fields["title"].author == key_of(names[-1])


def test_of_an_entry_the_later_word_counts_whoever_says_it() -> None:
    """MRG-4: the clock first, and the key only where clocks are equal."""
    low, high = sorted(NAMES, key=key_of)[:2]
    for low_clock, high_clock, wins in ((2, 1, low), (1, 2, high), (1, 1, high)):
        merged = merge(
            [
                record_of(name, clock, {"localizations": {"fr": [clock, {"title": name}]}})
                for name, clock in ((low, low_clock), (high, high_clock))
            ]
        )
        assert merged.entries["localizations"]["fr"].value.title == wins
        assert merged.entries["localizations"]["fr"].author == key_of(wins)


def test_who_saw_a_later_word_of_an_author_saw_the_earlier_one() -> None:
    """MRG-2, MRG-5: where the later one cannot be read any more."""
    early = say("ada", {"status": {"is": "confirmed"}})
    late = say("ada", {"status": {"is": "tentative"}}, [early])
    bo = say("bo", {"status": {"is": "postponed"}}, [early, late])
    merged = merge([early, late.without_body(), bo])
    assert not merged.conflicts
    assert merged.fields["status"].author == bo.header.author


def test_a_record_that_came_with_its_body_and_without_has_its_body() -> None:
    """MRG-1: in whichever order."""
    record = say("ada", {"title": "Meetup"})
    bare = record.without_body()
    assert merge([record, bare]) == merge([bare, record]) == merge([record])
    assert merge([bare, bare]).shown is None
    assert merge([bare]).absent == (record.id,)


def test_what_stood_before_is_shown_again_when_a_key_is_struck() -> None:
    """MRG-5."""
    ada = say("ada", {"status": {"is": "confirmed"}})
    thief = say("eve", {"status": {"is": "cancelled"}}, [ada])
    assert plain(merge([ada, thief]).fields["status"].value) == {"is": "cancelled"}
    assert plain(merge([ada]).fields["status"].value) == {"is": "confirmed"}


def leave_of(fields: set[str] | None) -> Any:
    return lambda record: fields if record.header.author == key_of("tim") else None


def test_a_translator_is_heard_within_their_grant_alone() -> None:
    """MRG-3."""
    ada = say("ada", {"title": "Meetup", "localizations": {"de": {"title": "Treffen"}}})
    words = {"fr": {"title": "Rencontre"}, "de": {"title": "Falsch"}}
    tim = say("tim", {"title": "Mine", "localizations": words, "edition": 3}, [ada])

    def shown(fields: set[str] | None) -> MergedObject:
        return merge([ada, tim], leave=leave_of(fields))

    french = shown({"localizations/fr"})
    assert french.fields["title"].value == "Meetup"
    assert plain(french.entries["localizations"]["fr"].value) == {"title": "Rencontre"}
    assert plain(french.entries["localizations"]["de"].value) == {"title": "Treffen"}
    assert "edition" not in french.fields
    all_languages = shown({"localizations"})
    assert plain(all_languages.entries["localizations"]["de"].value) == {"title": "Falsch"}
    assert shown(None) == merge([ada, tim])
    assert shown(set()).fields == merge([ada]).fields


@settings(max_examples=30)
@given(seed=st.integers(0, 2**32))
def test_everybody_comes_to_see_the_same_and_a_settled_conflict_stays_settled(seed: int) -> None:
    """MRG-1 to MRG-10: people edit with what they have, meet by chance, and meet at the end."""
    rng = random.Random(seed)
    held: dict[str, dict[bytes, Verified]] = {name: {} for name in NAMES}
    own: dict[str, dict[str, Any]] = {name: {} for name in NAMES}
    now_ms = 1_578_000_000_000
    for _ in range(12):
        name, other = rng.sample(NAMES, 2)
        if rng.random() < 0.4:
            both = held[name] | held[other]
            held[name], held[other] = dict(both), dict(both)
            continue
        now_ms += rng.choice([-5000, 0, 0, 1, 5000])
        changes = change(rng.choice(sorted(POOLS)), rng.randrange(4))
        record = say(name, changes, held[name].values(), now_ms=now_ms)
        held[name][record.id] = record
        own[name] |= changes
    everything = {
        identifier: record for each in held.values() for identifier, record in each.items()
    }
    if not everything:
        return
    merged = merge(everything.values())
    # An author's newest version holds everything they ever said.
    for version in merged.versions:
        name = next(each for each in NAMES if key_of(each) == version.record.header.author)
        written = {field: plain(word.value) for field, word in version.body.fields.items()}
        assert written == own[name]
    for field in merged.conflicts:
        settle = say("di", {field: None}, everything.values(), now_ms=now_ms)
        settled = merge([*everything.values(), settle])
        assert field not in settled.conflicts
        assert settled.fields[field].value is None
