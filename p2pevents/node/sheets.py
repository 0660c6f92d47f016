"""Which charter sheets of mine are not known to be on paper yet."""

from __future__ import annotations

from typing import Final

from p2pevents.node.desk import Desk
from p2pevents.record.ids import ChapterId, PublicKey, short

__all__ = ["confirm_sheet", "unconfirmed_sheets"]

_NOTE: Final = "sheet-on-paper/"


def unconfirmed_sheets(desk: Desk) -> dict[ChapterId, PublicKey]:
    """Return, by chapter, my charter keys of which nobody said yet that they are on paper."""
    mine = set(desk.my_keys())
    return {
        chapter: lead.charter
        for chapter in desk.my_chapters()
        for lead in desk.authority(chapter).leads(desk.shown(chapter).tip)
        if lead.daily in mine and desk.log.local.note(_note(lead.charter)) is None
    }


def confirm_sheet(desk: Desk, charter: PublicKey) -> bool:
    """Take it that a charter key is on paper: what is kept of it here goes. Tells whether it was.

    Raises:
        KeyFileError: it cannot be removed.
    """
    was_kept = any(kept.public == charter for kept in desk.keyring.sheets())
    desk.log.local.set_note(_note(charter), b"\1")
    desk.keyring.forget_sheet(charter)
    return was_kept


def _note(charter: PublicKey) -> str:
    return _NOTE + short(charter)
