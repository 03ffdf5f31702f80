"""What holds for orders that wait, whatever traders, ticks and clocks do."""

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace

from hypothesis import given
from hypothesis import strategies as st

from domain.mt5_words import OrderState, OrderType, Retcode, TimeInForce
from tests.unit.paper.desk import Desk
from tests.unit.paper.waiting_orders import KINDS, modify, place, remove, waiting

POINT = 1e-5
MINUTE_MS = 60_000
DAY_S = 86_400
SERVER_AHEAD_MS = 3 * 3_600_000
RISING = (OrderType.SELL_LIMIT, OrderType.BUY_STOP, OrderType.BUY_STOP_LIMIT)

PLACE = st.tuples(
    st.just("place"), st.sampled_from(KINDS), st.integers(1, 60), st.sampled_from(TimeInForce),
    st.sampled_from([0, 0, 25]),
)  # fmt: skip
MODIFY = st.tuples(
    st.just("modify"), st.integers(0, 9), st.integers(-60, 60), st.sampled_from(TimeInForce)
)
REMOVE = st.tuples(st.just("remove"), st.integers(0, 9))
TICK = st.tuples(st.just("tick"), st.integers(-90, 90), st.integers(1, 12))
WAIT = st.tuples(st.just("wait"), st.integers(1, 30 * 60))
RESTART = st.tuples(st.just("restart"))
ACTIONS = st.lists(st.one_of(PLACE, PLACE, MODIFY, REMOVE, TICK, TICK, WAIT, RESTART), max_size=30)
MODES = st.sampled_from(["hedging", "netting"])


class Trader:
    """Does what the actions say, and remembers what was promised."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.placed: dict[int, int] = {}
        """Type by ticket."""
        self.removed: set[int] = set()

    def act(self, action: tuple) -> None:
        name, *rest = action
        self.desk.later(100)
        getattr(self, name)(*rest)
        self.desk.world.on_clock(self.desk.utc_ms)

    def place(self, kind: int, points: int, type_time: int, stops_points: int) -> None:
        prices = self._prices(kind, points)
        stops = self._stops(kind, prices, stops_points)
        answer = place(self.desk, kind, **prices, **stops, **self._end(type_time))
        assert answer.retcode == Retcode.DONE
        self.placed[answer.order] = kind

    def modify(self, which: int, points: int, type_time: int) -> None:
        order = self._one(which)
        if order is not None:
            prices = self._prices(order.type, points or 1)
            answer = modify(self.desk, order.ticket, **prices, **self._end(type_time))
            wrong = Retcode.INVALID_PRICE if points < 0 else Retcode.NO_CHANGES
            assert answer.retcode in {Retcode.DONE, wrong}

    def remove(self, which: int) -> None:
        order = self._one(which)
        if order is not None:
            assert remove(self.desk, order.ticket).retcode == Retcode.DONE
            self.removed.add(order.ticket)

    def tick(self, move: int, spread: int) -> None:
        bid = 1.386 + move * POINT
        self.desk.quote("EURUSD", round(bid, 5), round(bid + spread * POINT, 5))

    def wait(self, minutes: int) -> None:
        self.desk.later(minutes * MINUTE_MS)

    def restart(self) -> None:
        before = waiting(self.desk)
        self.desk.restart()
        after = [vars(order) | {"price_current": 0.0} for order in waiting(self.desk)]
        assert after == [vars(order) | {"price_current": 0.0} for order in before]

    def _one(self, which: int) -> SimpleNamespace | None:
        orders = waiting(self.desk)
        return orders[which % len(orders)] if orders else None

    def _prices(self, kind: int, points: int) -> dict[str, float]:
        bid, ask = self.desk.prices["EURUSD"]
        up = 1 if kind in RISING else -1
        price = (bid if kind & 1 else ask) + up * points * POINT
        return {"price": round(price, 5), "stoplimit": round(price - up * 20 * POINT, 5)}

    def _stops(self, kind: int, prices: dict[str, float], points: int) -> dict[str, float]:
        if not points:
            return {}
        is_stop_limit = kind >= OrderType.BUY_STOP_LIMIT
        price = prices["stoplimit" if is_stop_limit else "price"]
        distance = points * POINT * (-1 if kind & 1 else 1)
        return {"sl": round(price - distance, 5), "tp": round(price + distance, 5)}

    def _end(self, type_time: int) -> dict[str, int]:
        return {"type_time": type_time, "expiration": self.now_s + 5_000}

    @property
    def now_s(self) -> int:
        return (self.desk.utc_ms + SERVER_AHEAD_MS) // 1000

    def past(self) -> list[SimpleNamespace]:
        """What became of the orders that waited; the server's own at stops are not among them."""
        return [order for order in self.desk.orders() if order.ticket in self.placed]


@contextmanager
def trading(mode: str, actions: list[tuple]) -> Iterator[Trader]:
    desk = Desk(margin_mode=mode)
    try:
        trader = Trader(desk)
        for action in actions:
            trader.act(action)
        yield trader
    finally:
        desk.store.close()


def end_s(order: SimpleNamespace) -> float:
    if order.type_time == TimeInForce.GTC:
        return float("inf")
    if order.type_time == TimeInForce.SPECIFIED_DAY:
        return (order.time_expiration // DAY_S + 1) * DAY_S
    return order.time_expiration


@given(MODES, ACTIONS)
def test_no_order_is_ever_lost_or_kept_twice(mode: str, actions: list[tuple]) -> None:
    with trading(mode, actions) as trader:
        wait, done = waiting(trader.desk), trader.past()
        tickets = [order.ticket for order in (*wait, *done)]
        assert sorted(tickets) == sorted(trader.placed)
        assert {order.state for order in wait} <= {OrderState.PLACED}
        cancelled = {o.ticket for o in done if o.state == OrderState.CANCELED}
        assert cancelled == trader.removed


@given(MODES, ACTIONS)
def test_an_order_keeps_its_ticket_through_its_whole_life(mode: str, actions: list[tuple]) -> None:
    with trading(mode, actions) as trader:
        filled = {o.ticket: o for o in trader.past() if o.state == OrderState.FILLED}
        deals = {deal.order: deal for deal in trader.desk.deals() if deal.order in trader.placed}
        assert set(filled) == set(deals)
        for ticket, order in filled.items():
            assert order.type & 1 == deals[ticket].type == trader.placed[ticket] & 1
            assert order.position_id == deals[ticket].position_id
            assert order.type not in (OrderType.BUY_STOP_LIMIT, OrderType.SELL_STOP_LIMIT)
        if mode == "hedging":
            assert {order.position_id for order in filled.values()} == set(filled)
            assert {p.ticket for p in trader.desk.positions()} <= set(filled)


@given(MODES, ACTIONS)
def test_a_limit_is_never_filled_worse_nor_a_stop_better_than_asked(
    mode: str, actions: list[tuple]
) -> None:
    with trading(mode, actions) as trader:
        orders = {order.ticket: order for order in trader.past()}
        for deal in trader.desk.deals():
            if deal.order in orders:
                order = orders[deal.order]
                above = deal.price >= order.price_open
                below = deal.price <= order.price_open
                assert above if order.type in RISING else below


@given(MODES, ACTIONS)
def test_nothing_waits_that_is_reached_and_nothing_was_filled_that_is_over(
    mode: str, actions: list[tuple]
) -> None:
    with trading(mode, actions) as trader:
        bid, ask = trader.desk.prices["EURUSD"]
        for order in waiting(trader.desk):
            price = bid if order.type & 1 else ask
            reached = price >= order.price_open, price <= order.price_open
            assert not reached[0 if order.type in RISING else 1]
            assert order.price_current == price
            assert trader.now_s < end_s(order)
        for order in trader.past():
            is_over = order.time_done >= end_s(order)
            assert is_over == (order.state == OrderState.EXPIRED)


@given(MODES, ACTIONS)
def test_history_holds_each_order_at_the_second_it_was_done(
    mode: str, actions: list[tuple]
) -> None:
    with trading(mode, actions) as trader:
        done = trader.desk.orders()
        assert trader.desk.ask("history_orders_total", [0, 2**40]) == len(done)
        for order in done:
            assert order.time_setup <= order.time_done <= trader.now_s
            at_that_second = [o for o in done if o.time_done == order.time_done]
            window = [order.time_done, order.time_done]
            assert trader.desk.ask("history_orders_total", window) == len(at_that_second)


@given(MODES, ACTIONS)
def test_no_position_stands_beyond_its_stops_for_longer_than_a_tick(
    mode: str, actions: list[tuple]
) -> None:
    with trading(mode, actions) as trader:
        bid, ask = trader.desk.prices["EURUSD"]
        trader.desk.quote("EURUSD", bid, ask)
        for position in trader.desk.positions():
            price, up = (ask, -1) if position.type else (bid, 1)
            assert not position.sl or (price - position.sl) * up > 0
            assert not position.tp or (position.tp - price) * up > 0
