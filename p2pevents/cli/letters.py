"""How a letter stands, in words; and what papers on the command line have in common."""

from __future__ import annotations

from datetime import UTC, datetime

from p2pevents.cli.opening import desk_of, home_of
from p2pevents.cli.settings import Settings
from p2pevents.cli.times import today_of
from p2pevents.errors import InputError
from p2pevents.log.letters import Outgoing
from p2pevents.node.desk import Desk, open_desk
from p2pevents.node.inbox.desk import InboxDesk, state_of
from p2pevents.node.presence import read_presence
from p2pevents.record.envelope import Verified
from p2pevents.record.ids import ChapterId, component_of
from p2pevents.record.values import Outcome
from p2pevents.words import _, _n

__all__ = [
    "day_of",
    "id_of",
    "moment_text",
    "outcome_word",
    "pick",
    "renew_tickets",
    "standing_of",
]


def standing_of(desk: Desk, letter: Outgoing) -> str:
    """Return where a letter stands, in words for whoever wrote it."""
    state = state_of(letter, now_ms=desk.now_ms())
    if state == "delivered":
        return _n(
            "delivered to {n} peer; not taken yet",
            "delivered to {n} peers; not taken yet",
            len(letter.carriers),
        )
    if state != "waiting":
        return {"taken": _("taken"), "expired": _("expired")}.get(state, state)
    if letter.answer:
        return _("waiting: {why}", why=_answer_words(letter.answer))
    if read_presence(desk.home.folder) is None:
        return _("waiting; goes out when a node runs, or by p2pevents sync")
    return _("waiting; goes out when the node reaches a peer")


def _answer_words(answer: str) -> str:
    """Return what a peer answered to a letter that it did not take."""
    return {
        "full-sender": _("the last peer asked has enough of your letters for a day"),
        "full-peer": _("the last peer asked has enough letters from your node for a day"),
        "full-address": _("the last peer asked has enough letters from your address for a day"),
        "full-chapter": _("the inbox of this chapter is full at the last peer asked"),
        "full-node": _("the last peer asked has no room for letters"),
        "not-carried": _("the last peer asked does not carry this chapter"),
        "too-old": _("too old for the last peer asked"),
        "ahead": _("your clock is ahead of the last peer's"),
    }.get(answer, answer)


def renew_tickets(settings: Settings) -> None:
    """Let this home's node fetch what is sent to my chapters, where no passphrase is to be typed.

    Whoever has one renews the ticket with each `proposal list`.
    """
    home = home_of(settings)
    if settings.passphrase_file is not None:
        with desk_of(settings) as desk:
            InboxDesk(desk).renew_tickets_quietly()
        return
    with open_desk(home, now_ms=settings.now_ms) as desk:
        InboxDesk(desk).renew_tickets_quietly()


def outcome_word(outcome: str | None) -> str:
    """Return what was decided on a proposal, as a person reads it; empty where nothing was."""
    return {
        Outcome.ACCEPTED: _("accepted"),
        Outcome.DECLINED: _("declined"),
        Outcome.DEFERRED: _("deferred"),
        None: "",
    }[Outcome(outcome) if outcome else None]


def id_of(proposal: Verified) -> str:
    """Return the id by which people name a proposal: that of the decision on it."""
    return component_of(proposal.id)


def pick(wanted: str, found: list[Verified]) -> Verified:
    """Return the one of these proposals that an id, or the beginning of one, means.

    Raises:
        InputError: none fits, or several do.
    """
    fits = [each for each in found if id_of(each).startswith(wanted)]
    if len(fits) == 1:
        return fits[0]
    if fits:
        named = ", ".join(id_of(each) for each in fits[:5])
        raise InputError(f"{wanted!r} fits several: {named}", hint="type more of the id")
    raise InputError(
        f"no proposal here has an id that begins with {wanted!r}",
        hint="p2pevents proposal list shows them",
    )


def day_of(desk: Desk, chapter: ChapterId) -> str:
    """Return today, where the chapter is: the day of what has none of its own."""
    return today_of(desk.now_ms(), desk.profile(chapter).time_zone)


def moment_text(at_ms: int) -> str:
    """Return a moment as JSON has it."""
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
