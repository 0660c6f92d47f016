"""The leads of a chapter parted: shown side by side, chosen for one node, healed for all."""

from __future__ import annotations

from typing import Any

import pytest

from tests.cli.people import New, Person, joined, lead_text, meet, second_lead


@pytest.fixture
def bea(ana: Person, new: New) -> Person:
    """The second lead of Paris P2P."""
    person = new("bea")
    second_lead(ana, person)
    return person


def rotates(person: Person) -> None:
    """Renew the daily key, which the lead's charter key alone signs."""
    done = person.does("organiser", "rotate", "--only", "daily", "--sheet", str(person.sheet))
    assert done["stage"] == "done"


def signs(person: Person, text: str, *more: str) -> dict[str, Any]:
    sheet = ("--sheet", str(person.sheet))
    signed: dict[str, Any] = person.does("organiser", "sign", text, *sheet, *more)
    return signed


def asks(person: Person, *words: str) -> str:
    """Make an entry of the charter and sign it; return its text."""
    text: str = person.does("organiser", *words, "--sheet", str(person.sheet))["text"]
    return text


def branches(person: Person) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = person.does("chapter", "branches", "--chapter", "Paris")
    return found


def leads(person: Person) -> set[str]:
    return {words for words, role in person.roles().items() if role == "lead"}


def words_of(person: Person) -> str:
    words: str = person.does("me")["words"]
    return words


def test_where_the_leads_agree_there_is_nothing_to_choose_or_to_join(
    ana: Person, bea: Person
) -> None:
    assert branches(ana) == []
    assert "agree" in ana("chapter", "branches").out
    assert "agree" in ana.fails("chapter", "choose", "b234")
    assert "agree" in ana.fails("chapter", "choose", "b234", "--chapter", "Paris")
    assert "agree" in ana.fails("organiser", "heal")


def test_two_leads_who_renew_at_once_part_and_are_joined_without_a_choice(
    ana: Person, bea: Person, new: New
) -> None:
    """CH-15, CH-17, CH-18, CH-35."""
    event = ana.adds("Meetup")
    meet(ana, bea)
    rotates(ana)
    rotates(bea)
    gus = new("gus")
    for person in (ana, bea):
        person.gives(gus)
    meet(ana, bea)
    for person in (ana, bea):
        first, second = branches(person)
        assert (first["isShown"], second["isShown"]) == (True, False)
        assert words_of(person) in {lead["words"] for lead in first["leads"]}
        assert "p2pevents chapter branches" in person("organiser", "list").err
    assert [branch["isShown"] for branch in branches(gus)] == [False, False]
    assert "disagree" in gus("organiser", "list", "--chapter", "Paris").err
    ana.adds("Of one branch")
    text = asks(ana, "heal")
    assert signs(bea, text)["stage"] == "done"
    meet(ana, bea, gus)
    for person in (ana, bea, gus):
        assert branches(person) == []
        assert leads(person) == {words_of(ana), words_of(bea)}
        assert person.titles() == ["Meetup", "Of one branch"]
    bea.does("event", "edit", event, "--title", "Meetup #2")
    meet(ana, bea, gus)
    assert "Meetup #2" in gus.titles()


def test_a_node_shows_the_branch_that_its_person_chooses_and_no_other_switches(
    ana: Person, bea: Person, new: New
) -> None:
    """CH-34, CH-35."""
    rotates(ana)
    rotates(bea)
    ana.adds("By Ana")
    bea.adds("By Bea")
    gus = new("gus")
    for person in (ana, bea):
        person.gives(gus)
    assert gus.titles() == []
    for person in (bea, ana):
        (end,) = (
            branch["branch"]
            for branch in branches(gus)
            if words_of(person) in {lead["words"] for lead in branch["leads"]}
        )
        said = gus("chapter", "choose", end[:9])
        assert words_of(person) in said.out
        assert branches(gus)[0]["branch"] == end
    assert gus.titles() == ["By Ana"]
    assert "is no branch here" in gus.fails("chapter", "choose", "zzz")
    assert "fits several" in gus.fails("chapter", "choose", "b")
    meet(ana, bea, gus)
    assert (ana.titles(), bea.titles()) == (["By Ana"], ["By Bea"])


def test_of_two_branches_one_can_be_the_right_one(ana: Person, bea: Person, new: New) -> None:
    """A colleague was made a lead by entries that were signed twice: the proof names who did."""
    cleo, dora = new("cleo"), new("dora")
    for joining in (cleo, dora):
        text = asks(ana, "add", lead_text(ana, joining), "--role", "lead", "--again")
        text = signs(bea, text, "--again")["text"]
        assert signs(joining, text)["stage"] == "done"
    for joining in (cleo, dora):
        joining.adds(f"By {joining.folder.name}")
        joining.gives(ana)
    meet(ana, bea)
    shown = ana("chapter", "branches").out
    assert words_of(ana) in shown.partition("signed on every branch")[2]
    (right,) = (
        branch["branch"]
        for branch in branches(ana)
        if words_of(cleo) in {lead["words"] for lead in branch["leads"]}
    )
    kept = ana.does("organiser", "heal", right, "--dry-run")
    assert [row["title"] for row in kept if row["kind"] == "event"] == ["By dora"]
    assert all(row["isKept"] for row in kept)
    text = asks(ana, "heal", right, "--keep", "none")
    assert signs(bea, text)["stage"] == "done"
    meet(ana, bea, cleo)
    for person in (ana, bea, cleo):
        assert leads(person) == {words_of(ana), words_of(bea), words_of(cleo)}
        assert person.titles() == ["By cleo"]
        assert person.roles()[words_of(dora)] == "removed"


def test_where_each_removed_the_other_a_lead_comes_back_with_new_keys(
    ana: Person, bea: Person, new: New
) -> None:
    """CH-14: removed keys never return, whichever branch removed them."""
    words = words_of(bea)
    gone = asks(bea, "remove", words_of(ana))
    text = asks(ana, "remove", words)
    assert signs(bea, text, "--again")["stage"] == "done"
    assert signs(ana, gone, "--again")["stage"] == "done"
    meet(ana, bea)
    (hers,) = (each["branch"] for each in branches(ana) if not each["isShown"])
    ana.does("chapter", "choose", hers)
    assert "nobody is left" in ana.fails("organiser", "heal", "--chapter", "Paris")
    cleo = new("cleo")
    text = asks(ana, "heal", "--lead", lead_text(ana, cleo), "--chapter", "Paris")
    text = signs(bea, text)["text"]
    assert signs(cleo, text)["stage"] == "done"
    meet(ana, bea, cleo)
    assert leads(cleo) == {words_of(cleo)}


def test_a_third_branch_is_joined_after_the_first_two(ana: Person, bea: Person, new: New) -> None:
    cleo = new("cleo")
    text = asks(ana, "add", lead_text(ana, cleo), "--role", "lead")
    assert signs(cleo, signs(bea, text)["text"])["stage"] == "done"
    meet(ana, bea, cleo)
    rotates(ana)
    rotates(bea)
    guardian = new("gus").does("me")["link"]
    text = asks(cleo, "add", guardian, "--role", "guardian")
    assert cleo.does("organiser", "sign", text, "--sheet", str(ana.sheet))["stage"] == "done"
    meet(ana, bea, cleo)
    assert "3 branches" in ana.fails("organiser", "heal")
    _, other, third = (each["branch"] for each in branches(ana))
    assert signs(cleo, asks(ana, "heal", "--with", other))["stage"] == "done"
    meet(ana, bea, cleo)
    assert third in {each["branch"] for each in branches(ana)}
    assert signs(cleo, asks(ana, "heal"))["stage"] == "done"
    meet(ana, bea, cleo)
    for person in (ana, bea, cleo):
        assert branches(person) == []
        assert leads(person) == {words_of(ana), words_of(bea), words_of(cleo)}


def test_a_grant_of_a_lead_who_leads_no_more_stays_when_it_is_kept(
    ana: Person, bea: Person, new: New
) -> None:
    eve = new("eve")
    joined(bea, eve)
    eve.adds("By Eve")
    meet(ana, bea, eve)
    rotates(ana)
    rotates(bea)
    meet(ana, bea, eve)
    assert signs(bea, asks(ana, "heal"))["stage"] == "done"
    meet(ana, bea, eve)
    assert ana.titles() == ["By Eve"]
    eve.adds("By Eve, later")


def test_who_may_write_on_a_branch_that_is_not_shown_is_told_how_to_choose_it(
    ana: Person, bea: Person, new: New
) -> None:
    eve = new("eve")
    eve.does("me")
    rotates(ana)
    rotates(bea)
    ana.gives(eve)
    eve.roles()  # looked at, and so accepted: the other branch does not take its place
    joined(bea, eve)
    event = bea.adds("By Bea")
    bea.gives(eve)
    for words in (
        ("event", "add", "--title", "By Eve", "--start", "2027-01-06 18:30"),
        ("event", "add", "--title", "By Eve", "--start", "2027-01-06", "--chapter", "Paris"),
        ("site", "-o", str(eve.folder / "site")),
    ):
        said = eve.fails(*words)
        assert "p2pevents chapter branches" in said
        assert "p2pevents chapter choose" in said
    assert "p2pevents chapter choose" in eve("event", "list").err
    (hers,) = (
        branch["branch"]
        for branch in branches(eve)
        if words_of(bea) in {lead["words"] for lead in branch["leads"]}
    )
    eve.does("chapter", "choose", hers)
    eve.adds("By Eve")
    assert eve.titles() == ["By Bea", "By Eve"]
    assert "p2pevents chapter" not in eve("event", "show", event).err


def test_who_may_write_on_no_branch_is_told_how_to_be_asked(
    ana: Person, bea: Person, new: New
) -> None:
    rotates(ana)
    rotates(bea)
    gus = new("gus")
    for person in (ana, bea):
        person.gives(gus)
    gus.does("me")
    said = gus.fails("event", "add", "--title", "X", "--start", "2027-01-06", "--chapter", "Paris")
    assert "ask an organiser" in said
