"""What forms and the filters of an agenda offer to choose from."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from p2pevents.record.ids import ChapterId, to_text
from p2pevents.record.values import Level, Recording, SessionType
from p2pevents.view.search import plain
from p2pevents.web.rule_words import NTHS, WEEKDAYS
from p2pevents.web.shelf import Shelf
from p2pevents.web.words import Words
from p2pevents.words import LANGUAGES

__all__ = ["CHOICES", "choices_of", "tongues_of"]

CHOICES: Final = {
    "type": tuple(each.value for each in SessionType),
    "level": tuple(each.value for each in Level),
    "recording": tuple(each.value for each in Recording),
    "status": ("confirmed", "tentative", "cancelled", "postponed"),
    "nth": NTHS,
    "weekday": WEEKDAYS,
}


def choices_of(
    facts: Iterable[tuple[str, str]], shelf: Shelf, words: Words
) -> dict[str, list[tuple[str, str]]]:
    """Return what there is to find, each in one spelling, by the name of its filter.

    Args:
        facts: what is on within the window, as `view.agenda.facts_in` has it.
        shelf: whose chapters there are.
        words: the reader's language.
    """
    found: dict[str, dict[str, str]] = {"city": {}, "tag": {}}
    tongues = []
    for name, text in sorted(facts, reverse=True):
        if name == "language":
            tongues.append(text)
        else:
            found[name][plain(text)] = text
    return {
        "chapter": [(to_text(each), shelf.name(each)) for each in shelf.chapters()],
        **{name: [(text, text) for _, text in sorted(of.items())] for name, of in found.items()},
        "language": [(tag, words.language_name(tag)) for tag in sorted(tongues)],
    }


def tongues_of(shelf: Shelf, chapter: ChapterId) -> tuple[str, ...]:
    """Return the languages that somebody may write in: the chapter's, then those of the pages."""
    own = shelf.desk.profile(chapter).languages or ()
    return tuple(dict.fromkeys((*own, *LANGUAGES)))
