"""What trades cost and earn, by MetaTrader's formulas."""

from typing import Final

import msgspec

from domain.mt5_words import CalcMode
from paper.broker.account import Account
from paper.broker.brokers import SymbolProfile
from paper.broker.market import Market, NoRateError
from paper.broker.records import Position

CENTS: Final = 2


class Figures(msgspec.Struct, frozen=True):
    """An account's floating figures at one moment."""

    balance: float
    profit: float
    margin: float

    @property
    def equity(self) -> float:
        """Balance and everything floating."""
        return round(self.balance + self.profit, CENTS)

    @property
    def margin_free(self) -> float:
        """What new positions may still use."""
        return round(self.equity - self.margin, CENTS)

    @property
    def margin_level(self) -> float:
        """Equity in per cent of margin; 0 without margin, as MetaTrader has it."""
        return self.equity / self.margin * 100 if self.margin else 0.0


class Trade(msgspec.Struct, frozen=True):
    """A side, a size and an opening price: enough to count money with."""

    type: int
    lots: float
    price_open: float


def profit(
    market: Market, profile: SymbolProfile, currency: str, trade: Trade, price_close: float
) -> float:
    """Profit in deposit currency of a trade closed at this price."""
    direction = -1 if trade.type & 1 else 1
    moved = (price_close - trade.price_open) * direction
    in_quote = moved * profile.contract_size * trade.lots
    return round(in_quote * market.rate(profile.quote, currency), CENTS)


def margin(
    market: Market, profile: SymbolProfile, currency: str, leverage: int, trade: Trade
) -> float:
    """Margin in deposit currency of a trade on its own."""
    units = trade.lots * profile.contract_size / leverage
    if profile.calc_mode == CalcMode.FOREX:
        if profile.quote == currency:
            return round(units * trade.price_open, CENTS)
        return round(units * market.rate(profile.base, currency), CENTS)
    return round(units * trade.price_open * market.rate(profile.quote, currency), CENTS)


def closing_price(market: Market, position: Position) -> float | None:
    """The price a position would be closed at: bid for a buy, ask for a sell."""
    quote = market.quotes.get(position.symbol)
    if quote is None:
        return None
    return quote.ask if position.type & 1 else quote.bid


def floating_profit(market: Market, account: Account, position: Position) -> float:
    """Profit of an open position now; none while there is no quote to count it with."""
    price = closing_price(market, position)
    if price is None:
        return 0.0
    profile = market.profiles[position.symbol]
    try:
        return profit(market, profile, account.terms.currency, trade_of(position), price)
    except NoRateError:
        return 0.0


def trade_of(position: Position) -> Trade:
    """A position as money sees it."""
    return Trade(position.type, position.volume, position.price_open)


def figures(market: Market, account: Account) -> Figures:
    """Floating profit and margin of everything open."""
    floating = sum(
        (
            floating_profit(market, account, position) + position.swap
            for position in account.positions.values()
        ),
        start=0.0,
    )
    return Figures(account.balance, round(floating, CENTS), total_margin(market, account))


def total_margin(market: Market, account: Account) -> float:
    """Margin of all positions; of opposite ones in a symbol only the larger side counts."""
    sides: dict[str, list[float]] = {}
    for position in account.positions.values():
        needed = _margin_of(market, account, position)
        sides.setdefault(position.symbol, [0.0, 0.0])[position.type & 1] += needed
    return round(sum((max(both) for both in sides.values()), start=0.0), CENTS)


def _margin_of(market: Market, account: Account, position: Position) -> float:
    """Margin of one open position; none while there is no quote to count it with."""
    terms, profile = account.terms, market.profiles[position.symbol]
    try:
        return margin(market, profile, terms.currency, terms.leverage, trade_of(position))
    except NoRateError:
        return 0.0
