"""`organiser add`: a leave by a grant, or a second lead or a guardian by a charter entry."""

from __future__ import annotations

from typing import Any

import click

from p2pevents.authority import grant_of
from p2pevents.cli.announcing import announced_line
from p2pevents.cli.gatherings import find
from p2pevents.cli.opening import desk_of
from p2pevents.cli.organiser.options import (
    AGAIN,
    CHAPTER,
    OUTPUT,
    ROLE_NAMES,
    SHEET,
    WORDS,
    compare_words,
    moment_of,
    said_key,
)
from p2pevents.cli.organiser.saying import say_settled
from p2pevents.cli.organiser.sheets import signing_secrets
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError
from p2pevents.keys.lead_proof import LEAD_PREFIX, read_lead
from p2pevents.keys.proof import read_key
from p2pevents.keys.words import fingerprint
from p2pevents.node.chain_desk import ChainDesk, leads_with
from p2pevents.node.charter_desk import GUARDIAN, LEAD
from p2pevents.record.ids import Path as ObjectPath, PublicKey, path_text, to_text
from p2pevents.words import _

__all__ = ["add"]


@click.command(
    cls=Command, epilog="Example: p2pevents organiser add p2pevents-key:b... --role editor"
)
@click.argument("key")
@click.option("--role", required=True, type=click.Choice(ROLE_NAMES), help="What they may write.")
@click.option("--until", metavar="DATE", help="The last day of a grant.")
@click.option("--for", "scope", metavar="ID", help="Only this event, session or series.")
@click.option("--language", multiple=True, metavar="TAG", help="A translator's language.")
@WORDS
@SHEET
@AGAIN
@OUTPUT
@CHAPTER
@pass_settings
def add(settings: Settings, /, key: str, role: str, chapter: str | None, **options: Any) -> None:
    """Add a colleague by the text that they send.

    It is what their `p2pevents organiser join`, or `me`, prints.
    A lead and a guardian join by an entry of the charter, which more than half of
    the leads sign with their charter sheets; every other role by a grant, which one
    lead gives alone.
    """
    with desk_of(settings) as desk:
        chain = ChainDesk(desk, desk.chapter(chapter))
        if role in {LEAD, GUARDIAN}:
            _add_to_chain(settings, chain, key, role, options)
        else:
            _grant(settings, chain, key, role, options)


def _add_to_chain(
    settings: Settings, chain: ChainDesk, key: str, role: str, options: dict[str, Any]
) -> None:
    for option in ("until", "scope", "language"):
        if options[option]:
            name = "for" if option == "scope" else option
            raise InputError(f"--{name} is for grants: a {role} has no limits")
    snapshot = chain.snapshot
    if role == LEAD:
        if not key.strip().startswith(LEAD_PREFIX):
            raise InputError(
                "a lead has two keys, and this is one",
                hint="your colleague types: p2pevents organiser join LINK --lead",
            )
        lead = read_lead(key)
        chain.check_new(lead.daily)
        compare_words(lead.daily, options["words"])
        awaiting = chain.wish(leads=leads_with(snapshot.leads, without=(), new=(lead,)))
    else:
        guardian = read_key(key)
        chain.check_new(guardian)
        compare_words(guardian, options["words"])
        awaiting = chain.wish(leads=snapshot.leads, guardians=(*snapshot.guardians, guardian))
    secrets = signing_secrets(chain, awaiting, options["sheet"])
    settled = chain.sign(awaiting, secrets, again=options["again"])
    say_settled(settings, chain, settled, output=options["output"])


def _grant(
    settings: Settings, chain: ChainDesk, key: str, role: str, options: dict[str, Any]
) -> None:
    desk = chain.desk
    public = _delegate_key(key)
    chain.check_new(public)
    zone = desk.profile(chain.chapter).time_zone
    until = options["until"]
    grant = grant_of(
        role,
        key=public,
        path=_scope(chain, options["scope"]),
        until=moment_of(until, zone=zone, option="--until") if until else None,
        languages=options["language"],
    )
    compare_words(public, options["words"])
    record = chain.grant(grant)
    if settings.json:
        settings.print_json(
            {
                "grant": to_text(record.id),
                "chapter": to_text(chain.chapter),
                "key": to_text(public),
                "words": fingerprint(public),
                "role": role,
                "until": until,
                "for": path_text(grant.path) or None,
            }
        )
        return
    given = _(
        "{role} of {name}: {key}",
        role=role,
        name=desk.chapter_name(chain.chapter),
        key=said_key(public),
    )
    scope = _(", for {id}", id=path_text(grant.path)) if grant.path else ""
    end = _(", until {day}", day=until) if until else ""
    click.echo(f"{given}{scope}{end}")
    if options["words"] is None:
        click.echo(_("ask your colleague to read their four words: are they these?"))
    click.echo(announced_line(desk, [record.id]))


def _delegate_key(text: str) -> PublicKey:
    """Read a delegate's key; of a lead's two, the daily one."""
    return read_lead(text).daily if text.strip().startswith(LEAD_PREFIX) else read_key(text)


def _scope(chain: ChainDesk, wanted: str | None) -> ObjectPath:
    if wanted is None:
        return ()
    return find(chain.desk, wanted, to_text(chain.chapter)).path
