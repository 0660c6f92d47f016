"""Words and addresses that are typed seldom: read as meant, or refused with the way out."""

from __future__ import annotations

import datetime as dt

import pytest

from p2pevents.errors import DraftError, InputError
from p2pevents.record.address import check_announced_address
from p2pevents.record.draft.times import duration_text, read_length, read_when


def test_what_a_node_says_of_itself_can_be_dialled() -> None:
    address = "/dns4/example.org/tcp/27410"
    assert check_announced_address(address) == address
    with pytest.raises(InputError, match="port 0 cannot be dialled"):
        check_announced_address("/dns4/example.org/tcp/0")


@pytest.mark.parametrize(
    ("typed", "said"),
    [("PT0S", "no time at all"), ("0 min", "no time at all"), ("soon", "is not a duration")],
)
def test_a_length_that_is_none_is_refused(typed: str, said: str) -> None:
    with pytest.raises(DraftError, match=said):
        read_length("duration", typed)


def test_a_length_is_written_with_what_it_has() -> None:
    assert duration_text(dt.timedelta(0)) == "PT0S"
    assert duration_text(dt.timedelta(days=1)) == "P1D"
    assert duration_text(dt.timedelta(days=1, seconds=5)) == "P1DT5S"


def test_no_gathering_takes_longer_than_a_year() -> None:
    with pytest.raises(DraftError, match="days after start"):
        read_when(start="2020-01-08 18:30", end="2022-01-08 18:30", zone="Europe/Paris")
