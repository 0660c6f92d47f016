"""What is written around a programme: calls, proposals, decisions on them, and recaps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Unpack

from p2pevents.errors import DraftError, RecordError
from p2pevents.record import cbor
from p2pevents.record.body import SALT_BYTES, Body, Written, encode_body
from p2pevents.record.draft import times
from p2pevents.record.draft.compose import in_words
from p2pevents.record.draft.plain import Draft, keywords, people, plain
from p2pevents.record.draft.vocabulary import (
    CallWords,
    DecisionWords,
    ProposalWords,
    RecapWords,
    said,
)
from p2pevents.record.envelope import ENVELOPE_BYTES_MAX, Record
from p2pevents.record.fields import PROPOSAL_BYTES_MAX, Call, Recap
from p2pevents.record.kinds import MAPS, Kind
from p2pevents.record.values import Outcome

__all__ = ["CallDraft", "DecisionDraft", "ProposalDraft", "RecapDraft"]

# A decision holds a proposal as an array of two byte strings, whose heads take 7 bytes at most.
_PROPOSAL_BODY_BYTES_MAX: Final = PROPOSAL_BYTES_MAX - ENVELOPE_BYTES_MAX - 7


class CallDraft(Draft):
    """A call for proposals."""

    kind = Kind.CALL
    words = frozenset(CallWords.__annotations__)

    @classmethod
    def from_words(cls, *, current: Call | None = None, **words: Unpack[CallWords]) -> CallDraft:
        """Read a call, or changes to the one that is shown until now.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        typed = said(cls.kind, cls.words, words)
        changes = plain(typed, without={"zone"})
        if typed.get("closes") == "":
            changes["closes"] = None
        elif typed.keys() & {"closes", "zone"}:
            changes["closes"] = times.read_moment(
                "closes",
                typed.get("closes"),
                zone=typed.get("zone"),
                current=current.closes if current else None,
            )
        return cls(changes=changes)


class ProposalDraft(Draft):
    """A session that somebody offers to a chapter."""

    kind = Kind.PROPOSAL
    words = frozenset(ProposalWords.__annotations__)

    @classmethod
    def from_words(cls, **words: Unpack[ProposalWords]) -> ProposalDraft:
        """Read a proposal, short enough for a decision to hold it whole.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        changes = plain(said(cls.kind, cls.words, words))
        _check_fits(changes)
        return cls(changes=changes)


class DecisionDraft(Draft):
    """What organisers say to a proposal. Its path ends in `component_of` the proposal's id."""

    kind = Kind.DECISION
    words = frozenset(DecisionWords.__annotations__)

    @classmethod
    def from_words(
        cls, *, proposal: Record | None = None, **words: Unpack[DecisionWords]
    ) -> DecisionDraft:
        """Read a decision, or changes to one.

        Args:
            proposal: as it came, its body too: public from here on. Left out, the one that was
                decided on stays.
            **words: what was typed; a proposal needs an outcome.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        typed = said(cls.kind, cls.words, words)
        changes = plain(typed)
        if proposal is not None:
            if not typed.get("outcome"):
                raise DraftError("outcome: missing", hint=f"choose from {', '.join(Outcome)}")
            changes["proposal"] = _item(proposal)
        return cls(changes=changes)


class RecapDraft(Draft):
    """What was written afterwards."""

    kind = Kind.RECAP
    words = frozenset(RecapWords.__annotations__)

    @classmethod
    def from_words(cls, *, current: Recap | None = None, **words: Unpack[RecapWords]) -> RecapDraft:
        """Read a recap, or changes to the one that is shown until now.

        Raises:
            DraftError: with the field, what is wrong with it, and the way out.
        """
        typed = said(cls.kind, cls.words, words)
        changes = plain(typed)
        if "tags" in typed:
            changes["keywords"] = keywords(typed["tags"], current.keywords if current else {})
        changed = people(typed, current.participants if current else {})
        if changed:
            changes["participants"] = changed
        return cls(changes=changes)


def _check_fits(changes: Mapping[str, Any]) -> None:
    """Raise DraftError where a proposal of these words may be longer than a decision can hold."""
    clock = cbor.INTEGER_MAX
    longest = Body(
        salt=bytes(SALT_BYTES),
        fields={
            name: Written(clock=clock, value=value)
            for name, value in changes.items()
            if name not in MAPS
        },
        entries={
            name: {entry: Written(clock=clock, value=item) for entry, item in value.items()}
            for name, value in changes.items()
            if name in MAPS
        },
    )
    try:
        size = len(encode_body(longest))
    except RecordError as error:
        raise in_words(error) from None
    if size > _PROPOSAL_BODY_BYTES_MAX:
        raise DraftError(
            f"too long in all: {size} bytes, where {_PROPOSAL_BODY_BYTES_MAX} are allowed",
            hint="shorten the description, or link to a page",
        )


def _item(proposal: Record) -> bytes:
    """Return a proposal as a decision holds it: `[envelope, body]`."""
    if proposal.header.kind != Kind.PROPOSAL:
        raise DraftError(
            f"proposal: this record is of kind {proposal.header.kind}",
            hint="name one of those that were sent in",
        )
    if proposal.body is None:
        raise DraftError("proposal: its words are not here", hint="wait until they have come")
    try:
        return cbor.encode([proposal.envelope, proposal.body], bytes_max=PROPOSAL_BYTES_MAX)
    except RecordError as error:
        raise DraftError(
            f"proposal: {error.detail}", hint="ask whoever sent it for a shorter one"
        ) from None
