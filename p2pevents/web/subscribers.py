"""Feeds of their own for single subscribers: an address that only they know, and that can go.

Only a digest of the secret is kept, so that whoever reads the log's file cannot
read the feed, and what was handed out can be taken back without a trace of who
fetched it.
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Final

import msgspec

from p2pevents.errors import InputError, StateError
from p2pevents.log.local import LocalState
from p2pevents.log.notes import read_note
from p2pevents.record.ids import ChapterId
from p2pevents.record.text import forbidden_in
from p2pevents.view.cancelled import Cancelled

__all__ = [
    "SUBSCRIBERS_MAX",
    "Subscriber",
    "add_subscriber",
    "find_subscriber",
    "revoke_subscriber",
    "subscribers_of",
]

SUBSCRIBERS_MAX: Final = 1_000
NAME_CHARACTERS_MAX: Final = 100
SECRET_BYTES: Final = 24
_NOTE: Final = "subscribers"
_ID_CHARACTERS: Final = 8


class Subscriber(msgspec.Struct, frozen=True, kw_only=True):
    """One feed that was handed out.

    Attributes:
        digest: of its secret.
        name: whom it was given to, for the organiser's eyes alone.
        since_ms: when.
        chapters: whose events; none for all that are shown.
        mode: what becomes of what does not take place.
    """

    digest: bytes
    name: str
    since_ms: int
    chapters: tuple[ChapterId, ...] = ()
    mode: Cancelled = Cancelled.MARKED

    @property
    def id(self) -> str:
        """What it is revoked by; says nothing of the secret."""
        return self.digest.hex()[:_ID_CHARACTERS]


_READER: Final = msgspec.msgpack.Decoder(list[Subscriber])


def subscribers_of(local: LocalState) -> list[Subscriber]:
    """Return the feeds that were handed out and not taken back, the oldest first."""
    return read_note(local, _NOTE, _READER.decode) or []


def add_subscriber(
    local: LocalState,
    *,
    name: str,
    chapters: tuple[ChapterId, ...],
    mode: Cancelled,
    now_ms: int,
) -> tuple[Subscriber, str]:
    """Hand out a feed; return it with its secret, which is known nowhere else.

    Raises:
        InputError: the name is empty or too long, or holds what no screen shows.
        StateError: too many were handed out.
    """
    name = name.strip()
    if not 1 <= len(name) <= NAME_CHARACTERS_MAX:
        raise InputError(f"the name has {len(name)} characters, of 1 to {NAME_CHARACTERS_MAX}")
    if (found := forbidden_in(name)) is not None:
        raise InputError(f"the name holds {found}, which cannot be shown", hint="leave it out")
    known = subscribers_of(local)
    if len(known) >= SUBSCRIBERS_MAX:
        raise StateError(
            f"{SUBSCRIBERS_MAX} feeds are handed out already",
            hint="take one back: p2pevents feed revoke ID",
        )
    secret = secrets.token_urlsafe(SECRET_BYTES)
    new = Subscriber(
        digest=_digest(secret), name=name, since_ms=now_ms, chapters=chapters, mode=mode
    )
    local.set_note(_NOTE, msgspec.msgpack.encode([*known, new]))
    return new, secret


def find_subscriber(local: LocalState, secret: str) -> Subscriber | None:
    """Return the feed of a secret; None where it was never handed out, or taken back."""
    digest = _digest(secret)
    return next((each for each in subscribers_of(local) if each.digest == digest), None)


def revoke_subscriber(local: LocalState, wanted: str) -> Subscriber:
    """Take a feed back: its address leads nowhere from now on.

    Raises:
        InputError: no feed has that id, or several have.
    """
    known = subscribers_of(local)
    found = [each for each in known if each.id.startswith(wanted) or each.name == wanted]
    if len(found) != 1:
        raise InputError(
            f"{wanted!r} fits {len(found)} feeds" if found else f"no feed is called {wanted!r}",
            hint="p2pevents feed list shows them",
        )
    left = [each for each in known if each is not found[0]]
    local.set_note(_NOTE, msgspec.msgpack.encode(left) if left else None)
    return found[0]


def _digest(secret: str) -> bytes:
    return hashlib.sha256(secret.encode("utf-8")).digest()
