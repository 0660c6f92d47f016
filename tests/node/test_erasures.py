"""Erasure: hidden and not served at once, deleted after seven days, and undone while it can be."""

from __future__ import annotations

import pytest

from p2pevents.log.memory import MemoryLog
from p2pevents.node import erasures
from p2pevents.node.answers import answer_from
from p2pevents.node.erasures import ERASE_WAIT_MS
from p2pevents.node.ingest import Ingest, Why
from p2pevents.node.ledger import Ledger
from p2pevents.node.reading import Reader
from p2pevents.record.authority_kinds import Revoke
from p2pevents.record.envelope import Verified
from p2pevents.sync.effects import Collection, ReadItems, ReadMissing, ReadPage, ReadWanted
from p2pevents.sync.inputs import ItemsRead, MissingRead, PageRead, WantedRead
from tests.node.community import NOW_MS, Community, door, in_set, key, offer

PARIS = Community()
ADA, BOB, CLEO = PARIS.leads


def served(ingest: Ingest, record: Verified) -> set[bytes | None]:
    """The bodies under which a record is served, whatever it is asked for by."""
    ledger = Ledger(ingest.log)
    page = answer_from(
        ingest,
        ledger,
        ReadPage(collection=Collection.RECORDS, after=0, upto=1000),
    )
    by_id = answer_from(ingest, ledger, ReadItems(ids=(record.id,)))
    wanted = answer_from(ingest, ledger, ReadWanted(ids=(record.id,)))
    assert isinstance(page, PageRead)
    assert isinstance(by_id, ItemsRead)
    assert isinstance(wanted, WantedRead)
    items = (*page.items, *by_id.items, *wanted.items)
    return {body for envelope, body in items if envelope == record.envelope}


def missing(ingest: Ingest) -> tuple[bytes, ...]:
    answer = answer_from(ingest, Ledger(ingest.log), ReadMissing())
    assert isinstance(answer, MissingRead)
    return answer.ids


def title(ingest: Ingest, record: Verified) -> str | None:
    reader = Reader(ingest.log, ingest.charters, now_ms=lambda: NOW_MS)
    merged = reader.object(record.header.object_id)
    shown = merged.shown if merged else None
    return getattr(shown, "title", None)


def body_of(ingest: Ingest, record: Verified) -> bytes | None:
    stored = ingest.log.record(record.id)
    assert stored is not None
    return stored.body


def test_an_erased_body_is_not_served_and_not_shown_at_once() -> None:
    """KIND-16, SYNC-43."""
    record = PARIS.write(BOB)
    ingest = door(PARIS.genesis, record)
    assert served(ingest, record) == {record.body}
    assert title(ingest, record)
    offer(ingest, PARIS.erase(BOB, record.id))
    assert served(ingest, record) == {None}
    assert title(ingest, record) is None
    assert in_set(ingest, record) == [True]
    assert body_of(ingest, record) == record.body  # for seven days it can come back


def test_a_lead_erases_what_anyone_wrote_and_a_delegate_only_their_own() -> None:
    """KIND-15."""
    eve, dan = PARIS.grant("eve"), PARIS.grant("dan")
    by_eve, by_dan = PARIS.write("eve", under=eve.id), PARIS.write("dan", under=dan.id)
    ingest = door(PARIS.genesis, eve, dan, by_eve, by_dan)
    offer(ingest, PARIS.erase("eve", by_eve.id, by_dan.id, under=eve.id))
    assert (served(ingest, by_eve), served(ingest, by_dan)) == ({None}, {by_dan.body})
    offer(ingest, PARIS.erase(ADA, by_dan.id))
    assert served(ingest, by_dan) == {None}


def test_another_chapters_lead_erases_nothing_here() -> None:
    lyon = Community("yan")
    record = PARIS.write(BOB)
    ingest = door(PARIS.genesis, lyon.genesis, record)
    offer(ingest, lyon.erase(lyon.leads[0], record.id))
    assert served(ingest, record) == {record.body}


def test_neither_authority_nor_an_erase_is_erased() -> None:
    record, grant = PARIS.write(BOB), PARIS.grant("eve")
    erase = PARIS.erase(BOB, record.id)
    ingest = door(PARIS.genesis, record, grant, erase)
    offer(ingest, PARIS.erase(ADA, erase.id, grant.id))
    assert served(ingest, record) == {None}
    assert served(ingest, erase) == {erase.body}
    ingest.tick(now_ms=NOW_MS + ERASE_WAIT_MS)
    assert body_of(ingest, grant) == grant.body


@pytest.mark.parametrize("is_together", [True, False])
def test_a_body_that_comes_after_its_erase_is_not_kept_and_not_asked_for(is_together: bool) -> None:
    """SYNC-43."""
    record = PARIS.write(BOB)
    erase = PARIS.erase(BOB, record.id)
    ingest = door(PARIS.genesis)
    if is_together:
        assert offer(ingest, record, erase) == [Why.NEW, Why.NEW]
    else:
        assert [offer(ingest, erase), offer(ingest, record)] == [[Why.NEW], [Why.NEW]]
    assert body_of(ingest, record) is None
    assert missing(ingest) == ()
    assert offer(ingest, record) == [Why.KNOWN]
    assert body_of(ingest, record) is None


def test_bodies_that_are_missing_are_asked_for_behind_many_that_are_erased() -> None:
    erased = [PARIS.write(BOB) for _ in range(100)]
    ingest = door(PARIS.genesis, PARIS.erase(BOB, *(one.id for one in erased)), *erased)
    wanted = PARIS.write(BOB)
    ingest.offer([(wanted.envelope, None)], now_ms=NOW_MS)
    assert missing(ingest) == (wanted.id,)


def test_the_body_is_deleted_after_seven_days() -> None:
    """KIND-16."""
    record = PARIS.write(BOB)
    ingest = door(PARIS.genesis, record)
    offer(ingest, PARIS.erase(BOB, record.id))
    ingest.tick(now_ms=NOW_MS + ERASE_WAIT_MS - 1)
    assert body_of(ingest, record) == record.body
    ingest.tick(now_ms=NOW_MS + ERASE_WAIT_MS)
    stored = ingest.log.record(record.id)
    assert stored is not None
    assert (stored.body, stored.erased) == (None, True)
    assert ingest.log.missing_bodies(limit=9) == []
    assert offer(ingest, record) == [Why.KNOWN]


def test_an_erase_that_falls_with_its_key_gives_the_body_back() -> None:
    eve = PARIS.grant("eve")
    record = PARIS.write("eve", under=eve.id)
    by_thief = PARIS.erase(CLEO, record.id)
    ingest = door(PARIS.genesis, eve, record)
    offer(ingest, by_thief)
    assert served(ingest, record) == {None}
    offer(ingest, PARIS.entry(ADA, BOB, by=(ADA, BOB)))
    assert in_set(ingest, by_thief) == [False]
    assert served(ingest, record) == {record.body}
    ingest.tick(now_ms=NOW_MS + 2 * ERASE_WAIT_MS)
    assert body_of(ingest, record) == record.body


def test_an_erase_that_another_process_wrote_hides_here_too() -> None:
    log = MemoryLog(incarnation=bytes(16))
    record = PARIS.write(BOB)
    daemon, command = door(PARIS.genesis, record, log=log), door(log=log)
    assert served(daemon, record) == {record.body}
    offer(command, PARIS.erase(BOB, record.id))
    daemon.read_on(now_ms=NOW_MS)
    assert served(daemon, record) == {None}


def test_a_void_erase_and_one_without_a_body_hide_nothing() -> None:
    record = PARIS.write(BOB)
    void = PARIS.write(BOB, kind="erase", path=("x",), fields={"ids": [NOW_MS, "no ids"]})
    whole = PARIS.erase(BOB, record.id)
    ingest = door(PARIS.genesis, record, void)
    ingest.offer([(whole.envelope, None)], now_ms=NOW_MS)
    assert served(ingest, record) == {record.body}
    assert offer(ingest, whole) == [Why.COMPLETED]
    assert served(ingest, record) == {None}


def test_what_is_read_of_a_chapters_erases_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasures, "ERASED_IDS_MAX", 5)
    ids = [bytes((number,)) * 32 for number in range(20)]
    ingest = door(PARIS.genesis, *(PARIS.erase(BOB, *ids[at : at + 4]) for at in range(0, 20, 4)))
    assert len(ingest.erasures._of(PARIS.chapter)) == 5


def test_many_bodies_are_deleted_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasures, "BODIES_DELETED_MAX", 2)
    records = [PARIS.write(BOB) for _ in range(5)]
    ingest = door(PARIS.genesis, *records)
    offer(ingest, PARIS.erase(BOB, *(one.id for one in records)))
    later_ms = NOW_MS + ERASE_WAIT_MS
    assert [ingest.tick(now_ms=later_ms) for _ in range(4)] == [True, True, True, False]
    assert [body_of(ingest, one) for one in records] == [None] * 5


def test_an_unrelated_key_erases_nothing() -> None:
    record = PARIS.write(BOB)
    ingest = door(PARIS.genesis, record, PARIS.act(Revoke(key=key("eve"))))
    assert offer(ingest, PARIS.erase("eve", record.id)) == [Why.REFUSED]
    assert served(ingest, record) == {record.body}
