"""The merge as docs/spec/merge.md says it, slow and obvious: what the program is compared with.

It works on plain data, not on records: a version is its author, its clock, its id and the fields
of its body as they are written.
"""

from typing import Any, NamedTuple

MAPS = {"localizations", "links", "participants", "keywords"}
GUARDED = {"when", "where", "status", "stream", "retracted"}


class Said(NamedTuple):
    """A version, as far as the merge asks for it; fields are None where they cannot be read."""

    author: bytes
    clock: int
    id: bytes
    fields: dict[str, Any] | None


class Outcome(NamedTuple):
    """What is shown: values by field, entries by map, and competing values by guarded field."""

    values: dict[str, Any]
    entries: dict[str, dict[str, Any]]
    conflicts: dict[str, list[tuple[int, bytes, Any]]]


def merged(versions: list[Said]) -> Outcome:
    words = [version for version in versions if is_word(version, versions)]
    outcome = Outcome({}, {}, {})
    bodies = [(version.author, version.fields or {}) for version in words]
    for name in {name for _, fields in bodies for name in fields}:
        said = [(author, fields[name]) for author, fields in bodies if name in fields]
        if name in MAPS:
            outcome.entries[name] = {}
            for entry in {entry for _, entries in said for entry in entries}:
                pairs = [(author, entries[entry]) for author, entries in said if entry in entries]
                value = last(pairs)
                if value is not None:
                    outcome.entries[name][entry] = value
        elif name in GUARDED:
            standing = [
                (clock, author, value)
                for author, (clock, value, _) in said
                if not any(has_seen(seen, author, clock) for _, (_, _, seen) in said)
            ]
            standing.sort(key=lambda word: word[:2])
            outcome.values[name] = display(standing)
            if any(value != standing[0][2] for _, _, value in standing):
                outcome.conflicts[name] = standing
        else:
            outcome.values[name] = last(said)
    return outcome


def is_word(version: Said, versions: list[Said]) -> bool:
    """MRG-1, MRG-2: no other readable version of the same author is newer."""
    return version.fields is not None and not any(
        other.author == version.author
        and other.fields is not None
        and (other.clock, other.id) > (version.clock, version.id)
        for other in versions
    )


def last(said: list[tuple[bytes, Any]]) -> Any:
    """MRG-4: the value of the greatest (clock, author)."""
    return max(said, key=lambda word: (word[1][0], word[0]))[1][1]


def has_seen(seen: list[list[Any]], author: bytes, clock: int) -> bool:
    """MRG-5."""
    return any(other == author and until >= clock for other, until in seen)


def display(standing: list[tuple[int, bytes, Any]]) -> Any:
    """MRG-6: the last one; but the last cancelled or retracted one where there is any."""
    first = [
        word
        for word in standing
        if word[2] is True or (isinstance(word[2], dict) and word[2].get("is") == "cancelled")
    ]
    return (first or standing)[-1][2]
