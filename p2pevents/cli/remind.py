"""`p2pevents remind`: when and how a running node tells me of what is on."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import Any, Final

import click

from p2pevents.cli.opening import config_of, home_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError, StateError
from p2pevents.node.config import Config
from p2pevents.node.config_file import change_config
from p2pevents.node.presence import read_presence
from p2pevents.node.reminding.channels import channels_of, tell
from p2pevents.node.reminding.due import Kind, Reminder, span_ms
from p2pevents.words import _, message

__all__ = ["command"]

_OFF: Final[Mapping[str, object]] = {
    "remind_before": (),
    "remind_desktop": False,
    "remind_command": (),
    "remind_webhook": "",
    "remind_apprise": (),
}


@click.command(cls=Command, epilog="Example: p2pevents remind --before 1d --before 1h --desktop")
@click.option("--before", multiple=True, metavar="SPAN", help="How long before: 30m, 2h, 1d.")
@click.option("--desktop/--no-desktop", default=None, help="By a notification on the desktop.")
@click.option(
    "--command", "words", metavar="COMMAND", help="By this program; the reminder is on its input."
)
@click.option("--webhook", metavar="URL", help="By posting it to this address.")
@click.option("--apprise", multiple=True, metavar="URL", help="By a service that apprise knows.")
@click.option("--changes/--no-changes", default=None, help="Also what moves or is called off.")
@click.option("--off", is_flag=True, help="Remind me of nothing any more.")
@click.option("--test", is_flag=True, help="Tell me something now, and say how that went.")
@pass_settings
def command(settings: Settings, /, *, off: bool, test: bool, **options: Any) -> None:
    """Be told before an event, and when one moves or is called off.

    A running node tells, the light client too, each thing once. An organiser is also told when
    a chapter has no date to come. Without options, says what holds.
    """
    home = home_of(settings)
    said = _said(options)
    if off and said:
        raise InputError("--off takes everything back, and stands alone")
    changes = dict(_OFF) if off else said
    if changes:
        home.create()
        config = change_config(home.config, changes)
    else:
        config = config_of(home, None)
    told = _test(config) if test else {}
    runs = read_presence(home.folder) is not None
    if settings.json:
        settings.print_json({**_facts(config), "told": told, "nodeRuns": runs})
    else:
        _say(config, told)
    if changes and runs:
        click.echo(
            f"p2pevents: {_('hint')}: " + _("start the node again: it reads this at its start"),
            err=True,
        )
    elif not runs and channels_of(config) and not test:
        click.echo(
            f"p2pevents: {_('hint')}: " + _("a running node tells: p2pevents run --light"), err=True
        )
    if any(told.values()):
        click.get_current_context().exit(1)


def _said(options: dict[str, Any]) -> dict[str, object]:
    """Return the keys of the configuration that were said, with their values."""
    said: dict[str, object] = {}
    if options["before"]:
        for span in options["before"]:
            _check_span(span)
        said["remind_before"] = tuple(dict.fromkeys(options["before"]))
    if options["words"] is not None:
        try:
            said["remind_command"] = tuple(shlex.split(options["words"]))
        except ValueError:
            raise InputError("--command: a quote is not closed") from None
    for key in ("desktop", "webhook", "changes"):
        if options[key] is not None:
            said[f"remind_{key}"] = options[key]
    if options["apprise"]:
        said["remind_apprise"] = tuple(dict.fromkeys(options["apprise"]))
    return said


def _check_span(span: str) -> None:
    try:
        span_ms(span)
    except ValueError:
        raise InputError(
            f"--before: {span[:40]!r} is no span of time", hint="write 30m, 2h or 1d"
        ) from None


def _test(config: Config) -> dict[str, str]:
    channels = channels_of(config)
    if not channels:
        raise StateError(
            "no way to tell you is set", hint="p2pevents remind --desktop, --command or --webhook"
        )
    reminder = Reminder(
        key="test",
        kind=Kind.TEST,
        title=_("p2pevents reminds you"),
        text=_("This is how it will look."),
    )
    return dict(tell(channels, reminder))


def _facts(config: Config) -> dict[str, Any]:
    """Return what holds. Addresses may hold passwords: only that they are set is said."""
    return {
        "before": list(config.remind_before),
        "changes": config.remind_changes,
        "nextDate": config.remind_next_date,
        "by": [*channels_of(config)],
    }


def _say(config: Config, told: dict[str, str]) -> None:
    facts = _facts(config)
    for name, trouble in told.items():
        click.echo(f"{name:10} {message(trouble) or _('told')}")
    if told:
        return
    if not facts["by"]:
        click.echo(_("nobody is told: choose --desktop, --command, --webhook or --apprise"))
    else:
        click.echo(f"{_('told by'):10} {', '.join(facts['by'])}")
    click.echo(f"{_('before'):10} {', '.join(facts['before']) or _('never: --before 1d')}")
    click.echo(f"{_('changes'):10} {_('yes') if facts['changes'] else _('no')}")
