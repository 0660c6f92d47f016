"""Entries that await signatures: looked at, signed with a charter sheet, or refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from p2pevents.authority.awaiting import AWAITING_CHARACTERS_MAX, AWAITING_PREFIX, Awaiting
from p2pevents.cli.notices import print_hint
from p2pevents.cli.opening import desk_of
from p2pevents.cli.organiser.options import AGAIN, CHAPTER, OUTPUT, SHEET
from p2pevents.cli.organiser.saying import change_lines, entry_facts, lacking_text, say_settled
from p2pevents.cli.organiser.sheets import signing_secrets
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError, StateError, reason_of
from p2pevents.node.chain_desk import ChainDesk, Stage, find_pending
from p2pevents.node.desk import Desk
from p2pevents.node.pending import Pending
from p2pevents.record.ids import short, to_text
from p2pevents.words import _

__all__ = ["pending", "refuse", "sign"]

_ENTRY: Final = click.argument("entry", metavar="ENTRY")


@click.command(cls=Command, epilog="Example: p2pevents organiser pending")
@click.argument("entry", required=False, metavar="[ENTRY]")
@CHAPTER
@pass_settings
def pending(settings: Settings, entry: str | None, chapter: str | None) -> None:
    """Show what awaits signatures.

    With the text or file of an entry, it is taken in and shown: nothing is signed.
    """
    with desk_of(settings) as desk:
        only = desk.chapter(chapter) if chapter else None
        if entry is not None:
            awaiting = _entry_of(desk, entry)
            settled = [_chain(desk, awaiting).settle(awaiting)]
        else:
            settled = [
                _chain(desk, awaiting).settle(awaiting)
                for awaiting in Pending(desk.log.local).all()
                if only in (None, awaiting.chapter)
            ]
        chains = [ChainDesk(desk, each.awaiting.chapter) for each in settled]
        if settings.json:
            settings.print_json([entry_facts(each) for each in settled])
            return
        if not settled:
            click.echo(_("nothing awaits signatures here"))
        for chain, each in zip(chains, settled, strict=True):
            for line in change_lines(chain, each):
                click.echo(line)
            awaits = each.stage is Stage.AWAITS
            lacks = _("awaits {lacking}", lacking=lacking_text(chain, each)) if awaits else ""
            click.echo(f"  {lacks or _stage_word(each.stage)}")


@click.command(cls=Command, epilog="Example: p2pevents organiser sign entry.txt --sheet sheet.txt")
@_ENTRY
@SHEET
@AGAIN
@OUTPUT
@pass_settings
def sign(settings: Settings, /, entry: str, **options: Any) -> None:
    """Sign an entry of the charter.

    ENTRY is its id where it waits here, its text, or its file. Read what it changes: that is
    all it says. It has effect as soon as enough signatures are on it, whoever of us holds them.
    """
    with desk_of(settings) as desk:
        awaiting = _entry_of(desk, entry)
        chain = _chain(desk, awaiting)
        look = chain.look(awaiting)
        if look.stage is not Stage.DONE:
            if not settings.json:
                for line in change_lines(chain, look):
                    click.echo(line, err=True)
            secrets = signing_secrets(chain, look.awaiting, options["sheet"])
            is_whole = look.stage is Stage.AWAITS and not look.lacking
            if not secrets and not is_whole:
                raise StateError(
                    "none of the keys that may sign this is on this home",
                    hint="give the charter sheet: --sheet FILE",
                )
            look = chain.sign(awaiting, secrets, again=options["again"])
        say_settled(settings, chain, look, output=options["output"])


@click.command(cls=Command, epilog="Example: p2pevents organiser refuse bq4kzmv2")
@_ENTRY
@pass_settings
def refuse(settings: Settings, entry: str) -> None:
    """Drop an entry that awaits signatures."""
    with desk_of(settings) as desk:
        awaiting = _entry_of(desk, entry)
        store = Pending(desk.log.local)
        was_here = store.drop(awaiting.id)
        mine = [
            key
            for key in awaiting.signers
            if any(awaiting.id in store.signed_after(x, key) for x in awaiting.snapshot.prev)
        ]
    if settings.json:
        settings.print_json(
            {"entry": to_text(awaiting.id), "wasHere": was_here, "wasSigned": bool(mine)}
        )
        return
    click.echo(_("refused {id}", id=short(awaiting.id)))
    if mine:
        print_hint(_("you signed it before: with the others' signatures it can still have effect"))


def _stage_word(stage: Stage) -> str:
    return {
        Stage.EARLY: _("early"),
        Stage.OVERTAKEN: _("overtaken"),
        Stage.DONE: _("done"),
    }[stage]


def _chain(desk: Desk, awaiting: Awaiting) -> ChainDesk:
    if awaiting.chapter not in desk.chapters():
        raise StateError(
            f"the chapter of this entry, {short(awaiting.chapter)}, is not here",
            hint="follow it by its link, and fetch it: p2pevents sync",
        )
    return ChainDesk(desk, awaiting.chapter)


def _entry_of(desk: Desk, said: str) -> Awaiting:
    """Return the entry that an id, a text or a file means."""
    if said.strip().startswith(AWAITING_PREFIX):
        return find_pending(desk, said)
    path = Path(said)
    try:
        with path.open("r", encoding="utf-8", errors="replace") as file:
            text = file.read(AWAITING_CHARACTERS_MAX + 1)
    except FileNotFoundError:
        return find_pending(desk, said)
    except OSError as error:
        raise InputError(f"{said[:60]}: cannot be read: {reason_of(error)}") from None
    try:
        return find_pending(desk, text)
    except InputError as error:
        if not text.strip().startswith(AWAITING_PREFIX):
            raise InputError(
                f"{path}: holds no entry of a charter", hint="name the file that was sent to you"
            ) from None
        raise InputError(f"{path}: {error.message}", hint=error.hint) from None
