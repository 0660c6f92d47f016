"""`p2pevents site`: my chapters' events as plain files for any web host."""

from __future__ import annotations

import time
from pathlib import Path

import click

from p2pevents.cli.notices import print_hint
from p2pevents.cli.opening import config_of, home_of, refuse_other_clock
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import StateError
from p2pevents.words import _, _n

__all__ = ["command"]

WATCH_S = 1.0
TODAY_S = 900.0  # what is coming up moves with the day, whether or not anything is announced


@click.command(cls=Command, epilog="Example: p2pevents site -o public --watch")
@click.option(
    "-o",
    "--output",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    required=True,
    help="The folder to write to.",
)
@click.option("--watch", is_flag=True, help="Stay, and write anew whatever changes.")
@pass_settings
def command(settings: Settings, output: Path, *, watch: bool) -> None:
    """Write a static site: pages, feeds and link previews of my chapters.

    Say in `public_url` where it will be seen: feeds and previews need it.
    """
    from p2pevents.node.meant import way_in
    from p2pevents.web.shelf import Shelf
    from p2pevents.web.site import write_site

    home = home_of(settings)
    config = config_of(home, None)
    if settings.offset_ms:
        refuse_other_clock(config)
    shelf = Shelf(home, now_ms=settings.now_ms, own=True)
    try:
        if not shelf.chapters():
            raise StateError(
                "you are not an organiser of any chapter on this home",
                hint=way_in(
                    shelf.desk,
                    'found one: p2pevents chapter found "Paris P2P" --timezone Europe/Paris',
                ),
            )
        written = write_site(output, shelf, public_url=config.public_url)
        if settings.json:
            settings.print_json(
                {
                    "folder": str(output),
                    "files": written.files,
                    "changed": written.changed,
                    "removed": written.removed,
                }
            )
        else:
            click.echo(
                _n(
                    "{folder}: {n} files, {changed} of them new",
                    "{folder}: {n} files, {changed} of them new",
                    written.files,
                    folder=output,
                    changed=written.changed,
                )
            )
        if not config.public_url:
            print_hint(
                _(
                    "set public_url in the configuration: feeds and link previews "
                    "leave out what needs it"
                )
            )
        seen, wrote_s = shelf.refresh(), time.monotonic()
        while watch:
            time.sleep(WATCH_S)
            stands = shelf.refresh()
            if stands == seen and time.monotonic() - wrote_s < TODAY_S:
                continue
            seen, wrote_s = stands, time.monotonic()
            written = write_site(output, shelf, public_url=config.public_url)
            if not settings.json and written.changed + written.removed:
                click.echo(
                    _(
                        "{folder}: {changed} changed, {removed} removed",
                        folder=output,
                        changed=written.changed,
                        removed=written.removed,
                    )
                )
    finally:
        shelf.close()
