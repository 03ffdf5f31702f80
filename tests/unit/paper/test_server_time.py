"""The brokers' clock is two hours ahead of UTC, three in EU summer."""

from datetime import UTC, datetime

import pytest

from paper.broker.server_time import eet_offset_ms


@pytest.mark.parametrize(
    ("moment", "hours"),
    [
        pytest.param("2014-05-02T12:30:00", 3, id="payrolls in May"),
        pytest.param("2026-01-15T00:00:00", 2, id="winter"),
        pytest.param("2026-03-29T00:59:59", 2, id="a second before summer"),
        pytest.param("2026-03-29T01:00:00", 3, id="summer begins"),
        pytest.param("2026-10-25T00:59:59", 3, id="a second before winter"),
        pytest.param("2026-10-25T01:00:00", 2, id="winter begins"),
        pytest.param("2026-03-15T12:00:00", 2, id="America is in summer already, Europe not"),
    ],
)
def test_the_offset_follows_eu_summer_time(moment: str, hours: int) -> None:
    utc = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    assert eet_offset_ms(int(utc.timestamp()) * 1000) == hours * 3_600_000
