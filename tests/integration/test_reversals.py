"""One deal that crosses zero (DEAL_ENTRY_INOUT), at a master's netting account and at a slave's."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.mt5_words import DealEntry
from tests.copying import Begin, Copying, Seat, beginnings

pytestmark = pytest.mark.integration

EURUSD = "EURUSD"
MODES = {"hedging": ("netting", "hedging"), "netting": ("netting", "netting")}
AN_OPEN, A_CLOSE = ("PositionOpened", "copied"), ("PositionClosed", "copied")


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    with beginnings(tmp_path / "state") as begin:
        yield begin


def net(seat: Seat) -> float:
    """Lots on the account, buys positive."""
    positions = seat.module.positions_get()
    return round(sum(p.volume if p.type == 0 else -p.volume for p in positions), 2)


def crossings(seat: Seat) -> int:
    deals = seat.module.history_deals_get(0, 2_000_000_000)
    return sum(deal.entry == DealEntry.INOUT for deal in deals)


def bought(begin: Begin, slave: str, lots: float = 0.4) -> Copying:
    copying = begin("FTMO-Demo", "FTMO-Demo", MODES[slave])
    copying.master.deal(EURUSD, lots)
    copying.until(lambda: copying.verdicts() == [AN_OPEN])
    return copying


@pytest.mark.parametrize("slave", MODES)
def test_law_14_a_reversal_is_copied_as_a_close_and_an_open(begin: Begin, slave: str) -> None:
    copying = bought(begin, slave)
    copying.master.sell(EURUSD, 1.0)
    assert crossings(copying.master) == 1
    copying.until(lambda: len(copying.verdicts()) == 3)
    assert copying.verdicts()[1:] == [A_CLOSE, AN_OPEN]
    assert net(copying.slave) == -0.6
    # Ours never crosses zero with one order: that would tie two legs to one ticket.
    assert crossings(copying.slave) == 0
    copying.master.buy(EURUSD, 0.6)
    copying.until(lambda: not copying.slave.held())
    copying.looks(2)
    assert copying.reports[-1].alarms == ()
    volumes = [leg.filled_volume for leg in copying.slave.journal.legs()]
    assert sorted(volumes) == [Decimal("0.4"), Decimal("0.6")]


@pytest.mark.parametrize("slave", MODES)
def test_law_14_one_reversal_after_the_other_leaves_the_last_one(begin: Begin, slave: str) -> None:
    copying = bought(begin, slave, 0.3)
    for turn in range(1, 5):
        trade = copying.master.sell if turn % 2 else copying.master.buy
        trade(EURUSD, 0.6)
        lots = -0.3 if turn % 2 else 0.3
        copying.until(lambda lots=lots: net(copying.slave) == lots)
    copying.looks(2)
    assert copying.verdicts() == [AN_OPEN, *[A_CLOSE, AN_OPEN] * 4]
    assert copying.reports[-1].alarms == ()


@pytest.mark.parametrize("slave", MODES)
def test_law_14_several_legs_end_with_the_deal_that_crosses_zero(begin: Begin, slave: str) -> None:
    copying = bought(begin, slave)
    copying.master.deal(EURUSD, 0.2)
    copying.until(lambda: copying.verdicts() == [AN_OPEN] * 2)
    copying.master.sell(EURUSD, 0.7)
    copying.until(lambda: net(copying.slave) == -0.1)
    copying.until(lambda: len(copying.verdicts()) == 5)
    assert copying.verdicts()[2:] == [A_CLOSE, A_CLOSE, AN_OPEN]


@pytest.mark.parametrize("slave", MODES)
def test_law_11_a_reversal_that_nobody_saw_is_followed_while_it_is_fresh(
    begin: Begin, slave: str
) -> None:
    """Both nodes start again, and find that another position has taken the first one's place."""
    copying = bought(begin, slave)
    copying.master.sell(EURUSD, 1.0)
    copying.start()
    copying.until(lambda: len(copying.verdicts()) == 3)
    assert copying.verdicts()[1:] == [A_CLOSE, AN_OPEN]
    assert (net(copying.slave), crossings(copying.slave)) == (-0.6, 0)


def test_law_14_a_copy_that_somebody_turns_round_is_over_and_the_rest_is_not_ours(
    begin: Begin,
) -> None:
    """At the slave, by hand: what is on the other side now is foreign and stays."""
    copying = bought(begin, "netting")
    copying.slave.sell(EURUSD, 1.0)
    assert crossings(copying.slave) == 1
    copying.looks(3)
    assert net(copying.slave) == -0.6
    copying.master.sell(EURUSD, 0.4)
    copying.until(lambda: len(copying.verdicts()) == 2)
    assert copying.verdicts()[-1] == ("PositionClosed", "nothing_to_do")
    copying.looks(2)
    assert net(copying.slave) == -0.6
    copying.master.buy(EURUSD, 0.1)
    copying.until(lambda: copying.verdicts()[-1] == ("PositionOpened", "denied"))
