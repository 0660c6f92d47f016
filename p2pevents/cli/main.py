"""The program `p2pevents`: finds the command, runs it, and says what went wrong in two lines.

A command's module is imported when it is asked for, so that `agenda` pays for
nothing that only `run` needs.
"""

from __future__ import annotations

import errno
import gc
import io
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from typing import Final

import click

from p2pevents import __version__
from p2pevents.cli.settings import Group, Settings
from p2pevents.errors import P2PEventsError, UsageError, reason_of
from p2pevents.words import _, language_of, message, speak

__all__ = ["cli", "main"]

# Objects made before Python looks for cycles among them. By its own number, 700, it does so a
# hundred times while the modules of a command are loaded.
_GC_OBJECTS: Final = 50_000
_TYPED_CHARS_MAX = 60  # of a word that cannot be used, shown to whoever typed it
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO})
_SAID_CHARS_MAX = 1_000  # of an error or a hint
# Categories of Unicode that a screen obeys instead of showing: control, format, surrogate,
# unassigned, line and paragraph separator.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Zl", "Zp"})

COMMANDS: dict[str, dict[str, str]] = {
    "First steps": {
        "open": "Open my page in a browser.",
        "demo": "Play a community's year with three chapters on this machine.",
        "me": "Show my organiser key and its fingerprint in words.",
        "unlock": "Keep my passphrase for a while, so that commands need not ask.",
        "lock": "Forget what unlock kept.",
        "backup": "Copy log, keys and configuration into one file.",
        "restore": "Put a backup into an empty home.",
        "install-service": "Have systemd run the node.",
        "install-desktop": "Add p2pevents to my menu, and have it open links.",
        "completion": "Have my shell complete commands, chapters and ids.",
        "version": "Show the versions that matter when asking for help.",
    },
    "Organiser": {
        "chapter": "Found a chapter, show it, invite people to it.",
        "organiser": "Invite colleagues, give and take leaves, hand the chapter over.",
        "series": "Announce what comes back: every first Wednesday.",
        "event": "Add, edit, move, cancel or erase an event; settle what is disputed.",
        "session": "Show the talks and workshops of an event.",
        "call": "Ask for talks: open a call for proposals, close it.",
        "proposal": "Decide on what was proposed; follow what I proposed.",
        "recap": "Write what came of an event: heads, slides, lessons.",
        "notice": "Tell something to all who follow.",
        "attendance": "List who told the organisers that they come.",
        "pairings": "Have people meet one by one, in rounds without a repeat.",
        "import": "Bring in events from a file.",
        "export": "Write events for other programs.",
        "check": "Look for what is wrong in a schedule.",
        "site": "Write a static site of my chapters.",
        "feed": "Hand out calendar addresses that can be taken back.",
        "digest": "Sign what is planned, so that readers see what they lack.",
    },
    "Attendee": {
        "follow": "Follow a chapter by its link.",
        "unfollow": "Stop following a chapter.",
        "following": "List the chapters that I follow.",
        "name": "Give a chapter or a key a name of my own, and compare its words.",
        "agenda": "Show what is on.",
        "propose": "Offer a talk to a chapter, sealed to its organisers.",
        "rsvp": "Tell the organisers alone whether I come.",
        "remind": "Be told before an event, and when one moves or is called off.",
        "changes": "Show what changed since I last asked.",
        "watch": "Show what is new, moved or cancelled as it arrives.",
    },
    "Network": {
        "run": "Be a node on the network until interrupted.",
        "sync": "Exchange with peers once, then exit.",
        "pack": "Write the records that are here to a file, for a USB stick.",
        "unpack": "Take in the records of such a file.",
        "peers": "Show whom this node is connected with, and whom it knows.",
        "status": "Show how this node is doing.",
        "doctor": "Look for what may be wrong here, and say what to type.",
    },
}


def _module(name: str) -> str:
    """Return the module of a command; `import` is a word of Python's own."""
    return "import_" if name == "import" else name.replace("-", "_")


class Program(Group):
    """The top group: commands in sections, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names in the order in which a newcomer meets them."""
        del ctx
        return [name for section in COMMANDS.values() for name in section]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import the module of one command."""
        names = self.list_commands(ctx)
        if cmd_name not in names:
            if ctx.resilient_parsing:  # a tab was pressed: nothing is to be said
                return None
            from difflib import get_close_matches

            near = get_close_matches(cmd_name, names, n=1)
            hint = f"did you mean `p2pevents {near[0]}`?" if near else "see `p2pevents --help`"
            raise UsageError(f"no such command {cmd_name!r}", hint=hint)
        module = import_module(f"p2pevents.cli.{_module(cmd_name)}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the sections of `--help` without importing a single command."""
        del ctx
        for title, section in COMMANDS.items():
            with formatter.section(_(title)):
                formatter.write_dl([(name, _(said)) for name, said in section.items()])


@click.group(
    cls=Program,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Start with `p2pevents demo`, or `p2pevents follow LINK` if somebody gave you a link.",
)
@click.version_option(__version__, prog_name="p2pevents", message="%(prog)s %(version)s")
def cli() -> None:
    """Announce and follow community events, from peer to peer, without a server."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the program and exit: 0 done, 1 the input or state is wrong, 2 usage, 3 network."""
    gc.set_threshold(_GC_OBJECTS)
    with speak(language_of(os.environ)):
        _run(arguments)


def _run(arguments: Sequence[str] | None) -> None:
    settings = Settings()
    _spare_the_screen()
    output = sys.stdout
    try:
        code = cli.main(
            arguments,
            standalone_mode=False,
            obj=settings,
            prog_name="p2pevents",
            color=_colour(),
        )
    except P2PEventsError as error:
        code = _say(error.message, error.hint, error.exit_code)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help())
        code = 2
    except click.UsageError as error:
        command = error.ctx.command_path if error.ctx else "p2pevents"
        said = " ".join(error.format_message().split()).rstrip(".")
        code = _say(said[:1].lower() + said[1:], _("see `{command} --help`", command=command), 2)
    except click.ClickException as error:
        code = _say(error.format_message().rstrip("."), "", 1)
    except (click.Abort, KeyboardInterrupt):
        code = 130
    except SystemExit as done:
        # Where whoever reads our output has had enough, click puts another in its place, and
        # exits with 1. Nothing is wrong then.
        code = 0 if sys.stdout is not output else done.code
    except Exception as error:  # the last resort: a fault of ours, said without a traceback
        cause = _cause(error)
        if isinstance(cause, P2PEventsError):
            code = _say(cause.message, cause.hint, cause.exit_code)
        elif (wrong := _of_surroundings(cause)) is not None:
            code = _say(*wrong, 1)
        elif settings.verbose:
            raise
        else:
            code = _say(
                _("unexpected {fault}", fault=f"{type(cause).__name__}: {cause}"),
                _("this is a fault of the program; run again with -v for the details to report"),
                1,
            )
    gc.freeze()  # what is left ends with the process: no need to look through it once more
    sys.exit(code if isinstance(code, int) else 0)


def _colour() -> bool | None:
    """Return False where a person or a terminal wants none; None leaves it to the terminal."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM") == "dumb"
    return False if plain else None


def _spare_the_screen() -> None:
    """Let a terminal of another encoding show `?` for what it does not have.

    What goes to a file or a program is refused instead: it would be altered there unseen.
    """
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.isatty():
        sys.stdout.reconfigure(errors="replace")


def _cause(error: BaseException) -> BaseException:
    """Return what went wrong inside a group: tasks that ran beside each other raise groups.

    An error that was foreseen goes before one that was not, since that may come of it.
    """
    if not isinstance(error, BaseExceptionGroup):
        return error
    foreseen = error.subgroup(P2PEventsError)
    return _cause((foreseen or error).exceptions[0])


def _of_surroundings(cause: BaseException) -> tuple[str, str] | None:
    """Return what is wrong with the words typed or with where the output goes, and the way out.

    Python carries bytes that are not UTF-8 through an argument, and any length of it, until
    something has to write them or asks the disk for that path. None is a fault of ours.
    """
    if isinstance(cause, UnicodeEncodeError):
        wrong = cause.object[cause.start : cause.end][:_TYPED_CHARS_MAX]
        said = _(
            "{text} cannot be written in {encoding}", text=repr(wrong), encoding=cause.encoding
        )
        if cause.encoding.lower() in ("utf-8", "utf8"):
            return said, ""
        return said, _("PYTHONUTF8=1 before the command has all of it written")
    if not isinstance(cause, OSError):
        return None
    if cause.errno == errno.ENAMETOOLONG:
        path = str(cause.filename)[:_TYPED_CHARS_MAX]
        return _("{path}...: this path is too long", path=path), ""
    if cause.errno in _FULL and cause.filename is None:
        _write_no_more()
        return (
            _("the output cannot be written: {reason}", reason=message(reason_of(cause))),
            _("free some space, or have it written elsewhere"),
        )
    return None


def _write_no_more() -> None:
    """Have what is not written yet go nowhere: the exit must not complain of it again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _say(said: str, hint: str, code: int) -> int:
    from p2pevents.cli.folding import folded

    told = f"p2pevents: {_('error')}: {_line(message(said))}"
    click.echo(folded(told, under=2, is_error=True), err=True)
    if hint:
        told = f"p2pevents: {_('hint')}: {_line(message(hint))}"
        click.echo(folded(told, under=2, is_error=True), err=True)
    return code


def _line(said: str) -> str:
    """Return one line that a screen shows, of a text that may quote what somebody typed or sent."""
    from unicodedata import category

    cut = said if len(said) <= _SAID_CHARS_MAX else said[:_SAID_CHARS_MAX] + "..."
    return "".join(repr(each)[1:-1] if category(each) in _UNSEEN else each for each in cut)
