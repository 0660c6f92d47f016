"""Files for their user alone: docs/spec/keys.md, KEY-9."""

import os
import stat
import subprocess
from pathlib import Path

import pytest

from p2pevents.errors import KeyFileError
from p2pevents.keys.private_file import (
    PRIVATE_FILE_BYTES_MAX,
    read_private,
    remove_private,
    write_private,
)


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def names(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_a_file_is_its_users_alone_whatever_the_umask(tmp_path: Path, umask: int) -> None:
    """KEY-9."""
    path = tmp_path / "keys" / "a"
    before = os.umask(umask)
    try:
        assert write_private(path, "text")
    finally:
        os.umask(before)
    assert (mode(path), mode(path.parent)) == (0o600, 0o700)
    assert read_private(path) == "text"
    assert names(path.parent) == ["a"]


def test_a_file_that_stands_is_not_written_over_unless_it_may_go(tmp_path: Path) -> None:
    """KEY-9."""
    path = tmp_path / "a"
    assert write_private(path, "first")
    assert not write_private(path, "second")
    assert read_private(path) == "first"
    assert write_private(path, "third", replace=True)
    assert read_private(path) == "third"
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("bits", [0o640, 0o604, 0o620, 0o602, 0o601, 0o644, 0o666])
def test_a_file_open_to_others_is_refused_with_the_command_that_closes_it(
    tmp_path: Path, bits: int
) -> None:
    """KEY-9."""
    path = tmp_path / "a key's file"
    write_private(path, "text")
    path.chmod(bits)
    with pytest.raises(KeyFileError, match="others on this machine") as caught:
        read_private(path)
    subprocess.run(caught.value.hint, shell=True, check=True)
    assert read_private(path) == "text"


def test_what_is_no_private_file_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="none: cannot be read: no such file"):
        read_private(tmp_path / "none")
    with pytest.raises(KeyFileError, match="cannot be read: is a directory"):
        read_private(tmp_path)
    os.mkfifo(tmp_path / "pipe", 0o600)
    with pytest.raises(KeyFileError, match="pipe: is not a file"):
        read_private(tmp_path / "pipe")
    (tmp_path / "noise").write_bytes(b"\xff")
    (tmp_path / "noise").chmod(0o600)
    with pytest.raises(KeyFileError, match="noise: is not text"):
        read_private(tmp_path / "noise")


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    write_private(tmp_path / "most", "x" * PRIVATE_FILE_BYTES_MAX)
    write_private(tmp_path / "more", "x" * (PRIVATE_FILE_BYTES_MAX + 1))
    assert len(read_private(tmp_path / "most")) == PRIVATE_FILE_BYTES_MAX
    with pytest.raises(KeyFileError, match="more: larger than 16384 bytes"):
        read_private(tmp_path / "more")


def test_what_the_disk_refuses_is_said_and_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(KeyFileError, match="file/a: cannot be written: file exists"):
        write_private(tmp_path / "file" / "a", "text")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(KeyFileError, match="a: cannot be written: no space left on device"):
        write_private(tmp_path / "a", "text")
    assert names(tmp_path) == ["file"]


def test_a_crash_between_any_two_steps_leaves_the_whole_file_or_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """KEY-9: the old or the new text, never a part, and no step is done before the bytes are."""
    path = tmp_path / "a"
    write_private(path, "old")
    seen: list[str] = []
    sync, replace = os.fsync, Path.replace

    def watched_sync(descriptor: int) -> None:
        sync(descriptor)
        seen.append(f"sync:{path.read_text()}")

    def watched_replace(self: Path, target: Path) -> Path:
        seen.append(f"replace:{self.read_text()}")
        return replace(self, target)

    monkeypatch.setattr(os, "fsync", watched_sync)
    monkeypatch.setattr(Path, "replace", watched_replace)
    write_private(path, "new", replace=True)
    assert seen == ["sync:old", "replace:new", "sync:new"]


def test_a_removed_file_is_overwritten_first(tmp_path: Path) -> None:
    path, other = tmp_path / "a", tmp_path / "same"
    write_private(path, "seed of a key")
    other.hardlink_to(path)
    remove_private(path)
    assert not path.exists()
    assert other.read_bytes() == bytes(len("seed of a key"))
    remove_private(path)
    path.mkdir()
    with pytest.raises(KeyFileError, match="a: cannot be removed: is a directory"):
        remove_private(path)
