"""Which stop losses and take profits a quote has reached, looked up in constant time."""

from collections.abc import Iterable
from math import inf

from domain.mt5_words import Reason
from paper.broker.by_server import Why
from paper.broker.market import Quote
from paper.broker.records import Position


class Guards:
    """The nearest stops of all positions in one symbol, over all accounts of a broker."""

    __slots__ = ("buy_gain", "buy_loss", "sell_gain", "sell_loss")

    def __init__(self, positions: Iterable[Position]) -> None:
        self.buy_loss = self.sell_gain = -inf
        self.buy_gain = self.sell_loss = inf
        for position in positions:
            if position.type & 1:
                self._take_sell(position)
            else:
                self._take_buy(position)

    def _take_buy(self, position: Position) -> None:
        if position.sl:
            self.buy_loss = max(self.buy_loss, position.sl)
        if position.tp:
            self.buy_gain = min(self.buy_gain, position.tp)

    def _take_sell(self, position: Position) -> None:
        if position.sl:
            self.sell_loss = min(self.sell_loss, position.sl)
        if position.tp:
            self.sell_gain = max(self.sell_gain, position.tp)

    def reached(self, quote: Quote) -> bool:
        """Whether any stop in this symbol is hit: buys close on bid, sells on ask."""
        return (
            quote.bid <= self.buy_loss
            or quote.bid >= self.buy_gain
            or quote.ask >= self.sell_loss
            or quote.ask <= self.sell_gain
        )


def stop_hit(position: Position, quote: Quote, digits: int) -> Why | None:
    """Which of a position's stops the quote has reached."""
    if position.type & 1:
        loss, gain = quote.ask >= position.sl, quote.ask <= position.tp
    else:
        loss, gain = quote.bid <= position.sl, quote.bid >= position.tp
    if position.sl and loss:
        return Why(Reason.SL, f"[sl {position.sl:.{digits}f}]")
    if position.tp and gain:
        return Why(Reason.TP, f"[tp {position.tp:.{digits}f}]")
    return None
