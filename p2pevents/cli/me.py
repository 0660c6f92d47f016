"""`p2pevents me`: the key that I sign with."""

from __future__ import annotations

import sys

import click

from p2pevents.cli.notices import print_hint
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import KeyFileError
from p2pevents.keys.proof import proof_of
from p2pevents.keys.words import fingerprint
from p2pevents.node.desk import Desk
from p2pevents.record.ids import PublicKey, to_text
from p2pevents.words import _

__all__ = ["command"]


@click.command(cls=Command, epilog="Example: p2pevents me --qr")
@click.option("--qr", is_flag=True, help="Draw the link as a QR code.")
@click.option("--new", is_flag=True, help="Make a new key, to hand out from now on.")
@pass_settings
def command(settings: Settings, *, qr: bool, new: bool) -> None:
    """Show my organiser key, made the first time, its fingerprint in four words, and its proof.

    Send the link to the colleague who adds your key, and say the words aloud: if
    both of you read the same, nobody stands between.
    """
    with desk_of(settings) as desk:
        key = desk.new_key() if new else desk.my_key()
        link = _proof(desk, key)
        names = [desk.chapter_name(each) for each in desk.my_chapters()]
    words = fingerprint(key)
    if settings.json:
        settings.print_json({"key": to_text(key), "words": words, "link": link, "chapters": names})
        return
    click.echo(f"{_('key'):6} {to_text(key)}")
    click.echo(f"{_('words'):6} {words}")
    click.echo(_("speaks for {names}", names=", ".join(names) or _("no chapter yet")))
    if link is None:
        print_hint(
            _(
                "the key is locked, so it cannot prove that it is yours: "
                "p2pevents unlock, or --passphrase-file"
            )
        )
        return
    click.echo(f"{_('link'):6} {link}")
    if qr:
        import segno

        segno.make(link, error="l").terminal(sys.stdout, compact=True)


def _proof(desk: Desk, key: PublicKey) -> str | None:
    """Return the link that proves that I hold the key; None where it is locked here."""
    try:
        return proof_of(desk.safe.secret(key))
    except KeyFileError:
        if not desk.safe.can_ask:
            return None
        raise
