"""`event translate`: the same event in other languages, and which of them lack it."""

from __future__ import annotations

import click
import msgspec

from p2pevents.cli.gatherings import CHAPTER, ID, entry_at, find, write
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.errors import InputError
from p2pevents.node.desk import Change
from p2pevents.record.draft import read
from p2pevents.record.fields import Gathering
from p2pevents.record.kinds import Kind
from p2pevents.record.values import Localization
from p2pevents.view.tongues import Translated, translated
from p2pevents.words import _

__all__ = ["translate"]

_READERS = {"title": read.line, "description": read.prose, "room": read.line, "reason": read.reason}


@click.command(
    cls=Command,
    epilog='Example: p2pevents event translate k3x7 --into fr --title "Soirée P2P"',
)
@ID
@click.option("--into", metavar="TAG", help="The language that is written now, such as fr.")
@click.option("--title", metavar="TEXT", help="What it is called in it; empty takes it back.")
@click.option("--description", metavar="TEXT", help="A few sentences in it.")
@click.option("--room", metavar="NAME", help="Of a session, the room's name in it.")
@click.option("--reason", metavar="TEXT", help="Why it is cancelled or postponed, in it.")
@click.option("--from", "own", metavar="TAG", help="The language that its own words are in.")
@CHAPTER
@pass_settings
def translate(
    settings: Settings,
    /,
    wanted: str,
    into: str | None,
    own: str | None,
    chapter: str | None,
    **words: str | None,
) -> None:
    """Say an event, a series, a date or a session in another language; show what lacks.

    Without --into it shows in which languages of the chapter its words are. A reader is shown
    their language where somebody wrote it, and the own words elsewhere.
    """
    said = {name: text for name, text in words.items() if text is not None}
    if said and into is None:
        raise InputError("--into is missing", hint="say the language: --into fr")
    if into is not None and not said:
        raise InputError("nothing to translate", hint='say at least --title "..."')
    with desk_of(settings) as desk:
        found = find(desk, wanted, chapter)
        shown = entry_at(desk, found).shown
        languages = desk.profile(found.chapter).languages or ()
        changes: dict[str, object] = {}
        if own is not None:
            changes["locale"] = read.language("from", own)
        if into is not None:
            tag = read.language("into", into)
            changes["localizations"] = {tag: _written(shown, tag, said)}
        if not changes:
            states = translated(shown, languages)
            if settings.json:
                settings.print_json({tag: str(state) for tag, state in states.items()})
            else:
                _show(states)
            return
        change = Change(kind=Kind(found.kind), path=found.path, changes=changes)
        write(settings, desk, found.chapter, change)


def _written(shown: Gathering, tag: str, said: dict[str, str]) -> Localization | None:
    """Return the words in a language: those that were typed over those that were there."""
    before = shown.localizations.get(tag)
    parts = msgspec.structs.asdict(before) if before else {}
    for name, text in said.items():
        parts[name] = _READERS[name](name, text) if text else None
    return Localization(**parts) if any(parts.values()) else None


def _show(states: dict[str, Translated]) -> None:
    for tag, state in states.items():
        click.echo(f"{tag:6}  {_word(state)}")
    if not states:
        click.echo(_("the chapter names no languages: p2pevents chapter edit --languages fr,en"))


def _word(state: Translated) -> str:
    return {
        Translated.OWN: _("its own words"),
        Translated.WHOLE: _("translated"),
        Translated.PARTLY: _("partly translated"),
        Translated.NOT: _("not translated"),
    }[state]
