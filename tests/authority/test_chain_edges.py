"""Entries one step beyond what the chain takes: each rule from the side that tempts a thief."""

import pytest
from msgspec.structs import replace

from p2pevents.authority import Answer, Chain
from p2pevents.authority.chain import FORKS_MAX
from p2pevents.errors import RecordError
from p2pevents.record.entry import Entry, seal_entry, sign_entry
from p2pevents.record.ids import ChapterId, EntryId
from tests.authority.people import Chapter, Person, genesis_of, key_of

A, B, C, D = (Person(name) for name in "abcd")


def marked(chapter: Chapter, name: str, after: EntryId) -> Entry:
    """Return an entry by which A and B change nothing but to remove some delegate's key."""
    return chapter.entry(A, B, C, by=(A, B), after=[after], removed=[key_of(name)])


def test_a_genesis_that_one_of_its_leads_did_not_sign_founds_nothing() -> None:
    """CH-11."""
    snapshot = genesis_of(A, B).snapshot
    for founder in (A, B):
        with pytest.raises(RecordError, match="chain-genesis"):
            Chain(sign_entry(snapshot, seed=founder.charter))


def test_who_has_signed_is_no_longer_asked() -> None:
    """CH-17: of those who joined too, of whom no vote is asked."""
    chapter = Chapter(A, B, C)
    snapshot = chapter.entry(A, B, D, by=(A,)).snapshot
    lacking = chapter.chain.lacking(snapshot, {A.lead.charter, D.lead.charter})
    assert lacking.votes == 1
    assert lacking.voters == {B.lead.charter, C.lead.charter}
    assert lacking.joining == set()
    everyone = {each.lead.charter for each in (A, B, C, D)}
    assert chapter.chain.lacking(snapshot, everyone).votes == 0


def test_one_lead_alone_replaces_no_other_leads_keys() -> None:
    """CH-18."""
    chapter = Chapter(A, B, C)
    a, b = A.renewed(), B.renewed()
    for thief in (A, B):
        assert chapter.chain.offer(chapter.entry(a, b, C, by=(thief, a, b))) is Answer.UNSIGNED


def test_one_lead_who_replaces_their_keys_brings_nobody_with_them() -> None:
    """CH-18."""
    chapter = Chapter(A, B, C)
    new = A.renewed()
    assert chapter.chain.offer(chapter.entry(new, B, C, D, by=(A, new, D))) is Answer.UNSIGNED


def test_one_lead_who_replaces_their_keys_heals_no_fork() -> None:
    """CH-16, CH-18."""
    chapter = Chapter(A, B, C)
    start, new = chapter.genesis.id, A.renewed()
    both = [chapter.offer(marked(chapter, name, start)) for name in ("x", "y")]
    alone = chapter.entry(new, B, C, by=(A, new), after=both)
    assert chapter.chain.offer(alone) is Answer.UNSIGNED
    vote = chapter.entry(new, B, C, by=(A, new, B), after=both)
    assert chapter.chain.offer(vote) is Answer.NEW


def test_one_lead_who_replaces_their_keys_makes_no_recovery_of_it() -> None:
    """CH-18, CH-19."""
    guardians = [key_of("guardian 1"), key_of("guardian 2")]
    chapter = Chapter(A, B, C, guardians=guardians, k=2)
    new = A.renewed()
    alone = chapter.entry(new, B, C, by=(A, new), recovery=True)
    assert chapter.chain.offer(alone) is Answer.UNSIGNED


@pytest.mark.parametrize("byte", [0, 255])
def test_an_entry_that_names_another_chapter_is_refused_whatever_it_follows(byte: int) -> None:
    """CH-12: whether the other id is the smaller or the greater."""
    chapter = Chapter(A, B)
    mine = chapter.entry(A, B, by=(A, B)).snapshot
    other = replace(mine, chapter=ChapterId(bytes([byte]) * 32))
    entry = seal_entry(other, seeds=[A.charter, B.charter])
    assert chapter.chain.offer(entry) is Answer.REFUSED


@pytest.mark.parametrize("seq", [1, 3])
def test_a_number_is_neither_used_again_nor_passed_over(seq: int) -> None:
    """CH-12."""
    chapter = Chapter(A, B, C)
    first = chapter.offer(marked(chapter, "x", chapter.genesis.id))
    second = replace(marked(chapter, "y", first).snapshot, seq=seq)
    with pytest.raises(RecordError, match="chain-seq"):
        chapter.chain.offer(seal_entry(second, seeds=[A.charter, B.charter]))


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_each_number_with_five_entries_has_its_own_proof(order: tuple[int, int]) -> None:
    """CH-21."""
    chapter = Chapter(A, B, C)
    start = chapter.genesis.id
    first = marked(chapter, "first", start)
    chapter.offer(first)
    for number in order:
        after, held = (start, 1) if number == 1 else (first.id, 0)
        crowd = [marked(chapter, f"{number} {each}", after) for each in range(held, FORKS_MAX + 2)]
        answers = [chapter.chain.offer(entry) for entry in crowd]
        assert answers == [Answer.NEW] * (FORKS_MAX - held) + [Answer.PROOF, Answer.FULL]
        assert chapter.chain.closed == f"five entries at number {number}"


def test_numbers_go_on_beyond_those_that_python_keeps_one_object_for() -> None:
    """CH-12: an `is` for `==` would end every chain at 256."""
    chapter = Chapter(A)
    for _ in range(258):
        chapter.offer(chapter.entry(A, by=(A,)))
    assert chapter.chain[chapter.authority.tip()].snapshot.seq == 258
