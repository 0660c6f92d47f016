"""What every log promises, tried on each of them (p2pevents/log/protocol.py)."""

from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread

import pytest

from p2pevents.log.both import BothLogs
from p2pevents.log.local import (
    ADDRESSES_MAX,
    NOTE_BYTES_MAX,
    Cursor,
    Delivery,
    Follow,
    KnownPeer,
)
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import (
    BATCH_ITEMS_MAX,
    Arrival,
    Log,
    LogStanding,
    Outcome,
    Size,
    Stored,
    StoredEntry,
)
from p2pevents.log.sqlite import SqliteLog
from p2pevents.log.window import Window
from p2pevents.record.entry import Entry, seal_entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, EntryId, PublicKey, RecordId, to_text
from tests.log.samples import TEXTS, genesis, key, record, seed

PARIS, LYON = ChapterId(b"p" * 32), ChapterId(b"l" * 32)
IN_SET, WAITING, SET_ASIDE = LogStanding.IN_SET, LogStanding.WAITING, LogStanding.SET_ASIDE
NEW, KNOWN, COMPLETED = Outcome.NEW, Outcome.KNOWN, Outcome.COMPLETED


def in_memory(folder: Path) -> Log:
    return MemoryLog(incarnation=b"i" * 16, texts=TEXTS)


def in_sqlite(folder: Path) -> Log:
    return SqliteLog(folder / "home" / "log.sqlite", texts=TEXTS)


def with_nothing_beside(folder: Path) -> Log:
    return BothLogs(in_memory(folder), open_private=lambda: None)


def with_an_empty_one_beside(folder: Path) -> Log:
    private = MemoryLog(incarnation=b"p" * 16)
    return BothLogs(in_memory(folder), open_private=lambda: private)


IMPLEMENTATIONS = [in_memory, in_sqlite, with_nothing_beside, with_an_empty_one_beside]


@pytest.fixture(params=IMPLEMENTATIONS, ids=["memory", "sqlite", "alone", "beside"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    make: Callable[[Path], Log] = request.param
    log = make(tmp_path)
    yield log
    log.close()


def append(
    log: Log,
    *items: Verified | Entry,
    standing: LogStanding = IN_SET,
    now_ms: int = 0,
) -> list[Outcome]:
    return log.append([Arrival(item=item, standing=standing) for item in items], now_ms=now_ms)


def ids(items: list[Stored] | list[Stored | StoredEntry]) -> list[bytes]:
    return [item.id for item in items]


# --- taking in -----------------------------------------------------------------------------------


def test_a_record_comes_back_as_it_went_in(log: Log) -> None:
    one = record(1, start="2020-01-08")
    assert append(log, one, now_ms=7) == [NEW]
    stored = log.record(one.id)
    assert stored == Stored(
        id=one.id,
        header=one.header,
        envelope=one.envelope,
        body=one.body,
        arrival=1,
        position=1,
        standing=IN_SET,
        since_ms=7,
    )
    assert stored.header.encoded == one.header.encoded


def test_an_item_that_is_held_already_is_told_so(log: Log) -> None:
    one, two = record(1), record(2)
    assert append(log, one, one, two) == [NEW, KNOWN, NEW]
    assert append(log, two, one) == [KNOWN, KNOWN]
    assert log.tip() == (2, 2)


def test_a_known_record_stays_where_it_stands(log: Log) -> None:
    one = record(1)
    append(log, one, standing=SET_ASIDE)
    assert append(log, one, standing=IN_SET) == [KNOWN]
    assert log.has([one.id]) == {one.id: SET_ASIDE}


def test_a_body_that_comes_later_completes_its_record(log: Log) -> None:
    one = record(1)
    assert append(log, one.without_body()) == [NEW]
    assert log.missing_bodies(limit=9) == [one.id]
    assert append(log, one.without_body()) == [KNOWN]
    assert append(log, one, one) == [COMPLETED, KNOWN]
    assert log.missing_bodies(limit=9) == []
    stored = log.record(one.id)
    assert stored is not None
    assert (stored.body, stored.arrival, stored.position) == (one.body, 1, 1)


def test_a_body_in_the_same_batch_completes_too(log: Log) -> None:
    one = record(1)
    assert append(log, one.without_body(), one) == [NEW, COMPLETED]
    stored = log.record(one.id)
    assert stored is not None
    assert stored.body == one.body


def test_an_erased_body_is_gone_and_does_not_come_back(log: Log) -> None:
    one, two = record(1), record(2)
    append(log, one, two)
    assert log.erase([one.id, one.id, RecordId(b"?" * 32)]) == 1
    assert log.erase([one.id]) == 0
    assert append(log, one) == [KNOWN]
    stored, other = log.records([one.id, two.id])
    assert (stored.body, stored.erased) == (None, True)
    assert (other.body, other.erased) == (two.body, False)
    assert log.missing_bodies(limit=9) == []


def test_a_body_can_be_erased_before_it_came(log: Log) -> None:
    one = record(1)
    append(log, one.without_body())
    assert log.erase([one.id]) == 1
    assert append(log, one) == [KNOWN]


def test_a_batch_beyond_the_limit_is_refused_whole(log: Log) -> None:
    one = Arrival(item=record(1))
    with pytest.raises(ValueError, match="4097"):
        log.append([one] * (BATCH_ITEMS_MAX + 1), now_ms=0)
    assert log.tip() == (0, 0)
    assert log.append([one] * BATCH_ITEMS_MAX, now_ms=0).count(KNOWN) == BATCH_ITEMS_MAX - 1


def test_an_empty_batch_does_nothing(log: Log) -> None:
    assert log.append([], now_ms=0) == []


# --- charter entries -----------------------------------------------------------------------------


def test_an_entry_comes_back_opened(log: Log) -> None:
    entry = genesis(1)
    assert append(log, entry, now_ms=5) == [NEW]
    assert append(log, entry, now_ms=6) == [KNOWN]
    assert log.entries(entry.chapter) == [
        StoredEntry(entry=entry, arrival=1, position=1, standing=IN_SET, since_ms=5, seen_ms=5)
    ]
    assert log.entries(LYON) == []


def test_signatures_that_come_later_are_united_in_place(log: Log) -> None:
    one, three = genesis(1, signatures=1), genesis(1, signatures=3)
    append(log, one)
    assert append(log, three) == [COMPLETED]
    assert append(log, one) == [KNOWN]
    (stored,) = log.entries(one.chapter)
    assert stored.entry == three
    assert (stored.arrival, stored.position) == (1, 1)


def test_where_both_have_too_many_signatures_the_later_stands(log: Log) -> None:
    snapshot = genesis(1).snapshot
    one = seal_entry(snapshot, seeds=[seed(number) for number in range(10)])
    two = seal_entry(snapshot, seeds=[seed(number) for number in range(10, 20)])
    append(log, one)
    assert append(log, two) == [COMPLETED]
    (stored,) = log.entries(one.chapter)
    assert stored.entry == two


def test_first_sight_outlives_a_move(log: Log) -> None:
    entry = genesis(1)
    append(log, entry, standing=WAITING, now_ms=5)
    log.move([entry.id], to=IN_SET, now_ms=9)
    (stored,) = log.entries(entry.chapter)
    assert (stored.seen_ms, stored.since_ms) == (5, 9)


def test_entries_and_records_share_their_numbers(log: Log) -> None:
    entry, one, two = genesis(1), record(1), record(2)
    append(log, one, entry, two)
    assert ids(log.arrived_since(0, limit=9)) == [one.id, entry.id, two.id]
    assert ids(log.arrived_since(1, limit=1)) == [entry.id]
    assert [item.arrival for item in log.arrived_since(0, limit=9)] == [1, 2, 3]
    assert log.has([entry.id, one.id, b"?" * 32]) == {entry.id: IN_SET, one.id: IN_SET}


# --- where items stand ---------------------------------------------------------------------------


def test_a_position_is_given_when_an_item_enters_the_set(log: Log) -> None:
    waited, came = record(1), record(2)
    append(log, waited, standing=WAITING)
    append(log, came)
    assert [(item.id, item.position) for item in log.entered_since(0, limit=9)] == [(came.id, 1)]
    assert log.move([waited.id], to=IN_SET, now_ms=3) == 1
    assert [item.id for item in log.entered_since(1, limit=9)] == [waited.id]
    stored = log.record(waited.id)
    assert stored is not None
    assert (stored.arrival, stored.position, stored.since_ms) == (1, 2, 3)


def test_what_leaves_the_set_loses_its_position_for_good(log: Log) -> None:
    one, entry = record(1), genesis(1)
    append(log, one, entry)
    assert log.move([one.id, entry.id, one.id], to=SET_ASIDE, now_ms=1) == 2
    assert log.move([one.id, b"?" * 32], to=SET_ASIDE, now_ms=2) == 0
    assert log.entered_since(0, limit=9) == []
    assert list(log.in_set()) == []
    assert log.move([entry.id], to=SET_ASIDE, now_ms=2) == 0
    assert log.move([entry.id, one.id], to=IN_SET, now_ms=3) == 2
    assert [(item.id, item.position) for item in log.in_set()] == [(entry.id, 3), (one.id, 4)]


def test_what_stands_outside_is_not_read_as_the_set(log: Log) -> None:
    one = record(1, chapter=PARIS, start="2020-01-08")
    append(log, one, standing=SET_ASIDE)
    assert log.versions(one.header.object_id) == []
    assert log.under(PARIS, ("meetup",), kinds=["event"]) == []
    assert list(log.of_kinds(["event"])) == []
    assert list(log.gathered("2020-01-01", "2020-12-31", kinds=["event"])) == []
    assert log.find_objects("meet", kinds=["event"]) == []
    assert log.missing_bodies(limit=9) == []
    assert log.record(one.id) is not None
    assert ids(log.standing(SET_ASIDE, limit=9)) == [one.id]


def test_what_stood_longest_comes_first(log: Log) -> None:
    one, two, three, entry = record(1), record(2), record(3), genesis(1)
    append(log, one, entry, two, standing=WAITING, now_ms=5)
    append(log, three, standing=WAITING, now_ms=4)
    assert ids(log.standing(WAITING, limit=9)) == [three.id, one.id, entry.id, two.id]
    assert ids(log.standing(WAITING, limit=2)) == [three.id, one.id]
    assert log.standing(SET_ASIDE, limit=9) == []
    assert ids(log.standing(WAITING, limit=9, chapter=entry.chapter)) == [entry.id]
    assert log.standing(WAITING, limit=9, chapter=LYON) == []


def test_numbers_are_never_given_again(log: Log) -> None:
    one, two = record(1), record(2)
    append(log, one, two)
    assert log.remove([two.id, two.id, b"?" * 32]) == 1
    assert log.record(two.id) is None
    assert append(log, two) == [NEW]
    stored = log.record(two.id)
    assert stored is not None
    assert (stored.arrival, stored.position) == (3, 3)


def test_entries_are_removed_too(log: Log) -> None:
    entry = genesis(1)
    append(log, entry)
    assert log.remove([entry.id]) == 1
    assert log.entries(entry.chapter) == []


def test_a_whole_chapter_goes_and_its_follow_and_pin_stay(log: Log) -> None:
    entry = genesis(1)
    one, aside, other = (
        record(1, chapter=entry.chapter),
        record(2, chapter=entry.chapter),
        record(3, chapter=LYON),
    )
    follow = Follow(chapter=entry.chapter, petname="", since_ms=0)
    log.local.set_follow(follow)
    log.local.set_pin(entry.chapter, entry.id)
    append(log, entry, one, other)
    append(log, aside, standing=SET_ASIDE)
    assert log.remove_chapter(entry.chapter) == 3
    assert log.remove_chapter(entry.chapter) == 0
    assert log.remove_chapter(ChapterId(b"?" * 32)) == 0
    assert [item.id for item in log.in_set()] == [other.id]
    assert [one.chapter for one in log.chapters()] == [LYON]
    assert log.local.follows() == [follow]
    assert log.local.pins() == {entry.chapter: entry.id}


# --- reading -------------------------------------------------------------------------------------


def test_records_come_in_the_order_asked_for_each_once(log: Log) -> None:
    many = [record(number) for number in range(300)]
    append(log, *many)
    asked = [one.id for one in reversed(many)]
    assert ids(log.records([*asked, RecordId(b"?" * 32), asked[0]])) == asked
    assert len(log.has(asked)) == 300


def test_an_id_is_found_by_a_prefix_of_its_text(log: Log) -> None:
    one, two, entry = record(1), record(2), genesis(1)
    append(log, one, two, entry)
    for item in (one, two, entry):
        text = to_text(item.id)
        for length in (20, 53):
            assert log.find(text[:length]) == [item.id]
    assert log.find("b", limit=9) == sorted([one.id, two.id, entry.id])
    assert log.find("b") == sorted([one.id, two.id, entry.id])[:2]
    for odd in ("", "x", "b1", "b" * 60, "B", "bA", "b\N{LATIN SMALL LETTER A WITH ACUTE}"):
        assert log.find(odd) == []


def test_ids_are_found_by_their_first_bytes_many_at_once(log: Log) -> None:
    items: list[Verified | Entry] = [*(record(number) for number in range(300)), genesis(1)]
    append(log, *items)
    log.move([items[0].id], to=SET_ASIDE, now_ms=0)
    begun = [item.id[:length] for item in items for length in (8, 31, 32)]
    others = [bytes([one[0] ^ 1]) + one[1:8] for one in begun] + [bytes(8), b"\xff" * 8]
    others = [one for one in others if not any(item.id.startswith(one) for item in items)]
    assert log.beginning([*begun, *others]) == set(begun)
    assert log.beginning([]) == set()


def test_an_entry_is_found_by_its_id(log: Log) -> None:
    first, second = genesis(1), genesis(2)
    append(log, first, record(1))
    append(log, second, standing=WAITING)
    for entry in (first, second):
        stored = log.entry(EntryId(entry.id))
        assert stored is not None
        assert stored.entry == entry
    assert log.entry(EntryId(record(1).id)) is None


def test_the_chapters_of_own_items_are_known(log: Log) -> None:
    entry = genesis(1)
    log.append(
        [
            Arrival(item=record(1, chapter=PARIS), own=True),
            Arrival(item=record(2, chapter=LYON)),
            Arrival(item=entry, own=True),
        ],
        now_ms=0,
    )
    assert log.own_chapters() == {PARIS, entry.chapter}
    log.remove_chapter(PARIS)
    assert log.own_chapters() == {entry.chapter}


def test_what_is_written_together_is_there_together(log: Log) -> None:
    with log.together():
        append(log, record(1))
        log.local.set_note("beside", b"1")
    assert log.has([record(1).id])
    assert log.local.note("beside") == b"1"


def test_what_is_left_to_be_committed_is_committed_once_on_any_thread(log: Log) -> None:
    with log.uncommitted() as commit:
        append(log, record(1))
    for _ in range(2):
        thread = Thread(target=commit)
        thread.start()
        thread.join()
    commit()
    append(log, record(2))
    commit()
    assert set(log.has([record(1).id, record(2).id])) == {record(1).id, record(2).id}
    assert log.tip() == (2, 2)


def test_the_same_log_may_be_read_elsewhere(log: Log) -> None:
    append(log, record(1))
    found: list[tuple[int, int]] = []

    def look() -> None:
        with log.elsewhere() as same:
            found.append(same.tip())

    thread = Thread(target=look)
    thread.start()
    thread.join()
    append(log, record(2))
    assert found == [(1, 1)]
    assert log.tip() == (2, 2)


def test_whoever_asks_first_commits_what_was_left(log: Log) -> None:
    with log.uncommitted() as commit:
        append(log, record(1))
    assert log.tip() == (1, 1)
    with log.uncommitted() as other:
        append(log, record(2))
    with log.together():
        append(log, record(3))
    for each in (commit, other):
        each()
    assert log.tip() == (3, 3)


def test_what_is_left_within_another_transaction_is_committed_with_that(log: Log) -> None:
    with log.together():
        with log.uncommitted() as commit:
            append(log, record(1))
        commit()
        log.local.set_note("beside", b"1")
    assert log.tip() == (1, 1)
    assert log.local.note("beside") == b"1"


def test_a_whole_id_with_spare_bits_set_is_nobodys(log: Log) -> None:
    one = record(1)
    append(log, one)
    text = to_text(one.id)
    odd = text[:-1] + {"a": "b", "q": "r"}.get(text[-1], "z").replace("z", "b")
    assert text[-1] in "aq"  # 256 bits leave four to spare
    assert log.find(odd) == []


def test_objects_are_found_by_a_prefix_of_their_path(log: Log) -> None:
    append(
        log,
        record(1, chapter=PARIS, path=("abc",)),
        record(2, chapter=PARIS, path=("abc",)),
        record(3, chapter=PARIS, path=("abc", "talk"), kind="session"),
        record(4, chapter=LYON, path=("abd",)),
        record(5, chapter=LYON, path=("abd",), kind="venue"),
    )

    def found(prefix: str, **narrower: ChapterId) -> list[tuple[str, str]]:
        objects = log.find_objects(prefix, kinds=["event", "session"], limit=9, **narrower)
        return [("/".join(one.path), one.kind) for one in objects]

    assert found("ab") == [("abc", "event"), ("abc/talk", "session"), ("abd", "event")]
    assert found("ab", chapter=LYON) == [("abd", "event")]
    assert found("abc/") == [("abc/talk", "session")]
    assert found("") == found("a")
    assert found("b") == found("%") == []
    assert len(log.find_objects("ab", kinds=["event", "session"])) == 2


WINDOW = Window(
    first="2020-01-01",
    last="2020-03-31",
    always=frozenset({"series"}),
    never=frozenset({"grant"}),
)


def in_window(log: Log, *, after: int = 0) -> list[bytes]:
    return [change.id for change in log.window(WINDOW, after=after)]


def test_a_window_has_what_it_touches_and_what_no_day_is_known_of(log: Log) -> None:
    inside = [
        record(1, path=("first",), start="2020-01-01"),
        record(2, path=("last",), start="2020-03-31"),
        record(3, kind="series", path=("weekly",), start="2010-05-01"),
        record(4, kind="occurrence", path=("weekly", "2020-02-05"), start="2021-02-05"),
        record(5, kind="session", path=("weekly", "2020-02-05", "talk")),
        record(6, kind="venue", path=("hall",)),
        record(7, chapter=PARIS, path=("elsewhere",), start="2020-02-01"),
        record(8, kind="unheard-of", path=("x",)),
    ]
    outside = [
        record(11, path=("before",), start="2019-12-31"),
        record(12, path=("after",), start="2020-04-01"),
        record(13, kind="occurrence", path=("weekly", "2019-02-05"), start="2019-02-05"),
        record(14, kind="session", path=("weekly", "2019-02-05", "talk")),
        record(15, kind="grant", path=("act",)),
        record(16, kind="session", path=("before", "talk"), start="2019-12-31"),
    ]
    append(log, *inside, *outside)
    append(log, record(17, path=("struck",), start="2020-02-01"), standing=SET_ASIDE)
    assert in_window(log) == [one.id for one in inside]


def test_a_window_has_each_authors_newest_version_of_what_was_moved_out_of_it(log: Log) -> None:
    old = record(1, start="2020-02-01")
    other = record(2, author=2, start="2020-02-02")
    moved = record(3, start="2021-02-01")
    append(log, old, record(4, path=("else",), start="2019-01-01"), moved, other)
    assert set(in_window(log)) == {moved.id, other.id}
    untold = record(5, path=("later",), start="2020-02-01")
    undated = record(6, path=("later",))
    append(log, untold, undated)
    assert in_window(log)[-1] == undated.id


def test_a_window_leaves_out_what_was_read_of_it_and_names_a_changed_object_whole(log: Log) -> None:
    one, two = record(1, path=("a",), start="2020-02-01"), record(2, path=("b",))
    append(log, one, two)
    read = log.tip()[1]
    assert in_window(log, after=read) == []
    later = record(3, path=("a",), author=2, start="2022-02-01")
    append(log, later, record(4, path=("c",), start="2022-02-01"))
    assert set(in_window(log, after=read)) == {one.id, later.id}
    assert {change.position for change in log.window(WINDOW, after=read)} == {read + 1}
    assert in_window(log)[0] == two.id  # in order of each object's last change


def test_a_window_of_many_records_is_the_same_in_any_order_of_their_coming(log: Log) -> None:
    starts = [None, "2019-06-01", "2020-01-15", "2020-03-30", "2020-12-01"]
    records = [
        record(n, path=(f"o{n % 40}",), author=1 + n % 3, start=starts[n * n % 5])
        for n in range(1, 201)
    ]
    append(log, *records)
    other = MemoryLog(incarnation=b"o" * 16)
    append(other, *reversed(records))
    assert sorted(in_window(log)) == sorted(in_window(other))
    assert 0 < len(in_window(log)) < 120


def test_versions_of_one_object_come_by_clock(log: Log) -> None:
    late, early = record(1, clock=20), record(2, clock=10, author=2)
    append(log, late, early, record(3, path=("other",)), record(4, kind="venue"))
    assert ids(log.versions(late.header.object_id)) == [early.id, late.id]


def test_what_lies_beneath_a_path_is_no_neighbour(log: Log) -> None:
    at = record(1, chapter=PARIS, path=("e",))
    beneath = record(2, chapter=PARIS, path=("e", "s"), kind="session")
    append(
        log,
        beneath,
        record(3, chapter=PARIS, path=("e0",)),
        record(4, chapter=PARIS, path=("e-",)),
        record(5, chapter=LYON, path=("e",)),
        record(6, chapter=PARIS, path=("e",), kind="notice"),
        at,
    )
    assert ids(log.under(PARIS, ("e",), kinds=["event", "session"])) == [beneath.id, at.id]
    assert ids(log.under(PARIS, ("e", "s"), kinds=["event", "session"])) == [beneath.id]


def test_kinds_come_with_each_objects_versions_together(log: Log) -> None:
    append(
        log,
        record(1, path=("x",)),
        record(2, path=("y",), chapter=LYON),
        record(3, path=("x",)),
        record(4, path=("v",), kind="venue"),
        record(5, path=("n",), kind="notice"),
    )
    objects = [one.header.object_id for one in log.of_kinds(["event", "venue"])]
    assert len(objects) == 4
    runs = [one for at, one in enumerate(objects) if at == 0 or objects[at - 1] != one]
    assert len(runs) == len(set(objects)) == 3
    assert [one.header.path for one in log.of_kinds(["event"], chapter=LYON)] == [("y",)]
    assert list(log.of_kinds([])) == []


def test_an_object_that_moved_out_of_the_window_still_says_so(log: Log) -> None:
    inside = record(1, start="2020-01-08", clock=1)
    moved = record(2, start="2021-06-01", clock=2)
    append(
        log,
        inside,
        moved,
        record(3, path=("later",), start="2020-02-01"),
        record(4, path=("never",)),
        record(5, start="2020-01-08", kind="notice"),
        record(6, start="2020-01-08", chapter=LYON),
    )
    window = ("2020-01-08", "2020-01-31")
    here = [inside.header.chapter]
    assert ids(list(log.gathered(*window, kinds=["event"], chapters=here))) == [inside.id, moved.id]
    assert len(list(log.gathered(*window, kinds=["event"]))) == 3
    assert list(log.gathered(*window, kinds=["event"], chapters=[])) == []
    assert list(log.gathered("2020-01-09", "2020-01-31", kinds=["event"])) == []


def test_how_full_the_days_ahead_are_is_told_by_start_hints(log: Log) -> None:
    days = ["2020-01-08", "2020-02-31", "2020-01-07", "2020-01-08", None, "2020-01-09"]
    append(log, *(record(number, start=day) for number, day in enumerate(days, 1)))
    found = [log.day_of(number, first="2020-01-08") for number in range(1, 6)]
    assert found == ["2020-01-08", "2020-01-08", "2020-01-09", "2020-02-31", None]


def test_what_lies_in_a_window_comes_with_all_that_belongs_to_it(log: Log) -> None:
    meetup = record(1, path=("meetup",), start="2020-01-08")
    talk = record(2, path=("meetup", "talk"), kind="session")
    recap = record(3, path=("meetup", "recap"), kind="recap", start="2020-03-01")
    date = record(4, path=("series", "2020-01-09"), kind="occurrence", start="2020-02-09")
    speech = record(5, path=("series", "2020-01-09", "talk"), kind="session")
    others = [
        record(6, path=("meetup-2",), start="2020-02-08"),
        record(7, path=("meetup0",), start="2020-02-08"),
        record(8, path=("series", "2020-02-09"), kind="occurrence"),
        record(9, path=("series", "2020-01-09x"), kind="session"),
        record(10, path=("2020-01-09",)),
        record(11, path=("2020-01-09", "talk"), kind="session"),
        record(12, path=("meetup", "page"), kind="page"),
    ]
    append(log, recap, speech, talk, *others, date, meetup)
    kinds = ["event", "session", "recap", "occurrence"]
    found = log.gathered("2020-01-08", "2020-01-09", kinds=kinds)
    assert {one.id for one in found} == {each.id for each in (meetup, talk, recap, date, speech)}
    found = log.gathered("2020-02-09", "2020-02-09", kinds=kinds)
    assert {one.id for one in found} == {date.id, speech.id, others[2].id}
    found = log.gathered("2020-03-01", "2020-03-01", kinds=kinds)
    assert {one.id for one in found} == {meetup.id, talk.id, recap.id}


def test_the_set_tells_what_sync_compares(log: Log) -> None:
    entry = genesis(1)
    one = record(1, chapter=entry.chapter, author=3, clock=44)
    append(log, one, entry, record(2, chapter=LYON))
    in_record, in_entry = log.in_set(chapter=entry.chapter)
    assert (in_record.id, in_record.kind, in_record.author, in_record.clock) == (
        one.id,
        "event",
        key(3),
        44,
    )
    assert (in_entry.id, in_entry.kind, in_entry.author, in_entry.clock) == (
        entry.id,
        None,
        None,
        0,
    )
    assert in_record.chapter == in_entry.chapter == entry.chapter
    assert [item.position for item in log.entered_since(1, limit=1)] == [2]
    assert len(list(log.in_set())) == 3


# --- search --------------------------------------------------------------------------------------


def indexed(log: Log, *items: Verified | Entry) -> None:
    append(log, *items)
    while log.index(limit=2):
        pass


def test_words_are_found_whatever_their_case_and_accents(log: Log) -> None:
    cafe, soup = record(1, text="Caf\u00e9 p2p: le pair-\u00e0-pair"), record(2, text="Soup & P2P")
    indexed(log, cafe, genesis(1), soup)
    assert ids(log.search("p2p", limit=9)) == [soup.id, cafe.id]
    assert ids(log.search("CAFE", limit=9)) == [cafe.id]
    assert ids(log.search("pair-a-pair caf\u00e9", limit=9)) == [cafe.id]
    assert ids(log.search("sou", limit=9)) == []
    assert ids(log.search("sou*", limit=9)) == [soup.id]
    assert ids(log.search("p2p sou* ", limit=9)) == [soup.id]
    assert ids(log.search("sou p2p*", limit=9)) == []
    assert ids(log.search("p2p", limit=1)) == [soup.id]


def test_what_a_person_types_is_no_query_language(log: Log) -> None:
    one = record(1, text="near OR far AND NOT words: title* (x)")
    indexed(log, one)
    for asked in ("", " ", "&", '"', "*", "\x00", "()"):
        assert log.search(asked, limit=9) == []
    for asked in ("OR", "NOT far", 'title:"x"', "words*", "near(far)", "title x " + "far " * 99):
        assert ids(log.search(asked, limit=9)) == [one.id], asked
    assert log.search("x" * 10_000, limit=9) == []


def test_what_comes_next_is_found_by_its_day(log: Log) -> None:
    late, early, past, never = (
        record(1, text="soup", start="2020-03-01"),
        record(2, text="soup", start="2020-02-01"),
        record(3, text="soup", start="2020-01-01"),
        record(4, text="soup"),
    )
    other = record(5, text="soup", start="2020-02-02", chapter=LYON)
    indexed(log, late, early, past, never, other)
    assert ids(log.search("soup", limit=9, first="2020-01-02")) == [early.id, other.id, late.id]
    assert ids(log.search("soup", limit=1, first="2020-01-02")) == [early.id]
    assert ids(log.search("soup", limit=9, first="2020-01-02", chapters=[LYON])) == [other.id]
    assert ids(log.search("soup", limit=9, chapters=[LYON])) == [other.id]
    assert log.search("soup", limit=9, chapters=[]) == []


def test_what_left_the_set_is_not_found(log: Log) -> None:
    one, venue = record(1, text="soup"), record(2, text="soup", kind="venue")
    indexed(log, one, venue)
    assert ids(log.search("soup", limit=9)) == [one.id]
    log.move([one.id], to=SET_ASIDE, now_ms=0)
    assert log.search("soup", limit=9) == []
    log.move([one.id], to=IN_SET, now_ms=0)
    assert ids(log.search("soup", limit=9)) == [one.id]


def test_an_erased_text_is_found_no_more(log: Log) -> None:
    erased, removed, kept = (record(number, text="soup") for number in (1, 2, 3))
    indexed(log, erased, removed, kept)
    log.erase([erased.id])
    log.remove([removed.id])
    assert ids(log.search("soup", limit=9)) == [kept.id]
    log.tidy()
    indexed(log)
    assert ids(log.search("soup", limit=9)) == [kept.id]


def test_giving_back_memory_changes_nothing_that_is_read(log: Log) -> None:
    one, two = record(1, text="soup"), record(2, text="bread")
    indexed(log, one)
    log.give_back()
    indexed(log, two)
    log.give_back()
    assert log.has([one.id, two.id]) == {one.id: IN_SET, two.id: IN_SET}
    assert ids(log.search("soup", limit=9)) == [one.id]


def test_what_was_indexed_without_words_can_be_erased(log: Log) -> None:
    bodiless, venue = record(1, text="soup"), record(2, text="soup", kind="venue")
    kept = record(3, text="soup")
    indexed(log, bodiless.without_body(), venue, kept)
    assert log.erase([bodiless.id, venue.id]) == 2
    assert ids(log.search("soup", limit=9)) == [kept.id]


def test_a_log_without_texts_has_nothing_to_index(tmp_path: Path) -> None:
    for log in (MemoryLog(incarnation=b"i" * 16), SqliteLog(tmp_path / "log.sqlite3")):
        append(log, record(1))
        assert log.index(limit=9) == 0
        log.close()


def test_a_body_that_comes_late_is_found_late(log: Log) -> None:
    one, two = record(1, text="soup"), record(2, text="soup")
    indexed(log, one.without_body(), two.without_body())
    assert log.search("soup", limit=9) == []
    append(log, one, two)
    log.erase([two.id])
    indexed(log)
    assert ids(log.search("soup", limit=9)) == [one.id]


def test_the_index_follows_behind(log: Log) -> None:
    append(log, *(record(number, text="soup") for number in range(5)))
    assert log.search("soup", limit=9) == []
    assert log.index(limit=2) == 2
    assert len(log.search("soup", limit=9)) == 2
    while log.index(limit=2):
        pass
    assert len(log.search("soup", limit=9)) == 5


# --- sizes ---------------------------------------------------------------------------------------


def bytes_of(*records: Verified) -> int:
    return sum(len(one.envelope) + one.header.body_bytes for one in records)


def test_sizes_follow_every_change(log: Log) -> None:
    one, two, three = record(1), record(2), record(3, author=2)
    chapter = one.header.chapter
    nothing = Size(records=0, bytes=0)
    assert log.size(chapter, key(1)) == log.total() == nothing
    append(log, one.without_body(), two, three)
    assert log.size(chapter, key(1)) == Size(records=2, bytes=bytes_of(one, two))
    assert log.size(chapter) == log.total() == Size(records=3, bytes=bytes_of(one, two, three))
    append(log, one)
    log.erase([two.id])
    assert log.size(chapter, key(1)) == Size(records=2, bytes=bytes_of(one, two))
    log.move([two.id], to=SET_ASIDE, now_ms=0)
    assert log.size(chapter, key(1)) == Size(records=1, bytes=bytes_of(one))
    assert log.size(chapter, key(1), standing=SET_ASIDE) == Size(records=1, bytes=bytes_of(two))
    assert log.total() == Size(records=2, bytes=bytes_of(one, three))
    assert [held.size for held in log.chapters()] == [log.total()]
    log.remove([one.id, three.id])
    assert log.total() == nothing
    assert [held.size for held in log.chapters()] == [nothing]
    log.remove([two.id])
    assert log.chapters() == []
    assert log.total(SET_ASIDE) == nothing


def test_a_chapter_of_entries_alone_is_held(log: Log) -> None:
    append(log, genesis(1), genesis(2))
    assert sorted(held.chapter for held in log.chapters()) == sorted(
        [genesis(1).chapter, genesis(2).chapter]
    )


# --- local state ---------------------------------------------------------------------------------


def test_an_own_record_waits_in_the_outbox(log: Log) -> None:
    one, two, foreign = record(1), record(2), record(3)
    log.append(
        [
            Arrival(item=two, own=True),
            Arrival(item=one, own=True),
            Arrival(item=foreign),
        ],
        now_ms=0,
    )
    assert [waiting.item for waiting in log.local.outbox()] == [two.id, one.id]
    done = Delivery(item=two.id, announced_ms=9, peers=3)
    log.local.set_delivery(done)
    assert [waiting.item for waiting in log.local.outbox()] == [one.id]
    assert log.local.deliveries([two.id, foreign.id]) == {two.id: done}
    log.append([Arrival(item=two, own=True)], now_ms=0)
    assert log.local.deliveries([two.id]) == {two.id: done}
    log.remove([one.id])
    assert log.local.outbox() == []


def test_chapters_are_found_by_the_keys_that_they_name(log: Log) -> None:
    entry, named, said = genesis(1), PublicKey(b"k" * 32), PublicKey(b"s" * 32)
    grant = record(1, kind="grant", chapter=PARIS, text=f"to {named.decode()}")
    event = record(2, chapter=LYON, text=f"of {said.decode()}")
    items: list[Verified | Entry] = [entry, grant, event]
    log.append([Arrival(item=each) for each in items], now_ms=0)
    lead = entry.snapshot.leads[0]
    for keys, chapters in (
        ([lead.daily], {entry.chapter}),
        ([named], {PARIS}),
        ([named, lead.daily], {PARIS, entry.chapter}),
        ([said], set()),
        ([], set()),
    ):
        assert log.naming(keys, kinds=["grant", "keep"]) == chapters


def test_follows_are_kept_in_their_order(log: Log) -> None:
    paris = Follow(chapter=PARIS, petname="home", since_ms=9, floor_seq=3, floor_hash=b"\x01\x02")
    lyon = Follow(chapter=LYON, petname="", since_ms=1)
    log.local.set_follow(paris)
    log.local.set_follow(lyon)
    assert log.local.follows() == [paris, lyon]
    renamed = Follow(chapter=PARIS, petname="Paris", since_ms=9)
    log.local.set_follow(renamed)
    assert log.local.follows() == [renamed, lyon]
    assert [log.local.following(each) for each in (PARIS, LYON)] == [renamed, lyon]
    assert log.local.following(ChapterId(bytes(32))) is None
    log.local.unfollow(PARIS)
    log.local.unfollow(PARIS)
    assert log.local.follows() == [lyon]


def test_peers_are_kept_the_last_seen_first(log: Log) -> None:
    old = KnownPeer(peer="p1", addresses=("/ip4/1.2.3.4/tcp/1", "/dns/\N{SNOWMAN}"), seen_ms=1)
    new = KnownPeer(
        peer="p2", addresses=(), seen_ms=2, cursor=Cursor(incarnation=b"x" * 16, position=7)
    )
    log.local.set_peer(old)
    log.local.set_peer(new)
    assert log.local.peers() == [new, old]
    seen = KnownPeer(peer="p1", addresses=old.addresses, seen_ms=3)
    log.local.set_peer(seen)
    assert log.local.peers() == [seen, new]
    assert [log.local.peer(name) for name in ("p1", "p2", "p3")] == [seen, new, None]
    log.local.forget_peer("p1")
    log.local.forget_peer("p1")
    assert log.local.peers() == [new]
    with pytest.raises(ValueError, match="two lines"):
        log.local.set_peer(KnownPeer(peer="p3", addresses=("/a\n/b",), seen_ms=0))
    with pytest.raises(ValueError, match="17"):
        log.local.set_peer(KnownPeer(peer="p3", addresses=("/a",) * (ADDRESSES_MAX + 1), seen_ms=0))


def test_pins_and_notes_are_set_replaced_and_dropped(log: Log) -> None:
    log.local.set_pin(PARIS, EntryId(b"1" * 32))
    log.local.set_pin(PARIS, EntryId(b"2" * 32))
    log.local.set_pin(LYON, EntryId(b"3" * 32))
    log.local.set_pin(LYON, None)
    assert log.local.pins() == {PARIS: b"2" * 32}
    assert [log.local.pin(each) for each in (PARIS, LYON)] == [b"2" * 32, None]
    assert log.local.note("salt") is None
    log.local.set_note("salt", b"one")
    log.local.set_note("salt", b"")
    assert log.local.note("salt") == b""
    log.local.set_note("salt", None)
    log.local.set_note("salt", None)
    assert log.local.note("salt") is None
    with pytest.raises(ValueError, match="1048577"):
        log.local.set_note("big", bytes(NOTE_BYTES_MAX + 1))


# --- health --------------------------------------------------------------------------------------


def test_a_sound_log_tells_of_no_damage(log: Log) -> None:
    append(log, record(1), genesis(1))
    log.arrived_since(0, limit=9)
    assert log.damage() == log.repair() == []
    assert len(log.incarnation) == 16


def test_own_commits_are_no_change(log: Log) -> None:
    before = log.changed()
    append(log, record(1))
    assert log.changed() == before


def test_closing_twice_does_nothing(log: Log) -> None:
    log.close()
    log.close()


def test_an_incarnation_has_16_bytes() -> None:
    with pytest.raises(ValueError, match="15 bytes"):
        MemoryLog(incarnation=b"i" * 15)


def test_a_copy_in_memory_goes_its_own_way() -> None:
    log = MemoryLog(incarnation=b"i" * 16, texts=TEXTS)
    append(log, record(1))
    log.local.set_note("note", b"one")
    copy = log.copied(incarnation=b"j" * 16)
    append(copy, record(2))
    copy.local.set_note("note", b"two")
    assert (log.tip(), copy.tip()) == ((1, 1), (2, 2))
    assert (log.local.note("note"), copy.local.note("note")) == (b"one", b"two")
    assert log.incarnation != copy.incarnation
    assert copy.arrived_since(0, limit=1) == log.arrived_since(0, limit=9)
