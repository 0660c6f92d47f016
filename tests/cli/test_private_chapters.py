"""A chapter that a full log leaves out and its person follows reads as any other, in every command.

Two homes of one attendee: in one the chapter stands in the log, in the other it is kept privately.
"""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import click
import pytest

from p2pevents.cli.completing import complete_chapters, complete_ids
from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Settings
from p2pevents.cli.watch import _Watch
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.home import Home
from p2pevents.node.ingest import Ingest
from p2pevents.node.opening import open_log, private_beside
from p2pevents.node.packing import read_pack
from p2pevents.node.private_store import PrivateStore
from p2pevents.node.running import _witness
from p2pevents.node.store_cap import CHAPTER_COST_BYTES, SALT_BYTES, StoreCap
from tests.cli.sweeping import World, build, commands, does, fitting, run

NOW_MS = 2_000_000_000_000
# Each makes what is another one each time, and says so.
MAKING = {
    ("me",),
    ("propose",),
    ("backup",),
    ("feed", "add"),
    ("rsvp",),
    ("chapter", "found"),
    ("completion",),
    ("session", "add"),
}


@contextmanager
def small(home: Home) -> Iterator[tuple[Ingest, PrivateStore]]:
    """A running node's door before a log that holds next to nothing, and what stands beside it."""
    log = SqliteLog(home.log)
    cap = StoreCap(log, bytes_max=CHAPTER_COST_BYTES, salt=bytes(SALT_BYTES))
    ingest = Ingest(log, cap=cap)
    with private_beside(home, now_ms=lambda: NOW_MS) as beside:
        yield ingest, beside(ingest, cap)
    log.close()


def move(home: Home) -> None:
    """Have the only chapter of a home leave its log, which is full."""
    with small(home) as (ingest, private):
        (chapter,) = (each.chapter for each in ingest.log.chapters())
        before = ingest.log.total()
        while ingest.tick(now_ms=NOW_MS):
            private.tidy()
        assert ingest.log.chapters() == []
        with closing(SqliteLog(home.private_log)) as kept:
            assert kept.total() == before
            assert [each.chapter for each in kept.chapters()] == [chapter]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> World:
    """A world in which the home is that of an attendee who reads, and two ways to hold it."""
    organiser = build(tmp_path_factory.mktemp("organiser"))
    world = World(folder=tmp_path_factory.mktemp("attendee"), ids=organiser.ids)
    shutil.copytree(organiser.folder, world.folder, dirs_exist_ok=True)
    world.home.rename(world.folder / "organiser")
    does(world.home, "me")
    does(world.home, "follow", world.ids["link"], "--offline")
    does(world.home, "unpack", world.file("a.pack"))
    does(world.home, "status")
    does(world.home, "changes")
    does(world.home, "rsvp", world.ids["event"])
    return world


@pytest.fixture
def both(built: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[World, World]:
    monkeypatch.chdir(tmp_path)
    worlds = []
    for name in ("public", "private"):
        folder = tmp_path / name
        shutil.copytree(built.folder, folder)
        worlds.append(built.at(folder))
    move(Home(folder=worlds[1].home))
    return worlds[0], worlds[1]


def settings_of(world: World) -> Settings:
    settings = Settings()
    settings.home = world.home
    return settings


READING = [path for path, _ in commands() if path not in {*MAKING, ("restore",), ("doctor",)}]


@pytest.mark.parametrize("path", READING, ids=" ".join)
def test_every_command_says_the_same(path: tuple[str, ...], both: tuple[World, World]) -> None:
    said = []
    for world in both:
        words = fitting(world).get(path, ())
        for more in ((), ("--json",)):
            outcome = run(world.home, *path, *words, *more)
            text = f"{outcome.code}\n{outcome.out}\n{outcome.err}"
            said.append(re.sub(re.escape(str(world.folder)), "FOLDER", text))
    assert said[: len(said) // 2] == said[len(said) // 2 :]


# --- what is new ---------------------------------------------------------------------------------


def bring_news(world: World) -> None:
    """Have the organiser move an evening, and bring that on a stick."""
    organiser = world.folder / "organiser"
    does(organiser, "event", "move", world.ids["event"], "--start", "2027-02-10 19:00")
    does(organiser, "pack", "-o", world.file("later.pack"))
    does(world.home, "unpack", world.file("later.pack"))


def test_what_comes_of_it_is_told_as_of_any_other(
    both: tuple[World, World], capsys: pytest.CaptureFixture[str]
) -> None:
    """By `changes`, and by `watch` as it comes."""
    for world in both:
        settings = settings_of(world)
        with desk_of(settings) as desk:
            watch = _Watch(settings, desk, [each.chapter for each in desk.followed()])
            capsys.readouterr()
            bring_news(world)
            assert capsys.readouterr().out == ""
            watch.look()
            assert "moved" in (told := capsys.readouterr().out)
            assert "2027-02-10" in told
            watch.look()
            assert capsys.readouterr().out == ""
        (change,) = does(world.home, "changes")
        assert (change["change"], change["id"]) == ("moved", world.ids["event"])
        assert does(world.home, "changes") == []
    home = Home(folder=both[1].home)
    with closing(SqliteLog(home.log)) as log:
        assert log.chapters() == []


def test_who_was_given_leave_meanwhile_is_watched_too(
    both: tuple[World, World], capsys: pytest.CaptureFixture[str]
) -> None:
    for world in both:
        organiser, editor = world.folder / "organiser", world.folder / "editor"
        settings = settings_of(world)
        with desk_of(settings) as desk:
            watch = _Watch(settings, desk, [each.chapter for each in desk.followed()])
            proof = does(editor, "me")["link"]
            does(organiser, "organiser", "add", proof, "--role", "editor")
            does(organiser, "pack", "-o", world.file("granted.pack"))
            does(editor, "unpack", world.file("granted.pack"))
            does(editor, "event", "add", "--title", "Theirs", "--start", "2027-03-03 18:30")
            does(editor, "pack", "-o", world.file("theirs.pack"))
            capsys.readouterr()
            does(world.home, "unpack", world.file("theirs.pack"))
            watch.look()
            assert "Theirs" in capsys.readouterr().out


def test_what_a_command_brought_is_judged_by_the_node_that_runs(
    both: tuple[World, World],
) -> None:
    _, world = both
    home = Home(folder=world.home)
    with small(home) as (_, private):
        private.tidy()
        bring_news(world)
        private.tidy()
        door = private._opened_door()
        with closing(SqliteLog(home.private_log)) as kept:
            assert door._read_position == kept.tip()[1]


def test_a_tab_completes_its_name_and_its_ids(both: tuple[World, World]) -> None:
    for world in both:
        context = click.Context(click.Command("agenda"), obj=settings_of(world))
        assert [each.value for each in complete_chapters(context, "par")] == ["Paris P2P"]
        event = world.ids["event"]
        assert event in [each.value for each in complete_ids(context, event[:3])]


def test_what_no_light_client_reads_comes_on_a_stick(both: tuple[World, World]) -> None:
    """What lies years back: whoever has it hands it over, and it is read beside the log."""
    for world in both:
        organiser = world.folder / "organiser"
        long_ago = ("--title", "The first evening", "--start", "2019-02-06 18:30")
        does(organiser, "event", "add", *long_ago)
        does(organiser, "pack", "-o", world.file("past.pack"))
        does(world.home, "unpack", world.file("past.pack"))
        (first,) = does(world.home, "agenda", "--from", "2019-01-01", "--to", "2019-12-31")
        assert first["title"] == "The first evening"


# --- what may go wrong ---------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "fr"])
def test_nothing_can_be_written_to_it_and_the_way_out_is_said(
    language: str, both: tuple[World, World], monkeypatch: pytest.MonkeyPatch
) -> None:
    _, world = both
    shutil.copytree(world.folder / "organiser" / "keys", world.home / "keys", dirs_exist_ok=True)
    monkeypatch.setenv("LANGUAGE", language)
    outcome = run(world.home, "event", "add", "--title", "X", "--start", "2027-05-05 18:30")
    assert outcome.code == 1
    said = {
        "en": "this chapter is left out of the log, which is full: nothing of it can be written",
        "fr": "cette antenne n’a pas de place dans le journal, qui est plein",
    }[language]
    assert said in outcome.err
    assert "store_bytes_max" in outcome.err
    assert "X" not in {each["title"] for each in does(world.home, "event", "list")}


def test_what_is_kept_privately_is_in_a_backup(both: tuple[World, World], tmp_path: Path) -> None:
    _, world = both
    file, fresh = tmp_path / "a.backup", tmp_path / "fresh"
    does(world.home, "backup", "-o", str(file))
    agenda = does(world.home, "agenda", "--from", "2027-01-01", "--to", "2027-12-31")
    assert agenda
    does(fresh, "restore", str(file))
    assert does(fresh, "agenda", "--from", "2027-01-01", "--to", "2027-12-31") == agenda
    assert Home(folder=fresh).private_log.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("when", ["copied", "restored"])
def test_what_is_damaged_of_it_keeps_nobody_from_a_backup(
    when: str, both: tuple[World, World], tmp_path: Path
) -> None:
    _, world = both
    home = Home(folder=world.home)
    file, fresh = tmp_path / "a.backup", tmp_path / "fresh"
    if when == "copied":
        home.private_log.write_bytes(b"no store at all" * 1_000)
    else:  # as a copy of pages does not see
        data = home.private_log.read_bytes()
        home.private_log.write_bytes(data[:-4096] + b"\xff" * 4096)
    does(world.home, "backup", "-o", str(file))
    does(fresh, "restore", str(file))
    assert len(does(fresh, "following")) == 1
    assert not Home(folder=fresh).private_log.exists()


def flip_an_event(home: Home) -> None:
    with closing(sqlite3.connect(home.private_log)) as connection:
        connection.execute(
            "UPDATE content SET body = x'00'"
            " WHERE arrival = (SELECT arrival FROM record WHERE kind = 'event')"
        )
        connection.commit()


def test_both_logs_are_mended_together(both: tuple[World, World]) -> None:
    _, world = both
    home = Home(folder=world.home)
    flip_an_event(home)
    with closing(open_log(home)) as log:
        list(log.of_kinds(["event"]))
        assert len(log.damage()) == 1
        assert len(log.repair()) == 1
        assert log.damage() == []


def break_pages(path: Path) -> None:
    """Make every page but the first something else."""
    data = bytearray(path.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    path.write_bytes(data)


def test_the_doctor_looks_at_it_too_and_mends_it(both: tuple[World, World]) -> None:
    _, world = both
    home = Home(folder=world.home)

    def found() -> tuple[str, str]:
        (finding,) = [
            each
            for each in run(world.home, "doctor", "--json").json["findings"]
            if each["check"] == "private"
        ]
        return finding["grade"], finding["message"]

    assert found()[0] == "good"
    flip_an_event(home)
    assert found() == ("bad", "1 of its records are damaged, and are not shown")
    (mended,) = run(world.home, "doctor", "--repair", "--json").json["repaired"]
    assert mended == "private: 1 damaged records removed: a node that runs reads them again"
    assert found()[0] == "good"

    before = len(does(world.home, "agenda", "--from", "2027-01-01", "--to", "2027-12-31"))
    break_pages(home.private_log)
    assert found()[0] == "bad"
    (mended,) = run(world.home, "doctor", "--repair", "--json").json["repaired"]
    assert mended.startswith("private: ")
    assert "a node that runs reads what is missing" in mended
    assert found()[0] == "good"
    assert len(does(world.home, "agenda")) <= before


def test_what_a_node_writes_by_itself_does_not_tell_what_is_kept_privately(
    both: tuple[World, World],
) -> None:
    """A digest lists what the log has, as it would if its person followed nothing."""
    _, world = both
    organiser, copy = world.folder / "organiser", world.folder / "copy"
    shutil.copytree(organiser, copy)
    does(copy, "event", "add", "--title", "Refused here", "--start", "2027-05-05 18:30")
    does(copy, "pack", "-o", world.file("more.pack"))
    home = Home(folder=organiser)
    with closing(SqliteLog(home.private_log)) as log:
        read_pack(Ingest(log), Path(world.file("more.pack")), now_ms=NOW_MS)
    titles = {each["title"] for each in does(organiser, "event", "list")}
    assert "Refused here" in titles

    def counts() -> list[int]:
        return [each["count"] for each in does(organiser, "digest")["digests"]]

    before = counts()
    assert _witness(home, Settings().now_ms) == 1
    (after,) = set(counts()) - set(before)
    home.private_log.unlink()
    assert does(organiser, "digest", "--write")["digests"][0]["count"] == after
