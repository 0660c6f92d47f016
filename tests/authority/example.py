"""The example of docs/spec/charter.md, made by the code; run it to write the page anew.

python -m tests.authority.example
"""

import re
from functools import cache
from pathlib import Path
from textwrap import wrap

from p2pevents.authority import Chain, found, grant_of, succeed
from p2pevents.record.authority_kinds import Keep
from p2pevents.record.entry import Entry, Lead, seal_entry
from p2pevents.record.envelope import body_hash, seal
from p2pevents.record.header import Header
from p2pevents.record.ids import PublicKey, RecordId
from p2pevents.record.signature import public_key_of

PAGE = Path(__file__).parents[2] / "docs" / "spec" / "charter.md"
BLOCK = re.compile(r"<!-- hex: (\w+) -->\n(?:\n(?:    [0-9a-f]+\n)+)?")


def seed(number: int) -> bytes:
    return bytes([number]) * 32


def key(number: int) -> PublicKey:
    return public_key_of(seed(number))


def example_keep(genesis: Entry) -> tuple[bytes, RecordId]:
    """Return the body of the keep record and the record's id."""
    body = Keep(ids=(RecordId(seed(9)),)).encode()
    header = Header(
        kind="keep",
        chapter=genesis.chapter,
        path=("keep",),
        author=key(2),
        authority=RecordId(genesis.id),
        clock=1_700_000_000_000,
        body_hash=body_hash(body),
        body_bytes=len(body),
    )
    return body, seal(header, body, seed=seed(2)).id


@cache
def example() -> dict[str, bytes]:
    genesis = found(charter_seed=seed(1), daily_seed=seed(2), salt=bytes([8]) * 16)
    chain = Chain(genesis)
    first, other = Lead(charter=key(1), daily=key(2)), Lead(charter=key(3), daily=key(4))
    second = seal_entry(
        succeed(chain, after=[genesis.id], leads=[first, other], guardians=[key(5), key(6)], k=2),
        seeds=[seed(1), seed(3)],
    )
    chain.offer(second)
    keep, keep_id = example_keep(genesis)
    third = seal_entry(
        succeed(chain, after=[second.id], leads=[first], keeps=[keep_id]), seeds=[seed(1), seed(3)]
    )
    grant = grant_of("translator", key=key(7), languages=["fr"], until=1_800_000_000_000)
    return {
        "genesis": genesis.envelope,
        "chapter": genesis.chapter,
        "second": second.envelope,
        "third": third.envelope,
        "grant": grant.encode(),
        "keep": keep,
    }


def written(name: str) -> str:
    lines = "".join(f"    {line}\n" for line in wrap(example()[name].hex(), 96))
    return f"<!-- hex: {name} -->\n\n{lines}"


def rewritten(page: str) -> str:
    """Return the page with every block of hex as the code makes it."""
    return BLOCK.sub(lambda match: written(match[1]), page)


if __name__ == "__main__":
    PAGE.write_text(rewritten(PAGE.read_text()))
