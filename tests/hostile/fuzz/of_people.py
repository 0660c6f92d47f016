"""What is fuzzed of what people type, paste and hand in: links, files, sheets, backups."""

from __future__ import annotations

import contextlib
import io
import tempfile
import zipfile
from functools import cache
from pathlib import Path

from p2pevents.errors import (
    ConfigError,
    InputError,
    KeyFileError,
    LinkError,
    LogError,
    StateError,
)
from p2pevents.importers.plan import Destination, Trust
from p2pevents.importers.reading import read_source
from p2pevents.keys.key_file import KeyFile, KeyKind
from p2pevents.keys.lead_proof import read_lead
from p2pevents.keys.proof import read_key
from p2pevents.keys.sheet_reader import read_sheet
from p2pevents.keys.words import seed_of_words
from p2pevents.node.backup import restore, write_backup
from p2pevents.node.config import parse_config
from p2pevents.node.home import Home
from p2pevents.record.body import decode_body
from p2pevents.record.draft.compose import compose
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import EntryId, RecordId
from p2pevents.record.link import Link, parse_link
from tests.hostile.fuzz.seeds import (
    ADA,
    CHAPTER,
    config_seeds,
    import_seeds,
    key_file_seeds,
    proof_seeds,
    sheet_seeds,
)
from tests.hostile.fuzz.target import Check, Target


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


PEOPLE = (
    Target(name="link", check=_link, refuses=(LinkError,), seeds=_link_seeds),
    Target(name="config", check=_config, refuses=(ConfigError,), seeds=config_seeds),
    Target(name="csv", check=_imported("a.csv"), refuses=(InputError,), seeds=import_seeds("csv")),
    Target(name="ics", check=_imported("a.ics"), refuses=(InputError,), seeds=import_seeds("ics")),
    Target(name="md", check=_imported("a.md"), refuses=(InputError,), seeds=import_seeds("md")),
    Target(name="xml", check=_imported("a.xml"), refuses=(InputError,), seeds=import_seeds("xml")),
    Target(
        name="json", check=_imported("a.json"), refuses=(InputError,), seeds=import_seeds("json")
    ),
    Target(name="keyfile", check=_key_file, refuses=(KeyFileError,), seeds=key_file_seeds),
    Target(name="sheet", check=_sheet, refuses=(KeyFileError,), seeds=sheet_seeds),
    Target(name="proof", check=_proof, refuses=(InputError,), seeds=proof_seeds),
    Target(
        name="archive",
        check=_archive,
        refuses=(InputError, LogError, StateError),
        seeds=_archive_seeds,
    ),
)
