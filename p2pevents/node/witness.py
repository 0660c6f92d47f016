"""Writing digests: what a chapter has planned, said by whoever may say so and is always on.

A witness's node does it by itself, every day and soon after a change; a lead's
does while the key is unlocked, where no witness of the chapter has spoken of late.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import Final

from p2pevents.errors import P2PEventsError
from p2pevents.node.desk import Change, Desk
from p2pevents.record.draft.lists import DigestDraft
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, EntryId, Path, PublicKey
from p2pevents.record.kinds import Kind
from p2pevents.record.values import DIGEST_DAYS_MAX, LISTED_MAX, Listing
from p2pevents.view.freshness import Said

__all__ = [
    "DIGEST_PATH",
    "PAUSE_MS",
    "RENEW_MS",
    "WITNESS_MS",
    "Witness",
    "is_due",
    "write_digest",
    "write_due_digests",
]

_DAY_MS: Final = 24 * 3600 * 1000
DIGEST_PATH: Final[Path] = ("digest",)
RENEW_MS: Final = _DAY_MS
PAUSE_MS: Final = 60_000  # between two of one author: a programme is written in many steps
WITNESS_MS: Final = 36 * 3600 * 1000  # a witness that spoke so lately is at work

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Witness:
    """Whoever would write a digest here.

    Attributes:
        key: by which they sign.
        is_lead: they act as a lead, not by a grant.
    """

    key: PublicKey
    is_lead: bool


def is_due(
    said: list[tuple[Said, bool]], listing: Listing, *, witness: Witness, now_ms: int
) -> bool:
    """Tell whether a digest is to be written.

    Args:
        said: each author's newest, and whether a lead wrote it as one.
        listing: what it would list now.
        witness: who would write it.
        now_ms: the clock, in ms since 1970.
    """
    for each, by_lead in said:
        age_ms = now_ms - each.header.clock
        if each.header.author == witness.key and age_ms < PAUSE_MS:
            return False
        if witness.is_lead and not by_lead and age_ms < WITNESS_MS:
            return False
        if by_lead and not witness.is_lead:
            continue  # leads leave it to a witness who is seen at work: so it has to speak
        is_same = (each.listing.versions, each.listing.tip) == (listing.versions, listing.tip)
        if is_same and age_ms < RENEW_MS:
            return False
    return True


def write_digest(desk: Desk, chapter: ChapterId) -> Verified:
    """Write what a chapter has planned, as far as it is here.

    Raises:
        StateError: no key of mine may write it, or its charter has not come.
        KeyFileError: the key is locked.
        LogError: nothing was written.
    """
    listing = _listing(desk, chapter)
    change = Change(kind=Kind.DIGEST, path=DIGEST_PATH, changes={"listing": listing})
    return desk.write(chapter, [change])[0]


def write_due_digests(desk: Desk) -> list[Verified]:
    """Write the digests that are due and that a key which is open may write; return them.

    What cannot be written now is tried again when this is next called.
    """
    written: list[Verified] = []
    for chapter in desk.my_chapters():
        key = desk.may_write(chapter, Kind.DIGEST, DIGEST_PATH)
        if key is None:
            continue
        authority = desk.authority(chapter)
        said = [
            (each, EntryId(each.header.authority) in authority.chain)
            for each in desk.reader.digests(chapter)
        ]
        witness = Witness(key=key, is_lead=key in {x.daily for x in authority.leads()})
        if not is_due(said, _listing(desk, chapter), witness=witness, now_ms=desk.now_ms()):
            continue
        try:
            written.append(write_digest(desk, chapter))
        except P2PEventsError as error:  # a locked key, a full disk: the next look tries again
            _logger.info("no digest of %s: %s", desk.chapter_name(chapter), error)
    return written


def _listing(desk: Desk, chapter: ChapterId) -> Listing:
    """Return what a digest of this moment says; of too many versions, the first days'."""
    newest = desk.reader.listed(chapter)[:LISTED_MAX]
    draft = DigestDraft.from_versions(
        (each.header for each in newest),
        tip=desk.shown(chapter).tip,
        until_ms=desk.now_ms() + DIGEST_DAYS_MAX * _DAY_MS,
    )
    listing: Listing = draft.changes["listing"]
    return listing
