"""The organiser's keys on disk: docs/spec/keys.md, KEY-6 to KEY-10."""

import logging
import re
from base64 import b32encode, b64encode, urlsafe_b64encode
from pathlib import Path

import pytest

from p2pevents.errors import KeyFileError
from p2pevents.keys import keyring as keyring_module
from p2pevents.keys.key_file import KeyKind
from p2pevents.keys.keyring import Keyring
from p2pevents.keys.passphrase import Cost
from p2pevents.keys.secret import Passphrase, Secret
from p2pevents.keys.sheet import CharterSheet, letters_of
from p2pevents.keys.unlock import Unlock
from p2pevents.keys.words import words_of
from p2pevents.record.ids import ChapterId, PublicKey, to_text


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "home" / "keys"


@pytest.fixture
def ring(folder: Path, cheap: Cost) -> Keyring:
    return Keyring(folder, cost=cheap)


@pytest.fixture
def sheet(secret: Secret) -> CharterSheet:
    return CharterSheet(
        secret=secret, chapter=ChapterId(bytes(32)), name="Paris P2P", day="2020-01-02"
    )


def test_keys_are_made_listed_and_loaded(ring: Keyring, passphrase: Passphrase) -> None:
    assert ring.list() == ()
    plain, locked = ring.create(), ring.create(passphrase=passphrase)
    assert {key.public: key.locked for key in ring.list()} == {plain: False, locked: True}
    assert [key.public for key in ring.list()] == sorted([plain, locked])
    assert all(key.kind is KeyKind.DAILY for key in ring.list())
    assert all(key.path.stat().st_mode & 0o777 == 0o600 for key in ring.list())
    assert ring.load(plain).public == plain
    assert ring.load(locked, passphrase=passphrase).public == locked
    with pytest.raises(KeyFileError, match="is under a passphrase"):
        ring.load(locked)


def test_a_key_that_is_not_here_is_named(ring: Keyring, secret: Secret) -> None:
    with pytest.raises(KeyFileError, match=r"daily-baoqqpp7tzyil4hl.key: cannot be read: no such"):
        ring.load(secret.public)
    with pytest.raises(KeyFileError, match="the charter key is not on this machine") as caught:
        ring.load_sheet(secret.public)
    assert "--sheet FILE" in caught.value.hint


def test_what_a_passphrase_opens_is_had_for_unlock(
    ring: Keyring, folder: Path, passphrase: Passphrase
) -> None:
    assert ring.box_keys(passphrase) == {}
    plain, ours, others = (ring.create(passphrase=p) for p in (None, passphrase, Passphrase("x")))
    box_keys = ring.box_keys(passphrase)
    assert set(box_keys) == {ours}
    assert ring.load(ours, box_key=box_keys[ours]).public == ours
    assert ring.load(plain, box_key=box_keys[ours]).public == plain
    with pytest.raises(KeyFileError, match="does not open it"):
        ring.load(others, box_key=box_keys[ours])
    with pytest.raises(KeyFileError, match="opens no key of this home"):
        ring.box_keys(Passphrase("y"))


def test_a_key_under_another_name_is_not_taken_for_that_one(ring: Keyring, folder: Path) -> None:
    first, second = ring.create(), ring.create()
    paths = {key.public: key.path for key in ring.list()}
    paths[first].replace(paths[second])
    with pytest.raises(KeyFileError, match="not the one it is named for") as caught:
        ring.load(second)
    with pytest.raises(KeyFileError, match="not the one it is named for"):
        ring.list()
    paths[second].rename(folder / caught.value.hint.removeprefix("rename it to "))
    assert [key.public for key in ring.list()] == [first]


def test_a_key_with_the_same_beginning_is_still_another(
    ring: Keyring, folder: Path, secret: Secret
) -> None:
    """The name of a file is a part of its key."""
    public = ring.create()
    near = type(public)(public[:10] + secret.public[10:])
    with pytest.raises(KeyFileError, match="not the one it is named for"):
        ring.load(near)


def test_a_charter_key_is_kept_as_its_sheet_until_it_is_on_paper(
    ring: Keyring, folder: Path, sheet: CharterSheet
) -> None:
    """KEY-5, KEY-9."""
    public = sheet.secret.public
    path = ring.keep_sheet(sheet)
    assert path.name == "charter-sheet-baoqqpp7tzyil4hl.txt"
    assert path.read_text() == sheet.text
    assert path.stat().st_mode & 0o777 == 0o600
    assert [(key.public, key.locked, key.path) for key in ring.sheets()] == [(public, False, path)]
    assert ring.list() == ()
    assert ring.load_sheet(public) == sheet.secret
    with pytest.raises(KeyFileError, match="stands there already"):
        ring.keep_sheet(sheet)
    ring.forget_sheet(public)
    assert ring.sheets() == ()
    assert list(folder.iterdir()) == []
    ring.forget_sheet(public)


def test_a_charter_key_is_kept_sealed_where_there_is_a_passphrase(
    ring: Keyring, sheet: CharterSheet, passphrase: Passphrase
) -> None:
    """KEY-7."""
    public = sheet.secret.public
    path = ring.keep_sheet(sheet, passphrase=passphrase)
    assert [(key.public, key.locked, key.path) for key in ring.sheets()] == [(public, True, path)]
    assert ring.load_sheet(public, passphrase=passphrase) == sheet.secret
    with pytest.raises(KeyFileError, match="is under a passphrase"):
        ring.load_sheet(public)
    ring.forget_sheet(public)
    assert ring.sheets() == ()


def test_a_sheet_under_another_name_is_not_taken_for_that_one(
    ring: Keyring, folder: Path, sheet: CharterSheet
) -> None:
    path = ring.keep_sheet(sheet)
    other = Secret(bytes(32)).public
    path.rename(folder / f"charter-sheet-{to_text(other)[:16]}.txt")
    assert [key.public for key in ring.sheets()] == [sheet.secret.public]
    with pytest.raises(KeyFileError, match="is another key's sheet"):
        ring.load_sheet(other)


def test_a_file_open_to_others_is_refused_wherever_it_is_read(
    ring: Keyring, sheet: CharterSheet
) -> None:
    """KEY-9."""
    public, path = ring.create(), ring.keep_sheet(sheet)
    for each in (path, ring.list()[0].path):
        each.chmod(0o640)
    for read in (
        ring.list,
        ring.sheets,
        lambda: ring.load(public),
        lambda: ring.load_sheet(sheet.secret.public),
    ):
        with pytest.raises(KeyFileError, match="others on this machine may read") as caught:
            read()
        assert caught.value.hint.startswith("chmod 600 ")


def test_keys_beyond_the_limit_are_refused(ring: Keyring, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring_module, "KEYS_MAX", 2)
    ring.create()
    ring.create()
    assert len(ring.list()) == 2
    ring.create()
    with pytest.raises(KeyFileError, match="3 keys, where 2 are allowed"):
        ring.list()


def spellings(data: bytes) -> list[bytes]:
    """The ways in which bytes might have been written down."""
    return [
        data,
        data[::-1],
        data.hex().encode(),
        data.hex().upper().encode(),
        b32encode(data).rstrip(b"="),
        b32encode(data).rstrip(b"=").lower(),
        b64encode(data).rstrip(b"="),
        urlsafe_b64encode(data).rstrip(b"="),
        repr(data).encode(),
    ]


def found_in(data: bytes, secret: Secret) -> bool:
    """Whether half of a seed, in any spelling, its words or its letters stand in some bytes."""
    seed = secret.reveal()
    halves = [seed[:15], seed[15:30]]  # whole groups of base32 and base64
    words = words_of(secret)
    wanted = [spelling for half in halves for spelling in spellings(half)]
    # Words may be numbered and letters in groups: as the one and the other alone.
    only_words = re.sub(rb"[^a-z]+", b" ", data.lower())
    only_letters = re.sub(rb"[^a-z2-7]+", b"", data.lower())
    return (
        any(want in data for want in wanted)
        or " ".join(words[:6]).encode() in only_words
        or letters_of(secret)[:24].encode() in only_letters
    )


@pytest.fixture
def sealed(
    tmp_path: Path, ring: Keyring, sheet: CharterSheet, passphrase: Passphrase
) -> tuple[PublicKey, Unlock]:
    """A daily key and a charter key under a passphrase, unlocked for a while."""
    public = ring.create(passphrase=passphrase)
    ring.keep_sheet(sheet, passphrase=passphrase)
    unlock = Unlock(tmp_path / "memory", home=tmp_path / "home")
    unlock.keep(ring.box_keys(passphrase), now_ms=0, for_s=60)
    return public, unlock


def test_under_a_passphrase_key_bytes_are_nowhere_on_disk(
    tmp_path: Path,
    ring: Keyring,
    sheet: CharterSheet,
    passphrase: Passphrase,
    sealed: tuple[PublicKey, Unlock],
) -> None:
    """KEY-10: every file of the home and of the unlock folder."""
    secrets = (ring.load(sealed[0], passphrase=passphrase), sheet.secret)
    files = [path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()]
    assert len(files) == 3
    assert not any(found_in(data, secret) for data in files for secret in secrets)
    assert not any(passphrase.reveal() in data for data in files)


def test_key_bytes_are_in_no_log_no_output_and_no_error(
    ring: Keyring,
    passphrase: Passphrase,
    sealed: tuple[PublicKey, Unlock],
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """KEY-10."""
    caplog.set_level(logging.DEBUG)
    public, unlock = sealed
    secret = ring.load(public, passphrase=passphrase)
    kept = unlock.kept(now_ms=1)
    assert kept is not None
    shown = [repr(value) for value in (ring, secret, passphrase, ring.list(), unlock, kept)]
    for wrong in (Passphrase("wrong"), None):
        with pytest.raises(KeyFileError) as caught:
            ring.load(public, passphrase=wrong)
        shown.append(repr(caught.value) + caught.value.hint)
    output = capfd.readouterr()
    for text in (*shown, caplog.text, output.out, output.err):
        assert not found_in(text.encode(), secret)
        assert passphrase.reveal().decode() not in text
        assert repr(kept.keys[public].reveal()) not in text


def test_the_search_for_key_bytes_finds_them_where_there_is_no_passphrase(
    ring: Keyring, sheet: CharterSheet
) -> None:
    """The test above can fail."""
    secret = ring.load(ring.create())
    assert found_in(ring.list()[0].path.read_bytes(), secret)
    assert found_in(ring.keep_sheet(sheet).read_bytes(), sheet.secret)
    for spelling in spellings(secret.reveal()[:15]):
        assert found_in(b"log: " + spelling + b"\n", secret)
