"""Writes docs/commands.md from the program itself: `python -m tests.repository.commands_page`."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from pathlib import Path

import click

from p2pevents.cli.main import COMMANDS, cli
from p2pevents.cli.settings import Command

__all__ = ["PAGE", "commands", "page"]

PAGE = Path(__file__).parents[2] / "docs" / "commands.md"

_HEAD = """\
# Commands

Everything that can be typed, with an example each. The program says the same:
`p2pevents COMMAND --help`. This page is written by the program, and a test keeps both equal.

- **Ids** may be shortened as long as one thing alone begins so.
- **`--chapter`** takes an id or a name. It may be left out where I am an organiser of one
  chapter.
- **Times** are wall times of the chapter's zone: `"2027-01-06 18:30"`.
- **Exit codes**: 0 done, 1 the input or the state is wrong, 2 the command line is wrong,
  3 the network failed.
- Errors and hints go to stderr. With `--json`, stdout is one JSON document and nothing else.

## Global options

They may stand before the command or after it.
"""


def commands() -> Iterator[tuple[click.Context, str]]:
    """Yield every command that does something, in the order of the page, with its section."""
    top = click.Context(cli, info_name="p2pevents")
    for section, names in COMMANDS.items():
        for name in names:
            yield from _below(top, name, section)


def page() -> str:
    """Return the whole page."""
    parts = [_HEAD, _options(_global_options(), click.Context(cli)), ""]
    said = ""
    for context, section in commands():
        if section != said:
            parts += [f"## {section}", ""]
            said = section
        parts += _paragraph(context)
    return "\n".join(parts).rstrip("\n") + "\n"


def _below(parent: click.Context, name: str, section: str) -> Iterator[tuple[click.Context, str]]:
    assert isinstance(parent.command, click.Group)
    command = parent.command.get_command(parent, name)
    assert command is not None
    context = click.Context(command, info_name=name, parent=parent)
    if not isinstance(command, click.Group):
        yield context, section
        return
    for each in command.list_commands(context):
        yield from _below(context, each, section)


def _paragraph(context: click.Context) -> list[str]:
    command = context.command
    usage = " ".join([context.command_path, *command.collect_usage_pieces(context)])
    known = {param.name for param in _global_options()}
    own = [param for param in command.params if param.name not in known]
    example = (command.epilog or "").removeprefix("Example: ")
    return [
        f"### {context.command_path}",
        "",
        f"`{usage}`",
        "",
        inspect.cleandoc(command.help or ""),
        "",
        *([listed, ""] if (listed := _options(own, context)) else []),
        "```sh",
        example,
        "```",
        "",
    ]


def _global_options() -> list[click.Parameter]:
    return Command("any").params


def _options(params: list[click.Parameter], context: click.Context) -> str:
    records = [record for param in params if (record := param.get_help_record(context))]
    return "\n".join(f"- `{names}`: {' '.join(text.split())}" for names, text in records if text)


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
