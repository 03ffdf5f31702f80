"""What holds whatever traders and brokers do: all of it can be told from orders and deals.

`pytest tests/unit/paper/test_broker_laws.py --hypothesis-show-statistics` tells how often which
answer, entry, reason and state came about.
"""

from collections import Counter, defaultdict
from types import SimpleNamespace

import pytest
from hypothesis import event, given, settings

from domain.mt5_words import CalcMode, DealEntry, DealType, OrderState, OrderType, Reason
from tests.unit.paper.desk import Desk
from tests.unit.paper.random_trading import PLANS, Plan, Trader, traded

HALF_A_CENT = 0.005
BY_CONTRACT = (CalcMode.FOREX, CalcMode.CFD, CalcMode.CFD_LEVERAGE, CalcMode.EXCH_STOCKS)
TRADES = (DealType.BUY, DealType.SELL)
WAITS = {OrderState.PLACED, OrderState.PARTIAL}
IS_PAST = {OrderState.FILLED, OrderState.CANCELED, OrderState.REJECTED, OrderState.EXPIRED}


def balance_is_the_sum_of_the_deals(desk: Desk) -> None:
    booked = sum(d.profit + d.commission + d.swap + d.fee for d in desk.deals())
    assert abs(desk.account().balance - booked) < HALF_A_CENT


def equity_is_balance_and_what_floats(desk: Desk) -> None:
    account = desk.account()
    floating = sum(p.profit + p.swap for p in desk.positions())
    assert abs(account.profit - floating) < HALF_A_CENT
    assert abs(account.equity - account.balance - account.credit - account.profit) < HALF_A_CENT
    assert abs(account.margin_free - (account.equity - account.margin)) < HALF_A_CENT
    level = account.equity / account.margin * 100 if account.margin else 0.0
    assert account.margin_level == pytest.approx(level)


def positions_follow_from_the_deals(desk: Desk) -> None:
    held = {p.identifier: (p.symbol, p.type, p.volume) for p in desk.positions()}
    told = {i: p for i, p in _told_by_deals(desk).items() if p.volume}
    assert held == {i: (p.symbol, p.type, p.volume) for i, p in told.items()}
    for position in desk.positions():
        assert position.price_open == pytest.approx(told[position.identifier].price, abs=1e-7)


def _told_by_deals(desk: Desk) -> dict[int, SimpleNamespace]:
    """Side, volume and average price of every position there ever was, from its deals alone.

    On the way every deal is asked for the profit that follows from them.
    """
    told: dict[int, SimpleNamespace] = {}
    for deal in desk.deals():
        if deal.type not in TRADES:
            continue
        position = told.setdefault(
            deal.position_id, SimpleNamespace(symbol=deal.symbol, type=0, volume=0.0, price=0.0)
        )
        assert position.symbol == deal.symbol
        _meet(position, deal, _worth_of_a_price(desk, deal.symbol))
    return told


def _worth_of_a_price(desk: Desk, symbol: str) -> float | None:
    """What one lot earns when the price rises by one, where that needs no other price."""
    profile = desk.session.house.market.profiles[symbol]
    if profile.quote == "USD" and profile.calc_mode in BY_CONTRACT:
        return profile.contract_size
    return None


def _meet(position: SimpleNamespace, deal: SimpleNamespace, worth: float | None) -> None:
    if deal.entry == DealEntry.IN:
        assert not position.volume or position.type == deal.type
        assert deal.profit == deal.swap == 0.0
        volume = position.volume + deal.volume
        position.price = (position.price * position.volume + deal.price * deal.volume) / volume
        position.type, position.volume = deal.type, round(volume, 8)
        return
    assert position.type == 1 - deal.type
    left = round(position.volume - deal.volume, 8)
    assert (left < 0) == (deal.entry == DealEntry.INOUT)
    if worth is not None:
        assert deal.profit == pytest.approx(_moved(position, deal) * worth, abs=2 * HALF_A_CENT)
    position.volume = abs(left)
    if left < 0:
        position.type, position.price = deal.type, deal.price


def _moved(position: SimpleNamespace, deal: SimpleNamespace) -> float:
    """The difference of the prices for what is closed."""
    closed = min(position.volume, deal.volume)
    up = -1 if position.type else 1
    return (deal.price - position.price) * up * closed


def tickets_are_given_once_and_rise_with_time(desk: Desk) -> None:
    deals, orders = desk.deals(), sorted(_every_order(desk), key=lambda order: order.ticket)
    tickets = [record.ticket for record in (*deals, *orders)]
    assert len(set(tickets)) == len(tickets)
    assert [d.ticket for d in deals] == sorted(d.ticket for d in deals)
    assert [d.time_msc for d in deals] == sorted(d.time_msc for d in deals)
    assert [o.time_setup_msc for o in orders] == sorted(o.time_setup_msc for o in orders)


def _every_order(desk: Desk) -> list[SimpleNamespace]:
    return [*desk.waiting(), *desk.orders()]


def every_deal_of_a_trade_has_its_order_and_its_position(desk: Desk) -> None:
    orders = {order.ticket: order for order in _every_order(desk)}
    for deal in desk.deals():
        if deal.type in TRADES and deal.reason != Reason.ROLLOVER:
            assert orders[deal.order].symbol == deal.symbol
            assert deal.position_id
    nets = desk.session.account.nets
    for position in {deal.position_id for deal in desk.deals() if deal.position_id}:
        first = desk.deals(position)[0]
        assert first.entry == DealEntry.IN
        assert first.order == position
        linked = {
            order.position_id for order in map(orders.get, _orders_of(desk, position)) if order
        }
        assert nets or linked == {position} or linked <= _closed_by(desk, position)


def _orders_of(desk: Desk, position: int) -> list[int]:
    return [deal.order for deal in desk.deals(position)]


def _closed_by(desk: Desk, position: int) -> set[int]:
    """The position, and those whose closing-by orders closed it."""
    by = [o for o in desk.orders() if o.type == OrderType.CLOSE_BY and o.position_by_id == position]
    return {position, *(order.position_id for order in by)}


def orders_add_up(desk: Desk) -> None:
    filled: defaultdict[int, float] = defaultdict(float)
    for deal in desk.deals():
        filled[deal.order] += deal.volume
    for order in _every_order(desk):
        legs = 2 if order.type == OrderType.CLOSE_BY else 1
        done = order.volume_initial - order.volume_current
        assert filled[order.ticket] == pytest.approx(done * legs, abs=1e-7)
        if order.state == OrderState.FILLED:
            assert order.volume_current == 0.0


def what_waits_is_not_past(desk: Desk) -> None:
    waiting, past = desk.waiting(), desk.orders()
    assert not {o.ticket for o in waiting} & {o.ticket for o in past}
    assert {o.state for o in waiting} <= WAITS
    assert {o.state for o in past} <= IS_PAST
    assert all(o.time_done == 0 for o in waiting)
    assert all(o.time_done_msc >= o.time_setup_msc > 0 for o in past)


def volumes_are_on_the_grid(desk: Desk) -> None:
    steps = {name: p.volume_step for name, p in desk.session.house.market.profiles.items()}
    held = [(p.symbol, p.volume) for p in desk.positions()]
    dealt = [(d.symbol, d.volume) for d in desk.deals() if d.type in TRADES]
    left = [(o.symbol, o.volume_current) for o in _every_order(desk)]
    assert all(volume > 0 for _, volume in (*held, *dealt))
    for symbol, volume in (*held, *dealt, *left):
        assert volume == round(round(volume / steps[symbol]) * steps[symbol], 8) >= 0


def one_position_per_symbol_where_accounts_net(desk: Desk) -> None:
    if desk.session.account.nets:
        symbols = [position.symbol for position in desk.positions()]
        assert len(set(symbols)) == len(symbols)


def windows_of_history_hold_both_their_ends(desk: Desk) -> None:
    for verb, times in (
        ("history_deals_get", [deal.time for deal in desk.deals()]),
        ("history_orders_get", [order.time_done for order in desk.orders()]),
    ):
        if times:
            first, last = min(times), max(times)
            assert len(desk.ask(verb, "window", [first, last])) == len(times)
            assert len(desk.ask(verb, "window", [first, first])) == times.count(first)
            assert len(desk.ask(verb, "window", [last + 1, last + 9])) == 0


def nothing_is_forgotten(desk: Desk) -> None:
    _come_to_rest(desk)
    before = _all_there_is(desk)
    desk.restart()
    assert _all_there_is(desk) == before


def _come_to_rest(desk: Desk) -> None:
    """What was filled late may be beyond its stops: the next tick tells, and a restart has one."""
    deals = -1
    while deals != len(desk.deals()):
        deals = len(desk.deals())
        for symbol, (bid, ask) in desk.prices.items():
            desk.quote(symbol, bid, ask)


def _all_there_is(desk: Desk) -> list[object]:
    due = desk.session.account.due
    return [desk.positions(), desk.waiting(), desk.orders(), desk.deals(), desk.account(), due]


LAWS = (
    balance_is_the_sum_of_the_deals,
    equity_is_balance_and_what_floats,
    positions_follow_from_the_deals,
    tickets_are_given_once_and_rise_with_time,
    every_deal_of_a_trade_has_its_order_and_its_position,
    orders_add_up,
    what_waits_is_not_past,
    volumes_are_on_the_grid,
    one_position_per_symbol_where_accounts_net,
    windows_of_history_hold_both_their_ends,
    nothing_is_forgotten,
)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("margin_mode", ["hedging", "netting", "exchange"])
@given(plan=PLANS)
def test_every_law_holds_whatever_is_done(margin_mode: str, plan: Plan) -> None:
    _keep_the_laws("Somewhere-Demo", margin_mode, plan)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    ("broker", "margin_mode"),
    [
        pytest.param("FTMO-Demo", "hedging", id="commission"),
        pytest.param("Union-Demo", "hedging", id="instant execution"),
        pytest.param("Meridian-Demo", "hedging", id="on request, renumbering"),
        pytest.param("Liberty-Demo", "hedging", id="first in, first out"),
        pytest.param("Warden-Demo", "netting", id="limits"),
        pytest.param("Kontor-Demo", "netting", id="netting in many currencies"),
        pytest.param("Bourse-Demo", "exchange", id="exchange"),
    ],
)
@settings(max_examples=40)
@given(plan=PLANS)
def test_every_law_holds_at_every_kind_of_broker(broker: str, margin_mode: str, plan: Plan) -> None:
    _keep_the_laws(broker, margin_mode, plan)


def _keep_the_laws(broker: str, margin_mode: str, plan: Plan) -> None:
    with traded(broker, margin_mode, plan) as trader:
        _tell(trader)
        for law in LAWS:
            law(trader.desk)
        assert trader.swap_gone_astray < HALF_A_CENT


def _tell(trader: Trader) -> None:
    """What came about, for the statistics."""
    deals = [deal for deal in trader.desk.deals() if deal.type in TRADES]
    seen = Counter(trader.answers)
    seen.update(f"deal {DealEntry(deal.entry).name}" for deal in deals)
    seen.update(f"reason {Reason(deal.reason).name}" for deal in deals)
    seen.update(f"order {OrderState(order.state).name}" for order in _every_order(trader.desk))
    for what in seen:
        event(what)
