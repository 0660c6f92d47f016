"""Removal by set: what a removal strikes leaves the set, and comes back if the removal falls.

What is struck is set aside for ninety days. That a chapter is to be judged again
is noted in the log before the removal is, so that a node which dies between the
two finishes when it is back.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Final

from p2pevents.authority import Standing
from p2pevents.log.protocol import BATCH_ITEMS_MAX, Log, LogStanding, Stored
from p2pevents.node import room
from p2pevents.node.charters import Charters
from p2pevents.node.stance import Affected
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ID_BYTES, ChapterId, PublicKey, RecordId
from p2pevents.record.kinds import AUTHORITY_KINDS

__all__ = ["SET_ASIDE_MS_MAX", "Rejudging"]

SET_ASIDE_MS_MAX: Final = 90 * 24 * 60 * 60 * 1000
PURGED_MAX: Final = 256  # of what was set aside, deleted at a stretch
MOVED_MAX: Final = 256  # in one transaction, some 10 ms
NOTED_MAX: Final = 1024  # chapters
_NOTE: Final = "judge-again"


class Rejudging:
    """Moves records out of the set and back into it, as their chapter's authority grows."""

    def __init__(self, log: Log, charters: Charters) -> None:
        self._log = log
        self._charters = charters
        self._noted = _split(log.local.note(_NOTE) or b"")
        # Noted, and not judged yet: by an earlier life of this node, or before the log failed.
        self.unfinished: Final[set[ChapterId]] = set(self._noted)

    def note(self, chapters: Iterable[ChapterId]) -> None:
        """Note that chapters are to be judged again, before what causes it is kept."""
        fresh = [each for each in chapters if each not in self._noted]
        if fresh:
            self._noted += fresh[: NOTED_MAX - len(self._noted)]
            self._log.local.set_note(_NOTE, b"".join(self._noted))
        self.unfinished.update(self._noted)

    def judge(self, chapter: ChapterId, found: Affected | None, *, now_ms: int) -> bool:
        """Move what stands where it no longer belongs, and tell whether anything did.

        Args:
            chapter: whose.
            found: whose records to judge; None for all.
            now_ms: milliseconds since 1970.
        """
        out = self._that(self._ids(chapter, found, LogStanding.IN_SET), Standing.STRUCK)
        back = self._that(self._ids(chapter, found, LogStanding.SET_ASIDE), Standing.BELONGS)
        self._set_aside(out, now_ms=now_ms)
        for start in range(0, len(back), MOVED_MAX):
            moving = back[start : start + MOVED_MAX]
            self._log.move(moving, to=LogStanding.IN_SET, now_ms=now_ms)
        if out:
            self._keep_to_cap(chapter)
        self.unfinished.discard(chapter)
        if chapter in self._noted:
            self._noted.remove(chapter)
            self._log.local.set_note(_NOTE, b"".join(self._noted) or None)
        return bool(out or back)

    def purge(self, *, now_ms: int) -> int:
        """Delete some of what was set aside ninety days ago, and return how many there were."""
        oldest = self._log.standing(LogStanding.SET_ASIDE, limit=PURGED_MAX)
        due = [each.id for each in oldest if each.since_ms <= now_ms - SET_ASIDE_MS_MAX]
        return self._log.remove(due) if due else 0

    def _ids(
        self, chapter: ChapterId, found: Affected | None, standing: LogStanding
    ) -> list[RecordId]:
        """Return the records of a chapter that stand there and are to be judged."""
        named: list[RecordId] = []
        if found is not None:
            held = self._log.has(found.records) if found.records else {}
            named = [RecordId(each) for each, stands in held.items() if stands is standing]
            if not any(
                self._log.size(chapter, author, standing=standing).records
                for author in found.authors
            ):
                return named
        if standing is LogStanding.IN_SET:
            theirs = [
                RecordId(item.id)
                for item in self._log.in_set(chapter=chapter)
                if item.kind is not None
                and item.kind not in AUTHORITY_KINDS
                and (found is None or item.author in found.authors)
            ]
        else:
            records = self._log.size(chapter, standing=standing).records
            theirs = [
                stored.id
                for stored in self._log.standing(standing, limit=records, chapter=chapter)
                if isinstance(stored, Stored)
                and (found is None or stored.header.author in found.authors)
            ]
        return list(dict.fromkeys([*named, *theirs]))

    def _that(self, ids: list[RecordId], wanted: Standing) -> list[RecordId]:
        """Return those of these records that are judged so now."""
        found = []
        for start in range(0, len(ids), BATCH_ITEMS_MAX):
            found += [
                stored.id
                for stored in self._log.records(ids[start : start + BATCH_ITEMS_MAX])
                if stored.header.kind not in AUTHORITY_KINDS
                and self._charters.judge(stored.header, stored.id) is wanted
            ]
        return found

    def _set_aside(self, ids: Sequence[RecordId], *, now_ms: int) -> None:
        """Move records out of the set; what they covered of their authors' gets a new position.

        A reader was given each author's newest version alone, and holds a cursor beyond the
        older ones: it is told of those that count from now on by their new position.
        """
        for start in range(0, len(ids), MOVED_MAX):
            out = ids[start : start + MOVED_MAX]
            with self._log.together():
                self._log.move(out, to=LogStanding.SET_ASIDE, now_ms=now_ms)
                uncovered = self._uncovered(out)
                for to in (LogStanding.SET_ASIDE, LogStanding.IN_SET):
                    self._log.move(uncovered, to=to, now_ms=now_ms)

    def _uncovered(self, out: Collection[RecordId]) -> list[RecordId]:
        """Return what of the set is its author's newest version, without these records."""
        by_author: dict[PublicKey, set[ObjectId]] = {}
        for stored in self._log.records(out):
            by_author.setdefault(stored.header.author, set()).add(stored.header.object_id)
        found = []
        for author, objects in by_author.items():
            # Mostly nothing of a key that was removed is left, and nothing is to be looked for.
            if self._log.size(next(iter(objects)).chapter, author).records:
                for each in sorted(objects):
                    versions = [one for one in self._log.versions(each) if _counts(one, author)]
                    found += [one.id for one in versions[-1:]]
        return found

    def _keep_to_cap(self, chapter: ChapterId) -> None:
        """Let the longest set aside go where there is more of it than a chapter may have."""
        size = self._log.size(chapter, standing=LogStanding.SET_ASIDE)
        while size.bytes > room.CHAPTER_BYTES_MAX:
            oldest = self._log.standing(LogStanding.SET_ASIDE, limit=PURGED_MAX, chapter=chapter)
            if not oldest:
                return
            self._log.remove([each.id for each in oldest])
            size = self._log.size(chapter, standing=LogStanding.SET_ASIDE)


def _counts(version: Stored, author: PublicKey) -> bool:
    return version.header.author == author and version.standing is LogStanding.IN_SET


def _split(data: bytes) -> list[ChapterId]:
    return [
        ChapterId(data[start : start + ID_BYTES])
        for start in range(0, len(data) - ID_BYTES + 1, ID_BYTES)
    ]
