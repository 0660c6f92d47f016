"""Copies of the log, put in its place again, and what is saved of a damaged one."""

import random
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from p2pevents.errors import LogDamagedError, LogError, LogNewerError
from p2pevents.log.local import ADDRESSES_MAX, NOTE_BYTES_MAX, Cursor, Follow, KnownPeer
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Arrival
from p2pevents.log.restore import restore_log, salvage, salvage_local
from p2pevents.log.sqlite import SqliteLog
from p2pevents.log.store import in_sentences
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, EntryId
from tests.log.samples import genesis, record

PAGE_BYTES = 4096


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "log.sqlite3"


@pytest.fixture
def log(path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(path)
    log.append([Arrival(item=record(number)) for number in range(200)], now_ms=0)
    log.append([Arrival(item=genesis(1))], now_ms=0)
    yield log
    log.close()


def test_a_copy_is_made_while_the_log_is_in_use(log: SqliteLog, tmp_path: Path) -> None:
    to = tmp_path / "copy.sqlite3"
    to.write_text("an older copy")
    with log._store.transaction():
        log._store.execute("DELETE FROM content WHERE arrival = 1")
        other = SqliteLog(log._store.path, read_only=True)
        other.copy(to)
        other.close()
        log._store.execute("INSERT INTO content VALUES (1, x'00', x'00', 0)")
    assert to.stat().st_mode & 0o777 == 0o600
    assert sorted(one.name for one in tmp_path.iterdir()) == ["copy.sqlite3", "home"]
    copy = SqliteLog(to)
    assert copy.incarnation == log.incarnation
    assert len(copy.arrived_since(0, limit=999)) == 201
    copy.close()


def test_a_copy_that_cannot_be_written_is_a_sentence(log: SqliteLog, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "inside").mkdir()
    with pytest.raises(LogError, match="cannot be written"):
        log.copy(tmp_path / "folder")
    with pytest.raises(LogError, match="cannot be made or opened"):
        log.copy(tmp_path / "home" / "log.sqlite3" / "copy")
    assert sorted(one.name for one in tmp_path.iterdir()) == ["folder", "home"]


def test_a_restored_log_has_a_new_incarnation(log: SqliteLog, path: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.sqlite3"
    log.copy(copy)
    log.append([Arrival(item=record(900))], now_ms=0)
    to = tmp_path / "new home" / "log.sqlite3"
    incarnation = restore_log(copy, to)
    restored = SqliteLog(to)
    assert restored.incarnation == incarnation != log.incarnation
    assert restored.tip() == (201, 201)
    assert restored.has([record(900).id]) == {}
    restored.close()
    assert [one.name for one in to.parent.iterdir()] == ["log.sqlite3"]


def test_a_log_that_is_there_is_not_replaced(log: SqliteLog, path: Path, tmp_path: Path) -> None:
    log.copy(tmp_path / "copy.sqlite3")
    with pytest.raises(LogError, match="is there already"):
        restore_log(tmp_path / "copy.sqlite3", path)
    with pytest.raises(LogError, match="is not there"):
        restore_log(tmp_path / "nothing", tmp_path / "to")


def test_what_is_no_whole_copy_is_not_restored(log: SqliteLog, tmp_path: Path) -> None:
    copy, to = tmp_path / "copy.sqlite3", tmp_path / "to.sqlite3"
    log.copy(copy)
    data = bytearray(copy.read_bytes())
    for page in range(2, len(data) // PAGE_BYTES):
        data[page * PAGE_BYTES] ^= 0xFF
    (tmp_path / "damaged").write_bytes(data)
    with pytest.raises(LogDamagedError, match="is damaged"):
        restore_log(tmp_path / "damaged", to)
    log._store.execute("PRAGMA user_version = 99")
    log.copy(copy)
    with pytest.raises(LogNewerError):
        restore_log(copy, to)
    assert not to.exists()
    assert not list(tmp_path.glob("*.partial*"))


def damage_pages(source: Path, to: Path, pages: list[int]) -> None:
    data = bytearray(source.read_bytes())
    for page in pages:
        data[page * PAGE_BYTES : (page + 1) * PAGE_BYTES] = b"\xff" * PAGE_BYTES
    to.write_bytes(data)


def test_a_damaged_log_can_be_read_where_it_is_whole(
    log: SqliteLog, path: Path, tmp_path: Path
) -> None:
    log.local.set_follow(Follow(chapter=ChapterId(b"c" * 32), petname="home", since_ms=0))
    log.local.set_pin(ChapterId(b"c" * 32), EntryId(b"e" * 32))
    log.local.set_peer(
        KnownPeer(
            peer="p",
            addresses=("/ip4/1.2.3.4/tcp/1",),
            seen_ms=0,
            cursor=Cursor(incarnation=b"i" * 16, position=1),
        )
    )
    whole = tmp_path / "whole.sqlite3"
    log.copy(whole)
    # Every tenth of the leaves that hold records' bytes.
    leaves = [
        number - 1
        for (number,) in log._store.rows(
            "SELECT pageno FROM dbstat WHERE name = 'content' AND pagetype = 'leaf'"
        )
    ]
    damaged = tmp_path / "damaged.sqlite3"
    damage_pages(whole, damaged, leaves[::10])
    before = damaged.read_bytes()

    reader = SqliteLog(damaged, read_only=True)
    with pytest.raises(LogDamagedError, match="is damaged"):
        reader.arrived_since(0, limit=999)
    assert reader.record(record(199).id) is not None
    with pytest.raises(LogDamagedError):
        reader.check()
    reader.close()

    saved = list(salvage(damaged))
    assert isinstance(saved[0], Entry)
    known: dict[bytes, Verified] = {record(n).id: record(n) for n in range(200)}
    assert 150 < len(saved) - 1 < 200
    for item in saved[1:]:
        assert item == known[item.id]
    fresh = SqliteLog(tmp_path / "fresh" / "log.sqlite3")
    fresh.append([Arrival(item=item) for item in saved], now_ms=0)
    assert salvage_local(damaged, fresh.local) == []
    assert fresh.local.follows() == log.local.follows()
    assert fresh.local.pins() == log.local.pins()
    assert [(one.addresses, one.cursor) for one in fresh.local.peers()] == [
        (("/ip4/1.2.3.4/tcp/1",), None)
    ]
    fresh.close()
    assert damaged.read_bytes() == before


def test_local_tables_that_cannot_be_read_are_named(
    log: SqliteLog, path: Path, tmp_path: Path
) -> None:
    log.local.set_follow(Follow(chapter=ChapterId(b"c" * 32), petname="home", since_ms=0))
    whole, damaged = tmp_path / "whole.sqlite3", tmp_path / "damaged.sqlite3"
    log.copy(whole)
    page = log._store.row("SELECT rootpage FROM sqlite_schema WHERE name = 'follow'")[0]
    tip = log._store.row("SELECT rootpage FROM sqlite_schema WHERE name = 'tip'")[0]
    damage_pages(whole, damaged, [page - 1, tip - 1])
    fresh = SqliteLog(tmp_path / "fresh" / "log.sqlite3")
    assert salvage_local(damaged, fresh.local) == ["follows"]
    assert len(list(salvage(damaged))) == 201
    fresh.close()


def test_a_local_row_that_no_log_would_keep_is_left_behind_alone(
    log: SqliteLog, path: Path, tmp_path: Path
) -> None:
    for peer in ("a", "b", "c"):
        log.local.set_peer(KnownPeer(peer=peer, addresses=(), seen_ms=0))
        log.local.set_note(peer, b"kept")
    many = "\n".join("/ip4/1.2.3.4/tcp/1" for _ in range(ADDRESSES_MAX + 1))
    log._store.execute("UPDATE peer SET addresses = ? WHERE peer = 'b'", (many,))
    log._store.execute("UPDATE note SET value = zeroblob(?) WHERE key = 'b'", (NOTE_BYTES_MAX + 1,))
    fresh = MemoryLog(incarnation=bytes(16)).local
    assert salvage_local(path, fresh) == ["peers", "notes"]
    assert [each.peer for each in fresh.peers()] == ["a", "c"]
    assert [fresh.note(each) for each in "abc"] == [b"kept", None, b"kept"]


def test_a_size_for_which_there_is_no_memory_is_damage(path: Path) -> None:
    with pytest.raises(LogDamagedError, match="more than there is memory for"), in_sentences(path):
        raise MemoryError  # as SQLite's own lack of it is raised


def test_local_tables_whose_bytes_are_altered_at_random_end_no_salvage(
    log: SqliteLog, path: Path, tmp_path: Path
) -> None:
    for number in range(8):
        chapter = ChapterId(bytes([number]) * 32)
        log.local.set_follow(Follow(chapter=chapter, petname="home", since_ms=0))
        log.local.set_pin(chapter, EntryId(b"e" * 32))
        log.local.set_peer(KnownPeer(peer=f"p{number}", addresses=("/x",), seen_ms=0))
        log.local.set_note(f"note-{number}", bytes(20_000))
    whole, damaged = tmp_path / "whole.sqlite3", tmp_path / "damaged.sqlite3"
    log.copy(whole)
    leaves = [
        number - 1
        for (number,) in log._store.rows(
            "SELECT pageno FROM dbstat WHERE pagetype = 'leaf'"
            " AND name IN ('follow', 'pin', 'peer', 'note')"
        )
    ]
    rng, found = random.Random(7), set()
    for _ in range(100):
        data = bytearray(whole.read_bytes())
        start = rng.choice(leaves) * PAGE_BYTES
        # A cell that says of itself, and of a column after its first, that they are of gigabytes:
        # its size, row 1, a head of 8 bytes, a first column of 4, another one.
        cell = start + int.from_bytes(data[start + 8 : start + 10], "big")
        size = bytes((0x80 + rng.randrange(8, 16), 0x80, 0x80, 0x80, 0))
        data[cell : cell + 13] = size + bytes((1, 8, 0x15)) + size
        data[start + rng.randrange(PAGE_BYTES)] = rng.randrange(256)
        damaged.write_bytes(data)
        found.update(salvage_local(damaged, MemoryLog(incarnation=bytes(16)).local))
    assert found == {"follows", "pins", "peers", "notes"}


def test_rows_that_read_well_and_say_nonsense_are_left_behind(log: SqliteLog, path: Path) -> None:
    one = record(1)
    log._store.execute("UPDATE content SET body = x'00' WHERE arrival = 2")
    log._store.execute("UPDATE content SET envelope = x'00' WHERE arrival = 3")
    log._store.execute("UPDATE entry SET envelope = x'00'")
    saved = list(salvage(path))
    assert len(saved) == 199
    assert one.without_body() in saved


def test_a_row_whose_columns_are_of_other_types_is_left_behind_and_read_without_its_body(
    log: SqliteLog, path: Path
) -> None:
    """As one flipped bit of a row's head makes them."""
    log.tidy()
    log.close()
    connection = sqlite3.connect(path)
    connection.executescript("""
        PRAGMA writable_schema = ON;
        UPDATE sqlite_schema SET sql = replace(replace(sql, 'NOT NULL', ''), 'STRICT', '')
            WHERE name IN ('content', 'entry');
        PRAGMA writable_schema = RESET;
        UPDATE content SET envelope = NULL WHERE arrival = 1;
        UPDATE content SET envelope = 7 WHERE arrival = 2;
        UPDATE content SET body = 'soup' WHERE arrival = 3;
        UPDATE entry SET envelope = NULL;
    """)
    connection.commit()
    connection.close()
    saved = list(salvage(path))
    assert len(saved) == 198
    assert [each.id for each in saved if isinstance(each, Verified) and each.body is None] == [
        record(2).id
    ]


def test_of_a_file_without_its_tables_nothing_is_saved(tmp_path: Path) -> None:
    (tmp_path / "odd").write_bytes(b"?" * 10_000)
    with pytest.raises(LogDamagedError):
        list(salvage(tmp_path / "odd"))
