"""An entry by itself: made by signing or opening alone, its signatures united, its limits."""

from itertools import combinations

import pytest
from hypothesis import given, strategies as st
from msgspec.structs import force_setattr

from p2pevents.errors import RecordError
from p2pevents.record.entry import (
    ENTRY_BYTES_MAX,
    SIGNATURES_MAX,
    Entry,
    Snapshot,
    open_entry,
    seal_entry,
    sign_entry,
    unite,
)
from p2pevents.record.ids import ChapterId, EntryId, RecordId
from p2pevents.record.snapshot import SNAPSHOT_BYTES_MAX
from tests.authority.people import Person, genesis_of, key_of, seed_of
from tests.authority.raw import dumps, genesis, without

A, B, C = Person("a"), Person("b"), Person("c")
GENESIS = genesis_of(A, B, C)


def widest(count: int = 7) -> Snapshot:
    """Return the largest snapshot that the limits allow: a healing entry with every list full."""
    people = [Person(f"lead {number}") for number in range(count)]
    ids = sorted(key_of(f"id {number}") for number in range(28))
    return Snapshot(
        seq=1023,
        chapter=ChapterId(bytes(32)),
        prev=(EntryId(ids[0]), EntryId(ids[1])),
        leads=tuple(sorted(person.lead for person in people)),
        guardians=tuple(sorted(key_of(f"guardian {number}") for number in range(9))),
        k=7,
        removed=tuple(ids),
        keeps=tuple(RecordId(each) for each in ids[:20]),
    )


def test_an_entry_cannot_be_made_by_hand() -> None:
    with pytest.raises(TypeError, match="seal_entry"):
        Entry(
            id=GENESIS.id,
            snapshot=GENESIS.snapshot,
            encoded=GENESIS.encoded,
            signatures=GENESIS.signatures,
            proof=object(),
        )


def test_an_entry_comes_back_from_its_bytes() -> None:
    """CH-4: a genesis makes its own chapter id."""
    opened = open_entry(GENESIS.envelope)
    assert opened == GENESIS
    assert opened.chapter == ChapterId(opened.id)
    assert opened.signers == {A.lead.charter, B.lead.charter, C.lead.charter}


def test_the_widest_entry_with_all_signatures_fits() -> None:
    """CH-1, CH-3: no list is cut short by the limit on bytes."""
    snapshot = widest()
    assert len(snapshot.encode()) <= SNAPSHOT_BYTES_MAX
    entry = seal_entry(snapshot, seeds=[seed_of(f"signer {n}") for n in range(SIGNATURES_MAX)])
    assert len(entry.envelope) <= ENTRY_BYTES_MAX
    assert open_entry(entry.envelope) == entry
    # ... and a snapshot that fills its own limit would still leave room for its signatures.
    assert len(entry.envelope) - len(snapshot.encode()) + SNAPSHOT_BYTES_MAX == ENTRY_BYTES_MAX


def test_nothing_is_signed_that_would_be_refused_when_read() -> None:
    with pytest.raises(RecordError, match="entry-leads"):
        seal_entry(widest(8), seeds=[A.charter])
    with pytest.raises(RecordError, match="entry-signatures"):
        seal_entry(GENESIS.snapshot, seeds=[])
    with pytest.raises(RecordError, match="entry-signatures"):
        seal_entry(GENESIS.snapshot, seeds=[seed_of(f"signer {n}") for n in range(15)])


@given(st.permutations([A, B, C]))
def test_signatures_are_united_in_any_order(order: list[Person]) -> None:
    """CH-4: who holds two copies joins them."""
    parts = [sign_entry(GENESIS.snapshot, seed=person.charter) for person in order]
    assert {part.id for part in parts} == {GENESIS.id}
    united = parts[0]
    for part in parts[1:]:
        united = unite(united, part)
    assert united == GENESIS
    assert unite(united, parts[0]) == united


def test_two_signatures_of_one_key_leave_the_same_one_whichever_came_first() -> None:
    # The same key on the same words has one signature here, so the other is put in by force.
    one = sign_entry(GENESIS.snapshot, seed=A.charter)
    ((key, signature),) = one.signatures
    other = sign_entry(GENESIS.snapshot, seed=A.charter)
    force_setattr(other, "signatures", ((key, bytes(64)),))
    assert unite(one, other).signatures == unite(other, one).signatures == ((key, bytes(64)),)
    assert signature > bytes(64)


def test_different_entries_are_not_united_and_fifteen_signatures_do_not_fit() -> None:
    """CH-2."""
    with pytest.raises(RecordError, match="entry-id"):
        unite(GENESIS, genesis_of(A))
    with pytest.raises(RecordError, match="entry-id"):
        unite(genesis_of(A), GENESIS)
    half = [seed_of(f"signer {n}") for n in range(8)]
    rest = [seed_of(f"signer {n}") for n in range(8, 15)]
    with pytest.raises(RecordError, match="entry-signatures"):
        unite(seal_entry(GENESIS.snapshot, seeds=half), seal_entry(GENESIS.snapshot, seeds=rest))


def test_signatures_that_count_for_nothing_are_left_out() -> None:
    """CH-20."""
    entry = seal_entry(GENESIS.snapshot, seeds=[A.charter, seed_of("stranger")])
    left = entry.signed_by({A.lead.charter})
    assert left is not None
    assert left.signers == {A.lead.charter}
    assert entry.signed_by(set()) is None


def test_the_id_depends_on_every_field() -> None:
    """CH-4."""
    base = widest(6)
    fields = {
        "seq": 7,
        "k": 1,
        "prev": base.prev[:1],
        "leads": base.leads[:1],
        "guardians": base.guardians[1:],
        "removed": base.removed[1:],
        "keeps": base.keeps[1:],
        "chapter": ChapterId(bytes([1]) * 32),
    }
    entries = [sign_entry(base, seed=A.charter)]
    for name, value in fields.items():
        changed = {slot: getattr(base, slot) for slot in Snapshot.__struct_fields__} | {name: value}
        entries.append(sign_entry(Snapshot(**changed), seed=A.charter))
    assert all(one.id != other.id for one, other in combinations(entries, 2))


@given(data=st.data())
def test_bytes_altered_anywhere_are_refused_or_another_entry(data: st.DataObject) -> None:
    """CH-1 to CH-5."""
    good = GENESIS.envelope
    place = data.draw(st.integers(0, len(good) - 1))
    bad = bytearray(good)
    bad[place] ^= data.draw(st.integers(1, 255))
    with pytest.raises(RecordError):
        open_entry(bytes(bad))


def test_a_snapshot_without_guardians_asks_for_none_of_them() -> None:
    """CH-8."""
    alone = Snapshot(seq=0, leads=(A.lead,), salt=bytes(16), refused=True)
    assert Snapshot.decode(alone.encode()).k == alone.k == 0


def test_the_field_that_is_missing_or_unknown_is_named() -> None:
    """CH-3."""
    for value, named in (
        (without(genesis(), "v"), "v"),
        (without(genesis(name="x"), "seq"), "seq"),
        (genesis(zone="x"), "zone"),
        (genesis(zone="x", also="y"), "also"),
    ):
        with pytest.raises(RecordError, match=f"entry-fields: field '{named}' is"):
            Snapshot.decode(dumps(value))
