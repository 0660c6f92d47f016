"""The charter sheet: a charter key on paper, as words, as letters and as a QR code.

The three say the same key, so that a stain on one costs nothing. Specified in
docs/spec/keys.md; read back by `sheet_reader`.
"""

from __future__ import annotations

import hashlib
import html
from base64 import b32encode
from dataclasses import dataclass
from io import BytesIO
from typing import TYPE_CHECKING, Final

from p2pevents.errors import KeyFileError
from p2pevents.keys.secret import Secret
from p2pevents.keys.words import fingerprint, words_of
from p2pevents.record.ids import ChapterId, to_text
from p2pevents.record.text import LINE_CHARACTERS_MAX, forbidden_in

if TYPE_CHECKING:
    from segno import QRCode

__all__ = [
    "CHECK_BYTES",
    "KEY_HEADING",
    "LETTERS_HEADING",
    "QR_PREFIX",
    "TITLE",
    "WORDS_HEADING",
    "CharterSheet",
    "check_of",
    "letters_of",
]

TITLE: Final = "p2pevents charter sheet 1"
WORDS_HEADING: Final = "Words"
LETTERS_HEADING: Final = "Letters"
KEY_HEADING: Final = "Public key"
QR_PREFIX: Final = "P2PEVENTS-CHARTER:"  # capitals alone make a smaller code
CHECK_BYTES: Final = 3
_CHECK_DOMAIN: Final = b"p2pevents/1/sheet\0"
_WORDS_A_LINE: Final = 4
_LETTERS_A_GROUP: Final = 4
_GROUPS_A_LINE: Final = 7
_QR_BORDER_MODULES: Final = 4

_ADVICE: Final = """\
Whoever holds this sheet signs in your name who may speak for the chapter.
Print it or copy it by hand, put it away from your computer, then say
`p2pevents chapter sheet confirm` and the key leaves the computer. Nobody can make
it again. Type the words, or the letters, when the program asks for the sheet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CharterSheet:
    """What is printed at founding or joining.

    Attributes:
        secret: the charter key.
        chapter: the chapter whose chain it signs.
        name: what the chapter is called, one line.
        day: the local day on which it was made, `YYYY-MM-DD`.

    Raises:
        KeyFileError: on making one with a name that is no line.
    """

    secret: Secret
    chapter: ChapterId
    name: str
    day: str

    def __post_init__(self) -> None:
        if len(self.name) > LINE_CHARACTERS_MAX or forbidden_in(self.name) is not None:
            raise KeyFileError("charter sheet: the chapter's name cannot be printed on one line")

    @property
    def text(self) -> str:
        """The whole sheet as plain text, the QR code drawn in blocks."""
        return f"{self._said}\n\n{self._blocks()}\n"

    @property
    def svg(self) -> str:
        """The QR code alone, as an SVG image."""
        out = BytesIO()
        self._qr().save(out, kind="svg", scale=4, border=_QR_BORDER_MODULES, xmldecl=False)
        return out.getvalue().decode("utf-8")

    @property
    def html(self) -> str:
        """The whole sheet as one page to print, which loads nothing from anywhere."""
        return (
            '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n'
            f"<title>{html.escape(TITLE)}</title></head>\n"
            f"<body><pre>\n{html.escape(self._said)}\n</pre>\n{self.svg}</body></html>\n"
        )

    @property
    def _said(self) -> str:
        words = words_of(self.secret)
        width = max(map(len, words))
        numbered = [f"{place:2} {word:{width}}" for place, word in enumerate(words, 1)]
        letters = letters_of(self.secret)
        groups = [
            letters[i : i + _LETTERS_A_GROUP] for i in range(0, len(letters), _LETTERS_A_GROUP)
        ]
        public = self.secret.public
        parts = (
            TITLE,
            f"Chapter: {self.name}\nId:      {to_text(self.chapter)}\nMade:    {self.day}",
            _ADVICE,
            f"{WORDS_HEADING}\n{_table(numbered, _WORDS_A_LINE)}",
            f"{LETTERS_HEADING}\n{_table(groups, _GROUPS_A_LINE)}",
            f"{KEY_HEADING}\n    {to_text(public)}\n    {fingerprint(public)}",
        )
        return "\n\n".join(parts)

    def _qr(self) -> QRCode:
        import segno

        return segno.make_qr(QR_PREFIX + letters_of(self.secret).upper(), error="m")

    def _blocks(self) -> str:
        """Draw the code with two modules of the code in one character, dark on light."""
        rows = [
            [bool(module) for module in row]
            for row in self._qr().matrix_iter(scale=1, border=_QR_BORDER_MODULES)
        ]
        rows.append([False] * len(rows[0]))  # a code has an odd number of rows
        signs = {(0, 0): " ", (1, 0): "\u2580", (0, 1): "\u2584", (1, 1): "\u2588"}
        return "\n".join(
            "".join(signs[pair] for pair in zip(upper, lower, strict=True)).rstrip()
            for upper, lower in zip(rows[::2], rows[1::2], strict=True)
        )


def letters_of(secret: Secret) -> str:
    """Return the 56 letters of a seed: base32 of the seed and its check."""
    seed = secret.reveal()
    return b32encode(seed + check_of(seed)).decode("ascii").lower()


def check_of(seed: bytes) -> bytes:
    """Return the `CHECK_BYTES` bytes that tell a mistyped letter."""
    return hashlib.sha256(_CHECK_DOMAIN + seed).digest()[:CHECK_BYTES]


def _table(cells: list[str], columns: int) -> str:
    return "\n".join(
        "    " + "  ".join(cells[i : i + columns]).rstrip() for i in range(0, len(cells), columns)
    )
