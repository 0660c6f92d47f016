"""Files that somebody was sent: bombs, ways out of the folder, endless and cut ones.

Each is given to the real program, in a process that may have a GiB of memory; it ends soon, in one
sentence, without a traceback, and leaves the home as it was.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import resource
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from p2pevents.errors import ConfigError, InputError, P2PEventsError
from p2pevents.importers.reading import read_source
from p2pevents.log.memory import MemoryLog
from p2pevents.node.backup import restore
from p2pevents.node.config import CONFIG_BYTES_MAX, load_config
from p2pevents.node.home import Home
from p2pevents.node.ingest import Ingest
from p2pevents.node.packing import read_pack
from p2pevents.sync.pack import PACK_HEAD
from tests.importers.test_ics import INTO
from tests.sockets.daemon import command, environment

MEMORY_BYTES_MAX = 1024**3
ENDS_S_MAX = 20.0
PROGRAM = "from p2pevents.cli.main import main; main()"

pytestmark = pytest.mark.timeout(120)


@pytest.fixture(scope="module")
def paris(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("paris") / "home"
    command(home, "chapter", "found", "Paris", "--city", "Paris", "--timezone", "Europe/Paris")
    return home


def limited() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES_MAX, MEMORY_BYTES_MAX))


def refused(home: Path, *arguments: str, code: int = 1) -> str:
    """Run a command that is to end soon, in one sentence; return that."""
    began_s = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "--home", str(home), *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment(),
        stdin=subprocess.DEVNULL,
        preexec_fn=limited,
        check=False,
    )
    assert time.monotonic() - began_s < ENDS_S_MAX
    assert "Traceback" not in done.stderr, done.stderr[-3000:]
    assert done.returncode == code, done.stderr + done.stdout
    return done.stderr


def digest_of(home: Path) -> str:
    """Return what stands in a home, by its bytes."""
    found = sorted(path for path in home.rglob("*") if path.is_file())
    sums = [f"{path.name} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in found]
    return "\n".join(each for each in sums if "-shm" not in each and "-wal" not in each)


STEPS = tuple(zip("abcdefgh", "bcdefghi", strict=True))
LAUGHS = (
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'ha'>"
    + "".join(f"<!ENTITY {b} '{f'&{a};' * 10}'>" for a, b in STEPS)
    + "]><schedule>&i;</schedule>"
)
ALIASES = (
    "---\na: &a [x,x,x,x,x,x,x,x,x]\n"
    + "".join(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]\n" for a, b in STEPS)
    + "title: *i\n---\nWords."
)
OUTSIDE = (
    "<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]>"
    "<schedule>&a;</schedule>"
)

IMPORTS: dict[str, bytes] = {
    "laughs.xml": LAUGHS.encode(),
    "outside.xml": OUTSIDE.encode(),
    "aliases.md": ALIASES.encode(),
    "python.md": b"---\ntitle: !!python/object/apply:os.system ['true']\n---\nx",
    "deep.json": b"[" * 200_000,
    "deep.md": b"---\na: " + b"[" * 50_000 + b"\n---\nx",
    "deep.xml": b"<a>" * 100_000,
    "deep.ics": b"BEGIN:VCALENDAR\r\n" + b"BEGIN:VEVENT\r\n" * 50_000,
    "endless-line.ics": b"BEGIN:VCALENDAR\r\nX:" + b"y" * 3_000_000,
    "number.json": b'{"paris": {"editions": [{"number": ' + b"9" * 100_000 + b"}]}}",
    "columns.csv": b"," * 2_000_000,
    "cut.ics": b"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:x\r\nDTSTA",
    "nul.csv": b"id,day,title\n\x00,\x00,\x00\n",
    "seconds.ics": b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:x\nSUMMARY:x\nDTSTART:00010101T000000Z\n"
    b"RRULE:FREQ=SECONDLY\nEND:VEVENT\nEND:VCALENDAR\n",
}


def imported(name: str) -> None:
    """Read a file as far as its drafts."""
    source = read_source(IMPORTS[name], name=name)
    for city in source.cities:
        source.plan(city, INTO)


@pytest.mark.parametrize("name", IMPORTS)
def test_a_file_to_import_is_refused_in_one_sentence(name: str) -> None:
    began_s = time.process_time()
    with pytest.raises(InputError) as caught:
        imported(name)
    assert name in caught.value.message
    assert "root:" not in caught.value.message
    assert time.process_time() - began_s < ENDS_S_MAX


def test_a_file_that_is_too_large_is_not_read(paris: Path, tmp_path: Path) -> None:
    file = tmp_path / "huge.csv"
    file.write_bytes(b"id,day,title\n" + b"1,2020-01-08,x\n" * 4_000_000)
    before = digest_of(paris)
    assert "huge.csv" in refused(paris, "import", str(file))
    assert digest_of(paris) == before


@pytest.mark.parametrize("arguments", [("import",), ("unpack",), ("restore",)])
def test_a_file_without_end_is_not_read_to_its_end(
    paris: Path, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    endless = tmp_path / "zero.csv"
    endless.symlink_to("/dev/zero")
    home = tmp_path / "new" if arguments == ("restore",) else paris
    refused(home, *arguments, str(endless))


def archive(files: dict[str, bytes], *, manifest: dict[str, object] | None = None) -> bytes:
    """A backup of these files, with a manifest that agrees or another one."""
    stated = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    }
    said = {"format": "p2pevents backup", "version": 1, "files": stated, **(manifest or {})}
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as new:
        new.writestr("backup.json", json.dumps(said))
        for name, data in files.items():
            new.writestr(name, data)
    return made.getvalue()


def linked() -> bytes:
    """A backup in which a key is a symbolic link out of the home."""
    made = io.BytesIO(archive({"config.toml": b""}))
    with zipfile.ZipFile(made, "a") as more:
        info = zipfile.ZipInfo("keys/me.key")
        info.external_attr = 0o120777 << 16
        more.writestr(info, "/etc/passwd")
    return made.getvalue()


def squeezed() -> bytes:
    """A manifest that 500 bytes of bzip2 unpack to: half a gigabyte before a limit is looked at."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_BZIP2) as new, new.open("backup.json", "w") as part:
        for _ in range(512):
            part.write(bytes(1024**2))
    return made.getvalue()


BACKUPS: dict[str, Callable[[], bytes]] = {
    "above": lambda: archive({"../../outside": b"x"}),
    "root": lambda: archive({"/tmp/p2pevents-outside": b"x"}),
    "within": lambda: archive({"keys/../../outside.key": b"x"}),
    "beside": lambda: archive({"keys/me.key": b"x", "log.sqlite3-wal": b"x"}),
    "link": linked,
    "bomb": lambda: archive({"log.sqlite3": bytes(64 * 1024**2)}),
    "manifest": lambda: archive({}, manifest={"files": {"log.sqlite3": None}}),
    "claims": lambda: archive(
        {}, manifest={"files": {"log.sqlite3": {"bytes": 2**62, "sha256": "0"}}}
    ),
    "half": lambda: archive({"config.toml": b"", "log.sqlite3": b"no log" * 999}),
    "misnamed": lambda: archive({"keys/é.key": b"x"}).replace("é".encode(), b"\xff\xff"),
    "surrogate": lambda: archive({}, manifest={"made": "\ud800"}),
    "painted": lambda: archive({}, manifest={"made": "\x1b[31m2026"}),
    "deep": lambda: archive({"config.toml": b"a = " + b"[" * 60_000}),
    "cut": lambda: archive({"config.toml": b"outbound_peers = 4\n"})[:-30],
    "empty": bytes,
}


@pytest.mark.parametrize("name", BACKUPS)
def test_a_backup_that_is_a_trap_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    file, home = tmp_path / "b.backup", tmp_path / "in" / "home"
    file.write_bytes(BACKUPS[name]())
    home.parent.mkdir()
    with pytest.raises(P2PEventsError):
        restore(file, Home(folder=home), moves=True)
    left = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert left == [file]
    assert not Path("/tmp/p2pevents-outside").exists()


def test_a_backup_packed_by_a_method_without_bounds_is_not_unpacked(tmp_path: Path) -> None:
    file = tmp_path / "b.backup"
    file.write_bytes(squeezed())
    assert "is damaged, or is no backup" in refused(tmp_path / "home", "restore", str(file))


PACKS = {
    "announced": PACK_HEAD + (2**31).to_bytes(4, "big"),
    "bundle bomb": PACK_HEAD + (9).to_bytes(4, "big") + b"\x9b" + b"\xff" * 8,
    "bytes bomb": PACK_HEAD + (11).to_bytes(4, "big") + b"\x81\x82\x5b" + b"\x7f" * 8,
    "nested": PACK_HEAD + (60_000).to_bytes(4, "big") + b"\x81" * 60_000,
    "cut": PACK_HEAD + b"\x00\x00",
}


@pytest.mark.parametrize("name", PACKS)
def test_a_pack_that_is_a_bomb_is_read_as_far_as_it_is_sound(tmp_path: Path, name: str) -> None:
    file = tmp_path / "x.pack"
    file.write_bytes(PACKS[name])
    log = MemoryLog(incarnation=bytes(16))
    found = read_pack(Ingest(log), file, now_ms=0)
    assert found.trouble
    assert log.total().records == 0


HALF = CONFIG_BYTES_MAX // 2
CONFIGURATIONS = {
    "arrays": "a = " + "[" * (CONFIG_BYTES_MAX - 4),
    "dotted": "a" + ".a" * (HALF - 5) + " = 1",
    "tables": "[a" + ".a" * (HALF - 5) + "]",
    "number": "x = 1e999",
    "dotted lines": ("a" + ".a" * 4_000 + " = 1\n") * 7,
    "too long": "#" * (CONFIG_BYTES_MAX + 1),
}


@pytest.mark.parametrize("name", CONFIGURATIONS)
def test_a_configuration_that_is_a_bomb_is_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "config.toml"
    file.write_text(CONFIGURATIONS[name])
    began_s = time.process_time()
    with pytest.raises(ConfigError):
        load_config(file)
    assert time.process_time() - began_s < ENDS_S_MAX / 4


@pytest.mark.parametrize("link", ["p2pevents:" + "b" * 100_000, "p2pevents:b" + "%00" * 50, "\x00"])
def test_a_link_that_is_none_is_refused(paris: Path, link: str) -> None:
    if "\x00" in link:
        link = os.fsdecode(b"\xff\xfe")  # no program can be given a NUL
    refused(paris, "follow", link)
