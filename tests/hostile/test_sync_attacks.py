"""A hostile peer at the sync protocol of a real node: it lies, dawdles, repeats, and floods.

Each attack says what it tries, and is tried again on the same node with the one guard taken away
that it meets: there it must succeed. Time is virtual: a minute of silence costs nothing.
"""

from __future__ import annotations

from random import Random

import pytest
import trio
import trio.testing

from p2pevents.node import room, waiting
from p2pevents.node.core import schedule
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import RecordId
from p2pevents.sync import budget, frames, session, transfer
from p2pevents.sync.answers import Differs, Split
from p2pevents.sync.frames import FRAME_BYTES_MAX
from p2pevents.sync.messages import (
    SYNC_PROTOCOL,
    Ack,
    Ask,
    Cursor,
    End,
    Hello,
    Need,
    Page,
    Push,
    Ranges,
    Scope,
    Since,
    Symbols,
    Taken,
    Want,
)
from tests.hostile.sync_peer import Scene, Talk, hello, scene
from tests.node.community import HOUR_MS, NOW_MS, Community, item

ENDS_S_MAX = 30.1  # thirty without progress, and what a busy loop needs to notice it
HONEST_S_MAX = 5.0
ANSWER_TIMES, ANSWER_BYTES = 4, 16 * 1024  # what answers may be, of what was said
UNGUARDED_S = 60.0
FAR = 10**9
SCOPE = Scope(chapters=(), closed=(), keys=())

pytestmark = pytest.mark.timeout(120)
guarded_or_not = pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "unguarded"])


@pytest.fixture
def clock() -> trio.testing.MockClock:
    """Time that passes as soon as nobody has anything to do; threads that work are waited for."""
    return trio.testing.MockClock(autojump_threshold=0.002)


def authority_of(scene: Scene) -> bytes:
    return bytes(scene.node._shared.ledger.snapshot().authority)


async def ends_after_s(talk: Talk, *, most_s: float) -> float:
    """Wait until the victim ends the stream, or so long."""
    began_s = trio.current_time()
    with trio.move_on_after(most_s):
        await talk.ended.wait()
    return trio.current_time() - began_s


async def all_is_well(scene: Scene, *, tasks: int) -> None:
    """An honest node gets everything, quickly, and nothing of the attack is left behind."""
    assert await scene.honest_sync_s() < HONEST_S_MAX
    await trio.sleep(2)
    assert trio.lowlevel.current_statistics().tasks_living <= tasks


# --- sessions that never come to anything ---------------------------------------------------------


async def _says_nothing(scene: Scene, talk: Talk) -> None:
    await trio.sleep_forever()


async def _drips(scene: Scene, talk: Talk) -> None:
    """One byte of a frame of 256 KiB every second."""
    await talk.say_bytes((FRAME_BYTES_MAX).to_bytes(4, "big"))
    while True:
        await talk.say_bytes(b"\x00")
        await trio.sleep(1)


async def _stops_in_the_middle(scene: Scene, talk: Talk) -> None:
    """It has the other look its whole log through, and says no more."""
    await talk.say(hello(), Since(total=0, count=0, prefixes=()))
    await trio.sleep_forever()


async def _never_acknowledges(scene: Scene, talk: Talk) -> None:
    """It has pages sent, and takes none."""
    await talk.say(hello(authority=authority_of(scene)))
    since = await talk.hear(Since)
    assert isinstance(since, Since)
    await talk.say(Since(total=0, count=0, prefixes=()))
    await talk.say(Need(bits=b"\xff" * (since.count // 8) + bytes([(1 << since.count % 8) - 1])))
    await trio.sleep_forever()


async def _promises_pages(scene: Scene, talk: Talk) -> None:
    """It says that it has a million records, and brings none."""
    log = Cursor(incarnation=b"liar" * 4, position=10**6)
    await talk.say(hello(log=log, authority=authority_of(scene)))
    await talk.say(Since(total=10**6, count=10**6, prefixes=None))
    await talk.hear(Since)
    await trio.sleep_forever()


async def _brings_what_is_known(scene: Scene, talk: Talk) -> None:
    """It sends pages for ever, of one record that is known: that is no progress."""
    log = Cursor(incarnation=b"liar" * 4, position=10**6)
    await talk.say(hello(log=log, authority=authority_of(scene)))
    await talk.say(Since(total=10**6, count=10**6, prefixes=None))
    (known,) = scene.log.records(
        [next(RecordId(each.id) for each in scene.log.in_set() if each.kind)]
    )
    position = 0
    while not talk.ended.is_set():
        position += 1
        page = Page(items=((known.envelope, known.body),), position=position, is_last=False)
        await talk.say(page)
        await talk.hear(Ack, seconds=1)
        await trio.sleep(1)


@guarded_or_not
@pytest.mark.parametrize(
    "attack",
    [
        _says_nothing,
        _drips,
        _stops_in_the_middle,
        _never_acknowledges,
        _promises_pages,
        _brings_what_is_known,
    ],
)
async def test_a_session_without_progress_ends(
    attack: object, monkeypatch: pytest.MonkeyPatch, clock: object, *, is_guarded: bool
) -> None:
    """SYNC-28. Without the deadline each of them stands as long as its peer likes."""
    if not is_guarded:
        monkeypatch.setattr(session, "PROGRESS_MS_MAX", FAR)
    async with scene() as at, trio.open_nursery() as nursery:
        await trio.sleep(1)
        tasks = trio.lowlevel.current_statistics().tasks_living
        async with at.talk() as talk:
            nursery.start_soon(attack, at, talk)  # type: ignore[arg-type]
            took_s = await ends_after_s(talk, most_s=UNGUARDED_S)
            assert took_s <= ENDS_S_MAX if is_guarded else took_s >= UNGUARDED_S
            if not is_guarded:
                nursery.cancel_scope.cancel()
            assert talk.answer_bytes <= ANSWER_TIMES * talk.said_bytes + ANSWER_BYTES
            nursery.cancel_scope.cancel()
        if is_guarded:
            with trio.CancelScope(shield=True):
                await all_is_well(at, tasks=tasks)


async def _forty_silent(scene: Scene) -> None:
    """Peers that open a stream each as soon as they have none, and say nothing."""

    async def one() -> None:
        while True:
            async with scene.talk() as talk:
                await talk.ended.wait()
            await trio.sleep(0.5)

    async with trio.open_nursery() as nursery:
        for _ in range(40):
            nursery.start_soon(one)


@guarded_or_not
async def test_silent_sessions_do_not_keep_the_honest_out(
    monkeypatch: pytest.MonkeyPatch, clock: object, *, is_guarded: bool
) -> None:
    """SYNC-29: others have 8 places, and a node's own comparisons are not counted against them.

    So it asks the honest peer itself. Without the four of its own, nobody is asked any more.
    """
    if not is_guarded:
        monkeypatch.setattr(schedule, "COMPARING_MAX", 0)
    async with scene() as at, trio.open_nursery() as nursery:
        nursery.start_soon(_forty_silent, at)
        await trio.sleep(1)
        comparing = [each for each in at.node._sessions._streams.values() if each.is_comparing]
        assert len(comparing) == schedule.COMPARING_INBOUND_MAX
        with trio.move_on_after(25) as waited:
            await at.honest_sync_s(seconds=UNGUARDED_S * 2)
        assert waited.cancelled_caught is not is_guarded
        nursery.cancel_scope.cancel()


# --- answers for nothing --------------------------------------------------------------------------


async def _compares_again(scene: Scene, talk: Talk, *, rounds: int) -> int:
    """Have a comparison, take nothing, have the next; return how many came to their end."""
    for number in range(rounds):
        nonce = bytes(8) + number.to_bytes(8, "big")
        await talk.say(hello(nonce=nonce, authority=authority_of(scene)))
        theirs = await talk.hear(Hello)
        since = await talk.hear(Since)
        if not isinstance(theirs, Hello) or not isinstance(since, Since):
            return number
        await talk.say(Since(total=0, count=0, prefixes=()))
        await talk.say(Need(bits=bytes((since.count + 7) // 8)))
        if await talk.hear(End) is None:
            return number
        await talk.say(End(authority=theirs.authority, records=theirs.records, new=0, left_out={}))
    return rounds


@guarded_or_not
async def test_comparisons_one_after_the_other_come_to_an_end(
    monkeypatch: pytest.MonkeyPatch, clock: object, *, is_guarded: bool
) -> None:
    """SYNC-48: each costs its peer 340 bytes and the victim 8 KiB of names, taken or not."""
    if not is_guarded:
        monkeypatch.setattr(budget, "SNAPSHOTS_PER_PEER_MAX", FAR)
    rounds = 300
    async with scene(records=990) as at:
        async with at.talk() as talk:
            before_s = trio.current_time()
            done = await _compares_again(at, talk, rounds=rounds)
            assert trio.current_time() - before_s < budget.PACE_MS / 1000
            a_round = talk.answer_bytes / max(1, done), talk.said_bytes / max(1, done)
            assert a_round[0] <= ANSWER_TIMES * a_round[1] + ANSWER_BYTES
            if not is_guarded:
                assert done == rounds
                return
            assert done <= budget.SNAPSHOTS_PER_PEER_MAX
            await ends_after_s(talk, most_s=1)
            assert talk.ended.is_set()
        await all_is_well(at, tasks=10**6)


@guarded_or_not
async def test_a_set_is_sorted_for_a_peer_a_few_times_an_hour(
    monkeypatch: pytest.MonkeyPatch, clock: object, *, is_guarded: bool
) -> None:
    """SYNC-30: to begin a full comparison and leave costs a peer nothing, the victim a sort."""
    if not is_guarded:
        monkeypatch.setattr(budget, "SORTS_PER_PEER_MAX", FAR)
        monkeypatch.setattr(budget, "SORTS_MAX", FAR)
    sorts = 0
    async with scene(records=1_200) as at, at.network() as network:
        for number in range(12):
            stream = await network.open_stream(at.node.network.peer_id, SYNC_PROTOCOL)
            async with trio.open_nursery() as nursery:
                talk = Talk(stream)
                nursery.start_soon(talk.read)
                nonce = bytes(8) + number.to_bytes(8, "big")
                await talk.say(hello(nonce=nonce, authority=authority_of(at)))
                if isinstance(theirs := await talk.hear(Hello), Hello):
                    # Totals like theirs: nothing would be gained by position.
                    await talk.say(Since(total=1_200, count=1_200, prefixes=None))
                    if theirs.may_compare_fully:
                        await talk.say(SCOPE, Ask(upto=32))
                        sorts += await talk.hear(Symbols, seconds=2) is not None
                nursery.cancel_scope.cancel()
            await stream.aclose()
            await trio.sleep(1)
    assert sorts == 12 if not is_guarded else 0 < sorts <= budget.SORTS_PER_PEER_MAX


async def test_ranges_that_all_differ_are_answered_within_their_budget(clock: object) -> None:
    """SYNC-21, SYNC-22: it says of every range that it differs, until the rounds are over."""
    rng = Random(4)
    async with scene(records=1_200) as at, at.talk() as talk:
        await talk.say(hello(nonce=bytes(16), authority=authority_of(at)))
        await talk.hear(Hello)
        await talk.say(Since(total=1_200, count=1_200, prefixes=None), SCOPE, Ask(upto=0))
        split = Split(
            about=0,
            bounds=tuple(bytes([32 * part]) for part in range(1, 8)),
            sums=tuple(rng.randbytes(8) for _ in range(8)),
        )
        await talk.say(Ranges(answers=(split,)))
        rounds = 0
        while isinstance(said := await talk.hear(Ranges, seconds=2), Ranges):
            rounds += 1
            await talk.say(
                Ranges(answers=tuple(Differs(about=n) for n in range(len(said.answers))))
            )
        await ends_after_s(talk, most_s=ENDS_S_MAX)
        assert 0 < rounds <= 16
        assert talk.answer_bytes <= ANSWER_TIMES * talk.said_bytes + ANSWER_BYTES


async def test_bodies_are_asked_for_once_after_a_comparison(clock: object) -> None:
    """SYNC-27: a `want` is 32 bytes an id, and what comes for it is 16 KiB."""
    async with scene() as at, at.talk() as talk:
        assert await _compares_again(at, talk, rounds=1) == 1
        ids = tuple(each.id for each in at.log.in_set() if each.kind)[:32]
        await talk.say(Want(ids=ids), Want(ids=ids))
        await ends_after_s(talk, most_s=5)
        assert talk.ended.is_set()
        assert talk.counts["Push"] <= len(ids)


# --- things that nobody asked for -----------------------------------------------------------------


def stranger_records(count: int) -> list[Verified]:
    """Well-signed records of a chapter that nobody knows."""
    other = Community("mallory")
    return [other.write(other.leads[0], path=(f"x{n}",), fill=8_000) for n in range(count)]


@guarded_or_not
async def test_records_of_unknown_authority_wait_within_a_limit(
    monkeypatch: pytest.MonkeyPatch, clock: object, *, is_guarded: bool
) -> None:
    """SYNC-36: 3 MB of them are pushed. What waits is 1 MiB at the most, for all peers together."""
    if not is_guarded:
        monkeypatch.setattr(waiting, "UNKNOWN_BYTES_MAX", FAR)
    async with scene() as at, at.talk() as talk:
        await talk.say(hello())
        await talk.hear(Hello)
        for record in stranger_records(400):
            await talk.say(Push(items=(item(record),)))
            await talk.hear(Taken, seconds=5)
        held = sum(len(each.envelope) + each.header.body_bytes for each in _waits(at))
        assert held > 2**21 if not is_guarded else held <= 2**20
        assert at.log.total().records == 300


def _waits(scene: Scene) -> list[Verified]:
    """Return the records that wait for their authority."""
    return [each for each in scene.node.ingest.waiting if isinstance(each, Verified)]


@guarded_or_not
async def test_a_page_of_forgeries_ends_the_session(
    monkeypatch: pytest.MonkeyPatch, clock: object, *, is_guarded: bool
) -> None:
    """SYNC-15: of 100 pages of badly signed records the first is the last."""
    if not is_guarded:

        def unmoved(self: session.Session, given: object) -> None:
            taken = type(given)(new=0, rejected=0, left_out={})  # type: ignore[call-arg]
            real(self, taken)  # type: ignore[arg-type]

        real = session.Session._on_committed
        monkeypatch.setattr(session.Session, "_on_committed", unmoved)
    async with scene() as at, at.talk() as talk:
        log = Cursor(incarnation=b"liar" * 4, position=10**6)
        await talk.say(hello(log=log, authority=authority_of(at)))
        await talk.say(Since(total=10**6, count=10**6, prefixes=None))
        await talk.hear(Since)
        acks = 0
        for number in range(100):
            forged = [
                (one.envelope[:-1] + bytes([one.envelope[-1] ^ 1]), one.body)
                for one in stranger_records(4)
            ]
            await talk.say(Page(items=tuple(forged), position=number + 1, is_last=False))
            if await talk.hear(Ack, seconds=2) is None:
                break
            acks += 1
        assert acks == (0 if is_guarded else 100)
        assert at.log.total().records == 300


@guarded_or_not
async def test_a_frame_longer_than_any_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch, clock: object, *, is_guarded: bool
) -> None:
    """SYNC-2: a head that announces 1 GiB ends the stream, before a byte of it is kept."""
    if not is_guarded:
        monkeypatch.setattr(frames, "FRAME_BYTES_MAX", 2**30)
    async with scene() as at, at.talk() as talk:
        await talk.say_bytes((2**30).to_bytes(4, "big"))
        for _ in range(64):
            await talk.say_bytes(bytes(65_536))
        await trio.sleep(1)
        if is_guarded:
            assert talk.ended.is_set()
            return
        (held,) = [each._session._frames for each in at.node._sessions._streams.values()]
        assert len(held._buffer) >= 4 * 2**20


@guarded_or_not
async def test_pages_that_were_not_acknowledged_do_not_pile_up(
    monkeypatch: pytest.MonkeyPatch, clock: object, *, is_guarded: bool
) -> None:
    """SYNC-12: who takes no page has eight of them on the way, and not the whole log."""
    if not is_guarded:
        monkeypatch.setattr(transfer, "PAGES_IN_FLIGHT_MAX", FAR)
    async with scene(records=0) as at:
        lead = at.paris.leads[0]
        large = [at.paris.write(lead, path=(f"e{n}",), fill=15_000) for n in range(400)]
        at.node.ingest.offer([item(each) for each in large], now_ms=NOW_MS)
        async with at.talk() as talk:
            await talk.say(hello(authority=authority_of(at)))
            since = await talk.hear(Since)
            assert isinstance(since, Since)
            await talk.say(Since(total=0, count=0, prefixes=()), Need(bits=b"\xff" * 50))
            await trio.sleep(5)
            limit = 8 * frames.FRAME_BYTES_MAX
            assert talk.paid_bytes > limit if not is_guarded else talk.paid_bytes <= limit


# --- valid keys -----------------------------------------------------------------------------------


@guarded_or_not
async def test_a_granted_key_that_floods_is_closed_and_the_others_are_not(
    monkeypatch: pytest.MonkeyPatch, clock: object, *, is_guarded: bool
) -> None:
    """A delegate signs 300 records where 200 are allowed; the lead goes on as before."""
    monkeypatch.setattr(room, "AUTHOR_RECORDS_MAX", 200 if is_guarded else FAR)
    async with scene(records=20) as at:
        grant = at.paris.grant("mallory")
        at.node.ingest.offer([item(grant)], now_ms=NOW_MS)
        flood = [
            at.paris.write("mallory", under=grant.id, path=(f"m{n}",), clock=NOW_MS - HOUR_MS + n)
            for n in range(300)
        ]
        async with at.talk() as talk:
            await talk.say(hello())
            await talk.hear(Hello)
            for start in range(0, 300, 10):
                await talk.say(Push(items=tuple(item(one) for one in flood[start : start + 10])))
                await talk.hear(Taken, seconds=5)
        held = at.log.size(at.paris.chapter, flood[0].header.author).records
        assert held == (200 if is_guarded else 300)
        later = at.paris.write(at.paris.leads[0], path=("later",))
        at.node.ingest.offer([item(later)], now_ms=NOW_MS)
        assert at.log.has([later.id])
        assert await at.honest_sync_s() < HONEST_S_MAX
