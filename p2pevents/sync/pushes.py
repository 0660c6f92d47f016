"""Fresh records pushed both ways on an open session, and bodies that were asked for by id."""

from __future__ import annotations

from collections import deque
from typing import Final

from p2pevents.errors import ProtocolError
from p2pevents.sync.bundle import Item, bundles_of
from p2pevents.sync.effects import Delivered, Effect, Offer, ReadWanted
from p2pevents.sync.inputs import MissingRead, WantedRead
from p2pevents.sync.messages import Message, Push, Taken, Want

__all__ = ["PUSHES_IN_FLIGHT_MAX", "Pushes"]

PUSHES_IN_FLIGHT_MAX: Final = 8  # each way, handed over and not taken yet


class Pushes:
    """What goes beside the comparisons. Methods return effects and messages to be sent."""

    def __init__(self) -> None:
        self._serves = False
        self._has_met = False
        self._may_want = False
        self._sent: deque[tuple[Item, ...]] = deque()
        self._coming = 0

    @property
    def room(self) -> int:
        """How many more pushes the peer can be handed now: none before it said hello."""
        return PUSHES_IN_FLIGHT_MAX - len(self._sent) if self._has_met else 0

    def met(self, *, serves: bool) -> None:
        """Both have said hello. `serves`: this side answers what the peer wants."""
        self._has_met = True
        self._serves = serves

    def compared(self) -> None:
        """A comparison came out: the peer may want bodies, once."""
        self._may_want = True

    def send(self, items: tuple[Item, ...]) -> list[Effect | Message]:
        """Push where there is room; what is not pushed, gossip and the next comparison bring."""
        if self.room <= 0:
            return []
        self._sent.append(items)
        return [Push(items=items)]

    def taken(self, message: Taken) -> list[Effect | Message]:
        """The peer has judged the oldest push: it is delivered where the peer holds all of it."""
        if not self._sent:
            raise ProtocolError("push-taken", "a push is taken that was not sent")
        items = self._sent.popleft()
        return [Delivered(items=items)] if message.is_kept else []

    def came(self, message: Push) -> list[Effect | Message]:
        """The peer has pushed."""
        if not self._has_met:
            raise ProtocolError("message-turn", "a push before the first hello")
        if self._coming >= PUSHES_IN_FLIGHT_MAX:
            raise ProtocolError("push-window", f"more than {PUSHES_IN_FLIGHT_MAX} not taken yet")
        self._coming += 1
        return [Offer(items=message.items)]

    def committed(self, *, is_kept: bool) -> list[Effect | Message]:
        """The oldest push of the peer's is committed. `is_kept`: nothing of it was left out."""
        self._coming -= 1
        return [Taken(is_kept=is_kept)]

    def want(self, given: MissingRead) -> list[Effect | Message]:
        """Ask for the bodies that are missing here."""
        return [Want(ids=given.ids)] if given.ids else []

    def wanted(self, message: Want) -> list[Effect | Message]:
        """The peer asks for bodies: once a comparison."""
        if not self._may_want:
            raise ProtocolError("message-turn", "a want that no comparison came before")
        self._may_want = False
        return [ReadWanted(ids=message.ids)] if self._serves else []

    def give(self, given: WantedRead) -> list[Effect | Message]:
        """Push the bodies that are here."""
        return [each for bundle in bundles_of(given.items) for each in self.send(bundle)]
