"""The address of the join page: a chapter's link for people who have a browser and no program."""

from __future__ import annotations

from p2pevents.cli.opening import config_of, home_of
from p2pevents.cli.settings import Settings
from p2pevents.errors import StateError
from p2pevents.record.link import Link

__all__ = ["join_address"]


def join_address(settings: Settings, link: Link) -> str:
    """Return the join page's address, with the link behind the #, which no server is told.

    Raises:
        StateError: nobody said where the pages are seen.
    """
    public_url = config_of(home_of(settings), None).public_url.rstrip("/")
    if not public_url:
        raise StateError(
            "nobody said where the pages of this home are seen from outside",
            hint='write public_url = "https://events.example.org" into the configuration',
        )
    return f"{public_url}/join#{link.text}"
