"""Who may speak for a chapter: the charter chain, grants, revocations, keeps, pins and forks."""

from p2pevents.authority.authority import Authority
from p2pevents.authority.chain import Chain
from p2pevents.authority.founding import found
from p2pevents.authority.pins import Shown, Times, follow
from p2pevents.authority.standing import Answer, Standing
from p2pevents.authority.view import Act, View

__all__ = [
    "Act",
    "Answer",
    "Authority",
    "Chain",
    "Shown",
    "Standing",
    "Times",
    "View",
    "follow",
    "found",
]
