"""An organiser's words, on the way to a record: read what was typed, then compose."""

from p2pevents.record.draft.compose import compose
from p2pevents.record.draft.drafts import (
    EventDraft,
    OccurrenceDraft,
    ProfileDraft,
    SeriesDraft,
    SessionDraft,
    VenueDraft,
)

__all__ = [
    "EventDraft",
    "OccurrenceDraft",
    "ProfileDraft",
    "SeriesDraft",
    "SessionDraft",
    "VenueDraft",
    "compose",
]
