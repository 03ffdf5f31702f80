"""A paper broker without sockets: a world in memory, a clock moved by hand, quotes set by hand."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec

from domain.mt5_words import Filling, OrderType, TradeAction
from paper.address import Address
from paper.broker.brokers import Routing
from paper.broker.making import FeedTick
from paper.broker.records import TradeRequest
from paper.service.answering import answer
from paper.service.session import Session
from paper.service.store import Store
from paper.service.world import Wish, World
from paper.wire.mt5_fields import FIELDS

KEY = "terminal-1"
NOON_UTC_MS = 1_399_032_000_000  # 2014-05-02 12:00 UTC, server time 15:00
ADDRESS = Address(pid=1, port=2, pub_port=3, instance="i", state_dir="nowhere")
DIGITS = {"EURUSD": 5, "XAUUSD": 3}


class Desk:
    """What a trader at one terminal does and sees, with fields by name."""

    def __init__(
        self,
        broker: str = "FTMO-Demo",
        deposit: float = 100_000.0,
        margin_mode: str | int = "hedging",
        currency: str = "USD",
    ) -> None:
        self.store = Store(Path(":memory:"))
        self.utc_ms = NOON_UTC_MS
        self.wish = Wish(
            key=KEY, broker=broker, deposit=deposit, currency=currency, leverage=100,
            margin_mode=margin_mode,
        )  # fmt: skip
        self.prices = {"EURUSD": (1.38600, 1.38610), "XAUUSD": (1286.000, 1286.300)}
        try:
            self.restart()
        except BaseException:  # nobody else will ever have this desk to close
            self.store.close()
            raise

    def restart(self) -> None:
        """Forget everything but the store, as a process does that was killed."""
        logins = iter(range(10_000_001, 10_001_000))
        self.world = World(self.store, DIGITS, lambda: next(logins))
        for symbol, (bid, ask) in self.prices.items():
            self.quote(symbol, bid, ask)
        self.terminal = self.world.ensure_account(self.wish, self.utc_ms)
        self.session = Session(self.world, ADDRESS, lambda: self.utc_ms)
        self.ask("initialize", KEY, 0, "", "", 1000)

    def quote(self, symbol: str, bid: float, ask: float) -> None:
        """The next tick of a feed."""
        self.prices[symbol] = (bid, ask)
        self.world.ticks([FeedTick(symbol, self.utc_ms, bid, ask)], self.utc_ms)

    def later(self, ms: int) -> None:
        """Let time pass."""
        self.utc_ms += ms

    def ask(self, verb: str, *args: object) -> Any:
        """Any call, its answer as it would arrive at the client."""
        return msgspec.to_builtins(answer(self.session, verb, list(args)))

    def send(self, **fields: Any) -> SimpleNamespace:
        """order_send of a market order, a buy of 0.1 EURUSD unless said otherwise."""
        return named("OrderSendResult", self.ask("order_send", request(**fields)))

    def check(self, **fields: Any) -> SimpleNamespace:
        """order_check of the same."""
        return named("OrderCheckResult", self.ask("order_check", request(**fields)))

    def resell(self, symbol: str, **fields: Any) -> None:
        """Let the broker sell a symbol in another way."""
        market = self.session.house.market
        market.profiles[symbol] = msgspec.structs.replace(market.profiles[symbol], **fields)
        market.moves += 1

    def habits(self, **fields: Any) -> None:
        """Let the broker have other habits."""
        house = self.session.house
        house.profile = msgspec.structs.replace(house.profile, **fields)

    def route(self, first_part: float, rest_after_ms: int | None = None) -> None:
        """Let the broker fill market orders in part, the rest later or never."""
        self.habits(routing=Routing(first_part=first_part, rest_after_ms=rest_after_ms))

    def clock(self, ms: int) -> None:
        """Let time pass and bring about what is due."""
        self.later(ms)
        self.world.on_clock(self.utc_ms)

    def close_by(self, ticket: int, against: int, **fields: Any) -> SimpleNamespace:
        """Let two positions close each other."""
        by = {"action": TradeAction.CLOSE_BY, "symbol": "", "volume": 0.0}
        return self.send(**{**by, "position": ticket, "position_by": against, **fields})

    def stops(self, ticket: int, sl: float = 0.0, tp: float = 0.0) -> SimpleNamespace:
        """Move both stops of a position."""
        return self.send(
            action=TradeAction.SLTP, position=ticket, sl=sl, tp=tp, symbol="", volume=0.0
        )

    def close(self, ticket: int, volume: float, **fields: Any) -> SimpleNamespace:
        """Close a bought position or a part of it."""
        return self.send(position=ticket, volume=volume, type=OrderType.SELL, **fields)

    def positions(self) -> list[SimpleNamespace]:
        """All open positions."""
        return [named("TradePosition", row) for row in self.ask("positions_get", "all")]

    def waiting(self) -> list[SimpleNamespace]:
        """All waiting orders."""
        return [named("TradeOrder", row) for row in self.ask("orders_get", "all")]

    def deals(self, position: int | None = None) -> list[SimpleNamespace]:
        """All deals, or those of one position."""
        how = ("window", [0, 2**40]) if position is None else ("position", [position])
        return [named("TradeDeal", row) for row in self.ask("history_deals_get", *how)]

    def orders(self) -> list[SimpleNamespace]:
        """All past orders."""
        rows = self.ask("history_orders_get", "window", [0, 2**40])
        return [named("TradeOrder", row) for row in rows]

    def account(self) -> SimpleNamespace:
        """The account's figures."""
        return named("AccountInfo", self.ask("account_info"))


def request(**fields: Any) -> list[Any]:
    """A trade request in the order of its fields."""
    usual = {
        "action": TradeAction.DEAL, "symbol": "EURUSD", "volume": 0.1, "type": OrderType.BUY,
        "type_filling": Filling.IOC, "magic": 234000, "comment": "told", "deviation": 20,
    }  # fmt: skip
    return msgspec.to_builtins(TradeRequest(**{**usual, **fields}))


def named(kind: str, row: list[Any]) -> SimpleNamespace:
    """A row with MetaTrader's names on it; a row of another length is a fault."""
    names = [field.partition(":")[0] for field in FIELDS[kind].split()]
    return SimpleNamespace(**dict(zip(names, row, strict=True)))
