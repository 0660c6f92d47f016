"""A log that two processes have open at once."""

import subprocess
import sys
from pathlib import Path

from p2pevents.log.protocol import Arrival, Outcome
from p2pevents.log.sqlite import SqliteLog
from tests.log.samples import record

ROOT = Path(__file__).parents[2]
WRITER = """
import sys
from pathlib import Path
from p2pevents.log.protocol import Arrival, Outcome
from p2pevents.log.sqlite import SqliteLog
from tests.log.samples import record

path, first, count = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
log = SqliteLog(path)
sys.stdin.readline()
new = 0
for number in range(first, first + count):
    new += log.append([Arrival(item=record(number), own=True)], now_ms=0).count(Outcome.NEW)
print(new)
"""


def writer(path: Path, first: int, count: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), str(first), str(count)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def result(process: "subprocess.Popen[str]") -> int:
    out, _ = process.communicate("go\n", timeout=60)
    assert process.returncode == 0
    return int(out)


def test_a_reader_notices_what_another_process_wrote_and_reads_on(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    log = SqliteLog(path)
    log.append([Arrival(item=record(0))], now_ms=0)
    before, (arrival, _) = log.changed(), log.tip()
    assert log.changed() == before
    assert result(writer(path, 1, 5)) == 5
    assert log.changed() != before
    after = log.changed()
    assert [item.id for item in log.arrived_since(arrival, limit=99)] == [
        record(number).id for number in range(1, 6)
    ]
    assert [delivery.item for delivery in log.local.outbox()] == [
        record(number).id for number in range(1, 6)
    ]
    assert log.changed() == after
    log.close()


def test_a_second_log_opened_and_closed_in_this_process_takes_nothing_from_the_first(
    tmp_path: Path,
) -> None:
    path = tmp_path / "log.sqlite"
    log = SqliteLog(path)
    log.append([Arrival(item=record(0))], now_ms=0)
    SqliteLog(path).close()
    # Each ends as the last of its own process would: it may clear away what nobody holds.
    for number in (1, 2):
        before = log.changed()
        assert result(writer(path, number, 1)) == 1
        assert log.changed() != before
        assert log.has([record(number).id])
    log.append([Arrival(item=record(3))], now_ms=0)
    log.close()
    again = SqliteLog(path)
    assert all(again.has([record(number).id]) for number in range(4))
    again.close()


def test_processes_that_write_at_once_lose_nothing_and_repeat_no_number(tmp_path: Path) -> None:
    path = tmp_path / "log.sqlite"
    # None of them has made the file yet: they race for that too, and they overlap.
    processes = [writer(path, first, 40) for first in (0, 20, 60)]
    for process in processes:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    assert sum(result(process) for process in processes) == 100
    log = SqliteLog(path)
    items = log.arrived_since(0, limit=999)
    assert [item.arrival for item in items] == list(range(1, 101))
    assert {item.id for item in items} == {record(number).id for number in range(100)}
    assert log.append([Arrival(item=record(7))], now_ms=0) == [Outcome.KNOWN]
    log.close()
