"""What a tab completes: the names of chapters and the ids of events, from the log alone.

Nothing is written and nothing is said: where the log cannot be read, nothing is
completed. The log is opened at a tab, never when a command is only declared.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import click
from click.shell_completion import CompletionItem

from p2pevents.cli.settings import Settings
from p2pevents.errors import P2PEventsError

__all__ = ["complete_chapters", "complete_ids"]

ITEMS_MAX: Final = 50


def complete_chapters(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """Return the names of chapters that begin so, in any case."""
    return _quietly(ctx, lambda desk: _chapters(desk, incomplete))


def complete_ids(ctx: click.Context, incomplete: str) -> list[CompletionItem]:
    """Return the ids of events and series that begin so, with their titles."""
    return _quietly(ctx, lambda desk: _ids(desk, incomplete))


def _quietly(
    ctx: click.Context, find: Callable[[Any], Iterator[CompletionItem]]
) -> list[CompletionItem]:
    from p2pevents.cli.opening import home_of
    from p2pevents.node.desk import Desk
    from p2pevents.node.opening import open_log

    settings = ctx.ensure_object(Settings)
    found: list[CompletionItem] = []
    try:
        # The options before the one that is completed are read, and their callbacks are not run.
        said = ctx.find_root().params.get("home") or ctx.params.get("home")
        if said and settings.home is None:
            settings.home = Path(said)
        home = home_of(settings)
        if not home.log.exists():
            return []
        log = open_log(home, read_only=True)
        try:
            for item in find(Desk(home=home, log=log, now_ms=settings.now_ms)):
                found.append(item)
                if len(found) == ITEMS_MAX:
                    break
        finally:
            log.close()
    except P2PEventsError:
        return found
    return found


def _chapters(desk: Any, incomplete: str) -> Iterator[CompletionItem]:
    from p2pevents.record.ids import short

    for chapter in desk.chapters():
        name = desk.chapter_name(chapter)
        if name.casefold().startswith(incomplete.casefold()):
            yield CompletionItem(name, help=short(chapter))


def _ids(desk: Any, incomplete: str) -> Iterator[CompletionItem]:
    from p2pevents.record.ids import path_text
    from p2pevents.record.kinds import Kind

    kinds = (Kind.EVENT, Kind.SERIES)
    for each in desk.log.find_objects(
        incomplete, kinds=[kind.value for kind in kinds], limit=ITEMS_MAX
    ):
        merged = desk.object(each)
        title = getattr(merged.shown, "title", "") if merged else ""
        yield CompletionItem(path_text(each.path), help=title or "")
