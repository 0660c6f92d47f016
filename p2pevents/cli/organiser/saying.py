"""What a person is told of an entry: what it changes, what it lacks, and what to send to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from p2pevents.authority import Lacking
from p2pevents.authority.changes import Changes
from p2pevents.cli.announcing import announced_line
from p2pevents.cli.organiser.options import said_key
from p2pevents.cli.settings import Settings
from p2pevents.errors import StateError
from p2pevents.keys.words import fingerprint
from p2pevents.log.protocol import LogStanding
from p2pevents.node.chain_desk import ChainDesk, Settled, Stage
from p2pevents.record.entry import Lead
from p2pevents.record.ids import PublicKey, RecordId, short, to_text

__all__ = ["change_lines", "entry_facts", "say_settled"]

_STAGES = {
    Stage.EARLY: "it follows an entry that has not come here yet: p2pevents sync fetches it",
    Stage.OVERTAKEN: "another entry took its place: it can have no effect any more",
    Stage.DONE: "it has effect",
}


def say_settled(
    settings: Settings,
    chain: ChainDesk,
    settled: Settled,
    *,
    output: Path | None,
    more: Mapping[str, Any] | None = None,
) -> None:
    """Tell where an entry stands after a command.

    Args:
        settings: of this run.
        chain: the chapter's.
        settled: the entry.
        output: where to write the entry for those who are to sign it.
        more: facts of the command, for `--json`.
    """
    text = settled.awaiting.text
    if output is not None:
        _write_text(output, text)
    if settings.json:
        settings.print_json({**entry_facts(settled), **(more or {})})
        return
    for line in change_lines(chain, settled):
        click.echo(line)
    if settled.stage is not Stage.AWAITS:
        click.echo(_STAGES[settled.stage])
        if settled.stage is Stage.DONE:
            click.echo(announced_line(chain.desk, [RecordId(settled.awaiting.id)]))
            if settled.awaiting.snapshot.recovery:
                click.echo(
                    "p2pevents: hint: what the leads before wrote is shown again as the new ones "
                    "adopt it: p2pevents organiser adopt --dry-run",
                    err=True,
                )
            else:
                _say_aside(chain, settled)
        return
    click.echo(f"it awaits {lacking_text(chain, settled)}")
    click.echo(f"{output} is what to send to them" if output else "send this to them:")
    if output is None:
        click.echo(text)
    click.echo(f"they sign it by: p2pevents organiser sign {output or 'TEXT'} --sheet FILE")


def entry_facts(settled: Settled) -> dict[str, Any]:
    """Return what `--json` says of an entry."""
    lacking = settled.lacking
    changes = settled.changes
    return {
        "entry": to_text(settled.awaiting.id),
        "chapter": to_text(settled.awaiting.chapter),
        "number": settled.awaiting.snapshot.seq,
        "stage": settled.stage.value,
        "votesLacking": lacking.votes if lacking else None,
        "voters": [to_text(key) for key in sorted(lacking.voters)] if lacking else [],
        "joining": [to_text(key) for key in sorted(lacking.joining)] if lacking else [],
        "signers": [to_text(key) for key in sorted(settled.awaiting.signers)],
        "changes": _change_facts(changes) if changes else None,
        "text": settled.awaiting.text,
    }


def change_lines(chain: ChainDesk, settled: Settled) -> Iterator[str]:
    """Yield an entry as lines to read before it is signed."""
    awaiting = settled.awaiting
    name = chain.desk.chapter_name(chain.chapter)
    what = "recovery by guardians" if awaiting.snapshot.recovery else "entry"
    yield f"{what} {short(awaiting.id)}, number {awaiting.snapshot.seq} in the charter of {name}"
    changes = settled.changes
    if changes is None:
        return
    if changes.heals:
        one, other = awaiting.snapshot.prev
        yield f"  joins           the branches {short(one)} and {short(other)}"
    for lead in changes.joining:
        yield f"  lead comes      {said_key(lead.daily)}"
    for lead in changes.leaving:
        yield f"  lead goes       {said_key(lead.daily)}"
    for old, new in changes.renewed:
        yield f"  lead renews     {said_key(old.daily)} -> {said_key(new.daily)}"
    for key in changes.guardians_joining:
        yield f"  guardian comes  {said_key(key)}"
    for key in changes.guardians_leaving:
        yield f"  guardian goes   {said_key(key)}"
    if changes.k[0] != changes.k[1]:
        yield f"  guardians agree when {changes.k[1]} of {len(awaiting.snapshot.guardians)} sign"
    if changes.removed:
        kept = f"{changes.keeps} keep records" if changes.keeps != 1 else "1 keep record"
        yield f"  removes         {len(changes.removed)} keys for good, with {kept}"


def lacking_text(chain: ChainDesk, settled: Settled) -> str:
    """Return whose signatures an entry lacks, in words."""
    lacking = settled.lacking or Lacking(votes=0, voters=frozenset(), joining=frozenset())
    names = _names(chain, settled)
    parts = []
    if lacking.votes:
        whose = ", ".join(names[key] for key in sorted(lacking.voters))
        parts.append(f"{lacking.votes} of: {whose}")
    if lacking.joining:
        whose = ", ".join(names[key] for key in sorted(lacking.joining))
        parts.append(f"who joins: {whose}")
    return "; and ".join(parts)


def _say_aside(chain: ChainDesk, settled: Settled) -> None:
    """Tell of what is set aside now because nobody kept it: some may have come in between."""
    for key in settled.awaiting.snapshot.removed:
        aside = [x for x in chain.signed_by(key) if x.standing is LogStanding.SET_ASIDE]
        if aside:
            click.echo(
                f"p2pevents: hint: {len(aside)} records of {said_key(key)} are set aside; "
                f"p2pevents organiser remove {short(key)} --keep all puts them back",
                err=True,
            )


def _names(chain: ChainDesk, settled: Settled) -> dict[PublicKey, str]:
    """Return what charter keys and guardians' keys are called: by the keys that people know."""
    snapshot = settled.awaiting.snapshot
    held = chain.authority.chain
    # Of two branches that are joined, those sign who led where they parted.
    forks = [held.fork(*snapshot.prev)] if len(snapshot.prev) > 1 else []
    parents = [held[parent].snapshot for parent in (*snapshot.prev, *forks)]
    leads: list[Lead] = [lead for each in (snapshot, *parents) for lead in each.leads]
    guardians = {key for each in (snapshot, *parents) for key in each.guardians}
    return {
        **{lead.charter: said_key(lead.daily) for lead in leads},
        **{key: said_key(key) for key in guardians},
    }


def _change_facts(changes: Changes) -> dict[str, Any]:
    return {
        "joining": [_lead(lead) for lead in changes.joining],
        "leaving": [_lead(lead) for lead in changes.leaving],
        "renewed": [[_lead(old), _lead(new)] for old, new in changes.renewed],
        "guardiansJoining": [to_text(key) for key in changes.guardians_joining],
        "guardiansLeaving": [to_text(key) for key in changes.guardians_leaving],
        "guardiansNeeded": changes.k[1],
        "removed": [to_text(key) for key in changes.removed],
        "keeps": changes.keeps,
        "recovery": changes.recovery,
        "heals": changes.heals,
    }


def _lead(lead: Lead) -> dict[str, str]:
    return {
        "key": to_text(lead.daily),
        "charterKey": to_text(lead.charter),
        "words": fingerprint(lead.daily),
    }


def _write_text(path: Path, text: str) -> None:
    try:
        path.write_text(text + "\n", encoding="ascii")
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise StateError(f"{path}: cannot be written: {reason}") from None
