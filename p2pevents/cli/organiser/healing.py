"""`organiser heal`: two branches of a charter become one again, for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from p2pevents.cli.branches import print_branches
from p2pevents.cli.opening import desk_of
from p2pevents.cli.organiser.keeping import chosen_ids, print_kept, until_of
from p2pevents.cli.organiser.options import AGAIN, CHAPTER, OUTPUT, SHEET
from p2pevents.cli.organiser.saying import say_settled
from p2pevents.cli.organiser.sheets import signing_secrets
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError, StateError
from p2pevents.keys.lead_proof import read_lead
from p2pevents.node.branches import Branch, branches_of, find_branch, healed_leads, left_behind
from p2pevents.node.chain_desk import ChainDesk
from p2pevents.record.ids import short

__all__ = ["heal"]


@click.command(
    cls=Command, epilog="Example: p2pevents organiser heal --sheet sheet.txt -o entry.txt"
)
@click.argument("branch", required=False, metavar="[BRANCH]")
@click.option("--with", "beside", metavar="BRANCH", help="The other one, where there are several.")
@click.option(
    "--lead",
    "new",
    multiple=True,
    metavar="KEY",
    help="Who leads too from now on: the text of their `organiser join --lead`.",
)
@click.option(
    "--keep",
    default="all",
    show_default=True,
    metavar="all|none|until=DATE|FILE",
    help="What stays of all that leads signed who lead no more.",
)
@click.option("--dry-run", is_flag=True, help="Show the branches and what would stay.")
@SHEET
@AGAIN
@OUTPUT
@CHAPTER
@pass_settings
def heal(
    settings: Settings, /, branch: str | None, *, dry_run: bool, chapter: str | None, **options: Any
) -> None:
    """Join two branches of the charter.

    The leads of both lead from now on, or with BRANCH those of this one alone. Whose key either
    branch removed can come back with new ones, by --lead. More than half of those who led where
    the branches parted sign it, each with the charter key of then; every node follows it.
    """
    with desk_of(settings) as desk:
        chain = ChainDesk(desk, desk.chapter(chapter))
        known = branches_of(desk, chain.chapter)
        one, other = _two(chain, known, branch, options["beside"])
        added = [read_lead(text) for text in options["new"]]
        leads = [
            *healed_leads(chain.authority.chain, one, other, only=one if branch else None),
            *added,
        ]
        if not leads:
            raise StateError(
                "each branch removed the keys of all who lead by the other: nobody is left",
                hint="name who leads by new keys: p2pevents organiser join --lead, then --lead KEY",
            )
        records = left_behind(chain, one, other, leads=leads)
        until = until_of(options["keep"], None)
        zone = desk.profile(chain.chapter).time_zone
        kept = chosen_ids(records, options["keep"], until=until, zone=zone)
        if dry_run:
            if not settings.json:
                print_branches(desk.chapter_name(chain.chapter), [one, other])
            print_kept(settings, records, kept)
            return
        ends = (one.end, other.end)
        awaiting = chain.wish(leads=leads, after=ends)
        secrets = signing_secrets(chain, awaiting, options["sheet"])
        awaiting = chain.wish(leads=leads, after=ends, keeps=chain.keep(kept))
        settled = chain.sign(awaiting, secrets, again=options["again"])
        say_settled(settings, chain, settled, output=options["output"], more={"kept": len(kept)})


def _two(
    chain: ChainDesk, known: Sequence[Branch], branch: str | None, beside: str | None
) -> tuple[Branch, Branch]:
    """Return the two branches to join.

    Raises:
        InputError: no two are meant.
        StateError: there are none.
    """
    name = chain.desk.chapter_name(chain.chapter)
    if not known:
        raise StateError(
            f"the leads of {name} agree: there is nothing to join",
            hint="p2pevents organiser list tells who leads it",
        )
    one = find_branch(known, branch) if branch else known[0]
    others = [each for each in known if each is not one]
    if beside is not None:
        return one, find_branch(others, beside)
    if len(others) > 1:
        ends = ", ".join(short(each.end) for each in others)
        raise InputError(
            f"{name} has {len(known)} branches, and two can be joined at a time",
            hint=f"say which by --with: {ends}",
        )
    return one, others[0]
