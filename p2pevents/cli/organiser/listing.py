"""`organiser list`: who may speak for a chapter, and who no longer may."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import click

from p2pevents.cli.notices import print_hint
from p2pevents.cli.opening import desk_of
from p2pevents.cli.organiser.options import CHAPTER
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.keys.words import fingerprint
from p2pevents.node.charter_desk import CharterDesk, Speaker
from p2pevents.node.names import key_names
from p2pevents.record.ids import path_text, short, to_text
from p2pevents.words import _, _n, named

__all__ = ["list_"]


@click.command(cls=Command, name="list", reads=True, epilog="Example: p2pevents organiser list")
@CHAPTER
@pass_settings
def list_(settings: Settings, chapter: str | None) -> None:
    """List who may speak for a chapter.

    Leads, organisers and guardians, with the four words of each key; then who no
    longer may.
    """
    with desk_of(settings) as desk:
        charter = CharterDesk(desk, desk.chapter(chapter))
        mine = set(desk.my_keys())
        names = key_names(desk.log.local)
        rows = [
            {**_facts(speaker), "isMine": speaker.key in mine, "name": names.get(speaker.key)}
            for speaker in charter.speakers()
        ]
        snapshot = charter.snapshot
        shown = desk.shown(charter.chapter)
    if settings.json:
        settings.print_json(rows)
        return
    print_table(
        (_("key"), _("words"), _("role"), _("until"), _("for"), ""),
        [
            (
                row["key"][:8],
                row["words"],
                named("role", str(row["role"])),
                (row["until"] or "")[:10],
                row["for"] or ", ".join(row["languages"]),
                _("you") if row["isMine"] else row["name"] or "",
            )
            for row in rows
        ],
    )
    for each in shown.recoveries:
        print_hint(
            _(
                "guardians named new leads: shown from {day}, "
                "unless the leads sign an entry of their own by then",
                day=_moment(each[1])[:10],
            )
        )
    if shown.disputed:
        print_hint(_("the leads disagree who leads from here on: p2pevents chapter branches"))
    elif shown.rivals:
        print_hint(
            _(
                "this charter has another branch, which is not shown here: "
                "p2pevents chapter branches"
            )
        )
    if snapshot.guardians:
        click.echo(
            _n(
                "{k} of {n} guardians together name new leads",
                "{k} of {n} guardians together name new leads",
                len(snapshot.guardians),
                k=snapshot.k,
            )
        )


def _facts(speaker: Speaker) -> dict[str, Any]:
    grant = speaker.grant
    until = grant.until if grant else None
    fields = (grant.fields if grant else None) or ()
    return {
        "key": to_text(speaker.key),
        "words": fingerprint(speaker.key),
        "role": speaker.role,
        "charterKey": to_text(speaker.charter) if speaker.charter else None,
        "until": _moment(until) if until is not None else None,
        "for": path_text(grant.path) or None if grant else None,
        "languages": [field.rpartition("/")[2] for field in fields],
        "givenBy": short(speaker.by) if speaker.by else None,
    }


def _moment(until_ms: int) -> str:
    return datetime.fromtimestamp(until_ms / 1000, tz=UTC).isoformat(timespec="seconds")
