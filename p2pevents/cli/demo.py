"""`p2pevents demo`: a community's year, played by real nodes on this machine.

Three chapters run a node each, in processes of their own, over real libp2p
sockets on loopback; an attendee follows them with a light client. The dates,
titles and places are those of a real year; the chapters are marked as a demo.
"""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from importlib.resources import as_file, files
from pathlib import Path

import click

from p2pevents.cli.playing import Player, Stage
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import StateError

__all__ = ["command"]

ARRIVAL_S_MAX = 30.0
_POLL_S = 0.2
_CITIES = ("Paris", "Lyon", "Nantes")


@click.command(cls=Command, epilog="Example: p2pevents demo --stay")
@click.option("--stay", is_flag=True, help="Keep the nodes running at the end, to try commands on.")
@pass_settings
def command(settings: Settings, /, *, stay: bool) -> None:
    """Play a community's year with three chapters on this machine.

    Takes about a minute, needs no network, and leaves nothing behind.
    """
    if settings.json:
        raise StateError("the demo is a story, and has no JSON", hint="leave out --json")
    with (
        tempfile.TemporaryDirectory(prefix="p2pevents-demo-", ignore_cleanup_errors=True) as folder,
        Stage(Path(folder)) as stage,
    ):
        _play(stage)
        if stay:
            _stay(stage)


def _play(stage: Stage) -> None:
    stage.act("2020-01-02T10:00:00+01:00")
    stage.say("Three cities found a chapter each, and start a node: three processes, real sockets.")
    chapters = [_founded(stage, city) for city in _CITIES]
    attendee = stage.player("attendee")

    stage.say("Paris brings in its monthly meetups and the festival's 63 sessions.")
    paris, lyon, nantes = chapters
    for player in chapters:
        player.do("import", *_sample("meetups.json"), "--history", shows="head")
    paris.do(
        "import",
        *_sample("festival.csv"),
        "--trust",
        "wall",
        "--history",
        "--title",
        "Paris P2P Festival #0",
        shows="head",
    )

    stage.say("An attendee gets three links, and follows them. The light client only dials.")
    for player in chapters:
        attendee.do("follow", player.ask("chapter", "invite")["link"], shows="head")
    attendee.start("--light")
    expected = sum(len(player.ask("event", "list")) for player in chapters)
    took_s = _wait_for(attendee, expected)
    stage.say(f"{expected} entries arrived from other processes in {took_s:.1f} s. The first days:")
    attendee.do("agenda", "--from", "2020-01-01", "--to", "2020-01-08", shows=True)

    stage.act("2020-03-13T09:00:00+01:00")
    first = nantes.ask("event", "list")[0]
    stage.say("The first Nantes meetup is tonight. It cannot take place, and Nantes says so.")
    nantes.do(
        "event",
        "cancel",
        first["id"],
        "--reason",
        "no gatherings for now",
        "--postponed",
        shows=True,
    )

    stage.act("2020-03-24T18:00:00+01:00")
    eighth = next(row for row in paris.ask("event", "list") if row["edition"] == 8)
    stage.say("Eight days ahead, Paris moves its April meetup online, while Lyon is switched off.")
    lyon.stop()
    paris.do(
        "event",
        "edit",
        eighth["id"],
        "--venue",
        "Online",
        "--stream",
        "https://meet.example.org/paris-p2p",
        shows=True,
    )
    lyon.start()
    stage.say("Lyon is back, and asks its peers what it missed. So does the attendee.")
    for player in (lyon, attendee):
        _wait_until_online(player, eighth["id"])
    stage.say("The year for a calendar program, and as the attendee sees it now:")
    attendee.do("export", "--format", "ics", "-o", str(attendee.home / "agenda.ics"), shows=True)
    attendee.do("agenda", "--from", "2020-01-01", "--to", "2020-05-31", shows=True)
    program = _program()
    stage.end(
        f'{program} chapter found "My chapter" --city Lyon --timezone Europe/Paris',
        f'{program} event add --title "First meetup" --start "2027-01-06 18:30" --end 23:00',
        f"{program} run",
        f"{program} chapter invite     the link for those who want to follow",
    )


def _program() -> str:
    """Return the program as this person can type it: by its name only where that is found."""
    if shutil.which("p2pevents"):
        return "p2pevents"
    path = Path(sys.argv[0])
    if path.name != "p2pevents":
        return "python -m p2pevents.cli"
    return str(path.relative_to(Path.cwd())) if path.is_relative_to(Path.cwd()) else str(path)


def _founded(stage: Stage, city: str) -> Player:
    player = stage.player(city.lower())
    player.do(
        "chapter",
        "found",
        f"{city} P2P (demo)",
        "--city",
        city,
        "--country",
        "FR",
        "--timezone",
        "Europe/Paris",
        "--languages",
        "fr,en",
        shows="head",
    )
    player.start()
    return player


def _sample(name: str) -> tuple[str]:
    """Return the path of a file of sample data."""
    with as_file(files("p2pevents.cli") / "sample" / name) as path:
        return (str(path),)


def _wait_for(attendee: Player, expected: int) -> float:
    """Wait until the attendee's agenda has so many entries."""
    began = time.monotonic()
    while len(attendee.ask("agenda", "--from", "2019-01-01")) < expected:
        if time.monotonic() - began > ARRIVAL_S_MAX:
            raise StateError("the programme did not arrive", hint="run the demo again with -v")
        time.sleep(_POLL_S)
    return time.monotonic() - began


def _wait_until_online(player: Player, event: str) -> None:
    """Wait until a player's log has the event with its stream, carried or followed."""
    began = time.monotonic()
    while not player.ask("event", "show", event)["stream"]:
        if time.monotonic() - began > ARRIVAL_S_MAX:
            raise StateError("the change did not arrive", hint="run the demo again with -v")
        time.sleep(_POLL_S)


def _stay(stage: Stage) -> None:
    click.echo("The nodes stay until Ctrl-C. In another terminal, for instance:")
    click.echo(f"  p2pevents --home {stage.folder / 'attendee'} agenda --from 2020-01-01")
    click.echo(f"  p2pevents --home {stage.folder / 'paris'} status")
    while True:
        time.sleep(3600)
