"""Random histories of a chapter: honest, careless and hostile people, from one seed.

Leads come and go, replace their keys, fork, heal, grant, revoke and keep;
some entries are signed by too few, bring back a removed key, or follow what
never was; some records never arrive. At most four entries share a number, of
which at most two are signed by one lead alone, so that no limit is met.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain as chained
from random import Random
from typing import TypeVar

from p2pevents.authority import Answer, Authority
from p2pevents.errors import RecordError
from p2pevents.record.authority_kinds import Grant, Keep, Revoke
from p2pevents.record.entry import Entry, Snapshot, seal_entry
from p2pevents.record.ids import EntryId, PublicKey, RecordId
from tests.authority.people import Person, Said, act, genesis_of, key_of, said, seed_of

T = TypeVar("T")

GUARDIANS = ("guardian 1", "guardian 2", "guardian 3")
DELEGATES = ("delegate 1", "delegate 2", "delegate 3")
PATHS = (("e",), ("e", "s"), ("e", "t"), ("f",), ("profile",))


@dataclass
class History:
    """What was said in one chapter, by whomever; the order is the one in which it was said."""

    genesis: Entry
    people: dict[EntryId, tuple[Person, ...]]
    entries: list[Entry] = field(default_factory=list)
    records: list[Said] = field(default_factory=list)
    keeps: list[RecordId] = field(default_factory=list)
    grants: list[tuple[RecordId, Grant]] = field(default_factory=list)


def history_of(seed: int, *, steps_max: int = 40) -> History:
    rng = Random(seed)
    founders = tuple(Person(name) for name in rng.sample("abcde", rng.choice((1, 1, 2, 3))))
    count = rng.choice((0, 2, 3))
    guardians = [key_of(name) for name in GUARDIANS[:count]]
    genesis = genesis_of(*founders, guardians=guardians, k=rng.randint(1, count) if count else 0)
    history = History(genesis, {genesis.id: founders})
    numbers: Counter[int] = Counter()
    lone: Counter[int] = Counter()
    for _ in range(rng.randint(4, steps_max)):
        if rng.random() < 0.3:
            _add_entry(history, rng, numbers, lone)
        elif rng.random() < 0.55:
            _add_act(history, rng)
        else:
            _add_record(history, rng)
    return history


def _newest(rng: Random, items: Sequence[T]) -> T:
    """Pick one, rather from the end."""
    return items[max(rng.randrange(len(items)), rng.randrange(len(items)))]


def _add_entry(history: History, rng: Random, numbers: Counter[int], lone: Counter[int]) -> None:
    everything = [history.genesis, *history.entries]
    after = [_newest(rng, everything)]
    if len(everything) > 3 and rng.random() < 0.25:
        after.append(_newest(rng, everything))
    after = sorted({entry.id: entry for entry in after}.values(), key=lambda entry: entry.id)
    parents = [entry.snapshot for entry in after]
    seq = 1 + max(parent.seq for parent in parents) + (rng.random() < 0.02)
    if numbers[seq] >= 4:
        return
    before = history.people[after[0].id]
    people, alone = _next_people(rng, before)
    recovery = rng.random() < 0.15
    snapshot = _snapshot(history, rng, after, seq, people, recovery=recovery and len(after) == 1)
    if snapshot is None:
        return
    seeds = _signers(history, rng, people, alone, snapshot)
    if alone is not None and len(before) > 1:
        if lone[seq] >= 2:
            return
        lone[seq] += 1
    numbers[seq] += 1
    entry = seal_entry(snapshot, seeds=seeds)
    if entry.id not in history.people:
        history.people[entry.id] = people
        history.entries.append(entry)


def _next_people(
    rng: Random, before: tuple[Person, ...]
) -> tuple[tuple[Person, ...], Person | None]:
    """Return the leads from now on, and the one who does no more than replace their keys."""
    people = list(before)
    choice = rng.random()
    if choice < 0.25:
        old = rng.choice(people)
        people[people.index(old)] = old.renewed()
        return tuple(people), old
    if choice < 0.6 and len(people) < 5:
        names = {person.name for person in people}
        name = rng.choice([each for each in "abcdefg" if each not in names])
        people.append(Person(name, rng.choice((0, 0, 1, 2))))
    if choice > 0.5 and len(people) > 1:
        people.remove(rng.choice(people))
    return tuple(people), None


def _snapshot(
    history: History,
    rng: Random,
    after: list[Entry],
    seq: int,
    people: tuple[Person, ...],
    *,
    recovery: bool,
) -> Snapshot | None:
    parents = [entry.snapshot for entry in after]
    leads = tuple(sorted(person.lead for person in people))
    keys = {key for lead in leads for key in (lead.charter, lead.daily)}
    removed = set(chained(*(parent.lead_keys for parent in parents))) - keys
    if removed and rng.random() < 0.03:
        removed.pop()
    if rng.random() < 0.05:
        removed.add(key_of(rng.choice(DELEGATES)))
    guardians, k = parents[0].guardians, parents[0].k
    if rng.random() < 0.1:
        names = rng.sample(GUARDIANS, rng.randint(0, 3))
        guardians = tuple(sorted(key_of(name) for name in names))
        k = min(len(guardians), 2)
    keeps = set()
    if history.keeps and rng.random() < 0.4:
        keeps = set(rng.sample(history.keeps, min(len(history.keeps), rng.randint(1, 2))))
    if history.records and rng.random() < 0.03:
        keeps.add(rng.choice(history.records).id)
    snapshot = Snapshot(
        seq=seq,
        chapter=history.genesis.chapter,
        prev=tuple(entry.id for entry in after),
        leads=leads,
        guardians=guardians,
        k=k,
        removed=tuple(sorted(removed)),
        keeps=tuple(sorted(keeps)),
        recovery=recovery,
    )
    try:
        snapshot.encode()
    except RecordError:
        return None
    return snapshot


def _signers(
    history: History,
    rng: Random,
    people: tuple[Person, ...],
    alone: Person | None,
    snapshot: Snapshot,
) -> set[bytes]:
    seeds = {person.charter for person in people}
    if snapshot.recovery:
        seeds |= {seed_of(name) for name in rng.sample(GUARDIANS, rng.randint(1, 3))}
    elif alone is not None and rng.random() < 0.7:
        old = {alone, *people}
        seeds = {person.charter for person in old if person.name == alone.name}
    else:
        for parent in snapshot.prev:
            seeds |= {person.charter for person in history.people[parent]}
        for person in history.people[history.genesis.id]:
            seeds.add(person.charter)
        while len(seeds) > 14:
            seeds.pop()
    for seed in sorted(seeds):
        if rng.random() < 0.05 and len(seeds) > 1:
            seeds.discard(seed)
    return seeds


def _author(history: History, rng: Random) -> tuple[PublicKey, bytes]:
    """Return a lead's daily key and an entry: mostly one by which they are a lead."""
    entry = _newest(rng, [history.genesis, *history.entries])
    if rng.random() < 0.05:
        entry = rng.choice([history.genesis, *history.entries])
        return key_of(rng.choice(DELEGATES)), entry.id
    person = rng.choice(history.people[entry.id])
    if rng.random() < 0.05:
        entry = rng.choice([history.genesis, *history.entries])
    return person.key, entry.id


def _add_act(history: History, rng: Random) -> None:
    author, entry = _author(history, rng)
    body: Grant | Revoke | Keep
    choice = rng.random()
    if choice < 0.4:
        body = Grant(
            key=key_of(rng.choice(DELEGATES)),
            path=rng.choice(((), (), ("e",), ("e", "s"))),
            kinds=rng.choice((("*",), ("event", "session"), ("session",))),
            fields=rng.choice((None, None, ("localizations/fr",))),
            until=rng.choice((None, None, 500, 2000)),
        )
    elif choice < 0.6:
        keeps = rng.sample(history.keeps, min(len(history.keeps), rng.choice((0, 0, 1, 2))))
        body = Revoke(key=key_of(rng.choice(DELEGATES)), keeps=tuple(sorted(keeps)))
    elif history.records:
        count = min(len(history.records), rng.randint(1, 6))
        body = Keep(ids=tuple(sorted({each.id for each in rng.sample(history.records, count)})))
    else:
        return
    record = act(
        body,
        chapter=history.genesis.chapter,
        author=author,
        entry=entry,
        clock=len(history.records),
    )
    history.records.append(record)
    if isinstance(body, Keep):
        history.keeps.append(record.id)
    elif isinstance(body, Grant):
        history.grants.append((record.id, body))


def _add_record(history: History, rng: Random) -> None:
    author, authority = _author(history, rng)
    if history.grants and rng.random() < 0.5:
        grant_id, grant = rng.choice(history.grants)
        author, authority = grant.key, grant_id
        if rng.random() < 0.1:
            author = key_of(rng.choice(DELEGATES))
    elif rng.random() < 0.03 and history.records:
        authority = rng.choice(history.records).id
    elif rng.random() < 0.02:
        authority = bytes(32)
    history.records.append(
        said(
            chapter=history.genesis.chapter,
            author=author,
            authority=authority,
            kind=rng.choice(("event", "session", "session", "profile")),
            path=rng.choice(PATHS),
            clock=rng.choice((100, 1000)) + len(history.records),
        )
    )


def deliver(
    genesis: Entry, entries: Sequence[Entry], records: Sequence[Said], rng: Random | None = None
) -> Authority:
    """Offer everything in some order, some of it twice; what waits is tried again."""
    authority = Authority(genesis)
    items: list[Entry | Said] = [*entries, *records]
    if rng is not None:
        items += rng.sample(items, len(items) // 4)
        rng.shuffle(items)
    waiting: list[Entry | Said] = []
    for item in items:
        if rng is not None and rng.random() < 0.2 and records:
            authority.judge(rng.choice(records).header)  # what is asked between leaves no trace
        if not offer(authority, item):
            waiting.append(item)
            continue
        grown = True
        while grown:
            still = [each for each in waiting if not offer(authority, each)]
            grown = len(still) < len(waiting)
            waiting = still
    return authority


def offer(authority: Authority, item: Entry | Said) -> bool:
    """Offer one item; tell whether it need not wait."""
    try:
        if isinstance(item, Entry):
            answer = authority.offer_entry(item)
        else:
            answer = authority.offer_record(item)
    except RecordError:
        return True
    assert answer not in (Answer.FULL, Answer.PROOF)
    return answer is not Answer.UNKNOWN
