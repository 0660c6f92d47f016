"""Where chapters say that they are found: what the profiles hold that are here."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Final

from p2pevents.log.protocol import Log
from p2pevents.record.envelope import Record
from p2pevents.record.fields import Profile
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import merge
from p2pevents.record.places import public_addresses

__all__ = ["told_by_profiles"]

PROFILES_READ_MAX: Final = 512
PROFILE_ADDRESSES_MAX: Final = 8


def told_by_profiles(log: Log) -> Iterator[str]:
    """Yield the public addresses in profiles.

    Whom the person follows has no part in it, or this node's dials would tell.
    """
    by_chapter: dict[bytes, list[Record]] = {}
    for record in islice(log.of_kinds([Kind.PROFILE.value]), PROFILES_READ_MAX):
        by_chapter.setdefault(record.header.chapter, []).append(record)
    for versions in by_chapter.values():
        shown = merge(versions).shown
        if isinstance(shown, Profile) and shown.addresses:
            yield from public_addresses(tuple(shown.addresses), limit=PROFILE_ADDRESSES_MAX)
