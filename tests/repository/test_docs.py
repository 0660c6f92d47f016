"""The documentation: its links lead somewhere, its commands can be typed, its errors are ours."""

from __future__ import annotations

import ast
import re
import shlex
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest

from p2pevents.cli.main import COMMANDS, cli
from p2pevents.cli.settings import Settings
from p2pevents.errors import UsageError
from tests.repository import commands_page

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
TROUBLE = DOCS / "troubleshooting.md"

LINK = re.compile(r"(?<!\!)\[[^\]]*\]\(([^)\s]+)\)")
FENCE = re.compile(r"^(`{3,})[^\n]*\n(.*?)^\1[ \t]*$", re.MULTILINE | re.DOTALL)
TYPED = re.compile(r"^(?: {4})?(p2pevents [^\n]*)$", re.MULTILINE)
PROMPTED = re.compile(r"^[a-z]+\$ (p2pevents [^\n]*)$", re.MULTILINE)
SPOKEN = re.compile(r"^p2pevents: (?:error|hint|note): (.+)$", re.MULTILINE)


def name_of(page: Path) -> str:
    """Return a page's path from the project's root."""
    return str(page.relative_to(ROOT))


# --- links ---------------------------------------------------------------------------------------


def anchor(heading: str) -> str:
    """Return the anchor that Git hosts give to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


def broken_links(text: str, page: Path) -> list[str]:
    """Return the relative links of a page that lead nowhere."""
    broken = []
    for link in LINK.findall(FENCE.sub("", text)):
        path, _, fragment = link.partition("#")
        if re.match(r"[a-z][a-z0-9+.-]*:", path):
            continue
        target = (page.parent / path).resolve() if path else page
        if not target.exists():
            broken.append(link)
        elif fragment and target.suffix == ".md":
            headings = re.findall(r"^#+ (.+)$", target.read_text("utf-8"), re.MULTILINE)
            if fragment not in {anchor(heading) for heading in headings}:
                broken.append(link)
    return broken


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    assert broken_links(page.read_text("utf-8"), page) == []


@pytest.mark.parametrize("link", ["nowhere.md", "README.md#no-such-heading", "#nor-this"])
def test_a_link_that_leads_nowhere_is_found(link: str) -> None:
    assert broken_links(f"see [it]({link})", ROOT / "README.md") == [link]


def test_every_page_is_in_the_index() -> None:
    index = DOCS / "README.md"
    named = {(DOCS / link.partition("#")[0]).resolve() for link in LINK.findall(index.read_text())}
    folders = {path for path in named if path.is_dir()}
    pages = {page for page in DOCS.rglob("*.md") if page != index}
    assert {name_of(page) for page in pages - named if not folders & set(page.parents)} == set()


# --- commands ------------------------------------------------------------------------------------


def typed_lines(text: str) -> Iterator[str]:
    """Yield what a page types: after a prompt where a block has one, else alone on a line."""
    fenced = [match[2] for match in FENCE.finditer(text)]
    rest = FENCE.sub("", text)
    indented = [line for line in rest.splitlines() if line.startswith("    ")]
    for block in [*fenced, "\n".join(indented)]:
        # Beside prompts, what stands alone is what a command printed.
        yield from PROMPTED.findall(block) or TYPED.findall(block)


def parse(line: str) -> None:
    """Read a command line as the program would, and run nothing.

    Raises:
        click.UsageError: an unknown option, or an argument that is missing.
        UsageError: an unknown command.
    """
    arguments = shlex.split(line, comments=True)[1:]
    context = cli.make_context("p2pevents", arguments, obj=Settings())
    while isinstance(context.command, click.Group):
        rest = [*context._protected_args, *context.args]
        name, command, rest = context.command.resolve_command(context, rest)
        assert command is not None
        context = command.make_context(name, rest, parent=context)


@pytest.mark.parametrize("page", PAGES, ids=name_of)
def test_every_command_of_a_page_can_be_typed(page: Path) -> None:
    wrong = []
    for line in typed_lines(page.read_text("utf-8")):
        try:
            parse(line)
        except click.exceptions.Exit:  # --help and --version say what they have to, and end
            pass
        except (click.UsageError, UsageError, ValueError) as error:
            wrong.append(f"{line}: {error}")
    assert wrong == []


def test_the_pages_type_commands() -> None:
    typed = {line for page in PAGES for line in typed_lines(page.read_text("utf-8"))}
    assert len(typed) > 100


@pytest.mark.parametrize(
    "line",
    ["p2pevents agend", "p2pevents agenda --frm x", "p2pevents event", "p2pevents event cancel a"],
)
def test_a_command_that_cannot_be_typed_is_found(line: str) -> None:
    (found,) = typed_lines(f"```sh\n{line}\n```\n")
    with pytest.raises((click.UsageError, UsageError)):
        parse(found)


def test_the_page_of_commands_is_what_the_program_says() -> None:
    written = commands_page.PAGE.read_text("utf-8")
    assert written == commands_page.page(), (
        "write it anew: python -m tests.repository.commands_page"
    )


def test_every_command_has_its_paragraph_and_an_example_of_itself() -> None:
    page = commands_page.PAGE.read_text("utf-8")
    for names in COMMANDS.values():
        for name in names:
            assert re.search(rf"^### p2pevents {name}\b", page, re.MULTILINE), name
    for context, _ in commands_page.commands():
        _, _, paragraph = page.partition(f"### {context.command_path}\n")
        assert f"```sh\n{context.command_path}" in paragraph.partition("\n##")[0]


# --- errors --------------------------------------------------------------------------------------

GAP = "\0"


def said_in_source() -> set[str]:
    """Return every text in the source, with a gap where something is filled in."""
    said = set()
    for path in (ROOT / "p2pevents").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.JoinedStr):
                said.add(
                    "".join(
                        str(part.value) if isinstance(part, ast.Constant) else GAP
                        for part in node.values
                    )
                )
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                said.add(re.sub(r"\{\w+\}", GAP, node.value))  # filled in after translation
    return {text.removeprefix("p2pevents: hint: ") for text in said}


@cache
def letters(text: str) -> int:
    """Return how many letters a text has."""
    return sum(map(str.isalpha, text))


@cache
def pattern_of(text: str) -> re.Pattern[str]:
    """Return what a text of the source fits, whatever is filled in."""
    return re.compile(".*".join(map(re.escape, text.split(GAP))), re.DOTALL)


def is_said(message: str, said: set[str]) -> bool:
    """Tell whether some text of the source fits a message, `...` being what is filled in.

    The page may say a word where the source fills it in, if the source says most of it itself.
    """
    by_page = re.compile(".*".join(map(re.escape, message.split("..."))), re.DOTALL)
    told = message.replace("...", GAP)
    for text in said:
        if not letters(text):
            continue
        if by_page.fullmatch(text) or (
            2 * letters(text) >= letters(told) and pattern_of(text).fullmatch(told)
        ):
            return True
    return False


def test_every_error_that_is_explained_is_in_the_source() -> None:
    said = said_in_source()
    messages = SPOKEN.findall(TROUBLE.read_text("utf-8"))
    assert len(messages) > 30
    assert [message for message in messages if not is_said(message, said)] == []


def test_an_error_that_nobody_says_is_found() -> None:
    said = said_in_source()
    for message in ("the moon is ... full", "start: ... is no time", "...: the port is taken"):
        assert not is_said(message, said)
