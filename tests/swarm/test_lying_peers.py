"""A light client with two lying peers of three tells so, and is right after one honest sync.

The liars run this project's own code over logs that lack what they hold back: they
keep to the protocol, and every record of theirs is signed as it should be.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random
from typing import Any

import pytest
import trio

from p2pevents.authority.chain import Chain
from p2pevents.log.local import Follow
from p2pevents.log.memory import MemoryLog
from p2pevents.net.network import Network
from p2pevents.node.charters import Charters
from p2pevents.node.config import Config
from p2pevents.node.exchanging import Exchange, exchange
from p2pevents.node.ingest import Ingest
from p2pevents.node.node import Node
from p2pevents.node.reading import Reader
from p2pevents.record.draft.compose import compose
from p2pevents.record.draft.lists import DigestDraft
from p2pevents.record.entry import Entry
from p2pevents.record.envelope import Verified, seal
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import Path, RecordId
from p2pevents.view import freshness
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.freshness import Completeness
from tests.net.worlds import World, world
from tests.node.community import Community, item

DAY_MS = 24 * 3_600_000
NOW_MS = int(time.time() * 1000)
NETWORK = "lies"
over_both = pytest.mark.parametrize("name", ["memory", "tcp"])


class Paris(Community):
    """A chapter that announced ten evenings; its leads have fallen out since."""

    def __init__(self) -> None:
        super().__init__("ada", "bob", "cleo")
        ada, bob, cleo = self.leads
        self.ada = ada
        self.true_branch = self.entry(ada, bob, by=(ada, bob))
        self.other_branch = self.entry(bob, cleo, by=(bob, cleo))
        self.profile = self.say(
            "profile", ("profile",), {"name": "Paris P2P"}, NOW_MS - 60 * DAY_MS
        )
        self.old = [self.evening(number, NOW_MS - 60 * DAY_MS) for number in range(5)]
        self.new = [self.evening(number, NOW_MS - DAY_MS) for number in range(5, 10)]

    def evening(self, number: int, clock: int) -> Verified:
        day = time.strftime("%Y-%m-%d", time.gmtime(NOW_MS / 1000 + (number + 3) * 86_400))
        when = {"start": f"{day}T18:30:00", "timeZone": "Europe/Paris"}
        return self.say(
            "event", (f"e{number}",), {"title": f"Evening {number}", "when": when}, clock
        )

    def say(self, kind: str, path: Path, changes: dict[str, Any], clock: int) -> Verified:
        header, body = compose(
            object_id=ObjectId(chapter=self.chapter, kind=kind, path=path),
            changes=changes,
            author=self.ada.key,
            authority=RecordId(self.genesis.id),
            now_ms=clock,
            salt=bytes(16),
        )
        return seal(header, body, seed=self.ada.daily)

    def said(self, listed: Sequence[Verified], tip: Entry, *, clock: int) -> Verified:
        """A digest of Ada's."""
        draft = DigestDraft.from_versions(
            (each.header for each in listed), tip=tip.id, until_ms=clock + 30 * DAY_MS
        )
        return self.say("digest", ("digest",), dict(draft.changes), clock)

    @property
    def all(self) -> list[Verified | Entry]:
        listed = [self.profile, *self.old, *self.new]
        digest = self.said(listed, self.true_branch, clock=NOW_MS - DAY_MS)
        return [self.genesis, self.true_branch, *listed, digest]

    @property
    def old_state(self) -> list[Verified | Entry]:
        """All, as it was sixty days ago."""
        listed = [self.profile, *self.old]
        digest = self.said(listed, self.genesis, clock=NOW_MS - 60 * DAY_MS)
        return [self.genesis, *listed, digest]


PARIS = Paris()


def log_of(items: Sequence[Verified | Entry]) -> MemoryLog:
    log = MemoryLog(incarnation=Random(len(items)).randbytes(16))
    Ingest(log).offer([item(each) for each in items], now_ms=NOW_MS)
    return log


class Table:
    """Three peers that know nothing of each other, and a reader who asks some of them."""

    def __init__(self, kind: World, stack: AsyncExitStack, nursery: trio.Nursery) -> None:
        self._kind, self._stack, self._nursery = kind, stack, nursery
        self._seeds: Iterator[int] = iter(range(1, 9))
        self.log = MemoryLog(incarnation=b"reader's log ---")
        self.config = Config(network=NETWORK, listen=())

    async def network(self) -> Network:
        opened = self._kind.open(bytes([next(self._seeds)]) * 32)
        return await self._stack.enter_async_context(opened)

    async def peer(self, items: Sequence[Verified | Entry]) -> str:
        """Run a peer that has these, and return where it is."""
        network = await self.network()
        node = Node(
            log=log_of(items),
            network=network,
            config=Config(network=NETWORK, listen=(self._kind.anywhere,)),
            now_ms=lambda: NOW_MS,
            rng=Random(1),
        )
        await self._nursery.start(node.run)
        return network.addresses()[0]

    async def asks(self, *addresses: str) -> list[Exchange]:
        network = await self.network()
        found = await exchange(
            self.log,
            network,
            self.config,
            addresses=addresses,
            is_reader=True,
            now_ms=lambda: NOW_MS,
            rng=Random(1),
        )
        assert all(each.ended and not each.why for each in found), found
        return found

    def reader(self, *, days_later: int = 0) -> Reader:
        now_ms = NOW_MS + days_later * DAY_MS
        return Reader(self.log, Charters(self.log), now_ms=lambda: now_ms)

    def state(self, **later: int) -> Completeness:
        return self.reader(**later).freshness(PARIS.chapter).state

    def titles(self) -> list[str]:
        calendar = self.reader().calendar([PARIS.chapter])
        return [entry.title for entry in agenda(calendar, Query())]


ALL = [f"Evening {number}" for number in range(10)]


@asynccontextmanager
async def at_a_table(name: str, nursery: trio.Nursery) -> AsyncIterator[Table]:
    async with AsyncExitStack() as stack:
        yield Table(world(name), stack, nursery)
        nursery.cancel_scope.cancel()


@over_both
async def test_two_that_withhold_are_seen_through(name: str, nursery: trio.Nursery) -> None:
    async with at_a_table(name, nursery) as table:
        missing = PARIS.new[2]
        withheld = [each for each in PARIS.all if each.id != missing.id]
        one, two = await table.peer(withheld), await table.peer(withheld)
        three = await table.peer(PARIS.all)
        await table.asks(one, two)
        found = table.reader().freshness(PARIS.chapter)
        assert (found.state, found.lacking) == (Completeness.INCOMPLETE, 1)
        assert table.titles() == [title for title in ALL if title != "Evening 7"]
        await table.asks(three)
        assert table.state() is Completeness.COMPLETE
        assert table.titles() == ALL


@over_both
async def test_two_that_serve_an_old_state_are_seen_through(
    name: str, nursery: trio.Nursery
) -> None:
    async with at_a_table(name, nursery) as table:
        one, two = await table.peer(PARIS.old_state), await table.peer(PARIS.old_state)
        three = await table.peer(PARIS.all)
        await table.asks(one, two)
        assert table.state() is Completeness.STALE
        assert table.titles() == ALL[:5]
        await table.asks(three)
        assert table.state() is Completeness.COMPLETE
        assert table.titles() == ALL
        # And who hears nothing for a month from here on is told so.
        assert table.state(days_later=31) is Completeness.STALE


@over_both
async def test_two_that_serve_another_branch_are_seen_through_by_the_links_check(
    name: str, nursery: trio.Nursery
) -> None:
    """LINK-5: while the chain does not hold the link's entry, nothing is shown."""
    async with at_a_table(name, nursery) as table:
        branch: list[Verified | Entry] = [
            PARIS.genesis,
            PARIS.other_branch,
            PARIS.profile,
            *PARIS.old,
        ]
        one, two, three = [await table.peer(each) for each in (branch, branch, PARIS.all)]
        table.log.local.set_follow(
            Follow(
                chapter=PARIS.chapter,
                petname="",
                since_ms=NOW_MS,
                floor_seq=1,
                floor_hash=PARIS.true_branch.id,
            )
        )
        await table.asks(one, two)
        showing = table.reader().showing(PARIS.chapter)
        assert showing is not None
        assert showing.tip is None
        assert table.titles() == []
        await table.asks(three)
        assert table.state() is Completeness.COMPLETE
        assert table.titles() == ALL


@over_both
async def test_asked_at_once_the_answers_of_all_three_are_united(
    name: str, nursery: trio.Nursery
) -> None:
    async with at_a_table(name, nursery) as table:
        withheld = [each for each in PARIS.all if each.id != PARIS.new[0].id]
        peers = [await table.peer(each) for each in (withheld, PARIS.old_state, PARIS.all)]
        assert len(await table.asks(*peers)) == 3
        assert table.state() is Completeness.COMPLETE
        assert table.titles() == ALL


async def test_unguarded_one_source_and_no_digest_hide_what_is_withheld(
    nursery: trio.Nursery,
) -> None:
    """What one peer alone tells, with nobody to ask and no digest to hold it against."""
    async with at_a_table("memory", nursery) as table:
        missing = PARIS.new[2]
        told = [each for each in (PARIS.profile, *PARIS.old, *PARIS.new) if each is not missing]
        liar = await table.peer([PARIS.genesis, PARIS.true_branch, *told])
        await table.asks(liar)
        found = table.reader().freshness(PARIS.chapter)
        assert (found.state, found.lacking) == (Completeness.UNCHECKED, 0)
        assert table.titles() == [title for title in ALL if title != "Evening 7"]


async def test_unguarded_a_digest_held_against_nothing_calls_the_lie_complete(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(freshness, "listed_in", lambda _listing: ())
    async with at_a_table("memory", nursery) as table:
        withheld = [each for each in PARIS.all if each.id != PARIS.new[2].id]
        await table.asks(await table.peer(withheld))
        assert table.state() is Completeness.COMPLETE
        assert table.titles() == [title for title in ALL if title != "Evening 7"]


async def test_unguarded_without_the_links_check_another_branch_is_taken_for_the_charter(
    nursery: trio.Nursery,
) -> None:
    """Whom it removed is not shown, and nobody is told."""
    async with at_a_table("memory", nursery) as table:
        branch: list[Verified | Entry] = [PARIS.genesis, PARIS.other_branch, *PARIS.old]
        await table.asks(await table.peer(branch))
        showing = table.reader().showing(PARIS.chapter)
        assert showing is not None
        assert showing.tip == PARIS.other_branch.id
        assert table.titles() == []


@pytest.mark.parametrize("is_guarded", [True, False], ids=["guarded", "unguarded"])
async def test_all_records_under_an_older_charter_are_seen_through(
    nursery: trio.Nursery, monkeypatch: pytest.MonkeyPatch, *, is_guarded: bool
) -> None:
    """Mix-and-match: each part is signed, and the digest names the entry that is left out."""
    if not is_guarded:
        monkeypatch.setattr(Chain, "__contains__", lambda _chain, _entry: True)
    async with at_a_table("memory", nursery) as table:
        mixed = [each for each in PARIS.all if each.id != PARIS.true_branch.id]
        await table.asks(await table.peer(mixed))
        found = table.reader().freshness(PARIS.chapter)
        lies = (Completeness.INCOMPLETE, 1) if is_guarded else (Completeness.COMPLETE, 0)
        assert (found.state, found.lacking) == lies
        assert table.titles() == ALL
