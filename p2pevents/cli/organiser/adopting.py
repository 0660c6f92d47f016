"""`organiser adopt`: after guardians named new leads, what the old ones wrote is shown again."""

from __future__ import annotations

import sys

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.opening import desk_of
from p2pevents.cli.organiser.keeping import chosen_ids, print_kept, until_of
from p2pevents.cli.organiser.options import CHAPTER
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.node.charter_desk import CharterDesk
from p2pevents.words import _, _n

__all__ = ["adopt"]


@click.command(cls=Command, epilog="Example: p2pevents organiser adopt --dry-run")
@click.argument("day", required=False, metavar="[DATE]")
@click.option(
    "--keep",
    default="all",
    show_default=True,
    metavar="all|until DATE|FILE",
    help="What is adopted; a FILE names ids, one a line.",
)
@click.option("--dry-run", is_flag=True, help="Show what would be, and do nothing.")
@CHAPTER
@pass_settings
def adopt(
    settings: Settings, /, day: str | None, keep: str, *, dry_run: bool, chapter: str | None
) -> None:
    """Adopt what the leads before a recovery wrote.

    A recovery by guardians removes the keys of all leads before, and with them their events and
    the leaves that they gave. As one of the new leads, look at what there is with --dry-run: what
    is adopted is shown to everybody again, and the chapter stands for it.
    """
    with desk_of(settings) as desk:
        charter = CharterDesk(desk, desk.chapter(chapter))
        records = charter.before_recoveries()
        until = until_of(keep, day)
        zone = desk.profile(charter.chapter).time_zone
        kept = chosen_ids(records, keep, until=until, zone=zone)
        if dry_run:
            print_kept(settings, records, kept)
            return
        if kept and sys.stdin.isatty():
            print_kept(settings, records, kept)
            click.confirm(_("adopt these?"), default=True, abort=True, err=True)
        written = charter.keep(kept)
        announced = announced_line(desk, written) if written else ""
    if settings.json:
        settings.print_json({"adopted": len(kept), "records": len(written)})
    elif written:
        adopted = _n(
            "adopted {kept} of {n} records",
            "adopted {kept} of {n} records",
            len(records),
            kept=len(kept),
        )
        click.echo(f"{adopted}; {announced}")
    else:
        click.echo(_("nothing that former leads wrote is left to adopt"))
