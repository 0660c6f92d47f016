"""From what an organiser changes to a record of it: header and body, ready to be sealed.

Pure: the time, the salt and what is in view are arguments. What a person typed
is read in the drafts of this room. Specified in docs/spec/record.md and docs/spec/merge.md.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from p2pevents.errors import DraftError, RecordError
from p2pevents.record import kinds
from p2pevents.record.body import SEEN_AUTHORS_MAX, Body, Written, decode_body, encode_body
from p2pevents.record.cbor import INTEGER_MAX
from p2pevents.record.envelope import Record, body_hash
from p2pevents.record.header import Header, ObjectId
from p2pevents.record.ids import PublicKey, RecordId
from p2pevents.record.merge import MergedObject, Version, merge
from p2pevents.record.text import forbidden_in, normal

__all__ = ["compose", "in_words"]


def compose(
    *,
    object_id: ObjectId,
    changes: Mapping[str, Any],
    in_view: Sequence[Record] = (),
    author: PublicKey,
    authority: RecordId,
    now_ms: int,
    salt: bytes,
    day: str | None = None,
) -> tuple[Header, bytes]:
    """Return header and body of an author's next version of an object.

    The body holds all that the author wrote on the object before, and the changes. A guarded
    field that changes says that it has seen every other author's value in view: so to write it
    is to settle a conflict on it.

    Args:
        object_id: the object; it need not exist yet.
        changes: by field name on the wire: a value (a struct of `values.py`, or plain data of the
            same shape), or None to remove it. Of a map field: a mapping of entries to values or
            None, of those entries alone that change.
        in_view: every version of the object that this node has.
        author: whose word it is: the key that will seal it.
        authority: the charter entry or grant that they act under.
        now_ms: milliseconds since 1970.
        salt: 16 fresh random bytes.
        day: the start hint where neither `changes` nor `in_view` says when: for a kind without
            `when`, the day of what it is about.

    Raises:
        DraftError: with the field, what is wrong with it, and the way out.
    """
    _check_changes(object_id.kind, changes)
    merged = merge(in_view) if in_view else None
    if merged is not None and merged.id != object_id:
        raise ValueError("the versions in view are of another object")
    clock = max(now_ms, merged.clock + 1 if merged else 0)
    if clock > INTEGER_MAX:
        raise DraftError("no later clock can be written on this object")
    own = _own(merged, author)

    fields: dict[str, Written] = dict(own.fields) if own else {}
    entries = {name: dict(of_map) for name, of_map in own.entries.items()} if own else {}
    plain: dict[str, Any] = {name: normal(_builtins(value)) for name, value in changes.items()}
    for name, value in plain.items():
        if name in kinds.MAPS:
            of_map = entries.setdefault(name, {})
            of_map.update({key: Written(clock=clock, value=item) for key, item in value.items()})
        else:
            seen = _seen(merged, name, author) if name in kinds.GUARDED else {}
            fields[name] = Written(clock=clock, value=value, seen=seen)
    draft = Body(salt=salt, fields=fields, entries=entries, unknown=own.unknown if own else {})
    start = _start(object_id, plain, own, merged) or day
    return _finished(
        draft, object_id=object_id, author=author, authority=authority, clock=clock, start=start
    )


def _finished(
    draft: Body,
    *,
    object_id: ObjectId,
    author: PublicKey,
    authority: RecordId,
    clock: int,
    start: str | None,
) -> tuple[Header, bytes]:
    """Return header and body, read back by the rules that every reader will ask."""
    try:
        body = encode_body(draft)
        header = Header(
            kind=str(object_id.kind),
            chapter=object_id.chapter,
            path=object_id.path,
            author=author,
            authority=authority,
            clock=clock,
            body_hash=body_hash(body),
            body_bytes=len(body),
            start=start,
        )
        decode_body(Header.decode(header.encoded), body)
    except RecordError as error:
        raise in_words(error) from None
    return header, body


def _check_changes(kind: str, changes: Mapping[str, Any]) -> None:
    """Raise DraftError where a change names no field of its kind, or text that no record holds."""
    if not changes:
        raise DraftError("nothing to change", hint="name at least one field")
    try:
        known = kinds.fields_of(kind)
    except RecordError:
        raise DraftError(f"{kind}: not a kind that can be written here") from None
    for name, value in changes.items():
        if name not in known:
            raise DraftError(
                f"{name}: not a field of {kind}", hint=f"its fields are {', '.join(sorted(known))}"
            )
        if name in kinds.MAPS and not isinstance(value, Mapping):
            raise DraftError(f"{name}: not a map of entries")
        _check_text(name, _builtins(value))


def _check_text(name: str, value: object) -> None:
    if isinstance(value, str):
        found = forbidden_in(value, prose=True)
        if found:
            raise DraftError(
                f"{name}: holds the character {found}, which no record may hold",
                hint="control characters and those that turn the direction of writing are refused",
            )
    elif isinstance(value, dict):
        for key, item in value.items():
            _check_text(name, key)
            _check_text(f"{name}.{key}", item)
    elif isinstance(value, list | tuple):
        for item in value:
            _check_text(name, item)


def _builtins(value: Any) -> Any:
    return msgspec.to_builtins(value, builtin_types=(bytes,))


def _own(merged: MergedObject | None, author: PublicKey) -> Body | None:
    """Return the author's newest version that can be read."""
    found = _version_of(merged, author)
    return found.body if found else None


def _version_of(merged: MergedObject | None, author: PublicKey) -> Version | None:
    if merged is None:
        return None
    return next((each for each in merged.versions if each.record.header.author == author), None)


def _seen(merged: MergedObject | None, name: str, author: PublicKey) -> dict[PublicKey, int]:
    """Return the clock of field `name` by each other author in view, the newest of them."""
    if merged is None:
        return {}
    clocks = [
        (written.clock, each.record.header.author)
        for each in merged.versions
        if each.record.header.author != author and (written := each.body.fields.get(name))
    ]
    newest = sorted(clocks, reverse=True)[:SEEN_AUTHORS_MAX]
    return {key: clock for clock, key in newest}


def _start(
    object_id: ObjectId,
    plain: Mapping[str, Any],
    own: Body | None,
    merged: MergedObject | None,
) -> str | None:
    """Return the start hint: the day of the `when` that this version writes, else of the one shown.

    An occurrence of which nobody says when is on the day that its path names.
    """
    if "when" in plain:
        changed = plain["when"] or {}
        day = str(changed.get("start") or changed.get("day") or "")[:10] or None
    else:
        day = _day(own.shown if own else None) or _day(merged.shown if merged else None)
    if day is None and object_id.kind == kinds.Kind.OCCURRENCE:
        return object_id.path[-1]
    return day


def _day(shown: kinds.Shown | None) -> str | None:
    when = getattr(shown, "when", None)
    return when.local_day if when is not None else None


def in_words(error: RecordError) -> DraftError:
    """Return what a person is told of the rule that their draft broke."""
    if error.rule == "cbor-bytes":
        return DraftError(
            f"too long in all: {error.detail}", hint="shorten the description, or link to a page"
        )
    if error.rule == "cbor-items":
        return DraftError(f"too many parts: {error.detail}", hint="leave out some tags or links")
    return DraftError(error.detail)
