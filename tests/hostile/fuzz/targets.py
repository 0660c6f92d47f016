"""All that is fuzzed, by name."""

from __future__ import annotations

from tests.hostile.fuzz.of_peers import PEERS
from tests.hostile.fuzz.of_people import PEOPLE
from tests.hostile.fuzz.of_records import RECORDS
from tests.hostile.fuzz.target import Target

TARGETS: dict[str, Target] = {target.name: target for target in (*RECORDS, *PEERS, *PEOPLE)}
