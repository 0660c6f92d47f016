"""`p2pevents feed`: calendar addresses for single subscribers, each of which can be taken back."""

from __future__ import annotations

import click

from p2pevents.cli.notices import print_hint
from p2pevents.cli.opening import config_of, desk_of, home_of
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.node.desk import Desk
from p2pevents.record.ids import ChapterId, to_text
from p2pevents.words import _

__all__ = ["command"]

_MODES = ("cancelled", "remove", "keep-with-title")


@click.group(cls=Group)
def command() -> None:
    """Hand out calendar addresses that can be taken back one by one."""


@command.command(epilog='Example: p2pevents feed add "Ana" --mode keep-with-title')
@click.argument("name")
@click.option("--chapter", metavar="CHAPTER", help="Only this chapter's events.")
@click.option(
    "--mode",
    type=click.Choice(_MODES),
    default="cancelled",
    show_default=True,
    help="What is cancelled: marked, left out, or kept with its title saying so.",
)
@pass_settings
def add(settings: Settings, name: str, chapter: str | None, mode: str) -> None:
    """Make an address for one subscriber. It is shown once: only a digest of it is kept."""
    from p2pevents.view.cancelled import Cancelled
    from p2pevents.web.subscribers import add_subscriber

    public_url = config_of(home_of(settings), None).public_url.rstrip("/")
    with desk_of(settings) as desk:
        wanted = (_chapter(desk, chapter),) if chapter else ()
        new, secret = add_subscriber(
            desk.log.local,
            name=name,
            chapters=wanted,
            mode=Cancelled(mode),
            now_ms=settings.now_ms(),
        )
    path = f"/feed/{secret}.ics"
    address = f"{public_url}{path}" if public_url else None
    if settings.json:
        settings.print_json({"id": new.id, "name": name, "path": path, "address": address})
        return
    click.echo(address or path)
    if not address:
        print_hint(
            _(
                "this stands behind the address of the page; with public_url in the "
                "configuration it is said whole"
            )
        )


@command.command(name="list", reads=True, epilog="Example: p2pevents feed list")
@pass_settings
def list_(settings: Settings) -> None:
    """List the addresses that were handed out, without their secrets."""
    from p2pevents.web.subscribers import subscribers_of

    with desk_of(settings) as desk:
        found = subscribers_of(desk.log.local)
        names = {each: desk.chapter_name(each) for feed in found for each in feed.chapters}
    if settings.json:
        settings.print_json(
            [
                {
                    "id": each.id,
                    "name": each.name,
                    "mode": str(each.mode),
                    "chapters": [to_text(chapter) for chapter in each.chapters],
                }
                for each in found
            ]
        )
    elif found:
        print_table(
            (_("id"), _("for"), _("chapters"), _("what is cancelled")),
            [
                (
                    each.id,
                    each.name,
                    ", ".join(names[chapter] for chapter in each.chapters) or _("all"),
                    str(each.mode),
                )
                for each in found
            ],
        )
    else:
        click.echo(_("no address was handed out: p2pevents feed add NAME"))


@command.command(epilog="Example: p2pevents feed revoke Ana")
@click.argument("wanted", metavar="ID|NAME")
@pass_settings
def revoke(settings: Settings, wanted: str) -> None:
    """Take an address back: it leads nowhere from now on."""
    from p2pevents.web.subscribers import revoke_subscriber

    with desk_of(settings) as desk:
        gone = revoke_subscriber(desk.log.local, wanted)
    if settings.json:
        settings.print_json({"id": gone.id, "name": gone.name})
    else:
        click.echo(_("the feed of {name} is taken back", name=gone.name))


def _chapter(desk: Desk, wanted: str) -> ChapterId:
    return desk.find_chapter(wanted, among=desk.chapters())
