"""Local time for windows, over the changes of summer time and of a broker's clock."""

from datetime import UTC, datetime

import pytest

from decisions.windows import is_open
from nodes.copying.wall_clocks import local_times
from tests.builders import some_settings

PRAGUE = "Mon-Sun 02:30-03:30 Europe/Prague"
SERVER = "Mon-Sun 02:30-03:30 server"


def ms(moment: str) -> int:
    return int(datetime.fromisoformat(moment).replace(tzinfo=UTC).timestamp() * 1000)


def opens(window: str, utc: str, server: str = "") -> bool:
    settings = some_settings(trading_windows=(window,))
    server_ms = ms(server) if server else 0
    return is_open((window,), local_times(settings, ms(utc), server_ms))


@pytest.mark.parametrize(
    ("utc", "is_so"),
    [
        pytest.param("2026-03-28T01:29:59", False, id="the day before"),
        pytest.param("2026-03-28T01:30:00", True, id="the day before, from half past two"),
        pytest.param("2026-03-29T00:59:59", False, id="a second before two"),
        pytest.param("2026-03-29T01:00:00", True, id="a second later it is three"),
        pytest.param("2026-03-29T01:29:59", True, id="until half past three"),
        pytest.param("2026-03-29T01:30:00", False, id="half past three"),
        pytest.param("2026-10-25T00:30:00", True, id="half past two in summer time"),
        pytest.param("2026-10-25T01:15:00", False, id="a quarter past two, for the second time"),
        pytest.param("2026-10-25T01:45:00", True, id="a quarter to three, for the second time"),
        pytest.param("2026-10-25T02:29:59", True, id="until half past three in winter time"),
        pytest.param("2026-10-25T02:30:00", False, id="half past three in winter time"),
    ],
)
def test_the_wall_shows_the_hours_through_changes_of_summer_time(utc: str, *, is_so: bool) -> None:
    assert opens(PRAGUE, utc) is is_so


def test_a_brokers_own_hours_are_those_of_its_ticks() -> None:
    assert opens(SERVER, "2026-03-10T12:00:00", server="2026-03-10T02:30:00")
    assert not opens(SERVER, "2026-03-10T03:00:00", server="2026-03-10T05:00:00")


def test_before_the_first_tick_nobody_knows_them() -> None:
    assert not opens(SERVER, "2026-03-10T03:00:00")


def test_without_windows_nobody_looks_at_a_clock() -> None:
    assert local_times(some_settings(), 0, 0) == {}
