"""Which entry may follow which: what the vectors and the model leave to say in sentences."""

from random import Random

import pytest

from p2pevents.authority import Answer, Authority, Chain
from p2pevents.authority.chain import BRANCHES_MAX, ENTRIES_MAX, FORKS_MAX, LONE_MAX
from p2pevents.record.entry import Entry, open_entry, sign_entry, unite
from p2pevents.record.ids import EntryId
from tests.authority.people import Chapter, Person, genesis_of, key_of, seed_of

A, B, C, D = (Person(name) for name in "abcd")
NAMES = [f"guardian {number}" for number in range(1, 10)]


def siblings(chapter: Chapter, count: int) -> list[Entry]:
    """Return as many entries as wished that follow the one that is shown, signed by A and B."""
    return [
        chapter.entry(A, B, C, by=(A, B), removed=[key_of(f"delegate {number}")])
        for number in range(count)
    ]


def rotations(chapter: Chapter, count: int) -> list[Entry]:
    """Return as many entries by which A alone replaces their own keys."""
    renewed = [Person("a", since) for since in range(1, count + 1)]
    return [chapter.entry(new, B, C, by=(A, new)) for new in renewed]


def test_an_entry_that_waits_for_signatures_tells_whose() -> None:
    """CH-17."""
    chapter = Chapter(A, B, C)
    snapshot = chapter.entry(A, B, D, by=(A,)).snapshot
    lacking = chapter.chain.lacking(snapshot, set())
    assert lacking
    assert lacking.votes == 2
    assert lacking.voters == {A.lead.charter, B.lead.charter, C.lead.charter}
    assert lacking.joining == {D.lead.charter}
    lacking = chapter.chain.lacking(snapshot, {A.lead.charter, B.lead.charter})
    assert lacking.votes == 0
    assert lacking.joining == {D.lead.charter}
    assert lacking
    both = {A.lead.charter, B.lead.charter, D.lead.charter}
    assert not chapter.chain.lacking(snapshot, both)


def test_detached_signatures_are_joined_by_whoever_holds_them() -> None:
    """CH-17, CH-20."""
    chapter = Chapter(A, B, C)
    snapshot = chapter.entry(A, B, by=(A,)).snapshot
    by_a, by_b = (sign_entry(snapshot, seed=each.charter) for each in (A, B))
    assert chapter.authority.offer_entry(by_a) is Answer.UNSIGNED
    assert chapter.authority.offer_entry(by_b) is Answer.UNSIGNED
    assert by_a.id not in chapter.chain
    assert chapter.authority.offer_entry(unite(by_a, by_b)) is Answer.NEW


def test_strangers_signatures_do_not_fill_the_room_of_those_that_count() -> None:
    """CH-20: fourteen signatures by anyone, then the ones that count."""
    chapter = Chapter(A, B, C)
    snapshot = chapter.entry(A, B, by=(A,)).snapshot
    strangers = [sign_entry(snapshot, seed=seed_of(f"stranger {n}")) for n in range(12)]
    crowded = sign_entry(snapshot, seed=A.charter)
    for stranger in strangers:
        crowded = unite(crowded, stranger)
    crowded = unite(crowded, sign_entry(snapshot, seed=B.charter))
    assert chapter.authority.offer_entry(crowded) is Answer.NEW
    assert chapter.chain[crowded.id].signers == {A.lead.charter, B.lead.charter}
    assert chapter.authority.offer_entry(crowded) is Answer.KNOWN
    more = sign_entry(snapshot, seed=C.charter)
    assert chapter.authority.offer_entry(more) is Answer.MORE
    assert chapter.chain[crowded.id].signers == {p.lead.charter for p in (A, B, C)}
    assert chapter.authority.offer_entry(more) is Answer.KNOWN
    assert chapter.authority.offer_entry(strangers[0]) is Answer.KNOWN


def test_only_strangers_signed() -> None:
    chapter = Chapter(A, B, C)
    snapshot = chapter.entry(A, B, by=(A,)).snapshot
    assert chapter.chain.offer(sign_entry(snapshot, seed=D.charter)) is Answer.UNSIGNED


def test_a_recovery_by_nine_guardians_and_seven_leads_stays_within_fourteen_signatures() -> None:
    """CH-19, CH-20."""
    chapter = Chapter(A, guardians=[key_of(name) for name in NAMES], k=7)
    leads = [Person(f"new {number}") for number in range(7)]
    entry = chapter.entry(*leads, by=(*leads, *NAMES[:7]), recovery=True)
    others = chapter.entry(*leads, by=(*leads, *NAMES[2:]), recovery=True)
    assert chapter.authority.offer_entry(entry) is Answer.NEW
    assert chapter.authority.offer_entry(others) is Answer.KNOWN
    assert open_entry(chapter.chain[entry.id].envelope) == entry


def test_the_genesis_and_other_chapters_are_no_news() -> None:
    """CH-11, CH-12."""
    chapter = Chapter(A, B)
    assert chapter.authority.offer_entry(chapter.genesis) is Answer.KNOWN
    assert chapter.authority.offer_entry(genesis_of(A)) is Answer.REFUSED
    assert chapter.authority.genesis == chapter.genesis
    assert len(chapter.chain) == 1


@pytest.mark.parametrize("seed", range(5))
def test_a_fifth_entry_at_one_number_closes_the_chapter_by_name(seed: int) -> None:
    """CH-21: which four are held depends on what came first, and comparisons end settled."""
    chapter = Chapter(A, B, C)
    entries = siblings(chapter, FORKS_MAX + 2)
    Random(seed).shuffle(entries)
    answers = [chapter.authority.offer_entry(entry) for entry in entries]
    assert answers == [Answer.NEW] * FORKS_MAX + [Answer.PROOF, Answer.FULL]
    assert chapter.authority.closed == "five entries at number 1"
    assert chapter.authority.offer_entry(entries[FORKS_MAX]) is Answer.KNOWN
    # What follows the branches that are held is still taken.
    onward = chapter.entry(A, B, by=(A, B), after=[entries[0].id])
    assert chapter.authority.offer_entry(onward) is Answer.NEW
    # A node that reads its log again is closed again.
    again = Authority(chapter.genesis)
    for entry in entries[: FORKS_MAX + 1]:
        again.offer_entry(entry)
    assert again.closed == chapter.authority.closed
    assert again.chain.tips == tuple(sorted(entry.id for entry in entries[:FORKS_MAX]))


def test_one_key_alone_never_closes_a_chapter() -> None:
    """CH-21: an old charter key can replace itself at its old number as often as it likes."""
    chapter = Chapter(A, B, C)
    lone = rotations(chapter, 8)
    answers = [chapter.authority.offer_entry(entry) for entry in lone]
    assert answers == [Answer.NEW] * LONE_MAX + [Answer.FULL] * 6
    for entry in siblings(chapter, 2):
        assert chapter.authority.offer_entry(entry) is Answer.NEW
    assert chapter.authority.offer_entry(lone[-1]) is Answer.FULL
    assert chapter.authority.closed == ""


def test_four_entries_by_majority_leave_no_room_for_a_lone_one_and_it_closes_nothing() -> None:
    """CH-21."""
    chapter = Chapter(A, B, C)
    for entry in siblings(chapter, FORKS_MAX):
        chapter.offer(entry)
    (lone,) = rotations(Chapter(A, B, C), 1)
    assert chapter.authority.offer_entry(lone) is Answer.FULL
    assert chapter.authority.closed == ""


def test_a_lone_entry_that_gains_a_majority_makes_room_for_another() -> None:
    """CH-18, CH-21."""
    chapter = Chapter(A, B, C)
    lone = rotations(chapter, LONE_MAX + 1)
    for entry in lone[:LONE_MAX]:
        assert chapter.authority.offer_entry(entry) is Answer.NEW
    assert chapter.authority.offer_entry(lone[-1]) is Answer.FULL
    vote = sign_entry(lone[0].snapshot, seed=B.charter)
    assert chapter.authority.offer_entry(vote) is Answer.MORE
    assert chapter.authority.offer_entry(lone[-1]) is Answer.NEW


def test_a_lone_entry_with_one_more_vote_may_still_be_lone() -> None:
    """CH-18, CH-20."""
    chapter = Chapter(A, B, C, D)
    new = A.renewed()
    entry = chapter.entry(new, B, C, D, by=(A, new))
    assert chapter.authority.offer_entry(entry) is Answer.NEW
    for voter, left in ((B, 1), (C, 0)):
        vote = sign_entry(entry.snapshot, seed=voter.charter)
        assert chapter.authority.offer_entry(vote) is Answer.MORE
        assert len(chapter.chain._lone) == left


def test_a_seventeenth_branch_closes_the_chapter() -> None:
    """CH-21."""
    chapter = Chapter(A, B, C)
    tips: list[EntryId] = [chapter.genesis.id]
    answers = []
    for number in range(6):
        after = tips[number]
        for other in range(FORKS_MAX):
            entry = chapter.entry(
                A, B, C, by=(A, B), after=[after], removed=[key_of(f"delegate {number} {other}")]
            )
            answers.append(chapter.authority.offer_entry(entry))
            if other == 0:
                tips.append(entry.id)
    assert len(chapter.chain.tips) == BRANCHES_MAX
    # Five times four leave sixteen ends; the next goes on from one, the one after adds an end.
    assert answers.index(Answer.FULL) == 21
    assert chapter.authority.closed == "more than 16 branches"


def test_an_entry_beyond_the_last_closes_the_chapter() -> None:
    """CH-21: a chain as long as its numbers go has room for no branch."""
    genesis = genesis_of(A, B, C)
    chapter = Chapter(A, B, C)
    chain = Chain(genesis)
    branch = siblings(chapter, 2)
    assert chain.offer(branch[0]) is Answer.NEW
    # A thousand honest entries take long to sign: the count alone is put in place of them.
    held = chain._entries
    for number in range(ENTRIES_MAX - len(held)):
        held[EntryId(number.to_bytes(32, "big"))] = genesis
    assert len(chain) == ENTRIES_MAX
    assert chain.offer(branch[1]) is Answer.FULL
    assert chain.closed == "more than 1024 entries"


def test_the_fork_of_two_branches_is_found_behind_an_older_healed_one() -> None:
    """CH-15, CH-16: leads at the fork, not of some branch, must agree."""
    chapter = Chapter(A, B, C)
    start = chapter.genesis.id
    left = chapter.offer(chapter.entry(A, B, C, by=(A, B), after=[start], guardians=[]))
    right = chapter.offer(chapter.entry(A, B, by=(A, B), after=[start]))
    healed = chapter.offer(chapter.entry(A, B, by=(A, B), after=[left, right]))
    one = chapter.offer(chapter.entry(A, B, D, by=(A, B, D), after=[healed]))
    other = chapter.offer(chapter.entry(A, B, by=(A, B), after=[right], removed=[key_of("x")]))
    assert chapter.chain.fork(one, left) == start
    assert chapter.chain.fork(one, healed) == healed
    assert chapter.chain.fork(one, other) == start
    assert chapter.chain.ancestors(one) == {start, left, right, healed, one}
    assert {entry.id for entry in chapter.chain} >= {one, other}


def test_an_entry_of_long_ago_is_no_part_of_a_heal_with_its_own_future() -> None:
    """CH-15: a healed branch is on the line of what healed it."""
    chapter = Chapter(A, B, C)
    start = chapter.genesis.id
    left = chapter.offer(chapter.entry(A, B, C, by=(A, B), after=[start], removed=[key_of("x")]))
    right = chapter.offer(chapter.entry(A, B, by=(A, B), after=[start]))
    healed = chapter.offer(chapter.entry(A, B, by=(A, B), after=[left, right]))
    snapshot = chapter.entry(A, B, by=(A, B), after=[left, healed])
    with pytest.raises(Exception, match="chain-heal"):
        chapter.authority.offer_entry(snapshot)
