"""Pages as text: each function makes one page of what is on the shelf, by a template.

Nothing here knows of HTTP: the static site is drawn by the same functions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from functools import cache, cached_property
from importlib.resources import files
from typing import Any, Final
from urllib.parse import quote

import jinja2
import msgspec
from babel.dates import LOCALTZ

from p2pevents.authority import Floor
from p2pevents.keys.words import fingerprint
from p2pevents.node.wording import above
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, PublicKey, path_text, short, to_text
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import MergedObject
from p2pevents.record.values import Level, Recording, SessionType
from p2pevents.view.agenda import Query
from p2pevents.view.entries import Entry
from p2pevents.view.freshness import Completeness
from p2pevents.view.search import plain
from p2pevents.view.times import Window, day_named, night_of
from p2pevents.view.tongues import told_in
from p2pevents.web.acts import Act, Task, acts_of
from p2pevents.web.asked import BEHIND_DAYS, Asked
from p2pevents.web.dates import Moment, moment_of
from p2pevents.web.face import Face
from p2pevents.web.news import NOTHING, News, news_of, told_before
from p2pevents.web.papers import papers_of_chapter, papers_of_entry
from p2pevents.web.programme import grid_style, programme_of
from p2pevents.web.rows import Row, by_day, month_of, row_of
from p2pevents.web.rule_words import NTHS, WEEKDAYS
from p2pevents.web.shelf import Shelf
from p2pevents.web.templating import environment
from p2pevents.web.told import told_of, was_of
from p2pevents.web.words import Words

__all__ = ["ASSETS", "Painter", "asset", "found_entry", "web_link"]

ROWS_MAX: Final = 500  # of a page that has no other pages behind it
PAGE_ROWS: Final = 100  # of one page of the agenda
CHAPTER_ROWS_MAX: Final = 60
TOLD_ROWS_MAX: Final = 60
JOIN_ROWS_MAX: Final = 12
CHOICES: Final = {
    "type": tuple(each.value for each in SessionType),
    "level": tuple(each.value for each in Level),
    "recording": tuple(each.value for each in Recording),
    "status": ("confirmed", "tentative", "cancelled", "postponed"),
    "nth": NTHS,
    "weekday": WEEKDAYS,
}
ASSETS: Final = {"page.css": "text/css", "page.js": "text/javascript", "icon.svg": "image/svg+xml"}


def asset(name: str) -> bytes:
    """Return a file that pages load; the style sheet with its generated part."""
    data = (files("p2pevents.web") / "static" / name).read_bytes()
    return data + grid_style().encode("ascii") if name == "page.css" else data


@cache
def _version(name: str) -> str:
    return hashlib.sha256(asset(name)).hexdigest()[:8]


@cache
def _environment() -> jinja2.Environment:
    own = environment()
    own.globals |= {"version": _version, "to_text": to_text}
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
                lambda: _choices(
                    shelf.agendas.facts(window, from_end=asked.is_past), shelf, self._face.words
                ),
            ),
            today=today,
            is_cut=is_cut,
            rows_max=rows_max,
            notices=self._notices(shelf.chapters()),
        )

    def welcome(self, **values: str) -> str:
        """Draw the first screen, where nothing is followed yet."""
        return self._draw("welcome.html", here="agenda", **values)

    def month(self, first: date, asked: Asked) -> str:
        """Draw one month."""
        shelf = self._shelf
        after = (first + timedelta(days=32)).replace(day=1)
        window = Window(first=first - timedelta(days=6), until=after + timedelta(days=6))
        known = {to_text(each): each for each in shelf.chapters()}
        entries = asked.query(window, known).asked_of(shelf.agendas.entries(window))
        weeks = month_of(
            first,
            entries,
            today=shelf.today(),
            zone=self._zone(asked),
            draw=lambda entry: self._row(entry, zone=self._zone(asked)),
        )
        before = (first - timedelta(days=1)).replace(day=1)
        return self._draw(
            "month.html",
            here="month",
            title=self._face.words.heading(first, "MMMM y"),
            weeks=weeks,
            before=f"{before:%Y-%m}",
            after=f"{after:%Y-%m}",
            asked=asked,
        )

    def event(self, found: tuple[ObjectId, Entry], asked: Asked) -> str:
        """Draw one event, date of a series, or session."""
        object_id, entry = found
        shelf, zone, t = self._shelf, self._zone(asked), self._face.words
        row = self._row(entry)
        theirs = moment_of(entry.span)
        mine = moment_of(entry.span, LOCALTZ)
        days, awaited = programme_of(entry, zone=zone, language=t.tongue, news=self._news)
        change = self._news.of(entry)
        parts_of = above(object_id) if entry.kind == Kind.SESSION else object_id
        return self._draw(
            "event.html",
            here="",
            entry=entry,
            row=row,
            was=was_of(change, t) if change else "",
            days_text=t.dates(theirs.day, theirs.last)
            if theirs.is_long and theirs.day and theirs.last
            else "",
            day_text=t.heading(theirs.day) if theirs.day else "",
            mine=f"{t.date(mine.day, 'EEE d MMM')}, {mine.hours}"
            if self._face.is_local
            and mine.iso != theirs.iso
            and mine.hours
            and mine.day
            and not mine.is_long
            else "",
            programme=days,
            awaited=[row for row in awaited if row.told.title],
            disputes=_disputes(shelf.desk.object(object_id)),
            edition=entry.edition,
            updated=t.date(_day_of(entry.clock), "d MMMM y"),
            is_session=entry.kind == Kind.SESSION,
            papers=papers_of_entry(shelf, entry, self._face.words.tongue),
            parent="event/" + "/".join(entry.path[:-1]),
            acts=acts_of(shelf, object_id) if self._face.may_write else (),
            may_add=self._face.may_write and Act.ADD in acts_of(shelf, parts_of),
            parts_of=path_text(parts_of.path),
            ends=_night(night_of(entry.span), t),
            is_history=bool(entry.shown.imported and entry.shown.imported.history),
            asked=asked,
        )

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
            notices=self._notices((chapter,)),
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
            here="new" if task.act is Act.NEW else "",
            task=task,
            row=row,
            day=_days(row.moment, self._face.words) if row else "",
            choices=CHOICES,
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
                ends=_night(ends, t),
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
        return self._day_words(min(each.as_of_ms or 0 for each in found))

    def _row(self, entry: Entry, *, zone: tzinfo | None = None) -> Row:
        return row_of(entry, zone=zone, language=self._face.words.tongue, news=self._news)

    def _day_words(self, moment_ms: int | None) -> str:
        return self._face.words.date(_day_of(moment_ms or 0), "d MMMM y")

    def _zone(self, asked: Asked) -> tzinfo | None:
        return LOCALTZ if asked["mine"] and self._face.is_local else None

    def _link(self, chapter: ChapterId) -> str:
        return self._shelf.desk.link(chapter, at=self._shelf.addresses()[:4]).text

    def _notices(self, chapters: tuple[ChapterId, ...]) -> list[str]:
        """Say what a reader should know before they trust what is shown."""
        shelf, t = self._shelf, self._face.words
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
                said.append(t("notice_guardians", name=name, day=self._day_words(due_ms)))
            said += [
                t(
                    "notice_alike",
                    name=each.name,
                    id=short(chapter),
                    other=each.other_name,
                    other_id=short(each.other),
                )
                for each in (shelf.look_alikes() if self._face.is_local else ())
                if each.chapter == chapter
            ]
            fresh = shelf.freshness(chapter)
            if fresh.state is Completeness.STALE:
                said.append(t("stale", name=name, day=self._day_words(fresh.until_ms)))
            if fresh.state is Completeness.INCOMPLETE:
                day = self._day_words(fresh.as_of_ms)
                said.append(t("incomplete", name=name, day=day, n=fresh.lacking))
        return said


def web_link(public_url: str, link: str) -> str:
    """Return the address by which people without the program come to a chapter.

    What stands behind the # is for the page alone: no server is ever told.
    """
    return f"{public_url.rstrip('/')}/join#{link}"


def found_entry(shelf: Shelf, text: str) -> tuple[ObjectId, Entry] | None:
    """Return the event, date or session that a page's address names, among what is shown."""
    path = tuple(text.split("/"))
    if len(path) > 3 or not all(path):
        return None
    for chapter in shelf.known():
        for entry in shelf.agendas.of_family(chapter, path[0], day_named(path[-1])):
            for each in (entry, *entry.sessions):
                if each.path == path:
                    kind = each.kind.value
                    return ObjectId(chapter=chapter, kind=kind, path=each.path), each
    return None


def _choices(
    facts: Iterable[tuple[str, str]], shelf: Shelf, words: Words
) -> dict[str, list[tuple[str, str]]]:
    """Return what the filters offer: what there is to find, each in one spelling."""
    found: dict[str, dict[str, str]] = {"city": {}, "tag": {}}
    tongues = []
    for name, text in sorted(facts, reverse=True):
        if name == "language":
            tongues.append(text)
        else:
            found[name][plain(text)] = text
    return {
        "chapter": [(to_text(each), shelf.name(each)) for each in shelf.chapters()],
        **{name: [(text, text) for _, text in sorted(of.items())] for name, of in found.items()},
        "language": [(tag, words.language_name(tag)) for tag in sorted(tongues)],
    }


def _disputes(merged: MergedObject | None) -> list[Mapping[str, Any]]:
    """Return the fields on which organisers disagree, each with every value and whose it is."""
    return [
        {"field": name, "values": [(short(word.author), _said(word.value)) for word in words]}
        for name, words in (merged.conflicts.items() if merged else ())
    ]


def _days(moment: Moment, t: Words) -> str:
    """Return the day or the days of something; empty while they are open."""
    if moment.is_long and moment.day and moment.last:
        return t.dates(moment.day, moment.last)
    return t.date(moment.day) if moment.day else ""


def _night(ends: datetime | None, t: Words) -> str:
    """Say when something ends that passes midnight; nothing of anything else."""
    return (
        t("ends_at", day=t.date(ends.date(), "EEEE d MMMM"), hour=f"{ends:%H:%M}") if ends else ""
    )


def _said(value: Any) -> str:
    raw = msgspec.to_builtins(value)
    return ", ".join(map(str, raw.values())) if isinstance(raw, dict) else str(raw)


def _day_of(clock_ms: int) -> date:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(min(clock_ms, 4_102_444_800_000) / 1000, tz=UTC).date()
