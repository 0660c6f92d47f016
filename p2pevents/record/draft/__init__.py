"""What people write, on the way to a record: read what was typed, then compose.

Each kind has a draft, whose `from_words` reads its words (`vocabulary.py`).
"""

from p2pevents.record.draft.chapters import (
    EndorsementDraft,
    NoticeDraft,
    ProfileDraft,
    VenueDraft,
)
from p2pevents.record.draft.compose import compose
from p2pevents.record.draft.gatherings import (
    EventDraft,
    OccurrenceDraft,
    SeriesDraft,
    SessionDraft,
)
from p2pevents.record.draft.lists import DigestDraft, EraseDraft
from p2pevents.record.draft.papers import CallDraft, DecisionDraft, ProposalDraft, RecapDraft
from p2pevents.record.draft.plain import Draft

__all__ = [
    "CallDraft",
    "DecisionDraft",
    "DigestDraft",
    "Draft",
    "EndorsementDraft",
    "EraseDraft",
    "EventDraft",
    "NoticeDraft",
    "OccurrenceDraft",
    "ProfileDraft",
    "ProposalDraft",
    "RecapDraft",
    "SeriesDraft",
    "SessionDraft",
    "VenueDraft",
    "compose",
]
