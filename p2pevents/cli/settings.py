"""What every command knows: the global options, accepted before and after the command.

click parses options where they stand, so each command carries the global ones
too, and whichever is given writes into the one `Settings` of the run.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import click

from p2pevents.cli.lightly import load_the_rest
from p2pevents.errors import LogDamagedError, UsageError
from p2pevents.words import DEFAULT, _, _n, change, message, spoken

__all__ = ["EXAMPLE", "Command", "Group", "Settings", "pass_settings"]

EXAMPLE = "Example: "  # what an epilog begins with that shows what to type
# What stands in the metavar of an option that names a thing, and is never empty.
_NAMES = frozenset(
    {"BRANCH", "CHAPTER", "DATE", "DAY", "DIR", "FILE", "ID", "KEY", "MULTIADDR", "PORT", "SPAN"}
)


class Settings:
    """The global options of one run.

    Attributes:
        home: the folder given by `--home`; None means the environment's or the platform's.
        json: one JSON document on stdout and nothing else there.
        verbose: how many times `-v` was given.
        offset_ms: how far the demo's clock is from this machine's.
        passphrase_file: whose first line is the passphrase of my keys; None to ask.
        is_damaged: that the log cannot be used, and the command looks at what can be read of it.
        damaged: how many records were met that are not as they were written.
    """

    __slots__ = (
        "damaged",
        "home",
        "is_damaged",
        "json",
        "offset_ms",
        "passphrase_file",
        "verbose",
    )

    def __init__(self) -> None:
        self.home: Path | None = None
        self.json = False
        self.verbose = 0
        self.offset_ms = 0
        self.passphrase_file: Path | None = None
        self.is_damaged = False
        self.damaged = 0

    def now_ms(self) -> int:
        """Return the time in milliseconds since 1970: this machine's, or the demo's."""
        return time.time_ns() // 1_000_000 + self.offset_ms

    def print_json(self, document: object) -> None:
        """Print the one document of `--json`."""
        import msgspec

        click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2).decode("utf-8"))


pass_settings = click.make_pass_decorator(Settings, ensure=True)


def _complete_by_log(param: click.Parameter) -> None:
    """Have a tab complete chapters and ids, by a module that is loaded at a tab alone."""
    if param.name != "chapter" and param.metavar not in ("ID", "[ID|FILE]"):
        return

    def complete(ctx: click.Context, incomplete: str) -> Any:
        from p2pevents.cli.completing import complete_chapters, complete_ids

        find = complete_chapters if param.name == "chapter" else complete_ids
        return find(ctx, incomplete)

    param.shell_complete = complete  # type: ignore[method-assign]


def _set(field: str) -> Any:
    def callback(ctx: click.Context, param: click.Parameter, value: Any) -> None:
        del param
        if value not in (None, False, 0):
            setattr(ctx.ensure_object(Settings), field, value)
        if field == "json" and value:
            change(DEFAULT)  # a program reads it, and reads the same everywhere

    return callback


def _set_now(ctx: click.Context, param: click.Parameter, value: str | None) -> None:
    del param
    if value is None:
        return
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise click.BadParameter(
            f"{value!r} is not a time such as 2020-01-02T10:00:00+01:00"
        ) from None
    ctx.ensure_object(Settings).offset_ms = (
        int(moment.timestamp() * 1000) - time.time_ns() // 1_000_000
    )


@cache
def _global_options() -> tuple[click.Option, ...]:
    """Return the options that every command and group takes: the very same, made once."""
    return (
        click.Option(
            ["--home"],
            type=click.Path(path_type=Path, file_okay=False),
            metavar="DIR",
            help="The folder that holds log, keys and configuration.",
            expose_value=False,
            callback=_set("home"),
        ),
        click.Option(
            ["--json"],
            is_flag=True,
            help="Print one JSON document.",
            expose_value=False,
            callback=_set("json"),
        ),
        click.Option(
            ["-v", "--verbose"],
            count=True,
            help="Tell more; -vv for all.",
            expose_value=False,
            callback=_set("verbose"),
        ),
        click.Option(
            ["--passphrase-file"],
            type=click.Path(path_type=Path, dir_okay=False),
            metavar="FILE",
            help="Read my keys' passphrase from the first line of FILE.",
            expose_value=False,
            callback=_set("passphrase_file"),
        ),
        # The demo's clock; node.start refuses it on any network but `demo`.
        click.Option(["--now"], hidden=True, expose_value=False, callback=_set_now),
    )


@contextmanager
def _spoken_of(commands: Iterable[click.Command], ctx: click.Context) -> Iterator[None]:
    """Have commands say of themselves what they say in the language that is spoken.

    Within the block alone: a command lives as long as its process, which may speak another
    language next.
    """
    from inspect import cleandoc

    from p2pevents.cli.opening import home_of

    home_of(ctx.ensure_object(Settings))
    kept: list[tuple[Any, str, Any]] = []

    def say(thing: Any, name: str, said: str | None) -> None:
        kept.append((thing, name, getattr(thing, name)))
        setattr(thing, name, said)

    try:
        for command in commands if spoken().language != DEFAULT else ():
            say(command, "help", _(cleandoc(command.help)) if command.help else None)
            say(command, "epilog", _epilog(command.epilog or ""))
            for param in command.get_params(ctx):
                if isinstance(param, click.Option) and param.help:
                    say(param, "help", _(param.help))
        yield
    finally:
        for thing, name, said in reversed(kept):
            setattr(thing, name, said)


def _epilog(epilog: str) -> str | None:
    """Return what stands below a help; what is typed is the same in every language."""
    if epilog.startswith(EXAMPLE):
        return f"{_('Example')}: {epilog.removeprefix(EXAMPLE)}"
    return _(epilog) if epilog else None


def _refuse_empty(command: click.Command, ctx: click.Context, args: list[str]) -> None:
    """Refuse an empty value where a thing is to be named: `"$EVENT"` of a shell that knows none.

    Every id begins with it, and the current folder is its path; so it would mean whatever there
    is. Of words it is the way to take them back.

    Raises:
        UsageError: one is empty.
    """
    # An empty value is a word that is empty or ends so: of most, nothing is parsed for this.
    if ctx.resilient_parsing or not any(
        not word or word[-1].isspace() or word[-1] == "=" for word in args
    ):
        return
    given = command.make_parser(ctx).parse_args(args=list(args))[0]
    for param in command.params:
        if not isinstance(param, click.Argument) and not _NAMES.intersection(_words_of(param)):
            continue
        values = given.get(param.name)
        for value in values if isinstance(values, list | tuple) else [values]:
            if isinstance(value, str) and not value.strip():
                is_option = isinstance(param, click.Option)
                named = param.opts[-1] if is_option else param.human_readable_name.strip("[].")
                raise UsageError(
                    f"{named}: empty",
                    hint=f"say what is meant: see `{ctx.command_path} --help`",
                )


def _words_of(param: click.Parameter) -> list[str]:
    return re.split(r"[^A-Z]+", param.metavar or "")


class _Parsing(click.Command):
    """How the words of every command and group are read."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Read the words; what is wrong with them is of this command, as its hint says."""
        try:
            _refuse_empty(self, ctx, args)
            return super().parse_args(ctx, args)
        except click.UsageError as error:
            error.ctx = error.ctx or ctx
            raise


class Command(_Parsing):
    """A command that takes the global options too.

    Args:
        reads: that it only looks: of a damaged log it shows what can be read.
    """

    def __init__(self, *args: Any, reads: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reads = reads
        for param in self.params:
            _complete_by_log(param)
        self.params = [*self.params, *_global_options()]

    def invoke(self, ctx: click.Context) -> Any:
        """Run; of a damaged log, show what can be read of it, say so, and exit with 1."""
        if not self._reads:
            load_the_rest()
        settings = ctx.ensure_object(Settings)
        try:
            result = super().invoke(ctx)
        except LogDamagedError as error:
            if not self._reads or settings.is_damaged:
                raise
            settings.is_damaged = True
            click.echo(f"p2pevents: {_('error')}: {message(error.message)}", err=True)
            _warn(_("what follows is what can be read of it, and more may be missing"), error.hint)
            super().invoke(ctx)
            ctx.exit(1)
        if settings.damaged:
            _warn(
                _n(
                    "{n} record here is damaged, and not shown",
                    "{n} records here are damaged, and not shown",
                    settings.damaged,
                ),
                "p2pevents doctor --repair removes them, and peers bring them again",
            )
        return result

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help in the language that is spoken."""
        with _spoken_of([self], ctx):
            super().format_help(ctx, formatter)


def _warn(said: str, hint: str) -> None:
    click.echo(f"p2pevents: {_('note')}: {said}", err=True)
    click.echo(f"p2pevents: {_('hint')}: {message(hint)}", err=True)


class Group(_Parsing, click.Group):
    """A group of commands, each of which takes the global options too."""

    command_class = Command

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params = [*self.params, *_global_options()]

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the help, and that of the commands in it, in the language that is spoken."""
        with _spoken_of([self], ctx):
            super().format_help(ctx, formatter)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write what there is in the group."""
        found = [self.get_command(ctx, name) for name in self.list_commands(ctx)]
        with _spoken_of([each for each in found if each is not None], ctx):
            super().format_commands(ctx, formatter)


Group.group_class = Group
