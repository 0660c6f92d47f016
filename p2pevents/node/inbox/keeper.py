"""What a carrier does with a question: which letters it takes, and to whom it hands them.

Synchronous, and free of trio. Limits are docs/spec/inbox.md's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final

from p2pevents.errors import ProtocolError, RecordError
from p2pevents.log.letters import Carried
from p2pevents.log.protocol import Log
from p2pevents.node.charters import Charters
from p2pevents.node.inbox.letter import Letter, read_letter
from p2pevents.node.inbox.messages import (
    PAGE_LETTERS_MAX,
    Answer,
    Ask,
    Collect,
    Letter as LetterMessage,
    Noted,
    Page,
    Question,
    Receipts,
    Said,
    Standing,
    States,
    Taken,
)
from p2pevents.node.inbox.papers import TICKET_MS_MAX, Ticket, read_receipt, read_ticket
from p2pevents.node.inbox.readers import may_read
from p2pevents.record.ids import ChapterId, PublicKey

__all__ = [
    "AGE_MS_MAX",
    "AHEAD_MS_MAX",
    "CHAPTER_BYTES_MAX",
    "CHAPTER_LETTERS_MAX",
    "Keeper",
]

DAY_MS: Final = 24 * 60 * 60 * 1000
AGE_MS_MAX: Final = 30 * DAY_MS  # of a letter that is carried for others, by its own clock
MINE_AGE_MS_MAX: Final = 400 * DAY_MS  # of one that this node's person may read
AHEAD_MS_MAX: Final = 15 * 60 * 1000
SENDER_LETTERS_A_DAY_MAX: Final = 8
PEER_LETTERS_A_DAY_MAX: Final = 32
ADDRESS_LETTERS_A_DAY_MAX: Final = 64
CHAPTER_LETTERS_MAX: Final = 1_000
CHAPTER_BYTES_MAX: Final = 8 * 1024 * 1024
NODE_LETTERS_MAX: Final = 8_192
NODE_BYTES_MAX: Final = 64 * 1024 * 1024
MINE_LETTERS_MAX: Final = 10_000
_PAGE_ROWS: Final = 64


class Keeper:
    """A node's letters: those that it carries for others, and those of its own person's chapters.

    Args:
        log: the node's.
        charters: who speaks for which chapter.
        now_ms: the clock, in ms since 1970.
    """

    def __init__(self, log: Log, charters: Charters, *, now_ms: Callable[[], int]) -> None:
        self._log = log
        self._letters = log.letters
        self._charters = charters
        self._now_ms = now_ms

    def answer(
        self, question: Question, *, peer: str, address: str, mine: Iterable[ChapterId] = ()
    ) -> Answer:
        """Answer one question of a peer.

        Args:
            question: as it came.
            peer: whose, as the network proved it.
            address: from where, as quotas count it.
            mine: the chapters whose letters this node's person may read.

        Raises:
            ProtocolError: no honest peer asks so.
            LogError: nothing was kept.
        """
        match question:
            case LetterMessage():
                return Taken(said=self.take(question.data, peer=peer, address=address, mine=mine))
            case Ask():
                return self._states(question)
            case Collect():
                return self._page(question, peer=peer)
            case Receipts():
                return Noted(count=sum(self.note(each) for each in question.receipts))

    def take(self, data: bytes, *, peer: str, address: str, mine: Iterable[ChapterId] = ()) -> Said:
        """Take a letter to carry, or say why not.

        Raises:
            ProtocolError: it is no letter.
            LogError: it was not kept.
        """
        letter = _letter(data)
        if letter.id in self._letters.carried_by_id([letter.id]):
            return Said.KNOWN
        now_ms = self._now_ms()
        if letter.clock > now_ms + AHEAD_MS_MAX:
            return Said.AHEAD
        if letter.clock < now_ms - AGE_MS_MAX:
            return Said.TOO_OLD
        if self._charters.of(letter.chapter) is None:
            return Said.NOT_CARRIED
        if why := self._full(letter, peer=peer, address=address):
            return why
        self._carry(letter, peer=peer, address=address, is_mine=letter.chapter in set(mine))
        return Said.HELD

    def fetched(self, data: bytes, *, chapter: ChapterId, peer: str) -> bool:
        """Keep a letter to an own chapter that a carrier handed over; tell whether it is new.

        Raises:
            ProtocolError: it is no letter, or not to the chapter that was asked for: for
                letters to any other there is no limit that would hold here.
            LogError: it was not kept.
        """
        letter = _letter(data)
        if letter.chapter != chapter:
            raise ProtocolError("letter", "is to another chapter than was asked for")
        known = letter.id in self._letters.carried_by_id([letter.id])
        count, _ = self._letters.load(chapter=letter.chapter)
        if known or count >= MINE_LETTERS_MAX:
            return False
        self._carry(letter, peer=peer, address="", is_mine=True)
        return True

    def note(self, data: bytes) -> bool:
        """Keep an organiser's receipt with each letter that it names; tell whether it holds.

        Raises:
            ProtocolError: it is no receipt.
            LogError: it was not kept.
        """
        try:
            receipt = read_receipt(data)
        except RecordError as error:
            raise ProtocolError("receipt", str(error)) from None
        if not self._may_read(receipt.chapter, receipt.key):
            return False
        for each in self._letters.carried_by_id(receipt.ids).values():
            if each.chapter == receipt.chapter and each.receipt is None:
                self._letters.set_receipt(each.id, data)
        return True

    def is_taken(self, receipt: bytes, *, chapter: ChapterId, identifier: bytes) -> bool:
        """Tell whether a receipt is an organiser's word that this letter was taken."""
        try:
            found = read_receipt(receipt)
        except RecordError:
            return False
        return (
            found.chapter == chapter
            and identifier in found.ids
            and self._may_read(chapter, found.key)
        )

    def tidy(self) -> int:
        """Drop letters that are too old, and return how many."""
        now_ms, after, dropped = self._now_ms(), 0, 0
        while page := self._letters.carried(after=after, limit=_PAGE_ROWS):
            old = [
                each.id
                for each in page
                if each.came_ms < now_ms - (MINE_AGE_MS_MAX if each.is_mine else AGE_MS_MAX)
            ]
            if old:
                self._letters.drop(old)
            dropped, after = dropped + len(old), page[-1].number
        return dropped

    # --- limits --------------------------------------------------------------------------------

    def _full(self, letter: Letter, *, peer: str, address: str) -> Said | None:
        load, since_ms = self._letters.load, self._now_ms() - DAY_MS
        if load(sender=letter.sender, since_ms=since_ms)[0] >= SENDER_LETTERS_A_DAY_MAX:
            return Said.FULL_SENDER
        if load(peer=peer, since_ms=since_ms)[0] >= PEER_LETTERS_A_DAY_MAX:
            return Said.FULL_PEER
        if load(address=address, since_ms=since_ms)[0] >= ADDRESS_LETTERS_A_DAY_MAX:
            return Said.FULL_ADDRESS
        size = len(letter.data)
        if not self._has_room(letter.chapter, size, CHAPTER_LETTERS_MAX, CHAPTER_BYTES_MAX):
            return Said.FULL_CHAPTER
        if not self._has_room(None, size, NODE_LETTERS_MAX, NODE_BYTES_MAX):
            return Said.FULL_NODE
        return None

    def _has_room(
        self, chapter: ChapterId | None, size: int, letters_max: int, bytes_max: int
    ) -> bool:
        """Tell whether one more letter fits; those that were taken make room, the oldest first."""
        if self._fits(chapter, size, letters_max, bytes_max):
            return True
        after = 0
        while page := self._letters.carried(chapter=chapter, after=after, limit=_PAGE_ROWS):
            after = page[-1].number
            taken = [each.id for each in page if each.receipt is not None and not each.is_mine]
            if taken:
                self._letters.drop(taken)
                return self._fits(chapter, size, letters_max, bytes_max)
        return False

    def _fits(self, chapter: ChapterId | None, size: int, letters_max: int, bytes_max: int) -> bool:
        count, held = self._letters.load(chapter=chapter)
        return count < letters_max and held + size <= bytes_max

    # --- answers -------------------------------------------------------------------------------

    def _states(self, question: Ask) -> States:
        held = self._letters.carried_by_id(question.ids)

        def state(identifier: bytes) -> Standing | bytes:
            if identifier not in held:
                return Standing.UNKNOWN
            return held[identifier].receipt or Standing.HELD

        return States(states=tuple(state(each) for each in question.ids))

    def _page(self, question: Collect, *, peer: str) -> Page:
        ticket = self._ticket(question.ticket, peer=peer)
        if ticket is None:
            return Page(letters=(), last=question.after, is_last=True)
        found = self._letters.carried(
            chapter=ticket.chapter, after=question.after, limit=PAGE_LETTERS_MAX + 1
        )
        page = found[:PAGE_LETTERS_MAX]
        return Page(
            letters=tuple(each.data for each in page),
            last=page[-1].number if page else question.after,
            is_last=len(found) <= PAGE_LETTERS_MAX,
        )

    def _ticket(self, data: bytes, *, peer: str) -> Ticket | None:
        """Return the ticket, where it opens this chapter's letters to this peer now."""
        try:
            ticket = read_ticket(data)
        except RecordError as error:
            raise ProtocolError("ticket", str(error)) from None
        if ticket.peer != peer:
            raise ProtocolError("ticket", "is another node's")
        now_ms = self._now_ms()
        if not now_ms <= ticket.until_ms <= now_ms + TICKET_MS_MAX:
            return None
        return ticket if self._may_read(ticket.chapter, ticket.key) else None

    def _may_read(self, chapter: ChapterId, key: PublicKey) -> bool:
        return may_read(self._log, self._charters, chapter, key, now_ms=self._now_ms())

    def _carry(self, letter: Letter, *, peer: str, address: str, is_mine: bool) -> None:
        self._letters.carry(
            Carried(
                id=letter.id,
                chapter=letter.chapter,
                sender=letter.sender,
                data=letter.data,
                peer=peer,
                address=address,
                came_ms=self._now_ms(),
                is_mine=is_mine,
            )
        )


def _letter(data: bytes) -> Letter:
    try:
        return read_letter(data)
    except RecordError as error:
        raise ProtocolError("letter", str(error)) from None
