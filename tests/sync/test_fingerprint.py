"""A fingerprint depends on the set alone, and is the same with numpy and without."""

from __future__ import annotations

import hashlib
import subprocess
import sys
from random import Random

import pytest
from hypothesis import given, strategies as st

from p2pevents.sync.fingerprint import EMPTY_FINGERPRINT, STATE_BYTES, Fingerprint

ids = st.lists(st.binary(min_size=32, max_size=32), max_size=6, unique=True)


@given(ids, st.randoms())
def test_order_does_not_matter_and_numpy_makes_no_difference(
    some: list[bytes], random: Random
) -> None:
    """SYNC-9."""
    shuffled = random.sample(some, len(some))
    quick, plain = Fingerprint(), Fingerprint(plain=True)
    quick.add(some)
    plain.add(shuffled)
    assert quick.state == plain.state
    assert quick.digest == plain.digest


@given(ids, ids, st.booleans())
def test_what_is_removed_was_never_there(
    some: list[bytes], others: list[bytes], plain: bool
) -> None:
    others = [other for other in others if other not in some]
    both, alone = Fingerprint(plain=plain), Fingerprint(plain=plain)
    both.add(some + others)
    both.remove(others)
    alone.add(some)
    assert both.digest == alone.digest
    both.remove(some)
    assert both.digest == EMPTY_FINGERPRINT


@given(ids, ids)
def test_the_fingerprints_of_two_parts_make_that_of_the_whole(
    some: list[bytes], others: list[bytes]
) -> None:
    others = [other for other in others if other not in some]
    left, right, whole = Fingerprint(), Fingerprint(), Fingerprint()
    left.add(some)
    right.add(others)
    left.merge(right)
    whole.add(some + others)
    assert left.digest == whole.digest
    assert (left.digest == right.digest) == (not some)
    whole.take_out(right)
    first = Fingerprint()
    first.add(some)
    assert first.digest == whole.digest


@pytest.mark.parametrize("plain", [False, True])
def test_a_saved_state_goes_on_where_it_stopped(plain: bool) -> None:
    first = Fingerprint(plain=plain)
    first.add([bytes(32)])
    assert Fingerprint(first.state, plain=plain).digest == first.digest
    with pytest.raises(ValueError, match="bytes"):
        Fingerprint(bytes(STATE_BYTES - 1))


def test_without_numpy_the_plain_sums_are_made() -> None:
    code = (
        "import sys; sys.modules['numpy'] = None\n"
        "from p2pevents.sync.fingerprint import Fingerprint\n"
        "f = Fingerprint(); f.add([bytes(32)]); print(f.digest.hex())"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    quick = Fingerprint()
    quick.add([bytes(32)])
    assert done.stdout.strip() == quick.digest.hex()


def test_numpy_is_loaded_by_the_first_fingerprint_alone() -> None:
    code = (
        "import sys, p2pevents.sync.session\n"
        "assert 'numpy' not in sys.modules\n"
        "p2pevents.sync.fingerprint.Fingerprint()\n"
        "assert 'numpy' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_state_is_what_the_page_says() -> None:
    """SYNC-9: in other words."""
    one = hashlib.shake_128(b"p2pevents/1/lthash\0" + bytes(32)).digest(2048)
    other = hashlib.shake_128(b"p2pevents/1/lthash\0" + bytes([1] * 32)).digest(2048)
    lanes = [
        (int.from_bytes(one[at : at + 2], "little") + int.from_bytes(other[at : at + 2], "little"))
        % 65536
        for at in range(0, 2048, 2)
    ]
    both = Fingerprint()
    both.add([bytes(32), bytes([1] * 32)])
    state = b"".join(lane.to_bytes(2, "little") for lane in lanes)
    assert both.digest == hashlib.sha256(state).digest()
