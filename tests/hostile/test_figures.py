"""The page on reliability is written from tests that there are, whatever came of them."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from tests.hostile.figures import BY_HAND, ROWS, Ran, Runner, page, verdict

TESTS = Path(__file__).parents[1]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["threat"])
def test_every_test_of_a_row_is_there(row: dict[str, object]) -> None:
    tests = row["tests"]
    assert isinstance(tests, list)
    assert tests or row.get("days")
    for each in tests:
        file, _, name = each.partition("::")
        text = (TESTS / file).read_text("utf-8")
        assert not name or re.search(rf"def {name.partition('[')[0]}\(", text), each


def test_what_was_run_by_hand_is_of_a_row() -> None:
    assert {each["threat"] for each in BY_HAND} <= {row["threat"] for row in ROWS}


def test_the_page_is_written_when_tests_fail_and_says_which_were_not_run() -> None:
    failed, held, _ = (row["tests"][0].split("[")[0] for row in ROWS[1:4])
    ran = Ran(outcomes={f"{failed}::test_x": "failed", held: "passed"}, is_whole=False)
    text = page(of="x", ran=ran, load=Ran(), found=[], days=[], how="this")
    assert "cut short" in text
    assert f"- `{failed}::test_x`" in text
    said = ("**not met**: 1 of 1 failed", "holds (1 tests)", "not run")
    for row, expected in zip(ROWS[1:4], said, strict=True):
        assert verdict(row, ran, []) == expected
        assert f"| {row['threat']} | {row['asked']} | {row.get('here', '')} | {expected} |" in text


def test_a_command_is_ended_when_the_time_is_up() -> None:
    output, is_whole = Runner(minutes=0.03).run(["-uc", "import time; time.sleep(600)"])
    assert not is_whole
    assert output == ""


def test_tests_that_end_with_their_process_have_said_what_they_found(tmp_path: Path) -> None:
    file = tmp_path / "test_ends.py"
    file.write_text("import os\ndef test_a(): pass\ndef test_b(): os._exit(1)\n")
    ran = Runner(minutes=1).tests([{"tests": [os.path.relpath(file, TESTS)]}])
    assert [key.rpartition("::")[2] for key in ran.outcomes] == ["test_a"]
