"""Organisers who wrote apart: what is disputed is shown side by side, and settled in one step."""

from __future__ import annotations

import pytest

from tests.cli.people import New, Person, joined, meet


@pytest.fixture
def bea(ana: Person, new: New) -> Person:
    """A colleague who may write what Ana may."""
    person = new("bea")
    joined(ana, person)
    return person


@pytest.fixture
def event(ana: Person, bea: Person) -> str:
    """An evening whose place and hour they both moved, not knowing of each other."""
    event = ana.adds("Meetup", "--venue", "Ground Control")
    meet(ana, bea)
    ana.does("event", "edit", event, "--venue", "La Paillasse")
    ana.does("event", "move", event, "--start", "2027-01-07 19:00")
    bea.does("event", "edit", event, "--venue", "Le Square")
    bea.does("event", "move", event, "--start", "2027-01-08 20:00")
    meet(ana, bea)
    return event


def key_of(person: Person) -> str:
    key: str = person.does("me")["key"]
    return key


def test_both_words_stand_side_by_side_under_who_said_them(
    ana: Person, bea: Person, event: str
) -> None:
    shown = ana("event", "show", event).out
    (heads,) = (line for line in shown.splitlines() if line.startswith("disputed"))
    assert {key_of(ana)[:8], key_of(bea)[:8], "(you)"} <= set(heads.split())
    where = next(line for line in shown.splitlines() if line.startswith("where  "))
    assert "La Paillasse" in where
    assert "Le Square" in where
    assert f"p2pevents event merge {event} --take KEY" in shown
    assert "2027-01-07 19:00" in shown
    assert {each["field"] for each in ana.does("event", "merge", event)["disputes"]} == {
        "when",
        "where",
    }


def test_one_step_settles_all_that_is_disputed_wherever_it_comes(
    ana: Person, bea: Person, event: str
) -> None:
    """MRG-10."""
    settled = ana.does("event", "merge", event[:6], "--take", key_of(bea)[:8])
    assert settled["settled"] == ["when", "where"]
    assert settled["disputes"] == []
    meet(ana, bea)
    for person in (ana, bea):
        shown = person.does("event", "show", event)
        assert (shown["venue"], shown["start"]) == ("Le Square", "2027-01-08T20:00:00")
        assert not shown["conflict"]
    assert "nothing is disputed" in bea.fails("event", "merge", event, "--take", key_of(bea))


def test_a_word_can_be_taken_field_by_field(ana: Person, bea: Person, event: str) -> None:
    taken = ("--take", f"where={key_of(ana)}")
    assert ana.does("event", "merge", event, *taken)["disputes"][0]["field"] == "when"
    both = ("--take", f"when={key_of(bea)[:9]}")
    said = ana("event", "merge", event, *both).out
    assert "settled: when" in said
    shown = ana.does("event", "show", event)
    assert (shown["venue"], shown["start"]) == ("La Paillasse", "2027-01-08T20:00:00")


def test_who_is_meant_must_be_one_who_disagrees(ana: Person, event: str) -> None:
    assert "nobody who disagrees" in ana.fails("event", "merge", event, "--take", "bzzzz")
    assert "fits several keys" in ana.fails("event", "merge", event, "--take", "b")
    assert "disputed is when, where" in ana.fails("event", "merge", event, "--take", "title=b")


def test_a_date_shows_what_is_disputed_of_its_series(ana: Person, bea: Person) -> None:
    series = ana.does(
        "series", "add", "Monthly", "--rule", "first Wednesday", "--start", "2027-01-06 18:30"
    )["id"]
    meet(ana, bea)
    ana.does("series", "edit", series, "--venue", "La Paillasse")
    bea.does("series", "edit", series, "--venue", "Le Square")
    meet(ana, bea)
    assert f"event merge {series} --take" in ana("event", "show", f"{series}/2027-02-03").out
    ana.does("event", "merge", series, "--take", key_of(ana))
    assert ana.does("event", "show", f"{series}/2027-02-03")["disputes"] == []
    assert ana.does("event", "show", f"{series}/2027-02-03")["venue"] == "La Paillasse"


def test_taken_back_by_one_and_moved_by_another_it_can_stand_again(
    ana: Person, bea: Person
) -> None:
    event = ana.adds("Meetup")
    ana.does("event", "retract", event)
    assert "retracted" in ana.fails("event", "show", event)
    ana.does("event", "retract", event, "--undo")
    assert ana.titles() == ["Meetup"]
    meet(ana, bea)
    ana.does("event", "retract", event)
    bea.does("event", "retract", event, "--undo")
    meet(ana, bea)
    bea.does("event", "merge", event, "--take", key_of(bea))
    meet(ana, bea)
    assert ana.titles() == ["Meetup"]


# --- erasing --------------------------------------------------------------------------------------


def test_a_lead_erases_all_and_who_takes_it_in_shows_it_no_more(
    ana: Person, bea: Person, event: str
) -> None:
    talk = ("--title", "Talk", "--start", "19:00", "--end", "19:30")
    bea.does("session", "add", "--event", event, *talk)
    meet(ana, bea)
    before = bea.does("event", "erase", event, "--dry-run")
    assert {row["kind"] for row in before} == {"event", "session"}
    erased = ana.does("event", "erase", event)
    assert (len(erased["erased"]), erased["others"]) == (6, 0)
    meet(ana, bea)
    for person in (ana, bea):
        assert person.titles() == []
        assert "erased" in person.fails("event", "show", event)
    assert "nothing of it is here any more" in ana.fails("event", "erase", event)


def test_others_erase_their_own_words_alone(ana: Person, bea: Person, event: str) -> None:
    said = bea("event", "erase", event)
    assert "erased 2 records" in said.out
    assert "3 records of other people stay" in said.err
    meet(ana, bea)
    shown = ana.does("event", "show", event)
    assert (shown["venue"], shown["conflict"]) == ("La Paillasse", False)
    assert "other people's" in bea.fails("event", "erase", event)


def test_what_was_changed_since_can_be_erased_alone(ana: Person, event: str) -> None:
    assert len(ana.does("event", "erase", event, "--old")["erased"]) == 3
    assert ana.does("event", "show", event)["conflict"]
    assert "no older words" in ana.fails("event", "erase", event, "--old")


def test_a_speaker_erases_their_own_session(ana: Person, new: New) -> None:
    """KIND-10: an erase lies below what it erases, so a leave for that holds for it."""
    event = ana.adds("Meetup")
    talk = ana.does("session", "add", "--event", event, "--title", "Talk", "--start", "19:00")["id"]
    speaker = new("sam")
    joined(ana, speaker, "--for", talk, role="speaker")
    speaker.does("session", "edit", talk, "--description", "Where I live")
    speaker.does("session", "edit", talk, "--description", "Of peers")
    assert len(speaker.does("event", "erase", talk, "--old")["erased"]) == 1
    meet(ana, speaker)
    assert ana.does("event", "show", talk)["description"] == "Of peers"
    assert len(ana.does("event", "erase", talk, "--old", "--dry-run")) == 0


# --- what an id means -----------------------------------------------------------------------------


def test_each_command_takes_an_event_a_date_or_a_session(ana: Person) -> None:
    event = ana.adds("Meetup")
    talk = ana.does("session", "add", "--event", event, "--title", "Talk", "--start", "19:00")["id"]
    ana.does("event", "cancel", talk, "--reason", "ill")
    assert ana.does("event", "show", f"{event[:5]}/{talk.partition('/')[2][:4]}")["status"] == (
        "cancelled"
    )
    assert "its id has a slash" in ana.fails("session", "edit", event, "--title", "X")
    assert "is not a series" in ana.fails("series", "edit", talk, "--title", "X")
    assert "is a session of" in ana.fails("session", "list", "--event", talk)
    series = ana.does(
        "series", "add", "Monthly", "--rule", "first Wednesday", "--start", "2027-01-06 18:30"
    )["id"]
    assert "one of its dates" in ana.fails("session", "list", "--event", series)
    assert "is not a date" in ana.fails("event", "show", f"{series}/soon")
    day = f"{series}/2027-02-03"
    below = ana.does("session", "add", "--event", day, "--title", "Demo", "--start", "20:00")["id"]
    assert ana.does("event", "show", below)["start"] == "2027-02-03T20:00:00"
    ana.does("series", "edit", series, "--title", "Each month")
    assert ana.does("event", "show", day)["title"] == "Each month"
