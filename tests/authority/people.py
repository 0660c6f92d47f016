"""People with keys, and what they say: shared by the tests of authority."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache

from p2pevents.authority import Answer, Authority, Chain, succeed
from p2pevents.record.authority_kinds import Grant, Keep, Revoke
from p2pevents.record.entry import Entry, Lead, Snapshot, seal_entry
from p2pevents.record.envelope import body_hash
from p2pevents.record.header import Header, record_id
from p2pevents.record.ids import ChapterId, EntryId, Path, PublicKey, RecordId
from p2pevents.record.signature import public_key_of


@lru_cache(maxsize=1024)
def seed_of(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()


@lru_cache(maxsize=1024)
def key_of(text: str) -> PublicKey:
    return public_key_of(seed_of(text))


@dataclass(frozen=True)
class Person:
    """Somebody with a charter key and a daily key; `since` counts the times they replaced them."""

    name: str
    since: int = 0

    @property
    def charter(self) -> bytes:
        return seed_of(f"charter {self.name} {self.since}")

    @property
    def daily(self) -> bytes:
        return seed_of(f"daily {self.name} {self.since}")

    @cached_property
    def lead(self) -> Lead:
        return Lead(charter=public_key_of(self.charter), daily=public_key_of(self.daily))

    @property
    def key(self) -> PublicKey:
        return self.lead.daily

    def renewed(self) -> "Person":
        return Person(self.name, self.since + 1)


@dataclass(frozen=True)
class Said:
    """A record as a fold reads it; nobody signed it, because no fold looks."""

    id: RecordId
    header: Header
    body: bytes | None
    envelope: bytes = b""


def said(
    *,
    chapter: ChapterId,
    author: PublicKey,
    authority: bytes,
    kind: str = "event",
    path: Path = ("e",),
    body: bytes | None = b"\xa0",
    clock: int = 1000,
) -> Said:
    header = Header(
        kind=kind,
        chapter=chapter,
        path=path,
        author=author,
        authority=RecordId(authority),
        clock=clock,
        body_hash=body_hash(body or b""),
        body_bytes=len(body or b""),
    )
    return Said(id=record_id(header.encoded), header=header, body=body)


def act(
    body: Grant | Revoke | Keep,
    *,
    chapter: ChapterId,
    author: PublicKey,
    entry: bytes,
    clock: int = 1000,
) -> Said:
    return said(
        chapter=chapter,
        author=author,
        authority=entry,
        kind=type(body).__name__.lower(),
        path=("act",),
        body=body.encode(),
        clock=clock,
    )


def genesis_of(*people: Person, guardians: Iterable[PublicKey] = (), k: int = 0) -> Entry:
    keys = tuple(sorted(guardians))
    snapshot = Snapshot(
        seq=0,
        leads=tuple(sorted(person.lead for person in people)),
        guardians=keys,
        k=k,
        salt=bytes(16),
        refused=len(people) == 1 and len(keys) < 2,
    )
    return seal_entry(snapshot, seeds=[person.charter for person in people])


class Chapter:
    """A chapter whose members are at hand: what they sign is offered to its authority at once."""

    def __init__(self, *people: Person, guardians: Iterable[PublicKey] = (), k: int = 0) -> None:
        self.genesis = genesis_of(*people, guardians=guardians, k=k)
        self.authority = Authority(self.genesis)
        self.entries = [self.genesis]
        self.records: list[Said] = []

    @property
    def chain(self) -> Chain:
        return self.authority.chain

    @property
    def id(self) -> ChapterId:
        return self.genesis.chapter

    def entry(
        self,
        *people: Person,
        by: Iterable[Person | str],
        after: Iterable[EntryId] | None = None,
        guardians: Iterable[PublicKey] | None = None,
        k: int | None = None,
        keeps: Iterable[RecordId] = (),
        removed: Iterable[PublicKey] = (),
        recovery: bool = False,
    ) -> Entry:
        """Sign the next entry; `by` are leads, and guardians by their name."""
        snapshot = succeed(
            self.chain,
            after=(self.authority.tip(),) if after is None else after,
            leads=[person.lead for person in people],
            guardians=guardians,
            k=k,
            keeps=keeps,
            removed=removed,
            recovery=recovery,
        )
        seeds = [each.charter if isinstance(each, Person) else seed_of(each) for each in by]
        return seal_entry(snapshot, seeds=seeds)

    def offer(self, entry: Entry) -> EntryId:
        assert self.authority.offer_entry(entry) is Answer.NEW
        self.entries.append(entry)
        return entry.id

    def act(
        self, person: Person, body: Grant | Revoke | Keep, *, entry: EntryId | None = None
    ) -> RecordId:
        record = act(
            body,
            chapter=self.id,
            author=person.key,
            entry=self.authority.tip() if entry is None else entry,
            clock=len(self.records) + 1,
        )
        assert self.authority.offer_record(record) is Answer.NEW
        self.records.append(record)
        return record.id

    def write(
        self,
        key: PublicKey,
        authority: bytes,
        *,
        kind: str = "event",
        path: Path = ("e",),
        clock: int = 1000,
    ) -> Said:
        return said(
            chapter=self.id, author=key, authority=authority, kind=kind, path=path, clock=clock
        )
