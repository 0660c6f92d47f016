"""Records that are lists of other records: what is to be erased, and what is planned."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Unpack

from p2pevents.errors import DraftError
from p2pevents.record.draft import read
from p2pevents.record.draft.plain import Draft
from p2pevents.record.draft.vocabulary import EraseWords, said
from p2pevents.record.fields import ERASE_IDS_MAX
from p2pevents.record.header import Header
from p2pevents.record.ids import EntryId
from p2pevents.record.kinds import Kind
from p2pevents.record.listed import listed_of
from p2pevents.record.values import LISTED_MAX, Listing

__all__ = ["DigestDraft", "EraseDraft"]


class EraseDraft(Draft):
    """Records whose bodies are to go; each erase has a path of its own."""

    kind = Kind.ERASE
    words = frozenset(EraseWords.__annotations__)

    @classmethod
    def from_words(cls, **words: Unpack[EraseWords]) -> EraseDraft:
        """Read an erase: 1 to 400 ids.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        typed = said(cls.kind, cls.words, words)
        ids = tuple(dict.fromkeys(read.record_id("ids", text) for text in typed.get("ids", ())))
        if not ids:
            raise DraftError("ids: missing", hint="name at least one record")
        if len(ids) > ERASE_IDS_MAX:
            raise DraftError(
                f"ids: {len(ids)} records, where {ERASE_IDS_MAX} are allowed",
                hint="erase the rest with another",
            )
        return cls(changes={"ids": ids})


class DigestDraft(Draft):
    """What its author knew to be planned. A program makes it: nobody types one."""

    kind = Kind.DIGEST
    words = frozenset[str]()

    @classmethod
    def from_versions(cls, newest: Iterable[Header], *, tip: EntryId, until_ms: int) -> DigestDraft:
        """List versions by what each of them is of, whose it is, and its clock.

        Args:
            newest: headers of at most 1,500 versions, in any order: of each object, each
                author's newest.
            tip: the newest entry of the charter.
            until_ms: milliseconds since 1970, at most 30 days after the record's clock: `compose`
                asks.

        Raises:
            DraftError: where there are too many.
        """
        listed = sorted({listed_of(header) for header in newest})
        if len(listed) > LISTED_MAX:
            raise DraftError(
                f"listing: {len(listed)} versions, where {LISTED_MAX} are allowed",
                hint="list those that come first",
            )
        return cls(changes={"listing": Listing(versions=b"".join(listed), tip=tip, until=until_ms)})
