"""`p2pevents recap`: what is written of an event afterwards."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

import click

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.gatherings import CHAPTER, entry_at, find_event
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.cli.words import read_draft_file
from p2pevents.errors import DraftError, InputError, StateError
from p2pevents.node.desk import Change, Desk
from p2pevents.node.inbox.decisions import speaker_consent
from p2pevents.record.draft import RecapDraft, read
from p2pevents.record.fields import Recap
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import Path as ObjectPath, path_text, to_text
from p2pevents.record.kinds import Kind
from p2pevents.record.values import Link, Recording
from p2pevents.view.rows import recap_row
from p2pevents.words import _

__all__ = ["command"]

# Of an event there is one recap: two organisers who write it at once meet.
_OWN: Final = "recap"


@click.group(cls=Group)
def command() -> None:
    """Write what came of an event: how many came, slides, recordings, what was learnt."""


@command.command(
    epilog="Example: p2pevents recap add --event k3x7 --expected 60 --attended 48 "
    "--slides p4q2=https://example.org/slides.pdf"
)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option("--event", "event_id", required=True, metavar="ID", help="Of this event.")
@click.option("--title", metavar="TEXT", help="What it is called.")
@click.option("--description", metavar="TEXT", help="What happened.")
@click.option("--expected", metavar="NUMBER", help="How many people were expected.")
@click.option("--attended", metavar="NUMBER", help="How many came.")
@click.option("--lessons", metavar="TEXT", help="What to do otherwise the next time.")
@click.option("--cover", metavar="LINK", help="A picture.")
@click.option("--author", "authors", multiple=True, metavar="NAME", help="Who wrote it.")
@click.option("--tag", "tags", multiple=True, metavar="TAG", help="A tag.")
@click.option("--link", "links", multiple=True, metavar="NAME=LINK", help="A page, as photos=...")
@click.option(
    "--slides", multiple=True, metavar="SESSION=LINK", help="Slides, on the session they belong to."
)
@click.option(
    "--recording", multiple=True, metavar="SESSION=LINK", help="A recording, on its session."
)
@CHAPTER
@pass_settings
def add(
    settings: Settings,
    /,
    *,
    file: Path | None,
    event_id: str,
    chapter: str | None,
    links: tuple[str, ...],
    slides: tuple[str, ...],
    recording: tuple[str, ...],
    **options: Any,
) -> None:
    """Write the recap of an event, or change what it says.

    A recording of a session whose speaker said no is refused. FILE is TOML with the same words.
    """
    words = read_draft_file(file, RecapDraft) if file else {}
    words |= {name: value for name, value in options.items() if value not in (None, ())}
    named = dict(_pair("link", each) for each in links)
    if named:
        words["links"] = {**words.get("links", {}), **named}
    if not words and not slides and not recording:
        raise InputError("nothing to write", hint="p2pevents recap add --help lists the words")
    with desk_of(settings) as desk:
        event = find_event(desk, event_id, chapter)
        entry = entry_at(desk, event)
        day = entry.span.day.isoformat() if entry.span.day else None
        changes = []
        if words:
            changes.append(_recap(desk, event, words, day, file))
        pairs = [("slides", each) for each in slides] + [("recording", each) for each in recording]
        changes += _linked(desk, event, pairs)
        records = desk.write(event.chapter, changes)
        announced = announced_line(desk, [record.id for record in records])
    if settings.json:
        settings.print_json(
            {
                "id": f"{path_text(event.path)}/{_OWN}",
                "event": path_text(event.path),
                "chapter": to_text(event.chapter),
                "records": [to_text(record.id) for record in records],
            }
        )
    else:
        said = _("recap: {announced}", announced=announced)
        click.echo(f"{path_text(event.path)}  {said}")


@command.command(reads=True, epilog="Example: p2pevents recap show --event k3x7")
@click.option("--event", "event_id", required=True, metavar="ID", help="Of this event.")
@CHAPTER
@pass_settings
def show(settings: Settings, /, event_id: str, chapter: str | None) -> None:
    """Show the recap of an event, and what is linked on its sessions."""
    with desk_of(settings) as desk:
        entry = entry_at(desk, find_event(desk, event_id, chapter))
    if settings.json:
        settings.print_json(recap_row(entry.recaps[0]) if entry.recaps else None)
        return
    from p2pevents.cli.listing import print_recaps

    if not entry.recaps:
        click.echo(_("no recap yet: p2pevents recap add --event ID"))
    print_recaps(entry)


def _pair(option: str, text: str) -> tuple[str, str]:
    name, equals, link = text.partition("=")
    if not (name and equals and link):
        raise InputError(
            f"--{option}: {text[:60]!r} is not NAME=LINK",
            hint=f"write --{option} name=https://example.org/...",
        )
    return name, link


def _recap(
    desk: Desk, event: ObjectId, words: dict[str, Any], day: str | None, file: Path | None
) -> Change:
    path = (*event.path, _OWN)
    merged = desk.object(ObjectId(chapter=event.chapter, kind=Kind.RECAP.value, path=path))
    current = merged.shown if merged and isinstance(merged.shown, Recap) else None
    if current is None and day:
        words.setdefault("day", day)
    try:
        draft = RecapDraft.from_words(current=current, **words)
    except DraftError as error:
        where = f"{file}: " if file else ""
        raise DraftError(f"{where}{error.message}", hint=error.hint) from None
    return Change(kind=Kind.RECAP, path=path, changes=draft.changes, day=day)


def _linked(desk: Desk, event: ObjectId, pairs: Iterable[tuple[str, str]]) -> list[Change]:
    """Return what links slides and recordings, one change for each session."""
    links: dict[ObjectPath, dict[str, Link]] = {}
    for rel, text in pairs:
        wanted, address = _pair(rel, text)
        path = _session(desk, event, wanted)
        if rel == "recording" and speaker_consent(desk, event.chapter, path) is Recording.NO:
            raise StateError(
                f"{path_text(path)}: its speaker does not want a recording",
                hint="ask them; they can change it: p2pevents session edit ID --recording "
                "if-possible",
            )
        links.setdefault(path, {})[rel] = Link(href=read.uri(rel, address), rel=rel)
    return [
        Change(kind=Kind.SESSION, path=path, changes={"links": found})
        for path, found in links.items()
    ]


def _session(desk: Desk, event: ObjectId, wanted: str) -> ObjectPath:
    """Return the path of a session of this event, by its own id or the whole one."""
    own = wanted.removeprefix(f"{path_text(event.path)}/").rpartition("/")[2]
    whole = f"{path_text(event.path)}/{own}"
    return desk.find_object(whole, kinds=[Kind.SESSION], chapter=event.chapter).path
