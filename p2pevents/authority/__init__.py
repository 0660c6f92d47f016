"""Who may speak for a chapter: the charter chain, grants, revocations, keeps, pins and forks.

What only writes, such as founding, is loaded when it is first asked for.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from p2pevents.authority.acts import Act
from p2pevents.authority.authority import Authority
from p2pevents.authority.chain import Chain, Lacking
from p2pevents.authority.pins import Floor, Shown, Times, follow, lift
from p2pevents.authority.standing import Answer, Standing
from p2pevents.authority.view import View

if TYPE_CHECKING:
    from p2pevents.authority.founding import found
    from p2pevents.authority.roles import ROLES, Role, grant_of
    from p2pevents.authority.succession import succeed

__all__ = [
    "ROLES",
    "Act",
    "Answer",
    "Authority",
    "Chain",
    "Floor",
    "Lacking",
    "Role",
    "Shown",
    "Standing",
    "Times",
    "View",
    "follow",
    "found",
    "grant_of",
    "lift",
    "succeed",
]

_WHERE = {
    "ROLES": "roles",
    "Role": "roles",
    "found": "founding",
    "grant_of": "roles",
    "succeed": "succession",
}


def __getattr__(name: str) -> Any:
    """Load what is asked for by its name."""
    if name not in _WHERE:
        raise AttributeError(f"module 'p2pevents.authority' has no attribute {name!r}")
    return getattr(import_module(f"p2pevents.authority.{_WHERE[name]}"), name)
