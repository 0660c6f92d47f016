"""A COSE library written in JavaScript takes our envelopes: REC-1, REC-2.

Nothing is installed here: `npm ci --ignore-scripts --prefix tests/js` does,
where Node.js is at hand; without it the test skips.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from p2pevents.record.envelope import open_envelope
from tests.record.vectors import FOLDER, read

JS = Path(__file__).parents[1] / "js"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(
    NODE is None or not (JS / "node_modules" / "@auth0" / "cose").exists(),
    reason="needs Node.js and what docs/spec/vectors.md says",
)


def verify(key: bytes, envelope: bytes, external: bytes) -> str | None:
    """Return the payload in hexadecimal that the library reads; None where it refuses."""
    done = subprocess.run(
        [str(NODE), JS / "cose_verify.mjs", key.hex(), envelope.hex(), external.hex()],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode in (0, 1)
    return done.stdout.strip() if done.returncode == 0 else None


def test_a_cose_library_takes_an_envelope_as_it_is() -> None:
    """REC-1, REC-2: untagged, with the name of the protocol as external data."""
    _, (envelope, body) = read(FOLDER / "envelope" / "ok.txt")
    header = open_envelope(envelope, body).header
    assert verify(header.author, envelope, b"p2pevents/1/record") == header.encoded.hex()
    assert verify(header.author, envelope, b"") is None
    assert verify(header.author, envelope, b"p2pevents/1/entry") is None
    for name in ("signature-bit", "signature-of-another"):
        _, (forged,) = read(FOLDER / "envelope" / f"{name}.txt")
        assert verify(header.author, forged, b"p2pevents/1/record") is None
