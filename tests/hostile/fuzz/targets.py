"""What is fuzzed: each decoder with what it may raise, what must hold of what it takes, and seeds.

A target is called with bytes. What it takes is checked further: written again it is the same
bytes, another implementation agrees, what follows in the program does not fail either. What it
refuses it refuses by its own exception; any other that leaves it is a finding.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
import zipfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from p2pevents.errors import (
    ConfigError,
    InputError,
    KeyFileError,
    LinkError,
    LogError,
    P2PEventsError,
    ProtocolError,
    RecordError,
    StateError,
)
from p2pevents.importers.plan import Destination, Trust
from p2pevents.importers.reading import read_source
from p2pevents.keys.key_file import KeyFile, KeyKind
from p2pevents.keys.lead_proof import read_lead
from p2pevents.keys.proof import read_key
from p2pevents.keys.sheet_reader import read_sheet
from p2pevents.keys.words import seed_of_words
from p2pevents.net.nearby import heard_of
from p2pevents.node.backup import restore, write_backup
from p2pevents.node.config import parse_config
from p2pevents.node.core.reach import decode_answer, decode_question
from p2pevents.node.home import Home
from p2pevents.node.inbox import messages as inbox
from p2pevents.node.inbox.content import read_content
from p2pevents.node.inbox.letter import read_letter
from p2pevents.node.inbox.papers import read_receipt, read_ticket
from p2pevents.record import cbor
from p2pevents.record.authority_kinds import decode_authority
from p2pevents.record.body import decode_body
from p2pevents.record.draft.compose import compose
from p2pevents.record.entry import open_entry
from p2pevents.record.envelope import body_hash, open_envelope
from p2pevents.record.header import Header, ObjectId
from p2pevents.record.ids import EntryId, RecordId
from p2pevents.record.kinds import Kind
from p2pevents.record.link import Link, parse_link
from p2pevents.record.snapshot import Snapshot
from p2pevents.sync.bundle import decode_bundle, encode_bundle
from p2pevents.sync.codec import decode_message, encode_message
from p2pevents.sync.frames import encode_frame
from p2pevents.sync.inputs import Received
from p2pevents.sync.pack import PACK_HEAD, PackReader, pack_frames
from tests.hostile.fuzz.seeds import (
    ADA,
    CHAPTER,
    config_seeds,
    content_seeds,
    import_seeds,
    inbox_seeds,
    key_file_seeds,
    letter_seeds,
    paper_seeds,
    proof_seeds,
    record_items,
    sheet_seeds,
    sync_seeds,
    vectors,
)
from tests.hostile.fuzz.shown import around, check_shown, input_of
from tests.record.test_cbor import accepted_by_another

Check = Callable[[bytes], object]
Seeds = Callable[[], list[bytes]]

TEXT_BYTES_MAX = 64 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One decoder.

    Attributes:
        name: what it is called on the command line.
        check: reads the bytes; raises one of `refuses` where they are not for it.
        refuses: what it may raise.
        seeds: what an honest program writes, and what was thought of before.
        bytes_max: the longest input.
        cbor_at: where in an input CBOR begins, so that values are altered too and not bytes
            alone; None where there is none.
    """

    name: str
    check: Check
    refuses: tuple[type[P2PEventsError], ...]
    seeds: Seeds
    bytes_max: int = 8 * 1024
    cbor_at: int | None = None


# --- records ------------------------------------------------------------------------------------

_RECORD_KINDS = tuple(kind.value for kind in Kind)
_ACT_KINDS = ("grant", "revoke", "keep")


def _cbor(data: bytes) -> object:
    """Two readers agree; what both take is written again as it came."""
    try:
        cbor.scan(data, bytes_max=TEXT_BYTES_MAX)
    except RecordError:
        assert not accepted_by_another(data), "another implementation takes what ours refuses"
        raise
    assert accepted_by_another(data), "another implementation refuses what ours takes"
    value = cbor.decode(data, bytes_max=TEXT_BYTES_MAX)
    assert cbor.encode(value, bytes_max=TEXT_BYTES_MAX) == data, "not written again as it came"
    return value


def _header(data: bytes) -> object:
    header = Header.decode(data)
    assert header.encoded == data, "not written again as it came"
    return header


def _record(data: bytes) -> object:
    """An envelope, then its body: the first two bytes say where it begins."""
    at = 2 + int.from_bytes(data[:2], "big")
    record = open_envelope(data[2:at], data[at:] or None)
    assert open_envelope(record.envelope, record.body) == record
    return record


def record_input(envelope: bytes, body: bytes | None) -> bytes:
    return len(envelope).to_bytes(2, "big") + envelope + (body or b"")


def _body(data: bytes) -> object:
    """A body in a record that its author signed: the first byte says of which kind."""
    kind = _RECORD_KINDS[data[0] % len(_RECORD_KINDS)] if data else "event"
    body = data[1:]
    header = Header(
        kind=kind,
        chapter=CHAPTER,
        path=("e", "s") if kind in {"session", "occurrence"} else ("e",),
        author=ADA.key,
        authority=RecordId(bytes(32)),
        clock=2**52,
        body_hash=body_hash(body),
        body_bytes=min(len(body), 16 * 1024),
    )
    return decode_body(header, body)


def _act(data: bytes) -> object:
    kind = _ACT_KINDS[data[0] % len(_ACT_KINDS)] if data else "grant"
    act = decode_authority(kind, data[1:])
    assert act.encode() == data[1:], "not written again as it came"
    return act


def _entry(data: bytes) -> object:
    entry = open_entry(data)
    assert entry.envelope == data, "not written again as it came"
    return entry


def _snapshot(data: bytes) -> object:
    snapshot = Snapshot.decode(data)
    assert snapshot.encode() == data, "not written again as it came"
    return snapshot


def _snapshot_seeds() -> list[bytes]:
    """Return the snapshots within the entries of the vectors."""
    found = []
    for data in vectors("entry"):
        with contextlib.suppress(RecordError):
            found.append(open_entry(data).snapshot.encode())
    return found


# --- between peers --------------------------------------------------------------------------------


def _sync(data: bytes) -> object:
    message = decode_message(data)
    assert encode_message(message) == data, "not written again as it came"
    return message


def _session(data: bytes) -> object:
    """A session that hears these bytes, whole frames or not: it blames, or goes on."""
    from tests.sync.test_hostile import HELLO, SINCE, Victim

    victim = Victim()
    for greeting in (HELLO, SINCE)[: data[0] % 3 if data else 0]:
        victim.hear(greeting)
    victim.give(Received(data=data[1:]))
    if victim.blames:
        raise ProtocolError(victim.blames[0], "blamed")
    return victim.closed


def _session_seeds() -> list[bytes]:
    framed = [encode_frame(data) for data in sync_seeds()]
    heads = (b"\x00", b"\x01", b"\x02")
    alone = [head + frame for head in heads for frame in framed]
    return [*alone, *(head + b"".join(framed[at : at + 3]) for head in heads for at in range(9))]


def _bundle(data: bytes) -> object:
    items = decode_bundle(data)
    assert encode_bundle(items) == data, "not written again as it came"
    return items


def _bundle_seeds() -> list[bytes]:
    return [encode_bundle(record_items()[at : at + 4]) for at in range(0, 8, 2)]


def _pack(data: bytes) -> object:
    reader = PackReader()
    found = [item for at in range(0, len(data), 97) for item in reader.feed(data[at : at + 97])]
    return found, reader.is_whole


def _pack_seeds() -> list[bytes]:
    return [PACK_HEAD, PACK_HEAD + b"".join(pack_frames(record_items()))]


def _inbox(data: bytes) -> object:
    message = inbox.decode_message(data)
    assert inbox.encode_message(message) == data, "not written again as it came"
    return message


def _letter(data: bytes) -> object:
    letter = read_letter(data)
    assert letter.data == data
    return letter


def _content(data: bytes) -> object:
    return read_content(data, chapter=CHAPTER, sender=ADA.key)


def _papers(data: bytes) -> object:
    return read_ticket(data[1:]) if data[:1] == b"\x00" else read_receipt(data[1:])


def _reach(data: bytes) -> object:
    return decode_question(data[1:]) if data[:1] == b"\x00" else decode_answer(data[1:], ends=2)


def _reach_seeds() -> list[bytes]:
    from p2pevents.node.core.reach import Answer, Question

    address = "/ip4/192.0.2.1/tcp/4001"
    return [
        b"\x00" + Question(addresses=(address,), ends=("ip4/tcp",)).encode(),
        b"\x01" + Answer(addresses=(address,), seen="192.0.2.9", reached=(True, False)).encode(),
        b"\x01" + Answer().encode(),
    ]


def _nearby(data: bytes) -> object:
    """What a neighbour's multicast says: pairs, a line each."""
    pairs = [line.partition(b"=") for line in data.split(b"\n")]
    return heard_of({name: value or None for name, _, value in pairs})


# --- people's files and words ---------------------------------------------------------------------


def _link(data: bytes) -> object:
    link = parse_link(data.decode("utf-8", "surrogateescape"))
    assert parse_link(link.text) == link, "not read again as it was written"
    return link


def _link_seeds() -> list[bytes]:
    peer = "/p2p/12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
    links = (
        Link(chapter=CHAPTER),
        Link(chapter=CHAPTER, name="Paris P2P", check=(3, EntryId(bytes(32)))),
        Link(
            chapter=CHAPTER, at=(f"/ip4/192.0.2.1/tcp/4001{peer}", f"/dns4/a.example/tcp/1{peer}")
        ),
    )
    pages = [link.web_text("https://events.example") for link in links]
    return [text.encode() for text in (*(link.text for link in links), *pages)]


def _config(data: bytes) -> object:
    return parse_config(data.decode("utf-8", "replace"), file="config.toml")


_INTO = Destination(
    chapter=CHAPTER,
    chapter_name="Paris P2P",
    time_zone="Europe/Paris",
    trust=Trust.WALL,
)


def _imported(name: str) -> Check:
    """An import up to what would be signed: each draft makes a record, or the file is refused."""

    def check(data: bytes) -> object:
        source = read_source(data, name=name)
        for city in source.cities:
            for draft in source.plan(city, _INTO).drafts[:20]:
                header, body = compose(
                    object_id=ObjectId(
                        chapter=_INTO.chapter, kind=draft.kind.value, path=draft.path
                    ),
                    changes=draft.fields,
                    author=ADA.key,
                    authority=RecordId(bytes(32)),
                    now_ms=1_800_000_000_000,
                    salt=bytes(16),
                )
                decode_body(header, body)
        return source

    return check


def _key_file(data: bytes) -> object:
    return KeyFile.parse(data.decode("utf-8", "replace"), kind=KeyKind.DAILY, file="me.key")


def _sheet(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    with contextlib.suppress(KeyFileError):
        seed_of_words(text.split())
    return read_sheet(text)


def _proof(data: bytes) -> object:
    text = data.decode("utf-8", "replace")
    return read_lead(text) if data[:1] != b"p" or b"lead" in data[:14] else read_key(text)


@cache
def _sandbox() -> Path:
    return Path(tempfile.mkdtemp(prefix="p2pevents-fuzz-"))


def _archive(data: bytes) -> object:
    """A backup restored into an empty home: all of it, or nothing, and nothing beside the home."""
    sandbox = _sandbox()
    file, home = sandbox / "b.zip", Home(folder=sandbox / "home")
    file.write_bytes(data)
    beside = set(sandbox.iterdir()) | {home.folder}
    try:
        return restore(file, home, moves=True)
    finally:
        assert set(sandbox.iterdir()) <= beside, "a file beside the home"
        _remove(home.folder)


def _remove(folder: Path) -> None:
    for path in sorted(folder.rglob("*"), reverse=True):
        path.rmdir() if path.is_dir() else path.unlink()
    if folder.exists():
        folder.rmdir()


@cache
def _archive_seeds() -> list[bytes]:
    folder = Path(tempfile.mkdtemp(prefix="p2pevents-fuzz-seed-"))
    home = Home(folder=folder / "home")
    home.create()
    home.config.write_text("outbound_peers = 4\n", "utf-8")
    home.node_key.write_text("none", "utf-8")
    home.node_key.chmod(0o600)
    write_backup(home, folder / "b.zip", now_ms=1_800_000_000_000)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("backup.json", '{"format": "p2pevents backup", "version": 1, "files": {}}')
        archive.writestr("../../outside", b"x")
    whole = (folder / "b.zip").read_bytes()
    _remove(folder)
    return [whole, made.getvalue()]


_RECORD, _PROTOCOL, _INPUT = (RecordError,), (ProtocolError,), (InputError,)

TARGETS: dict[str, Target] = {
    target.name: target
    for target in (
        Target(
            name="cbor",
            cbor_at=0,
            check=_cbor,
            refuses=_RECORD,
            seeds=lambda: vectors("cbor", "body"),
        ),
        Target(
            name="header",
            cbor_at=0,
            check=_header,
            refuses=_RECORD,
            seeds=lambda: vectors("header"),
        ),
        Target(
            name="record",
            check=_record,
            refuses=_RECORD,
            seeds=lambda: [record_input(*item) for item in record_items()],
        ),
        Target(
            name="body",
            cbor_at=1,
            check=_body,
            refuses=_RECORD,
            seeds=lambda: [
                bytes([kind]) + data
                for kind in range(len(_RECORD_KINDS))
                for data in (body for _, body in record_items() if body)
            ],
        ),
        Target(
            name="act",
            cbor_at=1,
            check=_act,
            refuses=_RECORD,
            seeds=lambda: [bytes([kind]) + data for kind in range(3) for data in vectors("act")],
        ),
        Target(
            name="entry", cbor_at=0, check=_entry, refuses=_RECORD, seeds=lambda: vectors("entry")
        ),
        Target(
            name="snapshot",
            cbor_at=0,
            check=_snapshot,
            refuses=_RECORD,
            seeds=_snapshot_seeds,
        ),
        Target(name="sync", cbor_at=0, check=_sync, refuses=_PROTOCOL, seeds=sync_seeds),
        Target(name="session", check=_session, refuses=_PROTOCOL, seeds=_session_seeds),
        Target(name="bundle", cbor_at=0, check=_bundle, refuses=_RECORD, seeds=_bundle_seeds),
        Target(name="pack", check=_pack, refuses=_PROTOCOL, seeds=_pack_seeds),
        Target(name="inbox", cbor_at=0, check=_inbox, refuses=_PROTOCOL, seeds=inbox_seeds),
        Target(name="letter", cbor_at=0, check=_letter, refuses=_RECORD, seeds=letter_seeds),
        Target(name="content", cbor_at=0, check=_content, refuses=_RECORD, seeds=content_seeds),
        Target(name="papers", cbor_at=1, check=_papers, refuses=_RECORD, seeds=paper_seeds),
        Target(name="reach", cbor_at=1, check=_reach, refuses=_RECORD, seeds=_reach_seeds),
        Target(
            name="shown",
            cbor_at=1,
            check=check_shown,
            refuses=_RECORD,
            seeds=lambda: [input_of(each) for each in around()],
            bytes_max=16 * 1024,
        ),
        Target(
            name="nearby",
            check=_nearby,
            refuses=(),
            seeds=lambda: [b"network=main\npeer=12D3KooW\na0=/ip4/192.0.2.1/tcp/1", b"v=1"],
        ),
        Target(name="link", check=_link, refuses=(LinkError,), seeds=_link_seeds),
        Target(name="config", check=_config, refuses=(ConfigError,), seeds=config_seeds),
        Target(name="csv", check=_imported("a.csv"), refuses=_INPUT, seeds=import_seeds("csv")),
        Target(name="ics", check=_imported("a.ics"), refuses=_INPUT, seeds=import_seeds("ics")),
        Target(name="md", check=_imported("a.md"), refuses=_INPUT, seeds=import_seeds("md")),
        Target(name="xml", check=_imported("a.xml"), refuses=_INPUT, seeds=import_seeds("xml")),
        Target(name="json", check=_imported("a.json"), refuses=_INPUT, seeds=import_seeds("json")),
        Target(name="keyfile", check=_key_file, refuses=(KeyFileError,), seeds=key_file_seeds),
        Target(name="sheet", check=_sheet, refuses=(KeyFileError,), seeds=sheet_seeds),
        Target(name="proof", check=_proof, refuses=_INPUT, seeds=proof_seeds),
        Target(
            name="archive",
            check=_archive,
            refuses=(InputError, LogError, StateError),
            seeds=_archive_seeds,
        ),
    )
}
