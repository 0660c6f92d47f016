"""The one door: what is kept, what waits, what is refused, and that order changes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, strategies as st

from p2pevents.authority import found
from p2pevents.errors import LogError
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Arrival, LogStanding, Outcome
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node import room
from p2pevents.node.ingest import AHEAD_MS_MAX, Ingest, Why
from p2pevents.node.opener import Opened
from p2pevents.record.draft import EventDraft, compose
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified, seal
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import component_of
from p2pevents.record.kinds import Kind
from p2pevents.record.signature import public_key_of
from p2pevents.record.verdict import Verdict

NOW_MS = 1_577_959_200_000
Item = tuple[bytes, bytes | None]


@dataclass(frozen=True, slots=True)
class Chapter:
    """A chapter with one lead, whose keys are made from a number."""

    number: int
    charter: bytes = field(init=False)
    daily: bytes = field(init=False)
    genesis: Entry = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "charter", bytes([1, self.number] * 16))
        object.__setattr__(self, "daily", bytes([2, self.number] * 16))
        genesis = found(charter_seed=self.charter, daily_seed=self.daily, salt=bytes(16))
        object.__setattr__(self, "genesis", genesis)

    def event(
        self,
        title: str,
        *,
        clock_ms: int = NOW_MS,
        seed: bytes | None = None,
        description: str = "",
    ) -> Verified:
        """An event by the lead, or by whoever holds `seed` under the lead's authority."""
        seed = seed or self.daily
        words = EventDraft.from_words(
            title=title,
            start="2020-01-08 18:30",
            end="23:00",
            zone="Europe/Paris",
            description=description,
        )
        path = (component_of(title.encode().ljust(10, b".")),)
        header, body = compose(
            object_id=ObjectId(chapter=self.genesis.chapter, kind=Kind.EVENT.value, path=path),
            changes=words.changes,
            author=public_key_of(seed),
            authority=self.genesis.id,  # type: ignore[arg-type]
            now_ms=clock_ms,
            salt=bytes(16),
        )
        return seal(header, body, seed=seed)


PARIS = Chapter(1)
GENESIS: Item = (PARIS.genesis.envelope, None)


def item(record: Verified) -> Item:
    return record.envelope, record.body


def new_door(items: Sequence[Item] = (GENESIS,)) -> Ingest:
    ingest = Ingest(MemoryLog(incarnation=bytes(16)))
    if items:
        ingest.offer(items, now_ms=NOW_MS)
    return ingest


def whys(ingest: Ingest, *items: Item, now_ms: int = NOW_MS) -> list[Why]:
    return [finding.why for finding in ingest.offer(items, now_ms=now_ms)]


def test_a_leads_record_is_kept_and_known_the_second_time() -> None:
    ingest = new_door()
    record = PARIS.event("One")
    assert whys(ingest, item(record)) == [Why.NEW]
    assert whys(ingest, item(record)) == [Why.KNOWN]
    stored = ingest.log.record(record.id)
    assert stored is not None
    assert (stored.envelope, stored.body) == item(record)


def test_a_body_that_comes_later_completes_its_record() -> None:
    ingest = new_door()
    record = PARIS.event("One")
    assert whys(ingest, (record.envelope, None)) == [Why.NEW]
    assert whys(ingest, item(record)) == [Why.COMPLETED]


def test_one_changed_byte_anywhere_is_rejected_and_blamed() -> None:
    record = PARIS.event("One")
    ingest = new_door()
    for place in range(0, len(record.envelope), 7):
        ingest = new_door()
        changed = bytearray(record.envelope)
        changed[place] ^= 1
        (finding,) = ingest.offer([(bytes(changed), record.body)], now_ms=NOW_MS)
        assert finding.verdict is Verdict.REJECT
        assert finding.rule
    assert ingest.log.total().records == 0


def test_a_bad_signature_sent_first_does_not_block_the_good_one() -> None:
    ingest = new_door()
    record = PARIS.event("One")
    bad = record.envelope[:-64] + bytes(64)
    assert whys(ingest, (bad, record.body)) == [Why.MALFORMED]
    assert whys(ingest, (bad, record.body)) == [Why.MALFORMED]
    assert whys(ingest, item(record)) == [Why.NEW]


def test_a_strangers_record_is_refused_without_blame_and_not_stored() -> None:
    ingest = new_door()
    strange = PARIS.event("Mine now", seed=bytes(range(32)))
    (finding,) = ingest.offer([item(strange)], now_ms=NOW_MS)
    assert (finding.why, finding.verdict) == (Why.REFUSED, Verdict.IGNORE)
    assert ingest.log.record(strange.id) is None


def test_a_record_of_unknown_authority_waits_and_enters_with_its_charter() -> None:
    ingest = new_door(())
    record = PARIS.event("One")
    assert whys(ingest, item(record)) == [Why.AUTHORITY]
    assert ingest.log.record(record.id) is None
    assert whys(ingest, GENESIS) == [Why.NEW]
    assert ingest.log.record(record.id) is not None
    assert ingest.waiting.counts() == {"authority": 0, "clock": 0}


def test_authority_and_records_may_come_in_one_batch_in_any_order() -> None:
    ingest = new_door(())
    assert whys(ingest, item(PARIS.event("One")), GENESIS) == [Why.NEW, Why.NEW]


def test_a_clock_ahead_waits_until_this_nodes_clock_is_near() -> None:
    ingest = new_door()
    on_the_edge = PARIS.event("Edge", clock_ms=NOW_MS + AHEAD_MS_MAX)
    ahead = PARIS.event("Ahead", clock_ms=NOW_MS + AHEAD_MS_MAX + 1)
    assert whys(ingest, item(on_the_edge), item(ahead)) == [Why.NEW, Why.CLOCK]
    ingest.tick(now_ms=NOW_MS)
    assert ingest.log.record(ahead.id) is None
    ingest.tick(now_ms=NOW_MS + 1)
    assert ingest.log.record(ahead.id) is not None


def test_an_own_record_that_is_not_taken_does_not_come_in_later() -> None:
    ingest = new_door()
    ahead = PARIS.event("Ahead", clock_ms=NOW_MS + AHEAD_MS_MAX + 1)
    (found,) = ingest.offer([item(ahead)], now_ms=NOW_MS, own=True)
    assert found.why is Why.CLOCK
    ingest.tick(now_ms=NOW_MS + 1)
    assert ingest.log.record(ahead.id) is None


def test_what_waits_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    from p2pevents.node import waiting

    monkeypatch.setattr(waiting, "UNKNOWN_BYTES_MAX", 3000)
    monkeypatch.setattr(waiting, "AHEAD_RECORDS_MAX", 2)
    ingest = new_door(())
    records = [PARIS.event(f"E{number}", description="x" * 400) for number in range(10)]
    whys(ingest, *(item(record) for record in records))
    assert 0 < ingest.waiting.counts()["authority"] < 10
    later = [PARIS.event(f"L{n}", clock_ms=NOW_MS + 10 * AHEAD_MS_MAX) for n in range(5)]
    ingest.offer([GENESIS, *map(item, later)], now_ms=NOW_MS)
    assert ingest.waiting.counts()["clock"] == 2


def test_a_key_at_its_cap_is_closed_and_another_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "AUTHOR_RECORDS_MAX", 3)
    ingest = new_door()
    records = [PARIS.event(f"E{number}") for number in range(5)]
    assert whys(ingest, *map(item, records)) == [Why.NEW] * 3 + [Why.CLOSED] * 2
    assert whys(ingest, item(records[0])) == [Why.KNOWN]
    lyon = Chapter(2)
    assert whys(ingest, (lyon.genesis.envelope, None), item(lyon.event("L"))) == [Why.NEW] * 2


def test_a_known_record_needs_no_room_in_a_full_batch(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "AUTHOR_RECORDS_MAX", 3)
    ingest = new_door()
    first, second, third = (item(PARIS.event(name)) for name in ("A", "B", "C"))
    assert whys(ingest, first, second) == [Why.NEW, Why.NEW]
    assert whys(ingest, first, second, third) == [Why.KNOWN, Why.KNOWN, Why.NEW]


class FullLog(MemoryLog):
    """A log whose disk is full when told so."""

    is_full = False

    def append(self, batch: Sequence[Arrival], *, now_ms: int) -> list[Outcome]:
        if self.is_full:
            raise LogError("no room on the disk")
        return super().append(batch, now_ms=now_ms)


def test_a_full_disk_keeps_nothing_and_forgets_the_authority_it_brought() -> None:
    log = FullLog(incarnation=bytes(16))
    ingest = Ingest(log)
    log.is_full = True
    with pytest.raises(LogError):
        ingest.offer([GENESIS, item(PARIS.event("One"))], now_ms=NOW_MS)
    log.is_full = False
    # Were the authority still in memory, this record would be kept without its charter.
    assert whys(ingest, item(PARIS.event("Two"))) == [Why.AUTHORITY]


def opened(ingest: Ingest, *items: Item) -> list[Opened]:
    return ingest.open(items)


def test_an_offer_that_waits_for_the_disk_is_ended_by_the_next_one() -> None:
    """Each has its own findings, and they are those of one after the other."""
    ingest = new_door()
    first, second = item(PARIS.event("One")), item(PARIS.event("Two"))
    under_way = ingest.begin(opened(ingest, first, second), now_ms=NOW_MS)
    commit = under_way.commit
    assert commit is not None
    assert whys(ingest, second) == [Why.KNOWN]
    under_way.go_on(commit)  # by whoever began it, who comes late
    assert [each.why for each in under_way.findings()] == [Why.NEW, Why.NEW]


@pytest.mark.parametrize("act", ["tick", "read_on", "begin"])
def test_whatever_is_asked_of_the_door_ends_an_offer_first(act: str) -> None:
    ingest = new_door()
    under_way = ingest.begin(opened(ingest, item(PARIS.event("One"))), now_ms=NOW_MS)
    if act == "begin":
        ingest.begin([], now_ms=NOW_MS)
    else:
        assert not getattr(ingest, act)(now_ms=NOW_MS)
    assert under_way.commit is None
    assert [each.why for each in under_way.findings()] == [Why.NEW]


def test_an_offer_whose_commit_fails_forgets_the_authority_it_brought(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where another offer comes before whoever began it has heard of it."""
    log = SqliteLog(tmp_path / "log.sqlite3")
    ingest = Ingest(log)

    def fail() -> None:
        log._store.roll_back()
        raise LogError("no room on the disk")

    with monkeypatch.context() as failing:
        failing.setattr(log._store, "commit", fail)
        under_way = ingest.begin(opened(ingest, GENESIS), now_ms=NOW_MS)
        commit = under_way.commit
        assert commit is not None
        with pytest.raises(LogError):
            commit()
    assert whys(ingest, item(PARIS.event("One"))) == [Why.AUTHORITY]
    with pytest.raises(LogError):
        under_way.findings()
    log.close()


def test_what_another_process_wrote_brings_its_authority_in() -> None:
    log = MemoryLog(incarnation=bytes(16))
    daemon, command = Ingest(log), Ingest(log)
    record = PARIS.event("One")
    assert whys(daemon, item(record)) == [Why.AUTHORITY]
    command.offer([GENESIS], now_ms=NOW_MS, own=True)
    assert daemon.read_on(now_ms=NOW_MS) == 1
    assert log.record(record.id) is not None


@given(st.integers(0, 2**32))
def test_any_order_of_the_same_items_ends_in_the_same_set(seed: int) -> None:
    chance = Random(seed)
    chapters = [Chapter(number) for number in (1, 2)]
    items: list[Item] = []
    for chapter in chapters:
        items.append((chapter.genesis.envelope, None))
        items += [item(chapter.event(f"E{number}")) for number in range(3)]
        items.append(item(chapter.event("Strange", seed=chance.randbytes(32))))
    sets = []
    for _ in range(2):
        chance.shuffle(items)
        ingest = new_door(())
        position = 0
        while position < len(items):
            size = chance.randint(1, 4)
            ingest.offer(items[position : position + size], now_ms=NOW_MS)
            position += size
        sets.append({one.id for one in ingest.log.in_set()})
        assert not ingest.log.standing(LogStanding.SET_ASIDE, limit=10)
    assert sets[0] == sets[1]
    assert len(sets[0]) == 8
