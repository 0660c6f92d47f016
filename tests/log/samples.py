"""Real signed records and entries, made from small numbers, for the tests of the log."""

from functools import cache

from p2pevents.log.protocol import Texts
from p2pevents.record import cbor
from p2pevents.record.entry import Entry, seal_entry
from p2pevents.record.envelope import Record, Verified, body_hash, seal
from p2pevents.record.header import Header
from p2pevents.record.ids import ChapterId, PublicKey, RecordId
from p2pevents.record.signature import public_key_of
from p2pevents.record.snapshot import Lead, Snapshot

SOMEWHERE = ChapterId(b"c" * 32)


def seed(number: int) -> bytes:
    """The seed of the key of this number."""
    return number.to_bytes(4, "big").rjust(32, b"k")


def key(number: int) -> PublicKey:
    """The public key of this number."""
    return public_key_of(seed(number))


def record(
    number: int,
    *,
    chapter: ChapterId = SOMEWHERE,
    kind: str = "event",
    path: tuple[str, ...] = ("meetup",),
    author: int = 1,
    clock: int | None = None,
    start: str | None = None,
    text: str = "",
) -> Verified:
    """A record; two numbers are two records, whatever the rest."""
    body = cbor.encode(
        {"salt": number.to_bytes(16, "big"), "fields": {"title": [number, text or str(number)]}},
        bytes_max=16 * 1024,
    )
    header = Header(
        kind=kind,
        chapter=chapter,
        path=path,
        author=key(author),
        authority=RecordId(b"a" * 32),
        clock=number if clock is None else clock,
        body_hash=body_hash(body),
        body_bytes=len(body),
        start=start,
    )
    return seal(header, body, seed=seed(author))


@cache
def genesis(number: int, *, signatures: int = 1) -> Entry:
    """A chapter's first entry, signed by so many of its three leads."""
    leads = tuple(
        sorted(
            (
                Lead(charter=key(1000 * number + lead), daily=key(1000 * number + 500 + lead))
                for lead in range(3)
            ),
            key=lambda lead: lead.charter,
        )
    )
    snapshot = Snapshot(seq=0, leads=leads, salt=number.to_bytes(16, "big"))
    seeds = [seed(1000 * number + lead) for lead in range(signatures)]
    return seal_entry(snapshot, seeds=seeds)


def title(record: Record) -> str:
    """The text that these tests search: of every kind but the venue's."""
    if record.body is None or record.header.kind == "venue":
        return ""
    return str(cbor.decode(record.body, bytes_max=16 * 1024)["fields"]["title"][1])


TEXTS = Texts(of=title, version=1)
