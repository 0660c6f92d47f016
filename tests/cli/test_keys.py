"""Passphrases, and charter sheets until they are on paper."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from p2pevents.keys import passphrase as passphrases
from p2pevents.keys.proof import read_key
from p2pevents.keys.sheet_file import load_sheet_file
from p2pevents.node.desk import open_desk
from p2pevents.node.home import Home
from p2pevents.node.sheets import unconfirmed_sheets
from p2pevents.record.ids import to_text
from tests.cli.conftest import Run
from tests.cli.people import PARIS

EVENT = ("event", "add", "--title", "Paris P2P #1", "--start", "2027-01-06 18:30")


@pytest.fixture(autouse=True)
def own_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep what is unlocked apart from this machine's own."""
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a passphrase cost little here."""
    cheap = passphrases.Cost(opslimit=1, memlimit_bytes=8192)
    monkeypatch.setattr("p2pevents.keys.keyring.Cost", lambda: cheap)


@pytest.fixture
def secret(tmp_path: Path) -> str:
    file = tmp_path / "passphrase"
    file.write_text("correct horse battery staple\n")
    file.chmod(0o600)
    return str(file)


@pytest.fixture
def locked(run: Run, secret: str) -> Iterator[Run]:
    """A chapter whose founder's key is under a passphrase."""
    assert run("chapter", "found", *PARIS, "--passphrase-file", secret).code == 0
    yield run
    run("lock")


def test_a_key_under_a_passphrase_signs_nothing_without_it(locked: Run, secret: str) -> None:
    outcome = locked(*EVENT)
    assert outcome.code == 1
    assert "passphrase" in outcome.err
    assert locked(*EVENT, "--passphrase-file", secret).code == 0
    assert locked("event", "list", "--json").json[0]["title"] == "Paris P2P #1"


def test_unlock_counts_until_lock(locked: Run, secret: str) -> None:
    unlocked = locked("unlock", "--for", "10m", "--json", "--passphrase-file", secret)
    assert unlocked.json == {"keys": 1, "for_s": 600}
    assert locked(*EVENT).code == 0
    assert locked("lock").code == 0
    assert locked(*EVENT).code == 1


def test_unlock_ends_by_itself(locked: Run, secret: str) -> None:
    assert locked("unlock", "--for", "1s", "--passphrase-file", secret).code == 0
    import time

    time.sleep(1.1)
    assert locked(*EVENT).code == 1


def test_a_wrong_passphrase_unlocks_nothing(locked: Run, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong"
    wrong.write_text("Correct horse battery staple\n")
    wrong.chmod(0o600)
    assert locked("unlock", "--passphrase-file", str(wrong)).code == 1
    assert locked("unlock").code == 1  # nobody to ask
    assert locked(*EVENT).code == 1


@pytest.mark.parametrize("span", ["1", "1d", "-1h", "25h", "0s"])
def test_a_span_that_cannot_be_is_said(locked: Run, secret: str, span: str) -> None:
    outcome = locked("unlock", "--for", span, "--passphrase-file", secret)
    assert outcome.code == 1
    assert "p2pevents: hint: " in outcome.err


def test_keys_in_clear_need_no_unlocking(run: Run) -> None:
    run("chapter", "found", *PARIS)
    assert "nothing to unlock" in run("unlock").err
    assert run("lock").code == 0


def test_me_proves_that_i_hold_the_key(run: Run) -> None:
    me = run("me", "--json").json
    assert to_text(read_key(me["link"])) == me["key"]
    drawn = run("me", "--qr").out
    assert me["link"] in drawn
    assert "█" in drawn


def test_a_locked_key_is_shown_without_its_proof(locked: Run, secret: str) -> None:
    me = locked("me", "--json")
    assert me.code == 0
    assert me.json["link"] is None
    assert locked("me", "--json", "--passphrase-file", secret).json["link"]


def test_a_sheet_leaves_the_machine_when_it_is_on_paper(run: Run, home: Path) -> None:
    sheet = Path(run("chapter", "found", *PARIS, "--json").json["sheet"])
    key = to_text(load_sheet_file(sheet).public)
    assert sheet.parent == home / "keys"
    assert list(_unconfirmed(home)) == [key]
    assert "the charter sheet of Paris P2P is not confirmed" in run("status").out
    confirmed = run("chapter", "sheet", "confirm", "--json").json
    assert (confirmed["charterKey"], confirmed["wasKept"]) == (key, True)
    assert not sheet.exists()
    assert not list((home / "keys").glob("charter*"))
    assert run("status", "--json").json["unconfirmedSheets"] == []
    assert _unconfirmed(home) == []
    assert run("chapter", "sheet", "confirm").code == 1


def test_a_sheet_that_was_written_elsewhere_awaits_confirmation_too(
    run: Run, home: Path, tmp_path: Path
) -> None:
    sheet = tmp_path / "sheet.html"
    run("chapter", "found", *PARIS, "--sheet", str(sheet))
    assert len(_unconfirmed(home)) == 1
    assert run("chapter", "sheet", "confirm", "--chapter", "Paris").code == 0
    assert _unconfirmed(home) == []
    assert sheet.exists()  # it is its owner's


def test_new_keys_have_a_new_sheet_to_confirm(run: Run, home: Path) -> None:
    run("chapter", "found", *PARIS)
    run("chapter", "sheet", "confirm")
    said = run("organiser", "rotate")
    assert "--sheet FILE" in said.err  # the charter key is on paper alone by now


def test_a_kept_sheet_outlives_new_daily_keys(run: Run) -> None:
    sheet = Path(run("chapter", "found", *PARIS, "--json").json["sheet"])
    assert run("organiser", "rotate", "--only", "daily", "--sheet", str(sheet)).code == 0
    assert sheet.exists()


def _unconfirmed(home: Path) -> list[str]:
    with open_desk(Home(folder=home), now_ms=lambda: 1_800_000_000_000) as desk:
        return [to_text(key) for key in unconfirmed_sheets(desk).values()]


def test_a_folder_of_keys_that_cannot_be_read_is_not_an_empty_one(
    run: Run, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("chapter", "found", *PARIS)
    access = os.access
    monkeypatch.setattr(
        os, "access", lambda path, mode: Path(path) != home / "keys" and access(path, mode)
    )
    outcome = run(*EVENT)
    assert outcome.code == 1
    assert f"{home / 'keys'}: cannot be read: permission denied" in outcome.err
    assert f"chmod 700 {home / 'keys'}" in outcome.err


def test_a_backup_into_a_folder_of_somebody_else_is_refused(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("chapter", "found", *PARIS)
    other = tmp_path / "other"
    other.mkdir()
    access = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != other and access(path, mode))
    outcome = run("backup", "-o", str(other / "a.backup"))
    assert outcome.code == 1
    assert f"{other / 'a.backup'}: cannot be written: permission denied" in outcome.err
    assert "--output" in outcome.err


def test_a_passphrase_that_others_can_read_is_refused_with_the_way_out(
    run: Run, tmp_path: Path
) -> None:
    file = tmp_path / "passphrase"
    file.write_text("correct horse\n", "utf-8")
    file.chmod(0o644)
    outcome = run("me", "--new", "--passphrase-file", str(file))
    assert outcome.code == 1
    assert f"chmod 600 {file}" in outcome.err
