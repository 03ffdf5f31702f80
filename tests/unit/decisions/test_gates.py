"""One row per gate and per edge: what stands in the way of an open, and in which order."""

from decimal import Decimal
from typing import Any

import pytest

from decisions.claims import SymbolUse
from decisions.contracts import contract_of
from decisions.drafting import draft_copy
from decisions.gates import (
    OPEN_GATES,
    first_denial,
    order_is_taken,
    points_from_master,
    spread_is_narrow,
)
from decisions.parts import Begun
from decisions.trading_state import HOLD_REASONS
from decisions.windows import LocalTime
from domain.copy_settings import CopyExisting, StopLossType
from domain.market import Identity, PendingKind, Side, Unknowable
from domain.mt5_words import OrderMode, SymbolTradeMode
from domain.policies import (
    Filters,
    Hold,
    KillSwitch,
    Latch,
    SlippageMode,
    Throttle,
    TradingState,
)
from domain.reasons import EXPLANATIONS, Reason
from tests.builders import (
    MASTER_AT,
    a_book_order,
    a_book_position,
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

MUTE = Unknowable("pipe is closed")
GUARDED = some_settings(kill_switch=KillSwitch(daily_loss=Decimal(200)))
UNGUARDED = some_settings(kill_switch=KillSwitch(enabled=False, daily_loss=Decimal(200)))


FIFO = {"account": an_account(closes_oldest_first=True)}
NO_HEDGE = {"settings": some_settings(block_hedging=True)}
SELLING = {"side": Side.SELL, "sl": "0", "tp": "0"}
NETTING = {"account": an_account(hedging=False)}


def on_it(**use: Any) -> dict[str, Any]:
    """A netting account, and what is on the symbol."""
    use["foreign"] = None if use.get("foreign", "0") is None else Decimal(use.get("foreign", "0"))
    use |= {name: frozenset(use[name]) for name in ("masters", "sides") if name in use}
    return NETTING | {"symbol_use": SymbolUse(**use)}


OF_THE_FACT = frozenset({"side", "volume", "flash", "sl", "tp", "magic_of", "comment_of"})


def why(**changes: Any) -> Reason | None:
    denial = first_denial(_fact(changes), _situation(changes))
    return None if denial is None else denial.reason


STOPLESS = {"sl": "0", "tp": "0"}


def only(**filters: Any) -> dict[str, Any]:
    """An account with these filters."""
    return {"settings": some_settings(filters=Filters(**filters))}


HOURS = some_settings(trading_windows=("Mon 08:00-17:00 Europe/Prague",))
NO_MORE_PARTS = Begun(
    first=a_leg(copy_volume=Decimal("2.00")), asked=Decimal("1.00"), part=1, has_ended=True
)
DENIED = {
    "a part of a copy that has ended": ({"begun": NO_MORE_PARTS}, Reason.ALREADY_CLOSED_HERE),
    "what its master had before": (
        {"existing": True, "age_ms": 60_000},
        Reason.EXISTED_BEFORE,
    ),
    "what its master had before, far from its price": (
        {
            "existing": True,
            "age_ms": 60_000,
            "settings": some_settings(copy_existing=CopyExisting.NEAR),
            "quote": a_quote("1299.90", "1300.00"),
        },
        Reason.PRICE_MOVED,
    ),
    "a contract that was another": (
        {"contract": contract_of(a_spec(contract_size="10"))},
        Reason.CONTRACT_CHANGED,
    ),
    "a contract of which nobody knows what it was": ({"contract": None}, Reason.CONTRACT_CHANGED),
    "at five o'clock": (
        {"settings": HOURS, "local_times": {"Europe/Prague": LocalTime(0, 17 * 60)}},
        Reason.OUTSIDE_HOURS,
    ),
    "at an hour nobody knows": ({"settings": HOURS}, Reason.OUTSIDE_HOURS),
    "not one of its symbols": (
        {"settings": some_settings(symbols=("EUR*", "GBPUSD"))},
        Reason.SYMBOL_FILTERED,
    ),
    "a symbol it does not want, by our name": (
        {"symbol": "GOLD.c", **only(not_symbols=("gold*",))},
        Reason.SYMBOL_FILTERED,
    ),
    "a symbol that is allowed and denied": (
        {"settings": some_settings(symbols=("*",), filters=Filters(not_symbols=("XAU???",)))},
        Reason.SYMBOL_FILTERED,
    ),
    "another magic": (only(magics=("5", "100-199")) | {"magic_of": 200}, Reason.MAGIC_FILTERED),
    "a magic it does not want": (
        only(magics=("100-199",), not_magics=("150",)) | {"magic_of": 150},
        Reason.MAGIC_FILTERED,
    ),
    "another comment": (
        only(comments=("grid*",)) | {"comment_of": "news"},
        Reason.COMMENT_FILTERED,
    ),
    "a comment it does not want": (
        only(not_comments=("*news*",)) | {"comment_of": "big NEWS"},
        Reason.COMMENT_FILTERED,
    ),
    "no comment where one is wanted": (only(comments=("?*",)), Reason.COMMENT_FILTERED),
    "another side": (only(sides=("SELL",)), Reason.SIDE_FILTERED),
    "no market orders": (only(order_types=("BUY_LIMIT",)), Reason.ORDER_TYPE_FILTERED),
    "fewer lots of the master's": (
        only(min_master_lot=Decimal("1.01")),
        Reason.MASTER_LOT_FILTERED,
    ),
    "more lots of the master's": (only(max_master_lot=Decimal("0.99")), Reason.MASTER_LOT_FILTERED),
    "a wider spread": ({"settings": some_settings(max_spread=Decimal(9))}, Reason.SPREAD_TOO_WIDE),
    "no place left on the symbol": (
        {"settings": some_settings(max_open_trades_per_symbol=2), "open_legs_on_symbol": 2},
        Reason.MAX_OPEN_TRADES,
    ),
    "no lots left": (
        {"settings": some_settings(max_open_lots=Decimal("2.99")), "open_lots": Decimal(2)},
        Reason.MAX_OPEN_LOTS,
    ),
    "no lots left on the symbol": (
        {
            "settings": some_settings(max_open_lots_per_symbol=Decimal("1.5")),
            "open_lots_on_symbol": Decimal("0.51"),
        },
        Reason.MAX_OPEN_LOTS,
    ),
    "too many within a minute": (
        {"settings": some_settings(throttle=Throttle(opens=3)), "recent_opens": 3},
        Reason.TOO_MANY_IN_TIME,
    ),
    "a reversed buy where only longs may open": (
        {
            "settings": some_settings(reverse=True),
            "spec": a_spec(trade_mode=SymbolTradeMode.LONG_ONLY),
        },
        Reason.SYMBOL_NOT_TRADABLE,
    ),
    "no stop, and one is required": (
        {"settings": some_settings(require_stop_loss=True), **STOPLESS},
        Reason.NO_STOP,
    ),
    "no target, and one is required": (
        {"settings": some_settings(require_take_profit=True), **STOPLESS},
        Reason.NO_TARGET,
    ),
    "a stop by bars that nobody has": (
        {"settings": some_settings(stop_loss_type=StopLossType.DYNAMIC)},
        Reason.VOLATILITY_UNKNOWN,
    ),
    "the account is disabled": (
        {"settings": some_settings(enabled=False)},
        Reason.ACCOUNT_DISABLED,
    ),
    "its document is wrong": (
        {"settings": some_settings(enabled=False), "holds": frozenset({Hold.BAD_DOCUMENT})},
        Reason.BAD_DOCUMENT,
    ),
    "halted": ({"latch": Latch(state=TradingState.HALTED)}, Reason.TRADING_HALTED),
    "reducing": ({"latch": Latch(state=TradingState.REDUCING)}, Reason.TRADING_REDUCING),
    "the leg is known": ({"leg_known": True}, Reason.ALREADY_HANDLED),
    "its close came first": (
        {"leg_known": True, "closed_unopened": True},
        Reason.CLOSED_MEANWHILE,
    ),
    "the master closed it meanwhile": ({"still_held": False}, Reason.CLOSED_MEANWHILE),
    "a flash": ({"flash": True}, Reason.FLASH),
    "a flash after its close": (
        {"flash": True, "leg_known": True, "closed_unopened": True},
        Reason.FLASH,
    ),
    "one ms too old": ({"age_ms": 5001}, Reason.SIGNAL_TOO_OLD),
    "from the future": ({"age_ms": -2001}, Reason.SIGNAL_FROM_FUTURE),
    "login not known": ({"identity": MUTE}, Reason.TERMINAL_UNKNOWN),
    "another login": ({"identity": Identity(9, "Apex-Live")}, Reason.WRONG_LOGIN),
    "another server": ({"identity": Identity(51234567, "Apex-Demo")}, Reason.WRONG_LOGIN),
    "terminal not known": ({"terminal": MUTE}, Reason.TERMINAL_UNKNOWN),
    "terminal offline": ({"terminal": a_terminal(connected=False)}, Reason.TERMINAL_OFFLINE),
    "algo trading off": (
        {"terminal": a_terminal(trade_allowed=False)},
        Reason.TRADING_NOT_ALLOWED,
    ),
    "account not known": ({"account": MUTE}, Reason.TERMINAL_UNKNOWN),
    "account may only look": (
        {"account": an_account(trade_allowed=False)},
        Reason.TRADING_NOT_ALLOWED,
    ),
    "a symbol whose use is not known": (NETTING | {"symbol_use": None}, Reason.NETTING_BUSY),
    "a symbol with an order without an end": (on_it(foreign=None), Reason.NETTING_BUSY),
    "a symbol with foreign lots": (on_it(foreign="0.30"), Reason.NETTING_BUSY),
    "a symbol of another master": (on_it(masters={(1, "Else")}), Reason.NETTING_BUSY),
    "a symbol with copies on the other side": (on_it(sides={Side.SELL}), Reason.NETTING_BUSY),
    "the oldest is closed first": (FIFO | {"symbol_copied": True}, Reason.FIFO_BUSY),
    "fifo by the account's document": (
        {"settings": some_settings(fifo=True), "symbol_copied": True},
        Reason.FIFO_BUSY,
    ),
    "a hedge": (NO_HEDGE | {"symbol_sides": frozenset({Side.SELL})}, Reason.HEDGING_BLOCKED),
    "a hedge of a sell": (
        NO_HEDGE | SELLING | {"symbol_sides": frozenset({Side.BUY})},
        Reason.HEDGING_BLOCKED,
    ),
    "a hedge by a reversed copy": (
        {
            "settings": some_settings(block_hedging=True, reverse=True),
            "sl": "0",
            "tp": "0",
            "symbol_sides": frozenset({Side.BUY}),
        },
        Reason.HEDGING_BLOCKED,
    ),
    "hedging blocked, and nobody knows what is open": (
        NO_HEDGE | {"symbol_sides": None},
        Reason.HEDGING_BLOCKED,
    ),
    "daily loss not known": ({"settings": GUARDED, "daily": None}, Reason.DAILY_LOSS_UNKNOWN),
    "daily loss at its limit": ({"settings": GUARDED, "daily": -200}, Reason.DAILY_LOSS),
    "no room for one more": (
        {"settings": some_settings(max_open_trades=3), "open_legs": 3},
        Reason.MAX_OPEN_TRADES,
    ),
    "no trades at all": (
        {"settings": some_settings(max_open_trades=0)},
        Reason.MAX_OPEN_TRADES,
    ),
    "contract not known": ({"spec": MUTE}, Reason.TERMINAL_UNKNOWN),
    "no such symbol": ({"spec": None}, Reason.UNKNOWN_SYMBOL),
    "symbol disabled": (
        {"spec": a_spec(trade_mode=SymbolTradeMode.DISABLED)},
        Reason.SYMBOL_NOT_TRADABLE,
    ),
    "symbol only closes": (
        {"spec": a_spec(trade_mode=SymbolTradeMode.CLOSE_ONLY)},
        Reason.SYMBOL_NOT_TRADABLE,
    ),
    "a buy where only shorts may open": (
        {"spec": a_spec(trade_mode=SymbolTradeMode.SHORT_ONLY)},
        Reason.SYMBOL_NOT_TRADABLE,
    ),
    "a sell where only longs may open": (
        {"side": Side.SELL, "spec": a_spec(trade_mode=SymbolTradeMode.LONG_ONLY)},
        Reason.SYMBOL_NOT_TRADABLE,
    ),
    "no quote": ({"quote": None}, Reason.NO_MARKET),
    "a crossed quote": ({"quote": a_quote("1285.11", "1285.10")}, Reason.NO_MARKET),
    "slippage one point over": ({"quote": a_quote(ask="1285.61")}, Reason.PRICE_MOVED),
    "slippage one point over, in our favour": (
        {"quote": a_quote(bid="1284.50", ask="1284.59")},
        Reason.PRICE_MOVED,
    ),
    "slippage of more than its share of the stop": (
        {
            "settings": some_settings(slippage_of_stop=Decimal(4)),
            "sl": "1280.10",
            "quote": a_quote(ask="1285.31"),
        },
        Reason.PRICE_MOVED,
    ),
    "slippage on the bid for a sell": (
        {"side": Side.SELL, "quote": a_quote(bid="1284.59")},
        Reason.PRICE_MOVED,
    ),
    "volume below the minimum": (
        {"volume": "0.09", "spec": a_spec(volume_min="0.10")},
        Reason.VOLUME_TOO_SMALL,
    ),
    "volume above max_lot": ({"settings": some_settings(max_lot="0.99")}, Reason.MAX_LOT),
    "magic taken": ({"magic_taken": True}, Reason.MAGIC_TAKEN),
}

REVERSED = some_settings(reverse=True)
ALLOWED: dict[str, dict[str, Any]] = {
    "what its master had before, at any price": {
        "existing": True,
        "age_ms": 60_000,
        "settings": some_settings(copy_existing=CopyExisting.ALWAYS),
        "quote": a_quote("1289.90", "1290.00"),
    },
    "a minute before five": {
        "settings": HOURS,
        "local_times": {"Europe/Prague": LocalTime(0, 17 * 60 - 1)},
    },
    "one of its symbols, by the master's name": {
        "settings": some_settings(symbols=("eurusd", "xau*")),
        "symbol": "GOLD.c",
    },
    "one of its symbols, by our name": {
        "settings": some_settings(symbols=("GOLD*",)),
        "symbol": "GOLD.c",
    },
    "a magic at the end of a range": only(magics=("5", "100-199")) | {"magic_of": 199},
    "a single magic": only(magics=("5", "100-199")) | {"magic_of": 5},
    "a comment in other letters": only(comments=("grid*",)) | {"comment_of": "GRID 7"},
    "a side that is wanted": only(sides=("BUY",)),
    "market orders": only(order_types=("MARKET",)),
    "lots at both ends": only(min_master_lot=Decimal(1), max_master_lot=Decimal(1)),
    "a spread that is just narrow enough": {"settings": some_settings(max_spread=Decimal(10))},
    "exactly the lots that are left": {
        "settings": some_settings(max_open_lots=Decimal(3), max_open_lots_per_symbol=Decimal(2)),
        "open_lots": Decimal(2),
        "open_lots_on_symbol": Decimal(1),
    },
    "the last one within a minute": {
        "settings": some_settings(throttle=Throttle(opens=3)),
        "recent_opens": 2,
    },
    "stops that are required and there": {
        "settings": some_settings(require_stop_loss=True, require_take_profit=True)
    },
    "shorts where a buy is reversed": {
        "settings": REVERSED,
        "spec": a_spec(trade_mode=SymbolTradeMode.SHORT_ONLY),
    },
    "a reversed buy beside copies that sell": on_it(
        masters={(MASTER_AT.login, MASTER_AT.server)}, sides={Side.SELL}
    )
    | {"settings": REVERSED},
    "nothing special": {},
    "a free symbol of a netting account": on_it(),
    "the first copy where the oldest is closed first": FIFO,
    "a second copy on a symbol": {"symbol_copied": True},
    "fifo, and the symbol is free": {"settings": some_settings(fifo=True)},
    "fifo on a netting account": on_it()
    | {"settings": some_settings(fifo=True), "symbol_copied": True},
    "more on one side": NO_HEDGE | {"symbol_sides": frozenset({Side.BUY})},
    "hedging blocked, and the symbol is free": NO_HEDGE | {"symbol_sides": frozenset()},
    "a hedge where it is not blocked": {"symbol_sides": frozenset({Side.SELL})},
    "a symbol of a netting account with copies of the same master": on_it(
        masters={(MASTER_AT.login, MASTER_AT.server)}, sides={Side.BUY}
    ),
    "exactly as old as allowed": {"age_ms": 5000},
    "two seconds ahead of the server": {"age_ms": -2000},
    "one point of loss left": {"settings": GUARDED, "daily": "-199.99"},
    "a winning day": {"settings": GUARDED, "daily": 500},
    "a loss beyond a guard that is off": {"settings": UNGUARDED, "daily": -500},
    "a loss nobody knows, and no limit": {"settings": some_settings(), "daily": None},
    "one place left": {"settings": some_settings(max_open_trades=3), "open_legs": 2},
    "slippage of exactly its share of the stop": {
        "settings": some_settings(slippage_of_stop=Decimal(4)),
        "sl": "1280.10",
        "quote": a_quote(ask="1285.30"),
    },
    "a share of no stop": {
        "settings": some_settings(slippage_of_stop=Decimal(4)),
        "sl": "0",
        "quote": a_quote(ask="1285.60"),
    },
    "a large share of the stop": {
        "settings": some_settings(slippage_of_stop=Decimal(50)),
        "quote": a_quote(ask="1285.60"),
    },
    "slippage equal to the tolerance": {"quote": a_quote(ask="1285.60")},
    "slippage equal, in our favour": {"quote": a_quote(bid="1284.50", ask="1284.60")},
    "a better price in adverse mode": {
        "settings": some_settings(slippage_mode=SlippageMode.ADVERSE),
        "quote": a_quote(bid="1200.00", ask="1200.10"),
        "sl": "1190.00",
    },
    "bid equals ask": {"quote": a_quote("1285.10", "1285.10")},
    "exactly max_lot": {"settings": some_settings(max_lot=1)},
    "exactly the minimum": {"volume": "0.10", "spec": a_spec(volume_min="0.10")},
    "longs where only longs may open": {"spec": a_spec(trade_mode=SymbolTradeMode.LONG_ONLY)},
    "shorts where only shorts may open": {
        "side": Side.SELL,
        "sl": "1295.00",
        "tp": "1280.00",
        "spec": a_spec(trade_mode=SymbolTradeMode.SHORT_ONLY),
    },
}


@pytest.mark.parametrize(("changes", "reason"), DENIED.values(), ids=DENIED.keys())
def test_an_open_is_denied(changes: dict[str, Any], reason: Reason) -> None:
    assert why(**changes) is reason


@pytest.mark.parametrize("changes", ALLOWED.values(), ids=ALLOWED.keys())
def test_an_open_is_allowed(changes: dict[str, Any]) -> None:
    assert why(**changes) is None


@pytest.mark.parametrize("hold", Hold)
def test_every_hold_denies_with_a_reason_of_its_own(hold: Hold) -> None:
    assert why(holds=frozenset({hold})) is HOLD_REASONS[hold]


def test_every_gate_has_a_row_that_only_it_denies() -> None:
    denying = {
        gate
        for changes, _ in DENIED.values()
        for gate in OPEN_GATES
        if gate(_fact(changes), _situation(changes)) is not None
    }
    assert denying == set(OPEN_GATES) - {order_is_taken}


def denial_of_an_order(kind: PendingKind = PendingKind.BUY_LIMIT, **changes: Any) -> Any:
    denial = first_denial(placed(order=a_book_order(kind=kind)), a_situation(**changes))
    return None if denial is None else denial.reason


def test_an_order_may_wait_wherever_the_market_is() -> None:
    """Its price is its own: neither a quote nor the distance from the master's matters."""
    assert denial_of_an_order() is None
    assert denial_of_an_order(quote=None) is None
    assert denial_of_an_order(quote=a_quote("1385.00", "1385.10")) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        (NETTING | {"symbol_use": SymbolUse(foreign=Decimal(0))}, Reason.ORDER_NOT_ALLOWED),
        ({"quote": a_quote("1279.00", "1279.50")}, Reason.ORDER_TOO_NEAR),
        ({"spec": a_spec(kind_flags=int(OrderMode.STOP))}, Reason.ORDER_NOT_ALLOWED),
        ({"latch": Latch(state=TradingState.REDUCING)}, Reason.TRADING_REDUCING),
        ({"age_ms": 5001}, Reason.SIGNAL_TOO_OLD),
        ({"still_held": False}, Reason.CLOSED_MEANWHILE),
        ({"leg_known": True, "closed_unopened": True}, Reason.CLOSED_MEANWHILE),
        ({"settings": some_settings(max_open_trades=0)}, Reason.MAX_OPEN_TRADES),
        ({"spec": MUTE}, Reason.TERMINAL_UNKNOWN),
        ({"settings": some_settings(max_lot="0.99")}, Reason.MAX_LOT),
    ],
)
def test_an_order_has_to_pass_all_other_gates(changes: dict[str, Any], reason: Reason) -> None:
    assert denial_of_an_order(**changes) is reason


def _fact(changes: dict[str, Any]) -> Any:
    told = {k: v for k, v in changes.items() if k in OF_THE_FACT - {"flash"}}
    position = {k.removesuffix("_of"): v for k, v in told.items()}
    return opened(position=a_book_position(**position), flash=changes.get("flash", False))


def _situation(changes: dict[str, Any]) -> Any:
    return a_situation(**{k: v for k, v in changes.items() if k not in OF_THE_FACT})


def test_the_first_reason_in_the_list_is_the_one_told() -> None:
    everything = {
        "settings": some_settings(enabled=False, max_open_trades=0),
        "latch": Latch(state=TradingState.HALTED),
        "leg_known": True,
        "still_held": False,
        "age_ms": 10**6,
        "identity": MUTE,
        "spec": None,
        "quote": None,
        "magic_taken": True,
    }
    told = []
    for cure in (
        {"settings": some_settings(max_open_trades=0)},
        {"latch": Latch()},
        {"leg_known": False},
        {"still_held": True},
        {"age_ms": 0},
        {"identity": a_situation().identity},
        {"settings": some_settings()},
        {"spec": a_spec()},
        {"quote": a_quote()},
        {"magic_taken": False},
    ):
        told.append(why(**everything))
        everything |= cure
    assert told == [
        Reason.ACCOUNT_DISABLED,
        Reason.TRADING_HALTED,
        Reason.ALREADY_HANDLED,
        Reason.CLOSED_MEANWHILE,
        Reason.SIGNAL_TOO_OLD,
        Reason.TERMINAL_UNKNOWN,
        Reason.MAX_OPEN_TRADES,
        Reason.UNKNOWN_SYMBOL,
        Reason.NO_MARKET,
        Reason.MAGIC_TAKEN,
    ]
    assert why(**everything) is None


def test_a_denial_says_what_was_found_and_what_is_allowed() -> None:
    denial = first_denial(opened(), a_situation(quote=a_quote(ask="1285.61")))
    assert denial is not None
    assert denial.detail == "51 points, at most 50"


def test_nothing_is_measured_without_a_contract_or_a_quote() -> None:
    assert points_from_master(opened(), a_situation(quote=None)) is None
    assert points_from_master(opened(), a_situation(spec=None)) is None
    assert draft_copy(opened(), a_situation(spec=MUTE)) is None
    assert draft_copy(opened(), a_situation(quote=None)) is None


def test_a_price_that_cannot_be_compared_is_not_near() -> None:
    by_name = {gate.__name__: gate for gate in OPEN_GATES}
    denial = by_name["price_is_near"](opened(), a_situation(quote=None))
    assert denial is not None
    assert denial.reason is Reason.NO_MARKET


def test_a_hold_speaks_for_itself_and_a_latch_with_its_own_words() -> None:
    halted = a_situation(latch=Latch(state=TradingState.HALTED, reason="news"))
    denial = first_denial(opened(), halted)
    assert denial is not None
    assert denial.detail == "news"
    assert EXPLANATIONS[denial.reason].what_to_do


@pytest.mark.parametrize("unknown", [{"quote": None}, {"spec": None}, {"spec": MUTE}], ids=str)
def test_law_5_a_spread_that_nobody_knows_is_too_wide(unknown: dict[str, Any]) -> None:
    limited = a_situation(settings=some_settings(max_spread=Decimal(50)), **unknown)
    denial = spread_is_narrow(opened(), limited)
    assert denial is not None
    assert denial.reason is Reason.NO_MARKET
