"""The names that other programs keep of an object: the same from every node, for ever."""

from __future__ import annotations

import uuid
from typing import Final

from p2pevents.errors import InputError, RecordError
from p2pevents.record.ids import ChapterId, Path, check_path, from_text, to_text

__all__ = ["guid_of", "path_of_uid", "read_uid", "uid_of"]

_NAMESPACE: Final = uuid.uuid5(uuid.NAMESPACE_URL, "https://p2pevents/1/object")


def uid_of(chapter: ChapterId, path: Path) -> str:
    """Return the UID of an object, as iCalendar wants one."""
    return f"{'.'.join(path)}@{to_text(chapter)}"


def path_of_uid(uid: str, chapter: ChapterId) -> Path:
    """Return the path of the chapter's object that `uid_of` gave this UID; empty for any other."""
    found = read_uid(uid)
    return found[1] if found and found[0] == chapter else ()


def read_uid(uid: str) -> tuple[ChapterId, Path] | None:
    """Return the chapter and path that `uid_of` made a UID of; None where it did not."""
    text, _, owner = uid.rpartition("@")
    try:
        return ChapterId(from_text(owner)), check_path(text.split("."))
    except (InputError, RecordError):
        return None


def guid_of(chapter: ChapterId, path: Path) -> str:
    """Return the UUID of an object, for formats that want one: version 5, of its UID."""
    return str(uuid.uuid5(_NAMESPACE, uid_of(chapter, path)))
