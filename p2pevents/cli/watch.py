"""`p2pevents watch`: what is new, moved or cancelled, as it arrives."""

from __future__ import annotations

import json
import signal
import time
from datetime import date, datetime, timedelta
from types import FrameType
from typing import TYPE_CHECKING, Any, Final

import click

from p2pevents.cli.freshness import doubts_of, freshness_facts, freshness_of_all
from p2pevents.cli.listing import time_text
from p2pevents.cli.logs import log_to_stderr
from p2pevents.cli.notices import print_notices
from p2pevents.cli.opening import config_of, desk_of, home_of, refuse_other_clock
from p2pevents.cli.settings import Command, Settings, pass_settings
from p2pevents.cli.times import today_of
from p2pevents.errors import StateError
from p2pevents.log.protocol import Stored
from p2pevents.node.config import with_values
from p2pevents.node.desk import Desk
from p2pevents.node.presence import read_presence
from p2pevents.record.ids import ChapterId, to_text
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.changes import Change, ChangeKind, changes_between
from p2pevents.view.entries import Entry
from p2pevents.view.freshness import Completeness
from p2pevents.view.rows import row_of
from p2pevents.view.times import Window
from p2pevents.words import _, _n, named

if TYPE_CHECKING:
    from p2pevents.node.config import Config
    from p2pevents.node.home import Home

__all__ = ["change_line", "command"]

AHEAD_DAYS: Final = 400
LINES_MAX: Final = 20  # at once; a first sync brings a year
LOOK_S: Final = 0.2


@click.command(cls=Command, epilog="Example: p2pevents watch --json")
@click.option("--chapter", metavar="CHAPTER", help="Only this one, by id or name.")
@pass_settings
def command(settings: Settings, chapter: str | None) -> None:
    """Show what is new, moved or cancelled in the chapters that I follow, until interrupted.

    Where no node runs on this home, this is a light client while it lasts. With --json
    every change is one JSON document on a line of its own.
    """
    home = home_of(settings)
    config = config_of(home, None)
    if settings.offset_ms:
        refuse_other_clock(config)
    with desk_of(settings) as desk:
        follows = [each.chapter for each in desk.followed()]
        wanted = [desk.find_chapter(chapter, among=follows)] if chapter else follows
        if not wanted:
            raise StateError("you follow no chapter yet", hint="p2pevents follow LINK")
        watch = _Watch(settings, desk, wanted)
        said = _n(
            "watching {n} chapter; Ctrl-C ends it",
            "watching {n} chapters; Ctrl-C ends it",
            len(wanted),
        )
        click.echo(said, err=True)
        if read_presence(home.folder) is not None:
            _look_on(watch)
        else:
            _be_a_light_client(home, config, settings, watch)


class _Watch:
    """The agenda as it was last looked at, and what has changed since."""

    def __init__(self, settings: Settings, desk: Desk, chapters: list[ChapterId]) -> None:
        self._settings = settings
        self._desk = desk
        self._chapters = chapters
        self._seen = desk.log.moment()
        self._entries = self._read()
        self._states: dict[ChapterId, Completeness] = {}
        self._tell_states()

    def look(self) -> None:
        """Tell what has changed; cheap where nothing arrived of these chapters."""
        desk = self._desk
        seen, self._seen = self._seen, desk.log.moment()
        if seen == self._seen:
            return
        came = {
            each.header.chapter if isinstance(each, Stored) else each.entry.chapter
            for each in desk.log.came_after(seen)
        }
        if not came.intersection(self._chapters):
            return
        desk.ingest.read_on(now_ms=self._settings.now_ms())
        for chapter in came:
            desk.charters.forget(chapter)  # of what is kept privately nothing is read on
        entries = self._read()
        self._tell(changes_between(self._entries, entries))
        self._entries = entries
        self._tell_states()

    def _read(self) -> list[Entry]:
        today = date.fromisoformat(today_of(self._settings.now_ms(), None))
        window = Window(first=today, until=today + timedelta(days=AHEAD_DAYS))
        calendar = self._desk.reader.calendar(self._chapters, window=window)
        return agenda(calendar, Query(window=window))

    def _tell(self, changes: list[Change]) -> None:
        if self._settings.json:
            for change in changes:
                before = row_of(change.before) if change.before else None
                _print_line({"change": change.kind.value, **row_of(change.entry), "before": before})
            return
        for change in changes[:LINES_MAX]:
            click.echo(f"{datetime.now().astimezone():%H:%M}  {change_line(change)}")
        if len(changes) > LINES_MAX:
            click.echo(_("... and {n} more: p2pevents agenda", n=len(changes) - LINES_MAX))

    def _tell_states(self) -> None:
        """Say where a chapter came to lack something, or lacks nothing any more."""
        found = freshness_of_all(self._desk, self._chapters)
        changed = {
            chapter: each
            for chapter, each in found.items()
            if self._states.get(chapter) is not each.state
        }
        self._states = {chapter: each.state for chapter, each in found.items()}
        if not self._settings.json:
            print_notices(doubts_of(self._desk, changed))
            return
        for chapter, each in changed.items():
            _print_line(
                {"change": "completeness", "chapter": to_text(chapter), **freshness_facts(each)}
            )


def _look_on(watch: _Watch) -> None:
    """Look at the log of the node that runs, until interrupted."""

    def end(number: int, frame: FrameType | None) -> None:
        del number, frame
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, end)
    try:
        while True:
            time.sleep(LOOK_S)
            watch.look()
    except KeyboardInterrupt:
        return


def _be_a_light_client(home: Home, config: Config, settings: Settings, watch: _Watch) -> None:
    """Be a light client, and look at what it fetches, until interrupted."""
    import trio

    from p2pevents.node.running import run_node

    log_to_stderr(settings.verbose)
    quiet = with_values(config, {"listen": []}, where="watch")

    async def look() -> None:
        while True:
            await trio.sleep(LOOK_S)
            watch.look()

    async def run() -> None:
        async with trio.open_nursery() as nursery:
            nursery.start_soon(look)
            await run_node(
                home, quiet, now_ms=settings.now_ms, is_reader=True, on_ready=lambda _: None
            )
            nursery.cancel_scope.cancel()

    trio.run(run)


def _print_line(document: dict[str, Any]) -> None:
    """Print one document on one line, at once: whoever reads it waits for lines."""
    click.echo(json.dumps(document, ensure_ascii=False))


def change_line(change: Change) -> str:
    """Return one line on what changed of an entry: what happened, when it is, what it is."""
    entry = change.entry
    place = entry.place.name if entry.place else ""
    status = entry.shown.status
    said = {
        ChangeKind.MOVED: _("(was {when})", when=_when(change.before)) if change.before else "",
        ChangeKind.CANCELLED: status.reason or "" if status else "",
        ChangeKind.POSTPONED: status.reason or "" if status else "",
        ChangeKind.SKIPPED: status.reason or "" if status else "",
    }.get(change.kind, "")
    parts = (_when(entry), entry.title or _("(title to be announced)"), place, said)
    kind = named("change", change.kind.value)
    return f"{kind:9}  " + "  ".join(part for part in parts if part)


def _when(entry: Entry) -> str:
    day = entry.span.day
    return f"{day.isoformat() if day else _('day')} {time_text(entry, day)}"
