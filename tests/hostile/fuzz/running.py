"""One input against one target, and many of them: what came of it, and what was never seen before.

What was never seen before is another exception, rule or line that raised it: such inputs are
kept, and mutants are made of them too. So the fuzzer finds its way in without counting lines.
"""

from __future__ import annotations

import signal
import time
import traceback
from base64 import b64decode, b64encode
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from p2pevents.errors import P2PEventsError
from tests.hostile.fuzz.mutants import mutant_of
from tests.hostile.fuzz.target import Target

CORPUS = Path(__file__).parents[1] / "corpus"
KEPT_MAX = 60  # inputs of one target, in the repository
KEPT_BYTES_MAX = 2048
HANGS_S = 5  # what takes so long hangs


class HangError(Exception):
    """An input that keeps a decoder busy."""


@dataclass(slots=True)
class Tally:
    """What came of a run.

    Attributes:
        target: which decoder.
        tried: how many inputs.
        outcomes: how many ended how.
        findings: inputs that ended as none may, and how.
        slowest_s: the longest that one took.
    """

    target: str
    tried: int = 0
    outcomes: Counter[str] = field(default_factory=Counter)
    findings: list[tuple[bytes, str]] = field(default_factory=list)
    slowest_s: float = 0.0

    @property
    def taken(self) -> int:
        return sum(count for outcome, count in self.outcomes.items() if outcome.startswith("ok"))


@contextmanager
def hangs_end() -> Iterator[None]:
    def on_alarm(_signal: int, _frame: object) -> None:
        raise HangError(f"took more than {HANGS_S} s")

    before = signal.signal(signal.SIGALRM, on_alarm)
    signal.alarm(HANGS_S)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def outcome_of(target: Target, data: bytes) -> tuple[str, str]:
    """Return how an input ended, and where: empty for a finding is nothing but honest."""
    try:
        with hangs_end():
            found = target.check(data)
    except target.refuses as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        rule = getattr(error, "rule", type(error).__name__)
        return f"refused {rule} {Path(last.filename).name}:{last.lineno}", ""
    except (Exception, HangError) as error:  # noqa: BLE001 - which it may be is the question
        if isinstance(error, P2PEventsError):
            return "", f"{type(error).__name__}, which is not for this: {error}"
        return "", "".join(traceback.format_exception(error)[-6:])
    return f"ok {type(found).__name__}", ""


def corpus_of(target: Target) -> list[bytes]:
    """Return the inputs that are kept in the repository."""
    path = CORPUS / f"{target.name}.txt"
    if not path.exists():
        return []
    return [b64decode(line.split(" ")[-1]) for line in path.read_text("ascii").splitlines() if line]


def keep(target: Target, inputs: dict[str, bytes]) -> None:
    """Write the corpus anew: the shortest inputs, an outcome each."""
    short = sorted((data, said) for said, data in inputs.items() if len(data) <= KEPT_BYTES_MAX)
    short.sort(key=lambda pair: len(pair[0]))
    lines = sorted(f"{said} {b64encode(data).decode()}" for data, said in short[:KEPT_MAX])
    CORPUS.mkdir(exist_ok=True)
    (CORPUS / f"{target.name}.txt").write_text("\n".join(lines) + "\n", "ascii")


def replay(target: Target, inputs: list[bytes], tally: Tally, seen: dict[str, bytes]) -> None:
    """Try inputs one by one, and remember the shortest of each outcome."""
    for data in inputs:
        began_s = time.perf_counter()
        outcome, finding = outcome_of(target, data)
        tally.slowest_s = max(tally.slowest_s, time.perf_counter() - began_s)
        tally.tried += 1
        if finding:
            tally.findings.append((data, finding))
            continue
        tally.outcomes[outcome] += 1
        if outcome not in seen or len(data) < len(seen[outcome]):
            seen[outcome] = data


def fuzz(
    target: Target,
    *,
    seed: int,
    seconds: float = float("inf"),
    count: int = 2**62,
    findings_max: int = 5,
) -> tuple[Tally, dict[str, bytes]]:
    """Try seeds, corpus, then mutants of them, until time or count is up, or enough was found.

    Returns:
        What came of it, and the shortest input of each outcome.
    """
    rng = Random(seed)
    tally, seen = Tally(target=target.name), dict[str, bytes]()
    replay(target, [b"", *target.seeds(), *corpus_of(target)], tally, seen)
    pool = [*target.seeds(), *seen.values()]
    known, until_s = set(seen), time.monotonic() + seconds
    while tally.tried < count and len(tally.findings) < findings_max:
        if tally.tried % 16 == 0 and time.monotonic() >= until_s:
            break
        data = mutant_of(pool, rng, bytes_max=target.bytes_max, cbor_at=target.cbor_at)
        replay(target, [data], tally, seen)
        for outcome in seen.keys() - known:
            pool.append(seen[outcome])
            known.add(outcome)
    return tally, seen
