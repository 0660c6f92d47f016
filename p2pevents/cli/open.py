"""`p2pevents open`: my page in a browser, with leave to write."""

from __future__ import annotations

import subprocess
import time
import webbrowser
from urllib.parse import quote

import click

from p2pevents.cli.opening import home_of
from p2pevents.cli.program import PROCESS_WORDS
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import StateError
from p2pevents.node.presence import read_presence
from p2pevents.record.link import parse_link
from p2pevents.words import _

__all__ = ["command"]

START_S_MAX = 30.0
_POLL_S = 0.1


@click.command(cls=Command, epilog="Example: p2pevents open")
@click.argument("link", required=False)
@click.option("--print", "only_print", is_flag=True, help="Print the address, open no browser.")
@pass_settings
def command(settings: Settings, /, link: str | None, *, only_print: bool) -> None:
    """Open my page in a browser; start the light client first where no node runs.

    With LINK, the page shows it in its box, and asks before the chapter is followed.

    The address holds a token that is good once, within two minutes: the browser that
    shows it may follow and write. Give it to nobody.
    """
    from p2pevents.web.doorkeeper import read_word, token_of

    if link is not None:
        parse_link(link)
    home = home_of(settings)
    home.create()
    started = read_presence(home.folder) is None
    if started:
        _start(settings)
    url, secret = read_word(home.folder)
    address = f"{url}open?token={token_of(secret, now_ms=settings.now_ms())}"
    if link is not None:
        address += f"&link={quote(link, safe='')}"
    has_opened = False if only_print else webbrowser.open(address)
    if settings.json:
        settings.print_json({"page": url, "address": address, "started": started})
    elif only_print:
        click.echo(address)
    elif has_opened:
        click.echo(_("the page is open: {page}", page=url))
    else:
        click.echo(_("no browser was found here; open this address within two minutes:"))
        click.echo(address)


def _start(settings: Settings) -> None:
    """Start the light client, in the background, and wait until its page stands."""
    home = home_of(settings)
    with (home.folder / "node.log").open("ab") as log:
        words = [*PROCESS_WORDS, "--home", str(home.folder)]
        if settings.offset_ms:
            words += ["--now", _now(settings)]
        process = subprocess.Popen(  # noqa: S603 - this very program
            [*words, "run", "--light"],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    ends = time.monotonic() + START_S_MAX
    while read_presence(home.folder) is None:
        if process.poll() is not None or time.monotonic() > ends:
            raise StateError(
                "the light client did not start",
                hint=f"what it said is in {home.folder / 'node.log'}",
            )
        time.sleep(_POLL_S)


def _now(settings: Settings) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(settings.now_ms() / 1000, tz=UTC).isoformat()
