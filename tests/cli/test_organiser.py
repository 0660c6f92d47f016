"""Organisers come and go: each with a home of their own, records carried by a stick."""

from __future__ import annotations

import pytest

from tests.cli.conftest import Run
from tests.cli.people import PARIS, New, Person, joined, lead_text, meet, second_lead

# --- delegates ------------------------------------------------------------------------------------


def test_a_colleague_joins_by_invite_and_writes(ana: Person, new: New) -> None:
    bea = new("bea")
    words = joined(ana, bea)
    bea.adds("Paris P2P #1")
    bea.gives(ana)
    assert ana.titles() == ["Paris P2P #1"]
    assert ana.roles()[words] == "organiser"


def test_words_that_differ_add_nobody(ana: Person, new: New) -> None:
    bea = new("bea")
    me = bea.does("me")
    add = ("organiser", "add", me["link"], "--role", "editor")
    assert me["words"] in ana.fails(*add, "--words", "abandon abandon abandon abandon")
    assert me["words"] not in ana.roles()
    ana.does(*add, "--words", me["words"].replace("-", " ").upper())
    assert ana.roles()[me["words"]] == "editor"


def test_a_changed_key_is_refused_by_its_proof(ana: Person, new: New) -> None:
    link = new("bea").does("me")["link"]
    other = new("eve").does("me")["key"]
    forged = f"p2pevents-key:{other}?proof=" + link.partition("?proof=")[2]
    assert "proof" in ana.fails("organiser", "add", forged, "--role", "editor")


def test_a_delegate_gives_no_leave(ana: Person, new: New) -> None:
    bea, cleo = new("bea"), new("cleo")
    joined(ana, bea)
    key = cleo.does("me")["key"]
    said = bea.fails("organiser", "add", key, "--role", "editor")
    assert "only a lead" in said
    assert "hint" in said


def test_a_role_limits_what_may_be_written(ana: Person, new: New) -> None:
    bea = new("bea")
    joined(ana, bea, role="witness")
    words = ("--title", "x", "--start", "2027-01-06", "--chapter", "Paris")
    assert "no key on this home may write event" in bea.fails("event", "add", *words)


def test_a_grant_for_one_event_holds_for_no_other(ana: Person, new: New) -> None:
    bea = new("bea")
    one, other = ana.adds("Paris P2P #1"), ana.adds("Paris P2P #2")
    joined(ana, bea, "--for", one)
    bea.does("event", "edit", one, "--venue", "Ground Control")
    assert "may write" in bea.fails("event", "edit", other, "--venue", "Ground Control")


def test_a_grant_ends_on_its_last_day(ana: Person, new: New) -> None:
    bea = new("bea")
    joined(ana, bea, "--until", "2020-01-31")
    words = ("--title", "x", "--start", "2027-01-06", "--chapter", "Paris")
    assert "may write" in bea.fails("event", "add", *words)
    (row,) = [x for x in ana.does("organiser", "list") if x["role"] == "organiser"]
    assert row["until"] == "2020-01-31T22:59:59+00:00"  # the end of that day in Paris


@pytest.mark.parametrize(
    ("keep", "left"),
    [
        ((), ["Paris P2P #1", "Paris P2P #2"]),
        (("--keep", "all"), ["Paris P2P #1", "Paris P2P #2"]),
        (("--keep", "none"), []),
        (("--keep", "until", "2020-01-31"), []),
        (("--keep=until 2090-01-31",), ["Paris P2P #1", "Paris P2P #2"]),
    ],
)
def test_of_a_removed_key_stays_what_is_kept(
    ana: Person, new: New, keep: tuple[str, ...], left: list[str]
) -> None:
    bea = new("bea")
    words = joined(ana, bea)
    bea.adds("Paris P2P #1")
    bea.adds("Paris P2P #2")
    bea.gives(ana)
    ana.does("organiser", "remove", words, *keep)
    assert ana.titles() == left
    ana.gives(bea)
    assert bea.titles() == left
    assert "may write" in bea.fails(
        "event", "add", "--title", "x", "--start", "2027-01-06", "--chapter", "Paris"
    )


def test_a_file_names_what_is_kept_and_more_can_follow(ana: Person, new: New) -> None:
    bea = new("bea")
    words = joined(ana, bea)
    for number in range(3):
        bea.adds(f"Paris P2P #{number}")
    bea.gives(ana)
    listed = ana.does("organiser", "remove", words, "--dry-run")
    assert [row["title"] for row in listed] == [f"Paris P2P #{n}" for n in range(3)]
    keep = ana.folder / "keep.txt"
    keep.write_text(f"# honest\n{listed[0]['id']}  # seen it\n\n{listed[1]['id'][:12]}\n")
    removed = ana.does("organiser", "remove", words, "--keep", str(keep))
    assert (removed["kept"], removed["setAside"]) == (2, 1)
    assert ana.titles() == ["Paris P2P #0", "Paris P2P #1"]
    keep.write_text(listed[2]["id"])
    assert ana.does("organiser", "remove", words, "--keep", str(keep))["kept"] == 1
    assert ana.titles() == [f"Paris P2P #{n}" for n in range(3)]


def test_a_file_that_names_no_record_of_the_key_removes_nothing(ana: Person, new: New) -> None:
    words = joined(ana, new("bea"))
    keep = ana.folder / "keep.txt"
    keep.write_text("\nbzzzzzzzz\n")
    assert f"{keep}: line 2:" in ana.fails("organiser", "remove", words, "--keep", str(keep))
    assert "none of all, none" in ana.fails("organiser", "remove", words, "--keep", "everything")
    assert ana.roles()[words] == "organiser"


def test_a_removed_key_never_returns_and_a_new_one_joins(ana: Person, new: New) -> None:
    bea = new("bea")
    words = joined(ana, bea)
    ana.does("organiser", "remove", words)
    again = bea.does("me")["link"]
    assert "never returns" in ana.fails("organiser", "add", again, "--role", "editor")
    fresh = bea.does("me", "--new")
    assert fresh["words"] != words
    assert bea.does("me")["words"] == fresh["words"]
    ana.does("organiser", "add", fresh["link"], "--role", "editor")
    ana.gives(bea)
    bea.adds("Paris P2P #1")
    assert ana.roles() == ana.roles() | {words: "removed", fresh["words"]: "editor"}


# --- leads ----------------------------------------------------------------------------------------


def test_a_second_lead_joins_when_both_signed(ana: Person, new: New) -> None:
    bea, cleo = new("bea"), new("cleo")
    second_lead(ana, bea)
    assert sorted(ana.roles().values()) == ["lead", "lead"]
    joined(bea, cleo)  # a second lead gives leaves too
    cleo.adds("Paris P2P #1")
    meet(ana, bea, cleo)
    assert ana.titles() == ["Paris P2P #1"]


def test_an_entry_travels_as_a_file_and_shows_what_it_changes(ana: Person, new: New) -> None:
    """AW-5."""
    bea = new("bea")
    text, file = lead_text(ana, bea), ana.folder / "entry.txt"
    ana.does("organiser", "add", text, "--role", "lead", "--sheet", str(ana.sheet), "-o", str(file))
    shown = bea("organiser", "pending", str(file)).out
    words = bea.does("me")["words"]
    assert f"lead comes      {words}" in shown
    assert f"awaits who joins: {words}" in shown
    assert len(bea.does("organiser", "pending")) == 1
    signed = bea("organiser", "sign", str(file), "--sheet", str(bea.sheet))
    assert signed.code == 0
    assert words in signed.err  # shown before it is signed
    assert bea.does("organiser", "pending") == []


def test_detached_signatures_are_joined_by_whoever_holds_them(ana: Person, new: New) -> None:
    """AW-4."""
    bea, cleo = new("bea"), new("cleo")
    second_lead(ana, bea)
    entry = ana.does("organiser", "add", lead_text(ana, cleo), "--role", "lead")
    assert entry["signers"] == []
    assert entry["votesLacking"] == 2
    ana.gives(cleo)
    halves = [
        person.does("organiser", "sign", entry["text"], "--sheet", str(person.sheet))
        for person in (bea, cleo)
    ]
    assert [half["stage"] for half in halves] == ["awaits", "awaits"]
    mine = ana.does("organiser", "sign", entry["entry"][:10], "--sheet", str(ana.sheet))
    assert mine["stage"] == "awaits"
    ana.does("organiser", "pending", halves[0]["text"])
    (last,) = ana.does("organiser", "pending", halves[1]["text"])
    assert last["stage"] == "done"
    assert list(ana.roles().values()).count("lead") == 3


def test_a_lead_is_removed_by_more_than_half_of_the_leads(ana: Person, new: New) -> None:
    bea, cleo = new("bea"), new("cleo")
    second_lead(ana, bea)
    entry = ana.does(
        "organiser", "add", lead_text(ana, cleo), "--role", "lead", "--sheet", str(ana.sheet)
    )
    ana.gives(cleo)
    entry = bea.does("organiser", "sign", entry["text"], "--sheet", str(bea.sheet))
    assert (
        cleo.does("organiser", "sign", entry["text"], "--sheet", str(cleo.sheet))["stage"] == "done"
    )
    meet(ana, bea, cleo)
    cleo.adds("Paris P2P #1")
    meet(ana, bea, cleo)
    words = cleo.does("me")["words"]
    entry = ana.does("organiser", "remove", words, "--sheet", str(ana.sheet))
    assert (entry["stage"], entry["votesLacking"]) == ("awaits", 1)
    assert ana.roles()[words] == "lead"
    assert (
        bea.does("organiser", "sign", entry["text"], "--sheet", str(bea.sheet))["stage"] == "done"
    )
    meet(ana, bea, cleo)
    for person in (ana, bea, cleo):
        assert person.roles()[words] == "removed"
        assert person.titles() == ["Paris P2P #1"]


def test_a_lead_is_nobody_who_was_not_asked(ana: Person, new: New) -> None:
    link = new("bea").does("me")["link"]
    assert "organiser join LINK --lead" in ana.fails("organiser", "add", link, "--role", "lead")


def test_a_sheet_of_somebody_else_signs_nothing(ana: Person, new: New) -> None:
    bea, eve = new("bea"), new("eve")
    text = lead_text(ana, bea)
    lead_text(ana, eve)
    said = ana.fails("organiser", "add", text, "--role", "lead", "--sheet", str(eve.sheet))
    assert "no say" in said
    assert ana.does("organiser", "pending") == []


def test_a_key_does_not_sign_twice_at_one_place_unasked(ana: Person, new: New) -> None:
    """AW-6."""
    bea, cleo = new("bea"), new("cleo")
    add = ("--role", "lead", "--sheet", str(ana.sheet))
    first = ana.does("organiser", "add", lead_text(ana, bea), *add)
    text = lead_text(ana, cleo)
    said = ana.fails("organiser", "add", text, *add)
    assert first["entry"][:8] in said
    assert "--again" in said
    refused = ana.does("organiser", "refuse", first["entry"][:10])
    assert refused["wasSigned"]
    assert "--again" in ana.fails("organiser", "add", text, *add)
    second = ana.does("organiser", "add", text, *add, "--again")
    assert second["entry"] != first["entry"]


def test_an_entry_that_was_overtaken_is_not_signed(ana: Person, new: New) -> None:
    bea, cleo = new("bea"), new("cleo")
    late = ana.does("organiser", "add", lead_text(ana, cleo), "--role", "lead")
    second_lead(ana, bea)
    ana.gives(cleo)
    assert "took this one's place" in cleo.fails(
        "organiser", "sign", late["text"], "--sheet", str(cleo.sheet)
    )
    stages = {each["entry"]: each["stage"] for each in ana.does("organiser", "pending")}
    assert stages[late["entry"]] == "overtaken"
    assert set(stages.values()) == {"overtaken", "done"}
    assert len(ana.does("organiser", "pending")) == 1  # what has effect waits no more


def test_the_lead_is_handed_over_when_both_signed_and_history_stays(ana: Person, new: New) -> None:
    bea, cleo = new("bea"), new("cleo")
    delegate = joined(ana, cleo)
    cleo.adds("Paris P2P #1")
    ana.adds("Paris P2P #2")
    meet(ana, cleo)
    before = ana.does("me")["words"]
    entry = ana.does("organiser", "hand-over", lead_text(ana, bea), "--sheet", str(ana.sheet))
    assert entry["stage"] == "awaits"
    assert ana.roles()[before] == "lead"
    ana.gives(bea)
    assert (
        bea.does("organiser", "sign", entry["text"], "--sheet", str(bea.sheet))["stage"] == "done"
    )
    meet(ana, bea, cleo)
    for person in (ana, bea, cleo):
        assert person.titles() == ["Paris P2P #1", "Paris P2P #2"]
        assert person.roles()[before] == "removed"
        assert person.roles()[delegate] == "organiser"  # the old lead's grant was kept
    assert "may write" in ana.fails(
        "event", "add", "--title", "x", "--start", "2027-01-06", "--chapter", "Paris"
    )
    bea.adds("Paris P2P #3")
    cleo.adds("Paris P2P #4")


def test_what_came_between_the_two_steps_is_told_and_put_back(ana: Person, new: New) -> None:
    bea = new("bea")
    entry = ana.does("organiser", "hand-over", lead_text(ana, bea), "--sheet", str(ana.sheet))
    ana.adds("Paris P2P #1")
    ana.gives(bea)
    signed = bea("organiser", "sign", entry["text"], "--sheet", str(bea.sheet))
    assert "1 records of" in signed.err
    assert bea.titles() == []
    words = ana.does("me")["words"]
    assert bea.does("organiser", "remove", words, "--keep", "all")["kept"] == 3
    assert bea.titles() == ["Paris P2P #1"]


def test_who_was_removed_joins_again_with_a_new_key(ana: Person, new: New) -> None:
    bea = new("bea")
    words = joined(ana, bea)
    ana.does("organiser", "remove", words)
    assert joined(ana, bea) != words
    bea.adds("Paris P2P #1")


def test_the_only_lead_cannot_be_removed(ana: Person) -> None:
    words = ana.does("me")["words"]
    assert "hand-over" in ana.fails("organiser", "remove", words)


# --- new keys for oneself -------------------------------------------------------------------------


def test_a_lead_renews_both_keys_alone(ana: Person) -> None:
    ana.adds("Paris P2P #1")
    before = ana.does("me")["words"]
    sheet = ana.folder / "second.txt"
    done = ana.does("organiser", "rotate", "--sheet", str(ana.sheet), "--new-sheet", str(sheet))
    assert done["stage"] == "done"
    assert done["words"] != before
    assert ana.does("me")["words"] == done["words"]
    assert ana.roles() == {done["words"]: "lead"} | ana.roles()
    ana.adds("Paris P2P #2")
    assert ana.titles() == ["Paris P2P #1", "Paris P2P #2"]
    said = ana.fails("organiser", "rotate", "--sheet", str(ana.sheet))
    assert "sheet" in said  # the old sheet signs nothing any more
    assert (
        ana.does("organiser", "rotate", "--sheet", str(sheet), "--only", "daily")["stage"] == "done"
    )


def test_a_stolen_daily_key_is_renewed_and_what_was_honest_stays(ana: Person, new: New) -> None:
    ana.adds("Paris P2P #1")
    thief = new("thief")
    ana.home.rename(ana.folder / "was")
    import shutil

    shutil.copytree(ana.folder / "was", thief.home)
    (ana.folder / "was").rename(ana.home)
    thief.adds("Everybody to my shop")
    thief.gives(ana)
    assert ana.titles() == ["Everybody to my shop", "Paris P2P #1"]
    words = ana.does("me")["words"]
    keep = ana.folder / "keep.txt"
    signed = ana.does("organiser", "remove", words, "--dry-run")
    keep.write_text(
        "\n".join(row["id"] for row in signed if row["title"] != "Everybody to my shop")
    )
    done = ana.does(
        "organiser", "rotate", "--sheet", str(ana.sheet), "--only", "daily", "--keep", str(keep)
    )
    assert done["stage"] == "done"
    assert ana.titles() == ["Paris P2P #1"]
    ana.gives(thief)
    assert thief.titles() == ["Paris P2P #1"]
    assert "may write" in thief.fails(
        "event", "add", "--title", "x", "--start", "2027-01-06", "--chapter", "Paris"
    )


def test_a_lost_laptop_is_replaced_from_the_sheet(ana: Person, new: New) -> None:
    bea = new("bea")
    delegate = joined(ana, bea)
    ana.adds("Paris P2P #1")
    ana.gives(bea)
    laptop = new("laptop")
    link = bea.does("chapter", "invite", "--chapter", "Paris")["link"]
    laptop.does("follow", link)
    rotate = ("organiser", "rotate", "--only", "daily", "--sheet", str(ana.sheet))
    assert "follow" in laptop.fails(*rotate)  # not fetched yet
    bea.gives(laptop)
    done = laptop.does(*rotate)
    assert (done["stage"], done["sheet"]) == ("done", None)
    assert laptop.titles() == ["Paris P2P #1"]
    laptop.adds("Paris P2P #2")
    laptop.gives(bea)
    assert bea.titles() == ["Paris P2P #1", "Paris P2P #2"]
    assert bea.roles()[delegate] == "organiser"  # the lost key's grant was kept
    bea.adds("Paris P2P #3")
    assert "awaits to be confirmed" in laptop.fails("chapter", "sheet", "confirm")


# --- guardians ------------------------------------------------------------------------------------


def test_guardians_name_new_leads_and_it_is_shown_after_fourteen_days(run: Run, new: New) -> None:
    """CH-36."""
    people = {name: new(name) for name in ("ana", "gil", "gus", "gwen", "bea")}
    ana, gil, gus, gwen, bea = people.values()
    for person in people.values():
        person.home.mkdir()
        (person.home / "config.toml").write_text('network = "demo"\n')
    at = {day: ("--now", f"2020-01-{day:02}T12:00:00+01:00") for day in range(1, 32)}
    keys = [guardian.does("me")["key"] for guardian in (gil, gus, gwen)]
    guards = [word for key in keys for word in ("--guardian", key)]
    sheet = ("--sheet", str(ana.sheet))
    paris = ana.does("chapter", "found", *PARIS, *guards, *sheet, *at[1])["chapter"]
    event = ("--title", "Paris P2P #1", "--start", "2020-02-05", "--chapter", "Paris")
    ana.does("event", "add", *event, *at[1])
    ana.gives(gil, gus, gwen, bea)
    lead = bea.does(
        "organiser", "join", "--lead", "--chapter", "Paris", "--new-sheet", str(bea.sheet), *at[2]
    )
    entry = gil.does("organiser", "recover", lead["text"], *at[2])
    assert (entry["stage"], entry["votesLacking"]) == ("awaits", 1)
    entry = gus.does("organiser", "sign", entry["text"], *at[2])
    assert (entry["stage"], entry["votesLacking"]) == ("awaits", 0)
    done = bea.does("organiser", "sign", entry["text"], "--sheet", str(bea.sheet), *at[3])
    assert done["stage"] == "done"
    stick = bea.folder / "recovery.pack"
    bea.does("pack", "-o", str(stick))
    gwen.does("unpack", str(stick), *at[4])
    words = {"old": ana.does("me")["words"], "new": bea.does("me")["words"]}

    def roles(day: int) -> dict[str, str]:
        listed = gwen.does("organiser", "list", "--chapter", paris, *at[day])
        return {row["words"]: row["role"] for row in listed}

    warned = gwen("organiser", "list", "--chapter", "Paris", *at[5]).err
    assert "guardians named new leads: shown from 2020-01-18" in warned
    assert roles(17)[words["old"]] == "lead"
    assert words["new"] not in roles(17)
    assert roles(19)[words["new"]] == "lead"
    assert roles(19)[words["old"]] == "removed"
    # What the removed lead signed, the profile too, is shown again once the new lead adopts it.
    (row,) = gwen.does("chapter", "list", *at[19])
    assert row["name"] == paris[:8]
    would = bea.does("organiser", "adopt", "--dry-run", *at[5])
    assert {row["kind"] for row in would} == {"profile", "event"}
    assert bea.does("organiser", "adopt", *at[5])["adopted"] == 2
    assert bea.does("organiser", "adopt", *at[5]) == {"adopted": 0, "records": 0}
    assert "only a lead" in gwen.fails("organiser", "adopt", "--chapter", paris, *at[19])
    bea.gives(gwen)
    (row,) = gwen.does("chapter", "list", *at[19])
    assert row["name"] == "Paris P2P"
    events = gwen.does("event", "list", "--chapter", paris, *at[19])
    assert [row["title"] for row in events] == ["Paris P2P #1"]


def test_a_guardian_is_named_later_and_let_go(ana: Person, new: New) -> None:
    guardians = [new("gil"), new("gus")]
    for guardian in guardians:
        link = guardian.does("me")["link"]
        add = ("organiser", "add", link, "--role", "guardian", "--sheet", str(ana.sheet))
        assert ana.does(*add)["stage"] == "done"
    words = guardians[0].does("me")["words"]
    assert ana.roles()[words] == "guardian"
    assert "2 of 2 guardians" in ana("organiser", "list").out
    assert ana.does("organiser", "remove", words, "--sheet", str(ana.sheet))["stage"] == "done"
    assert words not in ana.roles()


def test_without_guardians_nothing_is_recovered(ana: Person, new: New) -> None:
    text = lead_text(ana, new("bea"))
    assert "no guardians" in ana.fails("organiser", "recover", text, "--chapter", "Paris")


# --- what is typed wrongly ------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("sign", "hello"),
        ("sign", "p2pevents-entry:uAAAA"),
        ("refuse", "bzzzz"),
        ("pending", "p2pevents-entry:"),
        ("remove", "bzzzzzzz"),
        ("remove", "one", "two"),
        ("remove", "b234", "--keep", "until"),
        ("hand-over", "hello"),
        ("recover", "hello"),
        ("add", "hello", "--role", "editor"),
        ("add", "hello", "--role", "lead"),
        ("join",),
        ("heal",),
        ("adopt", "--keep", "nosuch"),
    ],
    ids=" ".join,
)
def test_a_mistake_is_said_in_words_with_a_way_out(
    ana: Person, new: New, arguments: tuple[str, ...]
) -> None:
    person = new("nobody") if arguments == ("join",) else ana
    said = person.fails("organiser", *arguments)
    assert said.startswith("p2pevents: error: ")
    assert "p2pevents: hint: " in said
