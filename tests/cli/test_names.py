"""What a person calls chapters and keys, and what they are told of names that look alike."""

from __future__ import annotations

from pathlib import Path

from tests.cli.people import New, Person, joined

FAKE = "Pаris P2P"  # its second letter is Cyrillic
OPTIONS = ("--city", "Paris", "--timezone", "Europe/Paris", "--languages", "fr")


def reader_of(new: New, *organisers: Person) -> Person:
    """Return a reader who follows each organiser's chapter, in this order, and has it all."""
    reader = new("reader")
    for organiser in organisers:
        link = organiser.does("chapter", "invite", "--chapter", "P2P")["link"]
        assert reader("follow", link, "--offline").code == 0
        organiser.gives(reader)
    return reader


def impostor(new: New) -> Person:
    person = new("impostor")
    person.does("chapter", "found", FAKE, *OPTIONS, "--sheet", str(person.sheet))
    return person


def test_a_chapter_that_looks_like_a_followed_one_is_warned_of_wherever_it_shows(
    ana: Person, new: New
) -> None:
    reader = reader_of(new, ana, impostor(new))
    for command in ("agenda", "following"):
        said = reader(command).err
        assert said.count("though the names look alike") == 1, command
        assert f"{FAKE} (" in said
    fake = next(row for row in reader.does("following") if row["claimed"] == FAKE)
    assert "look alike" in reader("chapter", "show", "--chapter", fake["chapter"]).err
    real = next(row for row in reader.does("following") if row["claimed"] != FAKE)
    assert "look alike" not in reader("chapter", "show", "--chapter", real["chapter"]).err


def test_a_carried_chapter_that_looks_like_a_followed_one_is_marked_in_the_list(
    ana: Person, new: New
) -> None:
    reader = reader_of(new, ana)
    impostor(new).gives(reader)
    rows = {row["claimed"]: row for row in reader.does("chapter", "list")}
    assert rows[FAKE]["looksLike"] == "Paris P2P"
    assert rows["Paris P2P"]["looksLike"] is None
    assert "carried, not your Paris P2P" in reader("chapter", "list").out


def test_an_own_name_is_shown_first_the_claimed_one_beside_and_ends_the_warning(
    ana: Person, new: New
) -> None:
    reader = reader_of(new, ana, impostor(new))
    fake = next(row["chapter"] for row in reader.does("following") if row["claimed"] == FAKE)
    named = reader.does("name", fake, "The other Paris")
    assert (named["name"], named["claimed"]) == ("The other Paris", FAKE)
    following = reader("following")
    assert f"The other Paris (calls itself {FAKE})" in following.out
    assert "look alike" not in following.err
    assert reader("agenda", "--chapter", "The other Paris").code == 0
    reader.does("name", fake, "--remove")
    assert "look alike" in reader("following").err


def test_an_own_name_stays_here(ana: Person, new: New, tmp_path: Path) -> None:
    reader = reader_of(new, ana)
    secret = "Le club de Camille"
    reader.does("name", "Paris", secret)
    stick = tmp_path / "stick.pack"
    reader.does("pack", "-o", str(stick))
    assert secret.encode() not in stick.read_bytes()
    assert secret not in reader.does("chapter", "invite", "--chapter", "Paris")["link"]
    for form in ("ics", "atom", "json", "csv", "markdown"):
        out = tmp_path / f"out.{form}"
        assert reader("export", "--format", form, "-o", str(out)).code == 0
        assert secret not in out.read_text("utf-8"), form


def test_the_public_site_calls_a_chapter_what_it_calls_itself(ana: Person, tmp_path: Path) -> None:
    ana.adds("Meetup")
    ana.does("name", "Paris", "My own little club")
    site = tmp_path / "site"
    assert ana("site", "-o", str(site)).code == 0
    pages = [
        page.read_text("utf-8") for page in site.rglob("*") if page.suffix in {".html", ".ics"}
    ]
    assert any("Paris P2P" in page for page in pages)
    assert not any("My own little club" in page for page in pages)


def test_following_takes_a_name_and_says_what_to_compare(ana: Person, new: New) -> None:
    link = ana.does("chapter", "invite", "--chapter", "Paris")["link"]
    words = ana.does("chapter", "show")["words"]
    reader = new("reader")
    said = reader("follow", link, "--as", "Paris, from Ana", "--offline").out
    assert f"its words: {words}" in said
    assert [row["name"] for row in reader.does("following")] == ["Paris, from Ana"]
    assert reader.does("name", "Paris, from")["words"] == words
    assert len(words.split("-")) == 4


def test_a_key_has_a_name_by_its_words_and_is_listed_with_it(ana: Person, new: New) -> None:
    words = joined(ana, new("bo"))
    named = ana.does("name", words, "Bo from Lyon")
    assert (named["what"], named["words"]) == ("key", words)
    assert "Bo from Lyon" in ana("organiser", "list").out
    assert any(row["name"] == "Bo from Lyon" for row in ana.does("name"))
    ana.does("name", words, "--remove")
    assert "Bo from Lyon" not in ana("organiser", "list").out


def test_a_strangers_chapter_of_the_same_name_takes_nobodys_place(ana: Person, new: New) -> None:
    other = new("other")
    other.does("chapter", "found", "Paris P2P", *OPTIONS, "--sheet", str(other.sheet))
    other.gives(ana)
    real = ana.does("chapter", "show", "--chapter", "Paris P2P")["chapter"]
    assert real == ana.does("following")[0]["chapter"]


def test_a_name_that_no_screen_shows_is_refused(ana: Person) -> None:
    assert "U+202E" in ana.fails("name", "Paris", "safe\u202eevil")
    assert "1 to 80" in ana.fails("name", "Paris", "x" * 81)
    assert "leave one out" in ana.fails("name", "Paris", "x", "--remove")
    assert "no chapter here" in ana.fails("name", "nowhere at all", "x")
