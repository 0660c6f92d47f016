"""Letters between running nodes: from a light client, by a carrier, to an organiser, and back."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from random import Random

import pytest
import trio

from p2pevents.log.memory import MemoryLog
from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.memory import open_memory_network
from p2pevents.net.memory_hub import MemoryHub
from p2pevents.net.network import Network, PeerStream
from p2pevents.net.peer_id import peer_id_of_seed
from p2pevents.node.config import Config
from p2pevents.node.inbox import post
from p2pevents.node.inbox.messages import (
    INBOX_PROTOCOL,
    Ask,
    Hello,
    Letter,
    Page,
    decode_message,
    encode_message,
)
from p2pevents.node.inbox.papers import sign_receipt, sign_ticket
from p2pevents.node.inbox.post import quota_address
from p2pevents.node.inbox.talk import Answering
from p2pevents.node.inbox.tickets import keep_tickets
from p2pevents.node.ingest import Ingest
from p2pevents.node.node import Node
from p2pevents.record.ids import ChapterId
from p2pevents.sync.frames import FrameReader, encode_frame
from tests.inbox.writing import CHAPTER, coming, letter, outgoing
from tests.node.test_ingest import GENESIS, NOW_MS, PARIS

SECONDS_MAX = 20.0
Open = Callable[[int], AbstractAsyncContextManager[Network]]


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody waits for the rounds of real nodes."""
    for name, seconds in {"ROUND_S": 0.2, "COLLECT_S": 0.2, "ASK_S": 0.2, "AGAIN_S": 0.5}.items():
        monkeypatch.setattr(post, name, seconds)


@pytest.fixture(params=["memory", "sockets"])
def world(request: pytest.FixtureRequest) -> tuple[Open, str]:
    """How a node gets on a network, and where it listens."""
    if request.param == "memory":
        hub = MemoryHub(rng=Random(1))
        return lambda number: open_memory_network(hub, seed=seed_of(number)), "/memory/0"
    return lambda number: open_libp2p_network(seed=seed_of(number)), "/ip4/127.0.0.1/tcp/0"


def seed_of(number: int) -> bytes:
    return bytes([number] * 32)


def disk(number: int) -> MemoryLog:
    log = MemoryLog(incarnation=bytes([number] * 16))
    Ingest(log).offer([GENESIS], now_ms=NOW_MS)
    return log


def organisers_disk(number: int) -> MemoryLog:
    log, peer = disk(number), peer_id_of_seed(seed_of(number))
    until_ms = NOW_MS + 86_400_000
    ticket = sign_ticket(chapter=CHAPTER, peer=peer, until_ms=until_ms, seed=PARIS.daily)
    keep_tickets(log.local, [ticket])
    return log


@asynccontextmanager
async def running(
    world: tuple[Open, str], number: int, log: MemoryLog, *, is_reader: bool = False
) -> AsyncIterator[Node]:
    opened, place = world
    listen = [] if is_reader else [place]
    config = Config(listen=tuple(listen), sync_interval_s=5)
    async with opened(number) as network, trio.open_nursery() as nursery:
        node = Node(
            log=log,
            network=network,
            config=config,
            now_ms=lambda: NOW_MS,
            rng=Random(number),
            is_reader=is_reader,
        )
        await nursery.start(node.run)
        yield node
        nursery.cancel_scope.cancel()


async def until(holds: Callable[[], object]) -> None:
    with trio.fail_after(SECONDS_MAX):
        while not holds():  # noqa: ASYNC110 - a log has no event
            await trio.sleep(0.02)


def mine(log: MemoryLog) -> list[bytes]:
    return [each.id for each in log.letters.carried(limit=10) if each.is_mine]


async def test_a_letter_goes_from_a_light_client_by_a_carrier_to_an_organiser_and_back(
    world: tuple[Open, str],
) -> None:
    """INBOX-12, INBOX-15, INBOX-16: author and organiser are never on at the same time."""
    sent = letter("A talk")
    author, carried, lead = disk(1), disk(2), organisers_disk(3)
    author.letters.set_outgoing(outgoing(sent))
    async with running(world, 2, carried) as carrier:
        async with running(world, 1, author, is_reader=True) as node:
            node.dial(carrier.network.addresses())
            await until(lambda: author.letters.outgoing()[0].carriers)
        async with running(world, 3, lead) as node:
            node.dial(carrier.network.addresses())
            await until(lambda: mine(lead) == [sent.id])
            receipt = sign_receipt(chapter=CHAPTER, ids=[sent.id], clock=NOW_MS, seed=PARIS.daily)
            lead.letters.set_receipt(sent.id, receipt.data)
            await until(lambda: carried.letters.carried(limit=1)[0].receipt)
        assert author.letters.outgoing()[0].receipt is None
        async with running(world, 1, author, is_reader=True) as node:
            node.dial(carrier.network.addresses())
            await until(lambda: author.letters.outgoing()[0].receipt == receipt.data)


async def test_a_letter_written_while_the_node_runs_goes_at_once_to_three_carriers() -> None:
    """INBOX-16: three copies, and no fourth."""
    hub = MemoryHub(rng=Random(1))
    world = (lambda number: open_memory_network(hub, seed=seed_of(number)), "/memory/0")
    logs = [disk(number) for number in range(2, 6)]
    author = disk(1)
    async with (
        running(world, 2, logs[0]) as a,
        running(world, 3, logs[1]) as b,
        running(world, 4, logs[2]) as c,
        running(world, 5, logs[3]) as d,
        running(world, 1, author, is_reader=True) as node,
    ):
        for each in (a, b, c, d):
            await node.network.dial(each.network.addresses()[0])
        author.letters.set_outgoing(outgoing(letter("A talk")))
        await until(lambda: len(author.letters.outgoing()[0].carriers) >= post.COPIES)
        await trio.sleep(1)
        assert sum(log.letters.load()[0] for log in logs) == len(
            author.letters.outgoing()[0].carriers
        )


async def test_a_carrier_that_lost_a_letter_gets_it_again() -> None:
    """INBOX-16: unknown means that another one, or the same one later, gets it."""
    hub = MemoryHub(rng=Random(1))
    world = (lambda number: open_memory_network(hub, seed=seed_of(number)), "/memory/0")
    sent, author, carried = letter("A talk"), disk(1), disk(2)
    author.letters.set_outgoing(outgoing(sent))
    async with running(world, 2, carried) as carrier, running(world, 1, author) as node:
        node.dial(carrier.network.addresses())
        await until(lambda: author.letters.outgoing()[0].carriers)
        carried.letters.drop([sent.id])
        await until(lambda: not author.letters.outgoing()[0].carriers)
        await until(lambda: author.letters.outgoing()[0].carriers)
        assert carried.letters.load()[0] == 1


async def test_a_carrier_hands_over_nothing_that_was_not_asked_for() -> None:
    """INBOX-15: letters to chapters of nobody's would fill an organiser's disk without a limit."""
    hub = MemoryHub(rng=Random(1))
    world = (lambda number: open_memory_network(hub, seed=seed_of(number)), "/memory/0")
    asked, lead = letter("A talk"), organisers_disk(3)
    other = letter(coming(), chapter=ChapterId(bytes(32)))

    async def hand_over(stream: PeerStream) -> None:
        talk = Answering(network="main")
        while data := await stream.receive_some(65536):
            questions = talk.receive(bytes(data))
            await stream.send_all(talk.greeting())
            for _ in questions:
                page = Page(letters=(asked.data, other.data), last=2, is_last=True)
                await stream.send_all(talk.answer(page))

    async with world[0](2) as carrier, running(world, 3, lead) as node:
        carrier.serve(INBOX_PROTOCOL, hand_over)
        await carrier.listen(["/memory/0"])
        await node.network.dial(carrier.addresses()[0])
        await until(lambda: asked.id in mine(lead))
        assert mine(lead) == [asked.id]


async def test_what_a_full_carrier_says_is_kept_for_the_author() -> None:
    """INBOX-14: waiting, and why."""
    hub = MemoryHub(rng=Random(1))
    world = (lambda number: open_memory_network(hub, seed=seed_of(number)), "/memory/0")
    author, carried = disk(1), disk(2)
    for number in range(9):
        author.letters.set_outgoing(outgoing(letter(f"Talk {number}")))
    async with running(world, 2, carried) as carrier, running(world, 1, author) as node:
        node.dial(carrier.network.addresses())
        await until(lambda: author.letters.outgoing()[8].answer)
    last = author.letters.outgoing()[8]
    assert (last.answer, last.carriers) == ("full-sender", ())
    assert all(each.carriers for each in author.letters.outgoing()[:8])


async def test_strangers_reach_the_inbox_and_nothing_beyond_it(world: tuple[Open, str]) -> None:
    """INBOX-11, INBOX-14: garbage, floods, oversize and replay; honest letters still pass."""
    carried, author, rng = disk(2), disk(1), Random(7)
    hello = encode_frame(encode_message(Hello(network="main")))
    good = letter(coming(), number=1)
    async with running(world, 2, carried) as carrier:

        async def say(network: Network, data: bytes) -> bytes:
            """Say something on a stream, and return what comes back until it ends."""
            stream = await network.open_stream(carrier.network.peer_id, INBOX_PROTOCOL)
            came = b""
            with trio.move_on_after(5):
                try:
                    await stream.send_all(data)
                    await stream.send_eof()
                    while more := await stream.receive_some(65536):
                        came += bytes(more)
                except (trio.BrokenResourceError, trio.ClosedResourceError):
                    pass
            await stream.aclose()
            return came

        async with world[0](9) as stranger:
            await stranger.dial(carrier.network.addresses()[0])
            flood = b"".join(
                encode_frame(encode_message(Letter(data=letter(coming(), number=number).data)))
                for number in range(40)
            )
            replay = encode_frame(encode_message(Letter(data=good.data))) * 5
            words = [
                decode_message(frame)
                for frame in FrameReader().feed(await say(stranger, hello + replay + flood))
            ]
            said = [each.said.value for each in words[1:]]  # type: ignore[union-attr]
            assert said.count("known") == 5
            assert said.count("held") == 32
            assert said[-1] == "full-peer"
        for number, foul in enumerate(
            [
                rng.randbytes(50_000),
                hello + rng.randbytes(5000),
                hello + encode_frame(bytes(200_000)),
                hello + encode_frame(encode_message(Letter(data=rng.randbytes(16_000)))),
                hello + encode_frame(encode_message(Ask(ids=(bytes(32),)))) * 100,
                b"",
            ]
        ):
            async with world[0](20 + number) as stranger:
                await stranger.dial(carrier.network.addresses()[0])
                await say(stranger, foul)
        assert carried.letters.load()[0] == 32
        author.letters.set_outgoing(outgoing(letter("An honest talk", number=500)))
        async with running(world, 1, author, is_reader=True) as node:
            node.dial(carrier.network.addresses())
            await until(lambda: author.letters.outgoing()[0].carriers)


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("/ip4/192.0.2.7/tcp/4001/p2p/12D3", "192.0.2.7"),
        ("/ip6/2001:db8:1:2:3:4:5:6/tcp/1/p2p/12D3", "2001:db8:1:2::/64"),
        ("/ip6/nonsense/tcp/1", "nonsense"),
        ("/memory/3/p2p/12D3", "3"),
        ("", ""),
    ],
)
def test_an_address_is_a_host_or_a_household(address: str, counted: str) -> None:
    """INBOX-14: of IPv6 the first 64 bits count."""
    assert quota_address(address) == counted
