"""A node's sketches, against plain ones made anew of the keys that are there."""

from __future__ import annotations

import hashlib

from hypothesis import given, settings, strategies as st

from p2pevents.node.apart import Apart
from p2pevents.node.sketches import FRESH_KEYS_MAX, SALT_MS_MAX, Sketches
from p2pevents.record.ids import ChapterId
from p2pevents.sync.effects import Collection
from p2pevents.sync.ranges import set_key
from p2pevents.sync.sketch import HEAD_BYTES, Coded, Sketch, pack_ids, values_of

SALT, ANOTHER = b"the first day...", b"the second day.."
RECORDS = Collection.RECORDS
CHAPTERS = [ChapterId(bytes([number]) * 32) for number in range(3)]
steps = st.lists(
    st.tuples(st.sampled_from(["add", "remove", "forget", "code", "renew"]), st.integers(0, 2)),
    max_size=12,
)


def id_of(number: int) -> bytes:
    return hashlib.sha256(b"%d" % number).digest()


def plain(ids: list[bytes], salt: bytes) -> Coded:
    sketch = Sketch(salt=salt)
    sketch.add(pack_ids(ids))
    return sketch.symbols(also=pack_ids([]))


def head_of(identifier: bytes, salt: bytes) -> bytes:
    value = int(values_of(pack_ids([identifier]), salt=salt)[0])
    return value.to_bytes(8, "big")[:HEAD_BYTES]


@given(steps, st.sets(st.integers(0, 40)))
@settings(deadline=None)
def test_a_sketch_follows_its_set_and_heads_are_found_in_it(
    todo: list[tuple[str, int]], asked: set[int]
) -> None:
    """SYNC-38, SYNC-40: whatever enters, leaves and is asked for between."""
    sketches, held = Sketches(), dict[ChapterId, list[bytes]]()
    salt, now_ms, count = SALT, 0, 0
    for what, number in [*todo, ("code", 0)]:
        chapter = CHAPTERS[number]
        if what == "add":
            ids = [id_of(count + more) for more in range(number + 1)]
            count += len(ids)
            held.setdefault(chapter, []).extend(ids)
            sketches.add(RECORDS, chapter, [set_key(7, each) for each in ids])
        elif what == "remove" and chapter in held:
            gone = held[chapter][::2]
            held[chapter] = held[chapter][1::2]
            sketches.remove(RECORDS, chapter, gone)
            assert sketches.ids(RECORDS, chapter) == held[chapter]
        elif what == "forget":
            held.pop(chapter, None)
            sketches.forget(chapter)
        else:
            if what == "renew":
                now_ms, salt = now_ms + SALT_MS_MAX + 1, ANOTHER if salt == SALT else SALT
            coded = sketches.coded(RECORDS, waiting=[], salt=salt, now_ms=now_ms)
            assert coded is not None
            salt = coded.salt
            assert coded == plain([each for ids in held.values() for each in ids], salt)
    wanted = {id_of(number) for number in asked}
    outside = held.get(CHAPTERS[1], [])[:1]
    apart = Apart(
        chapters=frozenset([CHAPTERS[0]]), ids={CHAPTERS[1]: frozenset(outside)} if outside else {}
    )
    for with_salt in (SALT, ANOTHER):
        heads = [head_of(each, with_salt) for each in wanted]
        found = sketches.ids_of(RECORDS, heads, salt=with_salt)
        assert sorted(found) == sorted(
            each for ids in held.values() for each in ids if each in wanted
        )
        for ids in held.values():
            assert [each for each in found if each in ids] == [
                each for each in ids if each in wanted
            ]
        there = [each for chapter in CHAPTERS[1:] for each in held.get(chapter, ())]
        found = sketches.ids_of(RECORDS, heads, salt=with_salt, apart=apart)
        assert sorted(found) == sorted(e for e in there if e in wanted and e not in outside)


def test_what_is_fresh_is_taken_in_before_it_is_too_much() -> None:
    sketches = Sketches()
    sketches.add(RECORDS, CHAPTERS[0], [set_key(0, id_of(0))])
    sketches.coded(RECORDS, waiting=[], salt=SALT, now_ms=0)
    ids = [id_of(number) for number in range(FRESH_KEYS_MAX + 2)]
    for each in ids[1:]:
        sketches.add(RECORDS, CHAPTERS[0], [set_key(0, each)])
    coded = sketches.coded(RECORDS, waiting=[], salt=ANOTHER, now_ms=1)
    assert coded == plain(ids, SALT)
