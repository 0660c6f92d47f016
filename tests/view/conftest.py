"""The real community's year as a calendar, where its data is at hand."""

from pathlib import Path

import pytest

from p2pevents.importers.plan import Destination, Plan, Trust
from p2pevents.importers.reading import read_source
from p2pevents.record.envelope import Verified
from tests.view.making import CHAPTER, profile, sealed

DATA = Path(__file__).parents[2].parent / "shared" / "data"


def plans(name: str) -> list[Plan]:
    """Read a real file, each of its groups into one chapter."""
    path = DATA / name
    if not path.is_file():
        pytest.skip(f"the real {name} is not on this machine")
    source = read_source(path.read_bytes(), name=name)
    return [
        source.plan(
            city,
            Destination(
                chapter=CHAPTER,
                chapter_name=f"{city.title()} P2P (demo)" if city else "",
                time_zone="Europe/Paris",
                trust=Trust.WALL,
                history=True,
            ),
        )
        for city in source.cities
    ]


@pytest.fixture(scope="session")
def real_year() -> list[Verified]:
    records = [profile()]
    for name in ("festival-0.csv", "meetups.json"):
        for plan in plans(name):
            records += sealed(plan)
    return records


@pytest.fixture(scope="session")
def festival_plan() -> Plan:
    (plan,) = plans("festival-0.csv")
    return plan
