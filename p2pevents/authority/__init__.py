"""Who may speak for a chapter: the charter chain, grants, revocations, keeps, pins and forks."""

from p2pevents.authority.acts import Act
from p2pevents.authority.authority import Authority
from p2pevents.authority.chain import Chain, Lacking
from p2pevents.authority.founding import found
from p2pevents.authority.pins import Floor, Shown, Times, follow, lift
from p2pevents.authority.roles import ROLES, Role, grant_of
from p2pevents.authority.standing import Answer, Standing
from p2pevents.authority.succession import succeed
from p2pevents.authority.view import View

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
