"""To whom a page is shown and from where, and the addresses on it that follow from that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import quote

from p2pevents.web.words import Words
from p2pevents.words import LANGUAGES

__all__ = ["Face"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Face:
    """To whom a page is shown, and from where.

    Attributes:
        root: what leads from the page to the first page, such as `/` or `../`.
        public_url: where the pages are seen from outside; empty where they are not.
        is_local: whether it is the page of this home's own person.
        is_static: whether nobody answers: no filters, no forms.
        may_write: whether this window came in with a token.
        feeds: where feeds are found, with a `/` at the end; empty for `root`.
        words: the reader's language.
        path: the page's own address from its root, by which it is found in another language.
        files: what leads to the files that all languages share; empty for `root`.
        folders: of a static site, where each language's pages lie, from what `files` leads to.
    """

    root: str = "/"
    public_url: str = ""
    is_local: bool = True
    is_static: bool = False
    may_write: bool = False
    feeds: str = ""
    words: Words = field(default_factory=Words)
    path: str = ""
    files: str = ""
    folders: Mapping[str, str] = field(default_factory=dict)

    @property
    def files_root(self) -> str:
        """What leads to the files that all languages share."""
        return self.files or self.root

    @property
    def public_root(self) -> str:
        """Where this language's pages are seen from outside, without a `/` at the end."""
        folder = self.folders.get(self.words.tongue, "")
        return f"{self.public_url.rstrip('/')}/{folder}".rstrip("/")

    @property
    def tongues(self) -> list[tuple[str, str, str]]:
        """This page in each language: its tag, its own name for itself, its address."""
        if self.is_static:
            return [
                (tag, name, f"{self.files_root}{self.folders.get(tag, '')}{self.path}")
                for tag, name in LANGUAGES.items()
            ]
        back = quote(f"/{self.path}", safe="")
        return [
            (tag, name, f"{self.root}language?to={tag}&back={back}")
            for tag, name in LANGUAGES.items()
        ]

    @property
    def feed_root(self) -> str:
        """What leads to the feeds from outside the page."""
        return self.feeds or self.files_root

    @property
    def webcal_root(self) -> str:
        """The same for calendar programs; empty where there is no whole address."""
        _, mark, rest = self.feed_root.partition("://")
        return f"webcal://{rest}" if mark else ""
