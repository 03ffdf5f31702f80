"""Builders with one interesting difference: name what matters, the rest is sensible."""

from decimal import Decimal
from typing import Any

from decisions.contracts import contract_of
from decisions.situation import Situation
from domain.book import Book, BookOrder, BookPosition, Stamp
from domain.contracts import Offered
from domain.ids import JourneyId, LegKey, NodeName, OpeningOrder
from domain.legs import Intent, Leg, LegState, MasterTarget
from domain.market import (
    AccountState,
    Deal,
    Fate,
    Identity,
    Lifetime,
    PendingKind,
    PendingOrder,
    Position,
    Quote,
    Side,
    SymbolSpec,
    TerminalState,
)
from domain.mt5_words import DealEntry, Execution, SymbolTradeMode
from domain.policies import AccountSettings, Latch, Role
from domain.signals import (
    Fact,
    OrderGone,
    OrderModified,
    OrderPlaced,
    PositionClosed,
    PositionModified,
    PositionOpened,
    PositionReduced,
)

D = Decimal
MASTER = NodeName("FTMO_Master")
SLAVE = NodeName("Apex_Slave_01")
MASTER_AT = Identity(7001, "FTMO-Demo")
SLAVE_AT = Identity(51234567, "Apex-Live")
EPOCH = 1_795_000_000_000
SERVER_MS = 1_399_033_800_000  # 2014-05-02 12:30 on the broker's wall clock
ORDER = 501
GOLD_PRICE = D("1285.10")


def as_decimals(fields: dict[str, Any], *names: str) -> dict[str, Any]:
    """Numbers written as text or int in a test, exact inside."""
    return {k: D(v) if k in names and v is not None else v for k, v in fields.items()}


def a_position(identifier: int = ORDER, **changes: Any) -> Position:
    usual: dict[str, Any] = {
        "ticket": identifier,
        "identifier": identifier,
        "symbol": "XAUUSD",
        "side": Side.BUY,
        "volume": "1.00",
        "price_open": GOLD_PRICE,
        "sl": "1280.00",
        "tp": "1295.00",
        "magic": 0,
        "comment": "",
        "opened_server_ms": SERVER_MS,
        "profit": "0",
    }
    exact = ("volume", "price_open", "sl", "tp", "profit")
    return Position(**as_decimals(usual | changes, *exact))


def a_pending(ticket: int = ORDER, **changes: Any) -> PendingOrder:
    """An order to buy one lot below the market, until it is cancelled."""
    usual: dict[str, Any] = {
        "ticket": ticket,
        "symbol": "XAUUSD",
        "kind": PendingKind.BUY_LIMIT,
        "volume": "1.00",
        "initial_volume": "1.00",
        "price": "1275.00",
        "stop_limit_price": "0",
        "sl": "0",
        "tp": "0",
        "lifetime": Lifetime(),
        "magic": 0,
        "comment": "",
        "placed_server_ms": SERVER_MS,
    }
    exact = ("volume", "initial_volume", "price", "stop_limit_price", "sl", "tp")
    return PendingOrder(**as_decimals(usual | changes, *exact))


def a_book_position(order: int = ORDER, **changes: Any) -> BookPosition:
    usual: dict[str, Any] = {
        "identifier": order,
        "opening_order": order,
        "symbol": "XAUUSD",
        "side": Side.BUY,
        "volume": "1.00",
        "initial_volume": "1.00",
        "price_open": GOLD_PRICE,
        "sl": "1280.00",
        "tp": "1295.00",
        "opened_server_ms": SERVER_MS,
        "magic": 0,
        "comment": "",
    }
    exact = ("volume", "initial_volume", "price_open", "sl", "tp")
    return BookPosition(**as_decimals(usual | changes, *exact))


def a_book_order(ticket: int = ORDER, **changes: Any) -> BookOrder:
    """A master's order to buy gold lower, which waits until it is cancelled."""
    usual: dict[str, Any] = {
        "opening_order": OpeningOrder(ticket),
        "symbol": "XAUUSD",
        "kind": PendingKind.BUY_LIMIT,
        "volume": "1.00",
        "initial_volume": "1.00",
        "price": "1280.00",
        "stop_limit_price": "0",
        "sl": "1275.00",
        "tp": "1295.00",
        "time_in_force": 0,
        "lasts_ms": 0,
        "placed_server_ms": SERVER_MS,
        "magic": 0,
        "comment": "",
    }
    exact = ("volume", "initial_volume", "price", "stop_limit_price", "sl", "tp")
    return BookOrder(**as_decimals(usual | changes, *exact))


def placed(seq: int = 1, order: BookOrder | None = None, **changes: Any) -> OrderPlaced:
    return OrderPlaced(**_order_fields(seq, order or a_book_order(), {"age_ms": 0} | changes))


def order_modified(seq: int, order: BookOrder, **changes: Any) -> OrderModified:
    return OrderModified(**_order_fields(seq, order, changes))


def order_gone(seq: int, order: BookOrder, fate: Fate, **changes: Any) -> OrderGone:
    return OrderGone(fate=fate, **_order_fields(seq, order, changes))


def _order_fields(seq: int, order: BookOrder, changes: dict[str, Any]) -> dict[str, Any]:
    fields = _fact_fields(seq, a_book_position(), changes)
    del fields["position"], fields["price"]
    return fields | {"order": order}


def a_book(*positions: BookPosition, seq: int = 0, **changes: Any) -> Book:
    usual: dict[str, Any] = {
        "master": MASTER,
        "login": MASTER_AT.login,
        "server": MASTER_AT.server,
        "stamp": Stamp(EPOCH, seq),
        "positions": positions,
    }
    return Book(**(usual | changes))


def _fact_fields(seq: int, position: BookPosition, changes: dict[str, Any]) -> dict[str, Any]:
    usual: dict[str, Any] = {
        "master": MASTER,
        "login": MASTER_AT.login,
        "server": MASTER_AT.server,
        "stamp": Stamp(EPOCH, seq),
        "journey": JourneyId(f"{MASTER}/{EPOCH}/{seq}"),
        "position": position,
        "price": position.price_open,
        "seen_at_us": 0,
    }
    return as_decimals(usual | changes, "price")


def opened(seq: int = 1, position: BookPosition | None = None, **changes: Any) -> PositionOpened:
    changes = {"age_ms": 0} | changes
    return PositionOpened(**_fact_fields(seq, position or a_book_position(), changes))


def modified(seq: int, position: BookPosition, **changes: Any) -> PositionModified:
    return PositionModified(**_fact_fields(seq, position, changes))


def reduced(seq: int, position: BookPosition, **changes: Any) -> PositionReduced:
    return PositionReduced(**_fact_fields(seq, position, changes))


def closed(seq: int, order: int = ORDER, **changes: Any) -> PositionClosed:
    return PositionClosed(**_fact_fields(seq, a_book_position(order, volume=0), changes))


def a_fact(**changes: Any) -> Fact:
    """Any fact; it opens a position unless told otherwise."""
    return opened(**changes)


def a_spec(name: str = "XAUUSD", **changes: Any) -> SymbolSpec:
    usual: dict[str, Any] = {
        "name": name,
        "digits": 2,
        "point": "0.01",
        "tick_size": "0.01",
        "contract_size": "100",
        "volume_min": "0.01",
        "volume_max": "50",
        "volume_step": "0.01",
        "stops_level_points": 0,
        "freeze_level_points": 0,
        "filling_flags": 3,
        "execution_mode": Execution.MARKET,
        "trade_mode": SymbolTradeMode.FULL,
    }
    exact = ("point", "tick_size", "contract_size", "volume_min", "volume_max", "volume_step")
    return SymbolSpec(**as_decimals(usual | changes, *exact))


def an_offer(symbol: str = "XAUUSD", spec: SymbolSpec | None = None, **changes: Any) -> Offered:
    """As a broker's list shows it; a pair's currencies stand in its name."""
    spec = spec or a_spec(symbol)
    usual: dict[str, Any] = {
        "symbol": symbol,
        "base": symbol[:3],
        "profit": symbol[3:6],
        "digits": spec.digits,
        "contract_size": spec.contract_size,
    }
    return Offered(**as_decimals(usual | changes, "contract_size"))


def a_quote(bid: Any = "1285.00", ask: Any = "1285.10", server_ms: int = SERVER_MS) -> Quote:
    return Quote(bid=D(bid), ask=D(ask), server_ms=server_ms)


def a_key(order: int = ORDER) -> LegKey:
    return LegKey(MASTER_AT.login, MASTER_AT.server, OpeningOrder(order))


def a_target(**changes: Any) -> MasterTarget:
    usual: dict[str, Any] = {
        "stamp": Stamp(EPOCH, 1),
        "journey": JourneyId(f"{MASTER}/{EPOCH}/1"),
        "volume": "1.00",
        "initial_volume": "1.00",
        "sl": "1280.00",
        "tp": "1295.00",
    }
    return MasterTarget(**as_decimals(usual | changes, "volume", "initial_volume", "sl", "tp"))


def a_leg(order: int = ORDER, **changes: Any) -> Leg:
    """An open copy of one lot, as the master's is."""
    usual: dict[str, Any] = {
        "key": a_key(order),
        "opened_by": Stamp(EPOCH, 1),
        "journey": JourneyId(f"{MASTER}/{EPOCH}/1"),
        "master": MASTER,
        "master_symbol": "XAUUSD",
        "symbol": "XAUUSD",
        "side": Side.BUY,
        "magic": 234000 * 10**12 + order,
        "comment": str(order),
        "state": LegState.OPEN,
        "target": a_target(),
        "wanted_volume": "1.00",
        "identifier": 9000 + order,
        "filled_volume": "1.00",
        "volume": "1.00",
        "price_open": GOLD_PRICE,
        "sl_sent": "1280.00",
        "tp_sent": "1295.00",
    }
    exact = ("wanted_volume", "filled_volume", "volume", "price_open", "sl_sent", "tp_sent")
    return Leg(**as_decimals(usual | changes, *exact))


def held_of(leg: Leg, **changes: Any) -> Position:
    """The position at the slave's broker that a leg is."""
    usual: dict[str, Any] = {
        "symbol": leg.symbol,
        "side": leg.side,
        "volume": leg.volume,
        "sl": leg.sl_sent,
        "tp": leg.tp_sent,
        "magic": leg.magic,
        "comment": leg.comment,
    }
    return a_position(leg.identifier, **(usual | changes))


def an_intent(**changes: Any) -> Intent:
    usual: dict[str, Any] = {
        "intent": "i1",
        "leg": a_key(),
        "kind": "OpenPosition",
        "volume": "1.00",
        "magic": 234000 * 10**12 + ORDER,
        "stamp": Stamp(EPOCH, 1),
        "journey": JourneyId(f"{MASTER}/{EPOCH}/1"),
        "written_at_ms": SERVER_MS,
    }
    return Intent(**as_decimals(usual | changes, "volume", "volume_before"))


def a_deal(position: int = ORDER, **changes: Any) -> Deal:
    """The deal that opened a position of one lot, unless told otherwise."""
    usual: dict[str, Any] = {
        "ticket": position + 100_000,
        "order": position,
        "position": position,
        "symbol": "XAUUSD",
        "side": Side.BUY,
        "entry": DealEntry.IN,
        "volume": "1.00",
        "price": GOLD_PRICE,
        "net": "0",
        "server_ms": SERVER_MS,
        "magic": 0,
        "reason": 0,
        "comment": "",
    }
    return Deal(**as_decimals(usual | changes, "volume", "price", "net"))


def a_closing_deal(position: int = ORDER, **changes: Any) -> Deal:
    """The deal that closed it a minute later."""
    usual: dict[str, Any] = {
        "ticket": position + 200_000,
        "order": position + 200_000,
        "side": Side.SELL,
        "entry": DealEntry.OUT,
        "price": "1286.00",
        "net": "90",
        "server_ms": SERVER_MS + 60_000,
    }
    return a_deal(position, **(usual | changes))


def an_account(**changes: Any) -> AccountState:
    usual: dict[str, Any] = {
        "identity": SLAVE_AT,
        "currency": "USD",
        "balance": "10000",
        "equity": "10000",
        "profit": "0",
        "margin": "0",
        "margin_free": "10000",
        "trade_allowed": True,
        "hedging": True,
    }
    exact = ("balance", "equity", "profit", "margin", "margin_free")
    return AccountState(**as_decimals(usual | changes, *exact))


def a_terminal(**changes: Any) -> TerminalState:
    usual: dict[str, Any] = {"connected": True, "trade_allowed": True, "data_path": "ftmo"}
    return TerminalState(**(usual | changes))


def some_settings(**changes: Any) -> AccountSettings:
    usual: dict[str, Any] = {"name": SLAVE, "type": Role.SLAVE, "path": "apex"}
    exact = ("slippage_tolerance", "max_lot")
    return AccountSettings(**as_decimals(usual | changes, *exact))


def a_situation(**changes: Any) -> Situation:
    """All is well, and the price is the master's."""
    usual: dict[str, Any] = {
        "settings": some_settings(),
        "latch": Latch(),
        "holds": frozenset(),
        "expected": SLAVE_AT,
        "identity": SLAVE_AT,
        "terminal": a_terminal(),
        "account": an_account(),
        "symbol": "XAUUSD",
        "spec": a_spec(),
        "quote": a_quote(),
        "age_ms": 0,
        "leg_known": False,
        "still_held": True,
        "open_legs": 0,
        "daily": D(0),
        "magic": 234000 * 10**12 + ORDER,
        "magic_taken": False,
        "comment": str(ORDER),
    }
    told = usual | changes
    if isinstance(told["spec"], SymbolSpec):
        told = {"contract": contract_of(told["spec"])} | told
    return Situation(**as_decimals(told, "daily"))
