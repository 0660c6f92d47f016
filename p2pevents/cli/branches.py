"""`chapter branches` and `chapter choose`: whom this node believes where the leads parted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

import click

from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.errors import StateError
from p2pevents.keys.words import fingerprint
from p2pevents.node.branches import Branch, branches_of, choose as choose_branch, find_branch
from p2pevents.node.desk import Desk
from p2pevents.record.entry import Lead
from p2pevents.record.ids import ChapterId, PublicKey, short, to_text
from p2pevents.words import _, _n

__all__ = ["branches", "choose", "parted", "print_branches"]

_CHAPTER = click.option("--chapter", metavar="CHAPTER", help="Which, by id or name.")


@click.command(
    cls=Command, reads=True, epilog="Example: p2pevents chapter branches --chapter Paris"
)
@_CHAPTER
@pass_settings
def branches(settings: Settings, chapter: str | None) -> None:
    """Show where the leads of a chapter parted, each branch beside the others.

    It happens where two entries of a charter were signed at one place: by leads who did not know
    of each other, or by somebody who signed twice. This node shows one of them, or what they
    share, until a person chooses; nobody is switched unasked.
    """
    with desk_of(settings) as desk:
        found = _chapter(desk, chapter)
        known = branches_of(desk, found) if found else []
        name = desk.chapter_name(found) if found else ""
    if settings.json:
        settings.print_json([_facts(branch) for branch in known])
    elif known:
        print_branches(name, known)
    else:
        click.echo(
            _("the leads of {name} agree", name=name)
            if name
            else _("the leads of all chapters here agree")
        )


@click.command(cls=Command, epilog="Example: p2pevents chapter choose bq4kzmv2")
@click.argument("branch")
@_CHAPTER
@pass_settings
def choose(settings: Settings, branch: str, chapter: str | None) -> None:
    """Choose the branch that this node shows.

    BRANCH is the beginning of its id, as `chapter branches` shows it. Ask somebody of the chapter
    whom you know, not the network. The choice is this node's alone, and can be made anew.
    """
    with desk_of(settings) as desk:
        found = _chapter(desk, chapter)
        if found is None:
            raise StateError("the leads of all chapters here agree: there is nothing to choose")
        chosen = find_branch(branches_of(desk, found), branch)
        choose_branch(desk, found, chosen)
        name = desk.chapter_name(found)
    if settings.json:
        settings.print_json({"chapter": to_text(found), "branch": to_text(chosen.end)})
        return
    click.echo(
        _(
            "this node shows branch {branch} of {name} from now on",
            branch=short(chosen.end),
            name=name,
        )
    )
    click.echo("  " + _("led by {leads}", leads=", ".join(_leads(chosen.leads))))


def parted(desk: Desk) -> list[ChapterId]:
    """Return the chapters here whose leads parted."""
    return [each for each in desk.chapters() if branches_of(desk, each)]


def print_branches(name: str, known: Sequence[Branch]) -> None:
    """Print branches side by side, and what can be done about them."""
    number = known[0].fork.snapshot.seq
    click.echo(
        _(
            "the leads of {name} parted after number {number} of its charter",
            name=name,
            number=number,
        )
    )
    before = {lead.charter: fingerprint(lead.daily) for lead in known[0].fork.snapshot.leads}
    print_table(
        (_("branch"), *(short(branch.end) for branch in known)),
        [
            ("", *(_("shown here") if branch.is_shown else "" for branch in known)),
            (_("led by"), *("\n".join(_leads(branch.leads)) for branch in known)),
            (_("signed by"), *("\n".join(_signers(branch, before)) for branch in known)),
            (_("came here"), *(_moment(branch.seen_ms) for branch in known)),
            (_("entries"), *(str(len(branch.entries)) for branch in known)),
            (_("shows"), *(_n("{n} things", "{n} things", branch.objects) for branch in known)),
        ],
    )
    twice = set.intersection(*(set(branch.signers) for branch in known)) & before.keys()
    if twice:
        names = ", ".join(sorted(before[key] for key in twice))
        click.echo(_("signed on every branch, so knew of it: {names}", names=names))
    click.echo(_("p2pevents chapter choose BRANCH has this node show one; others see no change"))
    click.echo(_("p2pevents organiser heal joins two for everybody, once the leads before agree"))


def _chapter(desk: Desk, wanted: str | None) -> ChapterId | None:
    """Return the chapter that is meant: named, or the only one whose leads parted; None for none.

    Raises:
        InputError: the name fits none, or several.
        StateError: none is named, and the leads of several parted.
    """
    if wanted is not None:
        return desk.find_chapter(wanted, among=desk.chapters())
    found = parted(desk)
    if len(found) > 1:
        names = ", ".join(f"{short(each)} ({desk.chapter_name(each)})" for each in found)
        raise StateError(
            f"the leads of {len(found)} chapters parted", hint=f"say which by --chapter: {names}"
        )
    return found[0] if found else None


def _leads(leads: Iterable[Lead]) -> list[str]:
    return [fingerprint(lead.daily) for lead in leads]


def _signers(branch: Branch, before: dict[PublicKey, str]) -> list[str]:
    """Return who signed what parts a branch, by the words that people know: of leads before."""
    return sorted(
        before.get(key, _("{words} (guardian)", words=fingerprint(key))) for key in _voters(branch)
    )


def _voters(branch: Branch) -> frozenset[PublicKey]:
    first = branch.entries[0].snapshot
    before = branch.fork.snapshot
    voters = set(before.guardians) if first.recovery else before.charter_keys
    return branch.signers & frozenset(voters)


def _facts(branch: Branch) -> dict[str, Any]:
    return {
        "branch": to_text(branch.end),
        "isShown": branch.is_shown,
        "fork": to_text(branch.fork.id),
        "forkNumber": branch.fork.snapshot.seq,
        "entries": [to_text(entry.id) for entry in branch.entries],
        "leads": [
            {"key": to_text(lead.daily), "words": fingerprint(lead.daily)} for lead in branch.leads
        ],
        "signers": [to_text(key) for key in sorted(branch.signers)],
        "cameHere": _moment(branch.seen_ms),
        "shows": branch.objects,
    }


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
