"""Notes that cannot be read are as if they were not there, and are told of once."""

from __future__ import annotations

import random

import pytest

from p2pevents.errors import LogError
from p2pevents.log.memory import MemoryLog
from p2pevents.log.notes import read_note
from p2pevents.node.clerk import Clerk
from p2pevents.node.core.passing import Passing
from p2pevents.node.cursors import Cursors
from p2pevents.node.inbox.tickets import kept_tickets
from p2pevents.node.ingest import Ingest
from p2pevents.node.names import key_names
from p2pevents.node.pending import Pending
from p2pevents.sync.messages import Cursor
from p2pevents.web.subscribers import subscribers_of
from tests.cli.test_garbled_notes import GARBLED


def test_a_note_that_cannot_be_read_is_told_of_once(caplog: pytest.LogCaptureFixture) -> None:
    local = MemoryLog(incarnation=bytes(16)).local
    assert read_note(local, "told-once", int) is None
    assert not caplog.records
    local.set_note("told-once", b"no number")
    assert [read_note(local, "told-once", int) for _ in range(3)] == [None, None, None]
    assert [each.getMessage() for each in caplog.records] == [
        "the log's note 'told-once' cannot be read, and is passed over"
    ]
    local.set_note("told-once", b"7")
    assert read_note(local, "told-once", int) == 7


def test_a_log_that_cannot_be_read_is_no_note_that_cannot() -> None:
    class Broken:
        def note(self, key: str) -> bytes | None:
            raise LogError(f"{key}: the disk refuses")

    with pytest.raises(LogError):
        read_note(Broken(), "any", int)  # type: ignore[arg-type]


def test_random_bytes_are_as_if_there_were_no_note() -> None:
    rng = random.Random(5)
    for garbled in (*GARBLED.values(), *(rng.randbytes(rng.randrange(1, 80)) for _ in range(200))):
        log = MemoryLog(incarnation=bytes(16))
        for note in (
            "key-names",
            "subscribers",
            "inbox-tickets",
            "pending-entries",
            "read-for",
            "read-past",
        ):
            log.local.set_note(note, garbled)
        log.local.set_note("anchors", b"\xff" + garbled)
        assert key_names(log.local) == {}
        assert subscribers_of(log.local) == []
        assert kept_tickets(log.local) == []
        assert Pending(log.local).all() == []
        clerk = Clerk(log=log, ingest=Ingest(log), passing=Passing(), now_ms=lambda: 0)
        assert clerk.anchors() is None
        cursors = Cursors(log, waits=lambda: False)
        cursors.remember("p", Cursor(incarnation=b"i", position=1), window="2026-01", now_ms=0)
        assert cursors.cursor("p", window="2026-01", day=1) is None
