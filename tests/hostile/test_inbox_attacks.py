"""Attacks on the inbox over real sockets: by strangers under many identities.

Each is tried on a carrier as it runs, and again on one whose guard is taken away: there it
succeeds.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from random import Random
from typing import Any

import pytest
import trio

from p2pevents.errors import NetworkError
from p2pevents.log.memory import MemoryLog
from p2pevents.net.libp2p import open_libp2p_network
from p2pevents.net.network import Network, PeerStream
from p2pevents.net.peer_id import peer_id_of_seed
from p2pevents.node.config import Config
from p2pevents.node.inbox import keeper, post, talk
from p2pevents.node.inbox.keeper import ADDRESS_LETTERS_A_DAY_MAX, AGE_MS_MAX, Keeper
from p2pevents.node.inbox.messages import (
    INBOX_PROTOCOL,
    Ask,
    Collect,
    Hello,
    Letter,
    Page,
    Receipts,
    Said,
    States,
    Taken,
    decode_message,
    encode_message,
)
from p2pevents.node.inbox.papers import read_ticket, sign_receipt, sign_ticket
from p2pevents.node.inbox.talk import QUESTIONS_MAX
from p2pevents.node.ingest import Ingest
from p2pevents.node.node import Node
from p2pevents.record.signature import public_key_of
from p2pevents.sync import frames
from p2pevents.sync.frames import FrameReader, encode_frame
from tests.inbox.writing import CHAPTER, coming, letter
from tests.node.test_ingest import GENESIS, NOW_MS, PARIS

IDENTITIES, LETTERS = 6, 40
ANSWERS_S_MAX = 20.0
ENDLESS_BYTES = 8 * 1024 * 1024
NOBODY = public_key_of(b"nobody's" * 4)
DAY_MS = 24 * 60 * 60 * 1000
# Whose address a dial is from: of strangers that an attacker runs, always the same one.
_FROM: ContextVar[str] = ContextVar("from", default="127.0.2.1")
_seeds = itertools.count(10)

Patch = pytest.MonkeyPatch
pytestmark = pytest.mark.timeout(120)


@pytest.fixture(autouse=True)
def addresses(monkeypatch: Patch) -> None:
    """Let each stranger dial from an address of its own."""
    opened = trio.open_tcp_stream

    async def elsewhere(host: str, port: int, **more: Any) -> trio.SocketStream:
        return await opened(host, port, local_address=_FROM.get())

    monkeypatch.setattr(trio, "open_tcp_stream", elsewhere)


@dataclass(slots=True)
class Stranger:
    """A peer that nobody has met, connected to the carrier."""

    network: Network
    carrier: str

    async def stream(self) -> PeerStream:
        return await self.network.open_stream(self.carrier, INBOX_PROTOCOL)  # type: ignore[arg-type]

    async def ask(self, *questions: Any) -> list[Any]:
        """Ask, all at once, and return what is answered until the carrier ends or dawdles."""
        said = [Hello(network="main"), *questions]
        answers: list[Any] = []
        reader = FrameReader()
        try:
            async with await self.stream() as stream:
                with trio.move_on_after(ANSWERS_S_MAX):
                    await stream.send_all(b"".join(encode_frame(encode_message(m)) for m in said))
                    while len(answers) < len(said):
                        data = await stream.receive_some(65536)
                        if not data:
                            break
                        answers += [decode_message(frame) for frame in reader.feed(bytes(data))]
        except (NetworkError, trio.BrokenResourceError, trio.ClosedResourceError):
            pass
        return answers[1:]

    async def hold(self, data: bytes) -> bool:
        """Offer a letter; tell whether it is held."""
        answers = await self.ask(Letter(data=data))
        return [each.said for each in answers if isinstance(each, Taken)] == [Said.HELD]


@dataclass(slots=True)
class Prey:
    """A carrier that runs, and its log."""

    node: Node
    log: MemoryLog

    @asynccontextmanager
    async def stranger(self, *, address: str = "127.0.2.1") -> AsyncIterator[Stranger]:
        token = _FROM.set(address)
        try:
            seed = next(_seeds).to_bytes(32, "big")
            async with open_libp2p_network(seed=seed) as network:
                await network.dial(self.node.network.addresses()[0])
                yield Stranger(network, self.node.network.peer_id)
        finally:
            _FROM.reset(token)

    def held(self) -> int:
        return self.log.letters.load()[0]


@asynccontextmanager
async def carrier() -> AsyncIterator[Prey]:
    log = MemoryLog(incarnation=bytes(16))
    Ingest(log).offer([GENESIS], now_ms=NOW_MS)
    async with open_libp2p_network(seed=b"c" * 32) as network, trio.open_nursery() as nursery:
        node = Node(
            log=log,
            network=network,
            config=Config(listen=("/ip4/127.0.0.1/tcp/0",)),
            now_ms=lambda: NOW_MS,
            rng=Random(1),
        )
        await nursery.start(node.run)
        yield Prey(node, log)
        nursery.cancel_scope.cancel()


# --- attacks --------------------------------------------------------------------------------------


async def flood(at: Prey) -> bool:
    """Letters under many identities, each of another sender, sealed to nobody who could take it."""
    number = itertools.count(1)
    for _ in range(IDENTITIES):
        async with at.stranger() as stranger:
            letters = [
                letter(coming(), number=next(number), readers=(NOBODY,)) for _ in range(LETTERS)
            ]
            await stranger.ask(*(Letter(data=each.data) for each in letters))
    assert at.held() >= ADDRESS_LETTERS_A_DAY_MAX
    async with at.stranger(address="127.0.3.1") as honest:
        assert await honest.hold(letter("An honest talk", number=10**6).data)
    return at.held() > ADDRESS_LETTERS_A_DAY_MAX + 1


async def replay(at: Prey) -> bool:
    """What was taken and dropped long ago is sent once more."""
    old = letter("A talk", clock=NOW_MS - AGE_MS_MAX - 1)
    async with at.stranger() as stranger:
        return await stranger.hold(old.data)


async def forgery(at: Prey) -> bool:
    """A letter whose signature is not its sender's."""
    forged = bytearray(letter("A talk").data)
    forged[-1] ^= 1
    async with at.stranger() as stranger:
        await stranger.hold(bytes(forged))
    return at.held() > 0


async def endless(at: Prey) -> bool:
    """A frame that is longer than any; it succeeds where all of it is waited for."""
    async with at.stranger() as stranger, await stranger.stream() as stream:
        try:
            with trio.move_on_after(ANSWERS_S_MAX):
                await stream.send_all((2 * ENDLESS_BYTES).to_bytes(4, "big"))
                for _ in range(ENDLESS_BYTES // 65536):
                    await stream.send_all(bytes(65536))
                with trio.move_on_after(0.5):
                    return bool(await stream.receive_some(1))
                return True
        except trio.BrokenResourceError:
            pass
        return False


async def interrogation(at: Prey) -> bool:
    """More questions than a conversation has."""
    async with at.stranger() as stranger:
        asked = [Ask(ids=(bytes(32),))] * (2 * QUESTIONS_MAX)
        answers = await stranger.ask(*asked)
    return sum(isinstance(each, States) for each in answers) > QUESTIONS_MAX


async def silence(at: Prey) -> bool:
    """Every place is taken by conversations in which nothing is said; an author is kept out."""
    async with trio.open_nursery() as nursery:
        ready = [trio.Event() for _ in range(IDENTITIES)]

        async def hush(done: trio.Event) -> None:
            async with at.stranger() as stranger:
                for _ in range(post.STREAMS_A_PEER_MAX):
                    stream = await stranger.stream()
                    await stream.send_all(encode_frame(encode_message(Hello(network="main"))))
                done.set()
                await trio.sleep_forever()

        for each in ready:
            nursery.start_soon(hush, each)
        for each in ready:
            await each.wait()
        await trio.sleep(0.3)
        async with at.stranger(address="127.0.3.1") as honest:
            is_held = await honest.hold(letter("An honest talk").data)
        nursery.cancel_scope.cancel()
    return not is_held


async def collect(at: Prey, *, key: bytes, peer: Callable[[Stranger], str]) -> bool:
    """Ask for the letters by a ticket; it succeeds where there is one among what comes."""
    async with at.stranger(address="127.0.3.1") as honest:
        assert await honest.hold(letter("A talk").data)
    async with at.stranger() as stranger:
        until_ms = NOW_MS + DAY_MS
        ticket = sign_ticket(chapter=CHAPTER, peer=peer(stranger), until_ms=until_ms, seed=key)
        answers = await stranger.ask(Collect(ticket=ticket.data, after=0))
    return any(isinstance(each, Page) and each.letters for each in answers)


async def forged_ticket(at: Prey) -> bool:
    """A collector who signs a ticket for themselves."""
    return await collect(at, key=b"x" * 32, peer=lambda one: str(one.network.peer_id))


async def stolen_ticket(at: Prey) -> bool:
    """A collector who shows what an organiser signed for another node."""
    return await collect(at, key=PARIS.daily, peer=lambda _: str(peer_id_of_seed(b"o" * 32)))


async def forged_receipt(at: Prey) -> bool:
    """A stranger says that a letter was taken, so that it makes room and its author is content."""
    sent = letter("A talk")
    async with at.stranger(address="127.0.3.1") as honest:
        assert await honest.hold(sent.data)
    async with at.stranger() as stranger:
        forged = sign_receipt(chapter=CHAPTER, ids=[sent.id], clock=NOW_MS, seed=b"x" * 32)
        await stranger.ask(Receipts(receipts=(forged.data,)))
    return at.log.letters.carried(limit=1)[0].receipt is not None


# --- without their guards -------------------------------------------------------------------------


def no_quota(patch: Patch) -> None:
    patch.setattr(keeper, "PEER_LETTERS_A_DAY_MAX", 10**9)
    patch.setattr(keeper, "ADDRESS_LETTERS_A_DAY_MAX", 10**9)


def no_age(patch: Patch) -> None:
    patch.setattr(keeper, "AGE_MS_MAX", 10**15)


def any_signature(patch: Patch) -> None:
    patch.setattr("p2pevents.node.inbox.letter.is_signed", lambda **_: True)


def any_frame(patch: Patch) -> None:
    patch.setattr(frames, "FRAME_BYTES_MAX", 2**31)


def any_number(patch: Patch) -> None:
    patch.setattr(talk, "QUESTIONS_MAX", 10**9)


def first_come(patch: Patch) -> None:
    patch.setattr(post, "makes_way", lambda _held, _newcomer: None)


def any_reader(patch: Patch) -> None:
    patch.setattr(Keeper, "_may_read", lambda *_: True)


def any_ticket(patch: Patch) -> None:
    patch.setattr(Keeper, "_ticket", lambda _self, data, **_: read_ticket(data))


Attack = Callable[[Prey], Awaitable[bool]]
ATTACKS: dict[Attack, Callable[[Patch], None]] = {
    flood: no_quota,
    replay: no_age,
    forgery: any_signature,
    endless: any_frame,
    interrogation: any_number,
    silence: first_come,
    forged_ticket: any_reader,
    stolen_ticket: any_ticket,
    forged_receipt: any_reader,
}
every = pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack.__name__)


@every
async def test_an_attack_on_the_inbox_fails(attack: Attack) -> None:
    async with carrier() as at:
        assert not await attack(at)
        async with at.stranger(address="127.0.4.1") as honest:
            assert await honest.hold(letter("Another talk", number=10**7).data)


@every
async def test_unguarded_the_same_attack_on_the_inbox_succeeds(
    monkeypatch: Patch, attack: Attack
) -> None:
    ATTACKS[attack](monkeypatch)
    async with carrier() as at:
        assert await attack(at)
