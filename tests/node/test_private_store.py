"""What is followed and a full store leaves out stays readable, and shows on no wire."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from p2pevents.errors import LogError
from p2pevents.log.both import BothLogs
from p2pevents.log.local import Follow
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Arrival, Log, LogStanding, Outcome
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node import private_store, store_cap
from p2pevents.node.charters import Charters
from p2pevents.node.desk import open_desk
from p2pevents.node.home import Home as HomeFolder
from p2pevents.node.ingest import Ingest
from p2pevents.node.opening import private_beside
from p2pevents.node.private_store import PrivateStore
from p2pevents.node.reading import Reader
from p2pevents.node.store_cap import SALT_BYTES, StoreCap
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId
from p2pevents.sync import session
from p2pevents.sync.codec import decode_message
from p2pevents.sync.effects import Outcome as Ended
from p2pevents.sync.messages import Message
from p2pevents.view.agenda import Query, agenda
from tests.node.community import DAY_MS, NOW_MS, Community, item, offer
from tests.node.test_answers import RealStore, compare

BYTES_MAX = 40_000
SALT = bytes(SALT_BYTES)


@dataclass
class Home:
    """A node with a small store, the person at it, and what they read."""

    number: int = 1
    is_private: bool = True
    logs: list[Log] = field(default_factory=list)  # the private one, once it is made

    def __post_init__(self) -> None:
        self.real = RealStore(MemoryLog(incarnation=bytes([self.number]) * 16))
        self.start()

    def start(self) -> None:
        """Begin, as a process does; the logs are as they were."""
        cap = StoreCap(self.real.log, bytes_max=BYTES_MAX, salt=SALT)
        self.real.ingest = Ingest(self.real.log, cap=cap)
        self.private: PrivateStore | None = None
        if self.is_private:
            self.private = PrivateStore(
                self.real.ingest,
                cap,
                find=lambda: self.logs[0] if self.logs else None,
                make=self.make,
                salt=SALT,
                now_ms=lambda: NOW_MS,
            )

    def make(self) -> Log:
        self.logs.append(MemoryLog(incarnation=bytes(16)))
        return self.logs[0]

    def follow(self, chapter: ChapterId) -> None:
        follow = Follow(chapter=chapter, petname="", since_ms=NOW_MS)
        self.real.log.local.set_follow(follow)

    def give(self, *items: Verified | Entry) -> None:
        offer(self.real.ingest, *items)
        self.settle()

    def settle(self) -> None:
        while self.real.ingest.tick(now_ms=NOW_MS):
            pass
        if self.private is not None:
            self.private.tidy()

    @property
    def both(self) -> BothLogs:
        return BothLogs(self.real.log, open_private=lambda: self.logs[0] if self.logs else None)

    def dates(self, chapter: ChapterId) -> list[str]:
        """What its person reads in the agenda: title and day."""
        reader = Reader(self.both, Charters(self.both), now_ms=lambda: NOW_MS)
        found = agenda(reader.calendar([chapter]), Query())
        return [f"{each.title} {each.span.start}" for each in found]

    def public(self) -> set[bytes]:
        return {each.id for each in self.real.log.in_set()}


def events(community: Community, count: int, *, fill: int = 700) -> list[Verified]:
    lead = community.leads[0]
    return [
        community.write(
            lead,
            path=(f"e{number}",),
            fields={
                "title": [NOW_MS, f"Evening {number}"],
                "description": [NOW_MS, "x" * fill],
                "when": [
                    NOW_MS,
                    {"start": f"2020-02-{number % 28 + 1:02}T19:00:00", "timeZone": "Europe/Paris"},
                    [],
                ],
            },
            start=f"2020-02-{number % 28 + 1:02}",
        )
        for number in range(count)
    ]


LARGE, SMALL = Community("large"), Community("small")
MANY, FEW = events(LARGE, 40), events(SMALL, 4)


def fill(home: Home) -> None:
    """The large chapter comes bit by bit, a small one too, and the large one has to leave."""
    home.give(SMALL.genesis, *FEW)
    home.give(LARGE.genesis, *MANY[:15])
    for number in range(15, 40, 5):
        home.give(*MANY[number : number + 5])


@pytest.mark.parametrize("is_private", [True, False])
def test_a_followed_chapter_that_left_is_still_shown_with_all_its_dates(is_private: bool) -> None:
    home = Home(is_private=is_private)
    home.follow(LARGE.chapter)
    fill(home)
    assert home.public() == {SMALL.genesis.id, *(each.id for each in FEW)}
    assert len(home.dates(LARGE.chapter)) == (40 if is_private else 0)
    assert len(home.dates(SMALL.chapter)) == 4


def test_a_private_store_that_cannot_keep_anything_takes_nothing_from_the_nodes_own(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    home = Home()
    home.follow(LARGE.chapter)
    fill(home)

    def full(*_: object, **__: object) -> None:
        raise LogError("no space left on the device")

    later = Community("later")
    monkeypatch.setattr(home.logs[0], "append", full)
    home.give(
        later.genesis, LARGE.write(LARGE.leads[0], path=("e99",)), later.write(later.leads[0])
    )
    assert later.genesis.id in home.public()
    assert len(home.public()) == 2 + 1 + len(FEW)
    assert len(home.dates(LARGE.chapter)) == 40


def test_what_comes_of_it_later_is_shown_too_and_after_a_restart() -> None:
    home = Home()
    home.follow(LARGE.chapter)
    fill(home)
    home.start()
    home.give(
        moved := LARGE.write(
            LARGE.leads[0],
            path=("e3",),
            clock=NOW_MS + 1,
            fields={
                "title": [NOW_MS + 1, "Evening moved"],
                "when": [
                    NOW_MS + 1,
                    {"start": "2020-03-03T19:00:00", "timeZone": "Europe/Paris"},
                    [],
                ],
            },
            start="2020-03-03",
        )
    )
    assert moved.id not in home.public()
    assert [each for each in home.dates(LARGE.chapter) if "moved" in each] == [
        "Evening moved 2020-03-03 19:00:00"
    ]


def test_one_that_was_followed_before_it_found_room_is_kept_from_the_first() -> None:
    home = Home()
    home.follow(LARGE.chapter)
    own = [item(SMALL.genesis), *map(item, events(SMALL, 60))]
    home.real.ingest.offer(own, now_ms=NOW_MS, own=True)
    home.give(LARGE.genesis, *MANY[:3])
    assert LARGE.genesis.id not in home.public()
    assert len(home.dates(LARGE.chapter)) == 3


@pytest.mark.parametrize("is_killed", [True, False])
def test_while_it_leaves_nothing_of_it_lacks_at_any_moment(
    is_killed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed between each two steps, of taking over and of deleting, or not at all."""
    monkeypatch.setattr(store_cap, "REMOVED_MAX", 6)
    home = Home()
    home.follow(LARGE.chapter)
    home.give(SMALL.genesis, *FEW)
    offer(home.real.ingest, LARGE.genesis, *MANY[:20])
    offer(home.real.ingest, *MANY[20:27])
    assert home.logs == []
    steps = 0
    while LARGE.genesis.id in home.public():
        home.real.ingest.tick(now_ms=NOW_MS)
        steps += 1
        if is_killed and steps % 9 == 0:
            home.start()
        assert len(home.dates(LARGE.chapter)) == 27
        assert steps < 100
    assert steps >= 2 * 27 // 6


def test_what_fails_while_it_is_taken_over_stays_in_the_store_and_is_taken_over_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(store_cap, "REMOVED_MAX", 6)
    home = Home()
    home.follow(LARGE.chapter)
    home.give(SMALL.genesis, *FEW)
    offer(home.real.ingest, LARGE.genesis, *MANY[:20])
    offer(home.real.ingest, *MANY[20:27])
    home.real.ingest.tick(now_ms=NOW_MS)
    public = home.public()

    def full(*_: object, **__: object) -> None:
        raise LogError("no space left on the device")

    with monkeypatch.context() as context:
        context.setattr(home.logs[0], "append", full)
        for _ in range(20):
            with suppress(LogError):
                home.real.ingest.tick(now_ms=NOW_MS)
            assert len(home.dates(LARGE.chapter)) == 27
            assert home.public() == public
    home.settle()
    assert LARGE.genesis.id not in home.public()
    assert len(home.dates(LARGE.chapter)) == 27


def test_what_came_while_the_clock_was_ahead_is_taken_over_too() -> None:
    """It is judged by the clock that it came by: one that was set back loses nothing."""
    home, ahead_ms = Home(), 10 * 365 * DAY_MS
    home.follow(LARGE.chapter)
    home.give(SMALL.genesis, *FEW)
    early = LARGE.write(LARGE.leads[0], path=("early",), clock=NOW_MS + ahead_ms)
    home.real.ingest.offer([item(LARGE.genesis), item(early)], now_ms=NOW_MS + ahead_ms)
    home.give(*MANY)
    assert LARGE.genesis.id not in home.public()
    assert home.both.has([early.id])
    home.start()
    assert home.both.has([early.id])


def test_a_recovery_is_waited_for_no_longer_because_its_chapter_moved() -> None:
    home = Home()
    home.follow(LARGE.chapter)
    home.give(SMALL.genesis, *FEW)
    home.real.ingest.offer([item(LARGE.genesis)], now_ms=NOW_MS - 5 * DAY_MS)
    home.give(*MANY)
    assert LARGE.genesis.id not in home.public()
    assert [each.seen_ms for each in home.both.entries(LARGE.chapter)] == [NOW_MS - 5 * DAY_MS]


def test_who_follows_nothing_of_it_makes_no_file() -> None:
    home = Home()
    home.follow(SMALL.chapter)
    fill(home)
    assert home.logs == []


def test_it_is_let_go_of_when_it_is_followed_no_more() -> None:
    home = Home()
    home.follow(LARGE.chapter)
    fill(home)
    home.real.log.local.unfollow(LARGE.chapter)
    home.settle()
    assert home.logs[0].chapters() == []
    assert home.dates(LARGE.chapter) == []


def test_it_is_let_go_of_when_it_is_in_the_store_again_and_shown_all_the_while() -> None:
    home = Home()
    home.follow(LARGE.chapter)
    home.give(SMALL.genesis, *events(SMALL, 14))
    home.give(LARGE.genesis, *MANY[:16])
    home.give(*MANY[16:25])
    assert LARGE.genesis.id not in home.public()
    assert len(home.dates(LARGE.chapter)) == 25
    home.real.log.remove_chapter(SMALL.chapter)
    home.settle()
    home.give(LARGE.genesis, *MANY[:10])
    assert LARGE.genesis.id in home.public()
    assert len(home.dates(LARGE.chapter)) == 25
    assert home.logs[0].chapters() != []
    home.give(*MANY[10:25])
    assert home.logs[0].chapters() == []
    assert len(home.dates(LARGE.chapter)) == 25


def test_above_its_own_cap_the_private_store_lets_go_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(private_store, "PRIVATE_BYTES_MAX", 20_000)
    home = Home()
    home.follow(LARGE.chapter)
    fill(home)
    home.settle()
    assert home.logs[0].total().bytes <= 20_000


def test_what_two_nodes_say_to_each_other_is_the_same_whatever_is_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The same frames, byte for byte; the same is named, and the same is in the store."""
    frames: list[bytes] = []

    def read(frame: bytes) -> Message:
        frames.append(frame)
        return decode_message(frame)

    monkeypatch.setattr(session, "decode_message", read)
    lately = events(LARGE, 43)[40:]
    said: list[object] = []
    for follows in ((), (LARGE.chapter,), (SMALL.chapter,), (LARGE.chapter, SMALL.chapter)):
        home, other = Home(), RealStore(MemoryLog(incarnation=b"o" * 16))
        for chapter in follows:
            home.follow(chapter)
        fill(home)
        offer(other.ingest, SMALL.genesis, *FEW, LARGE.genesis, *MANY)
        frames.clear()
        for record in lately:
            pair = compare(home.real, other)
            home.settle()
            sides = (pair.left, pair.right)
            assert [side.ended[-1].outcome for side in sides] == [Ended.SETTLED] * 2
            offer(other.ingest, record)
        said.append((list(frames), home.real.ingest.outside(), home.public()))
        is_shown = len(home.dates(LARGE.chapter))
        assert is_shown == (42 if LARGE.chapter in follows else 0)
    assert frames
    assert all(each == said[0] for each in said)


def test_a_thousand_chapters_fill_a_store_and_a_followed_one_is_still_shown() -> None:
    home, other = Home(), RealStore(MemoryLog(incarnation=b"o" * 16))
    home.follow(LARGE.chapter)
    home.give(LARGE.genesis, *MANY[:20])
    offer(other.ingest, LARGE.genesis, *MANY)
    spam = [Community(f"nobody {number}") for number in range(1_000)]
    for start in range(0, 1_000, 10):
        several = spam[start : start + 10]
        items = [each.genesis for each in several]
        words = [each.write(each.leads[0], fill=300) for each in several]
        home.give(*items, *words)
        offer(other.ingest, *items, *words)
    for _ in range(3):
        pair = compare(home.real, other)
        home.settle()
        assert [s.ended[-1].outcome for s in (pair.left, pair.right)] == [Ended.SETTLED] * 2
    assert LARGE.genesis.id not in home.public()
    assert home.real.log.total().bytes <= BYTES_MAX
    assert len(home.dates(LARGE.chapter)) >= 20


def test_commands_read_what_a_running_node_keeps_privately(tmp_path: Path) -> None:
    """Over files, as the daemon opens them and a command does beside it."""
    folder = HomeFolder(folder=tmp_path / "home")
    folder.create()
    log = SqliteLog(folder.log)
    log.local.set_follow(Follow(chapter=LARGE.chapter, petname="", since_ms=NOW_MS))
    cap = StoreCap(log, bytes_max=BYTES_MAX, salt=SALT)
    ingest = Ingest(log, cap=cap)
    with private_beside(folder, now_ms=lambda: NOW_MS) as beside:
        private = beside(ingest, cap)
        offer(ingest, LARGE.genesis, *MANY[:20])
        assert not folder.private_log.exists()
        offer(ingest, *MANY[20:])
        while ingest.tick(now_ms=NOW_MS):
            pass
        private.tidy()
        with open_desk(folder, now_ms=lambda: NOW_MS) as desk:
            assert log.chapters() == []
            assert desk.chapters() == [LARGE.chapter]
            found = agenda(desk.reader.calendar(desk.chapters()), Query())
            assert len(found) == 40
            late = LARGE.write(LARGE.leads[0])
            with pytest.raises(LogError, match="left out of the log, which is full"):
                desk.offer([item(late)])
    log.close()
    assert folder.private_log.stat().st_mode & 0o077 == 0


def test_a_damaged_private_store_keeps_nobody_from_the_log_and_is_made_anew(
    tmp_path: Path,
) -> None:
    folder = HomeFolder(folder=tmp_path)
    folder.create()
    folder.private_log.write_bytes(b"no store at all" * 1000)
    log = SqliteLog(folder.log)
    log.local.set_follow(Follow(chapter=LARGE.chapter, petname="", since_ms=NOW_MS))
    cap = StoreCap(log, bytes_max=BYTES_MAX, salt=SALT)
    ingest = Ingest(log, cap=cap)
    offer(ingest, SMALL.genesis, *FEW)
    with private_beside(folder, now_ms=lambda: NOW_MS) as beside:
        beside(ingest, cap)
        with open_desk(folder, now_ms=lambda: NOW_MS) as desk:
            assert desk.chapters() == [SMALL.chapter]
        offer(ingest, LARGE.genesis, *MANY)
        while ingest.tick(now_ms=NOW_MS):
            pass
    with open_desk(folder, now_ms=lambda: NOW_MS) as desk:
        assert len(agenda(desk.reader.calendar([LARGE.chapter]), Query())) == 40
    log.close()


def test_what_is_refused_before_its_chapter_leaves_is_kept_over_a_restart() -> None:
    home = Home()
    home.follow(LARGE.chapter)
    offer(home.real.ingest, LARGE.genesis)
    offer(home.real.ingest, *MANY)
    assert 0 < home.real.log.total().records < 40
    home.start()
    home.settle()
    assert home.public() == set()
    assert len(home.dates(LARGE.chapter)) == 40


# --- what is in both -----------------------------------------------------------------------------


def test_what_a_store_full_of_its_own_persons_chapters_refuses_of_them_is_shown() -> None:
    """They never leave, and so what others write for them finds no room: it is read beside."""
    home = Home()
    home.follow(SMALL.chapter)
    own = events(SMALL, 30)
    home.real.ingest.offer([item(SMALL.genesis), *map(item, own)], now_ms=NOW_MS, own=True)
    assert home.logs == []
    later = events(SMALL, 38)[30:]
    home.give(*later)
    assert SMALL.genesis.id in home.public()
    assert not home.real.log.has([later[-1].id])
    home.settle()
    assert {each.id for each in home.both.in_set(chapter=SMALL.chapter)} >= {
        each.id for each in (*own, *later)
    }
    assert home.private is not None
    assert home.private.left_out() == {SMALL.chapter}  # and read, with what it misses while off
    # And its person may write for it as before, and reads at once what they wrote.
    mine = SMALL.write(SMALL.leads[0], path=("mine",))
    arrival = Arrival(item=mine, own=True)
    assert home.both.append([arrival, arrival], now_ms=NOW_MS) == [Outcome.NEW, Outcome.KNOWN]
    assert home.real.log.has([mine.id])
    assert home.both.versions(mine.header.object_id)
    assert [each.item for each in home.logs[0].local.outbox()] == []


def test_with_more_room_a_sync_brings_it_back_and_it_can_be_written_to() -> None:
    """The way out that a refusal names."""
    home, other = Home(), RealStore(MemoryLog(incarnation=b"o" * 16))
    home.follow(LARGE.chapter)
    fill(home)
    offer(other.ingest, SMALL.genesis, *FEW, LARGE.genesis, *MANY)
    mine = Arrival(item=LARGE.write(LARGE.leads[0], path=("mine",)), own=True)
    with pytest.raises(LogError, match="left out of the log") as refused:
        home.both.append([mine], now_ms=NOW_MS)
    assert "raise store_bytes_max" in refused.value.hint
    home.real.ingest = Ingest(home.real.log)  # as `sync` takes in
    compare(home.real, other)
    assert len(home.dates(LARGE.chapter)) == 40
    assert home.both.append([mine], now_ms=NOW_MS) == [Outcome.NEW]
    assert len(home.dates(LARGE.chapter)) == 41
    assert home.both.has([mine.item.id])


def test_what_others_wrote_goes_where_it_is_read_when_a_command_brings_it() -> None:
    home = Home()
    home.follow(LARGE.chapter)
    fill(home)
    both = home.both
    late, elsewhere = events(LARGE, 41)[40], FEW[0]
    batch = [Arrival(item=each) for each in (late, elsewhere, late)]
    assert both.append(batch, now_ms=NOW_MS) == [Outcome.NEW, Outcome.KNOWN, Outcome.KNOWN]
    assert late.id not in home.public()
    assert both.move([late.id], to=LogStanding.SET_ASIDE, now_ms=NOW_MS) == 1
    assert len(home.dates(LARGE.chapter)) == 40
    assert both.remove([late.id]) == 1
    assert not home.logs[0].has([late.id])


def test_what_the_private_store_let_go_of_by_a_removal_is_not_read_in_the_store() -> None:
    """The removal found no room there: a count of records, or of ids, would mislead."""
    home = Home()
    home.follow(SMALL.chapter)
    own = events(SMALL, 44)
    home.real.ingest.offer([item(SMALL.genesis), *map(item, own)], now_ms=NOW_MS, own=True)
    home.give(events(SMALL, 45)[44])
    home.settle()
    (gone, *_) = own
    home.logs[0].remove([gone.id])  # ninety days after it was struck
    assert gone.id in {each.id for each in home.real.log.in_set()}
    assert gone.id not in {each.id for each in home.both.in_set(chapter=SMALL.chapter)}
    home.settle()
    assert not home.logs[0].has([gone.id])
