"""A plugin of pytest: takes guards out of the program, and runs the tests that are about them.

`removed.py` calls it, as `WITHOUT_GUARDS='NAME,NAME' pytest -p tests.net.guards.removal`. Where the
environment names none, it names every test of a guard and runs none.
"""

import json
import os
from collections.abc import Iterator

import pytest

from p2pevents.net.libp2p.without_fastecdsa import stand_in_for_fastecdsa

stand_in_for_fastecdsa()

from p2pevents.net.libp2p.guards import all as worn  # noqa: E402 (libp2p can be imported only now)

MARK = "removal: "
VARIABLE = "WITHOUT_GUARDS"
WITHOUT = frozenset(filter(None, os.environ.get(VARIABLE, "").split(",")))

# Here, because whatever imports the table afterwards must find it without them.
_kept = tuple(guard for guard in worn.ALL if guard.name not in WITHOUT)
if WITHOUT:
    assert len(_kept) == len(worn.ALL) - len(WITHOUT)
    setattr(worn, "ALL", _kept)  # noqa: B010 (its type says how many there are)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    found = [(item, marker) for item in items for marker in item.iter_markers("guards")]
    guarded = [
        (item, marker)
        for item, marker in found
        if isinstance(item, pytest.Function) and item.callspec.params["guarded"]
    ]
    if WITHOUT:
        items[:] = [item for item, marker in guarded if frozenset(marker.args) == WITHOUT]
        return
    for item, marker in guarded:
        _say(test=item.nodeid, guards=marker.args, holes=marker.kwargs["holes"])
    items.clear()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call":
        error = report.longrepr.reprcrash.message if report.failed else ""
        _say(test=item.nodeid, outcome=report.outcome, error=error.partition("\n")[0])


def _say(**facts: object) -> None:
    print(f"\n{MARK}{json.dumps(facts)}", flush=True)
