"""What changed since a person last looked: marked in the agenda, told on a page of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from p2pevents.log.sqlite import SqliteLog
from tests.pages.conftest import Pages, found, serving, typed


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a chapter, three meetups, and a festival of two talks."""
    home = tmp_path / "home"
    found(home)
    for title, day in (("Moved", "03"), ("Elsewhere", "05"), ("Off", "07"), ("Same", "09")):
        words = ("--title", title, "--venue", "Ground Control")
        typed(home, "event", "add", *words, "--start", f"2020-02-{day} 18:30")
    days = ("--start", "2020-02-20 10:00", "--end", "2020-02-21 20:00")
    festival = typed(home, "event", "add", "--title", "Festival", *days)["id"]
    for title, hour in (("First talk", "11"), ("Second talk", "12")):
        words = ("--title", title, "--room", "Avion")
        times = ("--start", f"2020-02-20 {hour}:00", "--end", f"2020-02-20 {hour}:30")
        typed(home, "session", "add", "--event", festival, *words, *times)
    return home


@pytest.fixture
def served(home: Path) -> Iterator[Pages]:
    with serving(home) as pages:
        yield pages


def ids(home: Path) -> dict[str, str]:
    rows = typed(home, "event", "list")
    return {each["title"]: each["id"] for row in rows for each in (row, *row["sessions"])}


def change(home: Path) -> None:
    """Let an organiser change something of each sort."""
    known = ids(home)
    typed(home, "event", "move", known["Moved"], "--start", "2020-02-04 19:00")
    typed(home, "event", "edit", known["Elsewhere"], "--venue", "La Paillasse")
    typed(home, "event", "cancel", known["Off"], "--reason", "the venue is closed")
    typed(home, "event", "add", "--title", "Just added", "--start", "2020-02-08 18:30")
    typed(home, "session", "edit", known["Second talk"], "--room", "Village")


def look(pages: Pages, session: str, **headers: str) -> str:
    answer = pages.ask("GET", "/changes", headers={"Cookie": session, **headers})
    assert answer.status == 200
    return answer.text


def marks(text: str) -> dict[str, str]:
    """Return the mark behind each title of a page, where there is one."""
    titles = r'<h[34]>(?:<a [^>]*>|<span class="gone">)([^<]*)</(?:a|span)>\s*'
    found = re.findall(titles + r'(?:<span class="status [a-z]+">([^<]*)</span>)?', text)
    return {title: mark for title, mark in found if mark}


CHANGES = {
    "Moved": "Moved",
    "Elsewhere": "New place",
    "Off": "Newly cancelled",
    "Just added": "New",
    "Festival": "Changed",
}


def test_changes_are_marked_until_they_were_looked_at_and_stay_on_the_page(
    served: Pages,
) -> None:
    session = served.session()
    assert "From now on" in look(served, session)
    assert marks(served.get("/")) == {}
    change(served.home)
    assert marks(served.get("/")) == CHANGES
    assert 'aria-label="Changes, 5 since you last looked"' in served.get("/")
    festival = served.get(f"/event/{ids(served.home)['Festival']}")
    assert marks(festival) == {"Second talk": "New place"}
    text = look(served, session)
    assert marks(text) == {**CHANGES, "Second talk": "New place"}
    assert "was Mon 3 Feb, 18:30" in text
    assert "was Ground Control" in text
    assert "was Avion" in text
    assert "the venue is closed" in text
    assert marks(served.get("/")) == {"Off": "Cancelled"}
    again = look(served, session)
    assert "Nothing changed since you last looked" in again
    assert marks(again.partition('id="before"')[2]) == marks(text)
    typed(served.home, "event", "retract", ids(served.home)["Same"])
    text = look(served, session)
    assert marks(text.partition('id="before"')[0]) == {"Same": "Taken back"}
    assert '<span class="gone">Same</span>' in text


def test_each_event_that_changed_says_so_and_what_it_was(served: Pages) -> None:
    look(served, served.session())
    change(served.home)
    text = served.get(f"/event/{ids(served.home)['Moved']}")
    assert '<span class="status news">Moved</span>' in text
    assert "was Mon 3 Feb, 18:30" in text


def test_the_page_and_the_command_keep_marks_of_their_own(served: Pages) -> None:
    look(served, served.session())
    typed(served.home, "changes")
    change(served.home)
    assert len(typed(served.home, "changes")) == 5
    assert marks(served.get("/")) == CHANGES
    typed(served.home, "event", "add", "--title", "Later", "--start", "2020-03-08 18:30")
    look(served, served.session())
    assert [row["title"] for row in typed(served.home, "changes")] == ["Later"]


def test_a_look_that_nobody_took_settles_nothing(served: Pages) -> None:
    session = served.session()
    assert "before this page was opened" in served.get("/changes")  # without a token
    look(served, session, **{"Sec-Purpose": "prefetch"})
    change(served.home)
    assert marks(served.get("/")) == {"Off": "Cancelled"}  # nobody has looked yet
    look(served, session)
    typed(served.home, "event", "add", "--title", "Later", "--start", "2020-03-08 18:30")
    for _ in range(2):
        assert "Later" in marks(served.get("/changes"))
        assert "Later" in marks(look(served, session, **{"Sec-Purpose": "prefetch"}))
    assert served.ask("HEAD", "/changes", headers={"Cookie": session}).status == 200
    assert "Later" in marks(served.get("/"))


def test_of_a_chapter_that_is_followed_since_nothing_is_news(served: Pages) -> None:
    session = served.session()
    look(served, session)
    typed(
        served.home, "chapter", "found", "Lyon P2P (demo)", "--city", "Lyon",
        "--timezone", "Europe/Paris",
    )  # fmt: skip
    add = ("event", "add", "--chapter", "Lyon", "--start", "2020-02-12 18:30", "--title")
    typed(served.home, *add, "In Lyon")
    assert marks(served.get("/")) == {}
    look(served, session)
    typed(served.home, *add, "In Lyon again")
    assert marks(served.get("/")) == {"In Lyon again": "New"}


def test_the_public_face_has_no_marks_and_no_page_of_changes(served: Pages) -> None:
    look(served, served.session())
    change(served.home)
    assert served.ask("GET", "/changes", public=True).status == 404
    text = served.get("/", public=True)
    assert marks(text) == {"Off": "Cancelled"}
    assert "/changes" not in text


@pytest.mark.parametrize("garbled", [b"", b"\xff", bytes(24 + 31), b"\xff" * 24, b"x" * 100])
def test_a_mark_that_cannot_be_read_is_as_if_there_was_none(home: Path, garbled: bytes) -> None:
    log = SqliteLog(home / "log.sqlite3")
    log.local.set_note("changes-seen-page", garbled)
    log.close()
    with serving(home) as pages:
        assert "Moved" in pages.get("/")
        session = pages.session()
        look(pages, session)
        typed(home, "event", "add", "--title", "Later", "--start", "2020-03-08 18:30")
        assert marks(pages.get("/")) == {"Later": "New"}
