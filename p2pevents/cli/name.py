"""`p2pevents name`: what I call a chapter or the holder of a key, and what to compare it by."""

from __future__ import annotations

import sys
from typing import Any

import click

from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.errors import InputError
from p2pevents.keys.proof import read_key
from p2pevents.keys.words import fingerprint
from p2pevents.node.charter_desk import CharterDesk
from p2pevents.node.desk import Desk
from p2pevents.node.names import key_names, name_chapter, name_key
from p2pevents.record.ids import ChapterId, PublicKey, to_text
from p2pevents.words import _

__all__ = ["command"]


@click.command(cls=Command, epilog='Example: p2pevents name "Paris P2P" "Paris, from Alice"')
@click.argument("what", required=False, metavar="[CHAPTER|KEY]")
@click.argument("called", required=False, metavar="[NAME]")
@click.option("--remove", is_flag=True, help="Forget my name for it.")
@click.option("--qr", is_flag=True, help="Draw its id as a QR code, to be held beside another.")
@pass_settings
def command(
    settings: Settings, what: str | None, called: str | None, *, remove: bool, qr: bool
) -> None:
    """Give a chapter or the holder of a key a name of my own, and show what to compare it by.

    My names are shown first, and never leave this home. Without NAME, the four words are
    shown: whoever else follows the same chapter reads the same words. Without anything,
    all my names are listed.
    """
    if called is not None and remove:
        raise InputError("a name and --remove at once", hint="leave one out")
    with desk_of(settings) as desk:
        if what is None:
            rows = [*_chapters(desk), *_keys(desk)]
        else:
            found = _found(desk, what)
            if called is not None or remove:
                if isinstance(found, PublicKeyFound):
                    name_key(desk.log.local, found.key, called or "")
                else:
                    name_chapter(desk, found, called or "")
            rows = [
                _key_facts(desk, found.key)
                if isinstance(found, PublicKeyFound)
                else _chapter_facts(desk, found)
            ]
    if settings.json:
        settings.print_json(rows if what is None else rows[0])
        return
    if not rows:
        click.echo(_("no names of yours yet: p2pevents name CHAPTER NAME"))
    elif what is None:
        print_table(
            (_("what"), _("id"), _("my name"), _("calls itself"), _("words")),
            [
                (
                    _what(each),
                    each["id"][:8],
                    each["name"] or "",
                    each["claimed"] or "",
                    each["words"],
                )
                for each in rows
            ],
        )
    else:
        _print(rows[0], qr=qr)


class PublicKeyFound:
    """A key that was meant, told apart from a chapter."""

    def __init__(self, key: PublicKey) -> None:
        self.key = key


def _found(desk: Desk, what: str) -> ChapterId | PublicKeyFound:
    """Return what is meant: a chapter that is followed or here, else a key.

    Raises:
        InputError: neither.
    """
    known = list(dict.fromkeys([*(each.chapter for each in desk.followed()), *desk.chapters()]))
    try:
        return desk.find_chapter(what, among=known)
    except InputError as error:
        not_a_chapter = error
    for chapter in desk.chapters():
        try:
            return PublicKeyFound(CharterDesk(desk, chapter).find_speaker(what).key)
        except InputError:
            continue
    try:
        return PublicKeyFound(read_key(what))
    except InputError:
        raise not_a_chapter from None


def _chapters(desk: Desk) -> list[dict[str, Any]]:
    return [_chapter_facts(desk, each.chapter) for each in desk.followed()]


def _keys(desk: Desk) -> list[dict[str, Any]]:
    return [_key_facts(desk, each) for each in key_names(desk.log.local)]


def _chapter_facts(desk: Desk, chapter: ChapterId) -> dict[str, Any]:
    petname = next((each.petname for each in desk.followed() if each.chapter == chapter), "")
    return {
        "what": "chapter",
        "id": to_text(chapter),
        "name": petname or None,
        "claimed": desk.profile(chapter).name,
        "words": fingerprint(PublicKey(chapter)),
    }


def _key_facts(desk: Desk, key: PublicKey) -> dict[str, Any]:
    return {
        "what": "key",
        "id": to_text(key),
        "name": key_names(desk.log.local).get(key),
        "claimed": None,
        "words": fingerprint(key),
    }


def _what(facts: dict[str, Any]) -> str:
    return _("chapter") if facts["what"] == "chapter" else _("key")


def _print(facts: dict[str, Any], *, qr: bool) -> None:
    for label, fact in (
        (_what(facts), facts["id"]),
        (_("my name"), facts["name"]),
        (_("calls itself"), facts["claimed"]),
        (_("words"), facts["words"]),
    ):
        if fact:
            click.echo(f"{label:13}{fact}")
    if qr:
        import segno

        segno.make(facts["id"].upper(), error="l").terminal(sys.stdout, compact=True)
