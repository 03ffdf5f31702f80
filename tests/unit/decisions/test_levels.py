"""How near to the market a broker takes stops, and when it lets nobody touch them."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions.copying import decide_open, decide_place
from decisions.levels import is_frozen, order_may_wait, with_wider_level
from decisions.planning import stops_are_due, with_stops_sent
from decisions.repairing import next_repair
from decisions.repairs import Repair, Send, SendPending, Settled, Share, Sight, Wait
from decisions.stops import Levels, stops_of
from decisions.touching import THAWS_WITHIN_S, is_untouchable, price_matters
from domain.ids import SlaveTicket
from domain.legs import Leg, LegState
from domain.market import PendingKind, Quote, Side, SymbolSpec
from domain.orders import (
    CancelOrder,
    ClosePosition,
    Denied,
    ModifyPosition,
    OpenPosition,
    PlaceOrder,
)
from domain.policies import TradingState
from domain.reasons import Reason
from tests.builders import (
    SERVER_MS,
    a_book_order,
    a_book_position,
    a_leg,
    a_pending,
    a_quote,
    a_situation,
    a_spec,
    a_target,
    held_of,
    opened,
    placed,
    some_settings,
)

D = Decimal
#: Stops stay 1.00 away from the price, and nobody touches anything within 0.50 of it.
STRICT = a_spec(stops_level_points=100)
FREEZING = a_spec(freeze_level_points=50)
QUOTE = a_quote("1285.00", "1285.10")


def asked(side: Side = Side.BUY, spec: SymbolSpec = STRICT, **stops: str) -> OpenPosition | Denied:
    fact = opened(position=a_book_position(side=side, **({"sl": 0, "tp": 0} | stops)))
    return decide_open(fact, a_situation(spec=spec, quote=QUOTE))


@pytest.mark.parametrize(
    ("side", "stops", "given"),
    [
        pytest.param(Side.BUY, ("1284", "1286"), ("1284", "1286"), id="just far enough"),
        pytest.param(Side.BUY, ("1284.01", "1285.99"), ("1284", "1286"), id="a point too near"),
        pytest.param(Side.SELL, ("1286.10", "1284.10"), ("1286.10", "1284.10"), id="of a sell"),
        pytest.param(Side.SELL, ("1286.09", "1284.11"), ("1286.10", "1284.10"), id="and too near"),
        pytest.param(Side.BUY, ("0", "0"), ("0", "0"), id="none"),
    ],
)
def test_an_open_carries_stops_that_the_broker_takes(
    side: Side, stops: tuple[str, str], given: tuple[str, str]
) -> None:
    order = asked(side, sl=stops[0], tp=stops[1])
    assert isinstance(order, OpenPosition)
    assert (order.sl, order.tp) == tuple(map(D, given))
    assert bool(order.stops_note) is (stops != given)


def test_a_stop_that_was_moved_says_so() -> None:
    order = asked(sl="1284.50")
    assert isinstance(order, OpenPosition)
    assert order.stops_note == "SL 1284, not 1284.5: 100 points from the price at least"


def test_moved_stops_lie_on_the_tick_grid_and_never_nearer() -> None:
    order = asked(spec=a_spec(stops_level_points=110, tick_size="0.25"), sl="1284.75", tp="1285.25")
    assert isinstance(order, OpenPosition)
    assert (order.sl, order.tp) == (D("1283.75"), D("1286.25"))


@pytest.mark.parametrize(
    ("side", "stops"),
    [
        (Side.BUY, {"sl": "1285.00"}),
        (Side.BUY, {"tp": "1285.00"}),
        (Side.SELL, {"sl": "1285.10"}),
        (Side.SELL, {"tp": "1285.10"}),
    ],
)
def test_a_copy_whose_stop_the_price_has_reached_already_is_not_opened(
    side: Side, stops: dict[str, str]
) -> None:
    denied = asked(side, **stops)
    assert isinstance(denied, Denied)
    assert denied.reason is Reason.STOP_PASSED


def test_a_risk_is_sized_by_the_stop_that_is_sent() -> None:
    """A stop that has to be wider loses more; the volume follows."""
    situation = a_situation(spec=STRICT, quote=QUOTE, settings=some_settings())
    order = decide_open(opened(position=a_book_position(sl="1284.90", tp=0)), situation)
    assert isinstance(order, OpenPosition)
    assert order.price - order.sl == D("1.10")


def test_the_stops_of_an_order_that_waits_are_counted_from_its_own_price() -> None:
    fact = placed(order=a_book_order(price="1280", sl="1279.50", tp="1280.40"))
    order = decide_place(fact, a_situation(spec=STRICT, quote=QUOTE))
    assert isinstance(order, PlaceOrder)
    assert (order.sl, order.tp, bool(order.stops_note)) == (D(1279), D(1281), True)


@pytest.mark.parametrize(
    ("kind", "price", "fits"),
    [
        (PendingKind.BUY_LIMIT, "1284.10", True),
        (PendingKind.BUY_LIMIT, "1284.11", False),
        (PendingKind.BUY_STOP, "1286.10", True),
        (PendingKind.BUY_STOP, "1286.09", False),
        (PendingKind.BUY_STOP_LIMIT, "1286.09", False),
        (PendingKind.SELL_LIMIT, "1286.00", True),
        (PendingKind.SELL_LIMIT, "1285.99", False),
        (PendingKind.SELL_STOP, "1284.00", True),
        (PendingKind.SELL_STOP, "1284.01", False),
        (PendingKind.SELL_STOP_LIMIT, "1284.01", False),
    ],
)
def test_an_order_waits_on_its_side_of_the_market_and_far_enough_away(
    kind: PendingKind, price: str, fits: bool
) -> None:
    assert order_may_wait(kind, D(price), STRICT, QUOTE) is fits


# -- of what is open already


def sight(leg: Leg, quote: Quote | None = QUOTE, **changes: Any) -> Sight:
    usual: dict[str, Any] = {
        "state": TradingState.ACTIVE,
        "now_ms": SERVER_MS + 1_000,
        "now_s": 100.0,
        "held": held_of(leg),
        "spec": STRICT,
        "quote": quote,
        "name": "intent-9",
    }
    return Sight(**(usual | changes))


def aiming(side: Side = Side.BUY, sl: str = "0", tp: str = "0", **changes: Any) -> Leg:
    sent = {"sl_sent": "0", "tp_sent": "0"}
    return a_leg(side=side, target=a_target(sl=sl, tp=tp), **(sent | changes))


def sent(repair: Repair) -> tuple[str, str]:
    assert isinstance(repair, Send), repair
    assert isinstance(repair.order, ModifyPosition)
    return f"{repair.order.sl:f}", f"{repair.order.tp:f}"


def why(repair: Repair) -> Reason:
    assert isinstance(repair, Settled), repair
    return repair.why.reason


def test_a_stop_too_near_goes_as_near_as_it_may() -> None:
    leg = aiming(sl="1284.50", sl_sent="1270")
    repair = next_repair(leg, sight(leg))
    assert sent(repair) == ("1284.00", "0")
    assert isinstance(repair, Send)
    assert isinstance(repair.order, ModifyPosition)
    assert repair.order.note == "SL 1284, not 1284.5: 100 points from the price at least"


def test_and_stays_there_until_the_price_allows_what_is_wanted() -> None:
    """No order at every tick, and at last one more."""
    leg = aiming(sl="1284.50", sl_sent="1284.00")
    for bid in ("1285.01", "1285.30", "1285.49"):
        assert why(next_repair(leg, sight(leg, a_quote(bid, "1285.60")))) is Reason.STOPS_TOO_NEAR
    assert sent(next_repair(leg, sight(leg, a_quote("1285.50", "1285.60")))) == ("1284.50", "0")


@pytest.mark.parametrize(
    ("side", "bid", "wanted", "nearest"),
    [
        pytest.param(Side.BUY, "1285.00", ("1285.50", "0"), ("1284.00", "0"), id="a buy's stop"),
        pytest.param(Side.SELL, "1285.00", ("1284.50", "0"), ("1286.10", "0"), id="a sell's stop"),
        pytest.param(Side.BUY, "1285.00", ("0", "1284.50"), ("0", "1286.00"), id="a buy's target"),
        pytest.param(Side.SELL, "1285.00", ("0", "1285.50"), ("0", "1284.10"), id="a sell's"),
    ],
)
def test_a_stop_that_the_price_has_passed_here_goes_as_near_as_it_may(
    side: Side, bid: str, wanted: tuple[str, str], nearest: tuple[str, str]
) -> None:
    leg = aiming(side, *wanted)
    assert sent(next_repair(leg, sight(leg, a_quote(bid, "1285.10")))) == nearest


def test_a_stop_in_force_that_is_too_near_by_now_keeps_a_new_target_waiting() -> None:
    """The broker looks at both, also at the one that stays."""
    leg = aiming(sl="1284.50", sl_sent="1284.50", tp="1300")
    assert why(next_repair(leg, sight(leg))) is Reason.STOPS_TOO_NEAR


def test_a_stop_may_always_be_taken_off() -> None:
    leg = aiming(sl="0", sl_sent="1284.50")
    assert sent(next_repair(leg, sight(leg))) == ("0", "0")


def test_without_a_price_stops_are_sent_as_they_are() -> None:
    leg = aiming(sl="1284.50", sl_sent="1270")
    assert sent(next_repair(leg, sight(leg, None))) == ("1284.50", "0")


prices = st.integers(128_000, 129_000).map(lambda points: D(points) / 100)


@given(
    st.sampled_from(Side),
    prices,
    prices,
    st.lists(prices, min_size=1, max_size=40),
    st.sampled_from([0, 1, 30, 100]),
    st.sampled_from(["0.01", "0.05", "0.25"]),
)
def test_whatever_the_price_does_the_broker_is_asked_nothing_it_would_refuse(
    side: Side, sl: Decimal, tp: Decimal, bids: list[Decimal], level: int, tick: str
) -> None:
    spec = a_spec(stops_level_points=level, tick_size=tick)
    leg = a_leg(side=side, target=a_target(sl=sl, tp=tp), sl_sent="0", tp_sent="0")
    up = 1 if side is Side.BUY else -1
    for bid in bids:
        quote = Quote(bid=bid, ask=bid + D("0.10"), server_ms=SERVER_MS)
        for _ in range(3):
            repair = next_repair(leg, sight(leg, quote, spec=spec))
            if not isinstance(repair, Send):
                break
            assert isinstance(repair.order, ModifyPosition)
            order, price, apart = repair.order, quote.exit(side), max(level, 1) * D("0.01")
            assert not order.sl or (price - order.sl) * up >= apart
            assert not order.tp or (order.tp - price) * up >= apart
            assert order.sl % D(tick) == order.tp % D(tick) == 0
            leg = with_stops_sent(leg, order, spec)
        else:
            pytest.fail("it does not come to rest")


@given(prices, st.lists(prices, max_size=40))
def test_a_stop_ends_where_it_belongs_once_the_price_is_far_away(
    sl: Decimal, bids: list[Decimal]
) -> None:
    leg, far = aiming(sl=str(sl)), a_quote("1400", "1400.10")
    for quote in (*(a_quote(bid, bid + 1) for bid in bids), far):
        repair = next_repair(leg, sight(leg, quote))
        if isinstance(repair, Send):
            assert isinstance(repair.order, ModifyPosition)
            leg = with_stops_sent(leg, repair.order, STRICT)
    assert Levels(leg.sl_sent, leg.tp_sent) == stops_of(leg)


# -- what is frozen


@pytest.mark.parametrize(
    ("side", "stops", "frozen"),
    [
        (Side.BUY, {"sl": "1284.50"}, True),
        (Side.BUY, {"sl": "1284.49"}, False),
        (Side.BUY, {"tp": "1285.50"}, True),
        (Side.BUY, {"tp": "1285.51"}, False),
        (Side.SELL, {"sl": "1285.60"}, True),
        (Side.SELL, {"tp": "1284.59"}, False),
        (Side.SELL, {}, False),
    ],
)
def test_a_position_is_frozen_near_its_stops(
    side: Side, stops: dict[str, str], frozen: bool
) -> None:
    held = held_of(a_leg(side=side), **({"sl": 0, "tp": 0} | stops))
    assert is_frozen(held, FREEZING, QUOTE) is frozen
    assert not is_frozen(held, STRICT, QUOTE)


def test_new_stops_of_a_frozen_position_wait() -> None:
    leg = aiming(sl="1270", sl_sent="1284.80")
    assert why(next_repair(leg, sight(leg, spec=FREEZING))) is Reason.FROZEN


def test_a_close_of_a_frozen_position_waits_for_a_while_and_then_goes_out() -> None:
    """What the terminal says of the level may be wrong, and a close must not be missed for it."""
    leg = a_leg(target=a_target(volume=0), sl_sent="1284.80")
    assert next_repair(leg, sight(leg, spec=FREEZING, frozen_s=0.0)) == Wait()
    assert next_repair(leg, sight(leg, spec=FREEZING, frozen_s=THAWS_WITHIN_S - 0.1)) == Wait()
    for frozen_s in (None, THAWS_WITHIN_S):
        repair = next_repair(leg, sight(leg, spec=FREEZING, frozen_s=frozen_s))
        assert isinstance(repair, Send)
        assert isinstance(repair.order, ClosePosition)


WAITING = a_pending(9001, price="1284.80")


def an_order_leg(**changes: Any) -> Leg:
    usual: dict[str, Any] = {
        "state": LegState.PENDING,
        "target": a_target(order=a_book_order(price="1284.80"), there=False),
        "ticket": SlaveTicket(9001),
        "terms_sent": a_book_order(price="1284.80"),
        "identifier": 0,
        "filled_volume": 0,
        "volume": 0,
    }
    return a_leg(**(usual | changes))


def test_a_frozen_order_is_not_withdrawn_until_it_thaws() -> None:
    leg = an_order_leg(target=a_target(volume=0))
    near = {"held": None, "waiting": WAITING, "spec": FREEZING}
    assert is_untouchable(sight(leg, **near), QUOTE)
    assert next_repair(leg, sight(leg, **near, frozen_s=1.0)) == Wait()
    repair = next_repair(leg, sight(leg, **near, frozen_s=THAWS_WITHIN_S))
    assert isinstance(repair, SendPending)
    assert isinstance(repair.order, CancelOrder)


def test_a_frozen_order_is_not_changed() -> None:
    leg = an_order_leg(target=a_target(order=a_book_order(price="1270"), there=False))
    frozen = sight(leg, held=None, waiting=WAITING, spec=FREEZING, frozen_s=99.0)
    assert why(next_repair(leg, frozen)) is Reason.FROZEN


def test_an_order_is_not_moved_to_where_it_may_not_wait() -> None:
    leg = an_order_leg(target=a_target(order=a_book_order(price="1284.50"), there=False))
    near = sight(leg, held=None, waiting=WAITING)
    assert why(next_repair(leg, near)) is Reason.ORDER_TOO_NEAR
    away = sight(leg, a_quote("1290", "1290.10"), held=None, waiting=WAITING)
    assert isinstance(next_repair(leg, away), SendPending)


# -- when the price has to be asked for


def test_a_price_is_asked_for_only_where_it_matters() -> None:
    at_rest, due = a_leg(), aiming(sl="1284.50", sl_sent="1270")
    assert not price_matters(at_rest, sight(at_rest))
    assert price_matters(at_rest, sight(at_rest, spec=FREEZING))
    assert stops_are_due(due, STRICT)
    assert price_matters(due, sight(due))
    assert not price_matters(due, sight(due, spec=None))


def test_of_a_shared_position_the_price_matters_to_the_leg_that_sets_its_stops() -> None:
    leg = a_leg()
    share = Share(foreign=D(0), keeps_stops=True, sl=D("1270"), tp=leg.tp_sent)
    assert price_matters(leg, sight(leg, share=share))
    assert not price_matters(leg, sight(leg, share=msgspec.structs.replace(share, sl=leg.sl_sent)))


def test_of_an_order_the_price_matters_where_it_is_to_be_changed() -> None:
    leg = an_order_leg()
    assert not price_matters(leg, sight(leg, held=None, waiting=WAITING))
    moved = an_order_leg(target=a_target(order=a_book_order(price="1284"), there=False))
    assert price_matters(moved, sight(moved, held=None, waiting=WAITING))


@pytest.mark.parametrize(
    ("told", "quote", "refusals", "points"),
    [
        pytest.param(0, ("1285.00", "1285.10"), 1, 20, id="by the spread of 10 points"),
        pytest.param(0, ("1285.00", "1285.00"), 1, 2, id="no spread either"),
        pytest.param(30, ("1285.00", "1285.10"), 1, 60, id="by what it tells"),
        pytest.param(30, ("1285.00", "1285.10"), 3, 240, id="wider each time"),
    ],
)
def test_what_a_broker_refused_all_the_same_is_tried_further_away(
    told: int, quote: tuple[str, str], refusals: int, points: int
) -> None:
    wider = with_wider_level(a_spec(stops_level_points=told), a_quote(*quote), refusals)
    assert wider.stops_level_points == points
