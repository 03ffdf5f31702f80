"""What a broker says things are worth: a lot, what it loses on the way to a stop, a currency."""

from collections.abc import Iterator
from decimal import Decimal

from domain.market import Quote, Side
from domain.mt5_words import OrderType
from terminal import exact
from terminal.calls import Calls, NoAnswerError
from terminal.contracts import Contracts
from terminal.quotes import Quotes

#: Where two currencies have no symbol of their own, most have one with this.
BETWEEN = "USD"
#: SYMBOL_CALC_MODE_FOREX and SYMBOL_CALC_MODE_FOREX_NO_LEVERAGE.
EXCHANGES = frozenset({0, 5})
Pair = tuple[str, str]


class Worths:
    """Asked for at every size that needs it: the value of a tick moves with the market."""

    def __init__(self, calls: Calls, contracts: Contracts, quotes: Quotes) -> None:
        self._calls = calls
        self._contracts = contracts
        self._quotes = quotes
        self._symbols: dict[Pair, str] = {}

    def forget(self) -> None:
        """Another broker has other symbols."""
        self._symbols.clear()

    def tick_value(self, symbol: str) -> Decimal:
        """Money that a lot loses by one tick, as of now; zero where the broker does not say."""
        told = self._calls.ask(self._calls.module.symbol_info, symbol)
        return exact.number(told.trade_tick_value_loss or told.trade_tick_value)

    def loss_per_lot(self, side: Side, symbol: str, entry: Decimal, stop: Decimal) -> Decimal:
        """Money that a lot loses between two prices, negative where it gains.

        Asked for the largest volume there may be and divided: cents of a single step would be lost.
        """
        spec = self._contracts.sound(symbol)
        if spec is None:
            raise NoAnswerError(f"the broker has no {symbol}")
        action = OrderType.BUY if side is Side.BUY else OrderType.SELL
        profit = self._calls.ask(
            self._calls.module.order_calc_profit,
            int(action),
            symbol,
            float(spec.volume_max),
            float(entry),
            float(stop),
        )
        return -exact.number(profit) / spec.volume_max

    def rate(self, of: str, into: str) -> Decimal:
        """What one unit of a currency is in another, between bid and ask."""
        if of == into:
            return Decimal(1)
        direct = self._direct(of, into)
        if direct is not None:
            return direct
        first, second = self._direct(of, BETWEEN), self._direct(BETWEEN, into)
        if first is None or second is None or BETWEEN in {of, into}:
            raise NoAnswerError(f"no symbol shows what {of} is in {into}")
        return first * second

    def _direct(self, of: str, into: str) -> Decimal | None:
        quote = self._quote((of, into))
        if quote is not None:
            return (quote.bid + quote.ask) / 2
        quote = self._quote((into, of))
        return None if quote is None else 2 / (quote.bid + quote.ask)

    def _quote(self, pair: Pair) -> Quote | None:
        if not self._symbols:
            self._symbols = dict(self._pairs())
        symbol = self._symbols.get(pair)
        return None if symbol is None else self._quotes.quote(symbol)

    def _pairs(self) -> Iterator[tuple[Pair, str]]:
        """Of several symbols of one pair the one with the shortest name is the plain one.

        An index in dollars on a Japanese exchange names the two currencies as well, and is no rate.
        """
        told = self._calls.ask(self._calls.module.symbols_get)
        for symbol in sorted(told, key=lambda one: (-len(one.name), one.name)):
            pair = symbol.currency_base, symbol.currency_profit
            if symbol.trade_calc_mode in EXCHANGES or "".join(pair) in symbol.name.upper():
                yield pair, symbol.name
