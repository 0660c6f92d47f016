"""Records made from plain fields, for tests of what is shown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from p2pevents.importers.plan import Plan
from p2pevents.record.draft import compose
from p2pevents.record.envelope import Verified, seal
from p2pevents.record.header import ObjectId
from p2pevents.record.ids import ChapterId, Path, RecordId
from p2pevents.record.signature import public_key_of

CHAPTER = ChapterId(bytes(range(32)))
CLOCK_MS = 1_577_900_000_000  # 1 January 2020, 17:33:20 UTC
ALICE, BOB = b"a" * 32, b"b" * 32


def record(
    kind: str,
    path: Path,
    fields: Mapping[str, Any],
    *,
    in_view: Sequence[Verified] = (),
    seed: bytes = ALICE,
    chapter: ChapterId = CHAPTER,
    now_ms: int = CLOCK_MS,
) -> Verified:
    """Seal a version of an object, as an organiser would."""
    header, body = compose(
        object_id=ObjectId(chapter=chapter, kind=kind, path=path),
        changes=fields,
        in_view=in_view,
        author=public_key_of(seed),
        authority=RecordId(b"l" * 32),
        now_ms=now_ms,
        salt=bytes(16),
    )
    return seal(header, body, seed=seed)


def event(path: str = "meet", start: str = "2020-01-08T18:30:00", **fields: Any) -> Verified:
    """Seal an event of an evening in Paris."""
    when = {"start": start, "timeZone": "Europe/Paris", "duration": "PT4H30M"}
    return record("event", (path,), {"title": "Meetup", "when": when, **fields})


def series(rule: str = "FREQ=MONTHLY;BYDAY=1WE", path: str = "paris", **fields: Any) -> Verified:
    """Seal a series of evenings in Paris, from 7 August 2019."""
    when = {
        "start": "2019-08-07T18:30:00",
        "timeZone": "Europe/Paris",
        "duration": "PT4H30M",
        "recurrenceRule": rule,
    }
    return record("series", (path,), {"title": "Meetup", "when": when, **fields})


def sealed(plan: Plan, *, chapter: ChapterId = CHAPTER) -> list[Verified]:
    """Seal what an importer made."""
    return [record(draft.kind, draft.path, draft.fields, chapter=chapter) for draft in plan.drafts]


def profile(chapter: ChapterId = CHAPTER, **fields: Any) -> Verified:
    """Seal a chapter's profile."""
    said = {"name": "Paris P2P (demo)", "city": "Paris", "timeZone": "Europe/Paris", **fields}
    return record("profile", ("profile",), said, chapter=chapter)


def titles(entries: Iterable[Any]) -> list[str]:
    """Return the titles of entries."""
    return [entry.title for entry in entries]
