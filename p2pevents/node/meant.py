"""Which chapter or object a person means by what they typed: an id, its beginning, or a name."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Final

from p2pevents.errors import InputError, StateError
from p2pevents.record.ids import path_text, short, to_text
from p2pevents.record.kinds import Kind

if TYPE_CHECKING:
    from p2pevents.log.protocol import Log
    from p2pevents.node.desk import Desk
    from p2pevents.record.header import ObjectId
    from p2pevents.record.ids import ChapterId

__all__ = ["find_chapter", "find_object", "own_chapter", "way_in"]

_CANDIDATES_MAX: Final = 5  # named when a shortened id fits several
_LISTED: Final = {
    Kind.EVENT: "p2pevents event list shows mine, p2pevents agenda --ids what I follow",
    Kind.SERIES: "p2pevents series list shows them",
    Kind.SESSION: "p2pevents session list --event ID shows them",
    Kind.NOTICE: "p2pevents notice list --all shows them",
}  # where the ids of each kind are read


def own_chapter(desk: Desk, wanted: str | None) -> ChapterId:
    """Return the chapter that an organiser's command is about.

    Args:
        desk: whose chapters.
        wanted: a chapter's id, a unique beginning of it, or its name; None for my only one.

    Raises:
        InputError: none fits, or several do.
        StateError: none is named and I have none, or several.
    """
    if wanted is not None:
        return find_chapter(desk, wanted, among=desk.chapters())
    mine = desk.my_chapters()
    if len(mine) == 1:
        return mine[0]
    if not mine:
        raise StateError(
            "you are not an organiser of any chapter on this home",
            hint=way_in(
                desk,
                'found one: p2pevents chapter found "Paris P2P" --timezone Europe/Paris; '
                "or join one: p2pevents organiser join LINK; or name one by --chapter",
            ),
        )
    raise StateError(
        f"you are an organiser of {len(mine)} chapters",
        hint="say which by --chapter: " + _named(desk, mine),
    )


def way_in(desk: Desk, otherwise: str, *, chapter: ChapterId | None = None) -> str:
    """Return the hint for somebody who may not write.

    Where the leads of a chapter parted, one may be an organiser on a branch that this node does
    not show, and only there.

    Args:
        desk: whose keys.
        otherwise: the hint where no branch is to blame.
        chapter: where they may not write; None for anywhere.
    """
    parted = [each for each in desk.chapters_apart() if chapter in (None, each)]
    if not parted:
        return otherwise
    return (
        f"the leads of {desk.chapter_name(parted[0])} parted, and your key may write on a branch "
        "that is not shown here: p2pevents chapter branches shows both, "
        "p2pevents chapter choose takes one"
    )


def find_chapter(desk: Desk, wanted: str, *, among: Sequence[ChapterId]) -> ChapterId:
    """Return the one of these chapters that an id, a beginning of one, or a name means.

    Raises:
        InputError: none fits, or several do.
    """
    found = [each for each in among if to_text(each).startswith(wanted) and len(wanted) > 1]
    folded = wanted.casefold()
    # My own names first: a stranger's chapter may claim any, and mine is still found.
    mine = {each.chapter: each.petname.casefold() for each in desk.followed()}
    found = found or [each for each in among if mine.get(each) == folded]
    for near in ([each for each in among if each in mine], among):
        names = {each: _names(desk, each) for each in near} if not found else {}
        found = found or [each for each, said in names.items() if folded in said]
        found = found or [
            each for each, said in names.items() if any(folded in name for name in said)
        ]
    if len(found) == 1:
        return found[0]
    if found:
        raise InputError(f"{wanted!r} fits {len(found)} chapters", hint=_named(desk, found))
    raise InputError(
        f"no chapter here is called {wanted!r}",
        hint=_named(desk, among) or "follow one by its link: p2pevents follow LINK",
    )


def find_object(
    log: Log, wanted: str, *, kinds: Collection[Kind], chapter: ChapterId | None = None
) -> ObjectId:
    """Return the object that an id, or a unique beginning of one, means.

    Raises:
        InputError: none fits, or several do.
    """
    names = [kind.value for kind in kinds]
    found = log.find_objects(wanted, kinds=names, chapter=chapter, limit=_CANDIDATES_MAX + 1)
    exact = [each for each in found if path_text(each.path) == wanted]
    found = exact or found
    if len(found) == 1:
        return found[0]
    what = " or ".join(names)
    if not found:
        raise InputError(
            f"no {what} here has an id that begins with {wanted!r}",
            hint=next(_LISTED[kind] for kind in kinds),
        )
    shown = ", ".join(path_text(each.path) for each in found[:_CANDIDATES_MAX])
    raise InputError(f"{wanted!r} fits several: {shown}", hint="type more of the id")


def _names(desk: Desk, chapter: ChapterId) -> set[str]:
    """Return what a chapter is called here and what it calls itself, in small letters."""
    own = desk.profile(chapter).name or ""
    return {each.casefold() for each in (desk.chapter_name(chapter), own) if each}


def _named(desk: Desk, chapters: Iterable[ChapterId]) -> str:
    return ", ".join(f"{short(each)} ({desk.chapter_name(each)})" for each in chapters)
