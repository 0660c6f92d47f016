"""Founding, inviting, following: and what goes wrong on the way."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.told_addresses import told_by_profiles
from tests.cli.conftest import Outcome, Run

FOUND = ("chapter", "found", "Paris P2P (demo)", "--city", "Paris", "--timezone", "Europe/Paris")


def link_of(run: Run) -> str:
    return str(run("chapter", "invite", "--json").json["link"])


def test_founding_says_where_the_sheet_is_and_what_to_type_next(run: Run, home: Path) -> None:
    outcome = run(*FOUND)
    assert outcome.code == 0
    assert "charter sheet: " in outcome.out
    assert "next: p2pevents event add" in outcome.out
    (sheet,) = (home / "keys").glob("charter-sheet-*")
    assert stat.S_IMODE(sheet.stat().st_mode) == 0o600


def test_a_founded_chapter_is_mine_and_followed(run: Run) -> None:
    run(*FOUND)
    (row,) = run("chapter", "list", "--json").json
    assert (row["name"], row["isMine"], row["isFollowed"]) == ("Paris P2P (demo)", True, True)


def test_a_sheet_can_go_to_a_file_and_leaves_no_copy(run: Run, home: Path, tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.html"
    assert run(*FOUND, "--sheet", str(sheet)).code == 0
    assert "<svg" in sheet.read_text("utf-8")
    assert not list((home / "keys").glob("charter*"))
    again = run(*FOUND, "--sheet", str(sheet))
    assert again.code == 1
    assert "stands there already" in again.err


def test_a_zone_that_does_not_exist_founds_nothing(run: Run) -> None:
    outcome = run("chapter", "found", "X", "--timezone", "Europe/Pariss")
    assert outcome.code == 1
    assert "Europe/Pariss" in outcome.err
    assert run("chapter", "list", "--json").json == []


def test_a_link_is_followed_once_and_unfollowed_by_name(run: Run, tmp_path: Path) -> None:
    run(*FOUND)
    link = link_of(run)
    other = tmp_path / "other"

    def there(*arguments: str) -> Outcome:
        return run(*arguments, at=other)

    assert there("follow", link, "--json").json["isNew"] is True
    assert there("follow", link, "--json").json["isNew"] is False
    (row,) = there("following", "--json").json
    # The link claims a name; it is not shown before the charter is here.
    assert (row["name"], row["isHere"]) == (None, False)
    agenda = there("agenda")
    assert agenda.code == 0
    assert "p2pevents sync" in agenda.err
    assert there("unfollow", row["chapter"][:10]).code == 0
    assert there("following", "--json").json == []


def test_a_broken_link_is_refused_with_the_way_out(run: Run) -> None:
    outcome = run("follow", "p2pevents://nonsense/")
    assert outcome.code == 1
    assert outcome.err.startswith("p2pevents: error: ")
    assert "p2pevents: hint: " in outcome.err


def test_an_organisers_command_without_a_chapter_says_how_to_found_one(run: Run) -> None:
    outcome = run("event", "add", "--title", "X", "--start", "2027-01-06 18:30")
    assert outcome.code == 1
    assert "p2pevents chapter found" in outcome.err


def test_two_chapters_ask_which_one_is_meant(run: Run) -> None:
    run(*FOUND)
    run("chapter", "found", "Lyon P2P (demo)", "--city", "Lyon", "--timezone", "Europe/Paris")
    outcome = run("event", "add", "--title", "X", "--start", "2027-01-06 18:30", "--end", "20:00")
    assert outcome.code == 1
    assert "--chapter" in outcome.err
    assert "Lyon P2P (demo)" in outcome.err
    chosen = run(
        "event",
        "add",
        "--title",
        "X",
        "--start",
        "2027-01-06 18:30",
        "--end",
        "20:00",
        "--chapter",
        "lyon",
    )
    assert chosen.code == 0


def test_status_tells_what_waits_and_what_to_type(run: Run) -> None:
    run(*FOUND)
    status = run("status", "--json").json
    assert {
        "peerId",
        "addresses",
        "peers",
        "records",
        "chapters",
        "lastSync",
        "behind",
        "uptime_s",
    } <= status.keys()
    assert (status["running"], status["behind"]) == (False, 2)
    assert "p2pevents run, or p2pevents sync, announces them" in run("status").err


def test_sync_without_a_peer_says_how_to_know_one(run: Run) -> None:
    outcome = run("sync")
    assert outcome.code == 1
    assert "this node knows no peer yet" in outcome.err


def test_a_link_leads_where_i_say(run: Run) -> None:
    run(*FOUND)
    place = "/dns4/paris.example.org/tcp/27410"
    outcome = run("chapter", "invite", "--at", place)
    assert f"at={place}/p2p/12D3Koo" in outcome.out
    assert outcome.err == ""
    other = f"{place}/p2p/12D3KooWLaLMWD6kf5c6QK7Htp7A5rVdqkWfKHVcDzHVg7vGzHTf"
    assert f"at={other}&" in run("chapter", "invite", "--at", other).out
    assert run("chapter", "invite", "--at", f"{place}/p2p/nobody").code == 1


def test_a_link_to_my_own_network_alone_is_told(run: Run) -> None:
    run(*FOUND)
    assert "--at" in run("chapter", "invite", "--at", "/ip4/192.168.1.5/tcp/27410").err
    assert run("chapter", "invite", "--at", "/ip4/8.8.4.4/tcp/27410").err == ""
    assert run("chapter", "invite", "--at", "192.168.1.5").code == 1


def test_a_chapter_without_a_zone_is_told_of_it(run: Run) -> None:
    assert "--zone" in run("chapter", "found", "Nowhere").err
    outcome = run("event", "add", "--title", "X", "--start", "2027-01-06")
    assert "write --zone Europe/Paris" in outcome.err


def test_who_organises_nothing_is_sent_to_the_agenda(run: Run) -> None:
    assert "p2pevents agenda --ids" in run("event", "list").out


def test_an_agenda_shows_ids_where_asked(run: Run) -> None:
    run(*FOUND)
    said = run("event", "add", "--title", "X", "--start", "2027-01-06 18:30", "--json").json
    assert said["id"][:8] not in run("agenda").out
    assert said["id"][:8] in run("agenda", "--ids").out


def test_an_agenda_of_what_has_not_arrived_does_not_say_that_nothing_is_planned(
    run: Run, tmp_path: Path
) -> None:
    run(*FOUND)
    link = link_of(run)
    run("follow", link, at=tmp_path / "other")
    outcome = run("agenda", at=tmp_path / "other")
    assert outcome.out == ""
    assert "p2pevents sync" in outcome.err
    assert "nothing is planned" in run("agenda").out


def test_a_chapter_whose_sheet_cannot_be_kept_is_not_founded(run: Run, tmp_path: Path) -> None:
    in_the_way = tmp_path / "in the way"
    in_the_way.write_text("a file, no folder")
    outcome = run(*FOUND, "--sheet", str(in_the_way / "sheet.txt"))
    assert outcome.code == 1
    assert run("chapter", "list", "--json").json == []
    assert run("status", "--json").json["behind"] == 0


def test_a_chapter_founded_without_a_zone_can_be_given_one(run: Run) -> None:
    run("chapter", "found", "Paris P2P (demo)")
    assert run("chapter", "edit", "--timezone", "Europe/Paris", "--city", "Paris").code == 0
    shown = run("chapter", "show", "--json").json
    assert (shown["name"], shown["timeZone"], shown["city"]) == (
        "Paris P2P (demo)",
        "Europe/Paris",
        "Paris",
    )
    assert run("chapter", "edit").code == 1


def test_what_is_announced_stands_in_links_and_in_the_profile(run: Run, home: Path) -> None:
    run(*FOUND)
    before = run("chapter", "edit", "--announce")
    assert before.code == 1
    assert "no public address to announce" in before.err
    (home / "config.toml").write_text(
        'announce = ["/dns4/paris.example.org/tcp/27410", "/ip4/192.168.1.7/tcp/27410"]\n'
    )
    assert "at=/dns4/paris.example.org/tcp/27410/p2p/12D3Koo" in link_of(run)
    assert run("chapter", "edit", "--announce").code == 0
    log = SqliteLog(home / "log.sqlite3")
    (told,) = told_by_profiles(log)
    log.close()
    assert told.startswith("/dns4/paris.example.org/tcp/27410/p2p/12D3Koo")


@pytest.mark.parametrize("option", ["--from", "--to"])
@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_a_day_that_no_record_can_hold_is_said_to_be_none(run: Run, option: str, day: str) -> None:
    outcome = run("agenda", option, day)
    assert outcome.code == 1
    assert f"{option}: {day} is not within the years 1900 to 2199" in outcome.err
    for edge in ("1900-01-01", "2199-12-31"):
        assert run("agenda", "--from", edge).code == 0
