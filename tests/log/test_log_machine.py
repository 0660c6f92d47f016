"""Both logs, driven at random and compared with a dictionary and with each other."""

import tempfile
from collections.abc import Iterable
from pathlib import Path

from hypothesis import settings, strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Arrival, Log, LogStanding, Outcome, Stored
from p2pevents.log.sqlite import SqliteLog
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, RecordId
from tests.log.samples import TEXTS, genesis, key, record, title

CHAPTERS = [genesis(number).chapter for number in (1, 2)]
RECORDS = [
    record(
        number,
        chapter=CHAPTERS[number % 2],
        kind=("event", "session", "grant")[number % 3],
        path=(("a",), ("a", "b"), ("c",))[number % 3 :][:1][0],
        author=1 + number % 2,
        clock=number % 5,
        start=None if number % 4 == 0 else f"2020-01-0{1 + number % 9}",
        text=" ".join((["soup"], ["p2p", "bread"], ["soup", "p2p"])[number % 3] + [str(number)]),
    )
    for number in range(24)
]
ENTRIES = [genesis(number, signatures=signed) for number in (1, 2) for signed in (1, 3)]
ITEMS: list[Verified | Entry] = [*RECORDS, *(one.without_body() for one in RECORDS), *ENTRIES]
IDS = [*sorted({item.id for item in ITEMS}), b"?" * 32]
KINDS = ["event", "session"]

# Items are drawn by their place in these lists: a record's own text is long to print.
batches = st.lists(
    st.tuples(
        st.integers(0, len(ITEMS) - 1),
        st.sampled_from(LogStanding),
        st.booleans(),
    ),
    max_size=12,
)
some_ids = st.lists(st.integers(0, len(IDS) - 1), max_size=6)


class LogMachine(RuleBasedStateMachine):
    """The dictionary holds, by id: where an item stands, whether its body is here, or erased."""

    @initialize()
    def open(self) -> None:
        self.folder = tempfile.TemporaryDirectory()
        self.path = Path(self.folder.name) / "log.sqlite"
        self.memory: Log = MemoryLog(incarnation=b"m" * 16, texts=TEXTS)
        self.sqlite: Log = SqliteLog(self.path, texts=TEXTS)
        self.held: dict[bytes, tuple[LogStanding, str]] = {}
        self.now_ms = 0

    @rule(batch=batches)
    def append(self, batch: list[tuple[int, LogStanding, bool]]) -> None:
        self.take([Arrival(item=ITEMS[at], standing=to, own=own) for at, to, own in batch])

    def take(self, batch: list[Arrival]) -> None:
        self.now_ms += 1
        expected_new = {one.item.id for one in batch} - self.held.keys()
        outcomes = self.memory.append(batch, now_ms=self.now_ms)
        assert self.sqlite.append(batch, now_ms=self.now_ms) == outcomes
        assert outcomes.count(Outcome.NEW) == len(expected_new)
        for one in batch:
            item = one.item
            standing, body = self.held.get(item.id, (one.standing, "missing"))
            if isinstance(item, Verified) and item.body is not None and body == "missing":
                body = "here"
            self.held[item.id] = (standing, body)

    @rule(places=some_ids, to=st.sampled_from(LogStanding))
    def move(self, places: list[int], to: LogStanding) -> None:
        ids = [IDS[at] for at in places]
        self.now_ms += 1
        moved = self.memory.move(ids, to=to, now_ms=self.now_ms)
        assert self.sqlite.move(ids, to=to, now_ms=self.now_ms) == moved
        for one in ids:
            if one in self.held:
                self.held[one] = (to, self.held[one][1])

    @rule(places=some_ids)
    def remove(self, places: list[int]) -> None:
        ids = [IDS[at] for at in places]
        removed = len(self.held.keys() & set(ids))
        assert self.memory.remove(ids) == self.sqlite.remove(ids) == removed
        for one in ids:
            self.held.pop(one, None)

    @rule(places=some_ids)
    def erase(self, places: list[int]) -> None:
        ids = [RecordId(IDS[at]) for at in places]
        records = {one.id for one in RECORDS}
        erased = {
            one
            for one in ids
            if one in records and one in self.held and self.held[one][1] != "erased"
        }
        assert self.memory.erase(ids) == self.sqlite.erase(ids) == len(erased)
        for one in erased:
            self.held[one] = (self.held[one][0], "erased")

    @rule(chapter=st.sampled_from(CHAPTERS))
    def remove_chapter(self, chapter: ChapterId) -> None:
        gone = {
            item.id
            for item in ITEMS
            if (item.header.chapter if isinstance(item, Verified) else item.chapter) == chapter
        } & self.held.keys()
        assert self.memory.remove_chapter(chapter) == len(gone)
        assert self.sqlite.remove_chapter(chapter) == len(gone)
        for one in gone:
            del self.held[one]

    @rule(forgetful=st.booleans())
    def close_and_open(self, forgetful: bool) -> None:
        """Sometimes by a program that cannot tell the index what to forget."""
        incarnation = self.sqlite.incarnation
        self.sqlite.close()
        self.sqlite = SqliteLog(self.path, texts=None if forgetful else TEXTS)
        assert self.sqlite.incarnation == incarnation

    @rule()
    def index(self) -> None:
        self.sqlite.close()
        self.sqlite = SqliteLog(self.path, texts=TEXTS)
        for log in (self.memory, self.sqlite):
            while log.index(limit=5):
                pass
        for asked in ("soup", "p2p bread", "1"):
            assert self.memory.search(asked, limit=9) == self.sqlite.search(asked, limit=9)
            assert self.memory.search(asked, limit=9, first="2020-01-03") == self.sqlite.search(
                asked, limit=9, first="2020-01-03"
            )

    @invariant()
    def nothing_erased_is_found(self) -> None:
        for log in (self.memory, self.sqlite):
            for stored in log.search("p2p", limit=99):
                assert stored.body is not None
                assert "p2p" in title(stored)

    @invariant()
    def both_hold_what_the_dictionary_says(self) -> None:
        for log in (self.memory, self.sqlite):
            assert log.has(IDS) == {one: standing for one, (standing, _) in self.held.items()}
            for one in RECORDS:
                stored = log.record(one.id)
                if stored is None:
                    assert one.id not in self.held
                    continue
                standing, body = self.held[one.id]
                assert (stored.envelope, stored.header) == (one.envelope, one.header)
                assert stored.standing is standing
                assert stored.body == (one.body if body == "here" else None)
                assert stored.erased == (body == "erased")
                assert (stored.position is not None) == (standing is LogStanding.IN_SET)

    @invariant()
    def both_read_the_same(self) -> None:
        one, other = self.memory, self.sqlite
        assert one.tip() == other.tip()
        assert one.arrived_since(0, limit=99) == other.arrived_since(0, limit=99)
        assert one.arrived_since(5, limit=3) == other.arrived_since(5, limit=3)
        assert one.entered_since(3, limit=4) == other.entered_since(3, limit=4)
        assert list(one.in_set()) == list(other.in_set())
        assert one.missing_bodies(limit=9) == other.missing_bodies(limit=9)
        assert one.chapters() == other.chapters()
        assert one.local.outbox() == other.local.outbox()
        assert one.find("b", limit=99) == other.find("b", limit=99)
        assert one.find_objects("a", kinds=KINDS, limit=9) == other.find_objects(
            "a", kinds=KINDS, limit=9
        )
        for standing in LogStanding:
            assert one.standing(standing, limit=5) == other.standing(standing, limit=5)
            assert one.total(standing) == other.total(standing)
        for chapter in CHAPTERS:
            assert list(one.in_set(chapter=chapter)) == list(other.in_set(chapter=chapter))
            assert one.entries(chapter) == other.entries(chapter)
            assert one.under(chapter, ("a",), kinds=KINDS) == other.under(
                chapter, ("a",), kinds=KINDS
            )
            for author in (1, 2):
                assert one.size(chapter, key(author)) == other.size(chapter, key(author))
        for object_id in {one.header.object_id for one in RECORDS}:
            assert one.versions(object_id) == other.versions(object_id)
        for chapter_or_all in (None, *CHAPTERS):
            assert by_id(one.of_kinds(KINDS, chapter=chapter_or_all)) == by_id(
                other.of_kinds(KINDS, chapter=chapter_or_all)
            )
            only = None if chapter_or_all is None else [chapter_or_all]
            assert by_id(
                one.gathered("2020-01-02", "2020-01-04", kinds=KINDS, chapters=only)
            ) == by_id(other.gathered("2020-01-02", "2020-01-04", kinds=KINDS, chapters=only))

    def teardown(self) -> None:
        self.memory.close()
        self.sqlite.close()
        self.folder.cleanup()


def by_id(items: Iterable[Stored]) -> list[Stored]:
    return sorted(items, key=lambda item: item.id)


LogMachine.TestCase.settings = settings(max_examples=20, stateful_step_count=20, deadline=None)
TestLogMachine = LogMachine.TestCase
