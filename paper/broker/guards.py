"""Which stops and waiting orders a quote has reached, looked up in constant time."""

from math import inf
from typing import Final

from domain.mt5_words import PositionType, Reason
from paper.broker.by_server import Why
from paper.broker.quotes import Quote
from paper.broker.reaching import PENDING, WAITS_FOR_A_RISE, watched_price
from paper.broker.records import Order, Position

BUY: Final = PositionType.BUY
SELL: Final = PositionType.SELL


class Guards:
    """The nearest prices at which something happens in one symbol, over all accounts of a broker.

    Stops of buys and waiting sells look at the bid, stops of sells and waiting buys at the ask;
    where there are last trades, all look at those.
    """

    __slots__ = ("ask_above", "ask_below", "bid_above", "bid_below")

    def __init__(self) -> None:
        self.ask_below = self.bid_below = -inf
        self.ask_above = self.bid_above = inf

    def take_position(self, position: Position) -> None:
        """Guard a position's stops too."""
        if position.type & 1:
            self._watch_ask(above=position.sl, below=position.tp)
        else:
            self._watch_bid(above=position.tp, below=position.sl)

    def take_order(self, order: Order) -> None:
        """Guard a waiting order's price too; a market order waits for no price."""
        if order.type not in PENDING:
            return
        watch = self._watch_bid if order.type & 1 else self._watch_ask
        if order.type in WAITS_FOR_A_RISE:
            watch(above=order.price_open)
        else:
            watch(below=order.price_open)

    def _watch_ask(self, *, above: float = 0.0, below: float = 0.0) -> None:
        self.ask_above = min(self.ask_above, above or inf)
        self.ask_below = max(self.ask_below, below or -inf)

    def _watch_bid(self, *, above: float = 0.0, below: float = 0.0) -> None:
        self.bid_above = min(self.bid_above, above or inf)
        self.bid_below = max(self.bid_below, below or -inf)

    def reached(self, quote: Quote) -> bool:
        """Whether anything in this symbol is set off."""
        bid, ask = watched_price(SELL, quote), watched_price(BUY, quote)
        return (
            bid <= self.bid_below
            or bid >= self.bid_above
            or ask >= self.ask_above
            or ask <= self.ask_below
        )


def stop_hit(position: Position, quote: Quote, digits: int) -> Why | None:
    """Which of a position's stops the quote has reached."""
    price = watched_price(1 - position.type, quote)
    if position.type & 1:
        loss, gain = price >= position.sl, price <= position.tp
    else:
        loss, gain = price <= position.sl, price >= position.tp
    if position.sl and loss:
        return Why(Reason.SL, f"[sl {position.sl:.{digits}f}]")
    if position.tp and gain:
        return Why(Reason.TP, f"[tp {position.tp:.{digits}f}]")
    return None
