"""What is fuzzed of what peers send: sync, gossip, the inbox, what is said nearby."""

from __future__ import annotations

from p2pevents.errors import (
    ProtocolError,
    RecordError,
)
from p2pevents.net.nearby import heard_of
from p2pevents.node.core.reach import decode_answer, decode_question
from p2pevents.node.inbox import messages as inbox
from p2pevents.node.inbox.content import read_content
from p2pevents.node.inbox.letter import read_letter
from p2pevents.node.inbox.papers import read_receipt, read_ticket
from p2pevents.sync.bundle import decode_bundle, encode_bundle
from p2pevents.sync.codec import decode_message, encode_message
from p2pevents.sync.frames import encode_frame
from p2pevents.sync.inputs import Received
from p2pevents.sync.pack import PACK_HEAD, PackReader, pack_frames
from tests.hostile.fuzz.seeds import (
    ADA,
    CHAPTER,
    content_seeds,
    inbox_seeds,
    letter_seeds,
    paper_seeds,
    record_items,
    sync_seeds,
)
from tests.hostile.fuzz.target import Target


def _sync(data: bytes) -> object:
    message = decode_message(data)
    assert encode_message(message) == data, "not written again as it came"
    return message


def _session(data: bytes) -> object:
    """A session that hears these bytes, whole frames or not: it blames, or goes on."""
    from tests.sync.test_hostile import HELLO, SINCE, Victim

    victim = Victim()
    for greeting in (HELLO, SINCE)[: data[0] % 3 if data else 0]:
        victim.hear(greeting)
    victim.give(Received(data=data[1:]))
    if victim.blames:
        raise ProtocolError(victim.blames[0], "blamed")
    return victim.closed


def _session_seeds() -> list[bytes]:
    framed = [encode_frame(data) for data in sync_seeds()]
    heads = (b"\x00", b"\x01", b"\x02")
    alone = [head + frame for head in heads for frame in framed]
    return [*alone, *(head + b"".join(framed[at : at + 3]) for head in heads for at in range(9))]


def _bundle(data: bytes) -> object:
    items = decode_bundle(data)
    assert encode_bundle(items) == data, "not written again as it came"
    return items


def _bundle_seeds() -> list[bytes]:
    return [encode_bundle(record_items()[at : at + 4]) for at in range(0, 8, 2)]


def _pack(data: bytes) -> object:
    reader = PackReader()
    found = [item for at in range(0, len(data), 97) for item in reader.feed(data[at : at + 97])]
    return found, reader.is_whole


def _pack_seeds() -> list[bytes]:
    return [PACK_HEAD, PACK_HEAD + b"".join(pack_frames(record_items()))]


def _inbox(data: bytes) -> object:
    message = inbox.decode_message(data)
    assert inbox.encode_message(message) == data, "not written again as it came"
    return message


def _letter(data: bytes) -> object:
    letter = read_letter(data)
    assert letter.data == data
    return letter


def _content(data: bytes) -> object:
    return read_content(data, chapter=CHAPTER, sender=ADA.key)


def _papers(data: bytes) -> object:
    return read_ticket(data[1:]) if data[:1] == b"\x00" else read_receipt(data[1:])


def _reach(data: bytes) -> object:
    return decode_question(data[1:]) if data[:1] == b"\x00" else decode_answer(data[1:], ends=2)


def _reach_seeds() -> list[bytes]:
    from p2pevents.node.core.reach import Answer, Question

    address = "/ip4/192.0.2.1/tcp/4001"
    return [
        b"\x00" + Question(addresses=(address,), ends=("ip4/tcp",)).encode(),
        b"\x01" + Answer(addresses=(address,), seen="192.0.2.9", reached=(True, False)).encode(),
        b"\x01" + Answer().encode(),
    ]


def _nearby(data: bytes) -> object:
    """What a neighbour's multicast says: pairs, a line each."""
    pairs = [line.partition(b"=") for line in data.split(b"\n")]
    return heard_of({name: value or None for name, _, value in pairs})


PEERS = (
    Target(name="sync", cbor_at=0, check=_sync, refuses=(ProtocolError,), seeds=sync_seeds),
    Target(name="session", check=_session, refuses=(ProtocolError,), seeds=_session_seeds),
    Target(name="bundle", cbor_at=0, check=_bundle, refuses=(RecordError,), seeds=_bundle_seeds),
    Target(name="pack", check=_pack, refuses=(ProtocolError,), seeds=_pack_seeds),
    Target(name="inbox", cbor_at=0, check=_inbox, refuses=(ProtocolError,), seeds=inbox_seeds),
    Target(name="letter", cbor_at=0, check=_letter, refuses=(RecordError,), seeds=letter_seeds),
    Target(name="content", cbor_at=0, check=_content, refuses=(RecordError,), seeds=content_seeds),
    Target(name="papers", cbor_at=1, check=_papers, refuses=(RecordError,), seeds=paper_seeds),
    Target(name="reach", cbor_at=1, check=_reach, refuses=(RecordError,), seeds=_reach_seeds),
    Target(
        name="nearby",
        check=_nearby,
        refuses=(),
        seeds=lambda: [b"network=main\npeer=12D3KooW\na0=/ip4/192.0.2.1/tcp/1", b"v=1"],
    ),
)
