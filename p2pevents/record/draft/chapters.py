"""What a chapter says of itself: who it is, its places, its notices, whom it recommends."""

from __future__ import annotations

from typing import Unpack

from p2pevents.record.draft.plain import Draft, plain
from p2pevents.record.draft.vocabulary import (
    EndorsementWords,
    NoticeWords,
    ProfileWords,
    VenueWords,
    said,
)
from p2pevents.record.kinds import Kind

__all__ = ["EndorsementDraft", "NoticeDraft", "ProfileDraft", "VenueDraft"]


class ProfileDraft(Draft):
    """A chapter: who they are."""

    kind = Kind.PROFILE
    words = frozenset(ProfileWords.__annotations__)

    @classmethod
    def from_words(cls, **words: Unpack[ProfileWords]) -> ProfileDraft:
        """Read a profile.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        return cls(changes=plain(said(cls.kind, cls.words, words)))


class VenueDraft(Draft):
    """A place that events name."""

    kind = Kind.VENUE
    words = frozenset(VenueWords.__annotations__)

    @classmethod
    def from_words(cls, **words: Unpack[VenueWords]) -> VenueDraft:
        """Read a venue.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        return cls(changes=plain(said(cls.kind, cls.words, words)))


class NoticeDraft(Draft):
    """A word to all who follow."""

    kind = Kind.NOTICE
    words = frozenset(NoticeWords.__annotations__)

    @classmethod
    def from_words(cls, **words: Unpack[NoticeWords]) -> NoticeDraft:
        """Read a notice.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        return cls(changes=plain(said(cls.kind, cls.words, words)))


class EndorsementDraft(Draft):
    """A chapter that this one recommends. Its path is `component_of` that chapter's id."""

    kind = Kind.ENDORSEMENT
    words = frozenset(EndorsementWords.__annotations__)

    @classmethod
    def from_words(cls, **words: Unpack[EndorsementWords]) -> EndorsementDraft:
        """Read an endorsement.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        return cls(changes=plain(said(cls.kind, cls.words, words)))
