"""The SQLite log as a file: its settings, its rights, its versions, and what ails it."""

import random
import sqlite3
import subprocess
import sys
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import pytest
from hypothesis import given, strategies as st

from p2pevents.errors import LogDamagedError, LogError, LogNewerError
from p2pevents.log import sqlite_text, store as store_module
from p2pevents.log.local import Follow, KnownPeer
from p2pevents.log.migrate import Migration, migrate, migrations
from p2pevents.log.protocol import Arrival, LogStanding, Outcome, Stored, StoredEntry, Texts
from p2pevents.log.sqlite import SqliteLog
from p2pevents.log.store import Store, in_sentences
from p2pevents.log.words import words_of
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, EntryId
from tests.log.samples import TEXTS, genesis, record, title

ROOT = Path(__file__).parents[2]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "log.sqlite3"


@pytest.fixture
def log(path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(path, texts=TEXTS)
    yield log
    log.close()


def append(log: SqliteLog, *records: Verified) -> None:
    log.append([Arrival(item=one) for one in records], now_ms=0)


def ids(found: list[Stored]) -> list[bytes]:
    return [one.id for one in found]


def setting(log: SqliteLog, name: str) -> object:
    return log._store.row(f"PRAGMA {name}")[0]


# --- settings and rights -------------------------------------------------------------------------


def test_it_commits_to_the_disk_before_it_returns(log: SqliteLog) -> None:
    assert setting(log, "journal_mode") == "wal"
    assert setting(log, "synchronous") == 2  # FULL
    assert setting(log, "secure_delete") == 1


def test_of_what_was_to_be_written_together_an_error_leaves_nothing(log: SqliteLog) -> None:
    def half_written() -> None:
        with log.together():
            log.append([Arrival(item=record(1), own=True)], now_ms=0)
            log.local.set_note("beside", b"1")
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        half_written()
    assert log.has([record(1).id]) == {}
    assert log.local.note("beside") is None
    assert log.tip() == (0, 0)
    log.append([Arrival(item=record(2))], now_ms=0)
    assert log.tip() == (1, 1)


def test_nobody_sees_what_is_not_committed(log: SqliteLog, path: Path) -> None:
    other = SqliteLog(path)
    with log.uncommitted() as commit:
        append(log, record(1))
    assert other.tip() == (0, 0)
    commit()
    assert other.tip() == (1, 1)
    other.close()


def test_a_commit_that_was_left_and_fails_keeps_nothing_and_says_so_each_time(
    log: SqliteLog,
) -> None:
    append(log, record(1))
    log._store.execute(f"PRAGMA max_page_count = {log._store.row('PRAGMA page_count')[0] + 2}")
    with log.uncommitted() as commit:
        append(log, *(record(number, text="soup " * 300) for number in range(2, 200)))
    for _ in range(2):
        with pytest.raises(LogError, match="no room left on the disk"):
            commit()
    log._store.execute("PRAGMA max_page_count = 1000000")
    assert log.tip() == (1, 1)
    append(log, record(2))
    assert log.tip() == (2, 2)


def test_the_log_waits_for_a_commit_on_another_thread(log: SqliteLog) -> None:
    """Else it would read, and tell, what may not come to stay."""
    may_go, seen = Event(), []
    with log.uncommitted() as commit:
        append(log, record(1))
    store, committed = log._store, log._store.commit

    def slowly() -> None:
        may_go.wait(5)
        committed()

    store.commit = slowly  # type: ignore[method-assign]
    writer = Thread(target=commit)
    writer.start()
    reader = Thread(target=lambda: seen.append(log.tip()))
    reader.start()
    reader.join(0.1)
    assert not seen
    may_go.set()
    for each in (writer, reader):
        each.join()
    assert seen == [(1, 1)]


def test_files_and_folder_are_their_owners_alone(log: SqliteLog, path: Path) -> None:
    append(log, record(1))
    assert path.parent.stat().st_mode & 0o777 == 0o700
    for name in ("log.sqlite3", "log.sqlite3-wal", "log.sqlite3-shm"):
        assert (path.parent / name).stat().st_mode & 0o777 == 0o600


def test_a_log_that_others_could_read_is_made_private(path: Path) -> None:
    SqliteLog(path).close()
    path.chmod(0o644)
    SqliteLog(path).close()
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_home_may_have_any_name(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "what? 100% #1" / "log.sqlite3")
    append(log, record(1))
    log.close()
    assert [one.name for one in (tmp_path / "what? 100% #1").iterdir()] == ["log.sqlite3"]


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(LogError, match=r"file/log\.sqlite3: cannot be made or opened") as told:
        SqliteLog(tmp_path / "file" / "log.sqlite3")
    assert told.value.hint


def test_a_missing_log_is_not_made_by_reading(tmp_path: Path) -> None:
    with pytest.raises(LogError, match="cannot be opened"):
        SqliteLog(tmp_path / "log.sqlite3", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_an_old_sqlite_is_told_of(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(sqlite3, "sqlite_version_info", (3, 36, 0))
    with pytest.raises(LogError, match=r"3\.37 or newer is needed"):
        SqliteLog(path)


def test_read_only_writes_nothing(log: SqliteLog, path: Path) -> None:
    append(log, record(1))
    reader = SqliteLog(path, read_only=True)
    assert reader.record(record(1).id) is not None
    with pytest.raises(LogError, match="cannot be opened or written"):
        append(reader, record(2))
    reader.close()
    assert log.has([record(2).id]) == {}


def test_a_closed_log_says_so(path: Path) -> None:
    log = SqliteLog(path)
    log.close()
    with pytest.raises(LogError, match="closed database"):
        log.tip()


def test_one_that_is_held_by_another_process_is_told_of(
    log: SqliteLog, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store_module, "BUSY_TIMEOUT_MS", 50)
    other = SqliteLog(path)
    with log._store.transaction(), pytest.raises(LogError, match="another process has held"):
        append(other, record(1))
    append(other, record(1))
    other.close()


# --- versions ------------------------------------------------------------------------------------


def test_steps_are_numbered_without_a_gap() -> None:
    assert [step.version for step in migrations()] == list(range(1, len(migrations()) + 1))


def test_a_newer_log_is_refused_in_one_sentence(log: SqliteLog, path: Path) -> None:
    log._store.execute("PRAGMA user_version = 99")
    log.close()
    with pytest.raises(LogNewerError) as told:
        SqliteLog(path)
    assert "newer p2pevents" in told.value.message
    assert "update p2pevents" in told.value.hint


def test_another_programs_database_is_left_alone(path: Path) -> None:
    path.parent.mkdir()
    other = sqlite3.connect(path)
    other.execute("CREATE TABLE theirs (one)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(LogError, match="another program"):
        SqliteLog(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_told_of(path: Path) -> None:
    path.parent.mkdir()
    path.write_bytes(b"not a database at all" * 500)
    with pytest.raises(LogDamagedError, match="is damaged, or is no log"):
        SqliteLog(path)


def next_step(script: str = "CREATE TABLE more (one TEXT) STRICT;") -> list[Migration]:
    steps = migrations()
    return [*steps, Migration(version=steps[-1].version + 1, script=script)]


def test_the_log_is_copied_before_it_is_changed(log: SqliteLog, path: Path) -> None:
    append(log, record(1))
    (copy,) = migrate(log._store, next_step())
    assert copy.name == f"log.sqlite3.before-{len(migrations()) + 1:04}"
    assert copy.stat().st_mode & 0o777 == 0o600
    older = SqliteLog(copy)
    assert older.record(record(1).id) is not None
    older.close()
    assert log._store.rows("SELECT * FROM more") == []
    assert migrate(log._store, next_step()) == []


def test_a_step_that_fails_changes_nothing(log: SqliteLog) -> None:
    append(log, record(1))
    with pytest.raises(LogError, match="syntax error"):
        migrate(log._store, next_step("CREATE TABLE more (one);\nCREATE NONSENSE;"))
    assert log._store.row("PRAGMA user_version")[0] == len(migrations())
    assert log._store.rows("SELECT * FROM sqlite_schema WHERE name = 'more'") == []


def test_a_step_is_not_taken_twice_by_two_processes(log: SqliteLog, path: Path) -> None:
    other = Store(path)
    steps = next_step()
    migrate(other, steps)
    migrate_module_step = sys.modules["p2pevents.log.migrate"]._step
    migrate_module_step(log._store, steps[-1])  # looked before the other had finished
    other.close()


def test_an_older_log_is_not_changed_by_reading(log: SqliteLog, path: Path) -> None:
    reader = Store(path, read_only=True)
    with pytest.raises(LogError, match="is needed"):
        migrate(reader, next_step())
    reader.close()


def test_a_log_without_its_incarnation_is_damaged(log: SqliteLog, path: Path) -> None:
    log._store.execute("DELETE FROM store")
    log.close()
    with pytest.raises(LogDamagedError, match="incarnation"):
        SqliteLog(path)


# --- search --------------------------------------------------------------------------------------


# Sorted; gathered; asked of the next ones; asked of too few of them, and gathered.
@pytest.mark.parametrize(
    ("sorted_", "gathered", "next_"), [(99, 99, 99), (0, 99, 99), (0, 0, 99), (0, 0, 9)]
)
def test_words_are_found_alike_however_many_have_them(
    log: SqliteLog, monkeypatch: pytest.MonkeyPatch, sorted_: int, gathered: int, next_: int
) -> None:
    texts = ["soup", "soup of bread", "bread"]
    records = [
        record(
            number,
            text=texts[number % 3],
            start=f"2020-0{1 + number % 9}-01",
            chapter=ChapterId(bytes([number % 2]) * 32),
        )
        for number in range(60)
    ]
    append(log, *records)
    log.index(limit=999)
    monkeypatch.setattr(sqlite_text, "SORTED_HITS_MAX", sorted_)
    monkeypatch.setattr(sqlite_text, "GATHERED_HITS_MAX", gathered)
    monkeypatch.setattr(sqlite_text, "NEXT_RECORDS_MAX", next_)
    by_day = sorted(range(60), key=lambda number: (number % 9, number))
    ahead = [number for number in by_day if number % 9 >= 2]
    even = [ChapterId(bytes(32))]
    for asked, kinds in (("soup", (0, 1)), ("bread soup", (1,)), ("brea*", (1, 2))):
        found = [records[number].id for number in ahead if number % 3 in kinds]
        of_even = [records[n].id for n in ahead if n % 3 in kinds and not n % 2]
        assert ids(log.search(asked, limit=20, first="2020-03-01")) == found[:20]
        assert ids(log.search(asked, limit=99, first="2020-03-01")) == found
        assert ids(log.search(asked, limit=9, first="2020-03-01", chapters=even)) == of_even[:9]
        newest = [records[number].id for number in reversed(range(60)) if number % 3 in kinds]
        assert ids(log.search(asked, limit=20)) == newest[:20]


@given(text=st.text(st.characters(max_codepoint=127), max_size=40))
def test_words_of_ascii_are_those_of_the_tokenizer(text: str) -> None:
    # Behind a letter that is none of ASCII, it is the tokenizer that is asked.
    assert words_of(f"{text} \u00e9") == words_of(text) | {"e"}


def test_a_program_that_tells_no_texts_only_searches(log: SqliteLog, path: Path) -> None:
    append(log, record(1, text="soup"), record(2, text="soup"))
    other = SqliteLog(path)
    assert other.index(limit=9) == 0
    log.index(limit=9)
    assert len(other.search("soup", limit=9)) == 2
    # It cannot tell the index what to forget, so the index forgets all and begins again.
    other.erase([record(1).id, record(1, text="soup").id])
    assert other.search("soup", limit=9) == []
    log.index(limit=9)
    assert [one.id for one in other.search("soup", limit=9)] == [record(2, text="soup").id]
    other.close()


def test_new_texts_are_indexed_from_the_beginning(log: SqliteLog, path: Path) -> None:
    append(log, record(1, text="soup"))
    log.index(limit=9)
    shouted = Texts(of=lambda one: f"{title(one)} bread", version=2)
    later = SqliteLog(path, texts=shouted)
    assert later.search("bread", limit=9) == []
    later.index(limit=9)
    assert len(later.search("bread", limit=9)) == 1
    later.close()


def test_no_trace_of_an_erased_text_is_left_on_the_disk(path: Path) -> None:
    secret = "zyxwvutsrqponmlk"
    log = SqliteLog(path, texts=TEXTS)
    append(log, record(1, text=f"{secret} soup"), *(record(n, text="soup") for n in range(2, 200)))
    log.index(limit=999)
    log._store.fold()
    assert secret.encode() in path.read_bytes()
    log.erase([record(1, text=f"{secret} soup").id])
    log.tidy()
    for file in path.parent.iterdir():
        assert secret.encode() not in file.read_bytes(), file.name
    log.close()


# --- a full disk ---------------------------------------------------------------------------------


def test_a_full_disk_is_a_sentence_and_loses_nothing(log: SqliteLog) -> None:
    append(log, record(1))
    log._store.execute(f"PRAGMA max_page_count = {log._store.row('PRAGMA page_count')[0] + 2}")
    with pytest.raises(LogError) as told:
        append(log, *(record(number) for number in range(2, 200)))
    assert "no room left on the disk" in told.value.message
    assert "nothing was lost" in told.value.hint
    assert log.tip() == (1, 1)
    log._store.execute("PRAGMA max_page_count = 1000000")
    append(log, *(record(number) for number in range(2, 200)))
    assert log.total().records == 199


FILLED = """
import resource, signal, sys
from pathlib import Path
from p2pevents.errors import LogError
from p2pevents.log.protocol import Arrival
from p2pevents.log.sqlite import SqliteLog
from tests.log.samples import record

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
log = SqliteLog(Path(sys.argv[1]))
resource.setrlimit(resource.RLIMIT_FSIZE, (800_000, resource.RLIM_INFINITY))
acknowledged = 0
try:
    for number in range(2000):
        log.append([Arrival(item=record(number))], now_ms=0)
        acknowledged += 1
except LogError as error:
    print(acknowledged, error.message)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
log.append([Arrival(item=record(5000))], now_ms=0)
"""


def test_where_files_can_grow_no_more_what_was_acknowledged_stays(path: Path) -> None:
    ran = subprocess.run(
        [sys.executable, "-c", FILLED, str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    acknowledged, message = ran.stdout.split(" ", 1)
    assert str(path) in message
    assert 10 < int(acknowledged) < 2000
    log = SqliteLog(path)
    expected = {record(number).id for number in range(int(acknowledged))} | {record(5000).id}
    assert (
        set(log.has([record(number).id for number in range(2000)] + [record(5000).id])) == expected
    )
    log.close()


def test_a_disk_that_fails_is_a_sentence(tmp_path: Path) -> None:
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    with pytest.raises(LogError, match="the disk refuses"), in_sentences(tmp_path):
        raise error


# --- damage --------------------------------------------------------------------------------------


def test_a_damaged_record_is_skipped_told_of_and_fetched_again(log: SqliteLog) -> None:
    one, two, entry = record(1), record(2), genesis(1)
    append(log, one, two)
    log.append([Arrival(item=entry)], now_ms=0)
    log._store.execute(
        "UPDATE content SET envelope = ? WHERE arrival = 1", (one.envelope[:-70] + bytes(70),)
    )
    log._store.execute("UPDATE entry SET envelope = ?", (entry.envelope[:-1] + b"x",))
    assert [item.id for item in log.arrived_since(0, limit=9)] == [two.id]
    assert log.record(one.id) is None
    assert [(found.arrival, found.id, found.body_only) for found in log.damage()] == [
        (1, one.id, False),
        (3, entry.id, False),
    ]
    assert len(log.repair()) == 2
    assert log.damage() == []
    assert log.has([one.id, two.id, entry.id]) == {two.id: LogStanding.IN_SET}
    assert log.append([Arrival(item=one)], now_ms=0) == [Outcome.NEW]


def test_a_row_of_no_chapter_is_left_out_of_the_set(log: SqliteLog) -> None:
    append(log, record(1), record(2))
    log._store.execute("UPDATE record SET chapter = 999 WHERE arrival = 1")
    assert [item.id for item in log.in_set()] == [record(2).id]
    assert [(found.id, found.body_only) for found in log.damage()] == [(record(1).id, False)]


def test_a_log_that_has_lost_its_numbers_is_damaged(log: SqliteLog) -> None:
    log._store.execute("DELETE FROM tip")
    with pytest.raises(LogDamagedError, match="always there"):
        log.tip()


def test_what_sqlite_cannot_say_in_words_is_damage(tmp_path: Path) -> None:
    with pytest.raises(LogDamagedError, match="list of tables"), in_sentences(tmp_path):
        b"\xa0".decode()


def test_an_entry_under_another_id_is_damage(log: SqliteLog) -> None:
    log.append([Arrival(item=genesis(1))], now_ms=0)
    log._store.execute("UPDATE entry SET id = zeroblob(32)")
    assert log.entries(genesis(1).chapter) == []
    assert [found.id for found in log.damage()] == [bytes(32)]


def test_a_damaged_entry_is_whole_again_when_it_comes_again(log: SqliteLog) -> None:
    entry = genesis(1)
    log.append([Arrival(item=entry)], now_ms=0)
    log._store.execute("UPDATE entry SET envelope = x'00'")
    assert log.entries(entry.chapter) == []
    assert log.append([Arrival(item=entry)], now_ms=0) == [Outcome.COMPLETED]
    assert [stored.entry for stored in log.entries(entry.chapter)] == [entry]


def test_an_entry_with_another_checksum_is_damage_until_it_comes_again(log: SqliteLog) -> None:
    entry = genesis(1)
    log.append([Arrival(item=entry)], now_ms=0)
    log._store.execute("UPDATE entry SET checksum = checksum + 1")
    assert log.entries(entry.chapter) == []
    assert log.append([Arrival(item=entry)], now_ms=0) == [Outcome.COMPLETED]
    assert [stored.entry for stored in log.entries(entry.chapter)] == [entry]


def test_every_flipped_bit_of_an_entry_is_noticed(log: SqliteLog) -> None:
    entry = genesis(1)
    log.append([Arrival(item=entry)], now_ms=0)
    for bit in range(8 * len(entry.envelope)):
        flipped = bytearray(entry.envelope)
        flipped[bit // 8] ^= 1 << bit % 8
        log._store.execute("UPDATE entry SET envelope = ?", (bytes(flipped),))
        assert log.entries(entry.chapter) == []


def test_the_signatures_of_an_entry_without_a_checksum_are_checked_as_it_is_read(
    log: SqliteLog,
) -> None:
    entry = genesis(1)
    log.append([Arrival(item=entry)], now_ms=0)
    log._store.execute("UPDATE entry SET checksum = NULL")
    assert [stored.entry for stored in log.entries(entry.chapter)] == [entry]
    log._store.execute("UPDATE entry SET envelope = ?", (entry.envelope[:-1] + b"x",))
    assert log.entries(entry.chapter) == []


@pytest.mark.parametrize(
    "damage",
    [
        "UPDATE content SET signature = signature + 1",
        "UPDATE content SET envelope = x'00'",
        "DELETE FROM content",
        "UPDATE record SET id = zeroblob(32)",
        "PRAGMA ignore_check_constraints = 1; UPDATE record SET standing = 2",
    ],
)
def test_whatever_part_of_a_record_is_damaged_it_is_not_shown(log: SqliteLog, damage: str) -> None:
    append(log, record(1))
    log._store.connection.executescript(damage)
    assert log.arrived_since(0, limit=9) == []
    assert len(log.damage()) == 1


def test_a_damaged_body_is_left_out_and_asked_for_again(log: SqliteLog) -> None:
    one = record(1, text="soup")
    append(log, one)
    log.index(limit=9)
    log._store.execute("UPDATE content SET body = zeroblob(length(body))")
    stored = log.record(one.id)
    assert stored is not None
    assert (stored.body, stored.header) == (None, one.header)
    assert [found.body_only for found in log.damage()] == [True]
    log.repair()
    assert log.missing_bodies(limit=9) == [one.id]
    assert log.append([Arrival(item=one)], now_ms=0) == [Outcome.COMPLETED]
    assert log.index(limit=9) == 1
    assert len(log.search("soup", limit=9)) == 1


def test_what_another_process_removed_meanwhile_needs_no_repair(log: SqliteLog, path: Path) -> None:
    append(log, record(1), record(2))
    log._store.execute("UPDATE content SET signature = 0 WHERE arrival = 1")
    assert log.record(record(1).id) is None
    other = SqliteLog(path)
    other.remove([record(1).id])
    other.close()
    assert len(log.repair()) == 1
    assert log.total().records == 1


def test_a_body_that_vanished_is_told_of(log: SqliteLog) -> None:
    append(log, record(1))
    log._store.execute("UPDATE content SET body = NULL")
    stored = log.record(record(1).id)
    assert stored is not None
    assert stored.body is None
    assert [found.detail for found in log.damage()] == ["the body is gone"]


def test_checking_reads_everything(log: SqliteLog) -> None:
    append(log, *(record(number) for number in range(9)))
    log.append([Arrival(item=genesis(1))], now_ms=0)
    log.check()
    assert log.damage() == []
    log._store.execute("UPDATE content SET signature = 0 WHERE arrival = 4")
    log.check()
    assert [found.arrival for found in log.damage()] == [4]


def flipped(source: Path, to: Path, rng: random.Random) -> None:
    data = bytearray(source.read_bytes())
    at = rng.randrange(100, len(data))  # past the file's own header
    data[at] ^= 1 << rng.randrange(8)
    to.write_bytes(data)
    to.chmod(0o600)


def test_no_flipped_bit_shows_anything_altered(path: Path, tmp_path: Path) -> None:
    flips_show_nothing_altered(path, tmp_path / "flipped.sqlite3", flips=150)


@pytest.mark.full
@pytest.mark.timeout(900)
def test_no_flipped_bit_of_ten_thousand_shows_anything_altered(path: Path, tmp_path: Path) -> None:
    flips_show_nothing_altered(path, tmp_path / "flipped.sqlite3", flips=10_000)


def read_everything(log: SqliteLog, ids: Collection[bytes]) -> None:
    """Whatever is damaged, no other error than the log's own comes out."""
    for act in (
        lambda: log.has(ids),
        lambda: log.find("b", limit=999),
        lambda: log.find_objects("", kinds=["event"], limit=999),
        lambda: list(log.in_set()),
        lambda: list(log.of_kinds(["event"])),
        lambda: list(log.gathered("2020-01-01", "2020-12-31", kinds=["event"])),
        lambda: log.missing_bodies(limit=9),
        log.chapters,
        log.total,
        log.tip,
        lambda: log.search("soup", limit=9),
        log.local.follows,
        log.local.peers,
        log.local.pins,
        log.local.outbox,
        lambda: log.local.note("note"),
        lambda: log.append([Arrival(item=record(5000))], now_ms=0),
        lambda: log.index(limit=999),
    ):
        with suppress(LogError):
            act()


def said(item: Stored | StoredEntry) -> object:
    """What would be shown of it. A body that is left out is not altered."""
    return (item.envelope, item.header) if isinstance(item, Stored) else item.entry


def flips_show_nothing_altered(path: Path, copy: Path, *, flips: int) -> None:
    log = SqliteLog(path, texts=TEXTS)
    append(log, *(record(number, text="soup " * 99, start="2020-01-08") for number in range(99)))
    log.index(limit=50)
    log.local.set_follow(Follow(chapter=ChapterId(b"c" * 32), petname="home", since_ms=0))
    log.local.set_pin(ChapterId(b"c" * 32), EntryId(b"e" * 32))
    log.local.set_peer(KnownPeer(peer="p", addresses=("/a",), seen_ms=0))
    log.local.set_note("note", b"value")
    log.append([Arrival(item=genesis(1))], now_ms=0)
    log.append([Arrival(item=record(300), standing=LogStanding.SET_ASIDE)], now_ms=0)
    whole = {item.id: item for item in log.arrived_since(0, limit=999)}
    log.close()
    rng = random.Random(7)
    noticed = 0
    for _ in range(flips):
        flipped(path, copy, rng)
        try:
            log = SqliteLog(copy, texts=TEXTS, synchronous="OFF")
        except LogError:
            noticed += 1
            continue
        try:
            items = log.arrived_since(0, limit=999)
            for item in items:
                assert item.id in whole
                assert item.standing is whole[item.id].standing
                original = whole[item.id]
                assert said(item) == said(original)
                if isinstance(item, Stored) and isinstance(original, Stored):
                    assert item.body in {original.body, None}
            read_everything(log, whole)
            noticed += bool(log.damage())
            log.repair()
        except LogError:
            noticed += 1
        finally:
            log.close()
            for side in copy.parent.glob(f"{copy.name}-*"):
                side.unlink()
    assert noticed > flips // 4
