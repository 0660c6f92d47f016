"""A link to a chapter: its id, where to ask first, its name, and a floor on its charter.

Nothing in a link but the chapter id is to be believed before the charter was
checked from its genesis: the name is not shown until then, and `check` can
only ask for more of the chain, never replace it. Specified in docs/spec/link.md.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, unquote

from p2pevents.errors import InputError, LinkError
from p2pevents.record.address import check_dial_address
from p2pevents.record.ids import ChapterId, EntryId, from_text, to_text
from p2pevents.record.text import LINE_CHARACTERS_MAX, forbidden_in

__all__ = [
    "ADDRESSES_MAX",
    "CHECK_NUMBER_MAX",
    "LINK_CHARACTERS_MAX",
    "NAME_CHARACTERS_MAX",
    "Link",
    "parse_link",
]

ADDRESSES_MAX: Final = 8
NAME_CHARACTERS_MAX: Final = LINE_CHARACTERS_MAX  # a chapter's name fits
CHECK_NUMBER_MAX: Final = 9999
LINK_CHARACTERS_MAX: Final = 8192

_SCHEME: Final = "p2pevents://"
_FORM_HINT: Final = "a link is like p2pevents://CHAPTER/?at=ADDRESS&name=NAME"
_COPY_HINT: Final = "copy the whole link again, or ask whoever sent it"

_CHECK = re.compile(r"(0|[1-9][0-9]{0,3})\.(b[a-z2-7]{52})", re.ASCII)
_BAD_ESCAPE = re.compile(r"%(?![0-9A-Fa-f]{2})", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """What a link says. Making one checks it, so that every `Link` has a text that is read back.

    Attributes:
        chapter: the chapter's id.
        at: addresses to ask first, each ending in /p2p/PEERID; at most `ADDRESSES_MAX`,
            each once.
        name: what the sender calls the chapter, at most `NAME_CHARACTERS_MAX` characters;
            a claim, not shown before the charter is checked; empty where unsaid.
        check: number and id of a charter entry that the chain must hold: a floor,
            never its root; None where unsaid.

    Raises:
        LinkError: on making one that breaks a rule of docs/spec/link.md.
    """

    chapter: ChapterId
    at: tuple[str, ...] = ()
    name: str = ""
    check: tuple[int, EntryId] | None = None

    def __post_init__(self) -> None:
        if len(self.at) > ADDRESSES_MAX:
            raise LinkError(
                f"{len(self.at)} addresses, where a link holds at most {ADDRESSES_MAX}",
                hint="leave out some of its at=... parts",
            )
        for address in self.at:
            try:
                check_dial_address(address)
            except InputError as error:
                raise LinkError(f"at: {error.message}", hint=error.hint) from None
        if len(set(self.at)) != len(self.at):
            raise LinkError("at: the same address twice", hint="leave out one of them")
        if len(self.name) > NAME_CHARACTERS_MAX:
            raise LinkError(
                f"name: {len(self.name)} characters, where {NAME_CHARACTERS_MAX} are allowed",
                hint="leave out its name=... part: the charter says the name",
            )
        if (found := forbidden_in(self.name)) is not None:
            raise LinkError(
                f"name: holds {found}, which cannot be shown",
                hint="leave out its name=... part: the charter says the name",
            )
        if self.check is not None and not 0 <= self.check[0] <= CHECK_NUMBER_MAX:
            raise LinkError(f"check: entry {self.check[0]} is not 0 to {CHECK_NUMBER_MAX}")

    @property
    def text(self) -> str:
        """The link as it is sent: the one text that this link is written as."""
        said = [f"at={_escape(address)}" for address in self.at]
        if self.name:
            said.append(f"name={_escape(self.name)}")
        if self.check is not None:
            number, entry = self.check
            said.append(f"check={number}.{to_text(entry)}")
        query = "?" + "&".join(said) if said else ""
        return f"{_SCHEME}{to_text(self.chapter)}/{query}"

    def web_text(self, public_url: str) -> str:
        """Return the link for people without the program, by a page that shows the chapter.

        The fragment never reaches that server.

        Args:
            public_url: where the page is reached, with or without a `/` at its end.
        """
        return f"{public_url.rstrip('/')}/join#{self.text}"


def parse_link(text: str) -> Link:
    """Read a link, in its own form or after the `#` of a web page's address.

    Raises:
        LinkError: naming what is wrong and the way out; nothing else, whatever the text.
    """
    text = text.strip()
    if len(text) > LINK_CHARACTERS_MAX:
        raise LinkError(
            f"{len(text)} characters, where a link has at most {LINK_CHARACTERS_MAX}",
            hint=_COPY_HINT,
        )
    if any(character.isspace() for character in text):
        raise LinkError(
            "the link is broken by a space or a line end",
            hint="paste it as one line, in quotes where a shell reads it",
        )
    text = _without_page(text)
    if text[: len(_SCHEME)].lower() != _SCHEME:
        raise LinkError(f"{text[:60]!r} is not a link to a chapter", hint=_FORM_HINT)
    rest, _, query = text[len(_SCHEME) :].partition("#")[0].partition("?")
    chapter, _, path = rest.partition("/")
    if path:
        raise LinkError(f"{path[:60]!r} stands between chapter and '?'", hint=_FORM_HINT)
    said = _parameters(query)
    return Link(
        chapter=ChapterId(_id_of(chapter, what="chapter")),
        at=tuple(dict.fromkeys(said["at"])),
        name=_once(said, "name") or "",
        check=_check_of(_once(said, "check")),
    )


def _without_page(text: str) -> str:
    """Return what stands after the `#` of a web address, and anything else as it is."""
    if not text[:8].lower().startswith(("https://", "http://")):
        return text
    _, _, fragment = text.partition("#")
    if not fragment:
        raise LinkError(
            "this web address holds no link: there is nothing after a '#'", hint=_COPY_HINT
        )
    # Some mail programs escape a whole fragment once more.
    if "%" in fragment[: len(_SCHEME)]:
        return _unescape(fragment, what="link")
    return fragment


def _parameters(query: str) -> dict[str, list[str]]:
    """Return the values of the parameters that are known; others are for newer programs."""
    said: dict[str, list[str]] = {"at": [], "name": [], "check": []}
    for part in query.split("&"):
        key, _, value = part.partition("=")
        if key in said:
            said[key].append(_unescape(value, what=key))
    return said


def _once(said: dict[str, list[str]], key: str) -> str | None:
    values = said[key]
    if len(values) > 1:
        raise LinkError(f"{key}: said {len(values)} times", hint=_COPY_HINT)
    return values[0] if values else None


def _check_of(text: str | None) -> tuple[int, EntryId] | None:
    if text is None:
        return None
    match = _CHECK.fullmatch(text)
    if match is None:
        raise LinkError(
            f"check: {text[:70]!r} is not NUMBER.ENTRY",
            hint="copy the whole link again: its end may be missing",
        )
    return int(match[1]), EntryId(_id_of(match[2], what="check"))


def _id_of(text: str, *, what: str) -> bytes:
    # Programs that handle links may change the case of what looks like a host name. Beyond
    # ASCII, a change of case can make a letter of the alphabet out of one that is not.
    try:
        return from_text(text.lower() if text.isascii() else text)
    except InputError as error:
        raise LinkError(f"{what}: {error.message}", hint=error.hint or _COPY_HINT) from None


def _escape(value: str) -> str:
    return quote(value, safe="/:")


def _unescape(value: str, *, what: str) -> str:
    """Return `value` with its percent-escapes read as UTF-8; `+` is a plus."""
    if _BAD_ESCAPE.search(value):
        raise LinkError(f"{what}: a '%' without two hexadecimal digits", hint=_COPY_HINT)
    try:
        return unquote(value, errors="strict")
    except UnicodeDecodeError:
        raise LinkError(f"{what}: its escapes are not UTF-8", hint=_COPY_HINT) from None
