"""What a person is told of an entry: what it changes, what it lacks, and what to send to whom."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from p2pevents.authority import Lacking
from p2pevents.authority.changes import Changes
from p2pevents.cli.announcing import announced_line
from p2pevents.cli.notices import print_hint
from p2pevents.cli.organiser.options import said_key
from p2pevents.cli.settings import Settings
from p2pevents.errors import StateError, reason_of
from p2pevents.keys.words import fingerprint
from p2pevents.log.protocol import LogStanding
from p2pevents.node.chain_desk import ChainDesk, Settled, Stage
from p2pevents.record.entry import Lead
from p2pevents.record.ids import PublicKey, RecordId, short, to_text
from p2pevents.words import _, _n

__all__ = ["change_lines", "entry_facts", "say_settled"]


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
        click.echo(stage_text(settled.stage))
        if settled.stage is Stage.DONE:
            click.echo(announced_line(chain.desk, [RecordId(settled.awaiting.id)]))
            if settled.awaiting.snapshot.recovery:
                print_hint(
                    _(
                        "what the leads before wrote is shown again as the new ones adopt it: "
                        "p2pevents organiser adopt --dry-run"
                    )
                )
            else:
                _say_aside(chain, settled)
        return
    click.echo(_("it awaits {lacking}", lacking=lacking_text(chain, settled)))
    if output is None:
        click.echo(_("send this to them:"))
        click.echo(text)
    else:
        click.echo(_("{file} is what to send to them", file=output))
    typed = f"p2pevents organiser sign {output or 'TEXT'} --sheet FILE"
    click.echo(_("they sign it by: {command}", command=typed))


def stage_text(stage: Stage) -> str:
    """Return where an entry stands that lacks no signatures, as a sentence."""
    return {
        Stage.EARLY: _("it follows an entry that has not come here yet: p2pevents sync fetches it"),
        Stage.OVERTAKEN: _("another entry took its place: it can have no effect any more"),
        Stage.DONE: _("it has effect"),
    }[stage]


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
    where: dict[str, object] = {
        "id": short(awaiting.id),
        "number": awaiting.snapshot.seq,
        "name": name,
    }
    if awaiting.snapshot.recovery:
        yield _("recovery by guardians {id}, number {number} in the charter of {name}", **where)
    else:
        yield _("entry {id}, number {number} in the charter of {name}", **where)
    changes = settled.changes
    if changes is None:
        return
    if changes.heals:
        one, other = awaiting.snapshot.prev
        yield _row(
            _("joins"), _("the branches {one} and {other}", one=short(one), other=short(other))
        )
    for lead in changes.joining:
        yield _row(_("lead comes"), said_key(lead.daily))
    for lead in changes.leaving:
        yield _row(_("lead goes"), said_key(lead.daily))
    for old, new in changes.renewed:
        yield _row(_("lead renews"), f"{said_key(old.daily)} -> {said_key(new.daily)}")
    for key in changes.guardians_joining:
        yield _row(_("guardian comes"), said_key(key))
    for key in changes.guardians_leaving:
        yield _row(_("guardian goes"), said_key(key))
    if changes.k[0] != changes.k[1]:
        yield "  " + _(
            "guardians agree when {k} of {all} sign",
            k=changes.k[1],
            all=len(awaiting.snapshot.guardians),
        )
    if changes.removed:
        kept = _n("{n} keep record", "{n} keep records", changes.keeps)
        gone = len(changes.removed)
        yield _row(
            _("removes"),
            _n("{n} keys for good, with {kept}", "{n} keys for good, with {kept}", gone, kept=kept),
        )


def _row(what: str, of: str) -> str:
    return f"  {what:14}  {of}"


def lacking_text(chain: ChainDesk, settled: Settled) -> str:
    """Return whose signatures an entry lacks, in words."""
    lacking = settled.lacking or Lacking(votes=0, voters=frozenset(), joining=frozenset())
    names = _names(chain, settled)
    parts = []
    if lacking.votes:
        whose = ", ".join(names[key] for key in sorted(lacking.voters))
        parts.append(_("{n} of: {whose}", n=lacking.votes, whose=whose))
    if lacking.joining:
        whose = ", ".join(names[key] for key in sorted(lacking.joining))
        parts.append(_("who joins: {whose}", whose=whose))
    if len(parts) == 2:
        return _("{one}; and {other}", one=parts[0], other=parts[1])
    return "".join(parts)


def _say_aside(chain: ChainDesk, settled: Settled) -> None:
    """Tell of what is set aside now because nobody kept it: some may have come in between."""
    for key in settled.awaiting.snapshot.removed:
        aside = [x for x in chain.signed_by(key) if x.standing is LogStanding.SET_ASIDE]
        if aside:
            print_hint(
                _n(
                    "{n} records of {key} are set aside; "
                    "p2pevents organiser remove {id} --keep all puts them back",
                    "{n} records of {key} are set aside; "
                    "p2pevents organiser remove {id} --keep all puts them back",
                    len(aside),
                    key=said_key(key),
                    id=short(key),
                )
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
        raise StateError(f"{path}: cannot be written: {reason_of(error)}") from None
