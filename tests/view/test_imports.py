"""What an agenda loads: a list on a terminal does not wait for calendar libraries."""

import subprocess
import sys

import pytest

AGENDA = "import p2pevents.view.agenda, p2pevents.view.rows, p2pevents.view.check"


@pytest.mark.parametrize("library", ["icalendar", "babel", "rich", "numpy", "trio", "dateutil"])
def test_an_agenda_loads_none_of_the_heavy_libraries(library: str) -> None:
    code = f"{AGENDA}; import sys; sys.exit({library!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
