"""The shell around every command: global options, exit codes, errors in two lines."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

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


def _piped(*typed: str, to: str, **environment: str) -> subprocess.CompletedProcess[bytes]:
    """Run the program as a shell does, its output going to a file."""
    program = "from p2pevents.cli.main import main; main()"
    with Path(to).open("wb") as out:
        return subprocess.run(
            [sys.executable, "-c", program, *typed],
            stdout=out,
            stderr=subprocess.PIPE,
            env={**os.environ, **environment},
            check=False,
        )


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full here")
def test_where_the_output_cannot_be_written_that_is_said() -> None:
    done = _piped("version", to="/dev/full")
    assert done.returncode == 1
    assert done.stderr.decode().splitlines() == [
        "p2pevents: error: the output cannot be written: no space left on device",
        "p2pevents: hint: free some space, or have it written elsewhere",
    ]


def test_an_encoding_that_lacks_a_letter_is_said_with_the_way_out(run: Run, home: Path) -> None:
    run("chapter", "found", "Café P2P", "--timezone", "Europe/Paris")
    typed = ("--home", str(home), "chapter", "list")
    poor = {"PYTHONIOENCODING": "ascii:strict", "PYTHONUTF8": "0"}
    done = _piped(*typed, to=os.devnull, **poor)
    assert done.returncode == 1
    assert b"cannot be written in ascii" in done.stderr
    assert b"PYTHONUTF8=1" in done.stderr


def test_whoever_reads_no_further_hears_no_complaint() -> None:
    program = "from p2pevents.cli.main import main; main()"
    with subprocess.Popen(
        [sys.executable, "-c", program, "--help"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 0


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


def _loaded_by(words: list[str], names: set[str]) -> str:
    """Return what a command loads of some modules, run as a person starts it."""
    program = (
        "import atexit, sys\n"
        "from types import ModuleType\n"
        "import p2pevents.cli.__main__ as start\n"
        f"sys.argv[1:] = {words!r}\n"
        f"names = {names!r}\n"
        "read = lambda: sorted(n for n in names if type(sys.modules.get(n)) is ModuleType)\n"
        "atexit.register(lambda: print('loaded:', read()))\n"
        "start.program()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


def test_a_command_that_only_reads_loads_neither_what_signs_nor_what_others_import(
    run: Run, home: Path
) -> None:
    run("chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
    run("event", "add", "--title", "Meetup", "--start", "2027-03-01T18:30")
    heavy = {"nacl", "inspect", "platform", "textwrap", "ipaddress", "typing_extensions"}
    words = ["--json", "--home", str(home), "agenda"]
    assert _loaded_by(words, heavy) == "loaded: []"


def test_what_was_put_off_is_read_before_a_command_that_may_start_threads(home: Path) -> None:
    loaded = _loaded_by(["--home", str(home), "me"], {"inspect", "platform", "textwrap"})
    assert loaded == "loaded: ['inspect', 'platform', 'textwrap']"


def test_what_was_put_off_is_the_module_that_it_always_was() -> None:
    program = (
        "from p2pevents.cli.lightly import load_lightly\n"
        "load_lightly()\n"
        "import click, inspect, platform, textwrap, uuid\n"
        "from msgspec.json import schema\n"
        "from textwrap import dedent\n"
        "assert inspect.cleandoc(' one ') == 'one '\n"
        "assert inspect.cleandoc('one\\n  two\\n  three') == 'one\\ntwo\\nthree'\n"
        "assert inspect.signature(dedent).parameters\n"
        "assert platform.system() and platform.machine()\n"
        "assert platform.system.__module__ == 'platform'\n"
        "import typing_extensions\n"
        "assert typing_extensions.TypedDict and schema(int) == {'type': 'integer'}\n"
        "try:\n    inspect.nothing\nexcept AttributeError as error:\n    print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "module 'inspect' has no attribute 'nothing'\n"


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


def test_a_node_and_its_page_load_no_writer_of_calendars_before_one_is_asked_for() -> None:
    program = (
        "import sys\n"
        "import p2pevents.cli.run, p2pevents.node.running, p2pevents.web.serving\n"
        "print('icalendar' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "False"


@pytest.mark.parametrize(
    "typed",
    [
        ("unfollow", ""),
        ("notice", "retract", " "),
        ("event", "list", "--chapter", ""),
        ("session", "add", "--title", "X", "--event", ""),
        ("organiser", "add", "k", "--role", "editor", "--until", ""),
        ("site", "-o", ""),
        ("agenda", "--from", ""),
        ("agenda", "--home", ""),
    ],
)
def test_a_thing_that_is_named_by_nothing_is_not_the_only_one_there_is(
    run: Run, typed: tuple[str, ...]
) -> None:
    run("chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
    outcome = run(*typed)
    assert outcome.code == 2
    assert ": empty" in outcome.err
    assert "p2pevents: hint: say what is meant: see `p2pevents " in outcome.err


def test_a_word_is_taken_back_by_an_empty_one(run: Run) -> None:
    run("chapter", "found", "Paris P2P", "--timezone", "Europe/Paris", "--city", "Paris")
    assert run("chapter", "edit", "--city", "").code == 0
    assert run("chapter", "show", "--json").json["city"] is None


def test_an_option_without_its_value_names_the_help_of_its_command(run: Run) -> None:
    outcome = run("session", "list", "--event")
    assert outcome.code == 2
    assert "p2pevents: hint: see `p2pevents session list --help`" in outcome.err


def test_an_error_is_one_line_without_what_a_screen_obeys(run: Run) -> None:
    outcome = run("session", "edit", "\x1b[2J\u202e" + "x" * 5_000 + "\nmore")
    assert outcome.code == 1
    error, hint = outcome.err.splitlines()
    assert "\\x1b[2J\\u202e" in error
    assert len(error) < 1_100
    assert hint.startswith("p2pevents: hint: ")


@pytest.mark.parametrize("command", ["event add", "propose", "recap add --event {event}"])
@pytest.mark.parametrize(
    "words", ["links = 3", "call = 5", "current = 1", "parent = 1", "title = [1]", "tags = 'x'"]
)
def test_a_file_of_words_of_another_type_names_itself_and_the_word(
    run: Run, tmp_path: Path, command: str, words: str
) -> None:
    run("chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
    add = ("--title", "Meetup", "--start", "2027-01-06 18:30")
    event = run("event", "add", *add, "--json").json["id"]
    file = tmp_path / "words.toml"
    file.write_text(words + ("" if "title" in words else '\ntitle = "T"\n'), "utf-8")
    more = ("--slides", "https://example.org/a") if command == "propose" else ()
    outcome = run(*command.format(event=event).split(), str(file), *more)
    assert outcome.code == 1
    assert outcome.err.startswith(f"p2pevents: error: {file}: {words.split(maxsplit=1)[0]}: ")


def test_a_template_of_words_that_are_none_is_refused(run: Run, tmp_path: Path) -> None:
    run("chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
    run("series", "add", "Paris", "--rule", "first Wednesday", "--start", "18:30", "--end", "23:00")
    file = tmp_path / "evening.toml"
    for words in ("[[slot]]\nparent = 1\n", "[[slot]]\ncurrent = 1\n", "[call]\ncls = 1\n"):
        file.write_text(words + 'title = "T"\n', "utf-8")
        assert "not a word of" in run("chapter", "template", "set", str(file)).err


def test_a_call_is_of_a_date_that_there_is(run: Run) -> None:
    run("chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
    evenings = ("Paris", "--rule", "first Wednesday", "--start", "18:30", "--end", "23:00")
    series = run("series", "add", *evenings, "--json").json["id"]
    outcome = run("call", "open", "--title", "Talks", "--event", f"{series}/2027-02-04")
    assert "no date of its series" in outcome.err
    assert outcome.code == 1


def test_a_guardian_is_somebody_else(run: Run) -> None:
    key = run("me", "--json").json["key"]
    outcome = run("chapter", "found", "Paris P2P", "--timezone", "Europe/Paris", "--guardian", key)
    assert "is your own" in outcome.err
    assert outcome.code == 1


def test_a_zone_that_there_is_none_of_is_refused_by_check(run: Run) -> None:
    outcome = run("check", "--timezone", "x" * 5_000)
    assert outcome.code == 1
    assert "is not a time zone" in outcome.err


def test_a_feed_has_a_name_that_a_screen_shows(run: Run) -> None:
    assert "U+001B" in run("feed", "add", "Ben\x1b[2J").err
