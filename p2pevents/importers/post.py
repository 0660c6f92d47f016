"""A post in Markdown with front matter: a recap, or an event where it says when it starts."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

import yaml
from markdown_it import MarkdownIt
from markdown_it.token import Token

from p2pevents.errors import DraftError, InputError
from p2pevents.importers.moments import duration_between, moment_of, wall_of
from p2pevents.importers.plan import Destination, Draft, OneGroup, Plan, Trust
from p2pevents.importers.words import languages_of, line_of, prose_of, tag_of
from p2pevents.importers.zones import check_offsets
from p2pevents.record.draft import read
from p2pevents.record.finding import Finding
from p2pevents.record.kinds import Kind
from p2pevents.record.text import PROSE_CHARACTERS_MAX
from p2pevents.record.values import YEAR_MAX, YEAR_MIN

__all__ = ["FRONT_MATTER_BYTES_MAX", "POST_BYTES_MAX", "Post", "read_post"]

POST_BYTES_MAX: Final = 1024 * 1024
FRONT_MATTER_BYTES_MAX: Final = 16 * 1024
LINKS_MAX: Final = 32
TAGS_MAX: Final = 32
PEOPLE_MAX: Final = 16

_FRONT: Final = re.compile(r"\s*---[ \t]*\n(.*?)\n(?:---|\.\.\.)[ \t]*(?:\n|$)", re.DOTALL)
_IMAGE: Final = re.compile(r"!\[[^\]\n]*\]\([^)\s]*(?:\s+\"[^\"\n]*\")?\)")
_KNOWN: Final = frozenset(
    {
        "title", "author", "authors", "date", "start", "end", "image", "cover", "tags",
        "categories", "description", "venue", "location", "city", "lang", "language", "url",
    }
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Post(OneGroup):
    """A post that was read.

    Attributes:
        name: the file's name, for messages, and for the identity of what is imported.
        front: its front matter.
        body: the text below it, in Markdown.
    """

    name: str
    front: Mapping[str, Any]
    body: str

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Keys of the front matter that say nothing a record has."""
        return tuple(
            Finding(
                rule="left-out",
                where=f"{self.name}: {line_of(key)[:60]}",
                message="a key that says nothing we keep; it is left out",
            )
            for key in self.front
            if key.lower() not in _KNOWN
        )

    def plan(self, city: str, into: Destination) -> Plan:  # noqa: ARG002
        """Return one draft: an event where the post says when it starts, else a recap.

        Args:
            city: passed over, for there is one group.
            into: the chapter; with an event named, the recap is of that one.

        Raises:
            InputError: with file and key, where something cannot be used.
        """
        writer = _Writer(post=self, into=into)
        draft = writer.draft()
        return Plan(drafts=(draft,), findings=tuple(writer.findings))


def read_post(text: str, *, name: str) -> Post:
    """Read a post.

    Raises:
        InputError: with file and line, where it has no front matter that can be read.
    """
    if len(text) > POST_BYTES_MAX:
        raise InputError(f"{name}: larger than {POST_BYTES_MAX // 2**20} MiB")
    found = _FRONT.match(text.replace("\r\n", "\n"))
    if found is None:
        raise InputError(
            f"{name}: line 1: no front matter",
            hint="begin with a line of ---, then title: and date:, then a line of ---",
        )
    if len(found[1]) > FRONT_MATTER_BYTES_MAX:
        raise InputError(f"{name}: front matter of more than {FRONT_MATTER_BYTES_MAX // 1024} KiB")
    try:
        # It makes texts alone, never objects.
        front = yaml.load(found[1], Loader=_Plain)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        line = mark.line + 2 if mark else 1
        raise InputError(f"{name}: line {line}: front matter: {error.problem}") from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise InputError(f"{name}: front matter cannot be read") from None
    if not isinstance(front, dict):
        raise InputError(
            f"{name}: line 1: front matter without keys", hint="write title: and date:"
        )
    body = text.replace("\r\n", "\n")[found.end() :]
    post = Post(name=name, front={str(key): value for key, value in front.items()}, body=body)
    if not _one(post.front, "title"):
        raise InputError(f"{name}: title: missing", hint="name it in the front matter")
    return post


class _Plain(yaml.BaseLoader):
    """Every scalar a text, and no alias: a few lines could name each other a million times."""

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            event = self.peek_event()  # type: ignore[no-untyped-call]
            raise yaml.MarkedYAMLError(
                problem="an alias (*) is not read", problem_mark=event.start_mark
            )
        return super().compose_node(parent, index)


@dataclass(slots=True, kw_only=True)
class _Writer:
    """One post on its way to a draft; findings are gathered as they are met."""

    post: Post
    into: Destination
    findings: list[Finding] = field(default_factory=list)
    tokens: list[Token] = field(init=False)

    def __post_init__(self) -> None:
        self.tokens = [
            each
            for token in MarkdownIt().parse(self.post.body)
            for each in (token, *(token.children or ()))
        ]

    def draft(self) -> Draft:
        front, into = self.post.front, self.into
        common: dict[str, object] = {
            "title": line_of(_one(front, "title")),
            "locale": next(iter(languages_of(_one(front, "lang", "language"))[0]), ""),
            "description": self._text(),
            "keywords": dict.fromkeys(self._tags(), True),
            "links": dict(self._links()),
            "imported": into.imported(self.post.name),
        }
        people = dict(self._people())
        if _one(front, "start"):
            own = {**common, "when": self._when(), "where": self._where(), "participants": people}
            return self._made(Kind.EVENT, (into.component(self.post.name, "post"),), own)
        own = {**common, "day": self._day(), "cover": self._cover(), "participants": people}
        parent = into.event or ()
        return self._made(Kind.RECAP, (*parent, into.component(self.post.name, "post")), own)

    def _made(self, kind: Kind, path: tuple[str, ...], fields: dict[str, object]) -> Draft:
        said = {name: value for name, value in fields.items() if value}
        return Draft(kind=kind, path=path, fields=said, where=self.post.name)

    def _text(self) -> str:
        """Return the body without its pictures: a record holds words, and fetches nothing."""
        text = prose_of(_IMAGE.sub("", self.post.body)) or prose_of(
            _one(self.post.front, "description")
        )
        whole = len(_IMAGE.sub("", self.post.body).strip())
        if whole > PROSE_CHARACTERS_MAX:
            self.findings.append(
                Finding(
                    rule="cut",
                    where=self.post.name,
                    message=f"{whole} characters, of which the first {PROSE_CHARACTERS_MAX} stay",
                )
            )
        return re.sub(r"\n{3,}", "\n\n", text)

    def _tags(self) -> list[str]:
        found = [*_all(self.post.front, "tags"), *_all(self.post.front, "categories")]
        return list(dict.fromkeys(tag for each in found if (tag := tag_of(each))))[:TAGS_MAX]

    def _people(self) -> Iterator[tuple[str, dict[str, object]]]:
        names = [*_all(self.post.front, "author"), *_all(self.post.front, "authors")]
        for name in (line_of(each) for each in names[:PEOPLE_MAX]):
            if name:
                yield read.slug_of(name), {"name": name, "roles": ["author"]}

    def _links(self) -> Iterator[tuple[str, dict[str, str]]]:
        """Yield the links of the text, each address once, under a name made from its words."""
        seen: set[str] = set()
        names: set[str] = set()
        for href, words in self._hrefs():
            try:
                link = {"href": read.uri("link", href)}
            except DraftError:
                self._left_out("link", href)
                continue
            if link["href"] in seen:
                continue
            seen.add(link["href"])
            if len(seen) > LINKS_MAX:
                self._left_out("link", f"all after the first {LINKS_MAX}")
                return
            title = line_of(words, characters_max=100)
            name = read.slug_of(title) if title else ""
            if not name or name in names:
                name = f"link-{len(seen)}"
            names.add(name)
            yield name, {**link, "title": title} if title else link

    def _hrefs(self) -> Iterator[tuple[str, str]]:
        url = _one(self.post.front, "url")
        if url:
            yield url, ""
        inside: tuple[str, list[str]] | None = None
        for token in self.tokens:
            if token.type == "link_open":
                inside = (str(token.attrGet("href") or ""), [])
            elif token.type == "link_close" and inside is not None:
                yield inside[0], "".join(inside[1])
                inside = None
            elif inside is not None and token.type in ("text", "code_inline"):
                inside[1].append(token.content)

    def _cover(self) -> str:
        """Return the picture: the front matter's where it is on the web, else the text's first."""
        named = _one(self.post.front, "image", "cover")
        pictures = [str(each.attrGet("src") or "") for each in self.tokens if each.type == "image"]
        for href in [named, *pictures[:1]]:
            try:
                cover = read.uri("cover", href) if href else ""
            except DraftError:
                self._left_out("image", href)
                continue
            if cover:
                return cover
        return ""

    def _day(self) -> str:
        text = _one(self.post.front, "date")
        if not text:
            return ""
        try:
            day = date.fromisoformat(text[:10])
        except ValueError:
            raise InputError(
                f"{self.post.name}: date: {text[:40]!r} is not a day", hint="write 2020-05-11"
            ) from None
        if not YEAR_MIN <= day.year <= YEAR_MAX:
            raise InputError(f"{self.post.name}: date: not within {YEAR_MIN} to {YEAR_MAX}")
        return day.isoformat()

    def _when(self) -> dict[str, object]:
        zone = self.into.zone
        trust = self.into.trust or Trust.WALL
        front = self.post.front
        times: dict[str, datetime] = {}
        for name in ("start", "end"):
            text = _one(front, name)
            try:
                moment = moment_of(text) if text else None
            except (ValueError, OverflowError):
                raise InputError(
                    f"{self.post.name}: {name}: {text[:40]!r} is not a time",
                    hint="write 2020-01-08T18:30",
                ) from None
            if moment is not None:
                self.findings += check_offsets([(f"{self.post.name}: {name}", moment)], self.into)
                times[name] = wall_of(moment, zone, trust)
        if "start" not in times:
            return {}
        when: dict[str, object] = {
            "start": times["start"].isoformat(),
            "timeZone": self.into.time_zone,
        }
        if "end" in times:
            if times["end"] <= times["start"]:
                raise InputError(
                    f"{self.post.name}: end: it is not after the start, {times['start']:%H:%M}"
                )
            when["duration"] = duration_between(times["start"], times["end"], zone)
        return when

    def _where(self) -> dict[str, str]:
        name = line_of(_one(self.post.front, "venue", "location"))
        city = line_of(_one(self.post.front, "city"))
        return {"name": name, **({"city": city} if city else {})} if name else {}

    def _left_out(self, what: str, text: str) -> None:
        self.findings.append(
            Finding(
                rule="left-out",
                where=f"{self.post.name}: {what}",
                message=f"{line_of(text)[:60]!r} is not on the web: left out",
            )
        )


def _one(front: Mapping[str, Any], *names: str) -> str:
    """Return the text of the first of these keys that has one; empty where none has."""
    for name in names:
        value = front.get(name)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""


def _all(front: Mapping[str, Any], name: str) -> list[str]:
    """Return the texts of a key: a list, or one text between commas."""
    value = front.get(name)
    if isinstance(value, str):
        return [part.strip() for part in value.split(",")]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []
