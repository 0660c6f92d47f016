"""Every command with a value that fits, for trying what does not fit in each place of it."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import pytest

from p2pevents.cli.main import cli, main
from tests.cli.outcome import Outcome

# They stay, or go online; what they refuse at once is tried by hand in the test.
STAYING = frozenset({("run",), ("sync",), ("watch",), ("demo",), ("open",)})
SKIPPED_OPTIONS = frozenset({"home", "json", "verbose", "now"})
LONG = "x" * 5_000
SCREEN = "\x1b[2J\u202e"


def run(home: Path, *arguments: str) -> Outcome:
    """Run one command in this process, with nobody at the keyboard."""
    out, err = (io.TextIOWrapper(io.BytesIO(), "utf-8", "backslashreplace") for _ in range(2))
    with Path(os.devnull).open(encoding="utf-8") as nobody, pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "stdin", nobody)
        with redirect_stdout(out), redirect_stderr(err), pytest.raises(SystemExit) as done:
            main(["--home", str(home), *arguments])
    return Outcome(code=int(done.value.code or 0), out=_said(out), err=_said(err))


def _said(stream: io.TextIOWrapper) -> str:
    stream.seek(0)
    return stream.read()


def does(home: Path, *arguments: str) -> Any:
    outcome = run(home, *arguments, "--json")
    assert outcome.code == 0, outcome.err
    return outcome.json


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A home in which there is one of everything, and files of every kind beside it.

    Attributes:
        folder: where home and files lie.
        ids: the id, key or link of each thing, by its name.
    """

    folder: Path
    ids: Mapping[str, str]

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def at(self, folder: Path) -> World:
        return World(folder=folder, ids=self.ids)

    def file(self, name: str) -> str:
        return str(self.folder / name)


def build(folder: Path) -> World:
    """Found a chapter, and write one of everything."""
    home = folder / "home"
    found = does(home, "chapter", "found", "Paris P2P", "--timezone", "Europe/Paris")
    when = ("--start", "2027-01-06 18:30")
    event = does(home, "event", "add", "--title", "Meetup", *when)["id"]
    talk = ("--title", "BGP", "--start", "19:00", "--end", "19:30", "--speaker", "Ada")
    rule = ("--rule", "first Wednesday", "--start", "18:30", "--end", "23:00")
    me = does(home, "me")
    does(home, "feed", "add", "Ben")
    does(home, "recap", "add", "--event", event, "--title", "What happened")
    ids = {
        "chapter": found["chapter"],
        "link": found["link"],
        "key": me["key"],
        "proof": me["link"],
        "event": event,
        "session": does(home, "session", "add", "--event", event, *talk)["id"],
        "series": does(home, "series", "add", "Evenings", *rule)["id"],
        "call": does(home, "call", "open", "--title", "Talks")["id"],
        "notice": does(home, "notice", "add", "--title", "Online")["id"],
        "proposal": does(home, "propose", "--title", "Gossip", "--name", "Bob")[0]["id"],
    }
    does(home, "pack", "-o", str(folder / "a.pack"))
    does(home, "backup", "-o", str(folder / "a.backup"))
    for name, data in {
        "names.txt": b"Ada\nBob\n",
        "evening.toml": b'[[slot]]\ntitle = "Doors"\nstart = "18:30"\n',
        "a.csv": b"title,start\nA,2027-01-08 18:30\n",
        "empty": b"",
        "noise": bytes(range(256)) * 8,
    }.items():
        (folder / name).write_bytes(data)
    (folder / "folder").mkdir()
    return World(folder=folder, ids=ids)


def fitting(world: World) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Return what is typed after each command, so that it does what it is for."""
    ids, file = world.ids, world.file
    event, proposal, series = ids["event"], ids["proposal"], ids["series"]
    typed: dict[str, tuple[str, ...]] = {
        "backup": ("-o", file("new.backup")),
        "restore": (file("a.backup"),),
        "install-service": ("--print",),
        "install-desktop": ("--print",),
        "completion": ("bash",),
        "chapter choose": ("b234",),
        "chapter edit": ("--city", "Paris"),
        "chapter found": ("Lyon P2P", "--timezone", "Europe/Paris"),
        "chapter template set": (file("evening.toml"),),
        "organiser add": (ids["proof"], "--role", "editor"),
        "organiser hand-over": (ids["proof"],),
        "organiser join": (ids["link"],),
        "organiser recover": (ids["proof"],),
        "organiser refuse": ("b234",),
        "organiser remove": (ids["key"][:9],),
        "organiser rotate": ("--new-sheet", file("sheet.txt")),
        "organiser sign": ("b234",),
        "series add": ("T", "--rule", "first Friday", "--start", "18:30", "--end", "23:00"),
        "series edit": (series, "--title", "X"),
        "series skip": (f"{series}/2027-02-03",),
        "event add": ("--title", "T", "--start", "2027-03-01 18:30"),
        "event cancel": (event, "--reason", "rain"),
        "event edit": (event, "--title", "X"),
        "event erase": (event,),
        "event merge": (event,),
        "event move": (event, "--start", "2027-03-01 18:30"),
        "event retract": (event,),
        "event show": (event,),
        "event translate": (event, "--into", "fr", "--title", "X"),
        "session add": ("--event", event, "--title", "X"),
        "session edit": (ids["session"], "--title", "X"),
        "session list": ("--event", event),
        "call open": ("--title", "X"),
        "proposal accept": (proposal,),
        "proposal confirm": (proposal,),
        "proposal decline": (proposal,),
        "proposal defer": (proposal,),
        "proposal show": (proposal,),
        "recap add": ("--event", event, "--title", "X"),
        "recap show": ("--event", event),
        "notice add": ("--title", "X"),
        "notice retract": (ids["notice"],),
        "attendance": ("--event", event),
        "pairings": ("--rounds", "1", "--people", file("names.txt")),
        "import": (file("a.csv"),),
        "export": ("--format", "ics"),
        "site": ("-o", file("site")),
        "feed add": ("Cleo",),
        "feed revoke": ("Ben",),
        "follow": (ids["link"], "--offline"),
        "unfollow": ("Paris",),
        "propose": ("--title", "X", "--name", "Bob"),
        "rsvp": (event,),
        "pack": ("-o", file("new.pack")),
        "unpack": (file("a.pack"),),
    }
    return {tuple(name.split()): words for name, words in typed.items()}


def commands(
    group: click.Group = cli, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Yield every command that ends by itself, with its path."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        elif (*path, name) not in STAYING:
            yield (*path, name), command


def misfits(param: click.Parameter, world: World) -> Iterator[str]:
    """Yield what does not fit in a place, or may not."""
    yield from ("", "garbage", LONG, SCREEN, "-1")
    metavar = param.metavar or ""
    if isinstance(param.type, click.Path):
        names = ("nowhere/below", "folder", "empty", "noise", "names.txt/below")
        yield from map(world.file, names)
    elif isinstance(param, click.Argument) or metavar == "ID":
        yield from world.ids.values()
        series = world.ids["series"]
        yield from (f"{series}/2027-02-04", f"{series}/soon")
    elif metavar in ("TIME", "DATE", "DAY"):
        yield from ("2027-02-30", "0001-01-01", "2027-03-28 02:30", "25:00")


def cases(path: tuple[str, ...], command: click.Command, world: World) -> Iterator[tuple[str, ...]]:
    """Yield what is typed after a command: as it fits, with nothing, too much, and misfits."""
    words = fitting(world).get(path, ())
    yield words
    yield ()
    yield (*words, "more", "and more")
    options = [each for each in command.params if isinstance(each, click.Option)]
    flags = {name for each in options if each.is_flag for name in each.opts}
    places = [
        at
        for at, word in enumerate(words)
        if not word.startswith("-")
        and not (at and words[at - 1].startswith("-") and words[at - 1] not in flags)
    ]
    for argument in (each for each in command.params if isinstance(each, click.Argument)):
        at = places[0] if places else len(words)
        for value in misfits(argument, world):
            yield (*words[:at], *words[at + 1 :], "--", value)
    for option in options:
        if option.name in SKIPPED_OPTIONS or option.hidden or option.opts == ["--watch"]:
            continue
        if option.is_flag:
            yield (*words, option.opts[-1])
            continue
        without = list(words)
        for name in option.opts:
            if name in without:
                del without[without.index(name) : without.index(name) + 2]
        yield (*without, option.opts[-1])
        for value in misfits(option, world):
            yield (*without, option.opts[-1], value)
