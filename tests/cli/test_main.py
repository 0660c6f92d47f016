"""The shell around every command: global options, exit codes, errors in two lines."""

from __future__ import annotations

import os
import subprocess
import sys

import click
import pytest

from p2pevents.cli.main import cli
from tests.cli.conftest import Run


def test_an_unknown_command_names_the_nearest_one(run: Run) -> None:
    outcome = run("versoin")
    assert outcome.code == 2
    assert outcome.out == ""
    assert outcome.err.splitlines() == [
        "p2pevents: error: no such command 'versoin'",
        "p2pevents: hint: did you mean `p2pevents version`?",
    ]


def test_global_options_are_taken_before_and_after_the_command(run: Run) -> None:
    assert run("--json", "version").json == run("version", "--json").json


def test_a_wrong_option_is_a_usage_error_with_the_way_out(run: Run) -> None:
    outcome = run("version", "--frobnicate")
    assert outcome.code == 2
    assert "p2pevents: hint: see `p2pevents version --help`" in outcome.err


@pytest.mark.parametrize("typed", ["n" * 300, "n/" * 3000], ids=["name", "path"])
def test_a_path_too_long_for_a_disk_is_said_so(run: Run, typed: str) -> None:
    run("me", "--new")
    outcome = run("backup", "-o", typed)
    assert outcome.code == 1
    assert outcome.err == f"p2pevents: error: {typed[:60]}...: this path is too long\n"


def test_a_word_that_is_not_utf_8_is_said_so(run: Run) -> None:
    run("chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
    outcome = run("event", "show", os.fsdecode(b"soir\xe9e"))
    assert outcome.code == 1
    assert outcome.err == "p2pevents: error: '\\udce9' cannot be written in utf-8\n"


def _commands(group: click.Group, path: tuple[str, ...] = ()) -> list[tuple[str, ...]]:
    context = click.Context(group)
    found = []
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            found += _commands(command, (*path, name))
        else:
            found.append((*path, name))
    return found


@pytest.mark.parametrize("path", _commands(cli), ids=" ".join)
def test_each_help_has_an_example(run: Run, path: tuple[str, ...]) -> None:
    outcome = run(*path, "--help")
    assert outcome.code == 0
    assert "Example:" in outcome.out


def test_a_command_that_needs_no_network_loads_none() -> None:
    program = (
        "import sys; from p2pevents.cli.main import cli\n"
        "cli(['version'], standalone_mode=False)\n"
        "slow = {'trio', 'libp2p', 'numpy', 'icalendar', 'rich', 'babel'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_no_command_loads_a_network_before_it_is_asked_for_one() -> None:
    program = (
        "import sys\n"
        "from importlib import import_module\n"
        "from p2pevents.cli.main import COMMANDS, _module\n"
        "for section in COMMANDS.values():\n"
        "    for name in section:\n"
        "        import_module(f'p2pevents.cli.{_module(name)}')\n"
        "slow = {'libp2p', 'multiaddr', 'numpy', 'zeroconf', 'rich', 'babel', 'starlette'}\n"
        "print(sorted(slow & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
