"""Asking peers where this node is seen and whether they can dial it; answering theirs."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from random import Random
from typing import Any, Final

import trio

from p2pevents.errors import NetworkError, RecordError
from p2pevents.net.network import Network, PeerId, PeerStream
from p2pevents.node.core.inputs import PeersKnown, Trust
from p2pevents.node.core.reach import (
    ADDRESSES_MAX,
    FRAME_BYTES_MAX,
    REACH_PROTOCOL,
    Answer,
    DialBacks,
    Question,
    Reach,
    Sight,
    decode_answer,
    decode_question,
    ends_of,
    ip_of,
    of_itself,
)
from p2pevents.record.places import public_addresses

__all__ = ["Reaching"]

ASK_AFTER_S: Final = 1.0  # a connection that lasts
ASK_AGAIN_S: Final = 600.0
TALK_S_MAX: Final = 30.0
PROBE_S_MAX: Final = 10.0
LENGTH_BYTES: Final = 4

_logger = logging.getLogger(__name__)


class Reaching:
    """What a running node knows of its own reach, and does for that of others."""

    def __init__(
        self,
        network: Network,
        *,
        announce: Sequence[str],
        is_reader: bool,
        rng: Random,
        tell: Callable[[PeersKnown], None],
    ) -> None:
        """Begin knowing nothing.

        Args:
            network: the node's.
            announce: where its person says that it is reached, without its id.
            is_reader: a light client: it is not dialled, and answers nobody.
            rng: the chance that picks whom to ask again.
            tell: takes where a peer says that it is found.
        """
        self._network = network
        self._announce = tuple(f"{place}/p2p/{network.peer_id}" for place in announce)
        self._is_reader = is_reader
        self._rng = rng
        self._tell = tell
        self._reach = Reach()
        self._dial_backs = DialBacks()

    def addresses(self) -> tuple[str, ...]:
        """Return where this node is found: what was announced, then where it listens."""
        return tuple(dict.fromkeys((*self._announce, *self._network.addresses())))

    def facts(self) -> dict[str, Any]:
        """Return what peers say of this node's reach, as `Reach.facts`."""
        return self._reach.facts(now_ms=_now_ms())

    @property
    def is_known(self) -> bool:
        """Whether a peer has said lately if it reaches this node."""
        return bool(self.facts()["sight"] != Sight.UNKNOWN.value)

    def serve(self) -> None:
        """Answer whoever asks from now on."""
        self._network.serve(REACH_PROTOCOL, self._answer)

    async def run(self) -> None:
        """Ask a peer now and then, for as long as the node runs."""
        while True:
            await trio.sleep(ASK_AGAIN_S * self._rng.uniform(0.5, 1.0))
            peers = self._network.peers()
            if peers:
                await self.ask(self._rng.choice(peers).peer_id)

    async def ask_soon(self, peer: PeerId) -> None:
        """Ask a peer that was just connected, unless it leaves at once."""
        await trio.sleep(ASK_AFTER_S)
        await self.ask(peer)

    async def ask(self, peer: PeerId) -> None:
        """Ask one peer; nothing comes of one that does not answer, or does not know how."""
        ends = () if self._is_reader else ends_of(self._network.addresses())
        question = Question(addresses=self._public(), ends=ends)
        try:
            with trio.fail_after(TALK_S_MAX):
                async with await self._network.open_stream(peer, REACH_PROTOCOL) as stream:
                    await _send(stream, question.encode())
                    answer = decode_answer(await _receive(stream), ends=len(ends))
                    at = ip_of(stream.remote_address)
        except (NetworkError, trio.BrokenResourceError, trio.TooSlowError) as error:
            _logger.debug("%s says nothing of our reach: %s", peer, error)
            return
        except RecordError as error:
            _logger.info("%s answers what is no answer: %s", peer, error)
            self._network.blame(peer)
            return
        self._reach.heard(answer, peer=str(peer), peer_ip=at, ends=ends, now_ms=_now_ms())
        self._learn(peer, answer.addresses)

    async def _answer(self, stream: PeerStream) -> None:
        with trio.move_on_after(TALK_S_MAX):
            try:
                question = decode_question(await _receive(stream))
            except RecordError:
                self._network.blame(stream.peer)
                raise
            self._learn(stream.peer, question.addresses)
            ip = ip_of(stream.remote_address)
            reached = None
            if question.ends and self._dial_backs.may(
                peer=str(stream.peer), ip=ip, now_ms=_now_ms()
            ):
                reached = await self._dial_back(stream.peer, ip, question.ends)
            answer = Answer(addresses=self._public(), seen=ip, reached=reached)
            await _send(stream, answer.encode())

    async def _dial_back(self, peer: PeerId, ip: str, ends: Sequence[str]) -> tuple[bool, ...]:
        """Knock at every end of whoever asked, and nowhere else (REACH-5)."""
        came: dict[str, bool] = {}

        async def knock(end: str) -> None:
            place = f"/{'ip6' if ':' in ip else 'ip4'}/{ip}{end}"
            with trio.move_on_after(PROBE_S_MAX):
                try:
                    await self._network.probe(f"{place}/p2p/{peer}")
                    came[end] = True
                except NetworkError as error:
                    _logger.debug("%s is not reached at %s: %s", peer, place, error)

        async with trio.open_nursery() as nursery:
            for end in ends:
                nursery.start_soon(knock, end)
        return tuple(came.get(end, False) for end in ends)

    def _public(self) -> tuple[str, ...]:
        """Return what may be told of this node (REACH-4)."""
        said = public_addresses(self._network.addresses(), limit=ADDRESSES_MAX)
        return tuple(dict.fromkeys((*self._announce, *said)))[:ADDRESSES_MAX]

    def _learn(self, peer: PeerId, addresses: Sequence[str]) -> None:
        taken = of_itself(addresses, peer=str(peer))
        if taken:
            self._tell(PeersKnown(addresses=((str(peer), taken),), trust=Trust.HEARSAY))


async def _send(stream: PeerStream, data: bytes) -> None:
    await stream.send_all(len(data).to_bytes(LENGTH_BYTES, "big") + data)


async def _receive(stream: PeerStream) -> bytes:
    """Return the inside of the one frame that comes.

    Raises:
        RecordError: it is too long, or cut short.
    """
    unread = b""
    while True:
        length = int.from_bytes(unread[:LENGTH_BYTES], "big")
        if len(unread) >= LENGTH_BYTES:
            if not 0 < length <= FRAME_BYTES_MAX:
                raise RecordError("reach-frame", f"a frame of {length} bytes")
            if len(unread) == LENGTH_BYTES + length:
                return unread[LENGTH_BYTES:]
            if len(unread) > LENGTH_BYTES + length:
                raise RecordError("reach-frame", "more than one frame")
        data = await stream.receive_some()
        if not data:
            raise RecordError("reach-frame", "a frame cut short")
        unread += data


def _now_ms() -> int:
    return int(trio.current_time() * 1000)
