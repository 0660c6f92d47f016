"""Keeps the catalogues of other languages: `python -m tests.repository.catalogues`.

Takes every text for a person out of the source, puts what is new into each language's `.po` file,
takes out what is gone, sets the language's own spaces and quotes, and compiles the `.mo` file. What
it leaves empty is for a translator to fill in; then it is run again.
"""

from __future__ import annotations

import ast
import inspect
import io
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from string import Formatter
from typing import Final

import click
from babel.messages.catalog import Catalog, Message
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from p2pevents import __version__
from p2pevents.authority.roles import ROLES
from p2pevents.cli.main import COMMANDS, cli
from p2pevents.cli.settings import EXAMPLE
from p2pevents.node.doctor.checks import CHECKS
from p2pevents.record.kinds import Kind
from p2pevents.record.values import StatusIs
from p2pevents.sync.effects import Outcome
from p2pevents.view.changes import ChangeKind
from p2pevents.web.words import ENGLISH, context_of
from p2pevents.words import DEFAULT, LANGUAGES
from p2pevents.words.catalogue import DOMAIN, FOLDER
from p2pevents.words.messages import CONTEXT
from tests.repository.clicks_words import CLICKS_WORDS
from tests.repository.system_words import SYSTEM_WORDS

__all__ = ["CLICKS_WORDS", "compiled", "kept", "lacking", "po_of", "template", "text_of", "updated"]

ROOT: Final = Path(__file__).parents[2]
SOURCE: Final = ROOT / "p2pevents"

# Where a message for a person may be raised or found. What a stranger's bytes are refused for
# stays as it is: those are names of rules, for developers.
_RAISED: Final = re.compile(r"(Input|Usage|Draft|Link|Config|KeyFile|State|Network|Log\w*)Error")
_ROOMS: Final = (
    "cli", "importers", "keys", "log", "net/libp2p", "net/nearby.py", "net/proxy.py", "node",
    "record/draft", "record/ids.py", "record/link.py", "view", "web",
)  # fmt: skip
# What is named so returns a message of these rooms that is shown and never raised.
_TELLS: Final = re.compile(r"_?(reach|trouble|dial)_(words|hint)|_late|_reason")

_RULE: Final = re.compile(r'\brule="([a-z-]+)"')  # of the schedule doctor

Source = tuple[str | tuple[str, ...], str, str]  # the text, its context, where it stands


def template() -> Catalog:
    """Return every text that there is to translate."""
    catalog = Catalog(project="p2pevents", version=__version__, fuzzy=False, charset="utf-8")
    found = (_page(), _clicks(), _system(), _help(), _named(), _said(), _raised())
    for text, context, where in chain.from_iterable(found):
        catalog.add(text, context=context or None, locations=[(where, 0)])
    return catalog


def _page() -> Iterator[Source]:
    for name, said in ENGLISH.items():
        yield said, context_of(name), "p2pevents/web/words.py"


def _clicks() -> Iterator[Source]:
    for text in CLICKS_WORDS:
        yield text, "", "click"


def _system() -> Iterator[Source]:
    for text in SYSTEM_WORDS:
        yield text, CONTEXT, "system"


def _help() -> Iterator[Source]:
    for title, section in COMMANDS.items():
        yield title, "", "p2pevents/cli/main.py"
        for text in section.values():
            yield text, "", "p2pevents/cli/main.py"
    yield from _of_command(cli, click.Context(cli, info_name="p2pevents"))


def _of_command(command: click.Command, context: click.Context) -> Iterator[Source]:
    where = context.command_path.replace(" ", "_")
    texts = [inspect.cleandoc(command.help or ""), command.short_help or ""]
    if not (command.epilog or "").startswith(EXAMPLE):
        texts.append(command.epilog or "")
    options = (each for each in command.params if isinstance(each, click.Option))
    texts += [each.help or "" for each in options if not each.hidden]
    yield from ((text, "", where) for text in texts if text)
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            assert below is not None
            yield from _of_command(below, click.Context(below, info_name=name, parent=context))


def _named() -> Iterator[Source]:
    """Yield the names that JSON says as they are, and a terminal in a person's language."""
    yield from ((str(each), "status", "p2pevents/record/values.py") for each in StatusIs)
    yield from ((str(each), "change", "p2pevents/view/changes.py") for each in ChangeKind)
    yield from ((each.value, "outcome", "p2pevents/sync/effects.py") for each in Outcome)
    yield from ((each, "role", "p2pevents/authority/roles.py") for each in ("lead", *ROLES))
    yield from ((each.value, "kind", "p2pevents/record/kinds.py") for each in Kind)
    yield f"{Kind.EVENT} or {Kind.SERIES}", CONTEXT, "p2pevents/node/meant.py"
    yield from ((each, "check", "p2pevents/node/doctor/checks.py") for each in CHECKS)
    for path in sorted(SOURCE.rglob("*.py")):
        where = str(path.relative_to(ROOT))
        yield from ((each, "rule", where) for each in _RULE.findall(path.read_text("utf-8")))


def _said() -> Iterator[Source]:
    """Yield what `_` and `_n` are called with, within other strings too."""
    for path in sorted(SOURCE.rglob("*.py")):
        where = str(path.relative_to(ROOT))
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            name = getattr(node.func, "id", "") if isinstance(node, ast.Call) else ""
            if isinstance(node, ast.Call) and name in ("_", "_n"):
                texts = [each.value for each in node.args[:2] if isinstance(each, ast.Constant)]
                if name == "_n" and len(texts) == 2:
                    yield (str(texts[0]), str(texts[1])), "", where
                elif name == "_" and texts:
                    yield str(texts[0]), "", where


# --- messages that are raised in English ---------------------------------------------------------


def _raised() -> Iterator[Source]:
    for path in sorted(SOURCE.rglob("*.py")):
        where = str(path.relative_to(ROOT))
        if not any(where.startswith(f"p2pevents/{room}") for room in _ROOMS):
            continue
        tree = ast.parse(path.read_text("utf-8"))
        parts = _parts(tree)
        for node in ast.walk(tree):
            # What was done when the network failed stands before why, and after where.
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "network_faults":
                doing = [text.partition("}: ")[2] for text in _patterns(node.args[0])]
                yield from ((f"{text}: {{why}}", CONTEXT, where) for text in doing)
            for given in _given(node):
                used = [each for name in _reached(given, parts) for each in parts.get(name, ())]
                for each in (given, *used):
                    yield from ((text, CONTEXT, where) for text in _patterns(each))


def _given(node: ast.AST) -> Iterator[ast.expr]:
    """Yield what a message for a person is made of, where a node makes one."""
    if isinstance(node, ast.Call) and _is_for_a_person(node.func):
        yield from (*node.args, *(each.value for each in node.keywords))
    if isinstance(node, ast.FunctionDef) and _TELLS.fullmatch(node.name):
        found = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
        yield from (each for each in found if each is not None)


def _parts(tree: ast.Module) -> dict[str, list[ast.expr]]:
    """Return what messages are put together from: what variables hold, and functions return."""
    parts: dict[str, list[ast.expr]] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
            parts.setdefault(node.targets[0].id, []).append(node.value)
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value:
            parts.setdefault(node.target.id, []).append(node.value)
        if isinstance(node, ast.FunctionDef):
            returned = [each.value for each in ast.walk(node) if isinstance(each, ast.Return)]
            parts.setdefault(node.name, []).extend(each for each in returned if each)
    return parts


def _names(given: ast.expr) -> set[str]:
    return {each.id for each in ast.walk(given) if isinstance(each, ast.Name)}


def _reached(given: ast.expr, parts: dict[str, list[ast.expr]]) -> set[str]:
    """Return the names that a message is put together from, and those that these hold."""
    found: set[str] = set()
    new = _names(given)
    while new:
        found |= new
        new = {x for name in new for each in parts.get(name, ()) for x in _names(each)} - found
    return found


def _is_for_a_person(function: ast.expr) -> bool:
    name = getattr(function, "id", getattr(function, "attr", ""))
    return (
        name in {"Finding", "_failed", "way_in", "way_out"} or _RAISED.fullmatch(name) is not None
    )


def _patterns(given: ast.expr) -> Iterator[str]:
    """Yield the patterns of a message; of one that is chosen, of each choice."""
    if isinstance(given, ast.IfExp):
        yield from (*_patterns(given.body), *_patterns(given.orelse))
    elif isinstance(given, ast.Dict):
        yield from (text for each in given.values for text in _patterns(each))
    elif isinstance(given, ast.Constant) and isinstance(given.value, str):
        if " " in given.value:
            yield given.value.replace("{", "{{").replace("}", "}}")
    elif isinstance(given, ast.JoinedStr):
        pattern, taken = "", set[str]()
        for part in given.values:
            if isinstance(part, ast.Constant):
                pattern += str(part.value).replace("{", "{{").replace("}", "}}")
            elif isinstance(part, ast.FormattedValue):
                pattern += f"{{{_name(part.value, taken)}}}"
        if any(re.search(r"[^\W\d_]{2}", text) for text, _, _, _ in Formatter().parse(pattern)):
            yield pattern


def _name(value: ast.expr, taken: set[str]) -> str:
    """Return a name for what is left open: the variable's, else a number's."""
    name = value.id if isinstance(value, ast.Name) else getattr(value, "attr", "it")
    name = name.strip("_").lower() or "it"
    number, found = 1, name
    while found in taken:
        number += 1
        found = f"{name}{number}"
    taken.add(found)
    return found


# --- files --------------------------------------------------------------------------------------


def po_of(language: str) -> Path:
    """Return the file that a translator writes."""
    return FOLDER / language / "LC_MESSAGES" / f"{DOMAIN}.po"


def kept(language: str) -> Catalog:
    """Return a language's catalogue as it lies in its file."""
    if not po_of(language).is_file():
        return Catalog(locale=language)
    with po_of(language).open("rb") as file:
        return read_po(file, locale=language)


def updated(language: str) -> Catalog:
    """Return a language's catalogue with what is new, without what is gone."""
    found, before = template(), kept(language)
    catalog = Catalog(
        locale=language, project="p2pevents", fuzzy=False, charset="utf-8",
        header_comment=f"# {LANGUAGES[language]}; kept by tests/repository/catalogues.py",
    )  # fmt: skip
    for message in sorted(found, key=lambda each: (str(each.context or ""), str(each.id))):
        if not message.id:
            continue
        known = before.get(message.id, message.context)
        said = known.string if known is not None else ""
        if isinstance(message.id, (list, tuple)):
            said = known.string if known is not None else ("", "")
        where = sorted({(file, 0) for file, _ in message.locations})
        catalog.add(
            message.id, _set(said or "", language), context=message.context, locations=where
        )
    return catalog


def compiled(catalog: Catalog) -> bytes:
    """Return the `.mo` file of a catalogue, the same on every day."""
    catalog.creation_date = catalog.revision_date = datetime.fromtimestamp(0, tz=UTC)
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def text_of(catalog: Catalog) -> bytes:
    """Return the `.po` file of a catalogue, without the date on which that was."""
    out = io.BytesIO()
    write_po(out, catalog, width=100, include_lineno=False, sort_output=False)
    dated = re.compile(rb'^"(POT-Creation-Date|PO-Revision-Date|Generated-By|Language-Team|'
                       rb'Last-Translator|Report-Msgid-Bugs-To):.*\n', re.MULTILINE)  # fmt: skip
    return dated.sub(b"", out.getvalue())


# --- spaces and quotes of a language --------------------------------------------------------------

_FRENCH: Final = re.compile(
    r"(?P<code>`[^`]*`)"
    r"|(?P<quote>(?<=[^\W\d_])'(?=\w))"
    r"|(?P<narrow>(?<=\S)[ \xa0\u202f](?=[;!?](?:\s|$)))"
    r"|(?P<wide>(?<=\S)[ \xa0\u202f](?=:(?:\s|$)|»)|(?<=«)[ \xa0\u202f])"
)
_SET: Final = {
    "quote": "\N{RIGHT SINGLE QUOTATION MARK}",
    "narrow": "\N{NARROW NO-BREAK SPACE}",
    "wide": "\N{NO-BREAK SPACE}",
}


def _french(text: str) -> str:
    """Set French spaces and apostrophes; what is typed between grave accents stays as it is."""
    return _FRENCH.sub(lambda found: _SET.get(found.lastgroup or "", found[0]), text)


_SETTERS: Final[dict[str, Callable[[str], str]]] = {"fr": _french}


def _set(said: str | list[str] | tuple[str, ...], language: str) -> str | tuple[str, ...]:
    setter = _SETTERS.get(language, str)
    return setter(said) if isinstance(said, str) else tuple(map(setter, said))


def lacking(catalog: Catalog) -> Iterator[Message]:
    """Yield the messages that nobody has translated."""
    for message in catalog:
        said = message.string or ""
        if message.id and not all((said,) if isinstance(said, str) else said):
            yield message


def main() -> None:
    """Write every catalogue, and say what is left to do."""
    for language in LANGUAGES.keys() - {DEFAULT}:
        catalog = updated(language)
        path = po_of(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text_of(catalog))
        path.with_suffix(".mo").write_bytes(compiled(catalog))
        print(f"{language}: {len(catalog)} texts, {len(list(lacking(catalog)))} to translate")


if __name__ == "__main__":
    main()
