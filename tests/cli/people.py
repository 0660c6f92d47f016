"""People with homes of their own, who meet by a stick: no network, real records."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

from tests.cli.outcome import Outcome, Run

PARIS = (
    "Paris P2P",
    "--city",
    "Paris",
    "--timezone",
    "Europe/Paris",
    "--languages",
    "fr,en",
)


@dataclass(slots=True)
class Person:
    """One person's home, and the folder where their papers lie."""

    run: Run
    folder: Path
    sticks: Iterator[int] = field(default_factory=count)

    @property
    def home(self) -> Path:
        return self.folder / "home"

    @property
    def sheet(self) -> Path:
        return self.folder / "sheet.txt"

    def __call__(self, *arguments: str) -> Outcome:
        return self.run(*arguments, at=self.home)

    def does(self, *arguments: str) -> Any:
        """Run a command that must succeed, and return its JSON."""
        outcome = self(*arguments, "--json")
        assert outcome.code == 0, outcome.err
        return outcome.json

    def fails(self, *arguments: str) -> str:
        """Run a command that must fail as a person's mistake, and return what it said."""
        outcome = self(*arguments)
        assert outcome.code == 1, outcome.out
        return outcome.err

    def gives(self, *others: Person) -> None:
        """Hand all records to others."""
        stick = self.folder / f"{next(self.sticks)}.pack"
        self.does("pack", "-o", str(stick))
        for other in others:
            assert other.does("unpack", str(stick))["found"]["malformed"] == 0

    def titles(self) -> list[str]:
        rows = self.does("event", "list", "--chapter", "Paris")
        return sorted(row["title"] for row in rows)

    def adds(self, title: str, *options: str) -> str:
        words = ("--title", title, "--start", "2027-01-06 18:30", "--chapter", "Paris")
        identifier: str = self.does("event", "add", *words, *options)["id"]
        return identifier

    def roles(self) -> dict[str, str]:
        """Return the role of each key by its words."""
        return {
            row["words"]: row["role"]
            for row in self.does("organiser", "list", "--chapter", "Paris")
        }


def meet(*people: Person) -> None:
    """Have everybody hand everything to everybody."""
    for one in people:
        one.gives(*(other for other in people if other is not one))


New = Callable[[str], Person]


def joined(lead: Person, colleague: Person, *options: str, role: str = "organiser") -> str:
    """Have a colleague join by a grant; return their words."""
    lead.gives(colleague)
    link = lead.does("organiser", "invite", "--role", role)["link"]
    answer = colleague.does("organiser", "join", link)
    added = lead.does("organiser", "add", answer["text"], "--role", role, *options)
    assert added["words"] == answer["words"]
    lead.gives(colleague)
    words: str = answer["words"]
    return words


def lead_text(lead: Person, colleague: Person) -> str:
    """Have a colleague answer an invitation to lead; their sheet lies in their folder."""
    lead.gives(colleague)
    link = lead.does("organiser", "invite", "--role", "lead")["link"]
    answer = colleague.does(
        "organiser", "join", link, "--lead", "--new-sheet", str(colleague.sheet)
    )
    text: str = answer["text"]
    return text


def second_lead(lead: Person, colleague: Person) -> None:
    """Make a colleague the second lead."""
    entry = lead.does(
        "organiser", "add", lead_text(lead, colleague), "--role", "lead", "--sheet", str(lead.sheet)
    )
    assert entry["stage"] == "awaits"
    done = colleague.does("organiser", "sign", entry["text"], "--sheet", str(colleague.sheet))
    assert done["stage"] == "done"
    meet(lead, colleague)
