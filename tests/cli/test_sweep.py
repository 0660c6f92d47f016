"""Every command with every option, and what does not fit there: no fault, no dead end."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click
import pytest

from tests.cli.sweeping import SCREEN, World, build, cases, commands, run

# A colour is the one sequence that the program itself sends to a screen.
CONTROL = re.compile("[\x00-\x09\x0b-\x1f\x7f\u202a-\u202e\ud800-\udfff]")
COLOUR = re.compile("\x1b\\[[0-9;]*m")
LINE_CHARACTERS_MAX = 1_100


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> World:
    return build(tmp_path_factory.mktemp("world"))


@pytest.fixture
def world(built: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """A copy of it for one command, whose person has no other home."""
    for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"):
        monkeypatch.setenv(name, str(tmp_path))
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    return built.at(Path(shutil.copytree(built.folder, tmp_path / "world")))


@pytest.mark.parametrize(
    ("path", "command"), [pytest.param(*each, id=" ".join(each[0])) for each in commands()]
)
def test_whatever_is_typed_a_command_ends_with_an_answer_or_with_what_is_wrong(
    world: World, path: tuple[str, ...], command: click.Command
) -> None:
    tried = 0
    for number, words in enumerate(cases(path, command, world)):
        home = world.folder / f"fresh-{number}" if path == ("restore",) else world.home
        outcome = run(home, *path, *words)
        where = (path, [word[:60] for word in words], outcome.code, outcome.err[:500])
        assert outcome.code in (0, 1, 2, 3), where
        assert "unexpected " not in outcome.err.replace("unexpected extra", ""), where
        assert "Traceback" not in outcome.err, where
        told = outcome.err.splitlines()
        if outcome.code and path != ("doctor",):
            assert any(line.startswith("p2pevents: error: ") for line in told) or not words, where
        for line in told:
            assert len(line) <= LINE_CHARACTERS_MAX, where
            assert not CONTROL.search(line), where
        if SCREEN in words and not any(
            isinstance(each.type, click.Path) for each in command.params
        ):
            assert not CONTROL.search(COLOUR.sub("", outcome.out)), where
        tried += 1
    assert tried >= 3
