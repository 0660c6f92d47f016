"""Roles: templates of grants, in the words that organisers use.

A role decides nothing by itself; the grant that is made from it does.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from msgspec import Struct

from p2pevents.errors import InputError
from p2pevents.record.authority_kinds import ANY_KIND, Grant
from p2pevents.record.ids import Path, PublicKey

__all__ = ["ROLES", "Role", "grant_of"]


class Role(Struct, frozen=True, kw_only=True):
    """What the holder of a role may write.

    Attributes:
        does: what it is for, in a few words.
        kinds: the kinds of record, sorted.
        path_components: how many components of a path it needs at least.
        languages: that it is limited to the texts of some languages.
    """

    does: str
    kinds: tuple[str, ...]
    path_components: int = 0
    languages: bool = False


ROLES: Final = {
    "organiser": Role(does="writes all that a lead does, but gives no leave", kinds=(ANY_KIND,)),
    "editor": Role(
        does="writes events and what belongs to them",
        kinds=(
            "call",
            "erase",
            "event",
            "notice",
            "occurrence",
            "recap",
            "series",
            "session",
            "venue",
        ),
    ),
    "translator": Role(
        does="writes texts in some languages",
        kinds=(
            "call",
            "event",
            "notice",
            "occurrence",
            "profile",
            "recap",
            "series",
            "session",
            "venue",
        ),
        languages=True,
    ),
    "speaker": Role(
        does="writes their own session", kinds=("erase", "recap", "session"), path_components=2
    ),
    "importer": Role(
        does="brings events from other calendars",
        kinds=("event", "occurrence", "series", "session", "venue"),
    ),
    "witness": Role(does="signs digests and nothing else", kinds=("digest",)),
}


def grant_of(
    role: str,
    *,
    key: PublicKey,
    path: Path = (),
    until: int | None = None,
    languages: Iterable[str] = (),
) -> Grant:
    """Return the grant that gives a role to a key.

    Args:
        role: one of `ROLES`.
        key: whom it is given to.
        path: the prefix of every path that it holds for; a speaker's is a session's.
        until: the last clock it holds for, in milliseconds since 1970.
        languages: language tags, for a translator.

    Raises:
        InputError: where the role is unknown, or needs a path or languages.
    """
    template = ROLES.get(role)
    if template is None:
        raise InputError(f"{role!r} is not a role", hint=f"roles are {', '.join(ROLES)}")
    if len(path) < template.path_components:
        raise InputError(
            f"a {role} needs the path of one session", hint="say which, as EVENT/SESSION"
        )
    tags = sorted(set(languages))
    if bool(tags) != template.languages:
        raise InputError(
            f"a {role} needs languages" if template.languages else f"a {role} has no languages",
            hint="languages go with the role translator, as fr,en",
        )
    return Grant(
        key=key,
        path=path,
        kinds=template.kinds,
        fields=tuple(f"localizations/{tag}" for tag in tags) or None,
        until=until,
        role=role,
    )
