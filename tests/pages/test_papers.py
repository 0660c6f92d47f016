"""Notices, open calls and recaps on the pages of what they belong to."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from p2pevents.record.fields import Notice, Recap
from p2pevents.web.papers import _notices, paper_of_recap
from tests.pages.conftest import found, serving, typed


def _home(tmp_path: Path) -> tuple[Path, str, str]:
    home = tmp_path / "home"
    chapter = found(home)
    event = typed(home, "event", "add", "--title", "Meetup", "--start", "2020-01-08 18:30")["id"]
    typed(home, "notice", "add", "--title", "We meet online", "--until", "2020-01-31")
    typed(home, "notice", "add", "--title", "Long over", "--until", "2019-12-31")
    typed(home, "notice", "add", "--title", "Bring a jacket", "--event", event)
    typed(home, "call", "open", "--title", "Talks for spring", "--closes", "2020-02-28")
    typed(home, "call", "open", "--title", "Too late", "--closes", "2020-01-01")
    typed(home, "recap", "add", "--event", event, "--title", "The evening", "--attended", "48",
          "--expected", "60", "--lessons", "Two microphones")  # fmt: skip
    return home, chapter, event


def _heads(page: str) -> list[str]:
    return re.findall(r'<section class="paper \w+">\s*<h2[^>]*>([^<]*)</h2>', page)


def test_a_chapter_shows_its_notices_and_open_calls_and_an_event_its_own(tmp_path: Path) -> None:
    home, chapter, event = _home(tmp_path)
    with serving(home) as pages:
        page = pages.get(f"/chapter/{chapter}")
        assert _heads(page) == ["We meet online", "Talks for spring"]
        assert "until Friday 28 February 2020" in page
        page = pages.get(f"/event/{event}")
        assert _heads(page) == ["Bring a jacket", "The evening"]
        assert "48 people came, 60 were expected" in page
        assert "Two microphones" in page
        assert _heads(pages.get(f"/chapter/{chapter}", public=True)) == [
            "We meet online", "Talks for spring",
        ]  # fmt: skip


def test_a_day_that_no_calendar_has_hides_no_page() -> None:
    """Outside `when`, a day is bounded in form alone: an author may write the 31st of February."""
    language, today = "en", date(2020, 1, 9)
    (notice,) = _notices([Notice(title="Odd", until="2020-02-31")], today, language)
    assert (notice.told.title, notice.until) == ("Odd", None)
    assert _notices([Notice(title="Over", until="2019-02-31")], today, language) == []
    assert paper_of_recap(Recap(title="Odd", day="2020-02-31"), language).until is None
