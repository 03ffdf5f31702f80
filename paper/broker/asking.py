"""A request with all that it can be judged by, and the refusal it may get."""

from collections.abc import Callable
from math import isfinite
from typing import Final

import msgspec

from domain.mt5_words import Retcode, TradeAction
from paper.broker.account import Account
from paper.broker.brokers import AT_ONCE, BrokerProfile, Routing, SymbolProfile
from paper.broker.market import Market
from paper.broker.quotes import Quote
from paper.broker.records import Order, Position, TradeRequest

FOR_A_WAITING_ORDER: Final = (TradeAction.MODIFY, TradeAction.REMOVE)
"""Actions that name an order by its ticket."""


class Switches(msgspec.Struct, frozen=True, kw_only=True):
    """What a terminal and its account allow."""

    connected: bool = True
    trade_allowed: bool = True
    tradeapi_disabled: bool = False
    account_trade_allowed: bool = True


class Ask(msgspec.Struct, frozen=True, kw_only=True):
    """A request with all that it can be judged by."""

    request: TradeRequest
    account: Account
    market: Market
    broker: BrokerProfile
    switches: Switches
    now_msc: int
    next_ticket: int
    request_id: int
    routing: Routing = AT_ONCE
    hidden: frozenset[str] = frozenset()
    """Symbols that are not in the terminal's Market Watch: it has no prices of them."""
    requests_lately: int = 0
    """Requests of this account within the last second, this one not counted."""

    @property
    def profile(self) -> SymbolProfile:
        """The symbol asked for, known to exist once the symbol was checked."""
        return self.market.profiles[self.symbol]

    @property
    def symbol(self) -> str:
        """The symbol asked for; what changes an order or a position may leave it to that."""
        if self.waiting is not None and self.request.action in FOR_A_WAITING_ORDER:
            return self.waiting.symbol
        if self.request.symbol or self.position is None:
            return self.request.symbol
        return self.position.symbol

    @property
    def quote(self) -> Quote | None:
        """The symbol's last quote."""
        return self.market.quotes.get(self.symbol)

    @property
    def position(self) -> Position | None:
        """The position asked for; on a netting account the symbol's, whatever is named."""
        if self.account.nets and self.request.symbol:
            return self.account.position_in(self.request.symbol)
        return self.account.positions.get(self.request.position)

    @property
    def held(self) -> Position:
        """The position asked for, known to exist once that was checked."""
        position = self.position
        if position is None:
            raise LookupError(f"position {self.request.position} was not checked to exist")
        return position

    @property
    def closing(self) -> Position | None:
        """The position a deal closes, in part, in full or and beyond."""
        position = self.position
        if position is None or (self.account.nets and position.type == self.request.type):
            return None
        return position

    @property
    def opening_lots(self) -> float:
        """How much of the volume opens or increases a position: what closes none."""
        closing = self.closing
        if closing is None:
            return self.request.volume
        return max(0.0, self.request.volume - closing.volume)

    @property
    def price(self) -> float:
        """The price a deal would be made at now."""
        quote = self.market.quotes[self.symbol]
        return quote.bid if self.request.type & 1 else quote.ask

    @property
    def waiting(self) -> Order | None:
        """The waiting order asked for."""
        return self.account.waiting.get(self.request.order)


class Refusal(msgspec.Struct, frozen=True):
    """A return code that is not a success, with the words that go with it."""

    retcode: Retcode
    comment: str
    by_server: bool = False
    with_quote: bool = False


Check = Callable[[Ask], Refusal | None]

TOLERANCE: Final = 1e-6
"""Part of a step by which a float may miss the grid."""


def on_grid(value: float, step: float) -> bool:
    """Whether a float lies on the grid, as far as floats can."""
    steps = value / step
    return isfinite(steps) and abs(steps - round(steps)) <= max(TOLERANCE, abs(steps) * 1e-9)
