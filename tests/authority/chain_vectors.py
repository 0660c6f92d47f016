"""Vectors of chains: each is judged by its last entry, the others are good."""

from typing import Any

from p2pevents.record.ids import EntryId
from tests.authority.people import Chapter, Person, key_of
from tests.authority.raw import A, B, C, Map, Vector, dumps, genesis, later, raw_entry

NAMES = ("guardian 1", "guardian 2", "guardian 3")
KEYS = tuple(key_of(name) for name in NAMES)


def chains() -> dict[str, Vector]:
    found = {
        "genesis-unsigned": (
            "reject chain-genesis",
            [raw_entry(dumps(genesis()), [B.charter]), raw_entry(dumps(later()), [A.charter])],
        ),
        "genesis-later": (
            "reject chain-genesis",
            [raw_entry(dumps(later()), [A.charter])] * 2,
        ),
    }
    for cases in (majorities(), own_keys(), rules(), recoveries(), heals()):
        found |= cases
    return {f"chain-{name}": vector for name, vector in found.items()}


def chapter(*people: Person) -> Chapter:
    return Chapter(*people, guardians=KEYS, k=2)


def after(chapter: Chapter, expect: str, **entry: Any) -> Vector:
    """Return what to expect when this entry comes after those of the chapter."""
    people = entry.pop("people")
    last = chapter.entry(*people, **entry).envelope
    return expect, [*(each.envelope for each in chapter.entries), last]


def majorities() -> dict[str, Vector]:
    one, two, three = chapter(A), chapter(A, B), chapter(A, B, C)
    few = "reject unsigned"
    return {
        "ok-two-of-three": after(three, "ok", people=(A, B, C), by=(A, B)),
        "one-of-three": after(three, few, people=(A, B, C), by=(A,)),
        "one-of-two": after(two, few, people=(A,), by=(A,)),
        "ok-removal": after(two, "ok", people=(A,), by=(A, B)),
        "ok-joining": after(one, "ok", people=(A, B), by=(A, B)),
        "joining-unasked": after(one, few, people=(A, B), by=(A,)),
        "ok-hand-over": after(one, "ok", people=(B,), by=(A, B)),
        "hand-over-without-the-one-before": after(one, few, people=(B,), by=(B,)),
    }


def own_keys() -> dict[str, Vector]:
    three, new = chapter(A, B, C), A.renewed()
    few = "reject unsigned"
    people = (new, B, C)
    leads = [[A.lead.charter, new.lead.daily]]
    leads += [[each.lead.charter, each.lead.daily] for each in (B, C)]
    daily = raw_after(three, leads=sorted(leads), removed=[A.lead.daily])
    other = [key_of("delegate")]
    return {
        "ok-own-keys": after(three, "ok", people=people, by=(A, new)),
        "own-keys-without-the-old": after(three, few, people=people, by=(new,)),
        "own-keys-without-the-new": after(three, few, people=people, by=(A,)),
        "ok-own-daily-key": ("ok", [three.genesis.envelope, raw_entry(daily, [A.charter])]),
        "own-keys-and-guardians": after(three, few, people=people, by=(A, new), guardians=KEYS[:2]),
        "own-keys-and-k": after(three, few, people=people, by=(A, new), k=1),
        "own-keys-and-another-removed": after(
            three, few, people=people, by=(A, new), removed=other
        ),
        "own-keys-and-one-more-lead": after(three, few, people=(new, B), by=(A, new)),
    }


def raw_after(where: Chapter, **changes: object) -> bytes:
    """Return a snapshot that follows the genesis, its fields free to be wrong."""
    last: EntryId = where.genesis.id
    snapshot = where.genesis.snapshot
    value: Map = {
        "v": 1,
        "seq": 1,
        "prev": [last],
        "leads": [[lead.charter, lead.daily] for lead in snapshot.leads],
        "guardians": list(snapshot.guardians),
        "k": snapshot.k,
        "removed": [],
        "keeps": [],
        "chapter": where.id,
        **changes,
    }
    return dumps(value)


def rules() -> dict[str, Vector]:
    three = chapter(A, B, C)
    both = [A.charter, B.charter]
    two = sorted([each.lead.charter, each.lead.daily] for each in (A, B))

    def raw(expect: str, **changes: object) -> Vector:
        return expect, [three.genesis.envelope, raw_entry(raw_after(three, **changes), both)]

    gone = chapter(A, B, C)
    gone.offer(gone.entry(A, B, by=(A, B)))
    back, guardian = (A, B, C), (C.key, KEYS[0])
    return {
        "seq-skipped": raw("reject chain-seq", seq=2),
        "dropped-daily-key": raw("reject chain-dropped", leads=two, removed=[C.lead.charter]),
        "another-chapter": raw("reject refused", chapter=bytes(32)),
        "unknown-entry": raw("reject unknown", prev=[bytes(32)]),
        "removed-lead-returns": after(gone, "reject chain-returned", people=back, by=back),
        "removed-key-as-guardian": after(
            gone, "reject chain-returned", people=(A, B), by=(A, B), guardians=guardian, k=1
        ),
    }


def recoveries() -> dict[str, Vector]:
    lost, bare = chapter(A), Chapter(A)
    few = "reject unsigned"
    return {
        "ok-recovery": after(lost, "ok", people=(B,), by=(B, *NAMES[:2]), recovery=True),
        "recovery-by-one-of-two": after(lost, few, people=(B,), by=(B, NAMES[0]), recovery=True),
        "recovery-by-a-lead": after(lost, few, people=(B,), by=(A, B, NAMES[0]), recovery=True),
        "recovery-unsaid": after(lost, few, people=(B,), by=(B, *NAMES)),
        "recovery-joining-unasked": after(lost, few, people=(B,), by=NAMES, recovery=True),
        "recovery-without-guardians": after(
            bare, "reject chain-guardians", people=(B,), by=(A, B), recovery=True
        ),
    }


def heals() -> dict[str, Vector]:
    forked = chapter(A, B, C)
    start = forked.genesis.id
    left = forked.offer(forked.entry(A, B, by=(A, B), after=[start]))
    right = forked.offer(forked.entry(A, C, by=(A, C), after=[start]))
    found = {
        "ok-heal": after(forked, "ok", people=(A,), by=(A, B), after=[left, right]),
        "heal-by-one-of-three": after(
            forked, "reject unsigned", people=(A,), by=(A,), after=[left, right]
        ),
    }
    straight = forked.offer(forked.entry(A, by=(A, B), after=[left]))
    return found | {
        "heal-of-one-branch": after(
            forked, "reject chain-heal", people=(A,), by=(A, B), after=[left, straight]
        )
    }
