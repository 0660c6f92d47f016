"""`p2pevents propose`: offer a talk to a chapter, sealed to its organisers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from p2pevents.cli.letters import id_of, standing_of
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.words import read_draft_file
from p2pevents.errors import DraftError, InputError, StateError
from p2pevents.node.calls import calls_of, is_closed
from p2pevents.node.desk import Desk
from p2pevents.node.inbox.desk import InboxDesk
from p2pevents.record.draft import ProposalDraft
from p2pevents.record.ids import ChapterId, path_text, to_text
from p2pevents.words import _

__all__ = ["command"]

CHAPTERS_MAX = 16


@click.command(
    cls=Command,
    epilog='Example: p2pevents propose --chapter Paris --title "Replacing BGP" --name "Ada" '
    "--duration 30m --recording no",
)
@click.argument("file", required=False, type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--chapter", "chapters", multiple=True, metavar="CHAPTER",
    help="To this chapter; may be given several times.",
)  # fmt: skip
@click.option("--title", metavar="TEXT", help="What it is called.")
@click.option("--description", metavar="TEXT", help="What it is about, in a few sentences.")
@click.option("--name", metavar="NAME", help="Mine, in public if it is accepted.")
@click.option(
    "--contact", metavar="TEXT", help="Where to reach me; public too once it is accepted."
)
@click.option("--call", metavar="ID", help="The call that it answers; the only open one if any.")
@click.option("--language", "languages", multiple=True, metavar="TAG", help="A language, as fr.")
@click.option("--duration", metavar="TIME", help="30 min, or 1h30.")
@click.option("--type", metavar="WORD", help="talk, workshop, stand, projection, ...")
@click.option("--recording", metavar="WORD", help="mandatory, if-possible, no.")
@click.option("--availability", metavar="TEXT", help="When I could come.")
@click.option("--prerequisites", metavar="TEXT", help="What people should know or bring.")
@click.option("--slides", metavar="LINK", help="A page with slides or more about it.")
@pass_settings
def command(
    settings: Settings,
    /,
    file: Path | None,
    chapters: tuple[str, ...],
    slides: str | None,
    **options: Any,
) -> None:
    """Offer a talk or a workshop to a chapter, or to several.

    It is signed by my key and sealed to the organisers: nobody else can read it. It becomes
    public only if they accept it. A peer that takes it on its way sees that something was sent
    to this chapter, and from which address. FILE is TOML with the same words.
    """
    words = {**(read_draft_file(file, ProposalDraft) if file else {})}
    words |= {name: value for name, value in options.items() if value not in (None, ())}
    if slides:
        words["links"] = {**words.get("links", {}), "slides": slides}
    if not words.get("title"):
        raise InputError("a proposal needs a title", hint='p2pevents propose --title "..."')
    if len(chapters) > CHAPTERS_MAX:
        raise InputError(f"{len(chapters)} chapters, where {CHAPTERS_MAX} are allowed at once")
    with desk_of(settings) as desk:
        # All are looked at before anything is written: none goes out where one cannot.
        drafts = {
            each: _draft(settings, desk, each, dict(words), file)
            for each in _chapters(desk, chapters)
        }
        inbox = InboxDesk(desk)
        rows = []
        for chapter, draft in drafts.items():
            record, letter = inbox.propose(chapter, draft)
            rows.append(
                {
                    "id": id_of(record),
                    "chapter": to_text(chapter),
                    "chapterName": desk.chapter_name(chapter),
                    "state": "waiting",
                    "standing": standing_of(desk, letter),
                }
            )
    if settings.json:
        settings.print_json(rows)
        return
    for row in rows:
        to = _("to {chapter}: {standing}", chapter=row["chapterName"], standing=row["standing"])
        click.echo(f"{row['id']}  {to}")
    click.echo(_("p2pevents proposal sent shows how it stands"))


def _chapters(desk: Desk, wanted: tuple[str, ...]) -> list[ChapterId]:
    if wanted:
        found = [desk.find_chapter(each, among=desk.chapters()) for each in wanted]
        return list(dict.fromkeys(found))
    followed = {each.chapter for each in desk.followed()}
    here = [each for each in desk.chapters() if each in followed]
    if len(here) == 1:
        return here
    named = ", ".join(desk.chapter_name(each) for each in here)
    raise StateError(
        f"you follow {len(here)} chapters that have arrived here",
        hint=f"say to which by --chapter: {named}" if here else "p2pevents follow LINK, then sync",
    )


def _draft(
    settings: Settings, desk: Desk, chapter: ChapterId, words: dict[str, Any], file: Path | None
) -> ProposalDraft:
    calls = {path_text(found.path): call for found, call in calls_of(desk, chapter)}
    now_ms = settings.now_ms()
    wanted = words.pop("call", None)
    if wanted is not None:
        fits = [path for path in calls if path.startswith(wanted)]
        if len(fits) != 1:
            raise InputError(
                f"{len(fits)} calls of {desk.chapter_name(chapter)} begin with {wanted!r}",
                hint="p2pevents call show lists them",
            )
        if is_closed(calls[fits[0]], now_ms=now_ms):
            raise InputError(
                f"the call {calls[fits[0]].title or fits[0]} is closed",
                hint="leave out --call to propose it for later",
            )
        words["call"] = fits[0]
    else:
        still = [path for path, call in calls.items() if not is_closed(call, now_ms=now_ms)]
        if len(still) == 1:
            words["call"] = still[0]
    try:
        return ProposalDraft.from_words(**words)
    except DraftError as error:
        where = f"{file}: " if file else ""
        raise DraftError(f"{where}{error.message}", hint=error.hint) from None
