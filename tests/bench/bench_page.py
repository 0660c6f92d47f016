"""How long pages and feeds of 10,000 events take to be made, at the 95th percentile.

    python -m tests.bench.bench_page [EVENTS]

The application itself is asked, by ASGI: no socket, no browser. Each round changes one event
before it asks for every address, so that nothing can be served as it was.
"""

from __future__ import annotations

import resource
import statistics
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import trio

from p2pevents.log.protocol import Arrival
from p2pevents.log.sqlite import SqliteLog
from p2pevents.web.app import application
from p2pevents.web.doorkeeper import Doorkeeper
from p2pevents.web.live import Live
from p2pevents.web.shelf import Shelf
from tests.bench.goal import percentile, say
from tests.bench.made import NOW_MS, home_of_events

ROUNDS = 11
PORT = 1
ADDRESSES = {
    "/": "the agenda page",
    "/?q=library": "a search on the page",
    "/month": "the month",
    "/events.json": "/events.json",
    "/feed.atom": "/feed.atom",
    "/feed.ics": "/feed.ics",
}
LIMIT_MS, FEED_LIMIT_MS = 200.0, 20.0


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


async def measure(folder: Path, events: int) -> None:
    today = datetime.now(UTC).date()
    home, chapters = home_of_events(folder, events, first=today, days=400)
    before_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    shelf = Shelf(home, now_ms=lambda: int(time.time() * 1000))
    keeper = Doorkeeper(now_ms=shelf.now_ms)
    app = application(shelf, Live(shelf), port=PORT, doorkeeper=keeper)
    beside = SqliteLog(home.log)
    took: dict[str, list[float]] = {address: [] for address in ADDRESSES}
    kept: dict[str, list[float]] = {address: [] for address in ADDRESSES}
    for number in range(ROUNDS + 1):
        for place, address in enumerate(ADDRESSES):
            clock = NOW_MS + 1 + number * len(ADDRESSES) + place
            text = f"A changed evening in the library, told for the time number {clock}"
            day = today + timedelta(days=number)
            chapter = chapters[number % len(chapters)]
            changed = chapter.event(number, day, text, clock=clock)
            beside.append([Arrival(item=changed)], now_ms=NOW_MS)
            for times in (took, kept):
                began = time.perf_counter()
                status, size = await ask(app, address)
                spent_ms = 1000 * (time.perf_counter() - began)
                assert status == 200, (address, status)
                assert size > 1000, (address, size)
                if number:
                    times[address].append(spent_ms)
        if not number:
            print("first round done", flush=True)
    after_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for address, title in ADDRESSES.items():
        p95 = percentile(took[address], 95)
        print(
            f"{address:14} one changed: median {statistics.median(took[address]):7.1f} ms, "
            f"p95 {p95:7.1f}; nothing changed: {statistics.median(kept[address]):6.1f} ms"
        )
        say(f"{title} of {events} events, one changed, p95", p95, LIMIT_MS, unit="ms")
    ics = statistics.median(took["/feed.ics"])
    say(f"ICS feed of {events} events, one changed", ics, FEED_LIMIT_MS, unit="ms")
    print(f"memory of the pages: {(after_kib - before_kib) / 1024:.0f} MiB")
    beside.close()
    shelf.close()


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    with tempfile.TemporaryDirectory() as name:
        trio.run(measure, Path(name), events)


if __name__ == "__main__":
    main()
