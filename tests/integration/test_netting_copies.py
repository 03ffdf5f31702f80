"""Law 14 at the paper broker's netting accounts, as masters and as slaves."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

from domain.legs import LegState
from tests.copying import Begin, Copying, beginnings

pytestmark = pytest.mark.integration

EURUSD = "EURUSD"
NET_TO_HEDGE, HEDGE_TO_NET = ("netting", "hedging"), ("hedging", "netting")
NET_TO_NET = ("netting", "netting")


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    with beginnings(tmp_path / "state") as begin:
        yield begin


def net(seat: object) -> float:
    """Lots on the account, buys positive."""
    positions = seat.module.positions_get()  # type: ignore[attr-defined]
    return round(sum(p.volume if p.type == 0 else -p.volume for p in positions), 2)


def volumes(copying: Copying) -> list[float]:
    return sorted(copying.slave.held().values())


def opens_copied(copying: Copying, times: int) -> None:
    copying.until(lambda: copying.verdicts().count(("PositionOpened", "copied")) == times)


@pytest.mark.history(28)
def test_law_14_a_netting_masters_orders_are_legs_and_its_reductions_reach_all(
    begin: Begin,
) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", NET_TO_HEDGE)
    first = copying.master.deal(EURUSD, 1.0)
    opens_copied(copying, 1)
    second = copying.master.deal(EURUSD, 0.5)
    opens_copied(copying, 2)
    assert volumes(copying) == [0.5, 1.0]
    orders = {leg.key.opening_order for leg in copying.slave.journal.legs()}
    assert orders == {first, second}

    copying.master.sell(EURUSD, 0.6)
    copying.until(lambda: volumes(copying) == [0.3, 0.6])
    copying.master.sell(EURUSD, 0.9)
    copying.until(lambda: not copying.slave.held())
    copying.until(lambda: copying.verdicts().count(("PositionClosed", "copied")) == 2)


@pytest.mark.history(28)
def test_law_14_a_netting_masters_reversal_is_a_close_and_an_open(begin: Begin) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", NET_TO_HEDGE)
    copying.master.deal(EURUSD, 0.4)
    opens_copied(copying, 1)
    copying.master.sell(EURUSD, 1.0)
    copying.until(lambda: net(copying.slave) == -0.6)
    copying.looks(1)
    assert volumes(copying) == [0.6]
    assert copying.verdicts() == [
        ("PositionOpened", "copied"),
        ("PositionClosed", "copied"),
        ("PositionOpened", "copied"),
    ]


def test_a_leg_that_came_and_went_between_two_looks_has_a_verdict(begin: Begin) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", NET_TO_HEDGE)
    copying.master.deal(EURUSD, 0.4)
    opens_copied(copying, 1)
    copying.master.sell(EURUSD, 0.9)
    copying.master.deal(EURUSD, 0.7)
    copying.until(lambda: net(copying.slave) == 0.2)
    copying.until(lambda: ("PositionOpened", "missed") in copying.verdicts())
    copying.looks(2)
    assert volumes(copying) == [0.2]


@pytest.mark.history(28)
@pytest.mark.parametrize("modes", [HEDGE_TO_NET, NET_TO_NET], ids=["from hedging", "from netting"])
def test_law_14_on_a_netting_slave_the_net_is_the_sum_of_its_legs(
    begin: Begin, modes: tuple[str, str]
) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", modes)
    first = copying.master.deal(EURUSD, 1.0)
    opens_copied(copying, 1)
    copying.master.deal(EURUSD, 0.5)
    opens_copied(copying, 2)
    assert net(copying.slave) == 1.5
    copying.looks(2)
    assert sum(leg.volume for leg in copying.slave.journal.legs()) == Decimal("1.5")

    copying.master.sell(EURUSD, 1.0, position=0 if modes == NET_TO_NET else first)
    copying.until(lambda: net(copying.slave) == 0.5)
    copying.start()
    copying.looks(2)
    assert net(copying.slave) == 0.5
    assert copying.reports[-1].alarms == ()


@pytest.mark.history(46)
def test_law_14_a_close_takes_what_is_left_and_never_crosses_zero(begin: Begin) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", HEDGE_TO_NET)
    order = copying.master.deal(EURUSD, 1.0)
    opens_copied(copying, 1)
    copying.slave.sell(EURUSD, 0.6)
    copying.until(lambda: "-0.60 lots are not copies" in str(copying.reports[-1].alarms))
    copying.master.sell(EURUSD, 1.0, position=order)
    copying.until(lambda: not copying.slave.held())
    copying.looks(3)
    assert copying.slave.held() == {}
    (leg,) = copying.slave.journal.legs()
    assert leg.state is LegState.CLOSED


@pytest.mark.history(28)
def test_law_14_foreign_volume_denies_opens_on_its_symbol_only(begin: Begin) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", HEDGE_TO_NET)
    own = copying.slave.deal(EURUSD, 0.3)
    copying.master.deal(EURUSD, 1.0)
    copying.until(lambda: ("PositionOpened", "denied") in copying.verdicts())
    copying.master.deal("XAUUSD", 0.1)
    opens_copied(copying, 1)
    assert copying.slave.held()[own] == 0.3
    (denied,) = [v for v in copying.slave.journal.verdicts if v.kind.value == "denied"]
    assert (denied.reason.value, denied.detail) == (
        "NETTING_BUSY",
        "+0.30 lots on EURUSD are not copies",
    )


def test_law_14_a_hedging_masters_two_sides_do_not_meet_on_a_netting_slave(begin: Begin) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", HEDGE_TO_NET)
    bought = copying.master.deal(EURUSD, 0.5)
    opens_copied(copying, 1)
    copying.master.sell(EURUSD, 0.2)
    copying.until(lambda: ("PositionOpened", "denied") in copying.verdicts())
    assert net(copying.slave) == 0.5
    copying.master.sell(EURUSD, 0.5, position=bought)
    copying.until(lambda: not copying.slave.held())


@pytest.mark.history(19)
@pytest.mark.parametrize("executed", [True, False])
def test_law_4_a_close_nobody_answered_for_is_not_sent_again_on_a_netting_account(
    begin: Begin, executed: bool
) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", HEDGE_TO_NET)
    order = copying.master.deal(EURUSD, 0.5)
    opens_copied(copying, 1)
    copying.looks(1)
    copying.admin.fault("retcode", "s", call="order_send", code=10012, executed=executed, times=1)
    copying.master.sell(EURUSD, 0.5, position=order)
    copying.until(lambda: ("PositionClosed", "unknown") in copying.verdicts())
    copying.looks(4)
    assert net(copying.slave) == (0.0 if executed else 0.5)
    assert copying.slave.module.history_deals_total(0, 2_000_000_000) == (3 if executed else 2)


def test_stops_that_legs_share_are_those_furthest_from_the_market(begin: Begin) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", HEDGE_TO_NET)
    first = copying.master.deal(EURUSD, 0.5)
    opens_copied(copying, 1)
    second = copying.master.deal(EURUSD, 0.5)
    opens_copied(copying, 2)
    bid = copying.master.module.symbol_info_tick(EURUSD).bid
    near, far = round(bid - 0.0100, 5), round(bid - 0.0200, 5)
    copying.master.stop(first, near)
    copying.until(lambda: ("PositionModified", "nothing_to_do") in copying.verdicts())
    assert [p.sl for p in copying.slave.module.positions_get()] == [0.0]
    copying.master.stop(second, far)
    copying.until(lambda: [p.sl for p in copying.slave.module.positions_get()] == [far])
    copying.master.sell(EURUSD, 0.5, position=second)
    copying.until(lambda: [p.sl for p in copying.slave.module.positions_get()] == [near])


def test_a_stop_loss_of_a_shared_position_ends_every_leg(begin: Begin) -> None:
    copying = begin("FTMO-Demo", "FTMO-Demo", HEDGE_TO_NET)
    for count in (1, 2):
        copying.master.deal(EURUSD, 0.5)
        opens_copied(copying, count)
    copying.looks(1)
    (held,) = copying.slave.module.positions_get()
    copying.slave.stop(held.identifier, round(held.price_current - 0.0010, 5))
    copying.admin.fault("gap", symbol=EURUSD, points=-200)
    copying.until(lambda: not copying.slave.held())
    copying.until(lambda: {leg.state for leg in copying.slave.journal.legs()} == {LegState.CLOSED})
    copying.looks(2)
    deposit, *deals = copying.slave.module.history_deals_get(0, 2_000_000_000)
    assert deposit.profit > 0
    booked = sum(float(leg.net) for leg in copying.slave.journal.legs())
    assert booked == pytest.approx(sum(deal.profit + deal.commission for deal in deals))
