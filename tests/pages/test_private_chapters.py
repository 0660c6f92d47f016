"""The pages of a chapter that a full log leaves out: those of any other, for its person alone."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.home import Home
from p2pevents.node.ingest import Ingest
from p2pevents.node.packing import read_pack
from tests.cli.test_private_chapters import move
from tests.pages.conftest import NOW_MS, Pages, found, serving, typed

DAY = ("--start", "2020-02-05 18:30", "--end", "2020-02-05 21:00")


@pytest.fixture
def homes(tmp_path: Path) -> tuple[Path, Path, dict[str, Any]]:
    """One attendee's home in which the chapter stands in the log, and one in which it left it."""
    organiser, public, private = (tmp_path / name for name in ("organiser", "public", "private"))
    chapter = found(organiser)
    talk = ("--title", "BGP", "--start", "19:00", "--end", "19:30")
    facts = {
        "chapter": chapter,
        "event": typed(organiser, "event", "add", "--title", "Evening", *DAY)["id"],
        "organiser": organiser,
    }
    typed(organiser, "session", "add", "--event", facts["event"], *talk)
    typed(organiser, "pack", "-o", str(tmp_path / "a.pack"))
    public.mkdir()
    (public / "config.toml").write_text('network = "demo"\n')
    typed(public, "follow", typed(organiser, "chapter", "invite")["link"], "--offline")
    typed(public, "unpack", str(tmp_path / "a.pack"))
    shutil.copytree(public, private)
    move(Home(folder=private))
    return public, private, facts


def read(pages: Pages, path: str) -> tuple[int, str]:
    answer = pages.ask("GET", path)
    text = answer.text.replace(str(pages.port), "PORT")
    return answer.status, re.sub(r"seen=\w+|data-seen=\"\w+\"|[0-9a-f]{12}", "MARK", text)


def test_every_page_shows_it_as_any_other(homes: tuple[Path, Path, dict[str, Any]]) -> None:
    public, private, facts = homes
    event, chapter = facts["event"], facts["chapter"]
    paths = [
        "/", "/month?at=2020-02", "/?search=evening", "/?text=evening", f"/chapter/{chapter}",
        f"/event/{event}", f"/ics/{event}.ics", "/feed.ics", "/feed.atom", "/events.json",
        "/changes", f"/chapter/{chapter}/link.svg",
    ]  # fmt: skip
    with serving(public) as one, serving(private) as other:
        for path in paths:
            expected = read(one, path)
            assert read(other, path) == expected, path
            assert expected[0] == 200, path
        assert "Evening" in other.get("/")
        assert "BGP" in other.get(f"/event/{event}")


def test_what_changed_of_it_is_marked(homes: tuple[Path, Path, dict[str, Any]]) -> None:
    _, private, facts = homes
    with serving(private) as pages:
        session = pages.session()
        mine = {"Cookie": session}
        assert "Evening" not in pages.ask("GET", "/changes", headers=mine).text
        later = ("--start", "2020-02-06 18:30", "--end", "2020-02-06 21:00")
        typed(facts["organiser"], "event", "move", facts["event"], *later)
        file = private.parent / "later.pack"
        typed(facts["organiser"], "pack", "-o", str(file))
        typed(private, "unpack", str(file))
        assert "2020-02-06" in pages.ask("GET", "/events.json", headers=mine).text
        assert "Evening" in pages.ask("GET", "/changes", headers=mine).text


def test_nobody_else_is_shown_it(homes: tuple[Path, Path, dict[str, Any]]) -> None:
    """Not even by the public pages of somebody who could write for it."""
    public, private, facts = homes
    for home in (public, private):
        shutil.copytree(facts["organiser"] / "keys", home / "keys", dirs_exist_ok=True)
    with serving(public) as one, serving(private) as other:
        assert "Evening" in one.get("/", public=True)
        assert "Evening" not in other.get("/", public=True)
        assert other.ask("GET", f"/chapter/{facts['chapter']}", public=True).status == 404
        assert "Evening" in other.get("/")


def test_of_what_stands_in_both_others_are_shown_what_the_log_has(
    homes: tuple[Path, Path, dict[str, Any]],
) -> None:
    """By an organiser whose log is full of their own."""
    organiser, (public, _, _) = homes[2]["organiser"], homes
    copy, file = public.parent / "copy", public.parent / "more.pack"
    shutil.copytree(organiser, copy)
    typed(copy, "event", "add", "--title", "Refused here", *DAY)
    typed(copy, "pack", "-o", str(file))
    with closing(SqliteLog(Home(folder=organiser).private_log)) as log:
        read_pack(Ingest(log), file, now_ms=NOW_MS)
    with serving(organiser) as pages:
        for is_public in (True, False):
            text = pages.get("/", public=is_public)
            assert "Evening" in text
            assert ("Refused here" in text) is not is_public
