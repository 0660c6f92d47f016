"""A home in one file: made, carried, put back; and everything that a file could be instead."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings as hypothesis_settings, strategies as st

from p2pevents.errors import P2PEventsError
from p2pevents.keys.node_key import load_node_key
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.backup import restore, write_backup
from p2pevents.node.home import Home
from tests.cli.conftest import Run
from tests.cli.people import PARIS

KEY_NOTE = "under no passphrase"


@pytest.fixture
def backup(run: Run, home: Path, tmp_path: Path) -> Path:
    """A backup of a home with a chapter, a series and a node's key."""
    assert run("chapter", "found", *PARIS).code == 0
    series = ("--rule", "first Wednesday", "--start", "18:30", "--end", "23:00")
    assert run("series", "add", "Paris P2P", *series).code == 0
    load_node_key(home / "node.key")
    (home / "config.toml").write_text("outbound_peers = 4\n")
    file = tmp_path / "paris.backup"
    assert run("backup", "-o", str(file)).code == 0
    return file


def rows(run: Run, at: Path) -> object:
    return run("agenda", "--from", "2027-01-01", "--to", "2027-03-31", "--json", at=at).json


def incarnation(home: Path) -> bytes:
    log = SqliteLog(home / "log.sqlite3", read_only=True)
    try:
        return log.incarnation
    finally:
        log.close()


def test_a_copy_shows_the_same_and_has_a_name_of_its_own(
    run: Run, home: Path, backup: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    outcome = run("restore", str(backup), at=copy)
    assert outcome.code == 0, outcome.err
    assert "a node of its own" in outcome.out
    assert rows(run, copy) == rows(run, home)
    assert len(rows(run, copy)) == 3  # type: ignore[arg-type]
    assert (copy / "config.toml").read_text() == "outbound_peers = 4\n"
    assert not (copy / "node.key").exists()
    assert load_node_key(copy / "node.key") != load_node_key(home / "node.key")
    assert incarnation(copy) != incarnation(home)
    assert run("me", "--json", at=copy).json["key"] == run("me", "--json").json["key"]


def test_a_home_that_moves_keeps_its_name_and_gets_a_new_incarnation(
    run: Run, home: Path, backup: Path, tmp_path: Path
) -> None:
    moved = tmp_path / "moved"
    outcome = run("restore", str(backup), "--move", at=moved)
    assert "never start the old one again" in outcome.out
    assert (moved / "node.key").read_text() == (home / "node.key").read_text()
    assert incarnation(moved) != incarnation(home)


def test_everything_in_a_backup_is_for_its_owner_alone(
    run: Run, backup: Path, tmp_path: Path
) -> None:
    assert backup.stat().st_mode & 0o777 == 0o600
    copy = tmp_path / "copy"
    run("restore", str(backup), "--move", at=copy)
    for path in copy.rglob("*"):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    assert sorted(each.name for each in copy.iterdir()) == [
        "config.toml",
        "keys",
        "log.sqlite3",
        "node.key",
    ]
    assert sorted(each.name for each in backup.parent.iterdir()) == ["copy", "home", backup.name]


def test_a_backup_is_made_while_another_process_holds_the_log(
    run: Run, home: Path, backup: Path, tmp_path: Path
) -> None:
    log = SqliteLog(home / "log.sqlite3")
    try:
        with log._store.transaction():
            log._store.execute("UPDATE tip SET arrival = arrival + 1")
            outcome = run("backup", "-o", str(backup))
            assert outcome.code == 0, outcome.err
    finally:
        log.close()
    assert run("restore", str(backup), at=tmp_path / "copy").code == 0


def test_keys_in_clear_are_warned_of_and_locked_ones_stay_locked(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passphrase = tmp_path / "passphrase"
    passphrase.write_text("correct horse\n")
    passphrase.chmod(0o600)
    locked = tmp_path / "locked"
    run("me", "--passphrase-file", str(passphrase), at=locked)
    outcome = run("backup", "-o", str(tmp_path / "locked.backup"), at=locked)
    assert outcome.code == 0
    assert KEY_NOTE not in outcome.err
    with zipfile.ZipFile(tmp_path / "locked.backup") as archive:
        (key,) = [name for name in archive.namelist() if name.startswith("keys/daily-")]
        assert b"sealed: " in archive.read(key)
    clear = tmp_path / "clear"
    run("me", at=clear)
    outcome = run("backup", "-o", str(tmp_path / "clear.backup"), at=clear)
    assert "1 of them " + KEY_NOTE in outcome.err


def test_a_home_with_anything_in_it_is_refused(run: Run, home: Path, backup: Path) -> None:
    outcome = run("restore", str(backup))
    assert outcome.code == 1
    assert "is not empty" in outcome.err
    empty = home.parent / "empty"
    (empty / "keys").mkdir(parents=True)
    assert run("restore", str(backup), at=empty).code == 0


def test_a_file_that_is_something_else_is_never_replaced(run: Run, home: Path) -> None:
    assert run("chapter", "found", *PARIS).code == 0
    thesis = home.parent / "thesis.txt"
    thesis.write_text("years of work")
    outcome = run("backup", "-o", str(thesis))
    assert outcome.code == 1
    assert "is no backup" in outcome.err
    assert thesis.read_text() == "years of work"


def test_an_empty_home_and_a_missing_folder_are_said(run: Run, tmp_path: Path) -> None:
    assert "nothing here to back up" in run("backup", "-o", str(tmp_path / "x")).err
    assert not (tmp_path / "home").exists()
    run("me")
    assert "is not there" in run("backup", "-o", str(tmp_path / "no" / "x")).err
    assert not (tmp_path / "no").exists()


def archive_of(manifest: object, files: dict[str, bytes]) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("backup.json", json.dumps(manifest))
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


def stated(files: dict[str, bytes], **said: object) -> dict[str, object]:
    sums = {
        name: {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
        for name, data in files.items()
    }
    return {"format": "p2pevents backup", "version": 1, "files": sums, **said}


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "is damaged, or is no backup"),
        (b"hello", "is damaged, or is no backup"),
        (archive_of({"format": "another"}, {}), "is no backup"),
        (archive_of([], {}), "is damaged"),
        (archive_of(stated({}, version=2), {}), "made by a newer p2pevents"),
        (archive_of(stated({"../x": b"x"}), {"../x": b"x"}), "is damaged"),
        (archive_of(stated({"keys/../../x": b"x"}), {"keys/../../x": b"x"}), "is damaged"),
        (archive_of(stated({"keys/a.key": b"x"}), {"keys/a.key": b"y"}), "is damaged"),
        (archive_of(stated({"keys/a.key": b"x"}), {"keys/a.key": b"xx"}), "is damaged"),
        (archive_of(stated({}), {"keys/a.key": b"x"}), "is damaged"),
        (archive_of(stated({"log.sqlite3": b"x" * 99}), {"log.sqlite3": b"x" * 99}), "is no log"),
    ],
    ids=range(11),
)
def test_what_is_no_backup_is_one_clear_error(
    run: Run, tmp_path: Path, data: bytes, message: str
) -> None:
    file = tmp_path / "file"
    file.write_bytes(data)
    home = tmp_path / "new"
    outcome = run("restore", str(file), at=home)
    assert outcome.code == 1
    assert message in outcome.err
    assert outcome.err.count("p2pevents: error:") == 1
    assert [path for path in home.rglob("*") if path.is_file()] == []
    assert not (tmp_path / "x").exists()


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    folder = tmp_path_factory.mktemp("sound")
    home = Home(folder=folder / "home")
    home.create()
    load_node_key(home.node_key)
    SqliteLog(home.log).close()
    write_backup(home, folder / "backup", now_ms=0)
    return (folder / "backup").read_bytes()


@hypothesis_settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_a_file_that_was_changed_anywhere_is_an_error_or_gives_the_same_home(
    sound: bytes, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    at = data.draw(st.integers(0, len(sound) - 1))
    changed = bytearray(sound)
    if data.draw(st.booleans()):
        changed[at] ^= 1 << data.draw(st.integers(0, 7))
    else:
        del changed[at:]
    folder = tmp_path_factory.mktemp("changed")
    (folder / "file").write_bytes(changed)
    home = Home(folder=folder / "home")
    try:
        restore(folder / "file", home, moves=True)
    except P2PEventsError:
        assert [path for path in home.folder.rglob("*") if path.is_file()] == []
    else:  # in what an archive says of times and programs, and nothing of it is taken over
        SqliteLog(home.log).close()
        load_node_key(home.node_key)
