"""What other programs import from p2pevents: there, cheap, and without libp2p."""

from __future__ import annotations

import subprocess
import sys

import pytest

import p2pevents


@pytest.mark.parametrize("name", p2pevents.__all__)
def test_every_public_name_is_there(name: str) -> None:
    assert getattr(p2pevents, name) is not None


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="frobnicate"):
        p2pevents.frobnicate  # noqa: B018


def test_all_of_it_loads_without_libp2p() -> None:
    program = (
        "import sys, p2pevents\n"
        "assert 'cbor2' not in sys.modules\n"
        "[getattr(p2pevents, name) for name in p2pevents.__all__]\n"
        "print('libp2p' in sys.modules, 'multiaddr' in sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["False", "False"]
