"""One collection between two sides: what each lacks is found, then sent. Sans-IO.

What entered since a cursor is named by the beginnings of ids, or sent whole
where the receiver must lack most of it; where neither fits, both sets are
compared fully. With a reader there is a list each way instead: of what touches
its months, and of what is its own. docs/spec/sync.md, Exchange and Readers.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum
from typing import Final

from p2pevents.errors import ProtocolError
from p2pevents.sync.answers import Answer
from p2pevents.sync.bits import bits_of, flags_of
from p2pevents.sync.effects import (
    Collection,
    Effect,
    FindHeads,
    FindLacking,
    HeadsFound,
    IndexRead,
    ItemsRead,
    LackingFound,
    PageRead,
    ReadIndex,
    ReadScope,
    ReadSince,
    ReadSketch,
    ReadSymbols,
    ScopeRead,
    SinceRead,
    SketchRead,
    SymbolsRead,
)
from p2pevents.sync.messages import (
    PREFIX_BYTES,
    SINCE_IDS_MAX,
    WINDOW_IDS_MAX,
    Ask,
    Cursor,
    Found,
    Hello,
    Message,
    Need,
    Page,
    Ranges,
    Scope,
    Since,
    Symbols,
)
from p2pevents.sync.outside import NOTHING, Outside
from p2pevents.sync.ranges import RangeReconciler, Reconciler
from p2pevents.sync.sketching import Answering, Asking
from p2pevents.sync.transfer import Serving, Taking

__all__ = ["Exchange", "Step"]


class Step(Enum):
    """Where an exchange stands."""

    SINCE = "since"
    SCOPE = "scope"
    SKETCH = "sketch"
    RANGES = "ranges"
    TRANSFER = "transfer"


class Exchange:
    """One side of the exchange of one collection.

    Each method takes what came and returns what follows: effects, and messages
    to be sent. Both sides leave it at the same place in the stream.
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
    ) -> None:
        """Prepare an exchange.

        Args:
            collection: what is exchanged.
            mine: the hello that was sent.
            theirs: the hello that came.
            is_opener: this side opened the stream: it asks for the other's sketch.
            fully: compare fully, whatever the cursors say.
            by_ranges: and by ranges, since a sketch has not shown all.
        """
        self.collection = collection
        self.step = Step.SINCE
        self.peer_log = theirs.log
        self.was_full = False
        self.was_sketched = False
        self.is_complete = True
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
        self._is_starter = mine.nonce < theirs.nonce
        self._salt = min(mine.nonce, theirs.nonce) + max(mine.nonce, theirs.nonce)
        self._since: SinceRead | None = None
        self._theirs: Since | None = None
        self._reconciler: Reconciler | None = None
        self._early: tuple[Ranges, int] | None = None
        self._is_opener = is_opener
        self._by_ranges = by_ranges
        self._asking: Asking | None = None
        self._answering: Answering | None = None
        self._early_ask: Ask | None = None
        self._has_named = False
        self._has_need = False
        self.named: tuple[Outside, Outside] | None = None  # by this side, and by the other
        self._named_here: Outside | None = None
        self._named_there: Outside | None = None

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

    @property
    def _is_windowed_anew(self) -> bool:
        """Whether all that touches a reader's months is to be looked through."""
        side = self.taking if self._takes_window else self.serving
        is_windowed = self._takes_window or self._gives_window is not None
        return is_windowed and side.after == 0 < side.upto

    # --- since a cursor ------------------------------------------------------------------------

    def on_since_read(self, given: SinceRead) -> list[Effect | Message]:
        """The log has said what entered: tell the peer."""
        self._since = given
        most = SINCE_IDS_MAX if self._gives_window is None else WINDOW_IDS_MAX
        is_named = given.ids is not None and len(given.ids) <= most
        prefixes = tuple(each[:PREFIX_BYTES] for each in given.ids or ()) if is_named else None
        self._has_named = is_named
        message = Since(total=given.total, count=given.count, prefixes=prefixes)
        return [message, *self._choose()]

    def on_since(self, message: Since) -> list[Effect | Message]:
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
        self.step = Step.TRANSFER
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

    def on_lacking(self, given: LackingFound) -> list[Effect | Message]:
        """The log has said which of the peer's prefixes it lacks: ask for those."""
        if not any(given.lacking):
            self.taking.has_come = True
        return [Need(bits=bits_of(given.lacking))]

    def on_need(self, message: Need) -> list[Effect | Message]:
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
        if self.named is None:
            self.step = Step.SCOPE
            return [ReadScope()]
        if self._by_ranges:
            return self._begin_ranges()
        self.step = Step.SKETCH
        if self._is_opener:
            return [ReadSketch(collection=self.collection, outside=self._outside)]
        return [ReadSymbols(collection=self.collection, outside=self._outside)]

    def on_scope_read(self, given: ScopeRead) -> list[Effect | Message]:
        """This side knows what it wants left out: name it."""
        named = self._named_here = given.outside
        scope = Scope(
            chapters=tuple(sorted(named.chapters)),
            closed=tuple(sorted(named.closed)),
            keys=tuple(sorted(named.keys)),
        )
        return [scope, *self._go_on_once_named()]

    def on_scope(self, message: Scope) -> list[Effect | Message]:
        """The peer names what it wants left out."""
        if self._named_there is not None:
            raise ProtocolError("message-turn", "a second scope")
        self._named_there = Outside(
            chapters=frozenset(message.chapters),
            closed=frozenset(message.closed),
            keys=frozenset(message.keys),
        )
        return self._go_on_once_named()

    def _go_on_once_named(self) -> list[Effect | Message]:
        if self._named_here is None or self._named_there is None:
            return []
        self.named = self._named_here, self._named_there
        return self._begin_fully()

    @property
    def _outside(self) -> Outside:
        """What neither side compares."""
        return NOTHING if self.named is None else self.named[0] | self.named[1]

    def on_sketch(self, given: SketchRead) -> list[Effect | Message]:
        """This side is ready to decode: ask."""
        self._asking = Asking(given.decoder)
        return self._ask(self._asking)

    def _ask(self, asking: Asking) -> list[Effect | Message]:
        ask = asking.ask()
        return [ask] if ask.upto else [ask, *self._begin_ranges()]

    def on_symbols_read(self, given: SymbolsRead) -> list[Effect | Message]:
        """This side's symbols are here: answer what was asked meanwhile."""
        self._answering = Answering(given.coded)
        ask, self._early_ask = self._early_ask, None
        return [] if ask is None else self.on_ask(ask)

    def on_ask(self, message: Ask) -> list[Effect | Message]:
        """The peer asks for symbols, or wants ranges."""
        if self._is_opener or self._early_ask is not None:
            raise ProtocolError("message-turn", "an ask by who is to answer, or a second one")
        if self._answering is None:
            self._early_ask = message
            return []
        if message.upto == 0:
            return self._begin_ranges()
        return [self._answering.answer(message)]

    def on_symbols(self, message: Symbols) -> list[Effect | Message]:
        """Symbols came that this side has asked for."""
        if self._asking is None:
            raise ProtocolError("message-turn", "symbols that nobody asked for")
        decoded = self._asking.take(message)
        if decoded is None:
            return self._ask(self._asking)
        self._is_sketched()
        self.serving.begin(ids=self._to_give(decoded.surplus))
        return [Found(heads=decoded.wanted), *self._read_on()]

    def on_found(self, message: Found) -> list[Effect | Message]:
        """The peer has found what differs, and says what it lacks."""
        if self._answering is None:
            raise ProtocolError("message-turn", "a finding by who did not ask")
        self._is_sketched()
        salt = self._answering.salt
        return [
            FindHeads(
                collection=self.collection, salt=salt, heads=message.heads, outside=self._outside
            )
        ]

    def on_heads(self, given: HeadsFound) -> list[Effect | Message]:
        """The log has said what these are."""
        self.serving.begin(ids=self._to_give(given.ids))
        return self._read_on()

    def _is_sketched(self) -> None:
        self.step = Step.TRANSFER
        self.was_full = self.was_sketched = True

    def _begin_ranges(self) -> list[Effect | Message]:
        self.step = Step.RANGES
        self.was_full = True
        self.was_sketched = False
        return [ReadIndex(collection=self.collection, outside=self._outside)]

    def _give_up(self) -> list[Effect | Message]:
        """Leave this collection for another time."""
        self.is_complete = False
        self.step = Step.TRANSFER
        self.serving.has_sent_last = self.taking.has_come = True
        return []

    def on_index(self, given: IndexRead) -> list[Effect | Message]:
        """The log has sorted its keys: who has the lesser nonce begins."""
        self._reconciler = RangeReconciler(given.index, salt=self._salt)
        if self._is_starter:
            return [Ranges(answers=self._reconciler.begin())]
        if self._early is not None:
            return self._reply(self._reconciler, *self._early)
        return []

    def on_ranges(self, message: Ranges, *, bytes_came: int) -> list[Effect | Message]:
        """The peer's next word in the comparison."""
        if self._reconciler is None:
            if self._is_starter or self._early is not None:
                raise ProtocolError("message-turn", "ranges before the first word")
            self._early = message, bytes_came
            return []
        return self._reply(self._reconciler, message, bytes_came)

    def _reply(
        self, reconciler: Reconciler, message: Ranges, bytes_came: int
    ) -> list[Effect | Message]:
        answers: Sequence[Answer] | None = reconciler.reply(message.answers, bytes_came=bytes_came)
        out: list[Effect | Message] = []
        if answers is not None:
            out.append(Ranges(answers=tuple(answers)))
        if reconciler.is_done:
            self.step = Step.TRANSFER
            self.is_complete = reconciler.is_whole
            self.serving.begin(ids=self._to_give(reconciler.surplus()))
            out += self._read_on()
        return out

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

    def on_page_read(self, given: PageRead) -> list[Effect | Message]:
        """A page by position was read."""
        position = self.serving.upto if given.is_last else given.position
        return self._send(Page(items=given.items, position=position, is_last=given.is_last))

    def on_items_read(self, given: ItemsRead) -> list[Effect | Message]:
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

    def on_ack(self) -> list[Effect | Message]:
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
