"""What an authority tells of itself, and that a chapter is its id, whichever object holds it."""

import pytest

from p2pevents.authority import Answer, Standing
from p2pevents.record.authority_kinds import Grant, Keep, Revoke
from p2pevents.record.ids import ChapterId, EntryId, RecordId
from tests.authority.people import Chapter, Person, act, key_of, said

A, B = Person("a"), Person("b")
GRANT = Grant(key=key_of("delegate"), kinds=("event",))


def test_the_weight_is_the_number_of_entries_and_acts() -> None:
    chapter = Chapter(A, B)
    assert chapter.authority.weight == 1
    chapter.offer(chapter.entry(A, B, by=(A, B)))
    chapter.offer(chapter.entry(A, B, by=(A, B)))
    for _ in range(3):
        chapter.act(A, GRANT)
    assert chapter.authority.weight == 6


@pytest.mark.parametrize("byte", [0, 255])
def test_another_chapters_records_are_refused_be_its_id_smaller_or_greater(byte: int) -> None:
    """CH-24, CH-32."""
    chapter = Chapter(A)
    other = ChapterId(bytes([byte]) * 32)
    grant = act(GRANT, chapter=other, author=A.key, entry=chapter.id)
    assert chapter.authority.offer_record(grant) is Answer.REFUSED
    event = said(chapter=other, author=A.key, authority=chapter.id)
    assert chapter.authority.judge(event.header) is Standing.REFUSED


def test_a_chapter_id_that_was_read_anew_is_the_same_chapter() -> None:
    """CH-32."""
    chapter = Chapter(A)
    same = ChapterId(bytes(bytearray(chapter.id)))
    assert same is not chapter.id
    grant = act(GRANT, chapter=same, author=A.key, entry=chapter.id)
    assert chapter.authority.offer_record(grant) is Answer.NEW
    event = said(chapter=same, author=A.key, authority=chapter.id)
    assert chapter.authority.judge(event.header) is Standing.BELONGS


def test_the_epoch_rises_with_each_act_that_may_change_a_verdict_and_with_no_grant() -> None:
    chapter = Chapter(A)
    before = chapter.authority.epoch
    chapter.act(A, GRANT)
    assert chapter.authority.epoch == before
    for body in (Revoke(key=GRANT.key), Keep(ids=(RecordId(bytes(32)),))):
        chapter.act(A, body)
        assert chapter.authority.epoch > before
        before = chapter.authority.epoch


def test_what_a_branch_says_can_be_read() -> None:
    """CH-25, CH-26."""
    chapter = Chapter(A)
    grant = chapter.act(A, GRANT)
    view = chapter.authority.view(chapter.genesis.id)
    assert (view.tip, view.acts, view.removed) == (chapter.genesis.id, {grant}, frozenset())
    with pytest.raises(KeyError):
        chapter.authority.view(EntryId(bytes(32)))
