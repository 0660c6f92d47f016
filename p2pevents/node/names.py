"""What things are called here: a person's own names for chapters and keys, and who looks like whom.

A name that a chapter or a colleague claims identifies nobody. What this person calls
them is kept in this home, shown first, and never sent.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from p2pevents.errors import InputError, StateError
from p2pevents.log.local import LocalState
from p2pevents.log.notes import read_note
from p2pevents.node.desk import Desk
from p2pevents.record.ids import ID_BYTES, ChapterId, PublicKey, short
from p2pevents.record.text import LINE_CHARACTERS_MAX, forbidden_in
from p2pevents.view.lookalike import looks_like

__all__ = [
    "KEYS_MAX",
    "LookAlike",
    "check_petname",
    "key_names",
    "look_alikes",
    "name_chapter",
    "name_key",
]

KEYS_MAX: Final = 1024  # with a name of this person's
PETNAME_CHARACTERS_MAX: Final = 80
COMPARED_MAX: Final = 1024  # chapters; with more, those that were followed first count
_KEYS_NOTE: Final = "key-names"


class LookAlike(Struct, frozen=True, kw_only=True):
    """A chapter that may be taken for another one, which was followed before it.

    Attributes:
        chapter: the one to be careful with.
        name: what it calls itself.
        other: the one that it may be taken for.
        other_name: what that one is called here.
    """

    chapter: ChapterId
    name: str
    other: ChapterId
    other_name: str


def check_petname(name: str) -> str:
    """Return a name of this person's, without spaces around it.

    Raises:
        InputError: it is empty, too long, or holds what no screen shows.
    """
    name = " ".join(name.split())
    if not name or len(name) > min(PETNAME_CHARACTERS_MAX, LINE_CHARACTERS_MAX):
        raise InputError(
            f"a name of {len(name)} characters, where 1 to {PETNAME_CHARACTERS_MAX} are allowed"
        )
    if (found := forbidden_in(name)) is not None:
        raise InputError(f"the name holds {found}, which cannot be shown", hint="leave it out")
    return name


def name_chapter(desk: Desk, chapter: ChapterId, name: str) -> None:
    """Call a followed chapter something; empty for what it calls itself.

    Raises:
        InputError: the name cannot be shown.
        StateError: the chapter is not followed.
    """
    follow = next((each for each in desk.followed() if each.chapter == chapter), None)
    if follow is None:
        raise StateError(
            f"you do not follow {desk.chapter_name(chapter)}",
            hint="a name of your own is for what you follow: p2pevents follow LINK --as NAME",
        )
    desk.log.local.set_follow(replace(follow, petname=check_petname(name) if name else ""))


def key_names(local: LocalState) -> dict[PublicKey, str]:
    """Return what this person calls the holders of keys."""
    return read_note(local, _KEYS_NOTE, _read_names) or {}


def name_key(local: LocalState, key: PublicKey, name: str) -> None:
    """Call the holder of a key something; empty to forget.

    Raises:
        InputError: the name cannot be shown.
        StateError: there are too many.
    """
    names = key_names(local)
    names.pop(key, None)
    if name:
        names[key] = check_petname(name)
    if len(names) > KEYS_MAX:
        raise StateError(f"more than {KEYS_MAX} keys have a name of yours")
    import json

    said = {each.hex(): called for each, called in names.items()}
    local.set_note(_KEYS_NOTE, json.dumps(said, ensure_ascii=False).encode("utf-8"))


def _read_names(note: bytes) -> dict[PublicKey, str]:
    import json

    said = json.loads(note)
    names = {PublicKey(bytes.fromhex(key)): check_petname(name) for key, name in said.items()}
    if any(len(key) != ID_BYTES for key in names):
        raise ValueError("a key of another length")
    return names


def look_alikes(desk: Desk, chapters: Iterable[ChapterId]) -> list[LookAlike]:
    """Return which of these chapters may be taken for one that was followed before it.

    A chapter of mine is none, nor one that has a name of this person's by which it cannot
    be taken for the other.
    """
    follows = desk.followed()[:COMPARED_MAX]
    ranks = {each.chapter: rank for rank, each in enumerate(follows)}
    found = []
    claimed_by = cache(lambda chapter: desk.profile(chapter).name or "")
    for chapter in chapters:
        rank = ranks.get(chapter, len(follows))
        if not rank or not (claimed := claimed_by(chapter)):
            continue
        own = follows[rank].petname if rank < len(follows) else ""
        for other in follows[:rank]:
            # Two that have names of this person's are compared by these alone.
            names = [other.petname or claimed_by(other.chapter) or short(other.chapter)]
            if not own:
                names.append(claimed_by(other.chapter))
            if any(looks_like(own or claimed, each) for each in names if each):
                found.append(
                    LookAlike(
                        chapter=chapter, name=claimed, other=other.chapter, other_name=names[0]
                    )
                )
                break
    if found:
        mine = set(desk.my_chapters())
        found = [each for each in found if each.chapter not in mine]
    return found
