"""What a reader of one language is shown of an object: a translation over the author's words."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from p2pevents.record.fields import Gathering, Page, Profile, Session

__all__ = ["Told", "Translated", "told_in", "translated"]


class Translated(StrEnum):
    """Whether an object's words are there in a language."""

    OWN = "own"
    WHOLE = "whole"
    PARTLY = "partly"
    NOT = "not"


class Told(Struct, frozen=True, kw_only=True):
    """An object's words for one reader; what nobody wrote is empty.

    Attributes:
        title: what it is called; of a chapter, its name.
        description: more of it.
        room: of a session, the room as the author calls it.
        reason: why it is cancelled or postponed.
        tongue: the language of the title, where it is known to be another than the reader's.
    """

    title: str
    description: str
    room: str
    reason: str
    tongue: str = ""


def told_in(shown: Page, language: str) -> Told:
    """Return an object's words in a language, each as its author wrote it where nobody translated.

    Args:
        shown: a chapter's profile, an event, a session or another page.
        language: the reader's, such as `fr`; a translation into `fr-CA` serves them too.
    """
    title = getattr(shown, "name" if isinstance(shown, Profile) else "title", None) or ""
    status = shown.status if isinstance(shown, Gathering) else None
    found = Told(
        title=title,
        description=getattr(shown, "description", None) or "",
        room=(shown.room if isinstance(shown, Session) else None) or "",
        reason=(status.reason if status else None) or "",
        tongue=_other(shown.locale or "", language),
    )
    tags = [tag for tag in sorted(shown.localizations) if not _other(tag, language)]
    if not tags:
        return found
    words = shown.localizations[language if language in tags else tags[0]]
    own = words.name if isinstance(shown, Profile) else words.title
    return Told(
        title=own or found.title,
        description=words.description or found.description,
        room=words.room or found.room,
        reason=words.reason or found.reason,
        tongue="" if own else found.tongue,
    )


def translated(shown: Page, languages: Iterable[str]) -> dict[str, Translated]:
    """Return whether an object's title and description are there in each of some languages.

    Those that it is in besides are in the answer too. Words whose language nobody said count
    as being in none.
    """
    own = shown.locale or ""
    tags = dict.fromkeys((*languages, *([own] if own else ()), *sorted(shown.localizations)))
    return {tag: _state(shown, own, tag) for tag in tags}


def _state(shown: Page, own: str, tag: str) -> Translated:
    if own and _primary(own) == _primary(tag):
        return Translated.OWN
    found = [
        words for each, words in shown.localizations.items() if _primary(each) == _primary(tag)
    ]
    name = "name" if isinstance(shown, Profile) else "title"
    wanted = [
        field
        for field in (name, "description")
        if getattr(shown, field, None) or any(getattr(words, field) for words in found)
    ]
    there = [field for field in wanted if any(getattr(words, field) for words in found)]
    if not there:
        return Translated.NOT
    return Translated.WHOLE if there == wanted else Translated.PARTLY


def _primary(tag: str) -> str:
    return tag.partition("-")[0].casefold()


def _other(tag: str, language: str) -> str:
    """Return a tag where it is of another language than this; else nothing."""
    return "" if tag.partition("-")[0].casefold() == language else tag
