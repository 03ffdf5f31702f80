"""Brokers' clocks: how far each is ahead of UTC, to the second when summer begins and ends."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from paper.broker.server_time import (
    HOUR_MS,
    ClockOffset,
    eet_offset_ms,
    london_offset_ms,
    moscow_offset_ms,
    new_york_close_offset_ms,
)


@pytest.mark.parametrize(
    ("clock", "moment", "hours"),
    [
        pytest.param(eet_offset_ms, "2014-05-02T12:30:00", 3, id="payrolls in May"),
        pytest.param(eet_offset_ms, "2026-01-15T00:00:00", 2, id="winter"),
        pytest.param(eet_offset_ms, "2026-03-29T00:59:59", 2, id="a second before summer"),
        pytest.param(eet_offset_ms, "2026-03-29T01:00:00", 3, id="summer begins"),
        pytest.param(eet_offset_ms, "2026-10-25T00:59:59", 3, id="a second before winter"),
        pytest.param(eet_offset_ms, "2026-10-25T01:00:00", 2, id="winter begins"),
        pytest.param(eet_offset_ms, "2026-03-15T12:00:00", 2, id="Europe is not in summer yet"),
        pytest.param(new_york_close_offset_ms, "2026-03-15T12:00:00", 3, id="America is already"),
        pytest.param(new_york_close_offset_ms, "2026-03-08T06:59:59", 2, id="US, before summer"),
        pytest.param(new_york_close_offset_ms, "2026-03-08T07:00:00", 3, id="US summer begins"),
        pytest.param(new_york_close_offset_ms, "2026-11-01T05:59:59", 3, id="US, before winter"),
        pytest.param(new_york_close_offset_ms, "2026-11-01T06:00:00", 2, id="US winter begins"),
        pytest.param(new_york_close_offset_ms, "2020-03-08T07:00:00", 3, id="US summer of 2020"),
        pytest.param(new_york_close_offset_ms, "2015-11-01T06:00:00", 2, id="US winter of 2015"),
        pytest.param(london_offset_ms, "2026-03-29T00:59:59", 0, id="London, before summer"),
        pytest.param(london_offset_ms, "2026-03-29T01:00:00", 1, id="London in summer"),
        pytest.param(moscow_offset_ms, "2026-07-01T00:00:00", 3, id="Moscow in summer"),
        pytest.param(moscow_offset_ms, "2026-01-01T00:00:00", 3, id="Moscow in winter"),
    ],
)
def test_a_clock_is_so_far_ahead(clock: ClockOffset, moment: str, hours: int) -> None:
    utc = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert clock(int(utc.timestamp()) * 1000) == hours * HOUR_MS


def test_five_in_new_york_is_midnight_all_year() -> None:
    for month in (1, 4, 7, 12):
        summer = month in (4, 7)
        five = datetime(2026, month, 15, 21 if summer else 22, tzinfo=UTC)
        utc_ms = int(five.timestamp()) * 1000
        assert (utc_ms + new_york_close_offset_ms(utc_ms)) % (24 * HOUR_MS) == 0


@given(st.integers(2007, 2100))
def test_a_clock_changes_twice_a_year_by_an_hour(year: int) -> None:
    first = int(datetime(year, 1, 1, tzinfo=UTC).timestamp()) * 1000
    for clock in (eet_offset_ms, new_york_close_offset_ms, london_offset_ms):
        offsets = [clock(first + hour * HOUR_MS) for hour in range(365 * 24)]
        steps = [b - a for a, b in pairwise(offsets) if b != a]
        assert steps == [HOUR_MS, -HOUR_MS]
