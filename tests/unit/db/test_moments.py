"""Counts of milliseconds as dates, and back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from db.moments import date_of_ms, date_of_us, moment, ms_of_date

#: The year 2262 is as far as anybody's nanoseconds go.
moments_ms = st.integers(1, 9_223_372_036_854)


@given(moments_ms)
def test_a_moment_comes_back_to_the_millisecond(utc_ms: int) -> None:
    assert ms_of_date(moment(utc_ms)) == utc_ms
    assert ms_of_date(date_of_ms(utc_ms)) == utc_ms
    assert ms_of_date(date_of_us(utc_ms * 1000 + 999)) == utc_ms


@pytest.mark.parametrize(
    ("date", "utc_ms"),
    [
        (datetime(1970, 1, 1, 0, 0, 1, 1_000, tzinfo=UTC), 1_001),
        (datetime(1970, 1, 1, 0, 0, 1, 1_000), 1_001),  # noqa: DTZ001 - as pymongo reads dates
        ("1970-01-01T00:00:01.001+00:00", 1_001),
        ("1970-01-01T01:00:01.001+01:00", 1_001),
        ("yesterday", 0),
        (None, 0),
    ],
)
def test_dates_as_older_documents_have_them(date: object, utc_ms: int) -> None:
    assert ms_of_date(date) == utc_ms


def test_a_moment_that_never_came_is_no_date() -> None:
    assert date_of_ms(0) is None
    assert date_of_us(0) is None
