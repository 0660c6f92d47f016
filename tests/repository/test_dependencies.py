"""What the project depends on is bounded, and what is installed is locked by hash."""

import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[2]
LOCKS = {path.stem: path for path in sorted((ROOT / ".ci" / "lock").glob("*.txt"))}
PINNED = re.compile(r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+?)(?: ; (?P<marker>.+?))?(?: \\)?$")

# Time zones change by law, not by API: an upper bound would only keep old rules.
UNBOUNDED_ABOVE = {"tzdata"}
# libp2p asks for it; docs/adr/0002-without-fastecdsa.md says why nobody is made to install it.
LEFT_OUT = "fastecdsa"


def project() -> dict[str, object]:
    """The whole of pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def requirements(*groups: str) -> list[Requirement]:
    """What the project itself depends on, and what the dependency groups named add to it."""
    document = project()
    table = document["project"]
    extra = document["dependency-groups"]
    assert isinstance(table, dict)
    assert isinstance(extra, dict)
    lines = [*table["dependencies"]]
    for group in groups:
        lines += [entry for entry in extra[group] if isinstance(entry, str)]
    return [Requirement(line) for line in lines]


def pins(lock: str) -> dict[str, set[str]]:
    """Name to the versions that a lock pins for the Pythons it serves."""
    found: dict[str, set[str]] = {}
    for line in LOCKS[lock].read_text(encoding="utf-8").splitlines():
        if match := PINNED.match(line):
            found.setdefault(match["name"], set()).add(match["version"])
    return found


@pytest.mark.parametrize(
    "requirement", requirements("test", "lint", "build"), ids=lambda requirement: requirement.name
)
def test_every_dependency_is_bounded(requirement: Requirement) -> None:
    operators = {specifier.operator for specifier in requirement.specifier}
    if operators != {"=="}:
        assert ">=" in operators
        assert "<" in operators or requirement.name in UNBOUNDED_ABOVE


@pytest.mark.parametrize(
    ("lock", "groups"),
    [("run", ()), ("dev", ("test", "lint", "build")), ("build", ("build",))],
)
def test_locks_hold_every_dependency_at_a_version_within_its_bounds(
    lock: str, groups: tuple[str, ...]
) -> None:
    pinned = pins(lock)
    named = requirements(*groups)
    if lock == "build":
        named = named[len(requirements()) :]
    for requirement in named:
        versions = pinned[requirement.name.lower()]
        assert all(requirement.specifier.contains(version) for version in versions), requirement


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_name_no_host_and_no_path(lock: str) -> None:
    for line in LOCKS[lock].read_text(encoding="utf-8").splitlines():
        if not line.lstrip().startswith("#"):
            assert "/" not in line
        assert "://" not in line
        assert " /" not in line
        assert not line.startswith(("-i", "--index", "--extra", "--find", "-f", "--trusted"))


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_pin_every_line_by_hash(lock: str) -> None:
    lines = LOCKS[lock].read_text(encoding="utf-8").splitlines()
    assert "--require-hashes" in lines
    assert pins(lock)
    for line, following in zip(lines, [*lines[1:], ""], strict=True):
        if line and line[0] not in " #-":
            assert PINNED.match(line), line
            assert re.match(r"    --hash=sha256:[0-9a-f]{64}", following), line


@pytest.mark.parametrize("lock", LOCKS)
def test_locks_leave_out_what_would_want_a_compiler(lock: str) -> None:
    assert LEFT_OUT not in pins(lock)


def test_locks_agree_with_each_other() -> None:
    everything = pins("dev")
    for lock in ("run", "build"):
        assert {name: everything[name] for name in pins(lock)} == pins(lock)
