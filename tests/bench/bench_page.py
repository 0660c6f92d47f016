"""How long pages and feeds of 10,000 events take to be made, at the 95th percentile.

    python -m tests.bench.bench_page [EVENTS]

The application itself is asked, by ASGI: no socket, no browser. Each round changes one event
before it asks for every address, so that nothing can be served as it was; every chapter has a
digest of what it has planned, which each page is held against. Beside the clock, the processor
time of this process is counted: on a machine that others use too, the clock tells of them. Garbage
is looked for as seldom as in a running node: by Python's own setting one look through all that
10,000 events are made of, 300 ms, falls into one answer in a hundred.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import trio

from p2pevents.log.protocol import Arrival
from p2pevents.log.sqlite import SqliteLog
from p2pevents.node.desk import Desk
from p2pevents.node.home import Home
from p2pevents.record.draft.lists import DigestDraft
from p2pevents.record.values import LISTED_MAX
from p2pevents.web.app import application
from p2pevents.web.doorkeeper import Doorkeeper
from p2pevents.web.live import Live
from p2pevents.web.shelf import Shelf
from tests.bench.bench_bulk_sync import collect_as_the_daemon_does
from tests.bench.goal import percentile, say
from tests.bench.made import NOW_MS, Chapter, home_of_events

ROUNDS = 25
WINDOWS = 64
DIGEST_MS = 20 * 24 * 60 * 60 * 1000
PORT = 1
ADDRESSES = {
    "/": "the agenda page",
    "/?q=library": "a search on the page",
    "/month": "the month",
    "/events.json": "/events.json",
    "/feed.atom": "/feed.atom",
    "/feed.ics": "/feed.ics",
}
Times = dict[str, list[float]]
LIMIT_MS, FEED_LIMIT_MS, FIRST_LIMIT_MS = 200.0, 20.0, 500.0


async def ask(app: Any, address: str) -> tuple[int, int]:
    """Return status and bytes of an answer."""
    path, _, query = address.partition("?")
    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": "GET",
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": [(b"host", f"127.0.0.1:{PORT}".encode())],
        "server": ("127.0.0.1", PORT),
        "client": ("127.0.0.1", 2),
    }
    status, size = 0, 0

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        nonlocal status, size
        status = message.get("status", status)
        size += len(message.get("body", b""))

    await app(scope, receive, send)
    return status, size


def say_what_is_planned(home: Home, log: SqliteLog, chapters: list[Chapter]) -> None:
    """Write each chapter's digest."""
    now_ms = int(time.time() * 1000)
    desk = Desk(home=home, log=log, now_ms=lambda: now_ms)
    for chapter in chapters:
        id_ = chapter.genesis.chapter
        draft = DigestDraft.from_versions(
            (each.header for each in desk.reader.listed(id_)[:LISTED_MAX]),
            tip=chapter.genesis.id,
            until_ms=now_ms + DIGEST_MS,
        )
        digest = chapter.say("digest", ("digest",), dict(draft.changes), now_ms)
        log.append([Arrival(item=digest)], now_ms=now_ms)


async def first_page(app: Any, shelf: Shelf, events: int) -> None:
    """Say what the first page after a start takes, and what is made behind it."""
    acts: dict[str, Callable[[], Awaitable[object]]] = {
        "the first page": partial(ask, app, "/"),
        "all that is read behind it": shelf.wait_for_all,
        "the first ICS feed, made beside the pages": partial(ask, app, "/feed.ics"),
    }
    for title, act in acts.items():
        began = time.process_time()
        await act()
        limit = FIRST_LIMIT_MS if title == "the first page" else None
        took_ms = 1000 * (time.process_time() - began)
        say(f"{title} of {events} events, processor time", took_ms, limit, unit="ms")


async def measure(folder: Path, events: int) -> None:
    today = datetime.now(UTC).date()
    home, chapters = home_of_events(folder, events, first=today, days=400)
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    shelf = Shelf(home, now_ms=lambda: int(time.time() * 1000))
    keeper = Doorkeeper(now_ms=shelf.now_ms)
    app = application(shelf, Live(shelf), port=PORT, doorkeeper=keeper)
    beside = SqliteLog(home.log)
    say_what_is_planned(home, beside, chapters)
    async with trio.open_nursery() as nursery:
        nursery.start_soon(shelf.keep_up)
        await first_page(app, shelf, events)
        await measure_rounds(app, beside, chapters, today, events)
        after_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        print(f"memory of the pages: {(after_kib - before_kib) / 1024:.0f} MiB")
        await measure_windows(app, today, after_kib)
        nursery.cancel_scope.cancel()
    beside.close()
    shelf.close()


async def measure_rounds(
    app: Any, beside: SqliteLog, chapters: list[Chapter], today: date, events: int
) -> None:
    """Change one event before each page, and say how long each takes."""
    took: Times = {address: [] for address in ADDRESSES}
    kept: Times = {address: [] for address in ADDRESSES}
    worked: Times = {address: [] for address in ADDRESSES}
    for number in range(ROUNDS + 1):
        for place, address in enumerate(ADDRESSES):
            clock = NOW_MS + 1 + number * len(ADDRESSES) + place
            text = f"A changed evening in the library, told for the time number {clock}"
            day = today + timedelta(days=number)
            chapter = chapters[number % len(chapters)]
            changed = chapter.event(number, day, text, clock=clock)
            beside.append([Arrival(item=changed)], now_ms=NOW_MS)
            for times in (took, kept):
                began, began_work = time.perf_counter(), time.process_time()
                status, size = await ask(app, address)
                spent_ms = 1000 * (time.perf_counter() - began)
                worked_ms = 1000 * (time.process_time() - began_work)
                assert status == 200, (address, status)
                assert size > 1000, (address, size)
                if number:
                    times[address].append(spent_ms)
                if number and times is took:
                    worked[address].append(worked_ms)
        if not number:
            print("first round done", flush=True)
    for address, title in ADDRESSES.items():
        p95 = percentile(took[address], 95)
        work_ms, work_p95 = statistics.median(worked[address]), percentile(worked[address], 95)
        print(
            f"{address:14} one changed: median {statistics.median(took[address]):7.1f} ms, "
            f"p95 {p95:7.1f}; processor median {work_ms:6.1f}, p95 {work_p95:6.1f}; "
            f"nothing changed: {statistics.median(kept[address]):6.1f} ms"
        )
        say(f"{title} of {events} events, one changed, p95", p95, LIMIT_MS, unit="ms")
    ics = statistics.median(worked["/feed.ics"])
    title = f"ICS feed of {events} events, one changed, processor time"
    say(title, ics, FEED_LIMIT_MS, unit="ms")


async def measure_windows(app: Any, today: date, after_kib: int) -> None:
    """Ask for wide windows, and print what they take of memory."""
    for number in range(WINDOWS):
        first = today + timedelta(days=number)
        await ask(app, f"/?from={first}&to={today + timedelta(days=399)}")
        await ask(app, f"/events.json?from={first}&to={today + timedelta(days=399)}")
    wide_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(f"and of {WINDOWS} wide windows more: {(wide_kib - after_kib) / 1024:.0f} MiB")


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    collect_as_the_daemon_does()
    with tempfile.TemporaryDirectory() as name:
        trio.run(measure, Path(name), events)


if __name__ == "__main__":
    main()
