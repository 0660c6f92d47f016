"""Words that a screen, a browser or a program would obey: every one of them, in every output.

What no honest text holds is refused when it is read. The rest stays what it is: words, which every
output shows, and by which nothing happens.
"""

from __future__ import annotations

import contextlib
import csv
import io
import json
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import html5lib
import icalendar
import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from p2pevents.cli.main import main
from p2pevents.errors import RecordError
from p2pevents.record import cbor
from p2pevents.record.body import decode_body
from p2pevents.record.envelope import body_hash
from p2pevents.record.header import Header
from p2pevents.view.agenda import Query, agenda
from p2pevents.view.atom import atom_text
from p2pevents.view.calendar import Calendar, fold
from p2pevents.view.entries import Entry
from p2pevents.view.feed import Feed
from p2pevents.view.markdown import markdown_text
from p2pevents.view.rows import json_text, row_of
from p2pevents.view.schedule_xml import schedule_xml
from p2pevents.view.table import csv_text
from p2pevents.web.printed import printed_page
from p2pevents.web.words import Words
from tests.pages.conftest import NOW, found, serving, typed
from tests.view.making import CHAPTER, CLOCK_MS, event, profile, record

SHOWN = (
    # of pages
    "<evil>1</evil>",
    "<script>evil()</script>",
    '"><img src=evil onerror=evil()>',
    "' onmouseover='evil()' x='",
    "</title></textarea></style></script><svg onload=evil()>",
    "<a href='javascript:evil()'>x</a>",
    "{{ 7 * 7 }} {% raw %} ${7*7} #{7*7}",
    "&lt;evil&gt; &amp; &#60;evil&#62;",
    "]]> <!-- --> <![CDATA[ <evil/> ]]> <?evil?>",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'> &x;",
    # of calendars, tables and text
    "x END:VEVENT BEGIN:VALARM ACTION:EVIL",
    "a;b,c:d\\n\\N\\r\\;\\,\\\\",
    "=cmd|' /C calc'!A0",
    "+1+1",
    "-2+3",
    "@SUM(1)",
    '"quoted","cells";\'=1\'',
    "# Heading",
    "1. list",
    "- list",
    "[a](javascript:evil())",
    "![x](https://evil.example/pixel.png)",
    "a | b",
    "**bold** _it_ `code` ~~no~~",
    "\\[x](y) \\<evil>",
    # of terminals and shells
    "[red]x[/red] [link=https://evil.example]y[/link] [/]",
    "$(evil) `evil` ; evil | evil && evil",
    "%n%s%x %0d%0aEvil: 1 \\x1b[31m \\u001b[2J",
    "../../etc/passwd C:\\evil",
    "'; DROP TABLE record; --",
    # honest ones, in scripts that run the other way, and in none
    "מפגש שלום",
    "لقاء السلام",
    "🎉 fête 東京",
)
REFUSED = {
    "escape": "\x1b[2J\x1b]0;evil\x07",
    "eight-bit escape": "\x9b31m",
    "nothing": "a\x00b",
    "line": "a\r\nBEGIN:VALARM",
    "next line": "a\x85b",
    "line separator": "a\u2028b",
    "turned around": "\u202egnp.exe",
    "isolate": "\u2067evil\u2069",
    "deleted": "a\x7fb",
}
NAMES = ("title", "venue", "address", "city", "room", "description", "speaker", "tag")
_EVIL_ADDRESS = re.compile(r"\s*(javascript|vbscript|data:text)", re.IGNORECASE)
_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


@cache
def calendar() -> Calendar:
    """All of it in every field of an event, of a session, and of a notice."""
    records = [profile(name=SHOWN[0])]
    for number, text in enumerate(SHOWN):
        path, hour = f"e{number}", {"start": "2020-01-08T19:00:00", "timeZone": "Europe/Paris"}
        said: dict[str, Any] = {
            "title": text,
            "description": f"{text}\nEND:VEVENT\nBEGIN:VALARM\n{text}",
            "keywords": {text: True} if len(text) <= 50 else {},
            "links": {"a": {"href": "https://example.org/", "title": text}},
            "participants": {"p": {"name": text, "roles": ["speaker"]}},
        }
        where = {"name": text, "address": text, "city": text}
        records.append(event(path, where=where, status={"is": "cancelled", "reason": text}, **said))
        session = {**said, "when": {**hour, "duration": "PT1H"}, "room": text}
        records.append(record("session", (path, "s"), session))
        notice = {"title": text, "description": text}
        records.append(record("notice", (path, "n"), notice))
    return fold(records)


def entries() -> list[Entry]:
    return agenda(calendar(), Query())


# --- what each format would obey ------------------------------------------------------------------


def html(text: str) -> tuple[list[str], str]:
    """Return what a browser would run or fetch that is not ours, and what it shows."""
    page = html5lib.parse(text, namespaceHTMLElements=False)
    findings, shown = [], []
    for element in page.iter():
        tag, values = str(element.tag), element.attrib
        if tag in {"evil", "iframe", "object", "embed"} or values.get("src") == "evil":
            findings.append(f"<{tag}>")
        findings += [
            f"<{tag} {name}>" for name in values if name.startswith("on") or name == "style"
        ]
        if tag == "script" and ("static/page.js" not in values.get("src", "") or element.text):
            findings.append("<script>")
        findings += [
            f"{name}={value}"
            for name, value in values.items()
            if name in {"href", "src", "action"} and _EVIL_ADDRESS.match(value)
        ]
        if tag in {"img", "link"} and "evil" in str(values.get("src", values.get("href"))):
            findings.append(f"<{tag}>")
        if tag not in {"script", "style"}:
            shown.append(element.text or "")
        shown.append(element.tail or "")
    return findings, "".join(shown)


def ics(text: str) -> tuple[list[str], str]:
    read = icalendar.Calendar.from_ical(text)
    findings = [
        str(component.name)
        for component in read.walk()
        if component.name not in {"VCALENDAR", "VEVENT", "VTIMEZONE", "STANDARD", "DAYLIGHT"}
    ]
    findings += [line for line in text.split("\r\n") if _CONTROLS.search(line)]
    events = read.walk("VEVENT")
    findings += ["more or fewer events"] * (len(events) != len(SHOWN))
    return findings, "\n".join(str(value) for each in events for value in each.values())


def table(text: str) -> tuple[list[str], str]:
    cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
    return [cell for cell in cells if cell[:1] in set("=+-@\t\r")], "\n".join(cells)


def xml(text: str) -> tuple[list[str], str]:
    """What is typed as HTML within it is looked at as a browser would show it."""
    findings, shown = [], []
    for element in ET.fromstring(text).iter():
        findings += [str(element.tag)] * ("evil" in str(element.tag))
        if element.get("type") in {"html", "xhtml"}:
            found, words = html(element.text or "")
            findings += found
            shown.append(words)
        shown += [element.text or "", *element.attrib.values()]
        findings += [value for value in element.attrib.values() if _EVIL_ADDRESS.match(value)]
    return findings, "\n".join(shown)


def markdown(text: str) -> tuple[list[str], str]:
    made = MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(text)
    findings, shown = html(made)
    page = html5lib.parse(made, namespaceHTMLElements=False)
    # Of our own are headings, lists, bold names and links to https; a picture is nobody's.
    tags = ("img", "code", "em", "table", "ol", "blockquote")
    return findings + [tag for tag in tags for _ in page.iter(tag)], shown


def plain(text: str) -> tuple[list[str], str]:
    findings = [line for line in text.split("\n") if _CONTROLS.search(line)]
    return findings, text


def document(text: str) -> tuple[list[str], str]:
    def words(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            value = [*value.keys(), *value.values()]
        if isinstance(value, list):
            for each in value:
                yield from words(each)
        else:
            yield str(value)

    return [], "\n".join(words(json.loads(text)))


Look = Callable[[str], tuple[list[str], str]]
MADE: dict[str, tuple[Look, Callable[[], str]]] = {
    "ics": (ics, lambda: Feed(name=SHOWN[1]).text(calendar()).decode()),
    "csv": (table, lambda: csv_text(entries()).decode()),
    "atom": (xml, lambda: atom_text(calendar(), chapters=[CHAPTER], name=SHOWN[1]).decode()),
    "json": (document, lambda: json_text([row_of(e) for e in entries()])),
    "markdown": (markdown, lambda: markdown_text(entries(), title=SHOWN[0]).decode()),
    "xml": (xml, lambda: "<all>" + "".join(map(_programme, entries())) + "</all>"),
    "print": (
        html,
        lambda: printed_page(entries(), title=SHOWN[0], words=Words("en")).decode(),
    ),
}


def _programme(entry: Entry) -> str:
    return schedule_xml(entry)[0].decode().partition("?>")[2]


def lacking(shown: str) -> list[str]:
    """Return the texts that cannot be read there; spaces and line ends are no matter."""
    words = " ".join(shown.split())
    return [text for text in SHOWN if " ".join(text.split()) not in words]


@pytest.mark.parametrize("output", MADE)
def test_hostile_words_are_words_in_every_output(output: str) -> None:
    look, make = MADE[output]
    findings, shown = look(make())
    assert findings == []
    assert lacking(shown) == []


# --- on the page and in the terminal --------------------------------------------------------------


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("injection") / "home"
    found(home, SHOWN[0])
    for number, text in enumerate(SHOWN):
        words = [f"--{name}={text}" for name in NAMES if name != "tag" or len(text) <= 50]
        typed(home, "event", "add", *words, "--start", f"2020-01-{8 + number % 20:02} 18:30")
    return home


def test_hostile_words_are_words_on_the_page(home: Path) -> None:
    with serving(home, public_url="https://events.example.org") as pages:
        rows = json.loads(pages.get("/events.json"))
        assert {row["title"] for row in rows} == set(SHOWN)
        chapter = rows[0]["chapter"]
        addresses = ["/", "/month?of=2020-01", f"/chapter/{chapter}", "/join"]
        for public in (False, True):
            for address in addresses:
                findings, shown = html(pages.get(address, public=public))
                assert findings == [], address
                assert address == "/join" or lacking(shown) == [], address
            for row in rows:
                findings, shown = html(pages.get(f"/event/{row['id']}", public=public))
                assert findings == []
                assert " ".join(row["title"].split()) in " ".join(shown.split())


def test_hostile_words_are_words_in_the_terminal(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "1000")
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.suppress(SystemExit):
        main(["--home", str(home), "--now", NOW, "agenda"])
    findings, shown = plain(out.getvalue())
    assert findings == []
    assert lacking(shown) == []


# --- what is refused ------------------------------------------------------------------------------


@pytest.mark.parametrize("text", REFUSED.values(), ids=REFUSED)
def test_what_no_honest_text_holds_is_refused_in_every_field(text: str) -> None:
    """Whoever signed it: a body that holds it is void, and never shown."""
    link = {"href": "https://example.org/", "title": text}
    for name, said in {
        "title": [CLOCK_MS, text],
        "where": [CLOCK_MS, {"name": text}, []],
        "links": {"a": [CLOCK_MS, link]},
        "participants": {"p": [CLOCK_MS, {"name": text, "roles": ["speaker"]}]},
        "keywords": {text: [CLOCK_MS, True]},
        "status": [CLOCK_MS, {"is": "cancelled", "reason": text}, []],
    }.items():
        body = cbor.encode({"salt": bytes(16), "fields": {name: said}}, bytes_max=4096)
        with pytest.raises(RecordError):
            decode_body(_header_of(body), body)
        honest = cbor.decode(body.replace(text.encode(), b"x" * len(text.encode())), bytes_max=4096)
        sound = cbor.encode(honest, bytes_max=4096)
        decode_body(_header_of(sound), sound)


def _header_of(body: bytes) -> Header:
    return replace(event().header, body_hash=body_hash(body), body_bytes=len(body), start=None)


# --- without their guards -------------------------------------------------------------------------

OBEYED: dict[Look, str] = {
    html: "<p>{}</p>",
    ics: "BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nSUMMARY:{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
    table: "{}\r\n",
    xml: "<all><title type='html'>&lt;script>{}</title></all>",
    markdown: "{}\n",
    plain: "{}\n",
}


@pytest.mark.parametrize("look", OBEYED, ids=lambda look: look.__name__)
def test_unguarded_the_same_words_are_obeyed(look: Look) -> None:
    """Put into a format as they are: the looks above can find something."""
    found = []
    for text in (*SHOWN, *REFUSED.values()):
        with contextlib.suppress(ET.ParseError, ValueError, IndexError):
            found += look(OBEYED[look].format(text))[0]
    assert found
