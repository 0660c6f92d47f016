"""Pages as text: each function makes one page of what is on the shelf, by a template.

Nothing here knows of HTTP: the static site is drawn by the same functions.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta, tzinfo
from functools import cache, cached_property
from typing import Any, Final
from urllib.parse import quote

import jinja2
from babel.dates import LOCALTZ

from p2pevents.keys.words import fingerprint
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, PublicKey, to_text
from p2pevents.view.agenda import Query
from p2pevents.view.entries import Entry
from p2pevents.view.freshness import Completeness
from p2pevents.view.times import Window, day_named
from p2pevents.view.tongues import told_in
from p2pevents.web import month
from p2pevents.web.acts import NEW_ACTS, Task
from p2pevents.web.asked import BEHIND_DAYS, Asked
from p2pevents.web.assets import version
from p2pevents.web.choices import CHOICES, choices_of, tongues_of
from p2pevents.web.event_page import days_words, event_facts, night_words
from p2pevents.web.face import Face
from p2pevents.web.news import NOTHING, News, news_of, told_before
from p2pevents.web.notices import notices_of
from p2pevents.web.papers import papers_of_chapter
from p2pevents.web.rows import Row, by_day, row_of
from p2pevents.web.shelf import Shelf
from p2pevents.web.templating import environment
from p2pevents.web.told import told_of

__all__ = ["Painter", "web_link"]

ROWS_MAX: Final = 500  # of a page that has no other pages behind it
PAGE_ROWS: Final = 100  # of one page of the agenda
CHAPTER_ROWS_MAX: Final = 60
TOLD_ROWS_MAX: Final = 60
JOIN_ROWS_MAX: Final = 12


@cache
def _environment() -> jinja2.Environment:
    own = environment()
    own.globals |= {"version": version, "to_text": to_text}
    own.filters["path"] = lambda text: quote(text, safe="/")
    return own


class Painter:
    """Draws the pages of one shelf, within its worker thread."""

    def __init__(self, shelf: Shelf, face: Face) -> None:
        self._shelf = shelf
        self._face = face

    @cached_property
    def _news(self) -> News:
        """What changed since this home's own person last looked; to others all is equally new."""
        return news_of(self._shelf) if self._face.is_local else NOTHING

    # --- pages ---------------------------------------------------------------------------------

    def agenda(self, asked: Asked) -> str:
        """Draw what is coming up, or what is over; the first screen where nothing is followed."""
        shelf = self._shelf
        if self._face.is_local and not shelf.chapters():
            return self.welcome()
        zone = self._zone(asked)
        today = shelf.today()
        window = asked.window(today)
        known = {to_text(each): each for each in shelf.chapters()}
        rows_max = ROWS_MAX if self._face.is_static else PAGE_ROWS
        shown, is_cut = shelf.agendas.found(
            asked.query(window, known),
            rows_max=rows_max,
            skipped=(asked.page - 1) * rows_max,
            from_end=asked.is_past,
        )
        days = by_day(
            [self._row(each, zone=zone) for each in shown],
            not_before=None if asked.is_past else window.first,
        )
        return self._draw(
            "agenda.html",
            here="past" if asked.is_past else "agenda",
            days=days[::-1] if asked.is_past else days,
            asked=asked,
            choices=shelf.kept(
                ("choices", window, asked.is_past, self._face.words.tongue),
                lambda: choices_of(
                    shelf.agendas.facts(window, from_end=asked.is_past), shelf, self._face.words
                ),
            ),
            today=today,
            is_cut=is_cut,
            rows_max=rows_max,
            notices=notices_of(shelf, self._face, shelf.chapters()),
        )

    def welcome(self, **values: str) -> str:
        """Draw the first screen, where nothing is followed yet."""
        return self._draw("welcome.html", here="agenda", **values)

    def month(self, first: date, asked: Asked) -> str:
        """Draw one month."""
        shelf, zone = self._shelf, self._zone(asked)
        window = month.window_of(first)
        known = {to_text(each): each for each in shelf.chapters()}
        entries = asked.query(window, known).asked_of(shelf.agendas.entries(window))
        return self._draw(
            "month.html",
            here="month",
            title=self._face.words.heading(first, "MMMM y"),
            weeks=month.month_of(
                first,
                entries,
                today=shelf.today(),
                zone=zone,
                draw=lambda entry: self._row(entry, zone=zone),
            ),
            before=f"{month.before(first):%Y-%m}",
            after=f"{month.after(first):%Y-%m}",
            asked=asked,
        )

    def event(self, found: tuple[ObjectId, Entry], asked: Asked) -> str:
        """Draw one event, date of a series, or session."""
        facts = event_facts(self._shelf, self._face, found, zone=self._zone(asked), news=self._news)
        return self._draw("event.html", here="", asked=asked, **facts)

    def changes(self) -> str:
        """Draw what changed since the last look, and what that one told of."""
        shelf, news, t = self._shelf, self._news, self._face.words
        look = news.look
        return self._draw(
            "changes.html",
            here="changes",
            look=look,
            looked=t.ago(shelf.now_ms() - look.looked_ms) if look else "",
            told=[told_of(each, t) for each in news.changes[:ROWS_MAX]],
            is_cut=len(news.changes) > ROWS_MAX,
            rows_max=ROWS_MAX,
            before=[told_of(each, t) for each in told_before(shelf, look)[:TOLD_ROWS_MAX]]
            if look
            else [],
        )

    def chapter(self, chapter: ChapterId, asked: Asked) -> str:
        """Draw one chapter: what it says of itself, how to subscribe, what is on."""
        shelf = self._shelf
        today = shelf.today()
        coming = Window(first=today, until=today + timedelta(days=400))
        over = Window(first=today - timedelta(days=BEHIND_DAYS), until=today)
        is_here = shelf.desk.ingest.charters.of(chapter) is not None
        only = Query(window=coming, chapters=frozenset({chapter}))
        before = Query(window=over, chapters=frozenset({chapter}))
        upcoming, _ = shelf.agendas.found(only, rows_max=CHAPTER_ROWS_MAX)
        past, _ = shelf.agendas.found(before, rows_max=CHAPTER_ROWS_MAX, from_end=True)
        return self._draw(
            "chapter.html",
            here="",
            chapter=chapter,
            id=to_text(chapter),
            name=shelf.name(chapter),
            claimed=shelf.claimed(chapter),
            words=fingerprint(PublicKey(chapter)) if self._face.is_local else "",
            profile=shelf.desk.profile(chapter),
            link=self._link(chapter) if is_here else "",
            is_here=is_here,
            papers=papers_of_chapter(shelf, chapter, self._face.words.tongue),
            upcoming=by_day([self._row(each) for each in upcoming], not_before=today),
            past=by_day([self._row(each) for each in past])[::-1],
            told=told_in(shelf.desk.profile(chapter), self._face.words.tongue),
            notices=notices_of(shelf, self._face, (chapter,)),
            asked=asked,
        )

    def link_picture(self, chapter: ChapterId) -> bytes:
        """Draw a chapter's link as a code to scan: of the join page where there is one."""
        from io import BytesIO

        import segno

        link, public_url = self._link(chapter), self._face.public_url
        out = BytesIO()
        segno.make(web_link(public_url, link) if public_url else link, error="l").save(
            out, kind="svg", border=2, light="#fff", scale=4
        )
        return out.getvalue()

    def join(self) -> str:
        """Draw the page for those who have a link and no program."""
        shelf = self._shelf
        today = shelf.today()
        window = Window(first=today, until=today + timedelta(days=400))
        chapters = []
        for chapter in shelf.chapters():
            only = Query(window=window, chapters=frozenset({chapter}))
            entries, _ = shelf.agendas.found(only, rows_max=JOIN_ROWS_MAX)
            chapters.append(
                {
                    "id": to_text(chapter),
                    "name": shelf.name(chapter),
                    "link": self._link(chapter),
                    "days": by_day([self._row(each) for each in entries], not_before=today),
                }
            )
        return self._draw("join.html", here="", joinable=chapters, asked=Asked(values={}))

    def message(self, title: str, lead: str = "", *, command: str = "", hint: str = "") -> str:
        """Draw a page that says one thing."""
        return self._draw(
            "message.html", here="", title=title, lead=lead, command=command, hint=hint
        )

    def form(self, task: Task, **values: Any) -> str:
        """Draw the form of what an organiser may do."""
        row = self._row(task.entry) if task.entry else None
        return self._draw(
            "form.html",
            here="new" if task.act in NEW_ACTS else "",
            task=task,
            row=row,
            day=days_words(row.moment, self._face.words) if row else "",
            choices={**CHOICES, "locale": tongues_of(self._shelf, task.chapter)},
            **values,
        )

    def doctor(
        self,
        findings: list[Any],
        error: str = "",
        hint: str = "",
        *,
        ends: datetime | None = None,
        said: Iterable[str] = (),
        dates: Iterable[date] = (),
    ) -> str:
        """Draw what the schedule doctor says: a part of a page."""
        t = self._face.words
        return (
            _environment()
            .get_template("doctor.html")
            .render(
                t=t,
                findings=findings,
                error=error,
                hint=hint,
                ends=night_words(ends, t),
                dates=", ".join(t.date(day, "EEE d MMM y") for day in dates),
                said=", ".join(t.date(day, "d MMMM y") for day in map(day_named, said) if day),
            )
        )

    # --- what they have in common --------------------------------------------------------------

    def _draw(self, template: str, /, **values: Any) -> str:
        shelf, face = self._shelf, self._face
        synced_ms = shelf.synced_ms()
        common: dict[str, Any] = {
            "t": face.words,
            "face": face,
            "root": face.root,
            "files": face.files_root,
            "chapters": [(to_text(each), shelf.name(each)) for each in shelf.chapters()],
            "is_organiser": face.may_write and bool(shelf.mine()),
            "synced": face.words.ago(shelf.now_ms() - synced_ms) if synced_ms else "",
            "peers": shelf.peers() if face.is_local else 0,
            "complete": self._complete(),
            "mark": "" if face.is_static else shelf.mark,
            "notices": [],
            "news": len(self._news.changes),
        }
        return _environment().get_template(template).render({**common, **values})

    def _complete(self) -> str:
        """Return the day up to which everything shown is known to be whole; empty where it is not.

        Each chapter's organisers sign what is planned; what is here was compared with that.
        """
        found = [self._shelf.freshness(each) for each in self._shelf.chapters()]
        whole = (Completeness.COMPLETE, Completeness.NOTHING_PLANNED)
        if not found or any(each.state not in whole for each in found):
            return ""
        return self._face.words.day_of(min(each.as_of_ms or 0 for each in found))

    def _row(self, entry: Entry, *, zone: tzinfo | None = None) -> Row:
        return row_of(entry, zone=zone, language=self._face.words.tongue, news=self._news)

    def _zone(self, asked: Asked) -> tzinfo | None:
        return LOCALTZ if asked["mine"] and self._face.is_local else None

    def _link(self, chapter: ChapterId) -> str:
        return self._shelf.desk.link(chapter, at=self._shelf.addresses()[:4]).text


def web_link(public_url: str, link: str) -> str:
    """Return the address by which people without the program come to a chapter.

    What stands behind the # is for the page alone: no server is ever told.
    """
    return f"{public_url.rstrip('/')}/join#{link}"
