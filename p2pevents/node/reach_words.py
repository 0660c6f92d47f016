"""Whether others reach this node, in a person's words: for `status`, and for the doctor."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

__all__ = ["reach_hint", "reach_words"]

_HINT: Final = (
    "open port 27410 in the firewall and forward it in the router, "
    "or be reached through another node: relays in config.toml"
)


def reach_words(facts: Mapping[str, Any]) -> str:
    """Return one line on what peers say.

    Args:
        facts: as `Reach.facts`; empty where the node says nothing of it.
    """
    match facts.get("sight"):
        case "outside":
            return f"others reach this node at {', '.join(facts['reached'])}"
        case "nearby":
            return f"peers of the same network reach this node at {', '.join(facts['reached'])}"
        case "unreached":
            return f"{facts['asked']} of its peers could not dial this node"
        case _:
            return "not known yet: no peer has tried to dial this node"


def reach_hint(facts: Mapping[str, Any]) -> str:
    """Return what to do about it; empty where nothing is wrong."""
    return _HINT if facts.get("sight") == "unreached" else ""
