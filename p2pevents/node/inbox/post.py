"""The post of a running node: serves the inbox protocol, and takes letters round to peers."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import trio
from msgspec.structs import replace

from p2pevents.errors import NetworkError, ProtocolError
from p2pevents.log.letters import Outgoing
from p2pevents.log.protocol import Log
from p2pevents.net.inbound_room import makes_way, part_of
from p2pevents.net.network import READ_BYTES_MAX, Network, PeerId, PeerStream
from p2pevents.node.charters import Charters
from p2pevents.node.inbox.keeper import AGE_MS_MAX, Keeper
from p2pevents.node.inbox.messages import (
    ASK_IDS_MAX,
    INBOX_PROTOCOL,
    RECEIPTS_MAX,
    Answer,
    Ask,
    Collect,
    Letter,
    Page,
    Question,
    Receipts,
    Said,
    Standing,
    States,
    Taken,
)
from p2pevents.node.inbox.papers import Ticket
from p2pevents.node.inbox.talk import Answering, Asking
from p2pevents.node.inbox.tickets import kept_tickets
from p2pevents.node.surviving import surviving
from p2pevents.record.places import household_of

__all__ = ["COPIES", "Post", "quota_address"]

COPIES: Final = 3  # carriers that one letter is given to
ROUND_S: Final = 5.0  # how often it is looked whether there is something to do
PAUSE_S: Final = 0.2  # the least between two looks
COLLECT_S: Final = 20.0  # how often a peer is asked for letters of an own chapter
ASK_S: Final = 60.0  # how often a carrier is asked how letters stand
AGAIN_S: Final = 600.0  # after a peer did not take a letter, or broke off
TALK_S_MAX: Final = 30.0
VISITS_MAX: Final = 8  # at once
STREAMS_MAX: Final = 8  # served at once
STREAMS_A_PEER_MAX: Final = 2
TIDY_S: Final = 3600.0
RECEIPT_ROWS_MAX: Final = 1024  # own letters that are looked through for receipts
_TAKEN: Final = frozenset({Said.HELD, Said.KNOWN})

_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Served:
    """A conversation that a peer began: whose, from which part of the internet, and its end."""

    peer: str
    part: str
    scope: trio.CancelScope = field(default_factory=trio.CancelScope)


class Post:
    """Carries letters, delivers those of this node's person, and fetches those to them.

    Args:
        log: the node's.
        charters: who speaks for which chapter.
        network: on which peers are visited; `serve` listens there.
        name: the network's name.
        now_ms: the clock, in ms since 1970.
    """

    def __init__(
        self,
        log: Log,
        charters: Charters,
        network: Network,
        *,
        name: str,
        now_ms: Callable[[], int],
    ) -> None:
        self._log = log
        self._keeper = Keeper(log, charters, now_ms=now_ms)
        self._network = network
        self._name = name
        self._now_ms = now_ms
        self._wake = trio.Event()
        self._served: list[_Served] = []
        self._due_s: dict[tuple[str, str, bytes], float] = {}
        self._read_up_to: dict[tuple[str, bytes], int] = {}
        self._tidied_s = -TIDY_S

    # --- the side that is called ---------------------------------------------------------------

    def listen(self) -> None:
        """Answer the inbox protocol from now on."""
        self._network.serve(INBOX_PROTOCOL, self._serve)

    async def _serve(self, stream: PeerStream) -> None:
        peer = str(stream.peer)
        served = _Served(peer=peer, part=part_of(quota_address(stream.remote_address)))
        if not self._has_place(served):
            return
        self._served.append(served)
        try:
            with trio.move_on_after(TALK_S_MAX), served.scope, surviving("a letter"):
                await self._answer(stream, peer)
        except ProtocolError as error:
            _logger.warning("%s broke the inbox protocol: %s", peer, error)
            self._network.blame(PeerId(peer))
        finally:
            if served in self._served:
                self._served.remove(served)

    def _has_place(self, newcomer: _Served) -> bool:
        """Tell whether one more may be served; of those who hold most places one may make way."""
        if sum(each.peer == newcomer.peer for each in self._served) >= STREAMS_A_PEER_MAX:
            return False
        if len(self._served) < STREAMS_MAX:
            return True
        place = makes_way([each.part for each in self._served], newcomer.part)
        if place is None:
            return False
        self._served.pop(place).scope.cancel()
        return True

    async def _answer(self, stream: PeerStream, peer: str) -> None:
        talk = Answering(network=self._name)
        address = quota_address(stream.remote_address)
        while data := await stream.receive_some(READ_BYTES_MAX):
            questions = talk.receive(bytes(data))
            if greeting := talk.greeting():
                await stream.send_all(greeting)
            for question in questions:
                mine = {ticket.chapter for ticket in self._tickets()}
                answer = self._keeper.answer(question, peer=peer, address=address, mine=mine)
                await stream.send_all(talk.answer(answer))

    # --- the side that calls -------------------------------------------------------------------

    def wake(self) -> None:
        """Look at once whether there is something to do."""
        self._wake.set()

    async def run(self) -> None:
        """Take letters round until cancelled."""
        while True:
            await trio.sleep(PAUSE_S)
            self._wake = trio.Event()
            with surviving("letters"):
                self._tidy()
                peers = [str(each.peer_id) for each in self._network.peers()]
                due = [peer for peer in peers if self._errands(peer)]
                async with trio.open_nursery() as nursery:
                    for peer in due[:VISITS_MAX]:
                        nursery.start_soon(self._visit_quietly, peer)
            with trio.move_on_after(ROUND_S):
                await self._wake.wait()

    async def _visit_quietly(self, peer: str) -> None:
        with surviving("letters"):
            try:
                await self.visit(peer)
            except (NetworkError, ProtocolError) as error:
                _logger.info("%s: no letters exchanged: %s", peer, error)
                for what, identifier in self._errands(peer):
                    self._put_off(peer, what, identifier, AGAIN_S)
                if isinstance(error, ProtocolError):
                    self._network.blame(PeerId(peer))

    async def visit(self, peer: str) -> None:
        """Do with one connected peer all that there is to do.

        Raises:
            NetworkError: it cannot be reached, or does not speak the protocol.
            ProtocolError: it broke it.
            LogError: what came was not kept.
        """
        if not self._errands(peer):
            return
        stream = await self._network.open_stream(PeerId(peer), INBOX_PROTOCOL)
        try:
            with trio.fail_after(TALK_S_MAX):
                call = await _Call.begin(stream, name=self._name)
                await self._deliver(call, peer)
                await self._ask(call, peer)
                await self._collect(call, peer)
                await self._hand_receipts(call, peer)
        except trio.TooSlowError:
            raise NetworkError(f"{peer}: did not answer in time") from None
        except (trio.BrokenResourceError, trio.ClosedResourceError):
            raise NetworkError(f"{peer}: broke off") from None
        finally:
            with trio.move_on_after(1, shield=True):
                await stream.aclose()

    def _errands(self, peer: str) -> list[tuple[str, bytes]]:
        """Return what there is to do with a peer now: what, and with which letter or chapter."""
        outgoing = self._open_letters()
        wanted = [("deliver", each.id) for each in self._undelivered(outgoing, peer)]
        wanted += [("ask", b"") for each in outgoing if peer in each.carriers][:1]
        wanted += [("collect", ticket.chapter) for ticket in self._tickets()]
        wanted += [("receipt", receipt) for receipt in self._receipts()]
        return [(what, which) for what, which in wanted if self._is_due(peer, what, which)]

    async def _deliver(self, call: _Call, peer: str) -> None:
        for letter in self._undelivered(self._open_letters(), peer):
            if not self._is_due(peer, "deliver", letter.id) or not call.may_ask:
                continue
            answer = await call.ask(Letter(data=letter.data))
            if not isinstance(answer, Taken):
                return
            if answer.said in _TAKEN:
                self._change(letter.id, adding=peer)
            else:
                self._put_off(peer, "deliver", letter.id, AGAIN_S)
                self._change(letter.id, answer=answer.said.value)

    async def _ask(self, call: _Call, peer: str) -> None:
        held = [each for each in self._open_letters() if peer in each.carriers][:ASK_IDS_MAX]
        if not held or not self._is_due(peer, "ask", b"") or not call.may_ask:
            return
        answer = await call.ask(Ask(ids=tuple(each.id for each in held)))
        self._put_off(peer, "ask", b"", ASK_S)
        if not isinstance(answer, States) or len(answer.states) != len(held):
            raise ProtocolError("message-turn", "other letters than were asked for")
        for letter, state in zip(held, answer.states, strict=True):
            if state is Standing.UNKNOWN:
                # It lost the letter, or had to make room: another one gets it.
                self._change(letter.id, losing=peer)
                self._put_off(peer, "deliver", letter.id, AGAIN_S)
            elif isinstance(state, bytes) and self._keeper.is_taken(
                state, chapter=letter.chapter, identifier=letter.id
            ):
                self._change(letter.id, receipt=state)

    async def _collect(self, call: _Call, peer: str) -> None:
        for ticket in self._tickets():
            if not self._is_due(peer, "collect", ticket.chapter):
                continue
            key = (peer, ticket.chapter)
            while call.may_ask:
                after = self._read_up_to.get(key, 0)
                answer = await call.ask(Collect(ticket=ticket.data, after=after))
                if not isinstance(answer, Page) or answer.last < after:
                    raise ProtocolError("message-turn", "a page that goes back")
                for data in answer.letters:
                    self._keeper.fetched(data, chapter=ticket.chapter, peer=peer)
                self._read_up_to[key] = answer.last
                if answer.is_last:
                    break
            self._put_off(peer, "collect", ticket.chapter, COLLECT_S)

    async def _hand_receipts(self, call: _Call, peer: str) -> None:
        wanted = [each for each in self._receipts() if self._is_due(peer, "receipt", each)]
        for start in range(0, len(wanted), RECEIPTS_MAX):
            if not call.may_ask:
                return
            some = tuple(wanted[start : start + RECEIPTS_MAX])
            await call.ask(Receipts(receipts=some))
            for receipt in some:
                self._put_off(peer, "receipt", receipt, float("inf"))

    def _change(
        self,
        identifier: bytes,
        *,
        adding: str = "",
        losing: str = "",
        answer: str = "",
        receipt: bytes | None = None,
    ) -> None:
        """Keep what became of a letter: as it stands now, for other visits went on meanwhile."""
        for letter in self._log.letters.outgoing():
            if letter.id == identifier:
                added = (adding,) if adding else ()
                carriers = (*(each for each in letter.carriers if each != losing), *added)
                self._log.letters.set_outgoing(
                    replace(
                        letter,
                        carriers=tuple(dict.fromkeys(carriers)),
                        answer="" if carriers else answer,
                        receipt=receipt or letter.receipt,
                    )
                )

    # --- what there is -------------------------------------------------------------------------

    def _open_letters(self) -> list[Outgoing]:
        """Return the letters written here that nobody has taken and that are not too old."""
        oldest_ms = self._now_ms() - AGE_MS_MAX
        return [
            each
            for each in self._log.letters.outgoing()
            if each.receipt is None and each.written_ms > oldest_ms
        ]

    def _undelivered(self, letters: list[Outgoing], peer: str) -> list[Outgoing]:
        return [
            each for each in letters if len(each.carriers) < COPIES and peer not in each.carriers
        ]

    def _tickets(self) -> list[Ticket]:
        now_ms = self._now_ms()
        return [each for each in kept_tickets(self._log.local) if each.until_ms > now_ms]

    def _receipts(self) -> list[bytes]:
        """Return the receipts that this node's person signed, each once."""
        found: dict[bytes, None] = {}
        for ticket in self._tickets():
            for each in self._log.letters.carried(chapter=ticket.chapter, limit=RECEIPT_ROWS_MAX):
                if each.receipt is not None:
                    found[each.receipt] = None
        return list(found)

    def _is_due(self, peer: str, what: str, which: bytes) -> bool:
        return trio.current_time() >= self._due_s.get((peer, what, which), 0.0)

    def _put_off(self, peer: str, what: str, which: bytes, seconds: float) -> None:
        self._due_s[peer, what, which] = trio.current_time() + seconds

    def _tidy(self) -> None:
        now_s = trio.current_time()
        if now_s - self._tidied_s < TIDY_S:
            return
        self._tidied_s = now_s
        self._keeper.tidy()
        peers = {str(each.peer_id) for each in self._network.peers()}
        self._due_s = {key: due for key, due in self._due_s.items() if key[0] in peers}


class _Call:
    """A conversation that this node began."""

    def __init__(self, stream: PeerStream, talk: Asking) -> None:
        self._stream = stream
        self._talk = talk

    @classmethod
    async def begin(cls, stream: PeerStream, *, name: str) -> _Call:
        talk = Asking(network=name)
        await stream.send_all(talk.start())
        call = cls(stream, talk)
        while not talk.is_open:
            await call._receive()
        return call

    @property
    def may_ask(self) -> bool:
        return self._talk.may_ask

    async def ask(self, question: Question) -> Answer:
        await self._stream.send_all(self._talk.ask(question))
        while True:
            answer = await self._receive()
            if answer is not None:
                return answer

    async def _receive(self) -> Answer | None:
        data = await self._stream.receive_some(READ_BYTES_MAX)
        if not data:
            raise NetworkError(f"{self._stream.peer}: ended the conversation")
        return self._talk.receive(bytes(data))


def quota_address(address: str) -> str:
    """Return what quotas count as one address: of IPv6, the network that a household has."""
    parts = address.split("/")
    protocol, value = (parts[1], parts[2]) if len(parts) > 2 else ("", address)
    return household_of(value) if protocol == "ip6" else value
