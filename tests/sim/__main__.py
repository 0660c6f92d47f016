"""`python -m tests.sim --seed N`: play one day again, and print what happens when."""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import fields

from tests.sim.story import Story, play


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.sim", description=__doc__)
    parser.add_argument("--quiet", action="store_true", help="print no trace")
    parser.add_argument("--count", type=int, default=1, help="so many seeds from --seed on")
    for each in fields(Story):
        kind = float if each.name in {"hours", "loss"} else int
        default = 1 if each.name == "seed" else each.default
        parser.add_argument(f"--{each.name}", type=kind, default=default)
    asked = vars(parser.parse_args())
    quiet, count, first = asked.pop("quiet"), asked.pop("count"), asked.pop("seed")
    failed = 0
    for seed in range(first, first + count):
        story = Story(seed=seed, **asked)
        began_s = time.monotonic()
        played = play(story, on_happening=None if quiet else print)
        print(
            f"{story.command}: {played.records} items, {played.compared} comparisons, "
            f"{played.bytes_ratio:.1f} times their bytes sent, "
            f"{played.simulation.happened} steps in {time.monotonic() - began_s:.1f} s: "
            + (f"{len(played.breaches)} BREACHES" if played.breaches else "all holds"),
            flush=True,
        )
        for breach in played.breaches:
            print(f"  {breach}")
        failed += bool(played.breaches)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.stdout.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        sys.exit(main())
    except BrokenPipeError:  # `| head` has seen enough
        os._exit(0)
