"""An organiser's words, on the way to a record: read what was typed, then compose."""

from p2pevents.record.draft.compose import compose

__all__ = ["compose"]
