"""Which day it is, and what passes midnight."""

from __future__ import annotations

import pytest

from p2pevents.record.values import When
from p2pevents.view.times import night_of, span_of, today_of


@pytest.mark.parametrize(
    ("duration", "end"),
    [
        ("PT6H", "2020-01-09T02:00:00"),
        ("PT12H", "2020-01-09T08:00:00"),
        ("PT12H1M", None),  # that is a day and not a night
        ("P2D", None),
        ("PT3H", None),  # over before midnight
    ],
)
def test_what_passes_midnight_and_is_over_by_morning_is_a_night(
    duration: str, end: str | None
) -> None:
    when = When(start="2020-01-08T20:00:00", time_zone="Europe/Paris", duration=duration)
    found = night_of(span_of(when))
    assert (found.isoformat() if found else None) == end


def test_what_has_no_hour_or_no_end_is_no_night() -> None:
    assert night_of(span_of(When(day="2020-01-08", time_zone="Europe/Paris"))) is None
    assert night_of(span_of(When(start="2020-01-08T20:00:00", time_zone="UTC"))) is None


@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("Asia/Tokyo", "2020-01-09"),
        ("Europe/Paris", "2020-01-08"),
        ("Mars/Base", "2020-01-08"),
        (None, "2020-01-08"),
    ],
)
def test_today_is_the_local_day_and_that_of_utc_where_no_zone_is_known(
    zone: str | None, day: str
) -> None:
    assert today_of(1_578_513_600_000, zone) == day  # 20:00 in UTC
