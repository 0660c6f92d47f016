"""Pages on their way: what this side sends and waits to have acknowledged, and what it takes."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from p2pevents.errors import ProtocolError
from p2pevents.sync.effects import Collection, ReadItems, ReadPage
from p2pevents.sync.messages import PAGE_ITEMS_MAX, Page

__all__ = ["PAGES_IN_FLIGHT_MAX", "Serving", "Taking"]

PAGES_IN_FLIGHT_MAX: Final = 8  # sent and not acknowledged: 2 MiB at the most


@dataclass(slots=True, kw_only=True)
class Serving:
    """What this side sends: by position until all is read, or by id.

    Attributes:
        collection: of what.
        after: the position up to which the peer has been sent all.
        upto: the last position of the snapshot.
        by_position: everything after that position, rather than `ids`.
        ids: what is still to be sent, in order.
        positions: up to where each of the ids brings the peer, once those before it came;
            empty where the last of them alone does.
        has_sent_last: nothing more is to be sent.
        given: how many items the peer has acknowledged.
    """

    collection: Collection
    after: int
    upto: int
    by_position: bool = False
    ids: tuple[bytes, ...] = ()
    positions: tuple[int, ...] = ()
    has_sent_last: bool = False
    given: int = field(default=0, init=False)
    _is_ready: bool = field(default=False, init=False)
    _is_reading: bool = field(default=False, init=False)
    _in_flight: deque[int] = field(default_factory=deque, init=False)  # items of each page

    @property
    def is_done(self) -> bool:
        """Whether all was sent and acknowledged."""
        return self.has_sent_last and not self._in_flight

    def begin(self, *, ids: tuple[bytes, ...] | None, positions: tuple[int, ...] = ()) -> None:
        """Begin to send these ids, or with None everything by position."""
        self.by_position = ids is None
        self.ids = ids or ()
        self.positions = positions
        self._is_ready = True

    def passed(self, count: int) -> int:
        """Take off the first ids, and return the position that the peer has come to by them."""
        self.ids, self.positions = self.ids[count:], self.positions[count:]
        if not self.ids:
            return self.upto
        return max(self.after, self.positions[0] - 1) if self.positions else self.after

    def next_read(self) -> ReadPage | ReadItems | None:
        """Return what is to be read from the log now."""
        if (
            not self._is_ready
            or self.has_sent_last
            or self._is_reading
            or len(self._in_flight) >= PAGES_IN_FLIGHT_MAX
        ):
            return None
        self._is_reading = True
        if self.by_position:
            return ReadPage(collection=self.collection, after=self.after, upto=self.upto)
        return ReadItems(ids=self.ids[:PAGE_ITEMS_MAX])

    def read(self, page: Page) -> Page:
        """Take in the page that was read and return it as it is sent."""
        self._is_reading = False
        self._in_flight.append(len(page.items))
        self.has_sent_last = page.is_last
        self.after = page.position
        return page

    def skipped(self) -> None:
        """Take in that nothing of what was to be read is there any more."""
        self._is_reading = False

    def acknowledged(self) -> None:
        """Take in the peer's `Ack`.

        Raises:
            ProtocolError: `page-ack` where no page waits for one.
        """
        if not self._in_flight:
            raise ProtocolError("page-ack", "a page is acknowledged that was not sent")
        self.given += self._in_flight.popleft()


@dataclass(slots=True, kw_only=True)
class Taking:
    """What this side takes.

    Attributes:
        after: the position up to which all has come.
        upto: the last position of the peer's snapshot.
        has_come: the last page has come, or none will.
    """

    after: int
    upto: int
    has_come: bool = False
    _in_flight: int = field(default=0, init=False)

    @property
    def is_done(self) -> bool:
        """Whether all has come and was committed."""
        return self.has_come and self._in_flight == 0

    def page(self, message: Page) -> None:
        """Check a page.

        Raises:
            ProtocolError: `page-*` where it is one too many, empty, or its position is wrong.
        """
        if self.has_come:
            raise ProtocolError("page-after-last", "a page after the last one")
        if self._in_flight >= PAGES_IN_FLIGHT_MAX:
            raise ProtocolError("page-window", f"more than {PAGES_IN_FLIGHT_MAX} not acknowledged")
        if not self.after <= message.position <= self.upto or (
            message.is_last and message.position != self.upto
        ):
            raise ProtocolError("page-position", "a page that goes back, or beyond the snapshot")
        if not message.is_last and not message.items:
            raise ProtocolError("page-empty", "a page that brings nothing, and is not the last")
        self.after = message.position
        self.has_come = message.is_last
        self._in_flight += 1

    def committed(self) -> None:
        """The oldest page was committed."""
        self._in_flight -= 1
