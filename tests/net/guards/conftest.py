"""What a test of a guard is given: all guards, or all but those that it is about."""

import pytest

from p2pevents.net.libp2p.guards.all import ALL
from tests.net.guards.rig import Guards, all_but


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", "guards(*names, holes): what a test would fail without")


@pytest.fixture
def guards(request: pytest.FixtureRequest, guarded: bool) -> Guards:
    """The guards to open a network with; see `rig.closes`."""
    marker = request.node.get_closest_marker("guards")
    return ALL if guarded else all_but(*marker.args)
