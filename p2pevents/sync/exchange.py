"""One collection between two sides: what each lacks is found, then sent. Sans-IO.

What entered since a cursor is named by the beginnings of ids, or sent whole
where the receiver must lack most of it; where neither fits, both sets are
compared fully. With a reader there is a list each way instead: of what touches
its months, and of what is its own. docs/spec/sync.md, Exchange and Readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from p2pevents.errors import ProtocolError
from p2pevents.sync.bits import bits_of, flags_of
from p2pevents.sync.effects import Collection, Effect, FindLacking, ReadSince
from p2pevents.sync.full import FullAnswer, FullComparison, Named, Step
from p2pevents.sync.inputs import ItemsRead, LackingFound, PageRead, SinceRead
from p2pevents.sync.messages import (
    PREFIX_BYTES,
    SINCE_IDS_MAX,
    WINDOW_IDS_MAX,
    Ack,
    Cursor,
    Hello,
    Message,
    Need,
    Page,
    Since,
)
from p2pevents.sync.transfer import Serving, Taking

__all__ = ["Answer", "Exchange"]

Answer = PageRead | SinceRead | LackingFound | ItemsRead | FullAnswer
"""What the log answers to an exchange."""


class Exchange:
    """One side of the exchange of one collection.

    Each method takes what came and returns what follows: effects, and messages
    to be sent. Both sides leave it at the same place in the stream.

    Attributes:
        collection: of what.
        peer_log: the other's log, as its hello said.
        serving, taking: what goes each way.
        was_full: both were compared fully.
        is_complete: nothing had to be left for another time.
    """

    def __init__(
        self,
        collection: Collection,
        *,
        mine: Hello,
        theirs: Hello,
        is_opener: bool = False,
        fully: bool,
        by_ranges: bool = False,
        named: Named | None = None,
    ) -> None:
        """Prepare an exchange.

        Args:
            collection: what is exchanged.
            mine: the hello that was sent.
            theirs: the hello that came.
            is_opener: this side opened the stream: it asks for the other's sketch.
            fully: compare fully, whatever the cursors say.
            by_ranges: and by ranges, since a sketch has not shown all.
            named: what is left out then, where that was named in this pass.
        """
        self.collection = collection
        self.peer_log = theirs.log
        self.is_complete = True
        self._step = Step.SINCE
        self._full = FullComparison(
            collection,
            mine=mine,
            theirs=theirs,
            is_opener=is_opener,
            by_ranges=by_ranges,
            named=named,
        )
        self.was_full = False
        is_windowed = collection is Collection.RECORDS and mine.window != theirs.window
        self._gives_own = mine.window is not None
        self._takes_own = theirs.window is not None
        self._gives_window = theirs.window if is_windowed and not self._gives_own else None
        self._takes_window = is_windowed and not self._takes_own
        # What a reader wants of the records is never found by ranges: then it is listed anew.
        after, taken = _position_in(mine.log, theirs.cursor), _position_in(theirs.log, mine.cursor)
        self.serving = Serving(
            collection=collection,
            after=0 if fully and is_windowed else after,
            upto=mine.log.position,
        )
        self.taking = Taking(after=0 if fully and is_windowed else taken, upto=theirs.log.position)
        self._fully = fully
        self._may_compare_fully = mine.may_compare_fully and theirs.may_compare_fully
        self._since: SinceRead | None = None
        self._theirs: Since | None = None
        self._has_named = False
        self._has_need = False

    @property
    def step(self) -> Step:
        """Where it stands."""
        return self._full.step if self.was_full and self._step is Step.SINCE else self._step

    @property
    def was_sketched(self) -> bool:
        """Whether a sketch has found what differs."""
        return self._full.was_sketched

    @property
    def named(self) -> Named | None:
        """What was left out, as named here and there; None where nobody was asked."""
        return self._full.named

    @property
    def is_done(self) -> bool:
        """Whether each side has what it lacked."""
        return self.step is Step.TRANSFER and self.serving.is_done and self.taking.is_done

    def begin(self) -> list[Effect | Message]:
        """Ask the log what entered since the peer's cursor."""
        if self._is_windowed_anew and not self._may_compare_fully:
            return self._give_up()
        return [
            ReadSince(
                collection=self.collection,
                after=self.serving.after,
                upto=self.serving.upto,
                own=self._gives_own,
                window=self._gives_window,
            )
        ]

    def on_answer(self, given: Answer) -> list[Effect | Message]:
        """The log has answered."""
        match given:
            case PageRead():
                return self._on_page_read(given)
            case SinceRead():
                return self._on_since_read(given)
            case LackingFound():
                return self._on_lacking(given)
            case ItemsRead():
                return self._on_items_read(given)
            case _:
                return self._and_serve(self._full.on_answer(given))

    def on_message(self, message: Message, *, bytes_came: int) -> list[Effect | Message]:
        """The peer has said something."""
        match message:
            case Since():
                return self._on_since(message)
            case Need():
                return self._on_need(message)
            case Ack():
                return self._on_ack()
            case _:
                return self._and_serve(self._full.on_message(message, bytes_came=bytes_came))

    @property
    def _is_windowed_anew(self) -> bool:
        """Whether all that touches a reader's months is to be looked through."""
        side = self.taking if self._takes_window else self.serving
        is_windowed = self._takes_window or self._gives_window is not None
        return is_windowed and side.after == 0 < side.upto

    # --- since a cursor ------------------------------------------------------------------------

    def _on_since_read(self, given: SinceRead) -> list[Effect | Message]:
        """The log has said what entered: tell the peer."""
        self._since = given
        most = SINCE_IDS_MAX if self._gives_window is None else WINDOW_IDS_MAX
        is_named = given.ids is not None and len(given.ids) <= most
        prefixes = tuple(each[:PREFIX_BYTES] for each in given.ids or ()) if is_named else None
        self._has_named = is_named
        message = Since(total=given.total, count=given.count, prefixes=prefixes)
        return [message, *self._choose()]

    def _on_since(self, message: Since) -> list[Effect | Message]:
        """The peer has said what entered with it."""
        if self._theirs is not None:
            raise ProtocolError("message-turn", "a second since")
        if message.prefixes is not None and message.count != len(message.prefixes):
            raise ProtocolError("since-count", "another count than there are prefixes")
        most = WINDOW_IDS_MAX if self._takes_window else SINCE_IDS_MAX
        if message.prefixes is not None and message.count > most:
            raise ProtocolError("since-count", f"more than {most} prefixes")
        self._theirs = message
        return self._choose()

    def _choose(self) -> list[Effect | Message]:
        """Choose how to find what is lacking; both sides come to the same, from the same facts."""
        mine, theirs = self._since, self._theirs
        if mine is None or theirs is None:
            return []
        if self._takes_ranges(mine, theirs):
            return self._begin_fully()
        self._step = Step.TRANSFER
        out: list[Effect | Message] = []
        if mine.count == 0:
            self.serving.has_sent_last = True
        elif not self._has_named:
            # What is listed is sent as it is listed, whatever its position in the log.
            self.serving.begin(ids=mine.ids, positions=mine.positions)
            out += self._read_on()
        if theirs.count == 0:
            self.taking.has_come = True
        elif theirs.prefixes is not None:
            out.append(FindLacking(prefixes=theirs.prefixes))
        return out

    def _takes_ranges(self, mine: SinceRead, theirs: Since) -> bool:
        """Tell whether naming and sending what entered will not do, one way or the other."""
        if self._takes_window or self._gives_window is not None:
            return False
        gives = self._gives_own or _lacks_most(mine.count, mine.total, theirs.total)
        takes = self._takes_own or _lacks_most(theirs.count, theirs.total, mine.total)
        gives = gives or mine.ids is not None
        takes = takes or theirs.prefixes is not None
        return self._fully or not (gives and takes)

    def _on_lacking(self, given: LackingFound) -> list[Effect | Message]:
        """The log has said which of the peer's prefixes it lacks: ask for those."""
        if not any(given.lacking):
            self.taking.has_come = True
        return [Need(bits=bits_of(given.lacking))]

    def _on_need(self, message: Need) -> list[Effect | Message]:
        """The peer has said what it lacks of what was named."""
        ids = self._since.ids if self._since is not None and self._has_named else None
        if self._has_need or not ids or self.serving.has_sent_last:
            raise ProtocolError("message-turn", "a need of what was not named")
        wanted = [at for at, is_needed in enumerate(flags_of(message.bits)) if is_needed]
        if wanted and wanted[-1] >= len(ids):
            raise ProtocolError("need-bits", "more bits than there were prefixes")
        self._has_need = True
        if not wanted:
            self.serving.has_sent_last = True
            return []
        positions = self._since.positions if self._since is not None else ()
        self.serving.begin(
            ids=tuple(ids[at] for at in wanted),
            positions=tuple(positions[at] for at in wanted) if positions else (),
        )
        return self._read_on()

    # --- full comparison -----------------------------------------------------------------------

    def _begin_fully(self) -> list[Effect | Message]:
        if not self._may_compare_fully:
            return self._give_up()
        self.was_full = True
        return self._full.begin()

    def _and_serve(self, out: list[Effect | Message]) -> list[Effect | Message]:
        """Begin to send what the other lacks, once that is known."""
        if self._full.surplus is None or self._step is Step.TRANSFER:
            return out
        self._step = Step.TRANSFER
        self.is_complete = self._full.is_whole
        self.serving.begin(ids=self._to_give(self._full.surplus))
        return [*out, *self._read_on()]

    def _give_up(self) -> list[Effect | Message]:
        """Leave this collection for another time."""
        self.is_complete = False
        self._step = Step.TRANSFER
        self.serving.has_sent_last = self.taking.has_come = True
        return []

    def _to_give(self, surplus: Sequence[bytes]) -> tuple[bytes, ...]:
        """Return what is sent of what the peer lacks: by a reader what is its own."""
        if not self._gives_own:
            return tuple(surplus)
        own = set(self._since.ids or ()) if self._since is not None else set()
        return tuple(each for each in surplus if each in own)

    # --- transfer ------------------------------------------------------------------------------

    def _read_on(self) -> list[Effect | Message]:
        if self.serving.has_sent_last or self.serving.by_position or self.serving.ids:
            asked = self.serving.next_read()
            return [] if asked is None else [asked]
        return self._send(Page(items=(), position=self.serving.upto, is_last=True))

    def _on_page_read(self, given: PageRead) -> list[Effect | Message]:
        """A page by position was read."""
        position = self.serving.upto if given.is_last else given.position
        return self._send(Page(items=given.items, position=position, is_last=given.is_last))

    def _on_items_read(self, given: ItemsRead) -> list[Effect | Message]:
        """A page by id was read."""
        position = self.serving.passed(max(1, given.done))
        is_last = not self.serving.ids
        if not given.items and not is_last:
            self.serving.skipped()
            return self._read_on()
        return self._send(Page(items=given.items, position=position, is_last=is_last))

    def _send(self, page: Page) -> list[Effect | Message]:
        self.serving.read(page)
        following = [] if page.is_last else self._read_on()
        return [page, *following]

    def _on_ack(self) -> list[Effect | Message]:
        """A page was committed by the peer."""
        self.serving.acknowledged()
        return self._read_on()


_MOST_PART: Final = 2  # of what entered, the receiver lacks at least one in so many


def _lacks_most(count: int, total: int, receiver_total: int) -> bool:
    """Tell whether a receiver must lack so much of what entered that naming it would not pay."""
    return (total - receiver_total) * _MOST_PART >= count


def _position_in(log: Cursor, cursor: Cursor | None) -> int:
    """Return where in a log a reader goes on: from 0 in another life of it than the known one."""
    if cursor is None or cursor.incarnation != log.incarnation or cursor.position > log.position:
        return 0
    return cursor.position
