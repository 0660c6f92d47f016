"""Unlocking for a while: docs/adr/0004-unlock.md."""

import os
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import KeyFileError, StateError
from p2pevents.keys.runtime_folder import runtime_folder
from p2pevents.keys.secret import BoxKey, Secret
from p2pevents.keys.unlock import UNLOCK_KEYS_MAX, UNLOCK_S_MAX, Unlock
from p2pevents.record.ids import PublicKey

NOW_MS = 1_577_960_000_000
PUBLIC = Secret(bytes(range(32))).public
KEYS = {PUBLIC: BoxKey(bytes(32)), Secret(bytes(32)).public: BoxKey(bytes(range(32)))}


@pytest.fixture
def unlock(tmp_path: Path) -> Unlock:
    return Unlock(tmp_path / "memory", home=tmp_path / "home")


def file_of(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "memory").iterdir()
    return path


@given(
    for_s=st.integers(1, UNLOCK_S_MAX),
    later_ms=st.integers(-UNLOCK_S_MAX * 2000, UNLOCK_S_MAX * 2000),
)
def test_keys_are_unlocked_from_then_until_the_time_and_no_longer(
    tmp_path_factory: pytest.TempPathFactory, for_s: int, later_ms: int
) -> None:
    folder = tmp_path_factory.mktemp("memory")
    unlock = Unlock(folder, home=folder)
    unlock.keep(KEYS, now_ms=NOW_MS, for_s=for_s)
    kept = unlock.kept(now_ms=NOW_MS + later_ms)
    if 0 <= later_ms < for_s * 1000:
        assert kept is not None
        assert kept.keys == KEYS
        assert (kept.from_ms, kept.until_ms) == (NOW_MS, NOW_MS + for_s * 1000)
    else:
        assert kept is None
        assert list(folder.iterdir()) == []  # what has expired does not stay


def test_what_was_never_unlocked_is_locked(unlock: Unlock) -> None:
    assert unlock.kept(now_ms=NOW_MS) is None
    unlock.lock()


def test_lock_ends_it_at_once(unlock: Unlock, tmp_path: Path) -> None:
    unlock.keep(KEYS, now_ms=NOW_MS, for_s=60)
    assert file_of(tmp_path).stat().st_mode & 0o777 == 0o600
    unlock.lock()
    assert unlock.kept(now_ms=NOW_MS) is None
    assert list((tmp_path / "memory").iterdir()) == []


def test_unlocking_again_replaces_what_was_kept(unlock: Unlock) -> None:
    unlock.keep(KEYS, now_ms=NOW_MS, for_s=UNLOCK_S_MAX)
    unlock.keep({}, now_ms=NOW_MS, for_s=1)
    kept = unlock.kept(now_ms=NOW_MS)
    assert kept is not None
    assert (kept.keys, kept.until_ms) == ({}, NOW_MS + 1000)


def test_each_home_has_its_own(tmp_path: Path) -> None:
    ours, other = (Unlock(tmp_path, home=tmp_path / home) for home in ("a", "b"))
    ours.keep(KEYS, now_ms=NOW_MS, for_s=60)
    assert other.kept(now_ms=NOW_MS) is None
    other.lock()
    assert ours.kept(now_ms=NOW_MS) is not None


@pytest.mark.parametrize("for_s", [-1, 0, UNLOCK_S_MAX + 1])
def test_a_time_out_of_range_is_refused(unlock: Unlock, for_s: int) -> None:
    with pytest.raises(KeyFileError, match=f"cannot unlock for {for_s} seconds") as caught:
        unlock.keep(KEYS, now_ms=NOW_MS, for_s=for_s)
    assert "24 hours" in caught.value.hint


def test_as_many_keys_as_the_limit_are_kept_and_no_more(unlock: Unlock) -> None:
    keys = {PublicKey(bytes([n]) * 32): BoxKey(bytes(32)) for n in range(UNLOCK_KEYS_MAX + 1)}
    with pytest.raises(KeyFileError, match="65 keys, where 64 can be unlocked at once"):
        unlock.keep(keys, now_ms=NOW_MS, for_s=60)
    keys.popitem()
    unlock.keep(keys, now_ms=NOW_MS, for_s=60)
    kept = unlock.kept(now_ms=NOW_MS)
    assert kept is not None
    assert kept.keys == keys


def test_a_file_changed_at_any_byte_unlocks_no_longer_than_it_may_and_shows_nothing(
    unlock: Unlock, tmp_path: Path
) -> None:
    unlock.keep(KEYS, now_ms=NOW_MS, for_s=60)
    path = file_of(tmp_path)
    text = path.read_text()
    refused = 0
    for place, character in enumerate(text):
        put = "8" if character != "8" else "7"
        path.write_text(text[:place] + put + text[place + 1 :])
        path.chmod(0o600)
        try:
            kept = unlock.kept(now_ms=NOW_MS)
        except KeyFileError as error:
            refused += 1
            assert error.hint == "`p2pevents lock` removes it"  # noqa: PT017
            continue
        assert kept is None or kept.until_ms - kept.from_ms <= UNLOCK_S_MAX * 1000
        path.touch(mode=0o600)
    assert refused > len(text) / 2


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a\n", "b\n"),  # bits to spare are set
        ("until 1577960060000", "until 1577959999999"),
        ("until 1577960060000", "until 1578960060000"),
    ],
)
def test_a_file_that_cannot_be_ours_is_damaged(
    unlock: Unlock, tmp_path: Path, old: str, new: str
) -> None:
    unlock.keep(KEYS, now_ms=NOW_MS, for_s=60)
    path = file_of(tmp_path)
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    with pytest.raises(KeyFileError, match="is damaged"):
        unlock.kept(now_ms=NOW_MS)


def test_a_file_that_others_can_read_is_refused(unlock: Unlock, tmp_path: Path) -> None:
    unlock.keep(KEYS, now_ms=NOW_MS, for_s=60)
    file_of(tmp_path).chmod(0o644)
    with pytest.raises(KeyFileError, match="others on this machine"):
        unlock.kept(now_ms=NOW_MS)


# --- the folder in memory ---------------------------------------------------------------------


def mounts_of(tmp_path: Path, **kinds: str) -> Path:
    """A list of mounts as the kernel writes it, the root on a disk."""
    mounts = tmp_path / "mounts"
    lines = ["/dev/sda1 / ext4 rw 0 0", "short"]
    for name, kind in kinds.items():
        (tmp_path / name).mkdir(exist_ok=True)
        point = str(tmp_path / name).replace("_", "\\137")  # as a space would be, \040
        lines.append(f"{kind} {point} {kind} rw,nosuid 0 0")
    mounts.write_text("\n".join(lines) + "\n")
    return mounts


def test_the_sessions_folder_comes_first_then_shared_memory(tmp_path: Path) -> None:
    mounts = mounts_of(tmp_path, run_dir="tmpfs", shm="tmpfs")
    shared = tmp_path / "shm"
    session = {"XDG_RUNTIME_DIR": str(tmp_path / "run_dir")}
    ours = f"p2pevents-{os.geteuid()}"
    folder = runtime_folder(session, mounts=mounts, shared_memory=shared)
    assert folder == tmp_path / "run_dir" / "p2pevents"
    assert folder.stat().st_mode & 0o777 == 0o700
    assert runtime_folder(session, mounts=mounts, shared_memory=shared) == folder
    assert runtime_folder({}, mounts=mounts, shared_memory=shared) == shared / ours
    gone = {"XDG_RUNTIME_DIR": str(tmp_path / "gone")}
    assert runtime_folder(gone, mounts=mounts, shared_memory=shared) == shared / ours


def test_a_folder_on_a_disk_is_passed_over(tmp_path: Path) -> None:
    shared = tmp_path / "shm"
    session = {"XDG_RUNTIME_DIR": str(tmp_path / "run")}
    mounts = mounts_of(tmp_path, run="ext4", shm="ramfs")
    assert runtime_folder(session, mounts=mounts, shared_memory=shared).parent == shared
    with mounts.open("a") as file:  # mounted over
        file.write(f"/dev/sdb1 {shared} xfs rw 0 0\n")
    with pytest.raises(StateError, match="no folder in memory") as caught:
        runtime_folder(session, mounts=mounts, shared_memory=shared)
    assert "--passphrase-file" in caught.value.hint


def test_a_system_that_does_not_list_its_mounts_has_no_such_folder(tmp_path: Path) -> None:
    with pytest.raises(StateError, match="no folder in memory"):
        runtime_folder({}, mounts=tmp_path / "none", shared_memory=tmp_path)


def test_a_folder_that_somebody_else_made_or_opened_is_refused(tmp_path: Path) -> None:
    mounts = mounts_of(tmp_path, shm="tmpfs")
    shared = tmp_path / "shm"
    folder = shared / f"p2pevents-{os.geteuid()}"
    folder.mkdir(mode=0o700)
    folder.chmod(0o750)
    with pytest.raises(StateError, match="others may look inside"):
        runtime_folder({}, mounts=mounts, shared_memory=shared)
    folder.rmdir()
    (shared / "elsewhere").mkdir(mode=0o700)
    folder.symlink_to(shared / "elsewhere")  # its own mode is not the folder's
    with pytest.raises(StateError, match="others may look inside"):
        runtime_folder({}, mounts=mounts, shared_memory=shared)
    folder.unlink()
    folder.write_text("")
    with pytest.raises(StateError, match="cannot be made: file exists"):
        runtime_folder({}, mounts=mounts, shared_memory=shared)


@pytest.mark.skipif(not Path("/proc/self/mounts").exists(), reason="no Linux kernel")
def test_on_this_machine_it_is_found_or_its_absence_is_said() -> None:
    try:
        folder = runtime_folder({})
    except StateError:
        return
    assert folder.name == f"p2pevents-{os.geteuid()}"
    if not any(folder.iterdir()):
        folder.rmdir()
