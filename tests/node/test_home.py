"""The home folder: where it is, and who may look inside."""

import stat
from pathlib import Path

import pytest

from p2pevents.errors import StateError
from p2pevents.node.home import Home, locate_home


def test_the_option_comes_first_then_the_environment_then_the_platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    named = {"P2PEVENTS_HOME": str(tmp_path / "b")}
    assert locate_home(tmp_path / "a", environment=named).folder == tmp_path / "a"
    assert locate_home(None, environment=named).folder == tmp_path / "b"
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setenv("HOME", str(tmp_path))
    for unset in ({}, {"P2PEVENTS_HOME": ""}):
        assert tmp_path in locate_home(None, environment=unset).folder.parents
    assert locate_home(None, environment={"P2PEVENTS_HOME": "~/c"}).folder == tmp_path / "c"


def test_a_home_is_made_for_its_user_alone_and_made_once(tmp_path: Path) -> None:
    home = Home(folder=tmp_path / "deep" / "home")
    home.create()
    home.create()
    for folder in (home.folder, home.keys):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_the_files_of_a_home_stand_in_it(tmp_path: Path) -> None:
    home = Home(folder=tmp_path)
    files = {path.name for path in (home.log, home.node_key, home.keys, home.config)}
    assert files == {"log.sqlite3", "node.key", "keys", "config.toml"}
    assert {path.parent for path in (home.log, home.node_key, home.config)} == {tmp_path}


def test_a_home_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="file/home: cannot be made: not a directory") as caught:
        Home(folder=tmp_path / "file" / "home").create()
    assert "--home" in caught.value.hint
