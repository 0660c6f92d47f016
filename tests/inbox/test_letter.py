"""The letter: who can read it, who cannot change it, and every byte that is refused."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, strategies as st
from nacl.public import SealedBox
from nacl.signing import SigningKey

from p2pevents.errors import RecordError
from p2pevents.node.inbox.content import (
    Attendance,
    Coming,
    Offered,
    encode_content,
    read_content,
)
from p2pevents.node.inbox.letter import (
    CONTENT_BYTES_MAX,
    LETTER_BYTES_MAX,
    READERS_MAX,
    Letter,
    chance_bytes,
    open_letter,
    pseudonym_seed,
    read_letter,
    seal_letter,
)
from p2pevents.node.inbox.papers import (
    RECEIPT_IDS_MAX,
    read_receipt,
    read_ticket,
    sign_receipt,
    sign_ticket,
)
from p2pevents.record import cbor
from p2pevents.record.fields import PROPOSAL_BYTES_MAX
from p2pevents.record.ids import ChapterId, PublicKey, hash_of
from p2pevents.record.signature import public_key_of, sign
from tests.inbox.writing import CHAPTER, LEAD, coming, letter, proposal, seed_of
from tests.node.test_ingest import NOW_MS, PARIS

SPEC = Path(__file__).parents[2] / "docs" / "spec" / "inbox.md"
keys = st.binary(min_size=32, max_size=32)


def sealed(content: bytes, readers: list[bytes], chance: int = 0) -> Letter:
    return seal_letter(
        content,
        chapter=CHAPTER,
        readers=[public_key_of(each) for each in readers],
        sender_seed=seed_of(1),
        clock=NOW_MS,
        chance=Random(chance).randbytes(chance_bytes(len(readers))),
    )


@given(
    content=st.binary(max_size=3000),
    seeds=st.lists(keys, min_size=1, max_size=5, unique=True),
    stranger=keys,
)
def test_each_reader_opens_it_and_nobody_else(
    content: bytes, seeds: list[bytes], stranger: bytes
) -> None:
    """INBOX-3 to INBOX-5: sealed to all readers, and to them alone."""
    found = sealed(content, seeds)
    assert read_letter(found.data) == found
    assert [open_letter(found, seed=seed) for seed in seeds] == [content] * len(seeds)
    if stranger not in seeds:
        assert open_letter(found, seed=stranger) is None
    assert len(content) < 12 or content not in found.data


def test_slots_are_libsodiums_sealed_boxes() -> None:
    """INBOX-4: another program opens them with crypto_box_seal_open."""
    found = sealed(b"words", [PARIS.daily])
    key = SealedBox(SigningKey(PARIS.daily).to_curve25519_private_key()).decrypt(found.slots[0])
    assert key == Random(0).randbytes(64)[:32]


@pytest.mark.parametrize("size", [0, 1, 1022, 1023, 1024, CONTENT_BYTES_MAX])
def test_lengths_are_told_in_steps(size: int) -> None:
    """INBOX-5: padded to a whole number of KiB."""
    found = sealed(bytes(size), [PARIS.daily])
    assert len(found.box) - 16 == (size // 1024 + 1) * 1024
    assert open_letter(found, seed=PARIS.daily) == bytes(size)


def test_the_longest_proposal_to_the_most_readers_fits() -> None:
    """INBOX-1: 16 KiB hold what a decision can hold."""
    content = bytes(PROPOSAL_BYTES_MAX + 64)
    found = sealed(content, [seed_of(each) for each in range(READERS_MAX)])
    assert len(found.data) <= LETTER_BYTES_MAX
    with pytest.raises(ValueError, match="bytes"):
        sealed(bytes(CONTENT_BYTES_MAX + 1), [PARIS.daily])
    with pytest.raises(ValueError, match="readers"):
        sealed(b"", [seed_of(each) for each in range(READERS_MAX + 1)])


@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_bit_of_it_can_be_changed(at: int, bit: int) -> None:
    """INBOX-2: the outside is signed whole."""
    data = bytearray(letter("A talk").data)
    data[at % len(data)] ^= 1 << bit
    with pytest.raises(RecordError):
        read_letter(bytes(data))


@given(data=st.binary(max_size=200))
def test_garbage_is_refused_by_name(data: bytes) -> None:
    for read in (read_letter, read_ticket, read_receipt):
        with pytest.raises(RecordError):
            read(data)


def resigned(**changes: object) -> bytes:
    """A letter whose head says something else, signed again by its own sender."""
    found = letter("A talk")
    fields: dict[str, object] = {
        "version": 1,
        "chapter": found.chapter,
        "sender": found.sender,
        "clock": found.clock,
        "slots": b"".join(found.slots),
        "box": found.box,
    }
    head = cbor.encode(list({**fields, **changes}.values()), bytes_max=LETTER_BYTES_MAX)
    seed = pseudonym_seed(seed_of(1), CHAPTER)
    signature = sign(seed=seed, message=b"p2pevents/1/letter\0" + head)
    return cbor.encode([head, signature], bytes_max=LETTER_BYTES_MAX)


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"version": 2}, "letter-version"),
        ({"version": True}, "letter-version"),
        ({"chapter": b"short"}, "letter-chapter"),
        ({"sender": bytes(32)}, "letter-sender"),
        ({"clock": -1}, "letter-clock"),
        ({"clock": "now"}, "letter-clock"),
        ({"slots": b""}, "letter-slots"),
        ({"slots": bytes(81)}, "letter-slots"),
        ({"slots": bytes(80 * (READERS_MAX + 1))}, "letter-slots"),
        ({"box": bytes(1024)}, "letter-box"),
        ({"box": None}, "letter-box"),
        ({"sender": LEAD}, "letter-signature"),
    ],
)
def test_a_head_that_breaks_a_rule_is_refused_by_its_name(
    changes: dict[str, object], rule: str
) -> None:
    """INBOX-1, INBOX-2: version, sizes, keys."""
    assert read_letter(resigned()).chapter == CHAPTER
    with pytest.raises(RecordError) as told:
        read_letter(resigned(**changes))
    assert told.value.rule == rule


# --- content -------------------------------------------------------------------------------------


def test_a_proposal_comes_out_as_it_was_signed() -> None:
    """INBOX-6: the record inside is its author's, not the pseudonym's."""
    record = proposal("A talk")
    found = letter("A talk")
    inside = open_letter(found, seed=PARIS.daily)
    assert inside is not None
    assert read_content(inside, chapter=CHAPTER, sender=found.sender) == Offered(record=record)
    assert found.sender != record.header.author


def test_a_content_taken_out_and_sealed_by_somebody_else_is_refused() -> None:
    """INBOX-6: bound to the outside's key and to the chapter."""
    found = letter("A talk")
    inside = open_letter(found, seed=PARIS.daily)
    assert inside is not None
    with pytest.raises(RecordError, match="content-sender"):
        read_content(inside, chapter=CHAPTER, sender=LEAD)
    with pytest.raises(RecordError, match="content-chapter"):
        read_content(inside, chapter=ChapterId(b"o" * 32), sender=found.sender)


@given(
    word=st.sampled_from(Coming),
    guests=st.integers(0, 9),
    name=st.none() | st.text("abc é'", min_size=1, max_size=200),
)
def test_an_attendance_comes_out_as_it_went_in(word: Coming, guests: int, name: str | None) -> None:
    said = Attendance(
        path=("mfrggzdfmztwq2lk", "2020-01-08"), coming=word, guests=guests, name=name
    )
    data = encode_content(said, sender=LEAD)
    assert read_content(data, chapter=CHAPTER, sender=LEAD) == said


@pytest.mark.parametrize(
    "fields",
    [
        ["rsvp", LEAD, "e", "perhaps", 0, None],
        ["rsvp", LEAD, "e", "yes", 10, None],
        ["rsvp", LEAD, "e", "yes", True, None],
        ["rsvp", LEAD, "e", "yes", 0, "\u202egnp"],
        ["rsvp", LEAD, "e", "yes", 0, ""],
        ["rsvp", LEAD, "e", "yes", 0, "x" * 201],
        ["rsvp", LEAD, "../e", "yes", 0, None],
        ["rsvp", LEAD, "e", "yes", 0],
        ["rsvp", LEAD, 7, "yes", 0, None],
        ["poem", LEAD, "roses"],
        ["proposal", LEAD, b"", b""],
        [],
        {"a": 1},
    ],
)
def test_a_content_that_breaks_a_rule_is_refused(fields: object) -> None:
    """INBOX-7: closed words, bounded numbers, clean text."""
    data = cbor.encode(fields, bytes_max=CONTENT_BYTES_MAX)
    with pytest.raises(RecordError):
        read_content(data, chapter=CHAPTER, sender=LEAD)


def test_a_record_that_is_no_proposal_is_none() -> None:
    event = PARIS.event("A party")
    data = encode_content(Offered(record=event), sender=LEAD)
    with pytest.raises(RecordError, match="content-kind"):
        read_content(data, chapter=CHAPTER, sender=LEAD)


def test_pseudonyms_of_one_person_are_not_alike() -> None:
    """INBOX-8: one key in each chapter, which only the holder of the daily key can make."""
    other = ChapterId(b"o" * 32)
    one, two = pseudonym_seed(PARIS.daily, CHAPTER), pseudonym_seed(PARIS.daily, other)
    assert len({one, two, PARIS.daily}) == 3
    assert one == hash_of(b"p2pevents/1/pseudonym", PARIS.daily + CHAPTER)
    assert letter("A", number=1).sender == letter(coming(), number=1).sender


# --- papers --------------------------------------------------------------------------------------


def test_papers_say_what_was_signed_and_are_not_each_other() -> None:
    """INBOX-9, INBOX-10: ticket and receipt, each under a domain of its own."""
    ticket = sign_ticket(chapter=CHAPTER, peer="12D3Koo", until_ms=NOW_MS, seed=PARIS.daily)
    ids = [bytes([each]) * 32 for each in range(RECEIPT_IDS_MAX)]
    receipt = sign_receipt(chapter=CHAPTER, ids=ids, clock=NOW_MS, seed=PARIS.daily)
    assert (ticket.key, ticket.peer, ticket.until_ms) == (LEAD, "12D3Koo", NOW_MS)
    assert (receipt.key, receipt.ids) == (LEAD, tuple(ids))
    with pytest.raises(RecordError):
        read_ticket(receipt.data)
    with pytest.raises(RecordError):
        read_receipt(ticket.data)
    with pytest.raises(RecordError):
        sign_receipt(chapter=CHAPTER, ids=[], clock=NOW_MS, seed=PARIS.daily)


@given(at=st.integers(0, 10**6), bit=st.integers(0, 7))
def test_no_bit_of_a_paper_can_be_changed(at: int, bit: int) -> None:
    ticket = sign_ticket(chapter=CHAPTER, peer="12D3Koo", until_ms=NOW_MS, seed=PARIS.daily)
    data = bytearray(ticket.data)
    data[at % len(data)] ^= 1 << bit
    with pytest.raises(RecordError):
        read_ticket(bytes(data))


# --- the page ------------------------------------------------------------------------------------


def test_the_example_of_the_page_is_made_from_what_it_says() -> None:
    """INBOX-3, INBOX-11: the worked example, byte for byte."""
    page = SPEC.read_text("utf-8")
    stated = dict(re.findall(r"^([a-z ]+?) +([0-9a-f]{32,})$", page, re.MULTILINE))
    block = re.search(r"```hex\n(.*?)```", page, re.DOTALL)
    assert block is not None
    data = bytes.fromhex(block[1])
    daily = bytes.fromhex(stated["author seed"])
    chapter = ChapterId(bytes.fromhex(stated["chapter"]))
    reader = bytes.fromhex(stated["reader seed"])
    sender = pseudonym_seed(daily, chapter)
    assert sender.hex() == stated["pseudonym seed"]
    content = encode_content(
        Attendance(path=("mfrggzdfmztwq2lk",), coming=Coming.YES, guests=1, name="Ada"),
        sender=public_key_of(sender),
    )
    assert content.hex() == stated["content"]
    made = seal_letter(
        content,
        chapter=chapter,
        readers=[PublicKey(public_key_of(reader))],
        sender_seed=sender,
        clock=1_577_959_200_000,
        chance=bytes.fromhex(stated["chance"]),
    )
    assert made.data == data
    assert made.id.hex() == stated["id"]
    assert open_letter(read_letter(data), seed=reader) == content
