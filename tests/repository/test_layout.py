"""The repository itself: what lies where, and what it must not say."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
TOP = {"LICENSE", "README.md", "docs", "node_config", "p2pevents", "pyproject.toml", "tests"}

# An absolute path of somebody's machine.
MACHINE_PATH = re.compile(r"(?<![\w.}])/(?:root|work|Users)/")
ATTRIBUTION = re.compile("co-authored" + "-by", re.IGNORECASE)


def tracked() -> list[str]:
    """Every path that git tracks, relative to the project's root."""
    if not (ROOT / ".git").exists() or shutil.which("git") is None:
        pytest.skip("no git checkout, or no git: what is tracked is not known")
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    )
    return [path for path in listed.stdout.split("\0") if path and (ROOT / path).exists()]


def test_top_level_holds_only_the_fixed_names() -> None:
    top = {path.split("/", 1)[0] for path in tracked()}
    assert {name for name in top if not name.startswith(".")} <= TOP


def test_no_file_names_a_machine() -> None:
    told = [
        f"{path}:{number}"
        for path in tracked()
        for number, line in enumerate((ROOT / path).read_bytes().split(b"\n"), 1)
        if MACHINE_PATH.search(line.decode(errors="replace"))
        or ATTRIBUTION.search(line.decode(errors="replace"))
    ]
    assert told == []


def test_every_test_file_lies_in_a_folder_that_some_part_runs() -> None:
    assert [path for path in tracked() if re.fullmatch(r"tests/test_[^/]*\.py", path)] == []


@pytest.mark.parametrize(
    "line", ["see /" + "work/main/x", "cd /" + "root/.cache", "'/" + "Users/ann/x'"]
)
def test_machine_paths_are_recognised(line: str) -> None:
    assert MACHINE_PATH.search(line)


@pytest.mark.parametrize("line", [".ci/work/x", "tests/root/x", "https://example.org/works"])
def test_relative_paths_are_no_machine_paths(line: str) -> None:
    assert not MACHINE_PATH.search(line)
