"""Letters in the log: what memory and SQLite both promise, and that nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from msgspec.structs import replace

from p2pevents.log.letters import Carried, Letters, Outgoing
from p2pevents.log.memory import MemoryLog
from p2pevents.log.memory_letters import MemoryLetters
from p2pevents.log.protocol import Log
from p2pevents.log.sqlite import SqliteLog
from p2pevents.record.ids import ChapterId, PublicKey

PARIS, LYON = ChapterId(b"p" * 32), ChapterId(b"l" * 32)


@pytest.fixture(params=["memory", "sqlite"])
def log(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Log]:
    is_memory = request.param == "memory"
    log = MemoryLog(incarnation=bytes(16)) if is_memory else SqliteLog(tmp_path / "log.sqlite3")
    yield log
    log.close()


def carried(number: int, *, chapter: ChapterId = PARIS, size: int = 5, came_ms: int = 0) -> Carried:
    return Carried(
        id=bytes([number]) * 32,
        chapter=chapter,
        sender=PublicKey(bytes([number % 3]) * 32),
        data=bytes(size),
        peer=f"peer{number % 2}",
        address="192.0.2.1",
        came_ms=came_ms,
    )


def outgoing(number: int) -> Outgoing:
    return Outgoing(
        id=bytes([number]) * 32, chapter=PARIS, data=b"sealed", content=b"open", written_ms=number
    )


def test_what_was_written_here_stays_in_order_and_keeps_what_became_of_it(log: Log) -> None:
    letters = [outgoing(number) for number in (3, 1, 2)]
    for each in letters:
        log.letters.set_outgoing(each)
    assert log.letters.outgoing() == letters
    changed = replace(letters[1], carriers=("a", "b"), receipt=b"r", answer="full-node")
    log.letters.set_outgoing(changed)
    assert log.letters.outgoing() == [letters[0], changed, letters[2]]


def test_numbers_are_never_given_again(log: Log) -> None:
    """INBOX-15: who goes on from a number misses nothing, whatever was dropped."""
    for number in range(3):
        assert log.letters.carry(carried(number))
    assert not log.letters.carry(carried(1))
    last = log.letters.carried(limit=9)[-1]
    log.letters.drop([last.id])
    log.letters.carry(carried(7))
    (new,) = log.letters.carried(after=last.number, limit=9)
    assert new.id == carried(7).id


def test_letters_are_no_records(log: Log) -> None:
    log.letters.carry(carried(1))
    log.letters.set_outgoing(outgoing(2))
    assert (log.tip(), log.total().records, log.local.outbox()) == ((0, 0), 0, [])


def test_a_copy_in_memory_is_its_own() -> None:
    log = MemoryLog(incarnation=bytes(16))
    log.letters.carry(carried(1))
    copy = log.copied(incarnation=bytes([1]) * 16)
    copy.letters.carry(carried(2))
    assert (log.letters.load()[0], copy.letters.load()[0]) == (1, 2)


def test_letters_are_there_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite3"
    log = SqliteLog(path)
    log.letters.carry(carried(1))
    log.letters.set_outgoing(outgoing(2))
    before = (log.letters.carried(limit=9), log.letters.outgoing())
    log.close()
    again = SqliteLog(path)
    assert (again.letters.carried(limit=9), again.letters.outgoing()) == before
    again.close()


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    acts=st.lists(
        st.tuples(st.sampled_from(["carry", "drop", "receipt"]), st.integers(0, 9)), max_size=25
    ),
    since_ms=st.integers(0, 10),
)
def test_both_say_the_same_after_any_acts(
    tmp_path_factory: pytest.TempPathFactory, acts: list[tuple[str, int]], since_ms: int
) -> None:
    disk = SqliteLog(tmp_path_factory.mktemp("letters") / "log.sqlite3")
    memory = MemoryLetters()
    both: tuple[Letters, Letters] = (disk.letters, memory)
    for act, number in acts:
        one = carried(number, chapter=(PARIS, LYON)[number % 2], size=number, came_ms=number)
        if act == "carry":
            assert len({each.carry(one) for each in both}) == 1
        for each in both:
            if act == "drop":
                each.drop([one.id])
            if act == "receipt":
                each.set_receipt(one.id, bytes([number]))
    questions: list[Callable[[Letters], object]] = [
        lambda each: each.carried(limit=99),
        lambda each: each.carried(chapter=PARIS, after=1, limit=2),
        lambda each: each.carried_by_id([bytes([number]) * 32 for number in range(10)]),
        lambda each: each.load(),
        lambda each: each.load(chapter=PARIS, since_ms=since_ms),
        lambda each: each.load(sender=PublicKey(bytes(32)), peer="peer0", since_ms=since_ms),
        lambda each: each.load(address="192.0.2.1"),
    ]
    for ask in questions:
        assert ask(disk.letters) == ask(memory)
    disk.close()
