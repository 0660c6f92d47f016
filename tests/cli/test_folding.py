"""Long lines on a terminal."""

from __future__ import annotations

import io
from pathlib import Path
from types import SimpleNamespace

import pytest

from p2pevents.cli.folding import folded, without_my_name


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "50")
    monkeypatch.setattr("p2pevents.cli.folding.sys", SimpleNamespace(stdout=Terminal()))


@pytest.mark.usefixtures("terminal")
def test_a_sentence_is_folded_under_its_beginning() -> None:
    text = "nobody has said since what is planned in Paris, Lyon and Nantes"
    lines = f"{'':10}{folded(text, under=10)}".split("\n")
    assert len(lines) == 2
    assert all(line.startswith(" " * 10) and len(line) <= 50 for line in lines)
    assert " ".join(line.strip() for line in lines) == text


@pytest.mark.usefixtures("terminal")
def test_a_command_and_an_address_stay_whole_to_be_copied() -> None:
    hint = "print it and put it away, then: p2pevents chapter sheet confirm"
    assert folded(hint, under=10).endswith("\n          p2pevents chapter sheet confirm")
    address = "/ip4/192.0.2.7/tcp/27410/p2p/12D3KooWEbGxEbqJzXZgxHLQrAUY9T8JAJygGZjviMXsm2AoFGxK"
    assert folded(address, under=10) == address


def test_what_is_piped_is_left_as_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    assert folded("word " * 100, under=10) == "word " * 100


def test_ones_own_folder_is_not_told_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "home", lambda: Path("/home/ana"))
    assert without_my_name("/home/ana/log: gone") == "~/log: gone"
    assert without_my_name("chmod 700 /home/ana") == "chmod 700 ~"
    # Between quotes a shell would not read it, and another's folder is theirs.
    assert without_my_name("chmod 700 '/home/ana/my log'") == "chmod 700 '/home/ana/my log'"
    assert without_my_name("/home/anabel/log") == "/home/anabel/log"
