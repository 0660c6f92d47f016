"""Exchanging with peers from a command, and what came of it in words."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from p2pevents.cli.opening import desk_of
from p2pevents.cli.settings import Settings
from p2pevents.node.config import Config
from p2pevents.node.home import Home
from p2pevents.node.role import is_light
from p2pevents.node.witness import write_due_digests
from p2pevents.words import _, _n, message

if TYPE_CHECKING:
    from p2pevents.node.exchanging import Exchange

__all__ = [
    "exchange_facts",
    "exchange_lines",
    "fetch",
    "has_answered",
    "way_out",
    "why_none_answered",
]


def fetch(
    settings: Settings,
    home: Home,
    config: Config,
    *,
    addresses: Sequence[str] = (),
    first: Sequence[str] = (),
) -> list[Exchange]:
    """Exchange with peers once, and then hand over the digests that this makes due.

    Args:
        settings: of this run.
        home: the home.
        config: what it is told.
        addresses: whom to ask and nobody else.
        first: whom to ask before others.

    Raises:
        StateError: nobody is known, or a node runs on this home.
        NetworkError: the network failed.
    """
    import trio

    from p2pevents.node.exchanging import sync_once

    with desk_of(settings) as desk:
        is_reader = is_light(desk)

    def once(asked: Sequence[str], before: Sequence[str] = ()) -> list[Exchange]:
        return trio.run(
            lambda: sync_once(
                home,
                config,
                addresses=asked,
                first=before,
                is_reader=is_reader,
                now_ms=settings.now_ms,
            )
        )

    exchanges = once(addresses, first)
    answered = [each.address for each in exchanges if each.took_all]
    if answered:
        with desk_of(settings, asks=False) as desk:
            is_due = bool(write_due_digests(desk))
        if is_due:
            once(answered)
    return exchanges


def has_answered(exchanges: Sequence[Exchange]) -> bool:
    """Tell whether any peer was reached and compared with."""
    return any(each.ended and not each.why for each in exchanges)


def way_out(exchanges: Sequence[Exchange], otherwise: str) -> str:
    """Return the hint where no peer was reached: of what is wrong on this side, if anything is."""
    return next((each.hint for each in exchanges if each.hint), otherwise)


def why_none_answered(exchanges: Sequence[Exchange]) -> str:
    """Return in words why no peer answered: what is wrong on this side, if anything is."""
    return next((_why(each) for each in exchanges if each.hint), _("no peer answered"))


def exchange_facts(exchange: Exchange) -> dict[str, Any]:
    """Return how one exchange came out, as JSON says it."""
    ended = exchange.ended
    return {
        "address": exchange.address,
        "outcome": ended.outcome.value if ended else "unreachable",
        "new": ended.new if ended else 0,
        "handedOver": exchange.handed_over,
        "leftOut": dict(ended.left_out) if ended else {},
        "why": exchange.why,
    }


def exchange_lines(exchanges: Sequence[Exchange]) -> list[str]:
    """Return two lines for each exchange: with whom, and what came of it."""
    return [f"{each.address}\n  {_in_words(each)}" for each in exchanges]


def _in_words(exchange: Exchange) -> str:
    ended = exchange.ended
    if ended is None or ended.why:
        return _("failed: {why}", why=_why(exchange))
    parts = []
    if ended.new:
        parts.append(_n("{n} record received", "{n} records received", ended.new))
    if exchange.handed_over:
        parts.append(
            _n(
                "{n} record of yours handed over",
                "{n} records of yours handed over",
                exchange.handed_over,
            )
        )
    left = sum(ended.left_out.values())
    if left:
        parts.append(_("{n} left out", n=left))
    return ", ".join(parts) or _("nothing new")


def _why(exchange: Exchange) -> str:
    return message(exchange.why.removeprefix(f"{exchange.address}: "))
