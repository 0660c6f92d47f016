"""A charter whose leads parted: its branches, told so that a person can choose one or join two."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import reduce
from itertools import chain as chained

from p2pevents.authority.chain import Chain
from p2pevents.errors import InputError
from p2pevents.log.protocol import Stored
from p2pevents.node.charter_desk import CharterDesk
from p2pevents.node.desk import Desk
from p2pevents.record.entry import Entry, Lead
from p2pevents.record.ids import ChapterId, EntryId, PublicKey, short, to_text
from p2pevents.view.calendar import KINDS

__all__ = ["Branch", "branches_of", "choose", "find_branch", "healed_leads", "left_behind"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """One way in which a charter goes on.

    Attributes:
        end: its last entry.
        fork: the last entry that all branches share.
        entries: what follows the fork, the oldest first.
        seen_ms: when the first of them came here, in ms since 1970.
        objects: how many events, series and other things it shows.
        is_shown: whether it is the one that this node shows.
    """

    end: EntryId
    fork: Entry
    entries: tuple[Entry, ...]
    seen_ms: int
    objects: int
    is_shown: bool

    @property
    def leads(self) -> tuple[Lead, ...]:
        """Who leads by it."""
        return self.entries[-1].snapshot.leads

    @property
    def signers(self) -> frozenset[PublicKey]:
        """The charter keys, and guardians' keys, that signed what parts it from the others."""
        return self.entries[0].signers


def branches_of(desk: Desk, chapter: ChapterId) -> list[Branch]:
    """Return the branches of a charter, the one that is shown first; none where all agree.

    Raises:
        StateError: the charter has not come yet.
    """
    authority, shown = desk.authority(chapter), desk.shown(chapter)
    chain = authority.chain
    ends = [*(shown.disputed or (shown.tip,)), *shown.rivals]
    if len(ends) < 2:
        return []
    fork = reduce(chain.fork, ends)
    seen_ms = {each.id: each.seen_ms for each in desk.log.entries(chapter)}
    found = []
    for end in ends:
        entries = _after(chain, fork, end)
        objects = {
            record.header.object_id
            for record in desk.log.of_kinds(KINDS, chapter=chapter)
            if authority.shows(record.header, end, record.id)
        }
        found.append(
            Branch(
                end=end,
                fork=chain[fork],
                entries=entries,
                seen_ms=seen_ms.get(entries[0].id, 0),
                objects=len(objects),
                is_shown=end == shown.tip,
            )
        )
    return sorted(found, key=lambda branch: (not branch.is_shown, branch.end))


def find_branch(branches: Iterable[Branch], wanted: str) -> Branch:
    """Return the branch that the beginning of its last entry's id means.

    Raises:
        InputError: none is meant, or several are.
    """
    known = list(branches)
    found = [each for each in known if wanted and to_text(each.end).startswith(wanted)]
    if len(found) == 1:
        return found[0]
    ends = ", ".join(short(each.end) for each in known)
    raise InputError(
        f"{wanted[:60]!r} " + ("fits several branches" if found else "is no branch here"),
        hint=f"branches are {ends}" if ends else "the leads agree: there is nothing to choose",
    )


def choose(desk: Desk, chapter: ChapterId, branch: Branch) -> None:
    """Have this node show a branch from now on; nobody else hears of it."""
    desk.log.local.set_pin(chapter, branch.end)


def healed_leads(chain: Chain, one: Branch, other: Branch, *, only: Branch | None) -> list[Lead]:
    """Return who can lead when two branches are joined: nobody whose key either of them removed.

    Args:
        chain: the chapter's.
        one: a branch.
        other: another.
        only: the one of them whose leads alone are to lead; None for those of both.
    """
    lines = chain.ancestors(one.end) | chain.ancestors(other.end)
    removed = set(chained.from_iterable(chain[each].snapshot.removed for each in lines))
    wanted = only.leads if only else one.leads + other.leads
    return sorted({x for x in wanted if not {x.charter, x.daily} & removed})


def left_behind(
    charter: CharterDesk, one: Branch, other: Branch, *, leads: Iterable[Lead]
) -> list[Stored]:
    """Return what leads signed who lead no more once two branches are joined, and nobody keeps."""
    authority = charter.authority
    snapshots = [entry.snapshot for entry in (one.fork, *one.entries, *other.entries)]
    stays = {lead.daily for lead in leads}
    gone = frozenset().union(*(each.daily_keys for each in snapshots)) - stays
    views = [authority.view(one.end), authority.view(other.end)]
    return [
        record
        for key in sorted(gone)
        for record in charter.signed_by(key)
        if not any(view.keeps(record.id) for view in views)
    ]


def _after(chain: Chain, fork: EntryId, end: EntryId) -> tuple[Entry, ...]:
    line = chain.ancestors(end) - chain.ancestors(fork)
    return tuple(sorted((chain[each] for each in line), key=lambda x: (x.snapshot.seq, x.id)))
