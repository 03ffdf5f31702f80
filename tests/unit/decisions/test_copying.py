"""THE decision: what order a fact becomes."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from decisions import copying
from decisions.copy_size import sized_copy
from decisions.copying import decide_open, decide_place
from decisions.drafting import Draft, draft_copy
from decisions.gates import volume_is_allowed
from decisions.parts import Begun
from decisions.sizing import Sized
from decisions.slippage import spread_points
from domain.copy_settings import (
    Atr,
    BreakEven,
    Size,
    SizeMode,
    StopLossType,
    TakeProfitType,
    Trailing,
)
from domain.market import PendingKind, Side, Unknowable
from domain.mt5_words import TimeInForce
from domain.orders import Denied, OpenPosition, PlaceOrder
from domain.policies import Hold, Latch, SlippageMode, TradingState
from domain.reasons import Reason
from domain.signals import Means
from domain.terms import CopyTerms, StopKind, StopRule
from tests.builders import (
    SERVER_MS,
    a_book_order,
    a_book_position,
    a_key,
    a_leg,
    a_quote,
    a_situation,
    a_spec,
    a_terminal,
    an_account,
    opened,
    placed,
    some_settings,
)

MUTE = Unknowable("no answer")


def order_for(position: dict[str, Any] | None = None, **changes: Any) -> OpenPosition:
    decided = decide_open(
        opened(position=a_book_position(**(position or {}))), a_situation(**changes)
    )
    assert isinstance(decided, OpenPosition), decided
    return decided


def test_a_copy_has_the_masters_side_volume_and_stops_and_our_own_marks() -> None:
    order = order_for(symbol="GOLD.c", spec=a_spec("GOLD.c"))
    assert order == OpenPosition(
        leg=a_key(),
        symbol="GOLD.c",
        side=Side.BUY,
        volume=Decimal("1.00"),
        price=Decimal("1285.10"),
        sl=Decimal("1280.00"),
        tp=Decimal("1295.00"),
        deviation_points=50,
        filling=1,
        magic=a_situation().magic,
        comment="501",
        terms=CopyTerms(anchor=Decimal("1285.10")),
    )


def shown(order: OpenPosition) -> tuple[str, str, str]:
    return order.side.value, f"{order.sl:f}", f"{order.tp:f}"


@pytest.mark.parametrize(
    ("settings", "copied"),
    [
        pytest.param({"reverse": True}, ("SELL", "1295.00", "1280.00"), id="reversed"),
        pytest.param(
            {"stop_loss_type": StopLossType.FIXED, "stop_loss_points": Decimal(300)},
            ("BUY", "1282.10", "1295.00"),
            id="a fixed stop",
        ),
        pytest.param(
            {"stop_loss_type": StopLossType.DYNAMIC, "atr": Atr(times=Decimal("1.5"))},
            ("BUY", "1279.10", "1295.00"),
            id="one and a half ranges of 4.00",
        ),
        pytest.param(
            {"take_profit_type": TakeProfitType.RATIO, "take_profit_ratio": Decimal(2)},
            ("BUY", "1280.00", "1295.30"),
            id="twice the stop's distance",
        ),
        pytest.param(
            {"stop_loss_offset": Decimal(50), "take_profit_offset": Decimal(-50)},
            ("BUY", "1279.50", "1294.50"),
            id="offsets",
        ),
        pytest.param(
            {"stop_loss_type": StopLossType.NONE, "take_profit_type": TakeProfitType.NONE},
            ("BUY", "0", "0"),
            id="no stops",
        ),
        pytest.param(
            {"stop_loss_type": StopLossType.NONE, "protective_stop": Decimal(700)},
            ("BUY", "1278.10", "1295.00"),
            id="none of the master's, and one that protects",
        ),
    ],
)
def test_stops_are_where_the_settings_want_them(
    settings: dict[str, Any], copied: tuple[str, str, str]
) -> None:
    order = order_for(settings=some_settings(**settings), volatility=Decimal("4.00"))
    assert shown(order) == copied


def test_a_distance_counts_from_the_price_that_is_asked_for() -> None:
    """The master bought at 1285.10; here the ask is 20 points higher."""
    distance = some_settings(
        stop_loss_type=StopLossType.DISTANCE, take_profit_type=TakeProfitType.DISTANCE
    )
    order = order_for(settings=distance, quote=a_quote(ask="1285.30"))
    assert shown(order) == ("BUY", "1280.20", "1295.20")


def test_a_protective_stop_takes_the_place_of_none() -> None:
    protected = some_settings(protective_stop=Decimal(700))
    assert shown(order_for({"sl": 0}, settings=protected)) == ("BUY", "1278.10", "1295.00")
    assert shown(order_for(settings=protected)) == ("BUY", "1280.00", "1295.00")


@pytest.mark.parametrize(
    ("theirs", "settings"),
    [
        ({"sl": 0}, {"protective_stop": Decimal(200_000)}),
        ({}, {"stop_loss_type": StopLossType.FIXED, "stop_loss_points": Decimal(200_000)}),
        ({}, {"stop_loss_offset": Decimal(200_000)}),
        (
            {"side": Side.SELL, "tp": 0},
            {"protective_stop": Decimal(200_000), "reverse": True},
        ),
    ],
    ids=["protective", "its own", "moved away", "reversed"],
)
def test_a_copy_whose_stop_would_lie_below_zero_is_not_opened_without_one(
    theirs: dict[str, Any], settings: dict[str, Any]
) -> None:
    """Points are for all symbols of an account, and one of them may be cheap."""
    fact = opened(position=a_book_position(**theirs))
    denied = decide_open(fact, a_situation(settings=some_settings(**settings)))
    assert isinstance(denied, Denied)
    assert denied.reason is Reason.NO_STOP
    assert "1285.10" in denied.detail or "1284.90" in denied.detail


@pytest.mark.parametrize(
    ("hedging", "volume"), [(True, "50"), (False, "130")], ids=["hedging", "netting"]
)
def test_fifo_means_nothing_on_a_netting_account(hedging: bool, volume: str) -> None:
    """Of a copy in parts the order is for the first: all of them where one position takes all."""
    fact, fifo = opened(position=a_book_position(volume="130")), some_settings(fifo=True)
    now = a_situation(settings=fifo, account=an_account(hedging=hedging), spec=a_spec())
    found = volume_is_allowed(fact, now)
    draft = draft_copy(fact, now)
    assert found is None
    assert isinstance(draft, Draft)
    sized = sized_copy(fact, now, draft, a_spec())
    assert isinstance(sized, Sized)
    assert sized.volume == Decimal(volume)


def test_without_a_stop_a_ratio_of_its_distance_is_none() -> None:
    ratio = some_settings(take_profit_type=TakeProfitType.RATIO, take_profit_ratio=Decimal(2))
    assert shown(order_for({"sl": 0}, settings=ratio)) == ("BUY", "0", "0")


@pytest.mark.parametrize(
    ("kind", "turned"),
    [
        (PendingKind.BUY_LIMIT, PendingKind.SELL_STOP),
        (PendingKind.SELL_LIMIT, PendingKind.BUY_STOP),
        (PendingKind.BUY_STOP, PendingKind.SELL_LIMIT),
        (PendingKind.SELL_STOP, PendingKind.BUY_LIMIT),
        (PendingKind.BUY_STOP_LIMIT, None),
        (PendingKind.SELL_STOP_LIMIT, None),
    ],
)
def test_a_reversed_order_waits_at_the_same_price_for_the_other_side(
    kind: PendingKind, turned: PendingKind | None
) -> None:
    up = 1 if kind.side is Side.BUY else -1
    fact = placed(order=a_book_order(kind=kind, price="1270", sl=1270 - 10 * up, tp=1270 + 20 * up))
    # Above the market a limit sells and a stop buys; and so it is for what they are turned into.
    below = kind in {PendingKind.SELL_LIMIT, PendingKind.BUY_STOP}
    quote = a_quote("1265", "1265") if below else a_quote("1275", "1275")
    decided = decide_place(fact, a_situation(settings=some_settings(reverse=True), quote=quote))
    if turned is None:
        assert isinstance(decided, Denied)
        assert decided.reason is Reason.ORDER_NOT_ALLOWED
        return
    assert isinstance(decided, PlaceOrder)
    assert (decided.kind, decided.price) == (turned, 1270)
    assert (decided.sl, decided.tp) == (1270 + 20 * up, 1270 - 10 * up)


def test_a_buy_opens_at_the_ask_and_a_sell_at_the_bid() -> None:
    assert order_for({"side": Side.BUY}).price == Decimal("1285.10")
    assert order_for({"side": Side.SELL, "sl": 0, "tp": 0}).price == Decimal("1285.00")


def test_stops_are_rounded_to_the_slaves_ticks_and_none_stays_none() -> None:
    order = order_for({"sl": "1280.37", "tp": 0}, spec=a_spec(tick_size="0.25"))
    assert (order.sl, order.tp) == (Decimal("1280.25"), Decimal(0))


@pytest.mark.parametrize(
    ("ask", "mode", "room"),
    [
        ("1285.10", SlippageMode.EITHER, 50),
        ("1285.30", SlippageMode.EITHER, 30),
        ("1285.60", SlippageMode.EITHER, 0),
        ("1284.90", SlippageMode.EITHER, 30),
        ("1284.90", SlippageMode.ADVERSE, 50),
        ("1285.30", SlippageMode.ADVERSE, 30),
    ],
)
def test_what_the_market_has_used_of_the_tolerance_is_not_there_for_the_fill(
    ask: str, mode: SlippageMode, room: int
) -> None:
    settings = some_settings(slippage_mode=mode)
    order = order_for(settings=settings, quote=a_quote(bid="1284.00", ask=ask))
    assert order.deviation_points == room


def test_the_deviation_is_rounded_down() -> None:
    assert order_for(settings=some_settings(slippage_tolerance="50.9")).deviation_points == 50


def test_the_spread_is_told_in_points() -> None:
    assert spread_points(a_quote(), a_spec()) == 10


situations = st.fixed_dictionaries(
    {},
    optional={
        "identity": st.just(MUTE),
        "terminal": st.sampled_from([MUTE, a_terminal(), a_terminal(connected=False)]),
        "account": st.sampled_from([MUTE, an_account(), an_account(hedging=False)]),
        "spec": st.sampled_from([None, MUTE, a_spec(), a_spec(volume_min="5")]),
        "quote": st.sampled_from([None, a_quote(), a_quote("1286", "1285")]),
        "age_ms": st.integers(-10_000, 10_000),
        "leg_known": st.booleans(),
        "still_held": st.booleans(),
        "open_legs": st.integers(0, 20),
        "daily": st.none() | st.integers(-1000, 1000),
        "magic_taken": st.booleans(),
    },
)
not_active = st.one_of(
    st.builds(
        lambda state: {"latch": Latch(state=state)},
        st.sampled_from([TradingState.REDUCING, TradingState.HALTED]),
    ),
    st.builds(
        lambda holds: {"holds": frozenset(holds)}, st.sets(st.sampled_from(Hold), min_size=1)
    ),
)


@given(situations, not_active)
def test_law_5_nothing_opens_while_the_account_is_not_active_whatever_else(
    changes: dict[str, Any], state: dict[str, Any]
) -> None:
    assert isinstance(decide_open(opened(), a_situation(**(changes | state))), Denied)


@given(situations)
def test_law_5_what_is_not_known_never_opens_anything(changes: dict[str, Any]) -> None:
    situation = a_situation(**changes)
    missing = (
        MUTE in (situation.identity, situation.terminal, situation.account, situation.spec)
        or situation.quote is None
        or situation.spec is None
    )
    if missing:
        assert isinstance(decide_open(opened(), situation), Denied)


@pytest.mark.parametrize("lost", [{"quote": None}, {"spec": None}, {"spec": MUTE}])
def test_law_5_the_order_itself_is_refused_should_a_gate_be_lost(lost: dict[str, Any]) -> None:
    assert copying.at_the_market(opened(), a_situation(**lost)) == Denied(
        Reason.NO_MARKET, "XAUUSD"
    )


def test_an_order_waits_at_the_masters_price_with_our_own_marks() -> None:
    order = a_book_order(price="1279.37", volume="0.30", initial_volume="0.30", lasts_ms=3_600_000)
    order = msgspec.structs.replace(order, time_in_force=int(TimeInForce.SPECIFIED))
    now = a_situation(
        symbol="GOLD.c", spec=a_spec("GOLD.c", tick_size="0.25"), newest_server_ms=SERVER_MS
    )
    decided = decide_place(placed(order=order), now)
    assert isinstance(decided, PlaceOrder)
    assert (decided.symbol, decided.kind, decided.volume) == ("GOLD.c", order.kind, order.volume)
    assert (decided.price, decided.sl) == (Decimal("1279.25"), Decimal("1275.00"))
    assert (decided.magic, decided.comment) == (now.magic, now.comment)
    assert decided.lifetime.until_server_ms == SERVER_MS + 3_600_000 - now.age_ms


def test_an_order_that_a_gate_refuses_does_not_wait() -> None:
    refused = decide_place(placed(), a_situation(latch=Latch(state=TradingState.HALTED)))
    assert isinstance(refused, Denied)
    assert refused.reason is Reason.TRADING_HALTED


def test_without_a_contract_no_order_waits_whatever_the_gates_say() -> None:
    assert isinstance(decide_place(placed(), a_situation(spec=None)), Denied)
    refused = copying._waiting_order(placed(), a_situation(spec=None))
    assert refused == Denied(Reason.UNKNOWN_SYMBOL, "XAUUSD")


SIZED_BY_MONEY = {"settings": some_settings(size=Size(mode=SizeMode.BALANCE)), "account": MUTE}


def test_law_5_nothing_is_asked_for_without_a_size_should_a_gate_be_lost() -> None:
    now = a_situation(**SIZED_BY_MONEY)
    fact = opened(means=Means(read_at_us=0, funds=None, contract_size=None))
    for denied in (copying.at_the_market(fact, now), copying._waiting_order(placed(), now)):
        assert isinstance(denied, Denied)
        assert denied.reason in {Reason.CONTRACT_UNKNOWN, Reason.OWN_MONEY_UNKNOWN}


def test_a_further_part_has_the_terms_of_the_first_and_what_is_left_of_the_copy() -> None:
    terms = CopyTerms(reversed=False, stop_loss=StopRule(kind=StopKind.NONE), min_hold_ms=7_000)
    first = a_leg(terms=terms, copy_volume=Decimal("3.00"))
    begun = Begun(first=first, asked=Decimal("1.00"), part=1, has_ended=False)
    order = order_for(begun=begun, settings=some_settings(min_hold_seconds=60))
    assert (order.leg.part, order.volume, order.copy_volume) == (1, 2, 3)
    assert order.terms == msgspec.structs.replace(terms, anchor=order.price)
    assert order.sl == 0


def test_a_fixed_take_profit_counts_from_the_price_that_is_asked_for() -> None:
    fixed = some_settings(take_profit_type=TakeProfitType.FIXED, take_profit_points=Decimal(500))
    assert shown(order_for(settings=fixed)) == ("BUY", "1280.00", "1290.10")


def test_how_a_stop_is_to_move_is_frozen_into_the_order_in_prices() -> None:
    moves = some_settings(
        break_even=BreakEven(at=Decimal(150), lock=Decimal(10)),
        trailing=Trailing(distance=Decimal(200), start=Decimal(300), step=Decimal(20)),
    )
    terms = order_for(settings=moves).terms
    assert (terms.break_even_at, terms.break_even_lock) == (Decimal("1.50"), Decimal("0.10"))
    assert (terms.trail_distance, terms.trail_from) == (Decimal("2.00"), Decimal("3.00"))
    assert terms.trail_step == Decimal("0.20")
    only_even = some_settings(break_even=BreakEven(at=Decimal(150)))
    assert order_for(settings=only_even).terms.trail_step == 0
