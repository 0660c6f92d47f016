"""`organiser remove`: a key speaks no more, and what it said stays as far as someone vouches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.opening import desk_of
from p2pevents.cli.organiser.keeping import chosen_ids, print_kept, split_keep
from p2pevents.cli.organiser.options import AGAIN, CHAPTER, OUTPUT, SHEET, said_key
from p2pevents.cli.organiser.saying import say_settled
from p2pevents.cli.organiser.sheets import signing_secrets
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError
from p2pevents.log.protocol import Stored
from p2pevents.node.chain_desk import ChainDesk, leads_with
from p2pevents.node.charter_desk import GUARDIAN, LEAD, REMOVED, Speaker
from p2pevents.record.ids import PublicKey, RecordId, to_text
from p2pevents.words import _n

__all__ = ["remove"]

KEEP_ALL: Final = "all"


@click.command(
    cls=Command, epilog="Example: p2pevents organiser remove k3x7 --keep until 2027-03-01"
)
@click.argument("key", nargs=-1, required=True, metavar="KEY")
@click.option(
    "--keep",
    metavar="all|none|until DATE|FILE",
    help="What stays of all that the key signed; a FILE names ids, one a line.  [default: all]",
)
@click.option("--dry-run", is_flag=True, help="Show what the key signed, and do nothing.")
@SHEET
@AGAIN
@OUTPUT
@CHAPTER
@pass_settings
def remove(
    settings: Settings,
    /,
    key: tuple[str, ...],
    keep: str | None,
    chapter: str | None,
    **options: Any,
) -> None:
    """Remove a key for good.

    A delegate's goes at once, a lead's by an entry of the charter. All that the key signed is
    set aside, save what --keep names. For a colleague who leaves keep all; for a key that was
    stolen look first with --dry-run. Said again of a key that is removed already, it puts more
    back.
    """
    wanted, until = split_keep(key, keep)
    with desk_of(settings) as desk:
        chain = ChainDesk(desk, desk.chapter(chapter))
        speaker = chain.find_speaker(wanted)
        records = chain.signed_by(speaker.key)
        zone = desk.profile(chain.chapter).time_zone
        kept = chosen_ids(records, keep or KEEP_ALL, until=until, zone=zone)
        if options["dry_run"]:
            if not settings.json:
                click.echo(
                    _n(
                        "{key} signed {n} records",
                        "{key} signed {n} records",
                        len(records),
                        key=said_key(speaker.key),
                    )
                )
            print_kept(settings, records, kept)
        elif speaker.role == LEAD:
            _remove_lead(settings, chain, speaker, kept, options)
        elif speaker.role == GUARDIAN:
            _remove_guardian(settings, chain, speaker.key, options)
        elif speaker.role == REMOVED:
            _put_back(settings, chain, speaker.key, kept, keep=keep)
        else:
            record = chain.revoke(speaker.key, keep=kept)
            _say(settings, chain, speaker.key, records, kept, record=record.id)


def _remove_lead(
    settings: Settings,
    chain: ChainDesk,
    speaker: Speaker,
    kept: Sequence[RecordId],
    options: dict[str, Any],
) -> None:
    leads = chain.snapshot.leads
    lead = next(each for each in leads if each.daily == speaker.key)
    if len(leads) == 1:
        raise InputError(
            "this is the only lead of the chapter",
            hint="hand it over: p2pevents organiser hand-over; for a stolen key: organiser rotate",
        )
    rest = leads_with(leads, without=(lead,), new=())
    awaiting = chain.wish(leads=rest)
    secrets = signing_secrets(chain, awaiting, options["sheet"])
    awaiting = chain.wish(leads=rest, keeps=chain.keep(kept))
    settled = chain.sign(awaiting, secrets, again=options["again"])
    say_settled(settings, chain, settled, output=options["output"], more={"kept": len(kept)})


def _remove_guardian(
    settings: Settings, chain: ChainDesk, key: PublicKey, options: dict[str, Any]
) -> None:
    snapshot = chain.snapshot
    rest = [guardian for guardian in snapshot.guardians if guardian != key]
    awaiting = chain.wish(leads=snapshot.leads, guardians=rest)
    secrets = signing_secrets(chain, awaiting, options["sheet"])
    settled = chain.sign(awaiting, secrets, again=options["again"])
    say_settled(settings, chain, settled, output=options["output"])


def _put_back(
    settings: Settings,
    chain: ChainDesk,
    key: PublicKey,
    kept: Sequence[RecordId],
    *,
    keep: str | None,
) -> None:
    if keep is None:
        raise InputError(
            "this key is removed already", hint="to put back what it signed, say --keep"
        )
    written = chain.keep(kept)
    if settings.json:
        settings.print_json({"key": to_text(key), "kept": len(kept), "records": len(written)})
        return
    click.echo(
        _n(
            "put back {n} records of {key}",
            "put back {n} records of {key}",
            len(kept),
            key=said_key(key),
        )
    )
    if written:
        click.echo(announced_line(chain.desk, written))


def _say(
    settings: Settings,
    chain: ChainDesk,
    key: PublicKey,
    records: Sequence[Stored],
    kept: Sequence[RecordId],
    *,
    record: RecordId,
) -> None:
    aside = len(records) - len(kept)
    if settings.json:
        settings.print_json(
            {"key": to_text(key), "kept": len(kept), "setAside": aside, "record": to_text(record)}
        )
        return
    click.echo(
        _n(
            "removed {key}: kept {n} records, set aside {aside}",
            "removed {key}: kept {n} records, set aside {aside}",
            len(kept),
            key=said_key(key),
            aside=aside,
        )
    )
    click.echo(announced_line(chain.desk, [record]))
