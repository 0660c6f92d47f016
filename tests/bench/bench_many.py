"""What a person waits for whose log holds many records: commands, and pages after a start.

    python -m tests.bench.bench_many [RECORDS]

Of a person who follows a few of its chapters, and of one who follows all. Processor time, of whole
processes for commands; of pages that of this process, and how long a turn of its loop took at
the most while all that they follow was read behind the first page.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import trio

from p2pevents.node.home import Home
from p2pevents.node.opener import take_turns_quickly
from p2pevents.web.app import application
from p2pevents.web.doorkeeper import Doorkeeper
from p2pevents.web.live import Live
from p2pevents.web.shelf import Shelf
from tests.bench.bench_page import PORT, ask
from tests.bench.goal import cpu_s, medians, own_python, say
from tests.bench.made import Chapter
from tests.bench.many import FEW, RARE_WORD, follow, home_of_many

ROUNDS = 3
PULSE_S = 0.005
FIRST_MS, COMMAND_MS, ALL_MS, TURN_MS = 500.0, 500.0, 2_000.0, 20.0
COMMANDS = {
    "agenda": ["agenda"],
    "agenda --search": ["agenda", "--search", RARE_WORD],
    "status": ["status"],
}
SEARCH = f"/?q={RARE_WORD}"


async def watch(turns: list[float]) -> None:
    """Take down how long turns of the loop are, in ms of the clock."""
    while True:
        began = time.perf_counter()
        await trio.sleep(PULSE_S)
        turns.append(1000 * (time.perf_counter() - began - PULSE_S))


async def pages(home: Home, addresses: Sequence[str]) -> dict[str, float]:
    """Return the ms of processor time that each page took, the first one right after a start.

    Where an address is empty, it is waited until nothing is read behind the pages any more.
    """
    shelf = Shelf(home, now_ms=lambda: int(time.time() * 1000))
    app = application(shelf, Live(shelf), port=PORT, doorkeeper=Doorkeeper(now_ms=shelf.now_ms))
    took: dict[str, float] = {}
    turns: list[float] = []
    async with trio.open_nursery() as nursery:
        nursery.start_soon(shelf.keep_up)
        nursery.start_soon(watch, turns)
        for address in addresses:
            began = time.process_time()
            if address:
                status, size = await ask(app, address)
                assert status == 200, (address, status)
                assert size > 1000, (address, size)
            else:
                await shelf.wait_for_all()
                took["longest turn"] = max(turns)
            took[address] = 1000 * (time.process_time() - began)
        nursery.cancel_scope.cancel()
    shelf.close()
    return took


def measure_few(home: Home, records: int) -> None:
    """Say what it takes who follows a few chapters."""
    program = own_python("-m", "p2pevents.cli", "--json", "--home", str(home.folder))
    acts = {name: partial(cpu_s, [*program, *words]) for name, words in COMMANDS.items()}
    for name, took in medians(acts, rounds=ROUNDS).items():
        title = f"{name}, {records} records, a few chapters followed"
        say(title, 1000 * took, COMMAND_MS, unit="ms")
    first = trio.run(pages, home, ["/"])
    month = trio.run(pages, home, ["/month", SEARCH])
    title = f"after a start, {records} records, a few chapters"
    say(f"the first page {title}", first["/"], FIRST_MS, unit="ms")
    say(f"a month as the first page {title}", month["/month"], FIRST_MS, unit="ms")
    say(f"then a search {title}", month[SEARCH], FIRST_MS, unit="ms")
    kept = trio.run(pages, home, ["/", "", "/", "/month", SEARCH])
    print(", ".join(f"{address or 'reading all'} {ms:.0f} ms" for address, ms in kept.items()))
    title = f"longest turn of the loop while all is read behind, {records} records, by the clock"
    say(title, kept["longest turn"], TURN_MS, unit="ms")


def measure_all(home: Home, records: int) -> None:
    """Say what it takes who follows all chapters: of so much, windows are read."""
    addresses = ["/", "/month", "/?past=1", "/feed.atom", "/feed.ics", SEARCH]
    for address, took in trio.run(pages, home, addresses).items():
        say(f"{address}, {records} records, all chapters followed", took, ALL_MS, unit="ms")
    size_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(f"memory of all of this at its most: {size_mib:.0f} MiB")


def main() -> None:
    records = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    take_turns_quickly()
    with tempfile.TemporaryDirectory() as name:
        today = datetime.now(UTC).date()
        chapters: list[Chapter]
        home, chapters = home_of_many(Path(name), records, today=today)
        follow(home, [chapters[rank] for rank in FEW])
        measure_few(home, records)
        follow(home, chapters)
        measure_all(home, records)


if __name__ == "__main__":
    main()
