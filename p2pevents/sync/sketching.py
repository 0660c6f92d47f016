"""One side's part in a comparison by sketch: it asks and decodes, or it answers. Sans-IO.

Who opened the stream asks, so that nobody makes another work by calling. How
many symbols are asked for follows from how many are thought to differ; four
times at most, then ranges do it.
"""

from __future__ import annotations

from typing import Final

from p2pevents.errors import ProtocolError
from p2pevents.sync.messages import Ask, Symbols
from p2pevents.sync.sketch import (
    COUNTS_BYTES,
    SALT_BYTES,
    SYMBOL_BYTES,
    SYMBOLS_MAX,
    Coded,
    Decoded,
    Decoder,
)

__all__ = ["ASKS_MAX", "FIRST_SYMBOLS", "Answering", "Asking"]

ASKS_MAX: Final = 4
FIRST_SYMBOLS: Final = 32
# As few bytes as can be where a hundred differ and the estimate strays by 15 %: one comparison
# of five asks a third time then, one of five hundred a fourth.
_SYMBOLS_PER_DIFFERENCE: Final = 1.55
_SYMBOLS_BESIDE: Final = 8
_MORE: Final = (1.5, 1.7)  # than before, the third time and the fourth


class Asking:
    """The side that asks for symbols and finds what differs."""

    def __init__(self, decoder: Decoder | None) -> None:
        """Begin; without a decoder nothing can be asked."""
        self._decoder = decoder
        self._asked = 0
        self._came = 0
        self._times = 0
        self._salt = b""

    def ask(self) -> Ask:
        """Return the next question; it is for 0 where sketches do not help."""
        before = self._asked
        if self._decoder is None or self._times == ASKS_MAX or before == SYMBOLS_MAX:
            return Ask(upto=0)
        match self._times:
            case 0:
                upto = FIRST_SYMBOLS
            case 1:
                upto = round(self._decoder.estimate * _SYMBOLS_PER_DIFFERENCE) + _SYMBOLS_BESIDE
            case _:
                upto = round(before * _MORE[self._times - 2])
        if upto > 2 * SYMBOLS_MAX:
            return Ask(upto=0)  # far too many differ
        self._times += 1
        self._asked = min(max(upto, before + _SYMBOLS_BESIDE), SYMBOLS_MAX)
        return Ask(upto=self._asked)

    def take(self, message: Symbols) -> Decoded | None:
        """Take symbols; return what differs once that is known.

        Raises:
            ProtocolError: `sketch-symbols` where others came than were asked for.
        """
        is_first = self._came == 0 and bool(message.data)
        size = (self._asked - self._came) * SYMBOL_BYTES
        if (
            len(message.data) not in {0, size}
            or len(message.salt) != is_first * SALT_BYTES
            or len(message.counts) != is_first * COUNTS_BYTES
        ):
            raise ProtocolError("sketch-symbols", "other symbols than were asked for")
        if self._decoder is None or not message.data:
            self._decoder = None
            return None
        self._salt = self._salt or message.salt
        self._came = self._asked
        return self._decoder.take(message.data, salt=self._salt, counts=message.counts)


class Answering:
    """The side that has a sketch, or none."""

    def __init__(self, coded: Coded | None) -> None:
        """Begin with the symbols as they are now."""
        self._coded = coded
        self._sent = 0
        self._times = 0

    def answer(self, message: Ask) -> Symbols:
        """Return the symbols that are asked for.

        Raises:
            ProtocolError: `sketch-ask` where it is too often, or goes back.
        """
        self._times += 1
        if self._times > ASKS_MAX or message.upto <= self._sent:
            raise ProtocolError("sketch-ask", "too many questions, or none that leads on")
        if self._times == 1 and message.upto > FIRST_SYMBOLS:
            raise ProtocolError("sketch-ask", f"more than {FIRST_SYMBOLS} symbols at first")
        if self._coded is None:
            return Symbols(salt=b"", counts=b"", data=b"")
        data = self._coded.data[self._sent * SYMBOL_BYTES : message.upto * SYMBOL_BYTES]
        salt, counts = (b"", b"") if self._sent else (self._coded.salt, self._coded.counts)
        self._sent = message.upto
        return Symbols(salt=salt, counts=counts, data=data)

    @property
    def salt(self) -> bytes:
        """What its values are made with."""
        return self._coded.salt if self._coded is not None else b""
