"""What a command shows on a terminal, as an SVG: run on a real one, drawn by rich."""

from __future__ import annotations

import fcntl
import io
import os
import pty
import re
import select
import struct
import sys
import termios
import time
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

__all__ = ["COLUMNS", "drawn", "shown"]

COLUMNS = 84
_PROGRAM = (sys.executable, "-m", "p2pevents.cli")
_END_S_MAX = 240.0  # the demo takes a minute, on a busy machine two

# Paper, ink and inks of the picture; nothing in it is loaded from elsewhere.
_THEME = TerminalTheme(
    (30, 32, 40),
    (222, 222, 214),
    [
        (30, 32, 40), (240, 113, 120), (158, 206, 106), (224, 175, 104),
        (122, 162, 247), (187, 154, 247), (110, 200, 214), (192, 192, 186),
    ],
    [
        (110, 112, 122), (255, 140, 140), (180, 220, 130), (240, 200, 130),
        (150, 180, 255), (210, 180, 255), (140, 220, 230), (240, 240, 235),
    ],
)  # fmt: skip
_SVG = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: "DejaVu Sans Mono", Menlo, Consolas, monospace; font-size: {char_height}px;
  line-height: {line_height}px;
}}
.{unique_id}-title {{ font-family: sans-serif; font-size: 16px; }}
{styles}
</style>
<defs>
<clipPath id="{unique_id}-clip-terminal">
<rect x="0" y="0" width="{terminal_width}" height="{terminal_height}"/>
</clipPath>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})" clip-path="url(#{unique_id}-clip-terminal)">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def shown(arguments: Sequence[str], *, environment: Mapping[str, str]) -> str:
    """Run the program on a terminal of its own, and return what it wrote there.

    Args:
        arguments: what is typed behind `p2pevents`.
        environment: what is added to an environment in English, in colour.
    """
    process, terminal = pty.fork()
    if not process:
        fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)  # nobody is there to be asked
        kept = {name: os.environ[name] for name in ("PATH", "PYTHONPATH") if name in os.environ}
        spoken = {"TERM": "xterm-256color", "LANG": "C.UTF-8"}
        os.execve(_PROGRAM[0], [*_PROGRAM, *arguments], {**kept, **spoken, **environment})
    try:
        return _read(terminal).decode("utf-8").replace("\r\n", "\n")
    finally:
        os.close(terminal)
        os.waitpid(process, 0)


def drawn(screen: str, *, title: str) -> str:
    """Return a terminal's text as an SVG."""
    lines = [part for line in screen.rstrip().split("\n") for part in _broken(Text.from_ansi(line))]
    console = Console(
        record=True,
        width=COLUMNS,
        file=io.StringIO(),
        force_terminal=True,
        color_system="truecolor",
        highlight=False,
    )
    for line in lines:
        console.print(line)
    return console.export_svg(
        title=title, theme=_THEME, code_format=_SVG, unique_id=re.sub(r"\W", "", title) or "p"
    )


def _broken(line: Text) -> Sequence[Text]:
    """Return a line as a terminal breaks it: at its edge, wherever a word is."""
    return list(line.divide(range(COLUMNS, len(line), COLUMNS))) if len(line) > COLUMNS else [line]


def _read(terminal: int) -> bytes:
    said, ends = b"", time.monotonic() + _END_S_MAX
    while select.select([terminal], [], [], max(0.0, ends - time.monotonic()))[0]:
        try:
            part = os.read(terminal, 1 << 16)
        except OSError:  # a terminal whose last program has gone
            return said
        if not part:
            return said
        said += part
    raise TimeoutError("the command did not end")
