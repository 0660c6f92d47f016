"""A home in one file: made while its node runs, and put into an empty home again.

The file is a ZIP archive, for its owner alone: `backup.json` first, which names
every other file with its size and SHA-256, then the log, what is kept privately beside it, the
configuration and the keys as they stand. Nothing is encrypted here: keys under a
passphrase stay so.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from p2pevents import __version__
from p2pevents.errors import InputError, LogDamagedError, LogError, StateError, reason_of
from p2pevents.keys.keyring import KEYS_MAX, Keyring
from p2pevents.keys.private_file import PRIVATE_FILE_BYTES_MAX
from p2pevents.log.copies import sync_path
from p2pevents.log.restore import restore_log
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.config import CONFIG_BYTES_MAX, load_config
from p2pevents.node.home import Home

__all__ = ["BACKUP_VERSION", "Backup", "restore", "write_backup"]

BACKUP_VERSION: Final = 1
MANIFEST_BYTES_MAX: Final = 256 * 1024
LOG_BYTES_MAX: Final = 1024**4
_FORMAT: Final = "p2pevents backup"
_MANIFEST: Final = "backup.json"
_LOG, _PRIVATE, _NODE_KEY, _CONFIG = "log.sqlite3", "private.sqlite3", "node.key", "config.toml"
_KEY: Final = re.compile(r"keys/[a-z0-9-]{1,64}\.(?:key|txt)", re.ASCII)
_LOGS: Final = frozenset({_LOG, _PRIVATE})
_FILES_MAX: Final = 2 * KEYS_MAX + 4
_PIECE_BYTES: Final = 1024 * 1024
_FILE_MODE: Final = 0o600
# What the library raises for a file that is no archive, cut short or altered.
_BROKEN: Final = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    UnicodeDecodeError,
)
# The library bounds what it unpacks at once for these alone: of 500 bytes by another one it
# would make gigabytes before the first is handed over.
_METHODS: Final = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_MADE: Final = r"\A([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z)?\Z"


class _File(msgspec.Struct, frozen=True, kw_only=True):
    """One file of the archive: its size and its SHA-256 as hexadecimal text."""

    bytes: int
    sha256: str


class _Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What `backup.json` says."""

    format: str
    version: int
    files: dict[str, _File]
    made: Annotated[str, msgspec.Meta(pattern=_MADE)] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """What stands in a backup.

    Attributes:
        files: the names in it.
        bytes: the size of the file itself.
        made: when it was made, as ISO 8601 in UTC.
        keys_in_clear: how many of an organiser's keys in it are under no passphrase; None where
            the file was read and not written.
    """

    files: tuple[str, ...]
    bytes: int
    made: str
    keys_in_clear: int | None = None


# --- making one --------------------------------------------------------------------------------


def write_backup(home: Home, to: Path, *, now_ms: int) -> Backup:
    """Copy log, keys and configuration into one file, while they are in use or not.

    The file appears whole or not at all. An older backup of that name is replaced,
    another file never.

    Raises:
        StateError: there is nothing to copy.
        InputError: another file has that name, or it cannot be written.
        LogError: the log cannot be read.
    """
    if not home.log.exists() and not home.node_key.exists():
        raise StateError(
            f"{home.folder}: there is nothing here to back up",
            hint="--home names another folder, and p2pevents status shows which is used",
        )
    if to.exists() and not _is_backup(to):
        raise InputError(
            f"{to}: stands there, and is no backup", hint="name another file by --output"
        )
    if not to.parent.is_dir():
        raise InputError(f"{to.parent}: is not there", hint="name another folder by --output")
    keyring = Keyring(home.keys)
    in_clear = sum(not each.locked for each in (*keyring.list(), *keyring.sheets()))
    made = f"{datetime.fromtimestamp(now_ms / 1000, tz=UTC):%Y-%m-%dT%H:%M:%SZ}"
    if not os.access(to.parent, os.W_OK | os.X_OK):
        raise InputError(
            f"{to}: cannot be written: permission denied", hint="name another file by --output"
        )
    partial = to.with_name(f"{to.name}.partial")
    log_copy, private_copy = (to.with_name(f"{to.name}.{each}") for each in ("log", "private"))
    try:
        files = dict(_small_files(home))
        if home.log.exists():
            _copy_log(home.log, log_copy)
            files[_LOG] = log_copy
        # After the log: what leaves that meanwhile is here then, and not lost between the two.
        if home.private_log.exists():
            with suppress(LogDamagedError):  # most of it comes again, and the doctor says so
                _copy_log(home.private_log, private_copy)
                files[_PRIVATE] = private_copy
        _write_archive(partial, files, made=made)
        partial.replace(to)
        sync_path(to.parent)
    except OSError as error:
        raise InputError(
            f"{to}: cannot be written: {reason_of(error)}",
            hint="name another place by --output",
        ) from None
    finally:
        for path in (partial, log_copy, private_copy):
            path.unlink(missing_ok=True)
    return Backup(
        files=tuple(files),
        bytes=to.stat().st_size,
        made=made,
        keys_in_clear=in_clear,
    )


def _small_files(home: Home) -> Iterator[tuple[str, Path]]:
    """Yield what is copied beside the log, by the name that it has in a backup."""
    for name, path in ((_CONFIG, home.config), (_NODE_KEY, home.node_key)):
        if path.exists():
            yield name, path
    for path in sorted(home.keys.glob("*")):
        if _KEY.fullmatch(name := f"keys/{path.name}"):
            yield name, path


def _copy_log(path: Path, to: Path) -> None:
    log = SqliteLog(path)
    try:
        log.copy(to)
    finally:
        log.close()


def _write_archive(to: Path, files: dict[str, Path], *, made: str) -> None:
    to.unlink(missing_ok=True)
    manifest = {
        "format": _FORMAT,
        "version": BACKUP_VERSION,
        "program": __version__,
        "made": made,
        "files": {
            name: {"bytes": path.stat().st_size, "sha256": _digest(path)}
            for name, path in files.items()
        },
    }
    with open(to, "xb", opener=_for_its_user) as file:
        with zipfile.ZipFile(file, "w", compression=zipfile.ZIP_DEFLATED, compresslevel=6) as new:
            new.writestr(_MANIFEST, json.dumps(manifest, indent=2))
            for name, path in files.items():
                new.write(path, name)
        file.flush()
        os.fsync(file.fileno())


# --- reading one -------------------------------------------------------------------------------


def restore(file: Path, home: Home, *, moves: bool) -> Backup:
    """Put a backup into an empty home.

    The log gets a new incarnation, since positions that were given after the copy
    was made would be given again, to other records. Without `moves` the node's own key
    stays behind: a new one is made when it is first needed, so that two machines
    never answer to one name.

    Args:
        file: what `write_backup` made.
        home: where to; it has nothing in it.
        moves: that the home goes on here, and nowhere else: the node's key comes along.

    Raises:
        StateError: the home is not empty.
        InputError: the file is no backup, damaged, or made by a newer program.
        LogError: the log in it is damaged, or cannot be written.
    """
    _check_empty(home)
    with _opened(file) as archive:
        manifest = _manifest(archive, file)
        home.create()
        staging = home.folder / "restore.partial"
        with ExitStack() as cleared, ExitStack() as undo:
            cleared.callback(shutil.rmtree, staging, ignore_errors=True)
            _unpack(archive, manifest, staging, file)
            for name in manifest.files:
                if name in _LOGS or (name == _NODE_KEY and not moves):
                    continue
                to = home.folder / name
                (staging / name).replace(to)
                undo.callback(to.unlink, missing_ok=True)
            if _LOG in manifest.files:
                restore_log(staging / _LOG, home.log)
            if _PRIVATE in manifest.files:
                with suppress(LogDamagedError):
                    restore_log(staging / _PRIVATE, home.private_log)
            undo.pop_all()  # all of it stands: nothing is taken back
    return Backup(
        files=tuple(manifest.files),
        bytes=file.stat().st_size,
        made=manifest.made,
    )


def _check_empty(home: Home) -> None:
    """Refuse a home with anything in it but the empty folder of keys."""
    try:
        found = [path for path in home.folder.iterdir() if path != home.keys]
        found += home.keys.iterdir() if home.keys.is_dir() else ()
    except FileNotFoundError:
        return
    except OSError as error:
        raise StateError(
            f"{home.folder}: cannot be read: {reason_of(error)}",
            hint="--home names another folder",
        ) from None
    if found:
        raise StateError(
            f"{home.folder}: is not empty: {found[0].name} would be lost",
            hint="move it away first, or name another folder by --home",
        )


@contextmanager
def _opened(file: Path) -> Iterator[zipfile.ZipFile]:
    """Open an archive, and say of whatever is wrong with it that it is damaged."""
    try:
        with zipfile.ZipFile(file) as archive:
            yield archive
    except _BROKEN:
        raise _damaged(file) from None
    except OSError as error:
        raise InputError(f"{file}: cannot be read: {reason_of(error)}") from None


def _manifest(archive: zipfile.ZipFile, file: Path) -> _Manifest:
    names = archive.namelist()
    if _MANIFEST not in names:
        raise InputError(f"{file}: is no backup", hint="p2pevents backup -o FILE makes one")
    if any(each.compress_type not in _METHODS for each in archive.infolist()):
        raise _damaged(file)
    with archive.open(_MANIFEST) as part:
        data = part.read(MANIFEST_BYTES_MAX + 1)
    try:
        said: Any = json.loads(data)
        if said["format"] != _FORMAT:
            raise InputError(f"{file}: is no backup", hint="p2pevents backup -o FILE makes one")
        if type(said["version"]) is int and said["version"] > BACKUP_VERSION:
            raise InputError(
                f"{file}: was made by a newer p2pevents", hint="update p2pevents, then do it again"
            )
        manifest = msgspec.convert(said, _Manifest)
    except (ValueError, KeyError, TypeError, RecursionError, msgspec.ValidationError):
        raise _damaged(file) from None
    files = manifest.files
    if sorted(names) != sorted([_MANIFEST, *files]) or len(files) > _FILES_MAX:
        raise _damaged(file)
    if any(not 0 <= each.bytes <= _bytes_max(name) for name, each in files.items()):
        raise _damaged(file)
    return manifest


def _bytes_max(name: str) -> int:
    """Return how large a file of a backup may be; -1 for a name that none has."""
    if name in _LOGS:
        return LOG_BYTES_MAX
    if name == _CONFIG:
        return CONFIG_BYTES_MAX
    return PRIVATE_FILE_BYTES_MAX if name == _NODE_KEY or _KEY.fullmatch(name) else -1


def _unpack(archive: zipfile.ZipFile, manifest: _Manifest, to: Path, file: Path) -> None:
    """Write every file of a backup beneath a folder, each compared with its sum."""
    (to / "keys").mkdir(mode=0o700, parents=True)
    needed = 2 * sum(each.bytes for each in manifest.files.values())
    if shutil.disk_usage(to).free < needed:
        raise LogError(
            f"{to.parent}: there is no room for {needed // 1024**2} MiB",
            hint="free some space, or name a folder on another disk by --home",
        )
    for name, stated in manifest.files.items():
        sum_ = hashlib.sha256()
        size = 0
        with (
            archive.open(name) as source,
            open(to / name, "xb", opener=_for_its_user) as target,
        ):
            while size <= stated.bytes and (piece := source.read(_PIECE_BYTES)):
                size += len(piece)
                sum_.update(piece)
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        if size != stated.bytes or sum_.hexdigest() != stated.sha256:
            raise _damaged(file)
    if _CONFIG in manifest.files:
        load_config(to / _CONFIG)


def _is_backup(path: Path) -> bool:
    try:
        with _opened(path) as archive:
            _manifest(archive, path)
    except InputError:
        return False
    return True


def _damaged(file: Path) -> InputError:
    return InputError(
        f"{file}: is damaged, or is no backup", hint="take another copy; nothing was changed here"
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _for_its_user(path: str, flags: int) -> int:
    return os.open(path, flags, _FILE_MODE)
