"""What a reader should know of a chapter before they trust what is shown of it."""

from __future__ import annotations

from p2pevents.authority import Floor
from p2pevents.record.ids import ChapterId, short
from p2pevents.view.freshness import Completeness
from p2pevents.web.face import Face
from p2pevents.web.shelf import Shelf

__all__ = ["notices_of"]


def notices_of(shelf: Shelf, face: Face, chapters: tuple[ChapterId, ...]) -> list[str]:
    """Return what is to be said above a page of these chapters; nothing where all is well."""
    t = face.words
    said = []
    for chapter in chapters:
        current = shelf.desk.reader.showing(chapter)
        name = shelf.name(chapter)
        if current is None:
            said.append(t("waiting_one", name=name))
            continue
        if current.floor is Floor.MISSING:
            said.append(t.notice_floor)
        if current.floor is Floor.ELSEWHERE:
            said.append(t.notice_elsewhere)
        if current.shown.disputed:
            said.append(t("notice_leads", name=name))
        for _, due_ms in current.shown.recoveries:
            said.append(t("notice_guardians", name=name, day=t.day_of(due_ms)))
        said += [
            t(
                "notice_alike",
                name=each.name,
                id=short(chapter),
                other=each.other_name,
                other_id=short(each.other),
            )
            for each in (shelf.look_alikes() if face.is_local else ())
            if each.chapter == chapter
        ]
        fresh = shelf.freshness(chapter)
        if fresh.state is Completeness.STALE:
            said.append(t("stale", name=name, day=t.day_of(fresh.until_ms)))
        if fresh.state is Completeness.INCOMPLETE:
            day = t.day_of(fresh.as_of_ms)
            said.append(t("incomplete", name=name, day=day, n=fresh.lacking))
    return said
