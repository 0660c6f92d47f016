"""The two commands of README.md, and the parts that the second one runs."""

import importlib.util
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = ROOT / "README.md"
SHELL_SCRIPTS = [".ci/demo", ".ci/install", ".ci/lock/update", ".ci/run", ".ci/test"]


@pytest.fixture(scope="module")
def runner() -> ModuleType:
    """The module that runs the suite, which is a script and lies in no package."""
    spec = importlib.util.spec_from_file_location("parts", ROOT / ".ci" / "parts.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def make_tests(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).mkdir(parents=True)
        (folder / name / "test_it.py").touch()
    return folder


def alive(process_id: int) -> bool:
    """Whether a process runs still; one that only waits to be collected does not."""
    try:
        status = Path(f"/proc/{process_id}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
    return "State:\tZ" not in status


@pytest.mark.parametrize("command", ["sh .ci/demo", "sh .ci/test"])
def test_readme_has_both_commands_on_a_line_of_their_own(command: str) -> None:
    lines = README.read_text(encoding="utf-8").splitlines()
    assert f"    {command}" in lines
    assert (ROOT / command.split()[1]).exists()


def test_ci_calls_the_test_command_of_the_readme() -> None:
    assert re.search(r"\bsh \.ci/test\b", (ROOT / ".ci" / "run").read_text(encoding="utf-8"))


@pytest.mark.parametrize("script", SHELL_SCRIPTS)
def test_shell_scripts_parse_and_may_be_executed(script: str) -> None:
    path = ROOT / script
    shell = "bash" if script == ".ci/run" else "sh"
    subprocess.run([shell, "-n", str(path)], check=True)
    assert os.access(path, os.X_OK)


def install(venv: Path, *, python: Path | str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", ROOT / ".ci" / "install", venv, ".ci/lock/run.txt"],
        env={**os.environ, "PYTHON": str(python)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_install_names_what_is_missing_without_a_fitting_python(tmp_path: Path) -> None:
    done = install(tmp_path / "venv", python="no-such-python")
    assert done.returncode == 1
    assert "p2pevents: error: no Python 3.11, 3.12 or 3.13 was found" in done.stderr
    assert "p2pevents: hint: " in done.stderr
    assert not (tmp_path / "venv").exists()


def test_install_names_the_package_that_debian_keeps_apart(tmp_path: Path) -> None:
    python = tmp_path / "python3"
    python.write_text(
        f'#!/bin/sh\ncase "$2" in *ensurepip*) exit 1 ;; esac\nexec {sys.executable} "$@"\n'
    )
    python.chmod(0o755)
    done = install(tmp_path / "venv", python=python)
    assert done.returncode == 1
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert f"sudo apt install python{version}-venv" in done.stderr
    assert not (tmp_path / "venv").exists()


def test_install_leaves_an_environment_of_somebody_else_alone(tmp_path: Path) -> None:
    (tmp_path / "venv").mkdir()
    (tmp_path / "venv" / "mine").touch()
    done = install(tmp_path / "venv", python=sys.executable)
    assert done.returncode == 1
    assert "stands already" in done.stderr
    assert [path.name for path in (tmp_path / "venv").iterdir()] == ["mine"]


def test_every_test_folder_is_in_exactly_one_part(runner: ModuleType) -> None:
    folders = [folder for part in runner.parts() for folder in part.folders]
    stand = {
        path.relative_to(ROOT / "tests").parts[0]
        for path in (ROOT / "tests").glob("*/**/test_*.py")
    }
    assert sorted(folders) == sorted(stand - set(runner.LEFT_OUT))


def test_a_part_without_a_folder_is_left_out(runner: ModuleType, tmp_path: Path) -> None:
    tests = make_tests(tmp_path, "record", "net", "bench")
    assert [(part.name, part.folders, part.dist) for part in runner.parts(tests)] == [
        ("unit and property", ("record",), "worksteal"),
        ("sockets and kills", ("net",), "loadfile"),
    ]


def test_a_part_that_fails_without_a_failed_test_still_counts(runner: ModuleType) -> None:
    outcomes = [
        runner.Outcome(name="lint and types", took_s=61.0, budget_min=1.0, good=False),
        runner.Outcome(name="hostile", took_s=30.0, budget_min=6.0, passed=4, skipped=1),
    ]
    assert runner.closing(outcomes) == "4 passed, 1 failed, 1 skipped"
    lint, hostile = runner.table(outcomes).splitlines()[1:3]
    assert "FAILED" in lint
    assert "over budget" in lint
    assert "FAILED" not in hostile


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="reads Linux's /proc")
def test_what_hangs_is_ended_with_its_children(runner: ModuleType, tmp_path: Path) -> None:
    child = "import time; time.sleep(60)"
    parent = (
        "import pathlib, subprocess, sys, time\n"
        f"child = subprocess.Popen([sys.executable, '-c', {child!r}])\n"
        f"pathlib.Path({str(tmp_path / 'pid')!r}).write_text(str(child.pid))\n"
        "time.sleep(60)"
    )
    assert runner.run([sys.executable, "-c", parent], stop_s=2.0, env=dict(os.environ)) == 1
    child_id = int((tmp_path / "pid").read_text())
    give_up_s = time.monotonic() + 10.0
    while alive(child_id) and time.monotonic() < give_up_s:
        time.sleep(0.05)
    assert not alive(child_id)
