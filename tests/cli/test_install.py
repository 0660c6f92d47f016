"""A unit that systemd takes, an entry that desktops take, and what a tab completes."""

from __future__ import annotations

import configparser
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from p2pevents.errors import InputError
from p2pevents.node.service import desktop_text, unit_text
from tests.cli.conftest import Run
from tests.cli.people import PARIS

_EXPOSURE_MAX = 2.5  # of ten, as systemd-analyze weighs a system's unit
_PROGRAM = [sys.executable, "-m", "p2pevents.cli"]
ANALYZE = shutil.which("systemd-analyze")
VALIDATE = shutil.which("desktop-file-validate")


@pytest.fixture(autouse=True)
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "no-systemctl"))


HOMES = [
    "/var/lib/p2pevents",
    "/srv/with space",
    '/srv/a"b',
    "/srv/100%",
    "/srv/$HOME",
    "/home/a/x",
]


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
@pytest.mark.parametrize("home", HOMES)
@pytest.mark.parametrize("user", ["daemon", None])
def test_systemd_accepts_the_unit(home: str, user: str | None, tmp_path: Path) -> None:
    assert ANALYZE is not None
    unit = tmp_path / "p2pevents.service"
    program = (sys.executable, "-P", "-m", "p2pevents.cli")
    unit.write_text(unit_text(program=program, home=Path(home), user=user, options=()))
    manager = [] if user else ["--user"]
    done = subprocess.run(
        [ANALYZE, "verify", *manager, str(unit)], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed")
def test_the_unit_of_the_system_is_hardened(tmp_path: Path) -> None:
    assert ANALYZE is not None
    unit = tmp_path / "p2pevents.service"
    text = unit_text(program=("/bin/true",), home=Path("/srv/x"), user="daemon", options=())
    unit.write_text(text)
    done = subprocess.run(
        [ANALYZE, "security", "--offline=true", str(unit)],
        capture_output=True,
        text=True,
        check=False,
    )
    if "unrecognized option" in done.stderr:
        pytest.skip("this systemd-analyze weighs no file")
    level = done.stdout.rpartition("p2pevents.service: ")[2].split()[0]
    assert float(level) <= _EXPOSURE_MAX


@pytest.mark.parametrize("home", HOMES)
def test_a_home_reaches_the_program_as_it_is(home: str) -> None:
    """By systemd's own rules of quoting: what is between quotes, with its signs taken back."""
    text = unit_text(program=("/bin/p2pevents",), home=Path(home), user=None, options=("--light",))
    (line,) = [line for line in text.splitlines() if line.startswith("ExecStart=")]
    words = line.removeprefix("ExecStart=").replace("%%", "%").replace("$$", "$")
    assert words.replace('\\"', "\0").replace('"', "").replace("\0", '"') == (
        f"/bin/p2pevents --home {home} run --light"
    )


def test_a_name_that_would_begin_another_line_is_refused() -> None:
    with pytest.raises(InputError, match="no unit and no menu entry"):
        unit_text(
            program=("/bin/x",), home=Path("/srv/a\nExecStartPre=/bin/y"), user=None, options=()
        )
    with pytest.raises(InputError, match="no unit and no menu entry"):
        desktop_text(program=("/srv/a\nExec=/bin/y",))


@pytest.mark.skipif(VALIDATE is None, reason="desktop-file-validate is not installed")
@pytest.mark.parametrize("program", ["/usr/bin/p2pevents", '/srv/my "own" $x%/p2pevents'])
def test_desktops_accept_the_entry(program: str, tmp_path: Path) -> None:
    assert VALIDATE is not None
    entry = tmp_path / "p2pevents.desktop"
    entry.write_text(desktop_text(program=(program,)), "utf-8")
    done = subprocess.run([VALIDATE, str(entry)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_entry_opens_links_of_chapters() -> None:
    entry = configparser.RawConfigParser()
    entry.read_string(desktop_text(program=("/usr/bin/p2pevents",)))
    assert entry["Desktop Entry"]["exec"] == "/usr/bin/p2pevents open %u"
    assert entry["Desktop Entry"]["mimetype"] == "x-scheme-handler/p2pevents;"


def test_a_service_is_printed_written_and_taken_away(run: Run, tmp_path: Path) -> None:
    unit = tmp_path / "config" / "systemd" / "user" / "p2pevents.service"
    printed = run("install-service", "--print")
    assert printed.code == 0
    assert not unit.exists()
    done = run("install-service")
    assert done.code == 0
    assert "systemd did not start it: systemctl is not installed" in done.err
    assert unit.read_text() == printed.out
    assert "stands already" in run("install-service").out
    assert "removed" in run("install-service", "--uninstall").out
    assert not unit.exists()
    assert run("install-service", "--uninstall", "--json").json["removed"] is False


def test_a_service_of_nobody_is_refused(run: Run) -> None:
    assert "no account" in run("install-service", "--system", "--user", "no-such", "--print").err
    assert "is for --system" in run("install-service", "--user", "daemon", "--print").err
    assert "User=daemon" in run("install-service", "--system", "--user", "daemon", "--print").out


def test_a_menu_entry_is_printed_written_and_taken_away(run: Run, tmp_path: Path) -> None:
    entry = tmp_path / "data" / "applications" / "p2pevents.desktop"
    printed = run("install-desktop", "--print").out
    assert not entry.exists()
    assert run("install-desktop").code == 0
    assert entry.read_text("utf-8") == printed
    assert run("install-desktop", "--uninstall", "--json").json["removed"] is True
    assert not entry.exists()


# --- completion ----------------------------------------------------------------------------------


def complete(home: Path, words: str) -> list[str]:
    """Return what a tab after these words offers, as bash is told of it."""
    typed = words.split(" ")
    done = subprocess.run(
        _PROGRAM,
        capture_output=True,
        text=True,
        check=True,
        env={
            **os.environ,
            "P2PEVENTS_HOME": str(home),
            "_P2PEVENTS_COMPLETE": "bash_complete",
            "COMP_WORDS": words,
            "COMP_CWORD": str(len(typed) - 1),
        },
    )
    assert done.stderr == ""
    return [line.partition(",")[2] for line in done.stdout.splitlines() if line]


def test_a_tab_completes_commands_chapters_and_ids(run: Run, home: Path) -> None:
    run("chapter", "found", *PARIS)
    event = run("event", "add", "--title", "One", "--start", "2027-01-06 18:30", "--json").json[
        "id"
    ]
    assert complete(home, "p2pevents inst") == ["install-service", "install-desktop"]
    assert complete(home, "p2pevents agenda --chapter par") == ["Paris P2P"]
    assert complete(home, "p2pevents agenda --chapter x") == []
    assert complete(home, "p2pevents event show ") == [event]
    assert complete(home, f"p2pevents event move {event[:3]}") == [event]


def test_a_tab_where_nothing_is_says_nothing_and_makes_nothing(home: Path) -> None:
    assert complete(home, "p2pevents event show ") == []
    assert complete(home, "p2pevents no-such x") == []
    assert not home.exists()
    home.mkdir()
    (home / "log.sqlite3").write_text("no log")
    assert complete(home, "p2pevents agenda --chapter p") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_gets_its_script_and_its_line(
    run: Run, shell: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "_P2PEVENTS_COMPLETE" in run("completion", shell).out
    monkeypatch.setenv("SHELL", f"/bin/{shell}")
    assert f"p2pevents completion {shell}" in run("completion").out


# --- version -------------------------------------------------------------------------------------


def test_the_log_is_looked_at_and_left_as_it_is(run: Run, home: Path) -> None:
    import sqlite3

    assert "none yet" in run("version", "--check-log").out
    assert not home.exists()
    run("me")
    facts = run("version", "--check-log", "--json").json
    assert facts["fits"] is True
    assert facts["logVersion"] == facts["programKnows"]
    connection = sqlite3.connect(home / "log.sqlite3")
    connection.execute("PRAGMA user_version = 9999")
    connection.commit()
    connection.close()
    outcome = run("version", "--check-log")
    assert outcome.code == 1
    assert "a newer program wrote it" in outcome.out
