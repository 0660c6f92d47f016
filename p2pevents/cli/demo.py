"""`p2pevents demo`: a community's year, played by real nodes on this machine.

Three chapters run a node each, in processes of their own, over real libp2p
sockets on loopback; an attendee follows them with a light client. The dates,
titles and places are those of a real year; the chapters are marked as a demo.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from datetime import datetime
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import click

from p2pevents.cli.playing import Player, Stage
from p2pevents.cli.program import typed_program
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import StateError
from p2pevents.words import _

__all__ = ["command"]

ARRIVAL_S_MAX = 30.0
_POLL_S = 0.1
_CITIES = ("Paris", "Lyon", "Nantes")
_FIRST_DAY = "2019-12-01"
_FIRST_MINUTES = "2020-01-02T10:00:00+01:00"


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
        attendee = _play(stage)
        if stay:
            _stay(stage, attendee)


def _play(stage: Stage) -> Player:
    """Play the acts, and return the attendee."""
    stage.act(_FIRST_MINUTES)
    stage.say(
        _("Three cities found a chapter each and start a node: three processes, real sockets.")
    )
    paris, lyon, nantes = [_founded(stage, city) for city in _CITIES]
    attendee = _follows(stage, paris, lyon, nantes)
    _colleague(stage, paris)
    _cancelled(stage, nantes, attendee)
    _moves_online(stage, paris, lyon, attendee)
    _hand_over(stage, lyon, attendee)

    stage.say(
        _("What the attendee has at the end, offline too; and the same for a calendar program.")
    )
    attendee.do("agenda", "--from", "2020-03-01", "--to", "2020-06-30", shows=True)
    calendar = attendee.home / "agenda.ics"
    attendee.do("export", "--format", "ics", "-o", str(calendar), shows=True)
    program = typed_program()
    stage.end(
        f'{program} chapter found "My chapter" --city Lyon --timezone Europe/Paris',
        f'{program} event add --title "First meetup" --start "2027-01-06 18:30" --end 23:00',
        f"{program} run",
        f"{program} chapter invite     the link for those who want to follow",
        f"{program} demo --stay        this community again, its page open to click through",
    )
    return attendee


def _follows(stage: Stage, *chapters: Player) -> Player:
    """A year is brought in, and an attendee follows it."""
    paris = chapters[0]
    stage.say(_("They bring in their monthly meetups, and Paris the festival's 63 sessions."))
    for player in chapters:
        player.do("import", *_sample("meetups.json"), "--history", shows=1)
    paris.do(
        *("import", *_sample("festival.csv"), "--trust", "wall", "--history"),
        *("--title", "Paris P2P Festival #0"),
        shows=1,
    )
    stage.say(_("An attendee gets three links, and follows them. The light client only dials."))
    attendee = stage.player("attendee")
    for player in chapters:
        attendee.do("follow", player.ask("chapter", "invite")["link"], shows=1)
    attendee.start("--light")
    # A light client asks for some months around today, whatever it follows.
    expected = sum(
        row["start"] >= _FIRST_DAY for player in chapters for row in player.ask("event", "list")
    )
    took_s = _until(
        lambda: len(attendee.ask("agenda", "--from", _FIRST_DAY)) >= expected,
        "the programme did not arrive",
    )
    stage.say(
        _(
            "{expected} entries arrived from other processes in {took} s. January's meetup is "
            "skipped: the festival takes it in a week later.",
            expected=expected,
            took=f"{took_s:.1f}",
        )
    )
    attendee.do("agenda", "--from", "2020-01-01", "--to", "2020-01-08", shows=True)
    return attendee


def _colleague(stage: Stage, paris: Player) -> None:
    """Bea joins Paris, and both change one evening while they are cut off."""
    stage.act("2020-01-20T19:00:00+01:00", paris)
    stage.say(_("Paris needs a hand. Bea is sent a line to type, and reads four words aloud."))
    invited = paris.ask("organiser", "invite")
    bea = stage.player("bea")
    paris.do("organiser", "invite", shows=2)
    answer = bea.ask("organiser", "join", invited["link"])
    bea.do("organiser", "join", invited["link"], shows=True)
    stage.say(_("The same words come out of the text that she sent back: it is her key."))
    key = ("organiser", "add", answer["text"], "--role", "organiser")
    paris.do(*key, "--words", answer["words"], shows=1)
    bea.start()
    _until(lambda: bea.ask("event", "list"), "Bea's leave did not arrive")

    evening = _of_day(paris, "2020-02-05")["id"]
    stage.say(_("On a train and in a cellar, both hear that the venue is closed in February."))
    paris.stop()
    bea.stop()
    paris.do("event", "edit", evening, "--venue", "La Paillasse", shows=1)
    bea.do("event", "edit", evening, "--venue", "Le Square", shows=1)
    stage.say(_("Back on the network, nobody's word is lost, and everybody sees that they differ:"))
    paris.start()
    bea.start()
    _until(
        lambda: all(each.ask("event", "show", evening)["conflict"] for each in (paris, bea)),
        "the two words did not meet",
    )
    paris.do("event", "merge", evening, shows=True)
    stage.say(_("They agree on Bea's."))
    paris.do("event", "merge", evening, "--take", answer["key"][:8], shows=1)
    _until(
        lambda: not bea.ask("event", "show", evening)["conflict"],
        "what was settled did not arrive",
    )
    bea.do("agenda", "--from", "2020-02-01", "--to", "2020-02-29", shows=True)
    bea.stop()


def _cancelled(stage: Stage, nantes: Player, attendee: Player) -> None:
    """Nantes cancels on the day."""
    stage.act("2020-03-13T09:00:00+01:00", nantes, attendee)
    first = nantes.ask("event", "list")[0]["id"]
    stage.say(_("The first Nantes meetup is tonight. It cannot take place, and Nantes says so."))
    words = ("event", "cancel", first, "--reason", "no gatherings for now", "--postponed")
    nantes.do(*words, shows=True)
    took_s = _until(
        lambda: attendee.ask("event", "show", first)["status"] == "postponed",
        "the news did not arrive",
    )
    stage.say(_("{took} s later the attendee knows.", took=f"{took_s:.1f}"))


def _moves_online(stage: Stage, paris: Player, lyon: Player, attendee: Player) -> None:
    """Paris moves online, while Lyon is switched off."""
    stage.act("2020-03-24T18:00:00+01:00", paris, attendee)
    eighth = _of_day(paris, "2020-04-01")["id"]
    stage.say(
        _("Eight days ahead, Paris moves its April meetup online, while Lyon is switched off.")
    )
    where = ("--venue", "Online", "--stream", "https://meet.example.org/paris-p2p")
    paris.do("event", "edit", eighth, *where, shows=True)
    lyon.start()
    _until(
        lambda: all(each.ask("event", "show", eighth)["stream"] for each in (lyon, attendee)),
        "the change did not arrive",
    )
    held = _until_equal(lyon, paris)
    stage.say(
        _(
            "Lyon is back, and asked its peers what it missed: {held} records here as in Paris.",
            held=held,
        )
    )


def _hand_over(stage: Stage, lyon: Player, attendee: Player) -> None:
    """Lyon's lead hands over, in two steps that both of them take."""
    stage.act("2020-05-02T11:00:00+02:00", lyon, attendee)
    stage.say(
        _("Lyon's lead moves away and hands over to Chloe. Both sign, each with a charter key.")
    )
    chloe = stage.player("chloe")
    link = lyon.ask("organiser", "invite", "--role", "lead")["link"]
    answer = chloe.ask("organiser", "join", link, "--lead")
    chloe.do("organiser", "join", link, "--lead", shows=-1)
    chloe.start()
    _until(lambda: chloe.ask("agenda", "--from", "2019-01-01"), "Lyon's events did not arrive")
    entry = str(stage.folder / "entry.txt")
    lyon.do(
        *("organiser", "hand-over", answer["text"], "--words", answer["words"], "-o", entry),
        shows=5,
    )
    chloe.do("organiser", "sign", entry, shows=-2)
    chloe.do("organiser", "list", shows=True)
    june = ("--title", "Lyon P2P (demo) #5", "--start", "2020-06-10 18:30", "--end", "23:00")
    stage.say(_("Her first announcement:"))
    chloe.do("event", "add", *june, shows=True)
    _until(
        lambda: attendee.ask("agenda", "--from", "2020-06-01", "--search", "Lyon"),
        "Chloe's event did not arrive",
    )


def _founded(stage: Stage, city: str) -> Player:
    player = stage.player(city.lower())
    player.do(
        *("chapter", "found", f"{city} P2P (demo)", "--city", city, "--country", "FR"),
        *("--timezone", "Europe/Paris", "--languages", "fr,en"),
        shows=1,
    )
    player.start()
    return player


def _sample(name: str) -> tuple[str]:
    """Return the path of a file of sample data."""
    with as_file(files("p2pevents.cli") / "sample" / name) as path:
        return (str(path),)


def _of_day(player: Player, day: str) -> Any:
    """Return what a player's chapter has on a day."""
    return next(row for row in player.ask("event", "list") if row["start"].startswith(day))


def _until(holds: Callable[[], Any], otherwise: str) -> float:
    """Wait until something holds, and return how long that took, in seconds."""
    began = time.monotonic()
    while not holds():
        if time.monotonic() - began > ARRIVAL_S_MAX:
            raise StateError(otherwise, hint="run the demo again with -v")
        time.sleep(_POLL_S)
    return time.monotonic() - began


def _until_equal(player: Player, other: Player) -> int:
    """Wait until two players hold as many records, and return how many."""
    _until(lambda: _records(player) == _records(other), "the records did not arrive")
    return _records(player)


def _records(player: Player) -> int:
    return int(player.ask("status")["records"])


def _stay(stage: Stage, attendee: Player) -> None:
    # Without the demo's clock a command would say that its node ran for years.
    now = datetime.fromisoformat(stage.now()).isoformat(timespec="minutes")
    program = f"{typed_program()} --now {now}"
    click.echo(_("The nodes stay until Ctrl-C. The attendee's page:"))
    click.echo(f"  {attendee.ask('open', '--print')['address']}")
    click.echo(_("In another terminal, for instance:"))
    for line in (
        f"--home {attendee.home} agenda --from 2020-01-01",
        f"--home {stage.folder / 'chloe'} status",
    ):
        click.echo(f"  {program} {line}")
    while True:
        time.sleep(3600)
