"""The carrier: what it takes, what it refuses and how it says so, and to whom it hands letters."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from p2pevents.errors import ProtocolError
from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Log
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.inbox import keeper as limits
from p2pevents.node.inbox.keeper import AGE_MS_MAX, AHEAD_MS_MAX, DAY_MS, Keeper
from p2pevents.node.inbox.messages import Ask, Collect, Letter, Page, Receipts, Said, States
from p2pevents.node.inbox.papers import TICKET_MS_MAX, sign_receipt, sign_ticket
from p2pevents.node.inbox.readers import may_read, readers_of
from p2pevents.node.ingest import Ingest
from p2pevents.record.authority_kinds import Grant
from p2pevents.record.ids import ChapterId
from p2pevents.record.signature import public_key_of
from tests.inbox.writing import CHAPTER, LEAD, coming, letter, seed_of
from tests.node.community import Community
from tests.node.test_ingest import GENESIS, NOW_MS, PARIS

MINUTE_MS = 60_000


@dataclass(slots=True)
class Carrier:
    """A carrier with a clock that can be set."""

    log: Log
    now_ms: int = NOW_MS
    keeper: Keeper = field(init=False)
    ingest: Ingest = field(init=False)

    def __post_init__(self) -> None:
        self.ingest = Ingest(self.log)
        self.ingest.offer([GENESIS], now_ms=NOW_MS)
        self.again()

    def again(self) -> None:
        """Start anew on the same log."""
        self.keeper = Keeper(self.log, Ingest(self.log).charters, now_ms=lambda: self.now_ms)

    def take(self, data: bytes, *, peer: str = "p", address: str = "1.2.3.4") -> Said:
        return self.keeper.take(data, peer=peer, address=address)

    def ask(self, question: Any, *, peer: str = "org") -> Any:
        return self.keeper.answer(question, peer=peer, address="9.9.9.9")

    def page(self, ticket: bytes, after: int = 0, *, peer: str = "org") -> Page:
        answer = self.ask(Collect(ticket=ticket, after=after), peer=peer)
        assert isinstance(answer, Page)
        return answer

    def states(self, *ids: bytes) -> tuple[Any, ...]:
        answer = self.ask(Ask(ids=ids))
        assert isinstance(answer, States)
        return answer.states


@pytest.fixture(params=["memory", "sqlite"])
def carrier(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Carrier]:
    is_memory = request.param == "memory"
    log = MemoryLog(incarnation=bytes(16)) if is_memory else SqliteLog(tmp_path / "log.sqlite3")
    yield Carrier(log)
    log.close()


def ticket(
    seed: bytes = PARIS.daily, *, peer: str = "org", until_ms: int = NOW_MS + DAY_MS
) -> bytes:
    return sign_ticket(chapter=CHAPTER, peer=peer, until_ms=until_ms, seed=seed).data


def receipt(*ids: bytes, seed: bytes = PARIS.daily) -> bytes:
    return sign_receipt(chapter=CHAPTER, ids=ids, clock=NOW_MS, seed=seed).data


def test_a_letter_is_held_once_and_handed_to_an_organisers_node(carrier: Carrier) -> None:
    """INBOX-12, INBOX-15: deliver to any carrier, collect with a ticket."""
    sent = letter("A talk")
    assert carrier.take(sent.data) is Said.HELD
    assert carrier.take(sent.data) is Said.KNOWN
    page = carrier.page(ticket())
    assert (page.letters, page.is_last) == ((sent.data,), True)
    assert carrier.page(ticket(), page.last).letters == ()
    assert carrier.states(sent.id, bytes(32)) == ("held", "unknown")


def test_pages_hold_all_letters_in_order(carrier: Carrier) -> None:
    """INBOX-15: pages by number, none lost and none twice."""
    sent = [letter(coming(), number=number).data for number in range(8)]
    for data in sent:
        assert carrier.take(data) is Said.HELD
    got: list[bytes] = []
    after, is_last = 0, False
    while not is_last:
        page = carrier.page(ticket(), after)
        got += page.letters
        after, is_last = page.last, page.is_last
    assert got == sent


@pytest.mark.parametrize(
    ("made", "is_foul"),
    [
        (lambda: ticket(seed_of(5)), False),
        (lambda: ticket(until_ms=NOW_MS - 1), False),
        (lambda: ticket(until_ms=NOW_MS + TICKET_MS_MAX + 1), False),
        (lambda: ticket(peer="thief"), True),
        (lambda: b"\x80", True),
        (lambda: receipt(bytes(32)), True),
    ],
    ids=["stranger's", "over", "too long", "another node's", "garbage", "receipt"],
)
def test_without_a_ticket_nothing_is_handed_out(
    carrier: Carrier, made: Callable[[], bytes], *, is_foul: bool
) -> None:
    """INBOX-9: by an organiser, for this peer, for a month at most."""
    carrier.take(letter("A talk").data)
    if is_foul:
        with pytest.raises(ProtocolError):
            carrier.page(made())
    else:
        assert carrier.page(made()).letters == ()


def test_a_receipt_is_told_to_who_asks_and_only_an_organisers_counts(carrier: Carrier) -> None:
    """INBOX-10, INBOX-16: waiting, delivered, taken, over restarts."""
    sent = letter("A talk")
    carrier.take(sent.data)
    assert carrier.ask(Receipts(receipts=(receipt(sent.id, seed=seed_of(5)),))).count == 0
    assert carrier.states(sent.id) == ("held",)
    word = receipt(sent.id)
    assert carrier.ask(Receipts(receipts=(word,))).count == 1
    carrier.again()
    assert carrier.states(sent.id) == (word,)
    assert carrier.keeper.is_taken(word, chapter=CHAPTER, identifier=sent.id)
    assert not carrier.keeper.is_taken(word, chapter=CHAPTER, identifier=bytes(32))
    assert not carrier.keeper.is_taken(b"\x00", chapter=CHAPTER, identifier=sent.id)
    forged = receipt(sent.id, seed=seed_of(5))
    assert not carrier.keeper.is_taken(forged, chapter=CHAPTER, identifier=sent.id)


@pytest.mark.parametrize(
    ("clock", "said"),
    [
        (NOW_MS + AHEAD_MS_MAX, Said.HELD),
        (NOW_MS + AHEAD_MS_MAX + 1, Said.AHEAD),
        (NOW_MS - AGE_MS_MAX, Said.HELD),
        (NOW_MS - AGE_MS_MAX - 1, Said.TOO_OLD),
    ],
)
def test_letters_from_other_times_are_refused(carrier: Carrier, clock: int, said: Said) -> None:
    """INBOX-13: so an old letter that was dropped cannot be played again."""
    assert carrier.take(letter("A talk", clock=clock).data) is said


def test_what_is_dropped_for_its_age_does_not_come_back(carrier: Carrier) -> None:
    """INBOX-13: replay."""
    sent = letter("A talk")
    carrier.take(sent.data)
    carrier.now_ms += AGE_MS_MAX
    assert carrier.keeper.tidy() == 0
    carrier.now_ms += 1
    assert carrier.keeper.tidy() == 1
    assert carrier.take(sent.data) is Said.TOO_OLD
    assert carrier.states(sent.id) == ("unknown",)


def test_letters_of_an_own_chapter_are_kept_longer(carrier: Carrier) -> None:
    sent = letter("A talk")
    assert carrier.keeper.fetched(sent.data, chapter=CHAPTER, peer="q")
    assert not carrier.keeper.fetched(sent.data, chapter=CHAPTER, peer="q")
    carrier.now_ms += 2 * AGE_MS_MAX
    assert carrier.keeper.tidy() == 0


def test_a_chapter_that_is_not_carried_is_named_so(carrier: Carrier) -> None:
    """INBOX-12: no letter for a chapter that is unknown here."""
    sent = letter("A talk", chapter=ChapterId(b"o" * 32))
    assert carrier.take(sent.data) is Said.NOT_CARRIED


def test_a_sender_has_eight_a_day(carrier: Carrier) -> None:
    """INBOX-14: per author, counted over a day, at the limit and one more."""
    for each in range(limits.SENDER_LETTERS_A_DAY_MAX):
        assert carrier.take(letter(f"Talk {each}").data, peer=f"p{each}") is Said.HELD
    more = letter("One more")
    assert carrier.take(more.data, peer="new", address="5.5.5.5") is Said.FULL_SENDER
    assert carrier.take(letter("Another's", number=2).data) is Said.HELD
    carrier.now_ms += DAY_MS + 1
    assert carrier.take(more.data) is Said.HELD


def test_a_peer_and_an_address_have_so_many_a_day(carrier: Carrier) -> None:
    """INBOX-14: a flood under ever new keys ends at the peer, then at the address."""
    number = 0

    def flood(peer: str, *, address: str) -> tuple[int, Said]:
        nonlocal number
        held = 0
        while True:
            number += 1
            said = carrier.take(letter(coming(), number=number).data, peer=peer, address=address)
            if said is not Said.HELD:
                return held, said
            held += 1

    assert flood("a", address="1.1.1.1") == (limits.PEER_LETTERS_A_DAY_MAX, Said.FULL_PEER)
    rest = limits.ADDRESS_LETTERS_A_DAY_MAX - limits.PEER_LETTERS_A_DAY_MAX
    assert flood("b", address="1.1.1.1") == (rest, Said.FULL_PEER)
    assert flood("c", address="1.1.1.1") == (0, Said.FULL_ADDRESS)
    assert carrier.take(letter("Honest", number=10**6).data, peer="h", address="2.2.2.2") is (
        Said.HELD
    )


def test_a_full_chapter_says_so_and_taken_letters_make_room(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    """INBOX-14: per chapter."""
    monkeypatch.setattr(limits, "CHAPTER_LETTERS_MAX", 3)
    sent = [letter(coming(), number=number) for number in range(5)]
    assert [carrier.take(each.data) for each in sent[:4]] == [Said.HELD] * 3 + [Said.FULL_CHAPTER]
    carrier.keeper.note(receipt(sent[1].id))
    assert carrier.take(sent[3].data) is Said.HELD
    assert carrier.states(*(each.id for each in sent)) == (
        "held",
        "unknown",
        "held",
        "held",
        "unknown",
    )
    assert carrier.take(sent[4].data) is Said.FULL_CHAPTER


@pytest.mark.parametrize(
    ("limit", "said"),
    [("CHAPTER_BYTES_MAX", Said.FULL_CHAPTER), ("NODE_BYTES_MAX", Said.FULL_NODE)],
)
def test_bytes_are_limited_too(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch, limit: str, said: Said
) -> None:
    """INBOX-14: in bytes, of a chapter and in all."""
    size = len(letter(coming()).data)
    monkeypatch.setattr(limits, limit, 2 * size)
    answers = [carrier.take(letter(coming(), number=number).data) for number in range(3)]
    assert answers == [Said.HELD, Said.HELD, said]
    assert carrier.log.letters.load() == (2, 2 * size)


def test_foul_letters_are_blamed_on_who_hands_them_over(carrier: Carrier) -> None:
    sent = bytearray(letter("A talk").data)
    sent[-1] ^= 1
    for data in (bytes(sent), b"", b"\xff" * 100):
        with pytest.raises(ProtocolError):
            carrier.ask(Letter(data=data))
    with pytest.raises(ProtocolError):
        carrier.ask(Receipts(receipts=(b"\x80",)))
    assert carrier.log.letters.load() == (0, 0)


def test_leads_and_who_may_decide_are_the_readers() -> None:
    """INBOX-3: sealed to leads and to delegates for decisions of the whole chapter."""
    community = Community("ada", "bob")
    log = MemoryLog(incarnation=bytes(16))
    ingest = Ingest(log)
    acts = [community.grant("cleo")]
    acts += [
        community.act(Grant(key=public_key_of(seed_of(number)), kinds=kinds, path=path))
        for number, (kinds, path) in enumerate(
            [(("event",), ()), (("decision",), ()), (("decision",), ("e",))]
        )
    ]
    items = [(community.genesis.envelope, None)]
    ingest.offer([*items, *((act.envelope, act.body) for act in acts)], now_ms=NOW_MS)
    found = readers_of(log, ingest.charters, community.chapter, now_ms=NOW_MS)
    leads = {public_key_of(lead.daily) for lead in community.leads}
    assert set(found[:2]) == leads
    assert len(found) == 4
    assert public_key_of(seed_of(1)) in found
    for number, allowed in [(0, False), (1, True), (2, False)]:
        key = public_key_of(seed_of(number))
        assert may_read(log, ingest.charters, community.chapter, key, now_ms=NOW_MS) is allowed
    assert readers_of(log, ingest.charters, CHAPTER, now_ms=NOW_MS) == ()
    assert not may_read(log, ingest.charters, CHAPTER, LEAD, now_ms=NOW_MS)
