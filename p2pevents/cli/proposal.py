"""`p2pevents proposal`: what was proposed to my chapters, and what became of mine."""

from __future__ import annotations

from typing import Any

import click
import msgspec

from p2pevents.cli.announcing import announced_line
from p2pevents.cli.gatherings import CHAPTER, find_event, when_of
from p2pevents.cli.letters import id_of, moment_text, outcome_word, pick, standing_of
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Group, Settings, pass_settings
from p2pevents.cli.tables import print_table
from p2pevents.errors import InputError, StateError
from p2pevents.node.desk import Change, Desk
from p2pevents.node.inbox.content import Offered
from p2pevents.node.inbox.decisions import (
    Decided,
    accept as write_accept,
    decision_on,
    set_aside,
    words_of,
)
from p2pevents.node.inbox.desk import InboxDesk, state_of
from p2pevents.record.draft import SessionDraft
from p2pevents.record.envelope import Verified
from p2pevents.record.fields import Session
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import path_text, short, to_text
from p2pevents.record.kinds import Kind
from p2pevents.record.values import Outcome
from p2pevents.words import _

__all__ = ["command"]

_ID = click.argument("wanted", metavar="ID")
_NOTE = click.option("--note", metavar="TEXT", help="A word on it, which everybody can read.")


@click.group(cls=Group)
def command() -> None:
    """Read what was proposed to my chapter, decide on it, and follow my own proposals."""


@command.command(name="list", epilog="Example: p2pevents proposal list --undecided")
@click.option("--undecided", is_flag=True, help="Only those that nobody decided on yet.")
@CHAPTER
@pass_settings
def list_(settings: Settings, /, chapter: str | None, *, undecided: bool) -> None:
    """List what was proposed to my chapter; to list it is to take it, and the speaker sees that."""
    with desk_of(settings) as desk:
        found = InboxDesk(desk).proposals(desk.chapter(chapter))
        rows = [{**_row(desk, each), "came": moment_text(came_ms)} for each, came_ms in found]
    rows = [row for row in rows if not (undecided and row["outcome"])]
    if settings.json:
        settings.print_json(rows)
    elif rows:
        print_table(
            (_("id"), _("title"), _("by"), _("length"), _("recording"), _("decision")),
            [
                (
                    row["id"],
                    row["title"] or "",
                    row["name"] or row["key"],
                    row["duration"] or "",
                    row["recording"] or "",
                    outcome_word(row["outcome"]),
                )
                for row in rows
            ],
        )
    else:
        click.echo(_("nothing was proposed yet; p2pevents sync fetches what waits with peers"))


@command.command(reads=True, epilog="Example: p2pevents proposal show k3x7")
@_ID
@CHAPTER
@pass_settings
def show(settings: Settings, /, wanted: str, chapter: str | None) -> None:
    """Show a proposal whole: one to my chapter, or one that I wrote."""
    with desk_of(settings) as desk:
        row = _row(desk, _found(desk, wanted, chapter))
    if settings.json:
        settings.print_json(row)
        return
    labels = _labels()
    for name, value in row.items():
        if value not in (None, [], {}, ""):
            said = outcome_word(value) if name == "outcome" else _plain(value)
            click.echo(f"{labels[name]:14} {said}")


@command.command(epilog="Example: p2pevents proposal accept k3x7 --event q4r8 --start 19:00")
@_ID
@click.option("--event", "event_id", metavar="ID", help="Make it a session of this event.")
@click.option("--start", metavar="TIME", help="When it begins, such as 19:00.")
@click.option("--end", metavar="TIME", help="When it ends; by its length where left out.")
@click.option("--room", metavar="NAME", help="The room.")
@_NOTE
@CHAPTER
@pass_settings
def accept(
    settings: Settings,
    /,
    wanted: str,
    event_id: str | None,
    note: str | None,
    chapter: str | None,
    **words: str | None,
) -> None:
    """Accept a proposal: it becomes public, and with --event a session of that event.

    The session is tentative until its speaker confirms it, for which a lead's acceptance gives
    their key the leave.
    """
    said = {name: value for name, value in words.items() if value}
    if said and not event_id:
        raise InputError(f"--{next(iter(said))} is of a session", hint="name its event by --event")
    with desk_of(settings) as desk:
        proposal = _received(desk, wanted, chapter)
        event = find_event(desk, event_id, chapter) if event_id else None
        if event is not None and event.chapter != proposal.header.chapter:
            raise InputError("the event is another chapter's than the proposal was sent to")
        decided = write_accept(
            desk,
            proposal,
            event=event,
            parent=when_of(desk, event) if event else None,
            note=note,
            session_words=said,
        )
        _say(settings, desk, proposal, decided, Outcome.ACCEPTED)


@command.command(epilog='Example: p2pevents proposal decline k3x7 --note "too close to #9"')
@_ID
@_NOTE
@CHAPTER
@pass_settings
def decline(settings: Settings, /, wanted: str, note: str | None, chapter: str | None) -> None:
    """Decline a proposal. Its words stay between its author and the organisers."""
    _set_aside(settings, wanted, note, chapter, Outcome.DECLINED)


@command.command(epilog="Example: p2pevents proposal defer k3x7")
@_ID
@_NOTE
@CHAPTER
@pass_settings
def defer(settings: Settings, /, wanted: str, note: str | None, chapter: str | None) -> None:
    """Keep a proposal for the next edition; it can be accepted then."""
    _set_aside(settings, wanted, note, chapter, Outcome.DEFERRED)


@command.command(reads=True, epilog="Example: p2pevents proposal sent")
@pass_settings
def sent(settings: Settings, /) -> None:
    """List my own proposals: waiting, delivered, taken, and what was decided."""
    with desk_of(settings) as desk:
        rows = [
            {
                **_row(desk, content.record),
                "state": state_of(letter, now_ms=desk.now_ms()),
                "standing": standing_of(desk, letter),
                "receipt": letter.receipt is not None,
            }
            for letter, content in InboxDesk(desk).sent()
            if isinstance(content, Offered)
        ]
    if settings.json:
        settings.print_json(rows)
    elif rows:
        print_table(
            (_("id"), _("title"), _("to"), _("stands"), _("decision")),
            [
                (
                    row["id"],
                    row["title"] or "",
                    row["chapterName"],
                    row["standing"],
                    outcome_word(row["outcome"]),
                )
                for row in rows
            ],
        )
    else:
        click.echo(_("nothing was proposed from this home: p2pevents propose --title ..."))


@command.command(epilog="Example: p2pevents proposal confirm k3x7")
@_ID
@pass_settings
def confirm(settings: Settings, /, wanted: str) -> None:
    """Confirm that I come and give the talk that was accepted."""
    with desk_of(settings) as desk:
        mine = [
            content.record for _, content in InboxDesk(desk).sent() if isinstance(content, Offered)
        ]
        proposal = pick(wanted, mine)
        decision = decision_on(desk, proposal)
        if decision is None or decision.outcome is not Outcome.ACCEPTED or not decision.session:
            said = decision.outcome.value if decision and decision.outcome else "not decided yet"
            raise StateError(
                f"this proposal has no session to confirm: {said}",
                hint="p2pevents sync fetches what was decided since",
            )
        path = tuple(decision.session.split("/"))
        found = ObjectId(chapter=proposal.header.chapter, kind=Kind.SESSION.value, path=path)
        merged = desk.object(found)
        current = merged.shown if merged and isinstance(merged.shown, Session) else None
        if current is None:
            raise StateError(
                "the session has not arrived here yet", hint="p2pevents sync fetches it"
            )
        draft = SessionDraft.from_words(current=current, status="confirmed")
        change = Change(
            kind=Kind.SESSION, path=path, changes=draft.changes, author=proposal.header.author
        )
        (record,) = desk.write(found.chapter, [change])
        announced = announced_line(desk, [record.id])
    if settings.json:
        settings.print_json({"id": id_of(proposal), "session": path_text(path)})
    else:
        click.echo(f"{path_text(path)}  {_('confirmed')}; {announced}")


# --- shared ------------------------------------------------------------------------------------


def _set_aside(
    settings: Settings, wanted: str, note: str | None, chapter: str | None, outcome: Outcome
) -> None:
    with desk_of(settings) as desk:
        proposal = _received(desk, wanted, chapter)
        said = decision_on(desk, proposal)
        if said is not None and said.outcome is Outcome.ACCEPTED:
            raise StateError(
                "this proposal was accepted, and is public",
                hint="cancel its session instead: p2pevents session edit ID --status cancelled",
            )
        decided = set_aside(desk, proposal, outcome, note=note)
        _say(settings, desk, proposal, decided, outcome)


def _received(desk: Desk, wanted: str, chapter: str | None) -> Verified:
    found = InboxDesk(desk).proposals(desk.chapter(chapter))
    return pick(wanted, [each for each, _ in found])


def _found(desk: Desk, wanted: str, chapter: str | None) -> Verified:
    """Return a proposal that I wrote, or else one to my chapter."""
    inbox = InboxDesk(desk)
    mine = [content.record for _, content in inbox.sent() if isinstance(content, Offered)]
    if chapter is None and any(id_of(each).startswith(wanted) for each in mine):
        return pick(wanted, mine)
    return _received(desk, wanted, chapter)


def _row(desk: Desk, proposal: Verified) -> dict[str, Any]:
    said, decision = words_of(proposal), decision_on(desk, proposal)
    return {
        "id": id_of(proposal),
        "chapter": to_text(proposal.header.chapter),
        "chapterName": desk.chapter_name(proposal.header.chapter),
        "title": said.title,
        "name": said.name,
        "contact": said.contact,
        "key": short(proposal.header.author),
        "type": said.type,
        "duration": said.duration,
        "languages": list(said.languages or ()),
        "recording": said.recording.value if said.recording else None,
        "levels": msgspec.to_builtins(said.levels or {}),
        "availability": said.availability,
        "prerequisites": said.prerequisites,
        "call": said.call,
        "links": msgspec.to_builtins(said.links),
        "description": said.description,
        "outcome": decision.outcome.value if decision and decision.outcome else None,
        "session": decision.session if decision else None,
        "note": decision.description if decision else None,
    }


def _say(
    settings: Settings, desk: Desk, proposal: Verified, decided: Decided, outcome: Outcome
) -> None:
    announced = announced_line(desk, decided.records)
    session = path_text(decided.session) if decided.session else None
    if settings.json:
        settings.print_json(
            {
                "id": id_of(proposal),
                "outcome": outcome.value,
                "session": session,
                "speakerMayEdit": decided.may_edit,
            }
        )
        return
    click.echo(f"{id_of(proposal)}  {outcome_word(outcome)}; {announced}")
    if session:
        click.echo(_("session {id}, tentative until its speaker confirms it", id=session))
    if session and not decided.may_edit:
        click.echo(_("a lead has to give the speaker the leave: p2pevents organiser add"), err=True)


def _labels() -> dict[str, str]:
    """Return what the words of a proposal are called, in the language that is spoken."""
    return {
        "id": _("id"),
        "chapter": _("chapter"),
        "chapterName": _("chapterName"),
        "title": _("title"),
        "name": _("name"),
        "contact": _("contact"),
        "key": _("key"),
        "type": _("type"),
        "duration": _("duration"),
        "languages": _("languages"),
        "recording": _("recording"),
        "levels": _("levels"),
        "availability": _("availability"),
        "prerequisites": _("prerequisites"),
        "call": _("call"),
        "links": _("links"),
        "description": _("description"),
        "outcome": _("outcome"),
        "session": _("session"),
        "note": _("note"),
    }


def _plain(value: Any) -> str:
    if isinstance(value, dict):
        return ", ".join(f"{name}: {each}" for name, each in value.items())
    return ", ".join(value) if isinstance(value, list) else str(value)
