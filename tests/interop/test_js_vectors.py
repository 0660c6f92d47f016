"""A reader written in JavaScript, from docs/spec alone, judges the golden vectors as we do."""

import subprocess
from pathlib import Path

import pytest

from tests.interop.js_peer import JS, NODE, needs_js

VECTORS = Path(__file__).parents[1] / "vectors"
JUDGE_S_MAX = 60

# docs/spec/kinds.md, which says what a value looks like, is not written again in JavaScript.
NOT_ASKED = {"void-value", "void-path"}

pytestmark = needs_js


@pytest.mark.parametrize("folder", ["cbor", "header", "signature", "envelope", "body"])
def test_every_vector_is_judged_alike_in_another_language(folder: str) -> None:
    """CBOR-1 to CBOR-8, REC-1 to REC-7, REC-11 to REC-21: by the same rules."""
    done = subprocess.run(
        [str(NODE), JS / "judge_vectors.mjs", VECTORS / folder],
        capture_output=True,
        text=True,
        timeout=JUDGE_S_MAX,
        check=True,
    )
    judged = dict(line.split(" ") for line in done.stdout.splitlines())
    expected = {}
    for path in (VECTORS / folder).glob("*.txt"):
        first = path.read_text("ascii").partition("\n")[0]
        expected[path.stem] = first.removeprefix("expect: ").removeprefix("reject ")
    asked = {name for name, rule in expected.items() if rule not in NOT_ASKED}
    assert judged.keys() == expected.keys()
    assert {name: judged[name] for name in asked} == {name: expected[name] for name in asked}
