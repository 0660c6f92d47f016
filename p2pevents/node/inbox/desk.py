"""The inbox as a person's commands use it: letters written, opened, answered; papers signed."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from msgspec.structs import replace

from p2pevents.errors import KeyFileError, RecordError, StateError
from p2pevents.keys.node_key import load_node_key
from p2pevents.log.letters import Carried, Outgoing
from p2pevents.net.peer_id import peer_id_of_seed
from p2pevents.node.desk import Desk
from p2pevents.node.inbox.content import (
    Attendance,
    Coming,
    Content,
    Offered,
    encode_content,
    read_content,
)
from p2pevents.node.inbox.keeper import AGE_MS_MAX
from p2pevents.node.inbox.letter import (
    Letter,
    chance_bytes,
    open_letter,
    pseudonym_seed,
    read_letter,
    seal_letter,
)
from p2pevents.node.inbox.papers import RECEIPT_IDS_MAX, TICKET_MS_MAX, sign_receipt, sign_ticket
from p2pevents.node.inbox.readers import may_read, readers_of
from p2pevents.node.inbox.tickets import keep_tickets, kept_tickets
from p2pevents.record.draft import ProposalDraft
from p2pevents.record.draft.compose import compose
from p2pevents.record.envelope import Verified, seal
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, Path, PublicKey, RecordId
from p2pevents.record.kinds import Kind
from p2pevents.record.signature import public_key_of

__all__ = ["InboxDesk", "Opened", "state_of"]

SENT_MAX: Final = 1_000  # letters that one home may have written
_SALT_BYTES: Final = 16
_RENEW_MS: Final = TICKET_MS_MAX // 2
_TICKET_MS: Final = TICKET_MS_MAX - 60 * 60 * 1000  # a carrier's clock may be behind
_LETTERS_MAX: Final = 10_000  # opened for one command


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A letter to a chapter of mine, opened."""

    letter: Letter
    content: Content
    came_ms: int


@dataclass(slots=True)
class _Keys:
    """My keys that open a chapter's letters, each opened itself when it is first needed."""

    desk: Desk
    public: Sequence[PublicKey]
    seeds: dict[PublicKey, bytes] = field(default_factory=dict)

    def __iter__(self) -> Iterator[bytes]:
        for key in self.public:
            if key not in self.seeds:
                self.seeds[key] = self.desk.safe.secret(key).reveal()
            yield self.seeds[key]


def state_of(letter: Outgoing, *, now_ms: int) -> str:
    """Return `waiting`, `delivered`, `taken`, or `expired` where nobody took it in a month."""
    if letter.receipt is not None:
        return "taken"
    if letter.written_ms < now_ms - AGE_MS_MAX:
        return "expired"
    return "delivered" if letter.carriers else "waiting"


class InboxDesk:
    """What commands do with letters.

    Attributes:
        desk: the home.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self._log = desk.log
        self._letters = desk.log.letters

    # --- writing -------------------------------------------------------------------------------

    def propose(self, chapter: ChapterId, draft: ProposalDraft) -> tuple[Verified, Outgoing]:
        """Write a proposal to a chapter; it goes out when a node runs.

        Raises:
            StateError: nothing of the chapter is here, or this home wrote too many.
            KeyFileError: my key cannot be opened.
        """
        author = self.desk.my_key()
        header, body = compose(
            object_id=ObjectId(
                chapter=chapter, kind=Kind.PROPOSAL.value, path=self.desk.new_path()
            ),
            changes=draft.changes,
            author=author,
            authority=RecordId(self.desk.shown(chapter).tip),
            now_ms=self.desk.now_ms(),
            salt=os.urandom(_SALT_BYTES),
        )
        record = seal(header, body, seed=self.desk.safe.secret(author).reveal())
        return record, self._send(chapter, Offered(record=record), author)

    def attend(self, chapter: ChapterId, attendance: Attendance) -> Outgoing:
        """Tell a chapter's organisers whether I come, under my pseudonym there.

        Raises:
            StateError, KeyFileError: as `propose`.
        """
        return self._send(chapter, attendance, self.desk.my_key())

    def _send(self, chapter: ChapterId, content: Content, author: PublicKey) -> Outgoing:
        if len(self._letters.outgoing()) >= SENT_MAX:
            raise StateError(
                f"this home has written {SENT_MAX} letters, which are all there may be"
            )
        now_ms = self.desk.now_ms()
        self.desk.authority(chapter)
        readers = readers_of(self._log, self.desk.ingest.charters, chapter, now_ms=now_ms)
        if not readers:
            raise StateError(
                "the chapter's charter that is here is too old to know its organisers",
                hint="p2pevents sync fetches the rest",
            )
        sender = pseudonym_seed(self.desk.safe.secret(author).reveal(), chapter)
        inside = encode_content(content, sender=public_key_of(sender))
        letter = seal_letter(
            inside,
            chapter=chapter,
            readers=readers,
            sender_seed=sender,
            clock=now_ms,
            chance=os.urandom(chance_bytes(len(readers))),
        )
        outgoing = Outgoing(
            id=letter.id, chapter=chapter, data=letter.data, content=inside, written_ms=now_ms
        )
        self._letters.set_outgoing(outgoing)
        if self._keys(chapter).public:
            # To a chapter of my own: it is where it goes, whoever else takes a copy.
            self._letters.carry(
                Carried(
                    id=letter.id,
                    chapter=chapter,
                    sender=letter.sender,
                    data=letter.data,
                    peer="",
                    address="",
                    came_ms=now_ms,
                    is_mine=True,
                )
            )
        return outgoing

    def sent(self) -> list[tuple[Outgoing, Content]]:
        """Return the letters that were written here and what is in them, the oldest first."""
        found = []
        for each in self._letters.outgoing():
            try:
                sender = read_letter(each.data).sender
                content = read_content(each.content, chapter=each.chapter, sender=sender)
            except RecordError:  # damaged on this disk: nothing can be said of it
                continue
            found.append((each, content))
        return found

    # --- reading -------------------------------------------------------------------------------

    def opened(self, chapter: ChapterId) -> list[Opened]:
        """Return the letters to a chapter that I can read, the oldest first; they are taken.

        Raises:
            StateError: no key of mine may read them.
            KeyFileError: a key cannot be opened.
        """
        keys = self._keys(chapter)
        if not keys.public:
            raise StateError(
                f"no key on this home may read what is sent to {self.desk.chapter_name(chapter)}",
                hint="a lead gives the leave: p2pevents organiser add KEY --role organiser",
            )
        self.renew_tickets()
        found, fresh = [], []
        for carried in self._letters.carried(chapter=chapter, limit=_LETTERS_MAX):
            opened = _open(carried, keys)
            if opened is not None:
                found.append(opened)
                if carried.receipt is None:
                    fresh.append(carried.id)
        for start in range(0, len(fresh), RECEIPT_IDS_MAX):
            self._take(chapter, fresh[start : start + RECEIPT_IDS_MAX], keys)
        return found

    def proposals(self, chapter: ChapterId) -> list[tuple[Verified, int]]:
        """Return the proposals to a chapter, each once, and when each came."""
        found: dict[bytes, tuple[Verified, int]] = {}
        for opened in self.opened(chapter):
            if isinstance(opened.content, Offered):
                record = opened.content.record
                found.setdefault(record.id, (record, opened.came_ms))
        return list(found.values())

    def attendance(self, chapter: ChapterId, path: Path) -> list[Attendance]:
        """Return the last word of each who said that they come to an event, or may."""
        last: dict[PublicKey, Opened] = {}
        for opened in self.opened(chapter):
            content, letter = opened.content, opened.letter
            if not isinstance(content, Attendance) or content.path != path:
                continue
            known = last.get(letter.sender)
            if known is None or _rank(known.letter) < _rank(letter):
                last[letter.sender] = opened
        return [
            opened.content
            for opened in last.values()
            if isinstance(opened.content, Attendance) and opened.content.coming is not Coming.NO
        ]

    def _take(self, chapter: ChapterId, ids: Sequence[bytes], keys: _Keys) -> None:
        receipt = sign_receipt(
            chapter=chapter, ids=ids, clock=self.desk.now_ms(), seed=next(iter(keys))
        )
        for identifier in ids:
            self._letters.set_receipt(identifier, receipt.data)
        for outgoing in self._letters.outgoing():
            if outgoing.id in ids:
                self._letters.set_outgoing(replace(outgoing, receipt=receipt.data))

    # --- papers --------------------------------------------------------------------------------

    def renew_tickets(self) -> None:
        """Let this home's node fetch the letters of my chapters for another month.

        Raises:
            KeyFileError: a key cannot be opened.
        """
        now_ms = self.desk.now_ms()
        peer = str(peer_id_of_seed(load_node_key(self.desk.home.node_key).reveal()))
        kept = {each.chapter: each for each in kept_tickets(self._log.local)}
        tickets = []
        for chapter in self.desk.my_chapters():
            held, keys = kept.get(chapter), self._keys(chapter)
            if not keys.public:
                continue
            fits = held is not None and held.peer == peer and held.key in keys.public
            if held is not None and fits and held.until_ms > now_ms + _RENEW_MS:
                tickets.append(held)
                continue
            until_ms = now_ms + _TICKET_MS
            tickets.append(
                sign_ticket(chapter=chapter, peer=peer, until_ms=until_ms, seed=next(iter(keys)))
            )
        if tickets != list(kept.values()):
            keep_tickets(self._log.local, tickets)

    def renew_tickets_quietly(self) -> None:
        """The same where nobody is to be asked: a key under a passphrase is left alone."""
        try:
            self.renew_tickets()
        except KeyFileError:
            return

    def _keys(self, chapter: ChapterId) -> _Keys:
        now_ms, charters = self.desk.now_ms(), self.desk.ingest.charters
        mine = [
            key
            for key in self.desk.my_keys()
            if may_read(self._log, charters, chapter, key, now_ms=now_ms)
        ]
        return _Keys(self.desk, mine)


def _open(carried: Carried, keys: _Keys) -> Opened | None:
    """Return a letter opened; None where it is not for my keys, or cannot be read."""
    try:
        letter = read_letter(carried.data)
        for seed in keys:
            inside = open_letter(letter, seed=seed)
            if inside is not None:
                content = read_content(inside, chapter=letter.chapter, sender=letter.sender)
                return Opened(letter=letter, content=content, came_ms=carried.came_ms)
    except RecordError:
        return None
    return None


def _rank(letter: Letter) -> tuple[int, bytes]:
    return letter.clock, letter.id
