"""How long `p2pevents agenda` takes on 10,000 events, beside a Python process that does nothing.

    python -m tests.bench.bench_agenda [EVENTS]

Processor time of whole processes, in interleaved rounds. All events lie within the next 400
days, which is the harder case, and then over eleven years.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from tests.bench.goal import cpu_s, medians, own_python, say
from tests.bench.made import home_of_events

ROUNDS = 7
FORBIDDEN = ("trio", "libp2p", "numpy", "icalendar", "rich", "babel", "multiaddr", "nacl")
LIBRARIES = "import click, sqlite3, cbor2, nacl.bindings, msgspec"


def loaded_by(arguments: list[str]) -> list[str]:
    """Return which modules that an agenda needs none of it loads."""
    program = (
        "import sys\nfrom p2pevents.cli.main import main\n"
        f"try:\n    main({arguments!r})\nexcept SystemExit:\n    pass\n"
        f"print([each for each in {FORBIDDEN!r} if each in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(own_python("-c", program), check=True, capture_output=True, text=True)
    words = done.stderr.strip().splitlines()[-1]
    return [each for each in FORBIDDEN if repr(each) in words]


def main() -> None:
    events = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    today = datetime.now(UTC).date()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        empty = folder / "empty"
        empty.mkdir()
        year, decade = folder / "year", folder / "decade"
        home_of_events(year, events, first=today, days=400)
        home_of_events(decade, events, first=today - timedelta(days=3600), days=4000)
        program = own_python("-m", "p2pevents.cli", "--json", "--home")
        cases = {
            "bare": own_python("-c", "pass"),
            "libraries": own_python("-c", LIBRARIES),
            "empty": [*program, str(empty), "agenda"],
            "year": [*program, str(year), "agenda"],
            "decade": [*program, str(decade), "agenda"],
            "twenty": [*program, str(year), "agenda", "--limit", "20"],
            "table": [each for each in [*program, str(year), "agenda"] if each != "--json"],
        }
        found = medians({key: partial(cpu_s, case) for key, case in cases.items()}, rounds=ROUNDS)
        bare = found["bare"]
        for key, value in found.items():
            print(f"{key:10} {1000 * value:7.1f} ms  {value / bare:5.2f} x bare")
        say(f"agenda, next 200 of {events} events / bare Python", found["year"] / bare, 8)
        say("agenda, events over 11 years / bare Python", found["decade"] / bare, 8)
        say("agenda on an empty home / bare Python", found["empty"] / bare, 8)
        modules = loaded_by(["--json", "--home", str(year), "agenda"])
        print("loaded and not needed:", modules or "nothing")
        say("agenda: heavy modules loaded", len(modules), 0)


if __name__ == "__main__":
    main()
