"""A table in CSV, and what each of its columns is, guessed from its name."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from p2pevents.errors import InputError

__all__ = ["COLUMNS_MAX", "ROWS_MAX", "Column", "Role", "Row", "Table", "read_table"]

ROWS_MAX: Final = 10_000
COLUMNS_MAX: Final = 200


class Role(StrEnum):
    """What a column is to a programme."""

    ID = "id"
    DAY = "day"
    TYPE = "type"
    LABEL = "label"
    START = "start"
    END = "end"
    LANGUAGE = "language"
    PEOPLE = "people"
    ROOM = "room"
    TITLE = "title"
    DESCRIPTION = "description"


_NAMES: Final[dict[Role, frozenset[str]]] = {
    Role.ID: frozenset({"id", "uid", "row", "number"}),
    Role.DAY: frozenset({"day", "date", "jour"}),
    Role.TYPE: frozenset({"k", "type", "kind", "category"}),
    Role.LABEL: frozenset({"k_label", "label", "tag", "tags", "track"}),
    Role.START: frozenset({"t_start", "start", "start_time", "begin", "debut", "début"}),
    Role.END: frozenset({"t_end", "end", "end_time", "fin"}),
    Role.LANGUAGE: frozenset({"language", "languages", "langue", "lang"}),
    Role.PEOPLE: frozenset({"orga", "speaker", "speakers", "organizer", "organiser", "host"}),
    Role.ROOM: frozenset({"room", "location", "place", "salle", "lieu"}),
    Role.TITLE: frozenset({"title", "titre", "name"}),
    Role.DESCRIPTION: frozenset({"description", "abstract", "summary"}),
}
_TRANSLATED: Final = (Role.TITLE, Role.DESCRIPTION, Role.ROOM)
_NOTHING_SAID: Final[Mapping[str, str]] = MappingProxyType({})
_PREFIX = re.compile(r"([a-z]{2})_(.+)", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column: its name in the file, what it is, and in which language where it has one."""

    name: str
    role: Role | None
    language: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row of a table.

    Attributes:
        id: what names the row in messages and for ever: its id column, else its number.
        cells: by role and language (empty for a column that has none).
    """

    id: str
    cells: Mapping[tuple[Role, str], str]

    def cell(self, role: Role, language: str = "") -> str:
        """Return the text of a cell; empty where the table has no such column."""
        return self.cells.get((role, language), "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table that was read: every row has a cell for every column, and an id of its own."""

    name: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that its title columns come in, in their order; empty where in none."""
        return tuple(
            column.language
            for column in self.columns
            if column.role is Role.TITLE and column.language
        )

    def column_of(self, role: Role, language: str = "") -> str:
        """Return the name of a column, for messages."""
        for column in self.columns:
            if column.role is role and column.language == language:
                return column.name
        return role.value


def read_table(text: str, *, name: str, said: Mapping[str, str] = _NOTHING_SAID) -> Table:
    """Read a CSV table with one line of column names.

    Args:
        text: the file's text; cells are divided by commas, semicolons or tabs.
        name: the file's name, for messages.
        said: by column name, what it is where its name does not tell: `start`, `fr_title`, or
            empty for a column that is to be left out.

    Raises:
        InputError: with file, row and column, where it is no table or has no titles.
    """
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        header = next(reader, [])
        columns = _columns_of(header, name, said)
        rows = tuple(
            _row_of(cells, number, columns, name)
            for number, cells in enumerate((cells for cells in reader if any(cells)), 1)
        )
    except csv.Error as error:
        raise InputError(f"{name}: line {reader.line_num}: {error}") from None
    _check_ids(rows, name)
    return Table(name=name, columns=columns, rows=rows)


def _columns_of(header: list[str], name: str, said: Mapping[str, str]) -> tuple[Column, ...]:
    if len(header) > COLUMNS_MAX:
        raise InputError(f"{name}: more than {COLUMNS_MAX} columns")
    names = [text.strip() for text in header]
    unknown = [each for each in said if each not in names]
    if unknown:
        raise InputError(
            f"{name}: no column {unknown[0][:60]!r}", hint=f"they are {', '.join(names)[:300]}"
        )
    columns = tuple(_said(each, said[each]) if each in said else _column_of(each) for each in names)
    taken: dict[tuple[Role, str], str] = {}
    for column in columns:
        if column.role is None:
            continue
        key = (column.role, column.language)
        if key in taken:
            raise InputError(
                f"{name}: columns {taken[key]!r} and {column.name!r} are both the {column.role}",
                hint=f"say which is not: --column {column.name}=",
            )
        taken[key] = column.name
    if not any(role is Role.TITLE for role, _ in taken):
        raise InputError(
            f"{name}: no column for the title",
            hint="name a column title, or fr_title and en_title; or say which is: "
            "--column NAME=title",
        )
    if not {(Role.START, ""), (Role.DAY, "")} & taken.keys():
        raise InputError(
            f"{name}: no column for the start",
            hint="name a column start, or day; or say which is: --column NAME=start",
        )
    return columns


def _said(name: str, role: str) -> Column:
    """Return a column that is what somebody said, whatever it is called."""
    if not role:
        return Column(name=name, role=None)
    found = _column_of(role)
    if found.role is None:
        roles = [each.value for each in Role]
        raise InputError(
            f"--column {name}={role[:40]}: not what a column can be",
            hint=f"choose from {', '.join(roles)}, or fr_title and the like; nothing leaves it out",
        )
    return Column(name=name, role=found.role, language=found.language)


def _column_of(name: str) -> Column:
    lower = name.lower().replace(" ", "_")
    for role, names in _NAMES.items():
        if lower in names:
            return Column(name=name, role=role)
    found = _PREFIX.fullmatch(lower)
    if found:
        language, rest = found.groups()
        for role in _TRANSLATED:
            if rest in _NAMES[role]:
                return Column(name=name, role=role, language=language)
    return Column(name=name, role=None)


def _row_of(cells: list[str], number: int, columns: tuple[Column, ...], name: str) -> Row:
    if number > ROWS_MAX:
        raise InputError(f"{name}: more than {ROWS_MAX} rows", hint="import it in parts")
    if len(cells) != len(columns):
        raise InputError(
            f"{name}: row {number}: {len(cells)} cells, where the first line has {len(columns)}",
            hint="put text that holds the dividing character between double quotes",
        )
    by_role = {
        (column.role, column.language): cell
        for column, cell in zip(columns, cells, strict=True)
        if column.role is not None
    }
    return Row(id=by_role.get((Role.ID, ""), "").strip()[:60] or str(number), cells=by_role)


def _check_ids(rows: tuple[Row, ...], name: str) -> None:
    """Raise InputError where two rows would become one object."""
    seen: set[str] = set()
    for row in rows:
        if row.id in seen:
            raise InputError(
                f"{name}: row {row.id}: another row has this id",
                hint="give every row an id of its own, for a second import finds it by that",
            )
        seen.add(row.id)
