"""Letters for the tests of the inbox: of strangers whose keys are made from a number."""

from __future__ import annotations

from random import Random

from p2pevents.log.letters import Outgoing
from p2pevents.node.inbox.content import Attendance, Coming, Content, Offered, encode_content
from p2pevents.node.inbox.letter import Letter, chance_bytes, pseudonym_seed, seal_letter
from p2pevents.record.draft import ProposalDraft, compose
from p2pevents.record.envelope import Verified, seal
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, PublicKey, RecordId, component_of
from p2pevents.record.kinds import Kind
from p2pevents.record.signature import public_key_of
from tests.node.test_ingest import NOW_MS, PARIS

CHAPTER: ChapterId = PARIS.genesis.chapter
LEAD: PublicKey = public_key_of(PARIS.daily)


def seed_of(number: int) -> bytes:
    return bytes([9]) + number.to_bytes(31, "big")


def proposal(title: str, *, number: int = 1, chapter: ChapterId = CHAPTER) -> Verified:
    seed = seed_of(number)
    path = (component_of(title.encode()[:10].ljust(10, b".")),)
    header, body = compose(
        object_id=ObjectId(chapter=chapter, kind=Kind.PROPOSAL.value, path=path),
        changes=ProposalDraft.from_words(title=title).changes,
        author=public_key_of(seed),
        authority=RecordId(PARIS.genesis.id),
        now_ms=NOW_MS,
        salt=bytes(16),
    )
    return seal(header, body, seed=seed)


def letter(
    content: Content | str,
    *,
    number: int = 1,
    chapter: ChapterId = CHAPTER,
    readers: tuple[PublicKey, ...] = (LEAD,),
    clock: int = NOW_MS,
    chance: int = 0,
) -> Letter:
    """A letter by stranger `number`; a text stands for a proposal of that title."""
    inside = Offered(record=proposal(content, number=number)) if type(content) is str else content
    assert not isinstance(inside, str)
    sender = pseudonym_seed(seed_of(number), chapter)
    return seal_letter(
        encode_content(inside, sender=public_key_of(sender)),
        chapter=chapter,
        readers=readers,
        sender_seed=sender,
        clock=clock,
        chance=Random(chance).randbytes(chance_bytes(len(readers))),
    )


def coming(word: Coming = Coming.YES, name: str | None = None) -> Attendance:
    return Attendance(path=("mfrggzdfmztwq2lk",), coming=word, name=name)


def outgoing(sealed: Letter) -> Outgoing:
    return Outgoing(
        id=sealed.id,
        chapter=sealed.chapter,
        data=sealed.data,
        content=b"",
        written_ms=sealed.clock,
    )
