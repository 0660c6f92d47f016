"""What stays of all that a removed key signed, as a person says it: all, none, until, or a file."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from p2pevents.cli.organiser.options import moment_of
from p2pevents.cli.settings import Settings
from p2pevents.cli.tables import print_table
from p2pevents.errors import InputError, RecordError
from p2pevents.log.protocol import Stored
from p2pevents.record.body import decode_body
from p2pevents.record.ids import SHORT_CHARACTERS, RecordId, path_text, to_text
from p2pevents.words import _, named

__all__ = ["chosen_ids", "print_kept", "split_keep", "title_of", "until_of"]

FILE_BYTES_MAX: Final = 1024 * 1024
_UNTIL: Final = "until"
_PREFIX_MIN: Final = 4


def split_keep(words: tuple[str, ...], keep: str | None) -> tuple[str, str | None]:
    """Return the key that is meant, and the day after `--keep until`, however they stand.

    Raises:
        InputError: there are more words than one key, or no day.
    """
    rest = list(words)
    days = [word for word in rest if word[:4].isdigit()]
    until = until_of(keep, days[0] if keep == _UNTIL and days else None)
    if keep == _UNTIL and until is not None:
        rest.remove(until)
    if len(rest) != 1:
        raise InputError(
            f"{len(rest)} keys, where one can be removed at a time",
            hint="p2pevents organiser list shows them",
        )
    return rest[0], until


def until_of(keep: str | None, day: str | None) -> str | None:
    """Return the day of `--keep until DATE`, said as one word or as two; None for all else.

    Raises:
        InputError: there is no day.
    """
    if keep is not None and keep.startswith((_UNTIL + " ", _UNTIL + "=")):
        day = keep[len(_UNTIL) + 1 :].strip()
    elif keep != _UNTIL:
        if day is not None:
            raise InputError(f"{day[:60]!r} stands alone", hint="write --keep until 2027-03-01")
        return None
    if not day:
        raise InputError("--keep until: which day?", hint="write --keep until 2027-03-01")
    return day


def chosen_ids(
    records: Sequence[Stored], keep: str, *, until: str | None, zone: str | None
) -> list[RecordId]:
    """Return the ids of the records that stay.

    Args:
        records: all that the key signed.
        keep: what the person said.
        until: the day, where they said `until`.
        zone: the chapter's time zone.

    Raises:
        InputError: it means nothing.
    """
    if until is not None:
        end_ms = moment_of(until, zone=zone, option="--keep until")
        return [stored.id for stored in records if stored.header.clock <= end_ms]
    if keep == "all":
        return [stored.id for stored in records]
    if keep == "none":
        return []
    return _ids_in(Path(keep), records)


def title_of(stored: Stored) -> str | None:
    """Return the title or name in a record, to know it by; None where it has none."""
    if stored.body is None:
        return None
    try:
        fields = decode_body(stored.header, stored.body).fields
    except RecordError:
        return None
    for name in ("title", "name"):
        value = fields[name].value if name in fields else None
        if isinstance(value, str):
            return value
    return None


def print_kept(settings: Settings, records: Sequence[Stored], kept: Sequence[RecordId]) -> None:
    """Print records, and of each whether it stays: as a table, or as the one JSON document.

    A thief can write any time into a record; when it came here is this node's own word.
    """
    stays = set(kept)
    rows = [
        {
            "id": to_text(stored.id),
            "author": to_text(stored.header.author),
            "signed": _moment(stored.header.clock),
            "arrived": _moment(stored.since_ms),
            "kind": stored.header.kind,
            "object": path_text(stored.header.path),
            "title": title_of(stored),
            "isKept": stored.id in stays,
        }
        for stored in records
    ]
    if settings.json:
        settings.print_json(rows)
        return
    if not rows:
        click.echo(_("no records"))
        return
    of_several = len({stored.header.author for stored in records}) > 1
    print_table(
        (
            _("id"),
            *([_("author")] if of_several else []),
            _("says signed"),
            _("came here"),
            _("kind"),
            _("title"),
            "",
        ),
        [
            (
                str(row["id"])[:SHORT_CHARACTERS],
                *([str(row["author"])[:SHORT_CHARACTERS]] if of_several else []),
                str(row["signed"]),
                str(row["arrived"]),
                named("kind", str(row["kind"])),
                str(row["title"] or ""),
                _("stays") if row["isKept"] else _("set aside"),
            )
            for row in rows
        ],
    )


def _moment(at_ms: int) -> str:
    return datetime.fromtimestamp(at_ms / 1000, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _ids_in(path: Path, records: Sequence[Stored]) -> list[RecordId]:
    try:
        with path.open("r", encoding="utf-8", errors="replace") as file:
            text = file.read(FILE_BYTES_MAX)
    except OSError:
        raise InputError(
            f"--keep: {str(path)!r} is none of all, none, until DATE, or a file that is here",
            hint="a file names record ids, one a line; --dry-run shows them",
        ) from None
    found: dict[RecordId, None] = {}
    for number, line in enumerate(text.splitlines(), 1):
        wanted = line.partition("#")[0].strip()
        if not wanted:
            continue
        fits = [each.id for each in records if to_text(each.id).startswith(wanted)]
        if len(wanted) < _PREFIX_MIN or len(fits) != 1:
            raise InputError(
                f"{path}: line {number}: {wanted[:60]!r} is not one record of this key",
                hint="--dry-run shows their ids",
            )
        found[fits[0]] = None
    return list(found)
