"""Words and addresses that are typed seldom: read as meant, or refused with the way out."""

from __future__ import annotations

import datetime as dt

import pytest

from p2pevents.errors import DraftError, InputError
from p2pevents.record.address import check_announced_address
from p2pevents.record.cbor import encode
from p2pevents.record.draft.times import duration_text, read_length, read_when
from p2pevents.record.glimpse import longest_in
from p2pevents.record.places import peer_of, place_of


@pytest.mark.parametrize(
    ("body", "longest"),
    [
        ({}, dt.timedelta()),
        ({"duration": "PT4H30M"}, dt.timedelta(hours=4, minutes=30)),
        ({"when": {"duration": "P1D"}, "other": {"duration": "PT1H"}}, dt.timedelta(days=1)),
        ({"duration": "soon"}, dt.timedelta()),
        ({"duration": "P" + "1" * 40 + "D"}, dt.timedelta.max),
        ({"duration": 7}, dt.timedelta.max),
    ],
)
def test_no_duration_in_a_body_is_longer_than_what_its_bytes_show(
    body: dict[str, object], longest: dt.timedelta
) -> None:
    assert longest_in(encode(body, bytes_max=1024)) == longest


def test_an_address_is_a_place_and_the_peer_that_is_looked_for_there() -> None:
    place, peer = (
        "/dns4/example.org/tcp/27410",
        "12D3KooWEbGxEbqJzXZgxHLQrAUY9T8JAJygGZjviMXsm2AoFGxK",
    )
    assert (place_of(f"{place}/p2p/{peer}"), peer_of(f"{place}/p2p/{peer}")) == (place, peer)
    assert place_of(place) == place


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
