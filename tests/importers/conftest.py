"""What every test of the importers starts from: real files, where they are at hand."""

from pathlib import Path

import pytest

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def _read(name: str) -> bytes:
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"the real {name} is not on this machine")
    return path.read_bytes()


@pytest.fixture
def festival() -> bytes:
    return _read("festival-0.csv")


@pytest.fixture
def meetups() -> bytes:
    return _read("meetups.json")
