"""How commands open a home: its desk, its configuration, the passphrase that a person types."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click

from p2pevents.cli.settings import Settings
from p2pevents.cli.speaking import speak_as_configured
from p2pevents.errors import StateError
from p2pevents.node.desk import Desk, open_desk
from p2pevents.node.home import Home, locate_home
from p2pevents.words import _

if TYPE_CHECKING:
    from p2pevents.keys.secret import Passphrase
    from p2pevents.node.config import Config
    from p2pevents.node.safe import Asking

__all__ = ["config_of", "desk_of", "home_of", "refuse_other_clock"]

DEMO_NETWORK = "demo"


def home_of(settings: Settings) -> Home:
    """Return the home of this run; what is said from here on is in its language."""
    home = locate_home(settings.home, environment=os.environ)
    if not settings.json:
        speak_as_configured(home)
    return home


@contextmanager
def desk_of(settings: Settings, *, asks: bool = True) -> Iterator[Desk]:
    """Open the home of this run for one command.

    Args:
        settings: of this run.
        asks: that a person may be asked for a passphrase.
    """
    home = home_of(settings)
    if settings.offset_ms:
        refuse_other_clock(config_of(home, None))
    with open_desk(
        home,
        now_ms=settings.now_ms,
        asking=_asking(settings) if asks else None,
        is_damaged=settings.is_damaged,
    ) as desk:
        yield desk
        settings.damaged = max(settings.damaged, len(desk.log.damage()))


def config_of(home: Home, named: Path | None) -> Config:
    """Return the configuration named by `--config`, else the home's, else the defaults.

    Raises:
        ConfigError: it cannot be read, or says what cannot be.
    """
    from p2pevents.node.config import Config, load_config

    if named is not None:
        return load_config(named)
    return load_config(home.config) if home.config.exists() else Config()


def refuse_other_clock(config: Config) -> None:
    """Refuse `--now` where records would reach other people.

    Raises:
        StateError: the network is not the demo's.
    """
    if config.network != DEMO_NETWORK:
        raise StateError(
            f"--now is refused on network {config.network!r}",
            hint="a clock of one's own is for the network 'demo' alone",
        )


def _asking(settings: Settings) -> Asking | None:
    """Return what asks for passphrases; nobody is asked where there is no terminal."""
    if settings.passphrase_file is None and not sys.stdin.isatty():
        return None
    from p2pevents.keys.passphrase import read_passphrase_file
    from p2pevents.node.safe import Asking

    if settings.passphrase_file is not None:
        read = partial(read_passphrase_file, settings.passphrase_file)
        return Asking(old=read, new=read)
    return Asking(
        old=partial(_prompt, _("passphrase of your key")),
        new=partial(_prompt, _("passphrase for your new key (empty for none)"), twice=True),
    )


def _prompt(question: str, *, twice: bool = False) -> Passphrase | None:
    from p2pevents.keys.secret import Passphrase

    while typed := _typed(question):
        if not twice or _typed(_("the same again")) == typed:
            return Passphrase(typed)
        click.echo(_("the two are not the same; once more"), err=True)
    return None


def _typed(question: str) -> str:
    """Return what somebody types unseen; empty where they only press Enter."""
    said: str = click.prompt(question, default="", hide_input=True, err=True, show_default=False)
    return said
