"""A chapter of leads and delegates who sign for real, for the tests of the door."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import count

from p2pevents.authority import Authority, succeed
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Log, LogStanding
from p2pevents.node.ingest import Ingest, Why
from p2pevents.node.opener import Item
from p2pevents.record import cbor
from p2pevents.record.authority_kinds import Grant, Keep, Revoke
from p2pevents.record.entry import Entry, seal_entry
from p2pevents.record.envelope import Verified, body_hash, seal
from p2pevents.record.header import Header
from p2pevents.record.ids import Path, PublicKey, RecordId
from p2pevents.record.signature import public_key_of
from tests.authority.people import Person, genesis_of, key_of, seed_of

NOW_MS = 1_577_959_200_000
HOUR_MS = 3_600_000
DAY_MS = 24 * HOUR_MS
_numbers = count(1)


class Community:
    """A chapter: its leads by name, and whatever they and their delegates sign."""

    def __init__(self, *names: str) -> None:
        self.leads = [Person(name) for name in names or ("ada", "bob", "cleo")]
        self.genesis = genesis_of(*self.leads)
        self.chapter = self.genesis.chapter

    def entry(
        self,
        *leads: Person,
        by: Iterable[Person],
        after: Entry | None = None,
        keeps: Iterable[RecordId] = (),
    ) -> Entry:
        """The next entry after the genesis, or after another: whoever is left out is removed."""
        authority = Authority(self.genesis)
        if after is not None:
            authority.offer_entry(after)
        parent = self.genesis if after is None else after
        snapshot = succeed(
            authority.chain, after=[parent.id], leads=[each.lead for each in leads], keeps=keeps
        )
        return seal_entry(snapshot, seeds=[each.charter for each in by])

    def act(self, body: Grant | Revoke | Keep, *, by: Person | None = None) -> Verified:
        """What a lead says of keys and records; the first lead unless another is named."""
        return self._sealed(
            (by or self.leads[0]).daily,
            kind=type(body).__name__.lower(),
            path=("act",),
            body=body.encode(),
        )

    def grant(self, name: str, *, by: Person | None = None) -> Verified:
        """All but leads' acts to somebody."""
        return self.act(Grant(key=key_of(name), kinds=("*",)), by=by)

    def write(
        self,
        by: Person | str,
        *,
        under: bytes | None = None,
        kind: str = "event",
        path: Path = ("e",),
        clock: int = NOW_MS,
        fields: dict[str, object] | None = None,
        fill: int = 20,
        start: str | None = None,
    ) -> Verified:
        """A record by a lead, or by a delegate named in words under a grant; each another one."""
        number = next(_numbers)
        value = {
            "salt": number.to_bytes(16, "big"),
            "fields": fields or {"title": [clock, "x" * fill]},
        }
        seed = by.daily if isinstance(by, Person) else seed_of(by)
        return self._sealed(
            seed,
            kind=kind,
            path=path,
            body=cbor.encode(value, bytes_max=16 * 1024),
            under=under,
            clock=clock,
            start=start,
        )

    def erase(self, by: Person | str, *ids: bytes, under: bytes | None = None) -> Verified:
        """An erase of records."""
        return self.write(
            by, under=under, kind="erase", path=("x",), fields={"ids": [NOW_MS, list(ids)]}
        )

    def digest(self, by: Person | str, *, clock: int, under: bytes | None = None) -> Verified:
        return self.write(by, under=under, kind="digest", path=("digest",), clock=clock)

    def _sealed(
        self,
        seed: bytes,
        *,
        kind: str,
        path: Path,
        body: bytes,
        under: bytes | None = None,
        clock: int | None = None,
        start: str | None = None,
    ) -> Verified:
        header = Header(
            kind=kind,
            chapter=self.chapter,
            path=path,
            author=public_key_of(seed),
            authority=RecordId(under or self.genesis.id),
            clock=NOW_MS + next(_numbers) if clock is None else clock,
            body_hash=body_hash(body),
            body_bytes=len(body),
            start=start,
        )
        return seal(header, body, seed=seed)


def item(one: Verified | Entry) -> Item:
    return one.envelope, None if isinstance(one, Entry) else one.body


def door(*items: Verified | Entry, log: Log | None = None) -> Ingest:
    """A door, through which these have gone."""
    ingest = Ingest(log or MemoryLog(incarnation=bytes(16)))
    offer(ingest, *items)
    return ingest


def offer(ingest: Ingest, *items: Verified | Entry, now_ms: int = NOW_MS) -> list[Why]:
    return [each.why for each in ingest.offer([item(one) for one in items], now_ms=now_ms)]


def in_set(ingest: Ingest, *items: Verified | Entry) -> list[bool]:
    held = ingest.log.has([one.id for one in items])
    return [held.get(one.id) is LogStanding.IN_SET for one in items]


def key(name: str) -> PublicKey:
    return key_of(name)
