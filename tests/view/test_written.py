"""Entries as Markdown and as a table: what was said stands there, and nothing else happens."""

import csv
import io
from typing import Any

import pytest
from hypothesis import given, strategies as st
from markdown_it import MarkdownIt

from p2pevents.importers.plan import Destination
from p2pevents.importers.reading import read_source
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.atom import atom_text
from p2pevents.view.calendar import fold
from p2pevents.view.entries import HISTORY, Entry
from p2pevents.view.feed import Feed
from p2pevents.view.markdown import markdown_text
from p2pevents.view.table import COLUMNS, csv_text
from tests.view.making import CHAPTER, event, profile, record, series

HOSTILE = [
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    "<script>alert(1)</script>",
    "# Heading",
    "1. list",
    "- list",
    "[a](javascript:alert(1))",
    "![x](https://evil.example/pixel.png)",
    "a | b",
    "**bold** _it_ `code` ~~no~~",
    "&lt;b&gt;",
    "\\[x](y)",
]


def entries(*fields: dict[str, Any]) -> list[Entry]:
    records = [event(f"e{index}", **each) for index, each in enumerate(fields)]
    return agenda(fold([profile(), *records]), Query())


def rendered(text: bytes) -> str:
    html: str = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text.decode())
    return html


@pytest.mark.parametrize("text", HOSTILE)
def test_no_word_of_an_organiser_is_markup_and_none_is_lost(text: str) -> None:
    made = markdown_text(entries({"title": text, "description": text}), title="Chapter")
    html = rendered(made)
    plain = MarkdownIt("commonmark").parse(made.decode())
    for tag in ("<script", "<img", "<strong>bold", "<em>", "<code", "<li>list", "<table", "<s>"):
        assert tag not in html
    assert "javascript:" not in html or "<a" not in html
    shown = [
        "".join(child.content for child in token.children or ())
        for token in plain
        if token.type == "inline"
    ]
    assert shown.count(text) == 2


@given(
    st.text(st.characters(codec="utf-8", exclude_categories=["C", "Zl", "Zp", "Zs"]), min_size=1)
)
def test_any_line_reads_back_as_it_was_written(text: str) -> None:
    made = markdown_text([], title=text)
    (heading,) = [
        token for token in MarkdownIt("commonmark").parse(made.decode()) if token.children
    ]
    assert "".join(child.content for child in heading.children or ()) == text


def test_a_page_says_when_where_who_and_what_does_not_take_place() -> None:
    when = {"start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris", "duration": "PT30M"}
    calendar = fold(
        [
            profile(publicUrl="https://p.example"),
            event(
                where={"name": "Hall", "address": "1 rue A", "city": "Paris"},
                stream={"uri": "https://live.example/x"},
                keywords={"p2p": True},
                links={"tickets": {"href": "https://t.example/", "title": "Tickets"}},
            ),
            record(
                "session",
                ("meet", "talk"),
                {
                    "title": "Talk",
                    "when": when,
                    "room": "Room 2",
                    "languages": ["fr"],
                    "participants": {"ada": {"name": "Ada", "roles": ["speaker"]}},
                },
            ),
            event("gone", "2020-02-08T18:30:00", status={"is": "cancelled", "reason": "Snow"}),
        ]
    )
    text = markdown_text(agenda(calendar, Query()), title="Paris P2P").decode()
    assert text.splitlines()[0] == "# Paris P2P"
    assert "## [Meetup](https://p.example/event/meet)" in text
    assert "- **When:** 2020-01-08 18:30 to 23:00 (Europe/Paris)" in text
    assert "- **Where:** Hall, 1 rue A, Paris" in text
    assert "- **Online:** <https://live.example/x>" in text
    assert "- **Link:** [Tickets](<https://t.example/>)" in text
    assert "- 19:00 to 19:30 **Talk** (Ada, Room 2, fr)" in text
    assert "## [~~Meetup~~ (cancelled)]" in text
    assert "- **Why:** Snow" in text


def test_a_table_has_a_row_for_every_entry_and_session_and_no_formula() -> None:
    found = entries(*({"title": text, "description": text} for text in HOSTILE))
    rows = list(csv.DictReader(io.StringIO(csv_text(found).decode())))
    assert list(rows[0]) == list(COLUMNS)
    assert sorted(row["title"].removeprefix("'") for row in rows) == sorted(HOSTILE)
    for row in rows:
        assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())


def test_a_table_can_be_imported_again() -> None:
    found = entries({"title": "Talk", "languages": ["fr"], "keywords": {"p2p": True}})
    made = read_source(csv_text(found), name="a.csv").plan(
        "", Destination(chapter=CHAPTER, time_zone="Europe/Paris")
    )
    session = made.drafts[1].fields
    assert session["title"] == "Talk"
    assert session["languages"] == ["fr"]
    assert session["when"] == {
        "start": "2020-01-08T18:30:00",
        "timeZone": "Europe/Paris",
        "duration": "PT4H30M",
    }


def test_recaps_notices_and_history_are_on_the_page_of_markdown_and_in_every_text() -> None:
    told = [
        event(imported={"from": "old.csv", "history": True}),
        record("notice", ("meet", "word"), {"title": "Bring a jacket", "until": "2020-01-08"}),
        record("recap", ("meet", "after"), {"title": "It was good", "attended": 48,
                                            "expected": 60, "description": "We talked."}),
    ]  # fmt: skip
    calendar = fold(told)
    page = markdown_text(agenda(calendar, Query()), title="x").decode()
    for line in (
        "### Bring a jacket (until 2020-01-08)",
        "### It was good",
        "We talked.",
        "- 48 people came, 60 were expected",
        "- **History:** Imported from an earlier",
    ):
        assert line in page  # fmt: skip
    assert HISTORY in atom_text(calendar, chapters=[CHAPTER], name="x").decode()
    ics = Feed(name="x").text(calendar).decode().replace("\r\n ", "").replace("\\;", ";")
    assert HISTORY in ics


def test_a_date_that_nobody_wrote_on_is_history_with_its_series() -> None:
    told = [
        series("FREQ=MONTHLY;BYDAY=1WE;COUNT=2", imported={"from": "x", "history": True}),
        record("occurrence", ("paris", "2019-09-04"), {"title": "Said since"}),
    ]
    entries = agenda(fold(told), Query())
    assert [entry.is_history for entry in entries] == [True, False]
