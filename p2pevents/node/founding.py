"""Founding a chapter: drafted first, put on paper, and only then brought into being.

Were the chapter there before its charter key is kept, a power cut between the
two would leave one that nobody can ever lead.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from p2pevents.authority import found
from p2pevents.keys.secret import Secret
from p2pevents.keys.sheet import CharterSheet
from p2pevents.log.local import Follow
from p2pevents.record.draft.compose import compose
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified, seal
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, PublicKey, RecordId
from p2pevents.record.kinds import Kind
from p2pevents.view.calendar import PROFILE_PATH

if TYPE_CHECKING:
    from p2pevents.node.desk import Desk

__all__ = ["Founding", "draft_chapter", "found_chapter"]

_SALT_BYTES: Final = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Founding:
    """A chapter that is not there yet: its genesis and profile, and the key that goes on paper."""

    name: str
    entry: Entry
    profile: Verified
    charter: Secret

    @property
    def chapter(self) -> ChapterId:
        """The chapter's id."""
        return self.entry.chapter

    def sheet(self, *, day: str) -> CharterSheet:
        """Return the charter sheet, made on a local day, `YYYY-MM-DD`."""
        return CharterSheet(secret=self.charter, chapter=self.chapter, name=self.name, day=day)


def draft_chapter(
    desk: Desk, profile: Mapping[str, Any], *, guardians: Sequence[PublicKey] = ()
) -> Founding:
    """Return a chapter of which my key is the first lead's; nothing of it is written yet.

    Args:
        desk: whose keys sign.
        profile: as `record.draft.ProfileDraft` makes its changes.
        guardians: who can together name new leads.

    Raises:
        DraftError, RecordError: the words or the guardians do not make one.
    """
    daily = desk.my_key()
    seed = desk.safe.secret(daily).reveal()
    charter = Secret.generate()
    entry = found(
        charter_seed=charter.reveal(),
        daily_seed=seed,
        salt=os.urandom(_SALT_BYTES),
        guardians=guardians,
    )
    header, body = compose(
        object_id=ObjectId(chapter=entry.chapter, kind=Kind.PROFILE.value, path=PROFILE_PATH),
        changes=profile,
        author=daily,
        authority=RecordId(entry.id),
        now_ms=desk.now_ms(),
        salt=os.urandom(_SALT_BYTES),
    )
    return Founding(
        name=str(profile["name"]),
        entry=entry,
        profile=seal(header, body, seed=seed),
        charter=charter,
    )


def found_chapter(desk: Desk, founding: Founding) -> None:
    """Bring a drafted chapter into being, whole or not at all, and follow it.

    Raises:
        LogError: nothing was written.
    """
    desk.offer(
        [
            (founding.entry.envelope, None),
            (founding.profile.envelope, founding.profile.body),
        ]
    )
    desk.log.local.set_follow(Follow(chapter=founding.chapter, petname="", since_ms=desk.now_ms()))
