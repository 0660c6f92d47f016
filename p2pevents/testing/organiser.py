"""A person with keys who writes for chapters: at a simulated node's door, or a swarm's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any, Final

from p2pevents.authority import found
from p2pevents.errors import StateError
from p2pevents.node.ingest import Finding, Ingest, Why
from p2pevents.node.reading import Reader
from p2pevents.node.witness import DIGEST_PATH
from p2pevents.record.authority_kinds import Grant, Keep, Revoke, keeps_of
from p2pevents.record.draft.compose import compose
from p2pevents.record.draft.lists import DigestDraft
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified, body_hash, seal
from p2pevents.record.header import Header, ObjectId
from p2pevents.record.ids import (
    COMPONENT_RANDOM_BYTES,
    ChapterId,
    Path,
    PublicKey,
    RecordId,
    component_of,
)
from p2pevents.record.kinds import Kind
from p2pevents.record.signature import public_key_of
from p2pevents.record.values import DIGEST_DAYS_MAX

__all__ = ["Organiser"]

_SEED_BYTES: Final = 32
_SALT_BYTES: Final = 16
_DAY_MS: Final = 24 * 3600 * 1000
_PROFILE: Final[Path] = ("profile",)
_KINDS: Final = {Grant: "grant", Revoke: "revoke", Keep: "keep"}


class Organiser:
    """Somebody with a charter key and a daily key.

    Everything is written through a node's one door, as its own: it waits in that
    node's outbox to be announced.

    Attributes:
        key: the daily key, by which their records are known.
    """

    def __init__(self, *, rng: Random) -> None:
        """Make the keys; `rng` is the chance of these, and of every id and salt to come."""
        self._rng = rng
        self._charter = rng.randbytes(_SEED_BYTES)
        self._daily = rng.randbytes(_SEED_BYTES)
        self.key: PublicKey = public_key_of(self._daily)

    def found(self, ingest: Ingest, name: str, *, now_ms: int) -> ChapterId:
        """Found a chapter and write its profile.

        Raises:
            StateError: it was not taken.
        """
        entry: Entry = found(
            charter_seed=self._charter,
            daily_seed=self._daily,
            salt=self._rng.randbytes(_SALT_BYTES),
        )
        _taken(ingest.offer([(entry.envelope, None)], now_ms=now_ms, own=True))
        profile = {"name": name, "timeZone": "Europe/Paris"}
        self.write(ingest, entry.chapter, Kind.PROFILE, _PROFILE, profile, now_ms=now_ms)
        return entry.chapter

    def add(
        self, ingest: Ingest, chapter: ChapterId, changes: Mapping[str, Any], *, now_ms: int
    ) -> Verified:
        """Announce a new event; `changes` by field as `record.draft.compose` takes them.

        Raises:
            StateError: as `write`.
        """
        path = (component_of(self._rng.randbytes(COMPONENT_RANDOM_BYTES)),)
        return self.write(ingest, chapter, Kind.EVENT, path, changes, now_ms=now_ms)

    def write(
        self,
        ingest: Ingest,
        chapter: ChapterId,
        kind: Kind,
        path: Path,
        changes: Mapping[str, Any],
        *,
        now_ms: int,
    ) -> Verified:
        """Write the next version of an object, as far as the node knows the object.

        Raises:
            StateError: as far as the node knows, they may not; or the door refused it.
        """
        object_id = ObjectId(chapter=chapter, kind=kind.value, path=path)
        in_view = ingest.log.versions(object_id)
        clock = max([now_ms, *(version.header.clock + 1 for version in in_view)])
        leave = self._leave(ingest, chapter, kind=kind.value, path=path, clock=clock)
        header, body = compose(
            object_id=object_id,
            changes=changes,
            in_view=in_view,
            author=self.key,
            authority=leave,
            now_ms=now_ms,
            salt=self._rng.randbytes(_SALT_BYTES),
        )
        return self._offer(ingest, header, body, now_ms=now_ms)

    def digest(self, ingest: Ingest, chapter: ChapterId, *, now_ms: int) -> Verified:
        """Say what is planned, as far as the node knows.

        Raises:
            StateError: as `write`.
        """
        reader = Reader(ingest.log, ingest.charters, now_ms=lambda: now_ms)
        showing = reader.showing(chapter)
        if showing is None or showing.tip is None:
            raise StateError("the charter of this chapter is not here")
        draft = DigestDraft.from_versions(
            (each.header for each in reader.listed(chapter)),
            tip=showing.tip,
            until_ms=now_ms + DIGEST_DAYS_MAX * _DAY_MS,
        )
        return self.write(ingest, chapter, Kind.DIGEST, DIGEST_PATH, draft.changes, now_ms=now_ms)

    def grant(self, ingest: Ingest, chapter: ChapterId, grant: Grant, *, now_ms: int) -> Verified:
        """Give somebody a leave.

        Raises:
            StateError: as `write`.
        """
        return self._act(ingest, chapter, grant, now_ms=now_ms)

    def revoke(
        self,
        ingest: Ingest,
        chapter: ChapterId,
        key: PublicKey,
        *,
        keep: Sequence[RecordId],
        now_ms: int,
    ) -> None:
        """Take a key's leaves back, and strike all that it signed but what is to be kept.

        Raises:
            StateError: as `write`.
        """
        keeps = [
            self._act(ingest, chapter, body, now_ms=now_ms).id for body in keeps_of(sorted(keep))
        ]
        self._act(ingest, chapter, Revoke(key=key, keeps=tuple(sorted(keeps))), now_ms=now_ms)

    def _act(
        self, ingest: Ingest, chapter: ChapterId, act: Grant | Revoke | Keep, *, now_ms: int
    ) -> Verified:
        kind = _KINDS[type(act)]
        path = (component_of(self._rng.randbytes(COMPONENT_RANDOM_BYTES)),)
        body = act.encode()
        header = Header(
            kind=kind,
            chapter=chapter,
            path=path,
            author=self.key,
            authority=self._leave(ingest, chapter, kind=kind, path=path, clock=now_ms),
            clock=now_ms,
            body_hash=body_hash(body),
            body_bytes=len(body),
        )
        return self._offer(ingest, header, body, now_ms=now_ms)

    def _leave(
        self, ingest: Ingest, chapter: ChapterId, *, kind: str, path: Path, clock: int
    ) -> RecordId:
        authority = ingest.charters.of(chapter)
        leave = (
            authority.as_author(self.key, kind=kind, path=path, clock=clock) if authority else None
        )
        if leave is None:
            raise StateError("as far as this node knows, this key may not write here")
        return leave

    def _offer(self, ingest: Ingest, header: Header, body: bytes, *, now_ms: int) -> Verified:
        record = seal(header, body, seed=self._daily)
        _taken(ingest.offer([(record.envelope, record.body)], now_ms=now_ms, own=True))
        return record


def _taken(findings: list[Finding]) -> None:
    refused = [finding.why.value for finding in findings if finding.why is not Why.NEW]
    if refused:
        raise StateError(f"the door did not take it: {', '.join(refused)}")
