"""The day's result, and when a trading day began."""

from datetime import UTC, datetime, time
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.daily_loss import (
    day_began_server_ms,
    day_began_utc_ms,
    is_guarded,
    limit_reached,
    result_of_day,
)
from domain.policies import KillSwitch
from tests.builders import a_closing_deal, a_deal

PRAGUE = ZoneInfo("Europe/Prague")
NEW_YORK = ZoneInfo("America/New_York")
GUARD = KillSwitch(daily_loss=Decimal(200))
MIDNIGHT = time(0, 0)
NIGHT = time(2, 30)
HOUR_MS = 3_600_000


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).timestamp() * 1000)


@pytest.mark.parametrize(
    ("now", "reset", "zone", "began"),
    [
        pytest.param(
            "2014-05-02T12:30+02:00", MIDNIGHT, PRAGUE, "2014-05-02T00:00+02:00", id="summer"
        ),
        pytest.param(
            "2014-01-02T12:30+01:00", MIDNIGHT, PRAGUE, "2014-01-02T00:00+01:00", id="winter"
        ),
        pytest.param(
            "2014-05-02T00:00+02:00", MIDNIGHT, PRAGUE, "2014-05-02T00:00+02:00", id="that moment"
        ),
        pytest.param(
            "2014-05-01T23:59:59.999+02:00",
            MIDNIGHT,
            PRAGUE,
            "2014-05-01T00:00+02:00",
            id="just before",
        ),
        pytest.param(
            "2014-03-30T12:00+02:00",
            MIDNIGHT,
            PRAGUE,
            "2014-03-30T00:00+01:00",
            id="the day of 23 hours",
        ),
        pytest.param(
            "2014-10-26T12:00+01:00",
            MIDNIGHT,
            PRAGUE,
            "2014-10-26T00:00+02:00",
            id="the day of 25 hours",
        ),
        pytest.param(
            "2014-03-30T22:00+02:00",
            time(23, 0),
            PRAGUE,
            "2014-03-29T23:00+01:00",
            id="across the spring change",
        ),
        pytest.param(
            "2014-10-26T22:00+01:00",
            time(23, 0),
            PRAGUE,
            "2014-10-25T23:00+02:00",
            id="across the autumn change",
        ),
        pytest.param(
            "2014-05-02T16:59-04:00",
            time(17, 0),
            NEW_YORK,
            "2014-05-01T17:00-04:00",
            id="17:00 New York, a minute to",
        ),
        pytest.param(
            "2014-05-02T17:00-04:00",
            time(17, 0),
            NEW_YORK,
            "2014-05-02T17:00-04:00",
            id="17:00 New York",
        ),
        pytest.param(
            "2014-03-09T16:00-04:00",
            time(17, 0),
            NEW_YORK,
            "2014-03-08T17:00-05:00",
            id="17:00 New York across the spring change",
        ),
        pytest.param(
            "2014-11-02T16:00-05:00",
            time(17, 0),
            NEW_YORK,
            "2014-11-01T17:00-04:00",
            id="17:00 New York across the autumn change",
        ),
        pytest.param(
            "2014-03-30T03:10+02:00",
            NIGHT,
            PRAGUE,
            "2014-03-29T02:30+01:00",
            id="a reset that the spring change leaves out is not in the future",
        ),
        pytest.param(
            "2014-03-30T04:00+02:00",
            NIGHT,
            PRAGUE,
            "2014-03-30T03:30+02:00",
            id="it comes an hour later by the clock",
        ),
        pytest.param(
            "2014-10-26T02:40+02:00",
            NIGHT,
            PRAGUE,
            "2014-10-26T02:30+02:00",
            id="a reset that autumn shows twice counts the first time",
        ),
        pytest.param(
            "2014-10-26T02:10+01:00",
            NIGHT,
            PRAGUE,
            "2014-10-26T02:30+02:00",
            id="a day that has begun does not end when the clock is set back",
        ),
    ],
)
def test_when_the_day_began(now: str, reset: time, zone: ZoneInfo, began: str) -> None:
    assert day_began_utc_ms(ms(now), reset, zone) == ms(began)


def test_on_the_brokers_clock_a_day_is_what_its_wall_clock_shows() -> None:
    noon = ms("2014-05-02T12:00+00:00")
    assert day_began_server_ms(noon, MIDNIGHT) == ms("2014-05-02T00:00+00:00")
    assert day_began_server_ms(noon, time(17, 0)) == ms("2014-05-01T17:00+00:00")


moments = st.integers(ms("2014-01-01T00:00+00:00"), ms("2015-01-01T00:00+00:00"))
resets = st.times(timezones=st.none()).map(lambda t: t.replace(microsecond=0, fold=0))
changes = st.sampled_from(
    [ms("2014-03-30T01:00+00:00"), ms("2014-10-26T01:00+00:00"), ms("2014-03-09T07:00+00:00")]
)
near_changes = st.builds(
    lambda at, off: at + off, changes, st.integers(-30, 30).map(lambda n: n * HOUR_MS // 6)
)
zones = st.sampled_from([PRAGUE, NEW_YORK, UTC])


@given(moments | near_changes, resets, zones)
def test_a_day_began_at_most_25_hours_ago_and_never_later_than_now(
    now: int, reset: time, zone: ZoneInfo
) -> None:
    began = day_began_utc_ms(now, reset, zone)
    assert 0 <= now - began <= 25 * HOUR_MS


@given(near_changes, st.integers(0, 3 * HOUR_MS), resets, zones)
def test_a_day_that_has_begun_is_never_undone(
    now: int, later: int, reset: time, zone: ZoneInfo
) -> None:
    assert day_began_utc_ms(now, reset, zone) <= day_began_utc_ms(now + later, reset, zone)


def test_the_result_is_what_was_realised_plus_what_floats() -> None:
    deals = [a_deal(net="-3.50"), a_closing_deal(net="-96.50")]
    assert result_of_day(deals, Decimal(-100)) == Decimal(-200)
    assert result_of_day([], Decimal("12.5")) == Decimal("12.5")


@pytest.mark.parametrize(
    ("result", "guard", "reached"),
    [
        pytest.param("-199.99", GUARD, False, id="a cent left"),
        pytest.param("-200", GUARD, True, id="exactly"),
        pytest.param("-500", GUARD, True, id="beyond"),
        pytest.param("500", GUARD, False, id="a win"),
        pytest.param("-500", KillSwitch(), False, id="no limit set"),
        pytest.param("0", KillSwitch(), False, id="no limit set, no loss"),
        pytest.param(
            "-500", KillSwitch(enabled=False, daily_loss=Decimal(200)), False, id="switched off"
        ),
    ],
)
def test_whether_the_limit_is_reached(result: str, guard: KillSwitch, reached: bool) -> None:
    assert limit_reached(Decimal(result), guard) is reached


def test_only_a_limit_that_is_set_and_on_is_judged() -> None:
    assert is_guarded(GUARD)
    assert not is_guarded(KillSwitch())
    assert not is_guarded(KillSwitch(enabled=False, daily_loss=Decimal(200)))
