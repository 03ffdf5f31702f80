"""When an account opens."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.windows import DAYS, LocalTime, is_open, zones_of

PRAGUE = "Europe/Prague"


def at(moment: str, *windows: str) -> bool:
    day, clock = moment.split(" ")
    hours, minutes = clock.split(":")
    now = LocalTime(DAYS.index(day), int(hours) * 60 + int(minutes))
    return is_open(windows, {PRAGUE: now})


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("Mon 07:59", False),
        ("Mon 08:00", True),
        ("Wed 16:59", True),
        ("Wed 17:00", False),
        ("Fri 12:00", True),
        ("Sat 12:00", False),
        ("Sun 08:00", False),
    ],
)
def test_the_first_minute_is_in_and_the_last_is_not(moment: str, *, opens: bool) -> None:
    assert at(moment, "Mon-Fri 08:00-17:00 Europe/Prague") is opens


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        ("Fri 21:59", False),
        ("Fri 22:00", True),
        ("Sat 05:59", True),
        ("Sat 06:00", False),
        ("Sat 22:00", False),
        ("Fri 05:00", False),
    ],
)
def test_over_midnight_it_belongs_to_the_day_it_begins_on(moment: str, *, opens: bool) -> None:
    assert at(moment, "Fri 22:00-06:00 Europe/Prague") is opens


def test_midnight_ends_a_day_and_the_same_time_twice_is_a_whole_one() -> None:
    assert at("Mon 23:59", "Mon 20:00-00:00 Europe/Prague")
    assert not at("Tue 00:00", "Mon 20:00-00:00 Europe/Prague")
    assert at("Mon 00:00", "Mon 00:00-00:00 Europe/Prague")
    assert at("Tue 07:59", "Mon 08:00-08:00 Europe/Prague")


def test_days_may_run_over_the_weekend() -> None:
    weekend = "Fri-Mon 10:00-11:00 Europe/Prague"
    assert [day for day in DAYS if at(f"{day} 10:30", weekend)] == ["Mon", "Fri", "Sat", "Sun"]


def test_one_of_several_is_enough_and_none_is_never() -> None:
    morning, evening = "Mon 08:00-09:00 Europe/Prague", "Mon 18:00-19:00 Europe/Prague"
    assert at("Mon 18:30", morning, evening)
    assert not at("Mon 12:00", morning, evening)
    assert not at("Mon 12:00")


def test_a_zone_whose_time_nobody_knows_opens_nothing() -> None:
    assert not is_open(("Mon-Sun 00:00-00:00 server",), {PRAGUE: LocalTime(0, 0)})


def test_zones_that_must_be_known() -> None:
    windows = ("Mon 08:00-09:00 Europe/Prague", "Mon 08:00-09:00 server")
    assert zones_of(windows) == {PRAGUE, "server"}


@given(st.integers(0, 6), st.integers(0, 1439), st.integers(0, 1439), st.integers(0, 1439))
def test_a_window_and_its_complement_share_no_minute_and_leave_none(
    day: int, minute: int, first: int, end: int
) -> None:
    """Every day from first to end, and every day from end to first."""
    clock = [f"{m // 60:02}:{m % 60:02}" for m in (first, end)]
    one = f"Mon-Sun {clock[0]}-{clock[1]} {PRAGUE}"
    other = f"Mon-Sun {clock[1]}-{clock[0]} {PRAGUE}"
    now = {PRAGUE: LocalTime(day, minute)}
    if first == end:
        assert is_open((one,), now)
    else:
        assert is_open((one,), now) is not is_open((other,), now)
