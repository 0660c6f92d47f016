"""Inviting a colleague, and answering an invitation: two commands, one on each side."""

from __future__ import annotations

from pathlib import Path

import click

from p2pevents.cli.chapter import link_addresses, whole_address
from p2pevents.cli.notices import print_hint
from p2pevents.cli.opening import desk_of
from p2pevents.cli.organiser.options import CHAPTER, NEW_SHEET, ROLE_NAMES, said_key
from p2pevents.cli.organiser.sheets import check_new_sheet, put_away
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import StateError
from p2pevents.keys.lead_proof import lead_proof_of
from p2pevents.keys.proof import proof_of
from p2pevents.keys.secret import Secret
from p2pevents.keys.words import fingerprint
from p2pevents.node.charter_desk import LEAD, CharterDesk
from p2pevents.node.desk import Desk
from p2pevents.record.ids import ChapterId, PublicKey, short, to_text
from p2pevents.record.link import parse_link
from p2pevents.words import _

__all__ = ["invite", "join"]


@click.command(cls=Command, epilog="Example: p2pevents organiser invite --role editor")
@click.option(
    "--role",
    default="organiser",
    show_default=True,
    type=click.Choice(ROLE_NAMES),
    help="What they are to be.",
)
@click.option(
    "--at",
    multiple=True,
    metavar="MULTIADDR",
    help="Where they ask first, such as /dns4/example.org/tcp/27410; repeatable.",
)
@CHAPTER
@pass_settings
def invite(settings: Settings, /, role: str, chapter: str | None, *, at: tuple[str, ...]) -> None:
    """Say what a colleague types to join.

    And what I type with their answer. Nothing secret is in it, and nothing has effect until
    `organiser add`.
    """
    with desk_of(settings) as desk:
        mine = desk.chapter(chapter)
        said = [whole_address(desk, address) for address in at]
        at = tuple(said or link_addresses(desk))
        link = desk.link(mine, at=at).text
        name = desk.chapter_name(mine)
    theirs = f"p2pevents organiser join '{link}'" + (" --lead" if role == LEAD else "")
    ours = f"p2pevents organiser add 'KEY' --role {role}"
    if settings.json:
        settings.print_json(
            {
                "chapter": to_text(mine),
                "role": role,
                "link": link,
                "theyType": theirs,
                "youType": ours,
            }
        )
        return
    click.echo(
        _(
            "to make a colleague {role} of {name}, send them this line to type:",
            role=role,
            name=name,
        )
    )
    click.echo(f"  {theirs}")
    click.echo(_("they send back the text that it prints, and read you four words: then type"))
    click.echo(f"  {ours}")
    if not at:
        print_hint(
            _(
                "the link names no address yet: start the node (p2pevents run) and ask again, "
                "or hand over what they need by p2pevents pack"
            )
        )


@click.command(cls=Command, epilog="Example: p2pevents organiser join 'p2pevents://b.../?at=...'")
@click.argument("link", required=False)
@click.option("--lead", is_flag=True, help="To lead: make a charter key too, and its sheet.")
@NEW_SHEET
@CHAPTER
@pass_settings
def join(
    settings: Settings,
    /,
    link: str | None,
    chapter: str | None,
    new_sheet: Path | None,
    *,
    lead: bool,
) -> None:
    """Answer an invitation with my key.

    Follows the chapter, and prints the text to send back to whoever invited me.
    """
    check_new_sheet(new_sheet)
    sheet: Path | None = None
    with desk_of(settings) as desk:
        found = _followed(desk, link, chapter)
        daily = desk.safe.secret(_fitting_key(desk, found))
        if lead:
            charter, sheet = _charter(desk, found, new_sheet, now_ms=settings.now_ms())
            text = lead_proof_of(daily=daily, charter=charter)
        else:
            text = proof_of(daily)
    if settings.json:
        settings.print_json(
            {
                "chapter": to_text(found),
                "key": to_text(daily.public),
                "words": fingerprint(daily.public),
                "text": text,
                "sheet": str(sheet) if sheet else None,
            }
        )
        return
    if sheet:
        click.echo(_("charter sheet: {file}", file=sheet))
        click.echo(
            "  " + _("print it or copy it by hand, and put it away; then: chapter sheet confirm")
        )
    click.echo(_("send this to whoever invited you:"))
    click.echo(text)
    click.echo(_("and read them these words: {words}", words=said_key(daily.public)))
    if lead:
        print_hint(_("they send you what to sign: p2pevents organiser sign FILE"))
    else:
        print_hint(_("once they have added you, this brings your leave: p2pevents sync"))


def _followed(desk: Desk, link: str | None, chapter: str | None) -> ChapterId:
    if link is not None:
        parsed = parse_link(link)
        desk.follow(parsed)
        return parsed.chapter
    if chapter is not None:
        return desk.find_chapter(chapter, among=desk.chapters())
    followed = [each.chapter for each in desk.followed()]
    if len(followed) == 1:
        return followed[0]
    raise StateError(
        f"you follow {len(followed)} chapters",
        hint="paste the link that you were sent, or say which by --chapter",
    )


def _fitting_key(desk: Desk, chapter: ChapterId) -> PublicKey:
    """Return my key, or a new one where mine was removed from the chapter and never returns."""
    key = desk.my_key()
    is_here = chapter in desk.chapters()
    is_removed = is_here and key in CharterDesk(desk, chapter).removed_keys()
    return desk.new_key() if is_removed else key


def _charter(
    desk: Desk, chapter: ChapterId, new_sheet: Path | None, *, now_ms: int
) -> tuple[Secret, Path]:
    """Return the charter key that is to join: the one of the last time, while it is here."""
    note = f"joining/{short(chapter)}"
    before = desk.log.local.note(note)
    for kept in desk.keyring.sheets():
        if kept.public == before and new_sheet is None:
            return desk.safe.charter_secret(PublicKey(before)), kept.path
    charter = Secret.generate()
    path = put_away(desk, chapter, charter, at=new_sheet, now_ms=now_ms)
    desk.log.local.set_note(note, charter.public)
    return charter, path
