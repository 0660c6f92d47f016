"""The doctor finds what is wrong, says what to type, mends what can be, and tells no secret."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from p2pevents.keys.key_file import KeyFile, KeyKind
from p2pevents.keys.node_key import load_node_key
from p2pevents.node.doctor.checks import CHECKS
from p2pevents.node.presence import Presence
from p2pevents.record.ids import to_text
from tests.cli.conftest import Run
from tests.cli.people import PARIS

PAGE_BYTES = 4096
EVENTS = 40


def found(run: Run, *options: str) -> dict[str, list[Any]]:
    by_check: dict[str, list[Any]] = {}
    for finding in run("doctor", "--json", *options).json["findings"]:
        by_check.setdefault(finding["check"], []).append(finding)
    return by_check


@pytest.fixture
def chapter(run: Run, home: Path) -> Path:
    assert run("chapter", "found", *PARIS).code == 0
    assert run("chapter", "sheet", "confirm").code == 0
    assert run("event", "add", "--title", "One", "--start", "2027-01-06 18:30").code == 0
    return home


def test_a_home_that_is_not_there_is_healthy_and_is_not_made(run: Run, home: Path) -> None:
    outcome = run("doctor")
    assert outcome.code == 0
    assert "is not there yet" in outcome.out
    assert not home.exists()


def test_a_chapter_in_order_has_nothing_bad(run: Run, chapter: Path) -> None:
    outcome = run("doctor", "--json")
    assert outcome.code == 0
    assert outcome.json["healthy"] is True
    named = {finding["check"] for finding in outcome.json["findings"]}
    assert named <= set(CHECKS)
    assert "bad" not in {finding["grade"] for finding in outcome.json["findings"]}


def test_what_is_missing_is_said(run: Run) -> None:
    run("chapter", "found", *PARIS)
    findings = found(run)
    assert findings["sheet"][0]["grade"] == "bad"
    assert "chapter sheet confirm" in findings["sheet"][0]["hint"]
    assert "no date to come" in findings["next date"][0]["message"]
    assert "knows no peer" in findings["peers"][0]["message"]
    assert "wait to be announced" in findings["node"][0]["message"]
    assert run("doctor").code == 1


def test_what_others_can_read_is_bad_and_is_mended(run: Run, chapter: Path) -> None:
    chapter.chmod(0o755)
    (chapter / "log.sqlite3").chmod(0o644)
    (finding,) = found(run)["home"]  # a log that opens has made its own file private again
    assert finding["grade"] == "bad"
    assert finding["hint"] == f"chmod 700 {chapter}"
    run("doctor", "--repair")
    assert found(run)["home"][0]["grade"] == "good"
    assert chapter.stat().st_mode & 0o777 == 0o700


def test_a_key_that_others_can_read_is_bad(run: Run, chapter: Path) -> None:
    (key,) = (chapter / "keys").glob("daily-*")
    key.chmod(0o644)
    (finding,) = found(run)["keys"]
    assert "others on this machine may read" in finding["message"]
    assert finding["hint"] == f"chmod 600 {key}"


def test_a_configuration_that_cannot_be_is_bad(run: Run, chapter: Path) -> None:
    (chapter / "config.toml").write_text("outbound_peer = 8\n")
    (finding,) = found(run)["configuration"]
    assert "there is no such key" in finding["message"]
    assert "outbound_peers" in finding["hint"]


def test_a_grant_that_ends_soon_is_named(run: Run, chapter: Path, tmp_path: Path) -> None:
    key = run("me", "--json", at=tmp_path / "bea").json["link"]
    soon = (datetime.now(tz=UTC).date() + timedelta(days=5)).isoformat()
    outcome = run("organiser", "add", key, "--role", "editor", "--until", soon)
    assert outcome.code == 0, outcome.err
    (finding,) = found(run)["grants"]
    assert "ends on" in finding["message"]
    assert "organiser add KEY" in finding["hint"]


@pytest.mark.parametrize(
    ("sight", "grade"),
    [("outside", "good"), ("nearby", "note"), ("unreached", "bad"), ("unknown", "note")],
)
def test_what_peers_say_of_reach_is_said(run: Run, chapter: Path, sight: str, grade: str) -> None:
    address = "/ip4/192.0.2.7/tcp/27410"
    with Presence.hold(chapter) as presence:
        reach = {"sight": sight, "asked": 2, "reached": [address], "seen": []}
        presence.say({"addresses": [address], "peers": [], "reach": reach})
        (finding,) = found(run)["reach"]
    assert finding["grade"] == grade
    assert bool(finding["hint"]) == (grade == "bad")
    assert "reach" not in found(run)


def flip_a_record(home: Path) -> None:
    connection = sqlite3.connect(home / "log.sqlite3")
    (arrival, body), *_ = connection.execute(
        "SELECT arrival, body FROM content WHERE body IS NOT NULL ORDER BY arrival"
    )
    connection.execute(
        "UPDATE content SET body = ? WHERE arrival = ?",
        (bytes([body[0]]) + bytes([body[1] ^ 1]) + body[2:], arrival),
    )
    connection.commit()
    connection.close()


def test_a_record_with_a_flipped_bit_is_found_and_removed(run: Run, chapter: Path) -> None:
    flip_a_record(chapter)
    (finding,) = found(run)["log"]
    assert finding["grade"] == "bad"
    assert "1 of its records are damaged" in finding["message"]
    outcome = run("doctor", "--repair", "--json")
    assert outcome.json["repaired"] == [
        "log: 1 damaged records removed: p2pevents sync brings them again"
    ]
    assert found(run)["log"][0]["grade"] == "good"


def break_pages(home: Path, tables: str) -> None:
    """Make every tenth leaf of a table something else."""
    path = home / "log.sqlite3"
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    leaves = [
        number
        for (number,) in connection.execute(
            "SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'leaf'", (tables,)
        )
    ]
    connection.close()
    data = bytearray(path.read_bytes())
    for number in leaves[1::4]:
        data[(number - 1) * PAGE_BYTES : number * PAGE_BYTES] = b"\xff" * PAGE_BYTES
    path.write_bytes(data)


def test_a_damaged_log_is_made_anew_from_what_can_be_read(run: Run, chapter: Path) -> None:
    for number in range(EVENTS):
        run("event", "add", "--title", f"Evening {number}", "--start", "2027-02-03 18:30")
    before = len(run("event", "list", "--json").json)
    break_pages(chapter, "content")
    (finding,) = found(run)["log"]
    assert finding["grade"] == "bad"
    assert "doctor --repair" in finding["hint"]
    sound = (chapter / "log.sqlite3").read_bytes()

    (mended,) = run("doctor", "--repair", "--json").json["repaired"]
    assert "were saved" in mended
    assert (chapter / "log.sqlite3.damaged-1").read_bytes() == sound
    assert found(run)["log"][0]["grade"] == "good"
    after = len(run("event", "list", "--json").json)
    assert before // 2 < after < before
    assert run("status", "--json").json["behind"] >= after
    assert run("event", "add", "--title", "Two", "--start", "2027-03-03 18:30").code == 0


def test_what_is_no_database_any_more_is_put_aside(run: Run, chapter: Path) -> None:
    (chapter / "log.sqlite3").write_bytes(b"\0" * 8192)
    outcome = run("agenda")
    assert outcome.code == 1
    assert "doctor --repair" in outcome.err
    assert found(run)["log"][0]["grade"] == "bad"
    run("doctor", "--repair")
    assert run("agenda").code == 0
    assert (chapter / "log.sqlite3.damaged-1").read_bytes() == b"\0" * 8192


def test_no_secret_is_in_what_the_doctor_says(run: Run, chapter: Path) -> None:
    secrets = [to_text(load_node_key(chapter / "node.key").reveal())]
    for path in (chapter / "keys").glob("daily-*"):
        key = KeyFile.parse(path.read_text(), kind=KeyKind.DAILY, file="key")
        secrets.append(to_text(key.open(passphrase=None, box_key=None, file="key").reveal()))
    (chapter / "config.toml").write_text("outbound_peer = 8\n")
    (chapter / "node.key").chmod(0o644)
    said = [run("doctor", *options) for options in ((), ("--json",), ("-vv",))]
    for path in (chapter / "keys").glob("daily-*"):
        path.chmod(0o600)
        path.write_text(path.read_text().replace("kind: daily", "kind: node"))
    said += [run("doctor"), run("doctor", "--repair")]
    for outcome in said:
        for secret in secrets:
            assert len(secret) > 40
            assert secret not in outcome.out + outcome.err
            assert secret[1:20] not in outcome.out + outcome.err
