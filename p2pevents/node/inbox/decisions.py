"""What organisers say to proposals, what comes of it, and what a speaker agreed to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from p2pevents.authority import grant_of
from p2pevents.errors import InputError, RecordError
from p2pevents.node.charter_desk import CharterDesk
from p2pevents.node.desk import Change, Desk
from p2pevents.record import cbor
from p2pevents.record.body import decode_body
from p2pevents.record.draft import DecisionDraft, SessionDraft
from p2pevents.record.envelope import Record, Verified, open_envelope
from p2pevents.record.fields import PROPOSAL_BYTES_MAX, Decision, Proposal, Session
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, Path, RecordId, component_of, path_text
from p2pevents.record.kinds import Kind
from p2pevents.record.merge import merge
from p2pevents.record.values import Outcome, Recording, SessionType, StatusIs, When

__all__ = [
    "Decided",
    "accept",
    "decision_on",
    "decisions_of",
    "set_aside",
    "speaker_consent",
    "words_of",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Decided:
    """What was written when a proposal was accepted.

    Attributes:
        decision: path of the decision.
        session: path of the session; None where no event was named.
        records: all that was written.
        may_edit: whether the speaker was given a leave to change their session.
    """

    decision: Path
    session: Path | None
    records: tuple[RecordId, ...]
    may_edit: bool = False


def words_of(record: Record) -> Proposal:
    """Return what a proposal says; empty where its body breaks a rule."""
    if record.body is None:
        return Proposal()
    try:
        decode_body(record.header, record.body)
    except RecordError:
        return Proposal()
    shown = merge([record]).shown
    return shown if isinstance(shown, Proposal) else Proposal()


def decision_on(desk: Desk, proposal: Record) -> Decision | None:
    """Return what organisers said to a proposal; None while they said nothing."""
    return _decision(desk, _decision_id(proposal))


def decisions_of(desk: Desk, chapter: ChapterId) -> list[tuple[Path, Decision]]:
    """Return all that a chapter decided and shows, by path."""
    records = desk.log.of_kinds((Kind.DECISION.value,), chapter=chapter)
    found = []
    for path in sorted({record.header.path for record in records}):
        object_id = ObjectId(chapter=chapter, kind=Kind.DECISION.value, path=path)
        decision = _decision(desk, object_id)
        if decision is not None:
            found.append((path, decision))
    return found


def accept(
    desk: Desk,
    proposal: Verified,
    *,
    event: ObjectId | None,
    parent: When | None = None,
    note: str | None = None,
    session_words: Mapping[str, Any] | None = None,
) -> Decided:
    """Accept a proposal: public from here on, and a tentative session where an event is named.

    Args:
        desk: of somebody who may decide.
        proposal: as it came.
        event: the event, or date of a series, that it becomes a session of.
        parent: when that is.
        note: a word on it, for all to read.
        session_words: what the organiser says of the session: `start`, `end`, `room`.

    Raises:
        DraftError: the words do not make a record.
        StateError: no key of mine may write this.
    """
    chapter, path = proposal.header.chapter, _decision_id(proposal).path
    changes: list[Change] = []
    session = None
    if event is not None:
        # By the proposal's id: two organisers who accept it at once meet in one session.
        session = (*event.path, path[0])
        changes.append(_session(words_of(proposal), session, parent, session_words or {}))
    words: dict[str, Any] = {"session": path_text(session) if session else None}
    draft = DecisionDraft.from_words(
        proposal=proposal, outcome=Outcome.ACCEPTED.value, description=note or "", **words
    )
    changes.append(Change(kind=Kind.DECISION, path=path, changes=draft.changes))
    records = [record.id for record in desk.write(chapter, changes)]
    may_edit = session is not None and _let_edit(desk, proposal, session, records)
    return Decided(decision=path, session=session, records=tuple(records), may_edit=may_edit)


def set_aside(
    desk: Desk, proposal: Verified, outcome: Outcome, *, note: str | None = None
) -> Decided:
    """Decline or defer a proposal. Its words stay between its author and the organisers.

    Raises:
        DraftError, StateError: as `accept`.
    """
    path = _decision_id(proposal).path
    draft = DecisionDraft.from_words(outcome=outcome.value, description=note or "")
    change = Change(kind=Kind.DECISION, path=path, changes=draft.changes)
    (record,) = desk.write(proposal.header.chapter, [change])
    return Decided(decision=path, session=None, records=(record.id,))


def speaker_consent(desk: Desk, chapter: ChapterId, session: Path) -> Recording | None:
    """Return what was agreed on recording a session; the speaker's own word goes before others'.

    Their last word is what they wrote on the session by their leave, else what stands in the
    proposal that it came of: that is signed by them, and nobody can change it.
    """
    merged = desk.object(ObjectId(chapter=chapter, kind=Kind.SESSION.value, path=session))
    shown = merged.shown.recording if merged and isinstance(merged.shown, Session) else None
    proposal = _proposal_behind(desk, chapter, session)
    if proposal is None or merged is None:
        return shown
    speaker = proposal.header.author
    for version in merged.versions:
        written = version.body.fields.get("recording")
        if version.record.header.author == speaker and written is not None:
            return Recording(written.value) if written.value else None
    return words_of(proposal).recording or shown


def _proposal_behind(desk: Desk, chapter: ChapterId, session: Path) -> Verified | None:
    for _, decision in decisions_of(desk, chapter):
        if decision.session == path_text(session) and decision.proposal is not None:
            try:
                pair = cbor.decode(decision.proposal, bytes_max=PROPOSAL_BYTES_MAX)
                return open_envelope(*pair)
            except (RecordError, TypeError):  # an organiser's program put something else there
                continue
    return None


def _decision_id(proposal: Record) -> ObjectId:
    return ObjectId(
        chapter=proposal.header.chapter,
        kind=Kind.DECISION.value,
        path=(component_of(proposal.id),),
    )


def _decision(desk: Desk, object_id: ObjectId) -> Decision | None:
    merged = desk.object(object_id)
    if merged is None or merged.retracted or not isinstance(merged.shown, Decision):
        return None
    return merged.shown


def _session(said: Proposal, path: Path, parent: When | None, words: Mapping[str, Any]) -> Change:
    """Return the session that a proposal becomes: tentative until its speaker confirms."""
    typed: dict[str, Any] = {
        "title": said.title or "(untitled)",
        "description": said.description,
        "type": said.type if said.type in set(SessionType) else SessionType.OTHER.value,
        "languages": said.languages or (),
        "speakers": [said.name] if said.name else [],
        "recording": said.recording.value if said.recording else None,
        "status": StatusIs.TENTATIVE.value,
    }
    draft = SessionDraft.from_words(parent=parent, **{**typed, **words})
    changes = dict(draft.changes)
    when = changes.get("when")
    if isinstance(when, When) and when.start and not when.duration and said.duration:
        changes["when"] = msgspec.structs.replace(when, duration=said.duration)
    if said.links:
        changes["links"] = dict(said.links)
    return Change(kind=Kind.SESSION, path=path, changes=changes)


def _let_edit(desk: Desk, proposal: Verified, session: Path, records: list[RecordId]) -> bool:
    """Give the speaker a leave for their session, where I am a lead and they need one."""
    chapter, speaker = proposal.header.chapter, proposal.header.author
    charter = CharterDesk(desk, chapter)
    if charter.my_lead() is None:
        return False
    authority = desk.authority(chapter)
    known = authority.as_author(
        speaker, kind=Kind.SESSION.value, path=session, clock=desk.now_ms(), tip=charter.tip
    )
    if known is not None:
        return True
    try:
        records.append(charter.grant(grant_of("speaker", key=speaker, path=session)).id)
    except InputError:  # a key that was removed is given nothing any more
        return False
    return True
