"""What holds whatever traders do: money, tickets and positions follow from the deals."""

from collections.abc import Iterator
from contextlib import contextmanager

from hypothesis import given
from hypothesis import strategies as st

from domain.mt5_words import DealEntry, Filling, OrderType
from tests.unit.paper.desk import Desk

OPEN = st.tuples(
    st.just("open"),
    st.sampled_from(["EURUSD", "XAUUSD"]),
    st.sampled_from([OrderType.BUY, OrderType.SELL]),
    st.integers(1, 300),
)
CLOSE = st.tuples(st.just("close"), st.integers(0, 9), st.integers(1, 100), st.none())
STOPS = st.tuples(st.just("stops"), st.integers(0, 9), st.integers(-90, 90), st.integers(-90, 90))
TICK = st.tuples(st.just("tick"), st.integers(-400, 400), st.integers(1, 30), st.none())
ACTIONS = st.lists(st.one_of(OPEN, CLOSE, STOPS, TICK), max_size=25)


@contextmanager
def at_desk() -> Iterator[Desk]:
    desk = Desk()
    try:
        yield desk
    finally:
        desk.store.close()


def act(desk: Desk, action: tuple) -> None:
    desk.later(100)
    {"open": _open, "close": _close, "stops": _stops, "tick": _tick}[action[0]](desk, *action[1:])


def _open(desk: Desk, symbol: str, side: int, hundredths: int) -> None:
    desk.send(symbol=symbol, type=side, volume=hundredths / 100)


def _close(desk: Desk, which: int, percent: int, _: None) -> None:
    positions = desk.positions()
    if positions:
        position = positions[which % len(positions)]
        volume = max(0.01, round(position.volume * percent / 100, 2))
        desk.send(
            symbol=position.symbol, type=1 - position.type, volume=volume, position=position.ticket
        )


def _stops(desk: Desk, which: int, below: int, above: int) -> None:
    positions = desk.positions()
    if positions:
        position = positions[which % len(positions)]
        digits = 5 if position.symbol == "EURUSD" else 2
        point = 10.0**-digits
        desk.stops(
            position.ticket,
            round(position.price_current + below * point, digits),
            round(position.price_current + above * point, digits),
        )


def _tick(desk: Desk, move: int, spread: int, _: None) -> None:
    bid = 1.386 + move * 1e-5
    desk.quote("EURUSD", round(bid, 5), round(bid + spread * 1e-5, 5))
    gold = 1286.0 + move / 10
    desk.quote("XAUUSD", round(gold, 3), round(gold + spread / 100, 3))
    desk.world.on_clock(desk.utc_ms)


@given(ACTIONS)
def test_the_balance_is_the_sum_of_the_deals(actions: list[tuple]) -> None:
    with at_desk() as desk:
        for action in actions:
            act(desk, action)
        booked = sum(d.profit + d.commission + d.swap + d.fee for d in desk.deals())
        assert abs(desk.account().balance - booked) < 0.005


@given(ACTIONS)
def test_equity_is_balance_and_what_floats(actions: list[tuple]) -> None:
    with at_desk() as desk:
        for action in actions:
            act(desk, action)
        account = desk.account()
        floating = sum(p.profit + p.swap for p in desk.positions())
        assert abs(account.profit - floating) < 0.005
        assert abs(account.equity - account.balance - account.credit - account.profit) < 0.005
        assert abs(account.margin_free - (account.equity - account.margin)) < 0.005


@given(ACTIONS)
def test_positions_follow_from_the_deals(actions: list[tuple]) -> None:
    with at_desk() as desk:
        for action in actions:
            act(desk, action)
        left: dict[int, float] = {}
        for deal in desk.deals():
            if deal.position_id:
                sign = 1 if deal.entry == DealEntry.IN else -1
                left[deal.position_id] = left.get(deal.position_id, 0.0) + sign * deal.volume
        open_now = {identifier: round(v, 2) for identifier, v in left.items() if round(v, 2)}
        assert open_now == {p.identifier: p.volume for p in desk.positions()}


@given(ACTIONS)
def test_tickets_are_given_once_and_only_rise(actions: list[tuple]) -> None:
    with at_desk() as desk:
        for action in actions:
            act(desk, action)
        deals, orders = [d.ticket for d in desk.deals()], [o.ticket for o in desk.orders()]
        assert deals == sorted(deals)
        assert orders == sorted(orders)
        assert len({*deals, *orders}) == len(deals) + len(orders)
        assert {d.order for d in desk.deals()} == {0, *orders}


@given(ACTIONS)
def test_a_restarted_broker_remembers_everything(actions: list[tuple]) -> None:
    with at_desk() as desk:
        for action in actions:
            act(desk, action)
        before = (desk.positions(), desk.deals(), desk.orders(), desk.account())
        desk.restart()
        assert (desk.positions(), desk.deals(), desk.orders(), desk.account()) == before
        assert desk.send(volume=0.01, type_filling=Filling.IOC).order > max(
            (o.ticket for o in before[2]), default=0
        )
