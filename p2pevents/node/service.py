"""What makes a node part of a machine: a systemd unit, a menu entry, a handler of links."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from p2pevents.errors import InputError, StateError, reason_of

__all__ = ["UNIT_NAME", "desktop_text", "remove_file", "run_tool", "unit_text", "write_file"]

UNIT_NAME: Final = "p2pevents.service"
_TOOL_S_MAX: Final = 30.0

# What a node never needs. `systemd-analyze security` weighs them; docs/operating.md has its sum.
_HARDENING: Final = """\
UMask=0077
NoNewPrivileges=yes
CapabilityBoundingSet=
AmbientCapabilities=
PrivateTmp=yes
PrivateDevices=yes
ProtectSystem=strict
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
ProtectProc=invisible
ProcSubset=pid
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallFilter=~@privileged @resources
SystemCallErrorNumber=EPERM
"""
# A user's manager has no leave for what needs another user's, and refuses the unit then.
_USER_HARDENING: Final = """\
UMask=0077
NoNewPrivileges=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
"""


def unit_text(
    *, program: Sequence[str], home: Path, user: str | None, options: Sequence[str]
) -> str:
    """Return a systemd unit that runs a node.

    Args:
        program: the words that start p2pevents, the first an absolute path.
        home: the node's home, absolute; of a system's unit the one folder that it may write.
        user: the account that runs it, for the system's manager; None for a user's own.
        options: what stands after `run`.
    """
    command = " ".join(_word(word) for word in (*program, "--home", str(home), "run", *options))
    is_system = user is not None
    lines = [
        "[Unit]",
        "Description=p2pevents node",
        *(["After=network-online.target", "Wants=network-online.target"] if is_system else []),
        "StartLimitIntervalSec=300",
        "StartLimitBurst=10",
        "",
        "[Service]",
        *([f"User={user}"] if is_system else []),
        f"ExecStart={command}",
        "Restart=on-failure",
        "RestartSec=10",
        "TimeoutStopSec=15",
    ]
    if is_system:
        hidden = "read-only" if home.parts[1:2] in (("home",), ("root",)) else "yes"
        lines += [f"ProtectHome={hidden}", f"ReadWritePaths={_path(home)}"]
    text = "\n".join(lines) + "\n" + (_HARDENING if is_system else _USER_HARDENING)
    target = "multi-user.target" if is_system else "default.target"
    return f"{text}\n[Install]\nWantedBy={target}\n"


def desktop_text(*, program: Sequence[str]) -> str:
    """Return a desktop entry: p2pevents in the menu, and what opens its links."""
    command = " ".join(_desktop_word(word) for word in program)
    return (
        "[Desktop Entry]\n"
        "Type=Application\n"
        "Version=1.0\n"
        "Name=p2pevents\n"
        "Comment=Community events, from peer to peer\n"
        "Comment[fr]=Les événements des communautés, de pair à pair\n"
        f"Exec={command} open %u\n"
        "Icon=x-office-calendar\n"
        "Terminal=false\n"
        "Categories=Office;Calendar;\n"
        "Keywords=events;calendar;meetup;agenda;\n"
        "MimeType=x-scheme-handler/p2pevents;\n"
    )


def write_file(path: Path, text: str) -> bool:
    """Write a file whole or not at all; tell whether it was another before.

    Raises:
        StateError: it cannot be written.
    """
    try:
        if path.exists() and path.read_text("utf-8") == text:
            return False
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_text(text, "utf-8")
        new.chmod(0o644)
        new.replace(path)
    except (OSError, UnicodeDecodeError) as error:
        raise StateError(
            f"{path}: cannot be written: {reason_of(error)}",
            hint="as another user, or look at it first by --print",
        ) from None
    return True


def remove_file(path: Path) -> bool:
    """Remove a file; tell whether it was there.

    Raises:
        StateError: it cannot be removed.
    """
    try:
        path.unlink()
    except FileNotFoundError:
        return False
    except OSError as error:
        raise StateError(f"{path}: cannot be removed: {reason_of(error)}") from None
    return True


def run_tool(*words: str) -> str | None:
    """Run a tool of the system; return None where it did well, else why it did not."""
    try:
        done = subprocess.run(  # noqa: S603 - words of this program alone, and no shell
            words,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=_TOOL_S_MAX,
            check=False,
            env={**os.environ, "LC_ALL": "C"},
        )
    except FileNotFoundError:
        return f"{words[0]} is not installed"
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)
    return None if not done.returncode else " ".join(done.stderr.split()) or "it failed"


def _word(word: str) -> str:
    """Return a word as systemd reads it: quoted, its own signs taken as they are."""
    _refuse_control(word)
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"' if escaped != word or " " in word or "'" in word else word


def _path(path: Path) -> str:
    """Return a path as systemd reads one in a list of paths."""
    _refuse_control(str(path))
    escaped = str(path).replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped}"' if escaped != str(path) or " " in escaped or "'" in escaped else escaped


def _desktop_word(word: str) -> str:
    """Return a word as the desktop entry specification has it: quoted, then escaped as a value."""
    _refuse_control(word)
    if all(letter.isalnum() or letter in "/._-+" for letter in word):
        return word
    quoted = "".join("\\" + letter if letter in '"`$\\' else letter for letter in word)
    return '"' + quoted.replace("\\", "\\\\").replace("%", "%%") + '"'


def _refuse_control(word: str) -> None:
    if not word.isprintable():
        raise InputError(
            f"{word!r} has a sign that no unit and no menu entry can hold",
            hint="give the folder another name",
        )
