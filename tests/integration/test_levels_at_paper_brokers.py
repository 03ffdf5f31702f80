"""Copies at a house with a stops level of 20 points and a freeze level of 10."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.copying import Begin, Copying, beginnings

pytestmark = pytest.mark.integration

EURUSD, THERE, FEED = "EURUSD", "EURUSD_m", "EURUSD"
POINT = 0.00001
INVALID_STOPS, FROZEN = 10016, 10029


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    with beginnings(tmp_path / "state") as begin:
        yield begin


class Prices:
    """The tape is held, and moved by hand."""

    def __init__(self, copying: Copying) -> None:
        self._copying = copying
        copying.admin.pause()
        tick = copying.slave.module.symbol_info_tick(THERE)
        self.bid = round(tick.bid, 5)
        self.to(self.bid)

    def to(self, bid: float) -> None:
        """With a spread of three points, seen by the slave's terminal when this returns."""
        self.bid = round(bid, 5)
        self._copying.admin.tick(FEED, self.bid, round(self.bid + 3 * POINT, 5))
        module = self._copying.slave.module
        self._copying.until(lambda: abs(module.symbol_info_tick(THERE).bid - self.bid) < POINT / 2)

    def below(self, points: int) -> float:
        return round(self.bid - points * POINT, 5)


def begun(begin: Begin) -> tuple[Copying, Prices, int]:
    """A copy of a buy without stops, and the master's ticket."""
    copying = begin("FTMO-Demo", "Meridian-Demo", suffix="_m")
    order = copying.master.deal(EURUSD, 0.2)
    copying.until(copying.slave.held)
    return copying, Prices(copying), order


def the_copy(copying: Copying) -> Any:
    (position,) = copying.slave.module.positions_get()
    return position


def test_a_stop_is_as_near_as_the_house_takes_it_and_then_where_it_belongs(begin: Begin) -> None:
    copying, prices, order = begun(begin)
    wanted = prices.below(8)
    copying.master.stop(order, wanted)
    copying.until(lambda: the_copy(copying).sl == prices.below(20))
    assert copying.slave.journal.verdicts[-1].reason == "STOPS_MOVED"
    prices.to(prices.bid + 12 * POINT)
    copying.until(lambda: the_copy(copying).sl == wanted)
    assert refusals(copying) == []


def test_what_is_frozen_is_closed_as_soon_as_it_thaws(begin: Begin) -> None:
    copying, prices, order = begun(begin)
    copying.master.stop(order, prices.below(40))
    copying.until(lambda: the_copy(copying).sl == prices.below(40))
    prices.to(prices.below(32))
    copying.master.sell(EURUSD, 0.2, position=order)
    copying.looks(2)
    assert copying.slave.held()
    prices.to(prices.bid + 20 * POINT)
    copying.until(lambda: not copying.slave.held())
    assert refusals(copying) == []


def refusals(copying: Copying) -> list[str]:
    """What the house has refused to the slave."""
    said = [f"{v.retcode} {v.detail}" for v in copying.slave.journal.verdicts]
    return [one for one in said if str(INVALID_STOPS) in one or str(FROZEN) in one]
