"""What trades cost and earn in an account's currency, and how the account stands."""

from collections.abc import Iterable

import msgspec

from paper.broker.account import Account
from paper.broker.brokers import FOREX_MODES, SymbolProfile
from paper.broker.currencies import CENTS, decimals_of, rounded
from paper.broker.formulas import Trade, earned, tied_up
from paper.broker.market import Market
from paper.broker.rates import NoRateError
from paper.broker.records import AccountTerms, Position


class Figures(msgspec.Struct, frozen=True):
    """An account's floating figures at one moment."""

    balance: float
    profit: float
    margin: float
    credit: float = 0.0
    decimals: int = CENTS

    @property
    def equity(self) -> float:
        """Balance, credit and everything floating."""
        return round(self.balance + self.credit + self.profit, self.decimals)

    @property
    def margin_free(self) -> float:
        """What new positions may still use."""
        return round(self.equity - self.margin, self.decimals)

    @property
    def margin_level(self) -> float:
        """Equity in per cent of margin; 0 without margin, as MetaTrader has it."""
        return self.equity / self.margin * 100 if self.margin else 0.0


def profit(
    market: Market, profile: SymbolProfile, currency: str, trade: Trade, price_close: float
) -> float:
    """Profit in deposit currency of a trade closed at this price."""
    return in_deposit(market, earned(profile, trade, price_close), profile.quote, currency)


def in_deposit(market: Market, amount: float, held: str, currency: str) -> float:
    """What is earned is sold for the deposit currency, what is owed is bought with it."""
    if held == currency:
        return rounded(amount, currency)
    rates = market.rates
    rate = rates.fetched(held, currency) if amount >= 0 else rates.paid(held, currency)
    return rounded(amount * rate, currency)


def tick_values(market: Market, profile: SymbolProfile, currency: str) -> tuple[float, float]:
    """Worth of one tick of one lot, as a profit and as a loss."""
    tick = earned(profile, Trade(0, 1.0, 0.0), profile.tick_size)
    rates = market.rates
    return (
        tick * rates.fetched(profile.quote, currency),
        tick * rates.paid(profile.quote, currency),
    )


def margin(
    market: Market,
    profile: SymbolProfile,
    currency: str,
    leverage: int,
    trade: Trade,
    *,
    is_held: bool = False,
) -> float:
    """Margin in deposit currency of a trade on its own."""
    amount = tied_up(profile, trade, leverage, is_held=is_held)
    return rounded(amount * _margin_rate(market, profile, currency, trade), currency)


def _margin_rate(market: Market, profile: SymbolProfile, currency: str, trade: Trade) -> float:
    """A pair quoted in the deposit currency brings its own rate: the price it is opened at."""
    held = profile.margin_currency
    if held == currency:
        return 1.0
    if profile.calc_mode in FOREX_MODES and profile.quote == currency and profile.base == held:
        return trade.price_open
    if trade.type & 1:
        return market.rates.fetched(held, currency)
    return market.rates.paid(held, currency)


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
    currency = account.terms.currency
    floating = sum(
        (
            floating_profit(market, account, position) + position.swap
            for position in account.positions.values()
        ),
        start=0.0,
    )
    return Figures(
        account.balance,
        rounded(floating, currency),
        total_margin(market, account),
        account.credit,
        decimals_of(currency),
    )


def total_margin(market: Market, account: Account) -> float:
    """Margin of all positions; waiting orders need none."""
    held = ((p.symbol, trade_of(p)) for p in account.positions.values())
    return margin_of(market, account.terms, held)


def margin_of(market: Market, terms: AccountTerms, trades: Iterable[tuple[str, Trade]]) -> float:
    """Margin of trades held side by side, opposite ones in a symbol as its hedging rule says."""
    books: dict[str, tuple[_Side, _Side]] = {}
    for symbol, trade in trades:
        side = books.setdefault(symbol, (_Side(), _Side()))[trade.type & 1]
        side.lots += trade.lots
        side.margin += _held_margin(market, terms, market.profiles[symbol], trade)
    needed = (_hedged(market.profiles[symbol], *sides) for symbol, sides in books.items())
    return rounded(sum(needed, start=0.0), terms.currency)


class _Side:
    """All buys or all sells in one symbol."""

    __slots__ = ("lots", "margin")

    def __init__(self) -> None:
        self.lots = self.margin = 0.0


def _hedged(profile: SymbolProfile, buys: _Side, sells: _Side) -> float:
    """The larger side alone; or what is not covered, and the pair's own margin for what is."""
    if profile.margin_hedged_use_leg or not buys.lots or not sells.lots:
        return max(buys.margin, sells.margin)
    covered, larger = min(buys.lots, sells.lots), max(buys, sells, key=lambda side: side.lots)
    uncovered = larger.margin * (larger.lots - covered) / larger.lots
    average = (buys.margin / buys.lots + sells.margin / sells.lots) / 2
    return uncovered + covered * average * _hedged_part(profile)


def _hedged_part(profile: SymbolProfile) -> float:
    if profile.margin_hedged is None:
        return 1.0
    return profile.margin_hedged / (profile.margin_initial or profile.contract_size)


def _held_margin(
    market: Market, terms: AccountTerms, profile: SymbolProfile, trade: Trade
) -> float:
    """Margin of one open position; none while there is no quote to count it with."""
    try:
        return margin(market, profile, terms.currency, terms.leverage, trade, is_held=True)
    except NoRateError:
        return 0.0
