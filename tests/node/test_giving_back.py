"""What a node took for a while it gives back to the system."""

from __future__ import annotations

import _sqlite3
import ctypes
from pathlib import Path
from random import Random

import pytest
import trio

from p2pevents.log.memory import MemoryLog
from p2pevents.log.protocol import Arrival
from p2pevents.log.sqlite import SqliteLog
from p2pevents.net.memory_hub import MemoryHub
from p2pevents.node.giving_back import give_back
from tests.log.samples import record
from tests.node.test_node import running

RECORDS = 600
TEXT = "Meet the people who build the peer-to-peer web, over soup and bread. " * 10
PIECE_BYTES = 2_000  # which the C library hands out, and not Python's own allocator
PIECES = 20_000
SECONDS_MAX = 10.0


def sqlite_bytes() -> int:
    """What SQLite has of this process's memory."""
    try:
        used = ctypes.CDLL(_sqlite3.__file__).sqlite3_memory_used
    except AttributeError:
        pytest.skip("this SQLite does not say what it uses")
    used.restype = ctypes.c_int64
    return int(used())


def private_bytes() -> int:
    """What this process has in memory that no file has."""
    status = Path("/proc/self/status").read_text("ascii")
    line = next(each for each in status.splitlines() if each.startswith("RssAnon"))
    return int(line.split()[1]) * 1024


def test_pages_of_the_log_that_were_read_are_let_go(tmp_path: Path) -> None:
    log = SqliteLog(tmp_path / "log.sqlite3")
    made = [record(number, path=(f"event{number}",), text=TEXT) for number in range(RECORDS)]
    log.append([Arrival(item=one) for one in made], now_ms=0)
    give_back(log)
    without = sqlite_bytes()
    assert len(list(log.of_kinds(["event"]))) == RECORDS
    taken = sqlite_bytes() - without
    assert taken > RECORDS * len(TEXT)
    give_back(log)
    assert sqlite_bytes() - without < taken / 10
    assert len(list(log.of_kinds(["event"]))) == RECORDS
    log.close()


@pytest.mark.skipif(
    not hasattr(ctypes.CDLL(None), "malloc_trim") or not Path("/proc/self/status").exists(),
    reason="only the GNU library keeps what is free, and gives it back when it is asked",
)
def test_what_is_free_goes_back_to_the_system() -> None:
    pieces = [bytearray(b"x" * PIECE_BYTES) for _ in range(PIECES)]
    last = pieces.pop()  # what lies above all that is freed
    full = private_bytes()
    del pieces
    give_back(MemoryLog(incarnation=bytes(16)))
    assert full - private_bytes() > PIECES * PIECE_BYTES / 2
    assert last[:1] == b"x"


async def test_a_node_gives_back_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("p2pevents.node.node.GIVE_BACK_S", 0.01)
    times = 0

    class Watched(MemoryLog):
        def give_back(self) -> None:
            nonlocal times
            times += 1

    log = Watched(incarnation=bytes(16))
    async with running(MemoryHub(rng=Random(1)), 1, log):
        with trio.fail_after(SECONDS_MAX):
            while times < 2:  # noqa: ASYNC110 - a log has no event
                await trio.sleep(0.01)
