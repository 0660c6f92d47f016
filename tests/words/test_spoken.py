"""What a command prints goes by the catalogue: every sentence stands in `_` or `_n`."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

CLI = Path(__file__).parents[2] / "p2pevents" / "cli"

# What a person is told by, or asked by.
SAYING = {
    "echo",
    "secho",
    "print",
    "prompt",
    "confirm",
    "print_table",
    "print_hint",
    "print_notices",
    "typed_sheet",
    "Text",
    "add_row",
}
TOLD_APART = {"_", "_n", "text", "many", "message", "dumps"}  # go by the catalogue, or are JSON
STYLES = {"style", "justify", "overflow", "fg", "default", "sep", "end"}

# What stays as it is in every language, each with its reason.
TYPED = r"(--?[a-z-]+|[A-Z]+|'?\{\}'?|'[A-Z]+'|\"[^\"]*\"|[A-Z]\w+/\w+|\d\S*)"  # a word of one
KEPT = (
    rf"(\{{\}} )*p2pevents( [a-z-]+){{0,2}}( {TYPED})*",  # commands to copy
    rf"{TYPED}( {TYPED}| [a-z]+ --\S+)*( p2pevents)?",  # options of one, and placeholders
    r"systemctl|journalctl \{\}-u p2pevents",  # commands of the system
    r"p2pevents(: \{\}){1,2}",  # the program's name before a note or a hint
    r"\{\}/?\S*[/?=]\S*|/\S+",  # addresses and paths
    r"\{\}\$ p2pevents",  # a shell's prompt
)
WORD = re.compile(r"[^\W\d_]{2}")


def literals(given: ast.AST) -> Iterator[str]:
    """The text that stands in an expression as it is; what picks a value out is no text."""
    if isinstance(given, ast.Constant) and isinstance(given.value, str):
        yield given.value
    elif isinstance(given, ast.JoinedStr):
        parts = [each.value if isinstance(each, ast.Constant) else "{}" for each in given.values]
        yield "".join(map(str, parts))
        for each in given.values:
            if isinstance(each, ast.FormattedValue):  # what is set in, and not how
                yield from literals(each.value)
    else:
        for part in _parts(given):
            yield from literals(part)


def _parts(given: ast.AST) -> list[ast.AST]:
    """What of an expression may come to be printed."""
    if isinstance(given, (ast.Compare, ast.comprehension)):
        return []
    if isinstance(given, ast.Subscript):
        return [given.value]
    if isinstance(given, ast.Dict):
        return list(given.values)
    if isinstance(given, ast.IfExp):
        return [given.body, given.orelse]
    if isinstance(given, ast.Call):
        name = _name(given.func)
        if name in TOLD_APART:
            return []
        of = [given.func.value] if isinstance(given.func, ast.Attribute) else []
        return [*of, *given.args] if name == "join" else [*of]
    return list(ast.iter_child_nodes(given))


def unspoken(source: str) -> list[str]:
    """The texts that a source prints in English alone; of variables, what a function sets."""
    tree = ast.parse(source)
    scopes: list[ast.AST] = [x for x in ast.walk(tree) if isinstance(x, ast.FunctionDef)]
    return sorted({said for scope in scopes or [tree] for said in _unspoken_in(scope)})


def _unspoken_in(scope: ast.AST) -> Iterator[str]:
    held = {
        each.targets[0].id: each.value
        for each in ast.walk(scope)
        if isinstance(each, ast.Assign) and isinstance(each.targets[0], ast.Name)
    }
    for call in ast.walk(scope):
        if not isinstance(call, ast.Call) or _name(call.func) not in SAYING:
            continue
        given = [*call.args, *(each.value for each in call.keywords if each.arg not in STYLES)]
        names = {x.id for each in given for x in ast.walk(each) if isinstance(x, ast.Name)}
        given += [held[name] for name in sorted(names & held.keys()) if _is_text(held[name])]
        for text in (text for each in given for text in literals(each)):
            said = " ".join(text.strip(" :;,.()\n").split())
            if WORD.search(said) and not any(re.fullmatch(kept, said) for kept in KEPT):
                yield f"{call.lineno}: {said}"


def _is_text(value: ast.expr) -> bool:
    return isinstance(value, (ast.Constant, ast.JoinedStr, ast.IfExp, ast.BoolOp))


def _name(function: ast.expr) -> str:
    return str(getattr(function, "id", getattr(function, "attr", "")))


@pytest.mark.parametrize(
    "path", sorted(CLI.rglob("*.py")), ids=lambda path: str(path.relative_to(CLI))
)
def test_what_a_command_prints_goes_by_the_catalogue(path: Path) -> None:
    assert unspoken(path.read_text("utf-8")) == [], "put it into `_`, or into KEPT with a reason"


@pytest.mark.parametrize(
    "source",
    [
        'click.echo("no notice")',
        'click.echo(f"founded {name}")',
        'click.echo("gone" if gone else _("here"))',
        'click.echo(f"{n} come", err=True)',
        'click.confirm("adopt these?", default=True)',
        'click.prompt("word")',
        'print_table((_("id"), "title"), rows)',
        'print_table((), [("stays" if each else "", each.id) for each in rows])',
        'word = "wrote"\nclick.echo(f"{word} {_(x)}")',
        'print_hint("ask again")',
        'print_notices(["it is older"])',
        'click.echo("p2pevents: hint: ask again", err=True)',
        "click.echo(\", \".join(['one thing']))",
        'console.print(Text("day to be announced"))',
    ],
)
def test_an_english_sentence_is_found(source: str) -> None:
    assert len(unspoken(source)) == 1


@pytest.mark.parametrize(
    "source",
    [
        'click.echo(_("no notice"))',
        'click.echo(f"{facts["name"]}: {_("one")}")'.replace('"name"', "'name'").replace(
            '"one"', "'one'"
        ),
        "click.echo(f\"p2pevents: {_('hint')}: {said:>14}\", err=True)",
        "click.echo(f\"  {name}   p2pevents follow '{link}'\")",
        'click.echo(json.dumps({"an id": 1}))',
    ],
)
def test_what_is_said_by_the_catalogue_or_copied_is_not_found(source: str) -> None:
    assert unspoken(source) == []
