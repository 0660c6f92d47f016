"""An entry that awaits signatures: it travels as text, and copies are united."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given, strategies as st

from p2pevents.authority import Chain, found, succeed
from p2pevents.authority.awaiting import (
    AWAITING_CHARACTERS_MAX,
    AWAITING_PREFIX,
    Awaiting,
    decode_awaiting,
    read_awaiting,
)
from p2pevents.authority.changes import changes_of
from p2pevents.authority.standing import Answer
from p2pevents.errors import InputError, RecordError
from p2pevents.record import cbor
from p2pevents.record.entry import Lead, sign_entry
from p2pevents.record.ids import ChapterId
from p2pevents.record.signature import public_key_of


def seed(number: int) -> bytes:
    return bytes([number]) * 32


def lead(number: int) -> Lead:
    return Lead(charter=public_key_of(seed(number)), daily=public_key_of(seed(number + 100)))


GENESIS = found(charter_seed=seed(1), daily_seed=seed(101), salt=bytes(16))


def test_an_entry_that_nobody_signed_yet_has_its_id_and_its_chapter() -> None:
    """CH-4."""
    chain, awaiting = second()
    assert awaiting.id == sign_entry(awaiting.snapshot, seed=seed(1)).id
    assert awaiting.chapter == chain.chapter
    genesis = Awaiting(snapshot=GENESIS.snapshot)
    assert genesis.chapter == ChapterId(genesis.id) == chain.chapter


def test_what_holds_no_snapshot_is_refused() -> None:
    with pytest.raises(RecordError, match="entry-shape"):
        decode_awaiting(cbor.encode(["x", []], bytes_max=16))


def second() -> tuple[Chain, Awaiting]:
    chain = Chain(GENESIS)
    snapshot = succeed(chain, after=[GENESIS.id], leads=[lead(1), lead(2)])
    return chain, Awaiting(snapshot=snapshot)


@given(signers=st.sets(st.sampled_from([1, 2])), width=st.integers(1, 90))
def test_it_is_read_back_from_its_text_however_lines_break(signers: set[int], width: int) -> None:
    """AW-1 and AW-2."""
    _, awaiting = second()
    for number in signers:
        awaiting = awaiting.signed([seed(number)])
    text = awaiting.text
    broken = "\r\n".join(text[start : start + width] for start in range(0, len(text), width))
    assert text.startswith(AWAITING_PREFIX)
    assert read_awaiting(broken + "\n") == awaiting


def test_copies_are_united_in_any_order_and_then_the_chain_takes_the_entry() -> None:
    """AW-4 and AW-7."""
    chain, empty = second()
    copies = [empty, empty.signed([seed(1)]), empty.signed([seed(2)])]
    united = set()
    for first, *others in permutations(copies):
        for other in others:
            first = first.joined(other)  # noqa: PLW2901
        united.add(first.text)
    assert len(united) == 1
    whole = read_awaiting(united.pop())
    assert not chain.lacking(whole.snapshot, whole.signers)
    assert whole.entry is not None
    assert chain.offer(whole.entry) is Answer.NEW
    assert chain.lacking(copies[1].snapshot, copies[1].signers).joining == {lead(2).charter}


def test_another_entry_has_no_signatures_to_share() -> None:
    chain, one = second()
    other = Awaiting(snapshot=succeed(chain, after=[GENESIS.id], leads=[lead(1), lead(3)]))
    with pytest.raises(RecordError, match="entry-id"):
        one.joined(other)


@given(data=st.data())
def test_a_changed_letter_is_never_taken_for_the_same_entry(data: st.DataObject) -> None:
    """AW-3."""
    _, awaiting = second()
    text = awaiting.signed([seed(1)]).text
    place = data.draw(st.integers(0, len(text) - 1))
    letter = data.draw(st.sampled_from("abcXYZ019-_é="))
    changed = text[:place] + letter + text[place + 1 :]
    try:
        read = read_awaiting(changed)
    except InputError:
        return
    assert read.encoded == awaiting.signed([seed(1)]).encoded


def test_a_genesis_awaits_nothing() -> None:
    """AW-1."""
    text = Awaiting(snapshot=GENESIS.snapshot, entry=GENESIS).text
    with pytest.raises(InputError, match="genesis"):
        read_awaiting(text)


@pytest.mark.parametrize(
    "text", ["", "hello", AWAITING_PREFIX, AWAITING_PREFIX + "u", "p2pevents://"]
)
def test_what_is_no_entry_is_said_in_words(text: str) -> None:
    with pytest.raises(InputError):
        read_awaiting(text)


def test_a_text_that_is_too_long_is_refused() -> None:
    """AW-2."""
    with pytest.raises(InputError, match=str(AWAITING_CHARACTERS_MAX)):
        read_awaiting(AWAITING_PREFIX + "u" + "A" * AWAITING_CHARACTERS_MAX)


def test_what_an_entry_changes_is_told_from_the_one_before() -> None:
    chain, awaiting = second()
    changes = changes_of(chain, awaiting.snapshot)
    assert changes.joining == (lead(2),)
    assert not changes.leaving
    assert not changes.renewed
    renewed = Lead(charter=lead(1).charter, daily=public_key_of(seed(99)))
    snapshot = succeed(chain, after=[GENESIS.id], leads=[renewed])
    changes = changes_of(chain, snapshot)
    assert changes.renewed == ((lead(1), renewed),)
    assert not changes.joining
    assert not changes.leaving
    assert changes.removed == (lead(1).daily,)
