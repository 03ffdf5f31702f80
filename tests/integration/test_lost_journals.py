"""Law 11 at the paper broker: a slave's journal is deleted, and the broker's records tell."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from domain.legs import LegState
from tests.copying import DONE, Begin, Copying, beginnings
from tests.fakes import FakeJournal

pytestmark = pytest.mark.integration

EURUSD = "EURUSD"
BUY_LIMIT = 2


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    with beginnings(tmp_path / "state") as begin:
        yield begin


def delete_the_journal(copying: Copying, *, awaits_all: bool = True) -> None:
    copying.slave.journal = FakeJournal()
    copying.start(awaits_all=awaits_all)


def waiting(seat: Any) -> dict[int, float]:
    """Tickets of the orders that wait, with their prices."""
    return {o.ticket: o.price_open for o in seat.module.orders_get()}


def volumes(copying: Copying) -> list[float]:
    return sorted(copying.slave.held().values())


@pytest.mark.history(26)
def test_law_15_an_order_that_waits_is_followed_to_its_end_without_the_journal(
    begin: Begin,
) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo")
    module = copying.master.module
    price = round(module.symbol_info_tick(EURUSD).bid - 0.003, 5)
    wanted = {"action": 5, "symbol": EURUSD, "volume": 0.3, "type": BUY_LIMIT, "price": price}
    done = module.order_send(**wanted, type_filling=2)
    assert done.retcode == DONE
    copying.until(lambda: waiting(copying.slave))
    (ours,) = waiting(copying.slave)

    delete_the_journal(copying)
    copying.looks(2)
    assert list(waiting(copying.slave)) == [ours]
    moved = round(price + 0.0005, 5)
    assert module.order_send(action=7, order=done.order, price=moved).retcode == DONE
    copying.until(lambda: waiting(copying.slave) == {ours: moved})
    assert module.order_send(action=8, order=done.order).retcode == DONE
    copying.until(lambda: not waiting(copying.slave))
    (leg,) = copying.slave.journal.legs()
    assert leg.state is LegState.CLOSED


@pytest.mark.history(26)
def test_law_14_legs_of_a_netting_position_are_followed_to_their_ends_without_the_journal(
    begin: Begin,
) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", ("hedging", "netting"))
    first = copying.master.deal(EURUSD, 1.0)
    copying.until(lambda: volumes(copying) == [1.0])
    second = copying.master.deal(EURUSD, 0.5)
    copying.until(lambda: volumes(copying) == [1.5])
    copying.master.sell(EURUSD, 0.4, position=first)
    copying.until(lambda: volumes(copying) == [1.1])

    delete_the_journal(copying)
    copying.looks(2)
    left = {leg.key.opening_order: float(leg.volume) for leg in copying.slave.journal.legs()}
    assert left == {first: 0.6, second: 0.5}
    copying.master.sell(EURUSD, 0.5, position=second)
    copying.until(lambda: volumes(copying) == [0.6])
    copying.master.sell(EURUSD, 0.6, position=first)
    copying.until(lambda: not copying.slave.held())
    copying.looks(2)
    assert copying.slave.held() == {}
    assert copying.reports[-1].alarms == ()


@pytest.mark.history(26)
def test_law_14_legs_of_a_netting_position_are_awaited_where_the_history_lags(
    begin: Begin,
) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", ("hedging", "netting"))
    order = copying.master.deal(EURUSD, 1.0)
    copying.until(lambda: volumes(copying) == [1.0])

    copying.admin.fault("missing_rows", "s", call="history_deals_get", which="all")
    delete_the_journal(copying, awaits_all=False)
    copying.looks(4)
    assert volumes(copying) == [1.0]
    assert not copying.reports[-1].ready
    copying.admin.clear_faults(terminal="s")
    copying.until(lambda: copying.reports[-1].ready)
    copying.master.sell(EURUSD, 1.0, position=order)
    copying.until(lambda: not copying.slave.held())
