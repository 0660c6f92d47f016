"""The vectors in tests/vectors/entry and tests/vectors/act; run it to write them anew.

    python -m tests.authority.vectors

A file says what to expect of its last block of hex. In `entry`, the first block
is an entry, or a genesis whose chain the others are offered to in order. In
`act`, the one block is a body; the file's name begins with the kind.
"""

from pathlib import Path
from textwrap import wrap

import cbor2

from tests.authority.chain_vectors import chains
from tests.authority.people import Person, key_of, seed_of
from tests.authority.raw import (
    GUARDIANS,
    LOW_ORDER,
    A,
    B,
    Map,
    Vector,
    dumps,
    genesis,
    later,
    raw_entry,
    without,
)

FOLDER = Path(__file__).parents[1] / "vectors"


def leads_of(count: int) -> list[list[bytes]]:
    people = [Person(f"lead {number}") for number in range(count)]
    return sorted([person.lead.charter, person.lead.daily] for person in people)


def ids(count: int) -> list[bytes]:
    return [number.to_bytes(32, "big") for number in range(1, count + 1)]


def snapshots() -> dict[str, tuple[str, Map]]:
    """Return snapshots by name, each with what to expect of it under one good signature."""
    pair = [A.lead.charter, A.lead.daily]
    spare = Person("b").lead
    refuse = "reject "
    wide = {"leads": leads_of(7), "guardians": GUARDIANS, "k": 7}
    return {
        "ok-genesis": ("ok", genesis()),
        "ok-genesis-refused": ("ok", genesis(guardians=[], k=0, refused=True)),
        "ok-genesis-one-guardian": ("ok", genesis(guardians=GUARDIANS[:1], k=1, refused=True)),
        "ok-genesis-at-limits": ("ok", genesis(**wide)),
        "ok-later": ("ok", later()),
        "ok-later-at-limits": (
            "ok",
            later(**wide, removed=ids(28), keeps=ids(20)) | {"prev": ids(2), "seq": 1023},
        ),
        "ok-recovery": ("ok", later(recovery=True)),
        "shape-array": (refuse + "entry-shape", {}),
        "fields-missing": (refuse + "entry-fields", without(genesis(), "keeps")),
        "fields-unknown": (refuse + "entry-fields", genesis(name="x")),
        "fields-all": (
            refuse + "entry-chapter",
            genesis(chapter=bytes(32), refused=True, recovery=True),
        ),
        "version-0": (refuse + "entry-version", genesis(v=0)),
        "version-2": (refuse + "entry-version", genesis(v=2)),
        "version-true": (refuse + "entry-version", genesis(v=True)),
        "seq-1024": (refuse + "entry-seq", later() | {"seq": 1024}),
        "seq-negative": (refuse + "entry-seq", later() | {"seq": -1}),
        "seq-true": (refuse + "entry-seq", later() | {"seq": True}),
        "prev-three": (refuse + "entry-prev", later() | {"prev": ids(3)}),
        "prev-twice": (refuse + "entry-prev", later() | {"prev": [bytes(32)] * 2}),
        "prev-short": (refuse + "entry-prev", later() | {"prev": [bytes(31)]}),
        "prev-long": (refuse + "entry-prev", later() | {"prev": [bytes(33)]}),
        "prev-none": (refuse + "entry-prev", later() | {"prev": []}),
        "prev-text": (refuse + "entry-prev", later() | {"prev": "x"}),
        "prev-of-genesis": (refuse + "entry-prev", genesis(prev=[bytes(32)])),
        "leads-none": (refuse + "entry-leads", genesis(leads=[])),
        "leads-eight": (refuse + "entry-leads", genesis(leads=leads_of(8))),
        "leads-order": (refuse + "entry-leads", genesis(leads=leads_of(3)[::-1])),
        "leads-one-key": (refuse + "entry-leads", genesis(leads=[pair[:1]])),
        "leads-three-keys": (refuse + "entry-leads", genesis(leads=[[*pair, pair[1]]])),
        "leads-short-key": (refuse + "entry-leads", genesis(leads=[[pair[0], bytes(31)]])),
        "leads-long-key": (refuse + "entry-leads", genesis(leads=[[pair[0], bytes(33)]])),
        "guardians-ten": (
            refuse + "entry-guardians",
            genesis(guardians=sorted([*GUARDIANS, spare.daily])),
        ),
        "guardians-order": (
            refuse + "entry-guardians",
            genesis(guardians=GUARDIANS[:2][::-1]),
        ),
        "removed-29": (refuse + "entry-removed", later(removed=ids(29))),
        "removed-order": (refuse + "entry-removed", later(removed=ids(2)[::-1])),
        "removed-and-named": (refuse + "entry-removed", later(removed=[A.lead.daily])),
        "removed-and-guardian": (refuse + "entry-removed", later(removed=[GUARDIANS[0]])),
        "removed-by-genesis": (refuse + "entry-removed", genesis(removed=ids(1))),
        "keeps-21": (refuse + "entry-keeps", later(keeps=ids(21))),
        "keeps-of-genesis": (refuse + "entry-removed", genesis(keeps=ids(1))),
        "k-zero": (refuse + "entry-k", genesis(k=0)),
        "k-three-of-two": (refuse + "entry-k", genesis(k=3)),
        "k-eight": (refuse + "entry-k", genesis(guardians=GUARDIANS, k=8)),
        "k-without-guardians": (refuse + "entry-k", genesis(guardians=[], k=1, refused=True)),
        "key-low-order": (refuse + "entry-key", genesis(leads=[[pair[0], LOW_ORDER]])),
        "key-low-order-guardian": (
            refuse + "entry-key",
            genesis(guardians=sorted([LOW_ORDER, GUARDIANS[0]])),
        ),
        "roles-charter-is-daily": (refuse + "entry-roles", genesis(leads=[pair[:1] * 2])),
        "roles-two-leads-one-daily": (
            refuse + "entry-roles",
            genesis(leads=sorted([pair, [spare.charter, pair[1]]])),
        ),
        "roles-lead-is-guardian": (
            refuse + "entry-roles",
            genesis(guardians=sorted([pair[1], GUARDIANS[0]])),
        ),
        "salt-missing": (refuse + "entry-salt", without(genesis(), "salt")),
        "salt-short": (refuse + "entry-salt", genesis(salt=bytes(15))),
        "salt-long": (refuse + "entry-salt", genesis(salt=bytes(17))),
        "salt-null": (refuse + "entry-salt", later(salt=None)),
        "salt-later": (refuse + "entry-salt", later(salt=bytes(16))),
        "chapter-missing": (refuse + "entry-chapter", without(later(), "chapter")),
        "chapter-null": (refuse + "entry-chapter", genesis(chapter=None)),
        "chapter-of-genesis": (refuse + "entry-chapter", genesis(chapter=bytes(32))),
        "refused-unsaid": (refuse + "entry-refused", genesis(guardians=[], k=0)),
        "refused-needlessly": (refuse + "entry-refused", genesis(refused=True)),
        "refused-false": (refuse + "entry-refused", genesis(refused=False)),
        "refused-later": (refuse + "entry-refused", later(refused=True)),
        "recovery-one": (refuse + "entry-recovery", later(recovery=1)),
        "recovery-of-genesis": (refuse + "entry-recovery", genesis(recovery=True)),
        "recovery-of-two": (
            refuse + "entry-recovery",
            later(recovery=True) | {"prev": ids(2)},
        ),
    }


def envelopes() -> dict[str, Vector]:
    """Return entries that are wrong around the snapshot, or in its encoding."""
    snapshot = dumps(genesis())
    good = raw_entry(snapshot, [A.charter, B.charter])
    pairs = cbor2.loads(good)[1]
    key, signature = pairs[0]
    many = [seed_of(f"signer {number}") for number in range(15)]
    altered = [key, bytes([signature[0] ^ 1]) + signature[1:]]
    return {
        "ok-fourteen-signatures": ("ok", [raw_entry(snapshot, many[:14])]),
        "signatures-fifteen": ("reject entry-signatures", [raw_entry(snapshot, many)]),
        "signatures-none": ("reject entry-signatures", [dumps([snapshot, []])]),
        "signatures-order": ("reject entry-signatures", [dumps([snapshot, pairs[::-1]])]),
        "signatures-twice": ("reject entry-signatures", [dumps([snapshot, [pairs[0]] * 2])]),
        "signatures-alone": ("reject entry-signatures", [dumps([snapshot, [[key]]])]),
        "signatures-text": ("reject entry-signatures", [dumps([snapshot, [[key, "x"]]])]),
        "signatures-short": (
            "reject entry-signatures",
            [dumps([snapshot, [[key, signature[:63]]]])],
        ),
        **{
            f"signatures-{name}": ("reject entry-signatures", [dumps([snapshot, [pair]])])
            for name, pair in {
                "three": [key, signature, signature],
                "long": [key, signature + b"x"],
                "short-key": [key[:31], signature],
                "long-key": [key + b"x", signature],
                "text-key": ["x" * 32, signature],
                "text-signature": [key, "x" * 64],
            }.items()
        },
        "signature-altered": ("reject entry-signature", [dumps([snapshot, [altered]])]),
        "signature-of-another": (
            "reject entry-signature",
            [dumps([snapshot, [[pairs[1][0], signature]]])],
        ),
        "signature-low-order": (
            "reject entry-signature",
            [dumps([snapshot, [[LOW_ORDER, bytes(64)]]])],
        ),
        "shape-one": ("reject entry-shape", [dumps([snapshot])]),
        "shape-three": ("reject entry-shape", [dumps([snapshot, pairs, pairs])]),
        "shape-map": ("reject entry-shape", [dumps({"snapshot": snapshot})]),
        "shape-snapshot-unwrapped": ("reject entry-shape", [dumps([genesis(), pairs])]),
        "shape-signatures-map": ("reject entry-shape", [dumps([snapshot, {}])]),
        "cbor-trailing": ("reject cbor-trailing", [good + b"\xf6"]),
        "cbor-bytes": ("reject cbor-bytes", [dumps([bytes(4093), []])]),
        "cbor-snapshot-bytes": (
            "reject cbor-bytes",
            [raw_entry(dumps(genesis(guardians=[bytes(2700)])), [A.charter])],
        ),
        "cbor-snapshot-order": (
            "reject cbor-order",
            [raw_entry(cbor2.dumps(genesis()), [A.charter])],
        ),
    }


def acts() -> dict[str, Vector]:
    key = key_of("delegate 1")
    grant: Map = {"key": key, "path": [], "kinds": ["event"]}
    revoke: Map = {"key": key, "keeps": []}
    many = [f"{letter}{other}" for letter in "abcdef" for other in "ghijkl"]
    full = grant | {
        "path": ["e", "s", "t", "u"],
        "kinds": many[:16],
        "fields": many[:32],
        "until": 2**53 - 1,
        "role": "r" * 16,
    }
    cases: dict[str, tuple[str, object]] = {
        "grant-ok": ("ok", grant),
        "grant-ok-all-kinds": ("ok", grant | {"kinds": ["*"]}),
        "grant-ok-at-limits": ("ok", full),
        "grant-ok-a-language": ("ok", grant | {"fields": ["localizations/zh-Hans-CN"]}),
        "grant-array": ("reject grant-shape", []),
        "grant-missing": ("reject grant-shape", without(grant, "path")),
        "grant-unknown": ("reject grant-shape", grant | {"name": "x"}),
        "grant-key-low-order": ("reject grant-key", grant | {"key": LOW_ORDER}),
        "grant-key-text": ("reject grant-key", grant | {"key": "x"}),
        "grant-path-five": ("reject grant-path", grant | {"path": list("abcde")}),
        "grant-path-form": ("reject grant-path", grant | {"path": ["A"]}),
        "grant-path-text": ("reject grant-path", grant | {"path": "e"}),
        "grant-kinds-none": ("reject grant-kinds", grant | {"kinds": []}),
        "grant-kinds-text": ("reject grant-kinds", grant | {"kinds": "event"}),
        "grant-kinds-numbers": ("reject grant-kinds", grant | {"kinds": [1]}),
        "grant-kinds-seventeen": ("reject grant-kinds", grant | {"kinds": many[:17]}),
        "grant-kinds-order": ("reject grant-kinds", grant | {"kinds": ["b", "a"]}),
        "grant-kinds-twice": ("reject grant-kinds", grant | {"kinds": ["a", "a"]}),
        "grant-kinds-form": ("reject grant-kinds", grant | {"kinds": ["Event"]}),
        "grant-kinds-all-and-one": ("reject grant-kinds", grant | {"kinds": ["*", "event"]}),
        "grant-kinds-grant": ("reject grant-kinds", grant | {"kinds": ["grant"]}),
        "grant-kinds-keep": ("reject grant-kinds", grant | {"kinds": ["event", "keep"]}),
        "grant-fields-none": ("reject grant-fields", grant | {"fields": []}),
        "grant-fields-null": ("reject grant-fields", grant | {"fields": None}),
        "grant-fields-33": ("reject grant-fields", grant | {"fields": many[:33]}),
        "grant-fields-form": ("reject grant-fields", grant | {"fields": ["a/b/c"]}),
        "grant-until-negative": ("reject grant-until", grant | {"until": -1}),
        "grant-until-null": ("reject grant-until", grant | {"until": None}),
        "grant-until-true": ("reject grant-until", grant | {"until": True}),
        "grant-role-long": ("reject grant-role", grant | {"role": "r" * 17}),
        "grant-role-null": ("reject grant-role", grant | {"role": None}),
        "revoke-ok": ("ok", revoke),
        "revoke-ok-at-limits": ("ok", revoke | {"keeps": ids(20)}),
        "revoke-array": ("reject revoke-shape", [key]),
        "revoke-missing": ("reject revoke-shape", without(revoke, "keeps")),
        "revoke-key": ("reject revoke-key", revoke | {"key": LOW_ORDER}),
        "revoke-keeps-21": ("reject revoke-keeps", revoke | {"keeps": ids(21)}),
        "revoke-keeps-order": ("reject revoke-keeps", revoke | {"keeps": ids(2)[::-1]}),
        "keep-ok": ("ok", {"ids": ids(1)}),
        "keep-ok-at-limits": ("ok", {"ids": ids(400)}),
        "keep-shape": ("reject keep-shape", {"ids": ids(1), "keys": []}),
        "keep-ids-none": ("reject keep-ids", {"ids": []}),
        "keep-ids-401": ("reject keep-ids", {"ids": ids(401)}),
        "keep-ids-order": ("reject keep-ids", {"ids": ids(2)[::-1]}),
        "keep-ids-twice": ("reject keep-ids", {"ids": ids(1) * 2}),
        "keep-ids-short": ("reject keep-ids", {"ids": [bytes(31)]}),
        "keep-ids-text": ("reject keep-ids", {"ids": "x"}),
        "keep-cbor": ("reject cbor-integer", {"ids": 2**53}),
    }
    return {name: (expect, [dumps(value)]) for name, (expect, value) in cases.items()}


def all_vectors() -> dict[Path, Vector]:
    single = {
        name: (expect, [raw_entry(dumps(value) if value else dumps([]), [A.charter])])
        for name, (expect, value) in snapshots().items()
    }
    entries = single | envelopes() | chains()
    return {
        FOLDER / room / f"{name}.txt": vector
        for room, vectors in (("entry", entries), ("act", acts()))
        for name, vector in vectors.items()
    }


def text_of(vector: Vector) -> str:
    expect, blocks = vector
    return (
        "\n\n".join([f"expect: {expect}", *("\n".join(wrap(b.hex(), 96)) for b in blocks)]) + "\n"
    )


if __name__ == "__main__":
    for path, vector in all_vectors().items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text_of(vector))
