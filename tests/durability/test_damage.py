"""A damaged log: found when it is read, brought again by a peer, or made anew by the doctor."""

from __future__ import annotations

import resource
import sqlite3
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from random import Random

import pytest

from p2pevents.errors import LogDamagedError, LogError
from p2pevents.log.letters import Carried
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Log
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.doctor.rebuilding import rebuild
from p2pevents.node.home import Home
from p2pevents.node.ingest import Ingest
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import RecordId
from tests.inbox import writing
from tests.node.community import NOW_MS, Community, item
from tests.node.wired import compare, node

FLIPS = 60
RECORDS = 40
PAGE_BYTES = 4096


@pytest.fixture
def home(tmp_path: Path) -> Home:
    made = Home(folder=tmp_path / "home")
    made.create()
    return made


def filled(log: Log) -> list[Verified]:
    """A chapter of so many records, offered at the door."""
    paris = Community()
    records = [paris.write(paris.leads[0], path=(f"e{n}",), fill=300) for n in range(RECORDS)]
    Ingest(log).offer([item(paris.genesis), *map(item, records)], now_ms=NOW_MS)
    return records


def refetch(path: Path, whole: MemoryLog) -> None:
    """Have the doctor remove what is damaged, and a peer bring it again."""
    log = SqliteLog(path)
    try:
        log.check()
        log.repair()
        compare(node("mended", log, now_ms=NOW_MS), node("peer", whole, now_ms=NOW_MS))
    finally:
        log.close()


def flips(home: Home, rng: Random) -> Iterator[tuple[bool, bool]]:
    """Flip a bit of a log, look that nothing is shown altered, have it brought again; and again.

    Yields:
        Whether the flip spoilt a record, and whether the log had to be made anew.
    """
    whole = MemoryLog(incarnation=bytes(16))
    records = filled(whole)
    log = SqliteLog(home.log)
    Ingest(log).offer(
        [
            *((stored.entry.envelope, None) for each in whole.chapters()
              for stored in whole.entries(each.chapter)),
            *map(item, records),
        ],
        now_ms=NOW_MS,
    )  # fmt: skip
    log.tidy()
    log.close()
    sound = home.log.read_bytes()
    signed = {each.id: (each.envelope, each.body) for each in records}
    while True:
        is_altered = is_anew = False
        data = bytearray(sound)
        data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        for side in ("-wal", "-shm"):
            Path(f"{home.log}{side}").unlink(missing_ok=True)
        home.log.write_bytes(data)
        try:
            is_altered = not _reads_as_signed(home.log, signed)
            refetch(home.log, whole)
        except LogDamagedError:
            rebuild(home, home.log, now_ms=NOW_MS)
            refetch(home.log, whole)
            is_anew = True
        assert _reads_as_signed(home.log, signed), "not all came again"
        for aside in home.folder.glob("log.sqlite3.damaged-*"):
            aside.unlink()
        yield is_altered, is_anew


def _reads_as_signed(path: Path, signed: dict[RecordId, tuple[bytes, bytes | None]]) -> bool:
    """Read all of a log as its readers do: tell whether all is there; fail where it is altered."""
    log = SqliteLog(path, read_only=True)
    try:
        found = log.records(list(signed))
        for record in found:
            envelope, body = signed[record.id]
            assert record.envelope == envelope
            assert record.body in (body, None)
        return len(found) == len(signed) and all(each.body is not None for each in found)
    finally:
        log.close()


def test_a_flipped_bit_is_never_shown_and_a_peer_brings_what_it_spoilt(home: Home) -> None:
    """`python -m tests.hostile.soak flips --count 10000` flips more."""
    assert any(is_altered for is_altered, _ in islice(flips(home, Random(20200108)), FLIPS))


def test_letters_outlast_a_log_that_is_made_anew(home: Home) -> None:
    log = SqliteLog(home.log)
    filled(log)
    mine = writing.outgoing(writing.letter("A talk"))
    log.letters.set_outgoing(mine)
    for number in range(2, 6):
        assert log.letters.carry(carried(number))
    log.letters.drop([carried(2).id])
    before = log.letters.carried(limit=10)
    log.close()

    assert "could not be read" not in rebuild(home, home.log, now_ms=NOW_MS)
    log = SqliteLog(home.log)
    try:
        assert log.letters.outgoing() == [mine]
        assert log.letters.carried(limit=10) == before  # numbers and all: who fetches goes on
        assert log.letters.carry(carried(9))
        assert log.letters.carried(limit=10)[-1].number > before[-1].number
    finally:
        log.close()


def carried(number: int) -> Carried:
    sealed = writing.letter(f"Talk {number}", number=number)
    return Carried(
        id=sealed.id,
        chapter=sealed.chapter,
        sender=sealed.sender,
        data=sealed.data,
        peer="p",
        address="192.0.2.1",
        came_ms=NOW_MS,
    )


def test_an_altered_letter_is_left_behind_and_said(home: Home) -> None:
    log = SqliteLog(home.log)
    for number in (2, 3):
        assert log.letters.carry(carried(number))
    log.close()
    connection = sqlite3.connect(home.log)
    connection.execute("UPDATE letter_in SET data = zeroblob(400) WHERE number = 1")
    connection.commit()
    connection.close()
    assert "some letters could not be read" in rebuild(home, home.log, now_ms=NOW_MS)
    log = SqliteLog(home.log)
    try:
        assert [each.id for each in log.letters.carried(limit=10)] == [carried(3).id]
    finally:
        log.close()


@pytest.fixture
def small_files() -> Iterator[None]:
    """No file of this process grows beyond 2 MiB: a disk that is full, without being root."""
    import signal

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    handler = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * 1024 * 1024, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)
    signal.signal(signal.SIGXFSZ, handler)


def test_on_a_full_disk_what_was_acknowledged_stays_and_the_rest_is_refused(
    tmp_path: Path, small_files: None
) -> None:
    paris = Community()
    log = SqliteLog(tmp_path / "log.sqlite3")
    ingest = Ingest(log)
    ingest.offer([item(paris.genesis)], now_ms=NOW_MS)
    acknowledged: list[Verified] = []
    refused = 0
    for number in range(300):
        record = paris.write(paris.leads[0], path=(f"e{number}",), fill=15_000)
        try:
            ingest.offer([item(record)], now_ms=NOW_MS)
            acknowledged.append(record)
        except LogError:
            refused += 1
        if refused == 5:
            break
    assert refused == 5
    assert acknowledged
    held = log.records([each.id for each in acknowledged])
    assert [each.body for each in held] == [each.body for each in acknowledged]
    log.close()
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    again = SqliteLog(tmp_path / "log.sqlite3")
    try:
        again.check()
        assert again.damage() == []
        assert len(again.records([each.id for each in acknowledged])) == len(acknowledged)
        later = paris.write(paris.leads[0], path=("later",))
        Ingest(again).offer([item(later)], now_ms=NOW_MS)
        assert again.has([later.id])
    finally:
        again.close()


def test_a_table_whose_column_has_another_name_is_damage_and_is_made_anew(home: Home) -> None:
    """SQLite's own check finds nothing wrong with it."""
    log = SqliteLog(home.log)
    records = filled(log)
    log.tidy()
    log.close()
    data = home.log.read_bytes()
    assert b"seen_ms" in data
    home.log.write_bytes(data.replace(b"seen_ms", b"seeo_ms"))
    log = SqliteLog(home.log, read_only=True)
    with pytest.raises(LogDamagedError, match="not as it was made"):
        log.check()
    log.close()
    rebuild(home, home.log, now_ms=NOW_MS)
    log = SqliteLog(home.log)
    try:
        log.check()
        assert len(log.records([each.id for each in records])) == len(records)
    finally:
        log.close()
