"""Forms: sessions, dates of a series, and what the schedule doctor says beside them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from p2pevents.node.desk import Desk
from p2pevents.node.home import Home
from p2pevents.record.draft.rules import read_rule
from p2pevents.record.kinds import Kind
from p2pevents.web.acts import Act, acts_of
from p2pevents.web.agendas import found_entry
from p2pevents.web.rule_words import NTHS, WEEKDAYS, rule_text, rule_words
from p2pevents.web.shelf import Shelf
from tests.pages.conftest import NOW_MS, Answer, Pages, found, serving, typed


@pytest.fixture
def home(tmp_path: Path) -> Path:
    home = tmp_path / "home"
    found(home)
    return home


@pytest.fixture
def served(home: Path) -> Iterator[Pages]:
    with serving(home) as pages:
        yield pages


@pytest.fixture
def festival(home: Path) -> str:
    days = ("--start", "2020-02-20 10:00", "--end", "2020-02-22 20:00")
    return str(typed(home, "event", "add", "--title", "Festival", *days)["id"])


@pytest.fixture
def series(home: Path) -> str:
    words = ("--rule", "first Wednesday", "--start", "2020-02-05 18:30", "--end", "23:00")
    where = ("--venue", "Ground Control")
    return str(typed(home, "series", "add", "Meetup", *words, *where)["id"])


def form_of(pages: Pages, address: str) -> dict[str, str]:
    """Return what stands in a form's fields, as a browser would send it."""
    text = pages.ask("GET", address, headers={"Cookie": pages.session()}).text
    found = dict(re.findall(r'<input [^>]*name="([a-z]+)"[^>]* value="([^"]*)"', text))
    for name, body in re.findall(r'<select [^>]*name="([a-z]+)">(.*?)</select>', text, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', body)
        first = re.search(r'value="([^"]*)"', body)
        assert first is not None
        found[name] = (chosen or first)[1]
    found |= dict(re.findall(r'<textarea [^>]*name="([a-z]+)"[^>]*>([^<]*)</textarea>', text))
    return {name: unescape(value) for name, value in found.items()}


def send(pages: Pages, address: str, /, **words: str) -> Answer:
    """Fill in a form and press the button."""
    return pages.post(address, {**form_of(pages, address), **words})


def shown(home: Path, id_: str) -> dict[str, Any]:
    row: dict[str, Any] = typed(home, "event", "show", id_)
    return row


def people(row: dict[str, Any]) -> list[str]:
    return sorted(each["name"] for each in row["participants"])


SESSION = {
    "title": "Replacing BGP",
    "start": "2020-02-21 23:30",
    "end": "00:30",
    "room": "Avion",
    "type": "talk",
    "speakers": "Bob, Zoé Martin",
    "languages": "en, fr",
    "level": "beginner",
    "recording": "if-possible",
    "tags": "network",
    "description": "How.\n\nWhy.",
}


def test_a_session_is_added_and_every_field_of_it_comes_back(served: Pages, festival: str) -> None:
    answer = send(served, f"/add/{festival}", **SESSION)
    assert answer.status == 303, answer.text
    address = answer.headers["location"]
    (row,) = shown(served.home, festival)["sessions"]
    assert address == f"/event/{row['id']}"
    assert (row["start"], row["end"]) == ("2020-02-21T23:30:00", "2020-02-22T00:30:00")
    assert (row["room"], row["type"], people(row)) == ("Avion", "talk", ["Bob", "Zoé Martin"])
    assert (row["level"], row["recording"]) == ("beginner", "if-possible")
    text = served.get(address)
    assert "ends Saturday 22 February at 00:30" in text
    again = form_of(served, f"/edit/{row['id']}")
    assert {name: again[name] for name in SESSION} == SESSION


def test_an_edit_says_only_what_was_changed(served: Pages, festival: str) -> None:
    send(served, f"/add/{festival}", **SESSION)
    (row,) = shown(served.home, festival)["sessions"]
    before = typed(served.home, "status")["records"]
    assert send(served, f"/edit/{row['id']}").status == 303
    assert typed(served.home, "status")["records"] == before
    assert send(served, f"/edit/{row['id']}", room="Village", speakers="Bob").status == 303
    (row,) = shown(served.home, festival)["sessions"]
    assert (row["room"], people(row)) == ("Village", ["Bob"])
    assert (row["end"], row["type"]) == ("2020-02-22T00:30:00", "talk")
    send(served, f"/edit/{row['id']}", start="2020-02-20 22:00")
    (row,) = shown(served.home, festival)["sessions"]
    assert row["end"] == "2020-02-21T00:30:00"
    send(served, f"/edit/{row['id']}", end="", level="", status="cancelled", reason="ill")
    (row,) = shown(served.home, festival)["sessions"]
    assert (row["end"], row["status"]) == (None, "cancelled")
    assert not row.get("level")


def test_a_session_without_an_hour_is_on_the_day_of_its_event(served: Pages, festival: str) -> None:
    assert form_of(served, f"/add/{festival}")["start"] == "2020-02-20"
    send(served, f"/add/{festival}", title="Later")
    send(served, f"/add/{festival}", title="At seven", start="19:00", end="20:00")
    days = {row["title"]: row["start"] for row in shown(served.home, festival)["sessions"]}
    assert days == {"Later": "2020-02-20", "At seven": "2020-02-20T19:00:00"}


def check(pages: Pages, address: str, **words: str) -> str:
    return pages.post("/check", {**form_of(pages, address), **words}).text


def test_the_doctor_sees_a_session_among_the_others(served: Pages, festival: str) -> None:
    send(served, f"/add/{festival}", **SESSION)
    again = {**SESSION, "title": "Another"}
    said = check(served, f"/add/{festival}", **again)
    assert "<strong>overlap</strong>" in said
    assert "<strong>speaker-overlap</strong>" in said
    assert "Ends Saturday 22 February at 00:30." in said
    apart = {**again, "room": "Village", "speakers": "Ana"}
    assert "overlap" not in check(served, f"/add/{festival}", **apart)
    outside = {**apart, "start": "2020-03-01 19:00", "end": "20:00"}
    assert "<strong>outside</strong>" in check(served, f"/add/{festival}", **outside)
    (row,) = shown(served.home, festival)["sessions"]
    said = check(served, f"/edit/{row['id']}", speakers="Ana", end="23:00")
    assert "is before start" in said
    assert "overlap" not in check(served, f"/edit/{row['id']}", speakers="Ana")
    assert len(shown(served.home, festival)["sessions"]) == 1  # looking wrote nothing


def test_what_is_wrong_is_said_beside_what_was_typed(served: Pages, festival: str) -> None:
    answer = send(served, f"/add/{festival}", title="Kept", start="2020-02-20 19:00", end="18:00")
    assert answer.status == 400
    assert "is before start" in answer.text
    assert 'value="Kept"' in answer.text
    assert send(served, f"/add/{festival}").status == 400  # no title


def test_one_date_is_skipped_and_another_day_stands_for_it(served: Pages, series: str) -> None:
    date = f"{series}/2020-03-04"
    said = check(served, f"/skip/{date}", to="2020-03-04")
    assert "is no other day" in said
    answer = send(served, f"/skip/{date}", to="2020-03-11", reason="holiday")
    assert answer.status == 303
    assert answer.headers["location"] == f"/event/{date}"
    assert "moved to Wednesday 11 March 2020" in served.get("/")
    row = shown(served.home, date)
    assert (row["status"], row["movedTo"]) == ("skipped", f"{series}/2020-03-11")
    assert shown(served.home, f"{series}/2020-03-11")["end"] == "2020-03-11T23:00:00"
    # Another reason leaves the rest as it is.
    assert form_of(served, f"/edit/{date}")["status"] == "skipped"
    send(served, f"/edit/{date}", reason="strike")
    row = shown(served.home, date)
    assert (row["status"], row["movedTo"], row["reason"]) == (
        "skipped", f"{series}/2020-03-11", "strike",
    )  # fmt: skip


def test_one_date_is_moved_and_the_others_stay(served: Pages, series: str) -> None:
    date = f"{series}/2020-03-04"
    assert form_of(served, f"/edit/{date}")["title"] == "Meetup"
    send(served, f"/edit/{date}", start="2020-03-05 19:00", end="00:30", venue="La Paillasse")
    row = shown(served.home, date)
    assert (row["start"], row["end"]) == ("2020-03-05T19:00:00", "2020-03-06T00:30:00")
    assert row["venue"] == "La Paillasse"
    assert shown(served.home, f"{series}/2020-04-01")["start"] == "2020-04-01T18:30:00"


def test_a_series_goes_on_otherwise_from_a_date(served: Pages, series: str) -> None:
    typed(served.home, "event", "edit", f"{series}/2020-05-06", "--title", "Party")
    address = f"/from/{series}/2020-04-01"
    form = form_of(served, address)
    assert (form["nth"], form["weekday"]) == ("first", "wednesday")
    assert (form["start"], form["end"], form["venue"]) == ("18:30", "23:00", "Ground Control")
    assert "nothing to change" in check(served, address)
    assert "6 May 2020; it stays" in check(served, address, nth="second", weekday="thursday")
    answer = send(served, address, nth="second", weekday="thursday", start="19:00")
    assert answer.status == 303
    heir, _, first = answer.headers["location"].removeprefix("/event/").partition("/")
    assert first == "2020-04-09"
    starts = [row["start"] for row in typed(served.home, "event", "list")][:5]
    assert starts == [
        "2020-02-05T18:30:00", "2020-03-04T18:30:00", "2020-04-09T19:00:00", "2020-05-14T19:00:00",
        "2020-06-11T19:00:00",
    ]  # fmt: skip
    assert shown(served.home, f"{heir}/2020-05-14")["end"] == "2020-05-14T23:00:00"
    assert "has no date before" in check(served, f"/from/{series}/2020-02-05", start="19:00")


def test_an_hour_alone_that_changes_leaves_the_rule(served: Pages, series: str) -> None:
    send(served, f"/from/{series}/2020-04-01", start="20:00", end="00:30")
    rows = typed(served.home, "event", "list")
    assert [(row["start"], row["end"]) for row in rows[1:4]] == [
        ("2020-03-04T18:30:00", "2020-03-04T23:00:00"),
        ("2020-04-01T20:00:00", "2020-04-02T00:30:00"),
        ("2020-05-06T20:00:00", "2020-05-07T00:30:00"),
    ]


@pytest.mark.parametrize("act", ["add", "edit", "skip", "from"])
def test_only_a_window_with_a_token_and_our_own_page_may_write(
    served: Pages, series: str, act: str
) -> None:
    address = f"/{act}/{series}/2020-03-04"
    form = {**form_of(served, address), "title": "X", "to": "2020-03-11", "start": "20:00"}
    before = typed(served.home, "status")["records"]
    assert served.ask("GET", address).status == 403
    assert served.post(address, form, session="").status == 403
    other = {
        "Origin": "http://evil.example", "Cookie": served.session(),
        "Content-Type": "application/x-www-form-urlencoded",
    }  # fmt: skip
    assert served.ask("POST", address, headers=other, body=b"title=X").status == 403
    assert served.ask("GET", address, public=True).status == 404
    assert served.ask("POST", address, public=True).status in (404, 405)
    assert typed(served.home, "status")["records"] == before


def test_a_series_is_announced_by_its_rule(served: Pages) -> None:
    typed_words = {
        "title": "Café", "rule": "first Wednesday of each month", "start": "18:30", "end": "00:30",
        "venue": "Ground Control", "address": "81 rue du Charolais", "city": "Paris",
        "description": "We meet.", "locale": "en", "tags": "p2p, café", "languages": "fr, en",
    }  # fmt: skip
    looked = send(served, "/series", action="check", **typed_words)
    assert looked.status == 200
    assert "Its first dates: Wed 5 Feb 2020, Wed 4 Mar 2020, Wed 1 Apr 2020." in looked.text
    assert "Ends Thursday 6 February at 00:30." in looked.text
    assert typed(served.home, "series", "list") == []
    saved = send(served, "/series", **typed_words)
    assert saved.status == 303, saved.text
    address = saved.headers["location"]
    assert address.endswith("/2020-02-05")
    assert "Café" in served.get(address)
    (row,) = typed(served.home, "series", "list")
    assert (row["title"], row["rule"]) == ("Café", "FREQ=MONTHLY;BYDAY=1WE")
    assert row["start"] == "2020-02-05T18:30:00"
    shown = typed(served.home, "event", "show", address.removeprefix("/event/"))
    assert (shown["venue"], shown["languages"]) == ("Ground Control", ["fr", "en"])
    assert form_of(served, address.replace("/event/", "/edit/"))["locale"] == "en"


def test_a_series_begins_on_the_first_date_that_is_said(served: Pages) -> None:
    words = {"title": "Tea", "rule": "chaque jeudi", "start": "19:00"}
    saved = send(served, "/series", first="2020-02-13", **words)
    assert saved.headers["location"].endswith("/2020-02-13")
    (row,) = typed(served.home, "series", "list")
    assert (row["start"], row["rule"]) == ("2020-02-13T19:00:00", "FREQ=WEEKLY;BYDAY=TH")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ({"rule": ""}, "rule: missing"),
        ({"rule": "now and then"}, "is not understood"),
        ({"start": ""}, "has no hour"),
        ({"first": "2020-02-14"}, "is not a date of the rule"),
        ({"first": "soon"}, "first"),
        ({"title": ""}, "title: missing"),
        ({"end": "25:00"}, "end"),
    ],
)
def test_a_series_that_cannot_be_is_shown_again_with_what_is_wrong(
    served: Pages, words: dict[str, str], said: str
) -> None:
    whole = {"title": "Tea", "rule": "every Thursday", "start": "19:00"} | words
    for action in ("save", "check"):
        answer = send(served, "/series", action=action, **whole)
        assert answer.status == (400 if action == "save" else 200)
        assert said in unescape(answer.text)
        assert f'value="{whole["rule"]}"' in answer.text
    assert typed(served.home, "series", "list") == []


def test_forms_lead_from_an_event_to_a_series_and_back(served: Pages) -> None:
    cookie = {"Cookie": served.session()}
    assert 'href="/series"' in served.ask("GET", "/new", headers=cookie).text
    assert 'href="/new"' in served.ask("GET", "/series", headers=cookie).text
    assert served.ask("GET", "/series").status == 403
    assert served.ask("GET", "/series", public=True).status == 404


def test_what_is_typed_says_its_language(served: Pages, festival: str, series: str) -> None:
    assert form_of(served, "/new")["locale"] == ""  # of a chapter with several languages
    new = send(served, "/new", title="Fête", start="2020-03-01 18:30", locale="fr")
    address = new.headers["location"].removeprefix("/event/")
    assert form_of(served, f"/edit/{address}")["locale"] == "fr"
    assert form_of(served, f"/add/{address}")["locale"] == "fr"  # its sessions are as it is
    talk = send(served, f"/add/{address}", title="Talk", locale="en").headers["location"]
    assert form_of(served, talk.replace("/event/", "/edit/"))["locale"] == "en"
    send(served, f"/edit/{festival}", locale="en")
    assert (
        'value="en" selected'
        in served.ask("GET", f"/edit/{festival}", headers={"Cookie": served.session()}).text
    )
    send(served, f"/edit/{festival}", locale="")
    assert form_of(served, f"/edit/{festival}")["locale"] == ""
    send(served, f"/edit/{series}/2020-03-04", locale="fr")
    assert form_of(served, f"/edit/{series}/2020-03-04")["locale"] == "fr"


def test_who_has_one_language_writes_in_it(served: Pages) -> None:
    typed(served.home, "chapter", "edit", "--languages", "fr")
    assert form_of(served, "/new")["locale"] == form_of(served, "/series")["locale"] == "fr"
    page = served.ask("GET", "/new", headers={"Cookie": served.session()}).text
    assert re.findall(r'<option value="(fr|en)"[^>]*>(\w+)', page) == [
        ("fr", "French"), ("en", "English"),
    ]  # fmt: skip


def test_what_is_not_there_or_not_of_that_kind_has_no_form(
    served: Pages, festival: str, series: str
) -> None:
    cookie = {"Cookie": served.session()}
    for address in (
        "/add/none", f"/skip/{festival}", f"/from/{festival}", f"/edit/{series}",
        f"/add/{festival}/none",
    ):  # fmt: skip
        assert served.ask("GET", address, headers=cookie).status == 404, address
        assert served.post(address, {"title": "X"}).status == 409, address


def test_buttons_are_there_for_those_who_may(served: Pages, festival: str, series: str) -> None:
    cookie = {"Cookie": served.session()}
    date = served.ask("GET", f"/event/{series}/2020-03-04", headers=cookie).text
    event = served.ask("GET", f"/event/{festival}", headers=cookie).text
    for act in ("add", "edit", "skip", "from"):
        assert f'href="/{act}/{series}/2020-03-04"' in date
        assert (f'href="/{act}/{festival}"' in event) == (act in ("add", "edit"))
        assert f'href="/{act}/' not in served.get(f"/event/{series}/2020-03-04")


def test_what_somebody_may_do_is_asked_once_until_something_changes(
    home: Path, festival: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Kind, Any]] = []
    may_write = Desk.may_write

    def counted(desk: Desk, chapter: Any, kind: Kind, path: Any) -> Any:
        asked.append((kind, path))
        return may_write(desk, chapter, kind, path)

    monkeypatch.setattr(Desk, "may_write", counted)
    shelf = Shelf(Home(folder=home), now_ms=lambda: NOW_MS)
    try:
        shown = found_entry(shelf, festival)
        assert shown is not None
        assert acts_of(shelf, shown[0]) == acts_of(shelf, shown[0]) == (Act.EDIT, Act.ADD)
        assert len(asked) == len(set(asked)) == 2
        typed(home, "event", "edit", festival, "--title", "Fest")
        asked.clear()
        shelf.refresh()
        assert acts_of(shelf, shown[0]) == (Act.EDIT, Act.ADD)
        assert len(asked) == 2
    finally:
        shelf.close()


@pytest.mark.parametrize("weekday", WEEKDAYS)
@pytest.mark.parametrize("nth", NTHS)
def test_every_rule_that_can_be_chosen_is_read_and_chosen_again(nth: str, weekday: str) -> None:
    assert rule_words(read_rule(rule_text(nth, weekday))) == (nth, weekday)


@pytest.mark.parametrize(
    "rule",
    ["", "FREQ=MONTHLY;BYDAY=2TU,4TU", "FREQ=WEEKLY;BYDAY=1TU", "FREQ=MONTHLY;BYDAY=TU",
     "FREQ=WEEKLY;INTERVAL=3;BYDAY=TU", "FREQ=YEARLY", "FREQ=MONTHLY;BYDAY=1ZZ",
     "FREQ=WEEKLY;BYDAY=TU;COUNT=3"],
)  # fmt: skip
def test_a_rule_that_cannot_be_chosen_stays_as_it_is(rule: str) -> None:
    assert rule_words(rule) == ("", "")
