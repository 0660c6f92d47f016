"""Keys while one command runs: a person is asked as seldom as can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import pytest

from p2pevents.errors import KeyFileError
from p2pevents.keys.passphrase import Cost
from p2pevents.keys.secret import Passphrase
from p2pevents.node.safe import Asking, Safe


@dataclass
class Person:
    """Types passphrases, and counts how often they are asked."""

    types: list[str | None]
    asked: list[str] = field(default_factory=list)

    def asking(self) -> Asking:
        return Asking(old=lambda: self.answer("old"), new=lambda: self.answer("new"))

    def answer(self, which: str) -> Passphrase | None:
        self.asked.append(which)
        typed = self.types.pop(0)
        return Passphrase(typed) if typed else None


@pytest.fixture(autouse=True)
def cheap(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = Cost(opslimit=1, memlimit_bytes=8192)
    monkeypatch.setattr("p2pevents.keys.keyring.Cost", lambda: cheap)
    monkeypatch.delenv("XDG_RUNTIME_DIR", raising=False)


def safe_of(folder: Path, person: Person | None) -> Safe:
    asking = person.asking() if person else None
    return Safe(folder / "keys", home=folder, now_ms=lambda: 1_600_000_000_000, asking=asking)


def test_a_new_key_is_used_without_typing_its_passphrase_again(tmp_path: Path) -> None:
    person = Person(types=["horse"])
    safe = safe_of(tmp_path, person)
    key = safe.create()
    assert safe.secret(key).public == key
    assert person.asked == ["new"]


def test_one_command_asks_once_however_much_it_signs(tmp_path: Path) -> None:
    key = safe_of(tmp_path, Person(types=["horse"])).create()
    person = Person(types=["horse"])
    safe = safe_of(tmp_path, person)
    assert all(safe.secret(key).public == key for _ in range(5))
    assert person.asked == ["old"]


def test_a_key_under_another_passphrase_is_asked_for(tmp_path: Path) -> None:
    first = safe_of(tmp_path, Person(types=["horse"])).create()
    second = safe_of(tmp_path, Person(types=["battery"])).create()
    person = Person(types=["horse", "battery"])
    safe = safe_of(tmp_path, person)
    assert safe.secret(first).public == first
    assert safe.secret(second).public == second
    assert person.asked == ["old", "old"]


def test_nobody_is_asked_for_a_key_in_clear(tmp_path: Path) -> None:
    person = Person(types=[None])
    safe = safe_of(tmp_path, person)
    key = safe.create()
    assert safe.secret(key).public == key
    assert person.asked == ["new"]


@pytest.mark.parametrize("person", [None, Person(types=[None]), Person(types=["wrong"])])
def test_without_its_passphrase_a_key_stays_shut(tmp_path: Path, person: Person | None) -> None:
    key = safe_of(tmp_path, Person(types=["horse"])).create()
    with pytest.raises(KeyFileError):
        safe_of(tmp_path, person).secret(key)
