"""`python -m tests.hostile.fuzz --seconds N [--target NAME] [--seed N] [--keep] [--json]`."""

from __future__ import annotations

import argparse
import json
import sys
import time

from tests.hostile.fuzz.running import fuzz, keep
from tests.hostile.fuzz.targets import TARGETS


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.hostile.fuzz")
    parser.add_argument("--seconds", type=float, default=10.0, help="for each target")
    parser.add_argument("--target", choices=sorted(TARGETS), action="append")
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--keep", action="store_true", help="write the corpus anew")
    parser.add_argument("--json", action="store_true", help="an object a line")
    asked = parser.parse_args()
    found = 0
    for name in asked.target or TARGETS:
        tally, seen = fuzz(TARGETS[name], seed=asked.seed, seconds=asked.seconds)
        if asked.keep:
            keep(TARGETS[name], seen)
        found += len(tally.findings)
        said = {
            "target": name,
            "seed": asked.seed,
            "tried": tally.tried,
            "taken": tally.taken,
            "outcomes": len(tally.outcomes),
            "slowest_ms": round(tally.slowest_s * 1000, 1),
            "findings": len(tally.findings),
        }
        if asked.json:
            print(json.dumps(said), flush=True)
        else:
            print(" ".join(f"{key}={value}" for key, value in said.items()), flush=True)
        for data, finding in tally.findings:
            print(f"--- {len(data)} bytes: {data[:300]!r}\n{finding}", file=sys.stderr, flush=True)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
