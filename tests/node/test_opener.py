"""The same bytes are checked once, whatever way they come, and on whatever thread."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Thread

import pytest

from p2pevents.node import opener
from p2pevents.node.ingest import Ingest, Why
from p2pevents.node.opener import (
    Item,
    Opener,
    Refusal,
    open_item,
    open_items,
)
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from tests.node.community import NOW_MS, Community, door, item, offer

PARIS = Community()
ADA = PARIS.leads[0]


def unopened_of(ingest: Ingest, items: Sequence[Item]) -> list[Item]:
    looked = ingest.look(items)
    return [item for item, known in zip(items, looked, strict=True) if known is None]


class Counting:
    """Opens as ever, and counts."""

    def __init__(self) -> None:
        self.opened = 0

    def __call__(self, envelope: bytes, body: bytes | None) -> Verified | Entry:
        self.opened += 1
        return open_item(envelope, body)


def test_a_record_that_comes_by_push_gossip_and_sync_is_verified_once() -> None:
    counting = Counting()
    ingest = Ingest(door(PARIS.genesis).log, opening=counting)
    record = PARIS.write(ADA)
    assert [offer(ingest, record) for _ in range(3)] == [[Why.NEW], [Why.KNOWN], [Why.KNOWN]]
    assert counting.opened == 1


def test_malformed_bytes_are_checked_once_and_do_not_bar_the_good_ones() -> None:
    counting = Counting()
    ingest = Ingest(door(PARIS.genesis).log, opening=counting)
    record = PARIS.write(ADA)
    bad: Item = record.envelope[:-1] + bytes((record.envelope[-1] ^ 1,)), record.body
    found = [ingest.offer([bad], now_ms=NOW_MS)[0] for _ in range(3)]
    assert [(each.why, each.rule) for each in found] == [(Why.MALFORMED, "envelope-signature")] * 3
    assert counting.opened == 1
    assert offer(ingest, record) == [Why.NEW]


def test_the_same_envelope_with_another_body_is_another_item() -> None:
    opening = Opener()
    record = PARIS.write(ADA)
    assert isinstance(opening.open((record.envelope, b"other")), Refusal)
    assert opening.open(item(record)) == record
    bare = opening.open((record.envelope, None))
    assert isinstance(bare, Verified)
    assert bare.body is None


def test_what_another_thread_opened_is_not_opened_again() -> None:
    counting = Counting()
    ingest = Ingest(door(PARIS.genesis).log, opening=counting)
    records = [PARIS.write(ADA) for _ in range(5)]
    bad: Item = records[0].envelope[:-1] + bytes((records[0].envelope[-1] ^ 1,)), records[0].body
    unopened = unopened_of(ingest, [*map(item, records), bad])
    assert len(unopened) == 6
    thread = Thread(
        target=lambda: ingest.remember(zip(unopened, open_items(unopened), strict=True))
    )
    thread.start()
    thread.join()
    assert unopened_of(ingest, [*map(item, records), bad]) == []
    findings = ingest.offer([*map(item, records), bad], now_ms=NOW_MS)
    assert [each.why for each in findings] == [Why.NEW] * 5 + [Why.MALFORMED]
    assert counting.opened == 0


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opener, "OPENED_BYTES_MAX", 2000)
    monkeypatch.setattr(opener, "REFUSALS_MAX", 3)
    opening = Opener()
    records = [PARIS.write(ADA, fill=300) for _ in range(9)]
    for number, record in enumerate(records):
        opening.open(item(record))
        opening.open((bytes((number,)), None))
    assert len(opening._refused) == 3
    held = sum(len(each.envelope) for each in opening._opened.values())
    assert 0 < held <= opening._opened_bytes <= 2000
    assert opening.look(item(records[-1])) == records[-1]
    assert opening.look(item(records[0])) is None
