"""A full comparison of one collection: by sketch, or by ranges, without what is outside. Sans-IO.

It finds what each side has and the other lacks; docs/spec/sync.md, Scope, Sketch and Ranges.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

from p2pevents.errors import ProtocolError
from p2pevents.sync.answers import Answer
from p2pevents.sync.effects import (
    Collection,
    Effect,
    FindHeads,
    ReadIndex,
    ReadScope,
    ReadSketch,
    ReadSymbols,
)
from p2pevents.sync.inputs import HeadsFound, IndexRead, ScopeRead, SketchRead, SymbolsRead
from p2pevents.sync.messages import Ask, Found, Hello, Message, Ranges, Scope, Symbols
from p2pevents.sync.outside import NOTHING, Outside
from p2pevents.sync.ranges import RangeReconciler, Reconciler
from p2pevents.sync.sketching import Answering, Asking

__all__ = ["FullAnswer", "FullComparison", "Named", "Step"]


FullAnswer = ScopeRead | SketchRead | SymbolsRead | HeadsFound | IndexRead
"""What the log answers to a full comparison."""

Named = tuple[Outside, Outside]
"""What is left out: named here, and there."""


class Step(Enum):
    """Where an exchange stands."""

    SINCE = "since"
    SCOPE = "scope"
    SKETCH = "sketch"
    RANGES = "ranges"
    TRANSFER = "transfer"


class FullComparison:
    """One side of it. Methods return effects and messages to be sent.

    Attributes:
        step: scope, sketch or ranges; transfer once both know what differs.
        named: what is left out, as named here and there; None before both have.
        surplus: ids of what the other lacks, in the order in which they are to be sent; None
            before they are known.
        was_sketched: a sketch has found them.
        is_whole: all differences were found.
    """

    def __init__(
        self,
        collection: Collection,
        *,
        mine: Hello,
        theirs: Hello,
        is_opener: bool,
        by_ranges: bool,
        named: Named | None,
    ) -> None:
        """Prepare one; the arguments are those of `Exchange`."""
        self.step = Step.SCOPE
        self.named = named
        self.surplus: tuple[bytes, ...] | None = None
        self.was_sketched = False
        self.is_whole = True
        self._collection = collection
        self._is_opener = is_opener
        self._by_ranges = by_ranges
        self._is_starter = mine.nonce < theirs.nonce
        self._salt = min(mine.nonce, theirs.nonce) + max(mine.nonce, theirs.nonce)
        self._outside = NOTHING
        self._named_here: Outside | None = None
        self._named_there: Outside | None = None
        self._asking: Asking | None = None
        self._answering: Answering | None = None
        self._early_ask: Ask | None = None
        self._reconciler: Reconciler | None = None
        self._early: tuple[Ranges, int] | None = None

    def begin(self) -> list[Effect | Message]:
        """Begin with what is left out, where that is not known from the collection before."""
        return [ReadScope()] if self.named is None else self._begin_within(*self.named)

    def on_answer(self, given: FullAnswer) -> list[Effect | Message]:
        """The log has answered."""
        match given:
            case ScopeRead():
                return self._on_scope_read(given)
            case SketchRead():
                return self._on_sketch(given)
            case SymbolsRead():
                return self._on_symbols_read(given)
            case HeadsFound():
                return self._on_heads(given)
            case _:
                return self._on_index(given)

    def on_message(self, message: Message, *, bytes_came: int) -> list[Effect | Message]:
        """The peer has said something, in its turn."""
        match message:
            case Scope():
                return self._on_scope(message)
            case Ask():
                return self._on_ask(message)
            case Symbols():
                return self._on_symbols(message)
            case Found():
                return self._on_found(message)
            case Ranges():
                return self._on_ranges(message, bytes_came=bytes_came)
            case _:  # the table of turns lets nothing else through
                raise ProtocolError("message-turn", type(message).__name__.lower())

    # --- scope ---------------------------------------------------------------------------------

    def _on_scope_read(self, given: ScopeRead) -> list[Effect | Message]:
        """This side knows what it wants left out: name it."""
        named = self._named_here = given.outside
        scope = Scope(
            chapters=tuple(sorted(named.chapters)),
            closed=tuple(sorted(named.closed)),
            keys=tuple(sorted(named.keys)),
        )
        return [scope, *self._go_on_once_named()]

    def _on_scope(self, message: Scope) -> list[Effect | Message]:
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
        return self._begin_within(*self.named)

    def _begin_within(self, here: Outside, there: Outside) -> list[Effect | Message]:
        self._outside = here | there
        if self._by_ranges:
            return self._begin_ranges()
        self.step = Step.SKETCH
        if self._is_opener:
            return [ReadSketch(collection=self._collection, outside=self._outside)]
        return [ReadSymbols(collection=self._collection, outside=self._outside)]

    # --- sketch --------------------------------------------------------------------------------

    def _on_sketch(self, given: SketchRead) -> list[Effect | Message]:
        """This side is ready to decode: ask."""
        self._asking = Asking(given.decoder)
        return self._ask(self._asking)

    def _ask(self, asking: Asking) -> list[Effect | Message]:
        ask = asking.ask()
        return [ask] if ask.upto else [ask, *self._begin_ranges()]

    def _on_symbols_read(self, given: SymbolsRead) -> list[Effect | Message]:
        """This side's symbols are here: answer what was asked meanwhile."""
        self._answering = Answering(given.coded)
        ask, self._early_ask = self._early_ask, None
        return [] if ask is None else self._on_ask(ask)

    def _on_ask(self, message: Ask) -> list[Effect | Message]:
        """The peer asks for symbols, or wants ranges."""
        if self._is_opener or self._early_ask is not None:
            raise ProtocolError("message-turn", "an ask by who is to answer, or a second one")
        if self._answering is None:
            self._early_ask = message
            return []
        if message.upto == 0:
            return self._begin_ranges()
        return [self._answering.answer(message)]

    def _on_symbols(self, message: Symbols) -> list[Effect | Message]:
        """Symbols came that this side has asked for."""
        if self._asking is None:
            raise ProtocolError("message-turn", "symbols that nobody asked for")
        decoded = self._asking.take(message)
        if decoded is None:
            return self._ask(self._asking)
        self._has_sketched()
        self.surplus = tuple(decoded.surplus)
        return [Found(heads=decoded.wanted)]

    def _on_found(self, message: Found) -> list[Effect | Message]:
        """The peer has found what differs, and says what it lacks."""
        if self._answering is None:
            raise ProtocolError("message-turn", "a finding by who did not ask")
        self._has_sketched()
        return [
            FindHeads(
                collection=self._collection,
                salt=self._answering.salt,
                heads=message.heads,
                outside=self._outside,
            )
        ]

    def _on_heads(self, given: HeadsFound) -> list[Effect | Message]:
        """The log has said what these are."""
        self.surplus = given.ids
        return []

    def _has_sketched(self) -> None:
        self.step = Step.TRANSFER
        self.was_sketched = True

    # --- ranges --------------------------------------------------------------------------------

    def _begin_ranges(self) -> list[Effect | Message]:
        self.step = Step.RANGES
        return [ReadIndex(collection=self._collection, outside=self._outside)]

    def _on_index(self, given: IndexRead) -> list[Effect | Message]:
        """The log has sorted its keys: who has the lesser nonce begins."""
        self._reconciler = RangeReconciler(given.index, salt=self._salt)
        if self._is_starter:
            return [Ranges(answers=self._reconciler.begin())]
        if self._early is not None:
            return self._reply(self._reconciler, *self._early)
        return []

    def _on_ranges(self, message: Ranges, *, bytes_came: int) -> list[Effect | Message]:
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
            self.is_whole = reconciler.is_whole
            self.surplus = tuple(reconciler.surplus())
        return out
