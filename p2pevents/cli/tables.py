"""Tables on a terminal, by rich; plain and uncut where output is piped."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterable, Sequence

__all__ = ["print_table"]

_PIPED_COLUMNS = 1000  # nothing is cut for another program


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under a heading; text of strangers is shown as it is, never as markup."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else _PIPED_COLUMNS
    Console(width=width, highlight=False, soft_wrap=False).print(table)
