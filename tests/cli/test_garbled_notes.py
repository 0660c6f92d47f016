"""Notes in the log's local state that a flipped bit or another program made end no command."""

from __future__ import annotations

import pytest

from p2pevents.log.sqlite import SqliteLog
from tests.cli.people import Person

NOTES = (
    "anchors", "changes-seen", "inbox-tickets", "judge-again", "key-names", "left-chapters",
    "my-key", "pending-entries", "read-for", "reminders", "role", "signed-entries", "store-salt",
    "subscribers",
)  # fmt: skip
# No text, text of another form, CBOR and MessagePack of another shape, and what nests deeply.
GARBLED = {
    "nothing": b"",
    "no-text": b"\xff\xfe\x80",
    "a-list": b"[1]",
    "an-odd-key": b'{"zz": "Ana"}',
    "a-short-key": b'{"aa": "Ana"}',
    "a-name-that-is-none": b'{"' + b"aa" * 32 + b'": 7}',
    "a-name-no-screen-shows": b'{"' + b"aa" * 32 + b'": "\\u001b[2J"}',
    "cbor-of-another-shape": b"\x81\x01",
    "cbor-of-many-rows": b"\x82\x83\x41a\x41b\x41c\x81\x41a",
    "messagepack-of-another-shape": b"\x91\x81\xa6digest\x01",
    "brackets": b"[" * 100_000,
}
COMMANDS = (
    ("name",),
    ("organiser", "list"),
    ("organiser", "pending"),
    ("chapter", "show"),
    ("feed", "list"),
    ("feed", "add", "Ben"),
    ("proposal", "list"),
    ("changes",),
    ("agenda",),
    ("following",),
    ("status",),
    ("doctor",),
    ("remind",),
)


@pytest.mark.parametrize("garbled", GARBLED.values(), ids=GARBLED)
def test_no_command_ends_by_a_note_that_cannot_be_read(ana: Person, garbled: bytes) -> None:
    whole = {command: ana(*command).code for command in COMMANDS}
    log = SqliteLog(ana.home / "log.sqlite3")
    for note in NOTES:
        log.local.set_note(note, garbled)
    log.close()
    key = ana.does("me")["key"]
    for command in COMMANDS:
        outcome = ana(*command)
        assert "unexpected" not in outcome.err, (command, outcome.err)
        assert outcome.code == whole[command], (command, outcome.err)
    ana.does("name", key, "Ben")
    assert [each["name"] for each in ana.does("name") if each["what"] == "key"] == ["Ben"]
    assert [each["name"] for each in ana.does("feed", "list")] == ["Ben"]
