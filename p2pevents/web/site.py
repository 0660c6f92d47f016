"""A static site of the chapters of my own: files that any web host serves, each replaced whole.

Drawn by the same templates as the page. Nothing in it needs a server: no search,
no forms. A file that would not change is left alone, and one that this program
wrote and that is not wanted any more is removed; others are not touched.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Final
from urllib.parse import quote

from p2pevents.errors import InputError, reason_of
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import to_text
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.cancelled import Cancelled
from p2pevents.view.entries import Entry
from p2pevents.view.rows import rows_text
from p2pevents.view.times import Window
from p2pevents.web.asked import Asked
from p2pevents.web.assets import ASSETS, asset
from p2pevents.web.drawing import Painter
from p2pevents.web.face import Face
from p2pevents.web.feeds import atom_feed, entry_ics, freshness_of, ics_feed
from p2pevents.web.shelf import Shelf
from p2pevents.web.words import Words
from p2pevents.words import DEFAULT, LANGUAGES

__all__ = ["FILES_MAX", "Written", "site_files", "write_site"]

FILES_MAX: Final = 20_000
BEHIND_DAYS: Final = 4_000
AHEAD_DAYS: Final = 800
_MANIFEST: Final = ".p2pevents-site.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What became of a site: how many files it has, and how many were written or removed."""

    files: int
    changed: int
    removed: int


def site_files(shelf: Shelf, *, public_url: str) -> Iterator[tuple[str, bytes]]:
    """Yield every file of the site: its path from the site's root, and its bytes.

    Args:
        shelf: what it shows; read within its worker thread, or by a process of its own.
        public_url: where it will be seen; empty where nobody said.
    """
    feeds = f"{public_url.rstrip('/')}/" if public_url else ""
    face = Face(public_url=public_url, is_local=False, is_static=True, feeds=feeds)
    chapters = shelf.chapters()
    for name in ASSETS:
        yield f"static/{name}", asset(name)
    yield "feed.ics", ics_feed(shelf, face, chapters, Cancelled.MARKED).data
    yield "feed.atom", atom_feed(shelf, face, chapters).data
    today = shelf.today()
    window = Window(
        first=today - timedelta(days=BEHIND_DAYS), until=today + timedelta(days=AHEAD_DAYS)
    )
    calendar = shelf.calendar(window=window)
    entries = agenda(calendar, Query(window=window))
    upcoming = [each for each in entries if each.span.last_day and each.span.last_day >= today]
    yield "events.json", rows_text(upcoming, freshness_of(shelf), public_url=public_url).data
    for chapter in chapters:
        id_ = to_text(chapter)
        yield f"chapter/{id_}/feed.ics", ics_feed(shelf, face, (chapter,), Cancelled.MARKED).data
        yield f"chapter/{id_}/link.svg", Painter(shelf, face).link_picture(chapter)
    parts = [part for entry in entries for part in (entry, *entry.sessions)]
    for each in parts:
        yield f"ics/{each.id}.ics", entry_ics(calendar, each, public_url=public_url)
    first = _first_language(shelf)
    folders = {tag: "" if tag == first else f"{tag}/" for tag in LANGUAGES}
    for language in folders:
        yield from _pages(shelf, replace(face, words=Words(language), folders=folders), parts)


def _pages(shelf: Shelf, face: Face, parts: Iterable[Entry]) -> Iterator[tuple[str, bytes]]:
    """Yield the pages of one language, each in its folder."""
    folder = face.folders[face.words.tongue]
    nothing = Asked(values={})

    def page(path: str, draw: Callable[[Painter], str]) -> tuple[str, bytes]:
        up = "../" * path.count("/")
        files = up + ("../" if folder else "")
        here = replace(face, root=up or "./", files=files or "./", path=path)
        return f"{folder}{path}index.html", draw(Painter(shelf, here)).encode("utf-8")

    yield page("", lambda painter: painter.agenda(nothing))
    yield page("join/", lambda painter: painter.join())
    for chapter in shelf.chapters():
        draw = partial(Painter.chapter, chapter=chapter, asked=nothing)
        yield page(f"chapter/{to_text(chapter)}/", draw)
    for each in parts:
        object_id = ObjectId(chapter=each.chapter.id, kind=each.kind.value, path=each.path)
        show = partial(Painter.event, found=(object_id, each), asked=nothing)
        yield page(f"event/{quote(each.id)}/", show)


def _first_language(shelf: Shelf) -> str:
    """Return the language at the site's root: the chapters' own, as far as it is spoken here."""
    said = [
        tag.partition("-")[0].casefold()
        for chapter in shelf.chapters()
        for tag in shelf.desk.profile(chapter).languages or ()
    ]
    return next((tag for tag in said if tag in LANGUAGES), DEFAULT)


def write_site(folder: Path, shelf: Shelf, *, public_url: str) -> Written:
    """Write the site, each file whole or not at all, the first page last.

    Raises:
        InputError: the folder cannot be written, or there is too much for a site.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        before = _manifest(folder)
        files = dict(site_files(shelf, public_url=public_url))
        if len(files) > FILES_MAX:
            raise InputError(f"{len(files)} files are too many for a site: {FILES_MAX} at most")
        # The first page leads to all others: it is replaced when they stand.
        order = sorted(files, key=lambda name: (name == "index.html", name))
        changed = sum(_replace(folder / name, files[name]) for name in order)
        gone = [name for name in before if name not in files and _is_inside(name)]
        for name in gone:
            (folder / name).unlink(missing_ok=True)
            _tidy((folder / name).parent, folder)
        _replace(folder / _MANIFEST, json.dumps(sorted(files)).encode("utf-8"))
    except OSError as error:
        raise InputError(f"{folder}: cannot be written: {reason_of(error)}") from None
    return Written(files=len(files), changed=changed, removed=len(gone))


def _replace(path: Path, data: bytes) -> bool:
    """Put a file in its place whole; tell whether it was another one."""
    try:
        if path.read_bytes() == data:
            return False
    except FileNotFoundError:
        path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_name(f".{path.name}.new")
    with new.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return True


def _manifest(folder: Path) -> list[str]:
    """Return what this program wrote there before; nothing where it says nothing sound."""
    try:
        said = json.loads((folder / _MANIFEST).read_text("utf-8"))
    except (FileNotFoundError, ValueError):
        return []
    return [each for each in said if isinstance(each, str)] if isinstance(said, list) else []


def _tidy(folder: Path, root: Path) -> None:
    """Remove a folder that a file has left empty, and those above it."""
    while folder != root and folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _is_inside(name: str) -> bool:
    """Tell whether a manifest's name stays within the folder, whoever wrote it there."""
    parts = Path(name).parts
    return bool(parts) and not Path(name).is_absolute() and ".." not in parts
