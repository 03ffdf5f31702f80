"""Positions that close each other (DEAL_ENTRY_OUT_BY), at a master's account and at a slave's."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from domain.mt5_words import DealEntry
from tests.copying import Begin, Copying, Seat, beginnings

pytestmark = pytest.mark.integration

EURUSD = "EURUSD"
OPENED = [("PositionOpened", "copied")] * 2


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    with beginnings(tmp_path / "state") as begin:
        yield begin


def hedged(begin: Begin, bought: float = 1.0, sold: float = 0.4) -> tuple[Copying, int, int]:
    """A master that has bought and sold, both copied; the master's tickets."""
    copying = begin("FTMO-Demo", "FTMO-Demo")
    buy = copying.master.deal(EURUSD, bought)
    copying.until(lambda: len(copying.slave.held()) == 1)
    sell = copying.master.sell(EURUSD, sold)
    copying.until(lambda: copying.verdicts() == OPENED)
    return copying, buy, sell


def copy_of(copying: Copying, order: int) -> int:
    """The slave's position."""
    legs = copying.slave.journal.legs()
    return next(int(g.identifier) for g in legs if g.key.opening_order == order)


def entries(seat: Seat) -> set[int]:
    return {deal.entry for deal in seat.module.history_deals_get(0, 2_000_000_000)}


def test_law_2_a_masters_close_by_ends_the_one_copy_and_reduces_the_other(begin: Begin) -> None:
    copying, buy, sell = hedged(begin)
    kept = copy_of(copying, buy)
    copying.master.close_by(buy, sell)
    assert DealEntry.OUT_BY in entries(copying.master)
    copying.until(lambda: copying.slave.held() == {kept: 0.6})
    copying.until(lambda: len(copying.verdicts()) == 4)
    assert sorted(copying.verdicts()[2:]) == [
        ("PositionClosed", "copied"),
        ("PositionReduced", "copied"),
    ]
    copying.master.sell(EURUSD, 0.6, position=buy)
    copying.until(lambda: not copying.slave.held())
    assert copying.reports[-1].alarms == ()


def test_law_2_positions_of_one_size_that_close_each_other_end_both_copies(begin: Begin) -> None:
    copying, buy, sell = hedged(begin, 0.5, 0.5)
    copying.master.close_by(sell, buy)
    copying.until(lambda: not copying.slave.held())
    copying.until(lambda: copying.verdicts()[2:] == [("PositionClosed", "copied")] * 2)
    copying.looks(2)
    assert copying.reports[-1].alarms == ()
    assert copying.slave.held() == {}


def test_law_3_a_close_by_that_happened_while_both_nodes_were_down_is_made_up_for(
    begin: Begin,
) -> None:
    copying, buy, sell = hedged(begin)
    kept = copy_of(copying, buy)
    copying.master.close_by(buy, sell)
    copying.start()
    copying.until(lambda: copying.slave.held() == {kept: 0.6})


def test_law_2_copies_that_somebody_closes_by_each_other_are_not_opened_again(
    begin: Begin,
) -> None:
    """By hand at the slave: what is left of the larger one is followed to its end."""
    copying, buy, sell = hedged(begin)
    kept, ended = copy_of(copying, buy), copy_of(copying, sell)
    copying.slave.close_by(kept, ended)
    assert DealEntry.OUT_BY in entries(copying.slave)
    copying.looks(3)
    assert copying.slave.held() == {kept: 0.6}
    assert copying.reports[-1].alarms == ()

    copying.master.buy(EURUSD, 0.4, position=sell)
    copying.until(lambda: len(copying.verdicts()) == 3)
    assert copying.verdicts()[-1] == ("PositionClosed", "nothing_to_do")
    # Half of it, and the copy holds 0.6 of the 1.0 it had: due is 0.5.
    copying.master.sell(EURUSD, 0.5, position=buy)
    copying.until(lambda: copying.slave.held() == {kept: 0.5})
    copying.start()
    copying.looks(2)
    assert copying.slave.held() == {kept: 0.5}
    copying.master.sell(EURUSD, 0.5, position=buy)
    copying.until(lambda: not copying.slave.held())
    assert len(copying.slave.journal.legs()) == 2


def test_law_4_a_copy_closed_by_somebodys_own_position_leaves_that_alone(begin: Begin) -> None:
    """What is left of a larger foreign position is not ours, whatever it closed."""
    copying = begin("FTMO-Demo", "FTMO-Demo")
    buy = copying.master.deal(EURUSD, 0.4)
    copying.until(copying.slave.held)
    own = copying.slave.sell(EURUSD, 1.0)
    copying.slave.close_by(own, copy_of(copying, buy))
    copying.looks(3)
    assert copying.slave.held() == {own: 0.6}
    copying.master.sell(EURUSD, 0.4, position=buy)
    copying.until(lambda: ("PositionClosed", "nothing_to_do") in copying.verdicts())
    copying.looks(2)
    assert copying.slave.held() == {own: 0.6}
