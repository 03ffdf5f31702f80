"""Why an order is refused: every check in the order in which it is made."""

from collections.abc import Callable
from math import isfinite
from typing import Final

import msgspec

from domain.mt5_words import Execution, Filling, FillingFlag, OrderType, Retcode, TradeAction
from paper.broker.account import Account
from paper.broker.brokers import SymbolProfile
from paper.broker.market import Market, NoRateError, Quote
from paper.broker.money import Trade, figures, margin
from paper.broker.records import Position, TradeRequest


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
    switches: Switches
    now_msc: int
    next_ticket: int
    request_id: int

    @property
    def profile(self) -> SymbolProfile:
        """The symbol asked for, known to exist once the symbol was checked."""
        return self.market.profiles[self.symbol]

    @property
    def symbol(self) -> str:
        """The symbol asked for; a change of stops may leave it to the position."""
        if self.request.symbol or self.position is None:
            return self.request.symbol
        return self.position.symbol

    @property
    def quote(self) -> Quote | None:
        """The symbol's last quote."""
        return self.market.quotes.get(self.symbol)

    @property
    def position(self) -> Position | None:
        """The position asked for."""
        return self.account.positions.get(self.request.position)

    @property
    def price(self) -> float:
        """The price a deal would be made at now."""
        quote = self.market.quotes[self.symbol]
        return quote.bid if self.request.type & 1 else quote.ask


class Refusal(msgspec.Struct, frozen=True):
    """A return code that is not a success, with the words that go with it."""

    retcode: Retcode
    comment: str
    by_server: bool = False
    with_quote: bool = False


Check = Callable[[Ask], Refusal | None]

FLAG_OF_FILLING: Final = {Filling.FOK: FillingFlag.FOK, Filling.IOC: FillingFlag.IOC}
TOLERANCE: Final = 1e-6
"""Part of a step by which a float may miss the grid."""


def _terminal_button(ask: Ask) -> Refusal | None:
    if ask.switches.trade_allowed:
        return None
    return Refusal(Retcode.CLIENT_DISABLES_AT, "AutoTrading disabled by client")


def _connection(ask: Ask) -> Refusal | None:
    return None if ask.switches.connected else Refusal(Retcode.CONNECTION, "No connection")


def _account_allowed(ask: Ask) -> Refusal | None:
    if ask.switches.account_trade_allowed:
        return None
    return Refusal(Retcode.TRADE_DISABLED, "Trade disabled")


def _action(ask: Ask) -> Refusal | None:
    action = ask.request.action
    if action in (TradeAction.DEAL, TradeAction.SLTP):
        return None
    if action in (TradeAction.PENDING, TradeAction.MODIFY, TradeAction.REMOVE):
        return Refusal(Retcode.INVALID_ORDER, "Pending orders not offered yet")
    if action == TradeAction.CLOSE_BY:
        return Refusal(Retcode.INVALID_ORDER, "Close by not offered yet")
    return Refusal(Retcode.INVALID, "Invalid request")


def _numbers(ask: Ask) -> Refusal | None:
    request = ask.request
    floats = (request.volume, request.price, request.sl, request.tp)
    if all(isfinite(value) and value >= 0 for value in floats):
        return None
    return Refusal(Retcode.INVALID, "Invalid request")


def _position_exists(ask: Ask) -> Refusal | None:
    """For a change of stops this comes first, the symbol may hang on it."""
    if ask.position is not None:
        return None
    return Refusal(Retcode.POSITION_CLOSED, "Position doesn't exist")


def _symbol(ask: Ask) -> Refusal | None:
    known = ask.symbol in ask.market.profiles
    return None if known else Refusal(Retcode.INVALID, "Invalid request")


def _type(ask: Ask) -> Refusal | None:
    if ask.request.type in (OrderType.BUY, OrderType.SELL):
        return None
    return Refusal(Retcode.INVALID_ORDER, "Only market orders offered yet")


def _volume(ask: Ask) -> Refusal | None:
    lots, profile, position = ask.request.volume, ask.profile, ask.position
    if position is not None and lots == position.volume:
        return None  # what is left is always closable, be it below the minimum
    low, high = profile.volume_min * (1 - TOLERANCE), profile.volume_max * (1 + TOLERANCE)
    if low <= lots <= high and on_grid(lots, profile.volume_step):
        return None
    return Refusal(Retcode.INVALID_VOLUME, "Invalid volume")


def _price(ask: Ask) -> Refusal | None:
    """Market execution ignores the price asked for."""
    if ask.profile.execution == Execution.MARKET:
        return None
    if ask.request.price > 0 and on_grid(ask.request.price, ask.profile.point):
        return None
    return Refusal(Retcode.INVALID_PRICE, "Invalid price")


def _filling(ask: Ask) -> Refusal | None:
    if _filling_allowed(ask.profile, ask.request.type_filling):
        return None
    return Refusal(Retcode.INVALID_FILL, "Unsupported filling mode")


def _filling_allowed(profile: SymbolProfile, wanted: int) -> bool:
    if profile.execution in (Execution.REQUEST, Execution.INSTANT):
        return wanted in (Filling.FOK, Filling.IOC, Filling.RETURN)
    if wanted in (Filling.FOK, Filling.IOC):
        return bool(profile.filling_mask & FLAG_OF_FILLING[Filling(wanted)])
    return False


def _quotes(ask: Ask) -> Refusal | None:
    """Stops and money cannot be judged without a quote, so this comes before them."""
    return None if ask.quote is not None else Refusal(Retcode.PRICE_OFF, "No prices")


def _opening_stops(ask: Ask) -> Refusal | None:
    if ask.request.position:
        return None
    return _stops(ask, ask.request.type)


def _changed_stops(ask: Ask) -> Refusal | None:
    position = ask.account.positions[ask.request.position]
    return _stops(ask, position.type)


def _stops(ask: Ask, kind: int) -> Refusal | None:
    quote = ask.market.quotes[ask.symbol]
    point = ask.profile.point
    for wanted in (ask.request.sl, ask.request.tp):
        if not on_grid(wanted, point):
            return Refusal(Retcode.INVALID_PRICE, "Invalid price")
    if stops_hold(ask.request, kind, quote, (ask.profile.stops_level_points or 1) * point):
        return None
    return Refusal(Retcode.INVALID_STOPS, "Invalid stops")


def stops_hold(request: TradeRequest, kind: int, quote: Quote, distance: float) -> bool:
    """Whether both stops are on their side of the market, far enough away."""
    slack = distance * (1 - TOLERANCE)
    if kind & 1:
        loss_ok = request.sl >= quote.ask + slack
        gain_ok = request.tp <= quote.ask - slack
    else:
        loss_ok = request.sl <= quote.bid - slack
        gain_ok = request.tp >= quote.bid + slack
    return (not request.sl or loss_ok) and (not request.tp or gain_ok)


def _no_change(ask: Ask) -> Refusal | None:
    position = ask.account.positions[ask.request.position]
    if (ask.request.sl, ask.request.tp) != (position.sl, position.tp):
        return None
    return Refusal(Retcode.NO_CHANGES, "No changes")


def _closing(ask: Ask) -> Refusal | None:
    """An order that names a position must be able to close it."""
    if not ask.request.position:
        return None
    position = ask.position
    if position is None:
        return Refusal(Retcode.POSITION_CLOSED, "Position doesn't exist", by_server=True)
    if position.symbol != ask.symbol or position.type == ask.request.type:
        return Refusal(Retcode.INVALID, "Invalid request")
    if ask.request.volume > position.volume + TOLERANCE * ask.profile.volume_step:
        return Refusal(Retcode.INVALID_CLOSE_VOLUME, "Invalid close volume", by_server=True)
    return None


def _same_symbol(ask: Ask) -> Refusal | None:
    position = ask.account.positions[ask.request.position]
    if ask.symbol == position.symbol:
        return None
    return Refusal(Retcode.INVALID, "Invalid request")


def _session(ask: Ask) -> Refusal | None:
    if ask.market.open:
        return None
    return Refusal(Retcode.MARKET_CLOSED, "Market closed", by_server=True)


def _countable(ask: Ask) -> Refusal | None:
    """Profit can be turned into the deposit currency."""
    try:
        ask.market.rate(ask.profile.quote, ask.account.terms.currency)
        added_margin(ask)
    except NoRateError:
        return Refusal(Retcode.PRICE_OFF, "No prices", by_server=True)
    return None


def _money(ask: Ask) -> Refusal | None:
    if added_margin(ask) <= figures(ask.market, ask.account).margin_free or ask.request.position:
        return None
    return Refusal(Retcode.NO_MONEY, "No money", by_server=True)


def added_margin(ask: Ask) -> float:
    """What a new position would tie up; closing ties up nothing."""
    if ask.request.action != TradeAction.DEAL or ask.request.position:
        return 0.0
    terms = ask.account.terms
    trade = Trade(ask.request.type, ask.request.volume, ask.price)
    return margin(ask.market, ask.profile, terms.currency, terms.leverage, trade)


def _requote(ask: Ask) -> Refusal | None:
    """Instant execution promises the price asked for, within the deviation."""
    if ask.profile.execution == Execution.MARKET:
        return None
    away_points = abs(ask.price - ask.request.price) / ask.profile.point
    if away_points <= ask.request.deviation + 0.5:
        return None
    return Refusal(Retcode.REQUOTE, "Requote", by_server=True, with_quote=True)


ALWAYS: Final[tuple[Check, ...]] = (
    _terminal_button,  # 10027
    _connection,  # 10031
    _account_allowed,  # 10017
    _action,  # 10013, 10035
    _numbers,  # 10013
)
FOR_A_DEAL: Final[tuple[Check, ...]] = (
    _symbol,  # 10013
    _type,  # 10035
    _volume,  # 10014
    _price,  # 10015
    _filling,  # 10030
    _quotes,  # 10021
    _opening_stops,  # 10015, 10016
    _closing,  # 10036, 10013, 10038
    _session,  # 10018
    _countable,  # 10021
    _money,  # 10019
    _requote,  # 10004
)
FOR_STOPS: Final[tuple[Check, ...]] = (
    _position_exists,  # 10036
    _symbol,  # 10013
    _same_symbol,  # 10013
    _no_change,  # 10025
    _quotes,  # 10021
    _changed_stops,  # 10015, 10016
    _session,  # 10018
)


def refusal(ask: Ask) -> Refusal | None:
    """The first check that fails, or None when the order may be executed."""
    return _first(ALWAYS, ask) or _first(_checks_of(ask), ask)


def _checks_of(ask: Ask) -> tuple[Check, ...]:
    return FOR_A_DEAL if ask.request.action == TradeAction.DEAL else FOR_STOPS


def _first(checks: tuple[Check, ...], ask: Ask) -> Refusal | None:
    for check in checks:
        refused = check(ask)
        if refused is not None:
            return refused
    return None


def on_grid(value: float, step: float) -> bool:
    """Whether a float lies on the grid, as far as floats can."""
    steps = value / step
    return abs(steps - round(steps)) <= max(TOLERANCE, abs(steps) * 1e-9)
