"""Calls, proposals, recaps, notices, attendance and pairings from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from p2pevents.cli.pairings import FILE_BYTES_MAX
from p2pevents.log.letters import Outgoing
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.inbox.keeper import AGE_MS_MAX, Keeper
from p2pevents.node.ingest import Ingest
from tests.cli.conftest import Run
from tests.cli.people import PARIS, Person

TALK = ("--title", "Replacing BGP", "--name", "Bob", "--duration", "30m", "--recording", "no")


@pytest.fixture
def ana(run: Run, tmp_path: Path) -> Person:
    """Leads Paris."""
    person = Person(run, tmp_path / "ana")
    person.folder.mkdir()
    person.does("chapter", "found", *PARIS)
    return person


@pytest.fixture
def bob(run: Run, tmp_path: Path, ana: Person) -> Person:
    """Follows Paris, and has what Ana has."""
    person = Person(run, tmp_path / "bob")
    person.folder.mkdir()
    person.does("follow", ana.does("chapter", "invite")["link"])
    ana.gives(person)
    return person


def post(sender: Person, to: Person) -> None:
    """Carry letters from one home to the other, as a carrier's node does."""
    source, target = (SqliteLog(each.home / "log.sqlite3") for each in (sender, to))
    now_ms = max(each.written_ms for each in source.letters.outgoing())
    keeper = Keeper(target, Ingest(target).charters, now_ms=lambda: now_ms)
    for letter in source.letters.outgoing():
        keeper.fetched(letter.data, chapter=letter.chapter, peer="carrier")
    source.close()
    target.close()


def change(person: Person, **changes: Any) -> None:
    """Say what became of somebody's first letter, as their node would."""
    log = SqliteLog(person.home / "log.sqlite3")
    first = log.letters.outgoing()[0]
    fields = {name: getattr(first, name) for name in Outgoing.__struct_fields__}
    log.letters.set_outgoing(Outgoing(**{**fields, **changes}))
    log.close()


# --- calls ---------------------------------------------------------------------------------------


def test_a_call_is_open_until_its_date_or_until_it_is_closed(ana: Person, bob: Person) -> None:
    never = ana.does("call", "open", "--title", "Any time")["id"]
    past = ana.does("call", "open", "--title", "Long ago", "--closes", "2020-01-31")["id"]
    ana.gives(bob)
    assert [row["id"] for row in bob.does("call", "show")] == [never]
    rows = {row["id"]: row for row in bob.does("call", "show", "--all")}
    assert (rows[never]["closes"], rows[never]["open"]) == (None, True)
    assert (rows[past]["closes"], rows[past]["open"]) == ("2020-01-31", False)
    assert ana.does("call", "close")["id"] == never
    ana.gives(bob)
    assert bob.does("call", "show") == []
    assert "no call is open" in bob("call", "show").out


def test_a_call_that_cannot_be_is_refused_with_the_way_out(ana: Person, bob: Person) -> None:
    assert "needs a title" in ana.fails("call", "open")
    assert "not a time" in ana.fails("call", "open", "--title", "X", "--closes", "soon")
    assert "no open call fits" in ana.fails("call", "close")
    for title in ("One", "Two"):
        ana.does("call", "open", "--title", title)
    assert "2 open calls fit" in ana.fails("call", "close")
    assert "not an organiser" in bob.fails("call", "open", "--title", "X")


# --- proposals -----------------------------------------------------------------------------------


def test_a_talk_is_proposed_accepted_and_confirmed(ana: Person, bob: Person) -> None:
    call = ana.does("call", "open", "--title", "Talks")["id"]
    event = ana.adds("Meetup")
    ana.gives(bob)
    (sent,) = bob.does("propose", *TALK, "--contact", "bob@example.org")
    assert (sent["state"], bob.does("proposal", "sent")[0]["state"]) == ("waiting", "waiting")
    post(bob, ana)
    (row,) = ana.does("proposal", "list")
    assert (row["id"], row["title"], row["call"]) == (sent["id"], "Replacing BGP", call)
    assert (row["outcome"], row["recording"]) == (None, "no")
    said = ana.does("proposal", "accept", row["id"][:6], "--event", event, "--start", "19:00")
    assert said["session"] == f"{event}/{sent['id']}"
    assert said["speakerMayEdit"] is True
    ana.gives(bob)
    (mine,) = bob.does("proposal", "sent")
    assert (mine["outcome"], mine["session"]) == ("accepted", said["session"])
    (session,) = bob.does("event", "show", event)["sessions"]
    assert (session["status"], session["start"]) == ("tentative", "2027-01-06T19:00:00")
    assert session["end"] == "2027-01-06T19:30:00"
    bob.does("proposal", "confirm", sent["id"])
    bob.gives(ana)
    (session,) = ana.does("event", "show", event)["sessions"]
    assert (session["status"], session["conflict"]) == ("confirmed", False)


def test_what_is_declined_or_deferred_stays_between_the_two(ana: Person, bob: Person) -> None:
    (sent,) = bob.does("propose", *TALK)
    post(bob, ana)
    ana.does("proposal", "defer", sent["id"], "--note", "for #11")
    ana.gives(bob)
    assert bob.does("proposal", "sent")[0]["outcome"] == "deferred"
    stick = bob.folder / "all.pack"
    bob.does("pack", "-o", str(stick))
    assert b"Replacing BGP" not in stick.read_bytes()
    assert "no session to confirm: deferred" in bob.fails("proposal", "confirm", sent["id"])
    assert ana.does("proposal", "list", "--undecided") == []
    ana.does("proposal", "accept", sent["id"])
    assert "was accepted, and is public" in ana.fails("proposal", "decline", sent["id"])
    ana.gives(bob)
    assert bob.does("proposal", "show", sent["id"])["outcome"] == "accepted"
    stick = bob.folder / "again.pack"
    bob.does("pack", "-o", str(stick))
    assert b"Replacing BGP" in stick.read_bytes()


def test_to_several_chapters_at_once_or_to_none(ana: Person, bob: Person, run: Run) -> None:
    cleo = Person(run, bob.folder.parent / "cleo")
    cleo.folder.mkdir()
    cleo.does("chapter", "found", "Lyon P2P", "--timezone", "Europe/Paris")
    bob.does("follow", cleo.does("chapter", "invite")["link"])
    # Of the other one nothing has arrived yet: there is no doubt which is meant.
    assert bob.does("propose", *TALK)[0]["chapterName"] == "Paris P2P"
    cleo.gives(bob)
    assert "you follow 2 chapters" in bob.fails("propose", *TALK)
    rows = bob.does("propose", *TALK, "--chapter", "Paris", "--chapter", "Lyon")
    assert {row["chapterName"] for row in rows} == {"Paris P2P", "Lyon P2P"}
    before = len(bob.does("proposal", "sent"))
    assert "no chapter here" in bob.fails(
        "propose", *TALK, "--chapter", "Paris", "--chapter", "Rome"
    )
    assert len(bob.does("proposal", "sent")) == before


def test_a_proposal_that_cannot_be_is_refused_with_the_way_out(ana: Person, bob: Person) -> None:
    assert "needs a title" in bob.fails("propose")
    assert "duration" in bob.fails("propose", "--title", "X", "--duration", "long")
    assert "recording" in bob.fails("propose", "--title", "X", "--recording", "perhaps")
    assert "begin with 'zzz'" in bob.fails("propose", *TALK, "--call", "zzz")
    call = ana.does("call", "open", "--title", "Old", "--closes", "2020-01-31")["id"]
    ana.gives(bob)
    assert "is closed" in bob.fails("propose", *TALK, "--call", call)
    toml = bob.folder / "talk.toml"
    toml.write_text('title = "X"\ndurration = "30m"\n', "utf-8")
    said = bob.fails("propose", str(toml))
    assert "talk.toml" in said
    assert "did you mean duration" in said
    assert "no key on this home may read" in bob.fails("proposal", "list", "--chapter", "Paris")
    assert "no proposal here" in ana.fails("proposal", "accept", "zzz")
    (sent,) = bob.does("propose", *TALK)
    post(bob, ana)
    assert "name its event" in ana.fails("proposal", "accept", sent["id"], "--start", "19:00")
    series = ana.does(
        "series", "add", "S", "--rule", "first Wednesday", "--start", "18:30", "--end", "23:00"
    )["id"]
    assert "is a series" in ana.fails("proposal", "accept", sent["id"], "--event", series)


def test_where_a_letter_stands_is_told_in_words(bob: Person) -> None:
    """INBOX-16: waiting, delivered, taken; and expired after a month."""
    bob.does("propose", *TALK)

    def stands() -> str:
        standing: str = bob.does("proposal", "sent")[0]["standing"]
        return standing

    assert stands().startswith("waiting; goes out when a node runs")
    change(bob, answer="full-chapter")
    assert stands() == "waiting: the inbox of this chapter is full at the last peer asked"
    change(bob, carriers=("a", "b"))
    assert stands() == "delivered to 2 peers; not taken yet"
    change(bob, receipt=b"x")
    assert stands() == "taken"


def test_a_letter_that_nobody_took_in_a_month_has_expired(bob: Person) -> None:
    bob.does("propose", *TALK)
    log = SqliteLog(bob.home / "log.sqlite3")
    log._store.execute("UPDATE letter_out SET written_ms = written_ms - ?", (AGE_MS_MAX + 1,))
    log.close()
    assert bob.does("proposal", "sent")[0]["standing"] == "expired"


# --- afterwards ----------------------------------------------------------------------------------


def test_a_recap_counts_heads_and_is_shown_with_its_event(ana: Person, bob: Person) -> None:
    event = ana.adds("Meetup")
    ana.does("recap", "add", "--event", event, "--expected", "60", "--attended", "48")
    ana.does("recap", "add", "--event", event, "--lessons", "Two microphones.", "--tag", "p2p")
    ana.gives(bob)
    recap = bob.does("event", "show", event)["recap"]
    assert (recap["expected"], recap["attended"], recap["day"]) == (60, 48, "2027-01-06")
    assert (recap["lessons"], recap["tags"]) == ("Two microphones.", ["p2p"])
    assert "48 people came, 60 were expected" in bob("event", "show", event).out
    assert bob.does("recap", "show", "--event", event) == recap
    other = ana.adds("Another")
    assert ana.does("recap", "show", "--event", other) is None


def test_a_recap_of_a_date_of_a_series(ana: Person) -> None:
    series = ana.does(
        "series", "add", "S", "--rule", "first Wednesday", "--start", "18:30", "--end", "23:00"
    )["id"]
    assert "is a series" in ana.fails("recap", "add", "--event", series, "--attended", "3")


def test_recordings_need_the_speakers_consent(ana: Person, bob: Person) -> None:
    event = ana.adds("Meetup")
    (sent,) = bob.does("propose", *TALK)
    post(bob, ana)
    ana.does("proposal", "accept", sent["id"], "--event", event)
    link = f"{sent['id']}=https://example.org/video"
    add = ("recap", "add", "--event", event, "--recording", link)
    assert "does not want a recording" in ana.fails(*add)
    # The organiser's own word on the session does not change what the speaker signed.
    ana.does("session", "edit", f"{event}/{sent['id']}", "--recording", "mandatory")
    assert "does not want a recording" in ana.fails(*add)
    assert ana.does("event", "show", event)["sessions"][0]["links"] == {}
    ana.gives(bob)
    bob.does("session", "edit", f"{event}/{sent['id']}", "--recording", "if-possible")
    bob.gives(ana)
    ana.does(*add)
    links = ana.does("event", "show", event)["sessions"][0]["links"]
    assert links["recording"]["href"] == "https://example.org/video"


def test_a_session_without_a_proposal_says_itself_what_was_agreed(ana: Person) -> None:
    event = ana.adds("Meetup")
    session = ana.does("session", "add", "--event", event, "--title", "X", "--recording", "no")[
        "id"
    ]
    own = session.rpartition("/")[2]
    add = ("recap", "add", "--event", event, "--recording", f"{own}=https://example.org/v")
    assert "does not want a recording" in ana.fails(*add)
    ana.does("recap", "add", "--event", event, "--slides", f"{session}=https://example.org/s")
    ana.does("session", "edit", session, "--recording", "if-possible")
    ana.does(*add)


def test_slides_and_a_recording_of_one_session_are_written_together(ana: Person) -> None:
    event = ana.adds("Meetup")
    session = ana.does("session", "add", "--event", event, "--title", "X")["id"]
    slides, video = f"{session}=https://example.org/s", f"{session}=https://example.org/v"
    ana.does("recap", "add", "--event", event, "--slides", slides, "--recording", video)
    links = ana.does("event", "show", event)["sessions"][0]["links"]
    assert {name: each["href"][-1] for name, each in links.items()} == {
        "slides": "s", "recording": "v",
    }  # fmt: skip


def test_a_recap_that_cannot_be_is_refused_and_nothing_is_written(ana: Person) -> None:
    event = ana.adds("Meetup")
    add = ("recap", "add", "--event", event)
    assert "nothing to write" in ana.fails(*add)
    assert "attended" in ana.fails(*add, "--attended", "-1")
    assert "expected" in ana.fails(*add, "--expected", "many")
    assert "is not NAME=LINK" in ana.fails(*add, "--slides", "https://example.org")
    assert "no session here" in ana.fails(*add, "--slides", "zzz=https://example.org")
    session = ana.does("session", "add", "--event", event, "--title", "X")["id"]
    foul = ana.fails(*add, "--attended", "3", "--slides", f"{session}=javascript:alert(1)")
    assert "slides" in foul
    assert ana.does("recap", "show", "--event", event) is None


def test_notices_are_shown_until_their_day(ana: Person, bob: Person) -> None:
    event = ana.adds("Meetup")
    first = ana.does("notice", "add", "--title", "We meet online")["id"]
    ana.does("notice", "add", "--title", "Old", "--until", "2020-01-31")
    ana.does("notice", "add", "--title", "Door code 42", "--event", event)
    ana.gives(bob)
    assert {row["title"] for row in bob.does("notice", "list")} == {
        "We meet online",
        "Door code 42",
    }
    assert len(bob.does("notice", "list", "--all")) == 3
    assert [each["title"] for each in bob.does("event", "show", event)["notices"]] == [
        "Door code 42"
    ]
    ana.does("notice", "retract", first)
    assert [row["title"] for row in ana.does("notice", "list")] == ["Door code 42"]
    assert "needs a title" in ana.fails("notice", "add")
    assert "until" in ana.fails("notice", "add", "--title", "X", "--until", "soon")


# --- who comes -----------------------------------------------------------------------------------


def test_only_organisers_see_who_comes_and_others_the_total_at_most(
    ana: Person, bob: Person
) -> None:
    event = ana.adds("Meetup")
    ana.gives(bob)
    assert bob.does("rsvp", event, "--name", "Bob", "--guests", "2")["coming"] == "yes"
    post(bob, ana)
    seen = ana.does("attendance", "--event", event)
    assert (seen["total"], seen["people"]) == (
        3,
        [{"name": "Bob", "coming": "yes", "guests": 2}],
    )
    assert "no key on this home may read" in bob.fails("attendance", "--event", event)
    ana.does("attendance", "--event", event, "--publish")
    stick = ana.folder / "all.pack"
    ana.does("pack", "-o", str(stick))
    assert b"Bob" not in stick.read_bytes()
    ana.gives(bob)
    (notice,) = bob.does("event", "show", event)["notices"]
    assert notice["title"] == "3 people say that they come"


@pytest.mark.parametrize(
    "words",
    [
        ("attendance", "--event"),
        ("rsvp",),
        ("recap", "show", "--event"),
        ("recap", "add", "--attended", "3", "--event"),
        ("call", "open", "--title", "Talks", "--event"),
        ("session", "list", "--event"),
    ],
    ids=" ".join,
)
def test_what_is_of_a_whole_event_names_the_one_that_a_session_is_of(
    ana: Person, words: tuple[str, ...]
) -> None:
    event = ana.adds("Meetup")
    session = ana.does("session", "add", "--event", event, "--title", "Talk")["id"]
    told = ana.fails(*words, session)
    assert f"{session} is a session of Meetup: this is of a whole event" in told
    assert f"hint: name the event: {event}" in told
    series = ana.does("series", "add", "Tea", "--rule", "every Monday", "--start", "18:30")["id"]
    assert f"{series} is a series" in ana.fails(*words, series)


def test_the_last_word_counts_and_no_takes_it_back(ana: Person, bob: Person) -> None:
    """INBOX-7: by the clock of the letters."""
    event = ana.adds("Meetup")
    ana.gives(bob)
    bob.does("rsvp", event, "--maybe")
    bob.does("rsvp", event)
    post(bob, ana)
    assert ana.does("attendance", "--event", event)["total"] == 1
    bob.does("rsvp", event, "--no")
    post(bob, ana)
    assert ana.does("attendance", "--event", event)["people"] == []


def test_one_does_not_come_to_what_is_cancelled(ana: Person, bob: Person) -> None:
    event = ana.adds("Meetup")
    ana.does("event", "cancel", event, "--reason", "flood")
    ana.gives(bob)
    assert "is cancelled" in bob.fails("rsvp", event)
    bob.does("rsvp", event, "--no")


# --- pairings ------------------------------------------------------------------------------------


def test_people_of_a_file_meet_in_rounds_at_their_times(run: Run, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    names.write_text("Ada\nBob\n\nCleo\n", "utf-8")
    facts = run(
        "pairings", "--people", str(names), "--rounds", "3", "--start", "19:30", "--json"
    ).json
    assert [each["start"] for each in facts["rounds"]] == ["19:30", "19:40", "19:50"]
    assert {each["out"] for each in facts["rounds"]} == {"Ada", "Bob", "Cleo"}
    met = {frozenset(pair) for each in facts["rounds"] for pair in each["pairs"]}
    assert len(met) == 3
    printed = run("pairings", "--people", str(names), "--rounds", "1").out
    assert "round 1, 10 minutes" in printed
    assert "sits out" in printed


def test_of_a_file_of_people_no_more_is_read_than_may_be(run: Run, tmp_path: Path) -> None:
    names = tmp_path / "names.txt"
    with names.open("wb") as file:
        file.truncate(2**40)  # nothing of it is on the disk
    outcome = run("pairings", "--people", str(names), "--rounds", "1")
    assert outcome.code == 1
    assert f"names.txt: larger than {FILE_BYTES_MAX} bytes" in outcome.err


def test_people_of_an_event_are_its_participants(ana: Person) -> None:
    event = ana.adds("Meetup", "--speaker", "Ada")
    ana.does("session", "add", "--event", event, "--title", "X", "--speaker", "Bob")
    facts = ana.does("pairings", "--event", event, "--rounds", "1")
    assert facts["rounds"][0]["pairs"] == [["Ada", "Bob"]]
    assert facts["rounds"][0]["start"] == "18:30"


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--rounds", "1"), "a meeting takes two"),
        (("--rounds", "2", "--person", "A", "--person", "B"), "after 1"),
        (("--rounds", "1", "--person", "A", "--person", "A"), "named twice"),
        (("--rounds", "1", "--person", "A\x1b", "--person", "B"), "people"),
        (("--rounds", "1", "--people", "/nowhere/names"), "cannot be read"),
        (("--rounds", "1", "--person", "A", "--person", "B", "--start", "25:00"), "19:30"),
    ],
)
def test_pairings_that_cannot_be_are_refused(
    run: Run, arguments: tuple[str, ...], said: str
) -> None:
    outcome = run("pairings", *arguments)
    assert outcome.code == 1
    assert said in outcome.err
