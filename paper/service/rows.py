"""What MetaTrader shows, field for field in its order, made from a broker's state."""

from pathlib import PureWindowsPath
from typing import Final

from domain.mt5_words import (
    ExpirationFlag,
    OrderMode,
    StopOutMode,
    SwapMode,
    SymbolTradeMode,
)
from paper.broker.account import Account
from paper.broker.asking import Switches
from paper.broker.brokers import BrokerProfile, SymbolProfile, is_metal
from paper.broker.house import House
from paper.broker.market import Market, NoRateError, Quote
from paper.broker.money import Figures, closing_price, floating_profit
from paper.broker.records import Position

Row = list[bool | int | float | str]

BUILD: Final = 5000
BUILD_DATE: Final = "1 Jan 2026"


def version_row() -> Row:
    """What version() shows."""
    return [500, BUILD, BUILD_DATE]


def account_row(account: Account, broker: BrokerProfile, now: Figures, switches: Switches) -> Row:
    """AccountInfo's 28 fields."""
    terms = account.terms
    return [
        terms.login,
        terms.trade_mode,
        terms.leverage,
        200,  # limit_orders
        int(StopOutMode.PERCENT),
        switches.account_trade_allowed,
        True,  # trade_expert
        terms.margin_mode,
        2,  # currency_digits
        False,  # fifo_close
        now.balance,
        0.0,  # credit
        now.profit,
        now.equity,
        now.margin,
        now.margin_free,
        now.margin_level,
        broker.margin_call_level,
        broker.stop_out_level,
        0.0,  # margin_initial
        0.0,  # margin_maintenance
        0.0,  # assets
        0.0,  # liabilities
        0.0,  # commission_blocked
        terms.name,
        broker.name,
        terms.currency,
        broker.company,
    ]


def terminal_row(key: str, broker: BrokerProfile, switches: Switches) -> Row:
    """TerminalInfo's 22 fields."""
    folder = _folder(key)
    return [
        False,  # community_account
        False,  # community_connection
        switches.connected,
        False,  # dlls_allowed
        switches.trade_allowed,
        switches.tradeapi_disabled,
        False,  # email_enabled
        False,  # ftp_enabled
        False,  # notifications_enabled
        False,  # mqid
        BUILD,
        100_000,  # maxbars
        1252,  # codepage
        1_000,  # ping_last, microseconds
        0.0,  # community_balance
        0.0,  # retransmission
        broker.company,
        "MetaTrader 5",
        "English",
        folder,  # path
        folder,  # data_path: every paper terminal is a portable one
        folder,  # commondata_path
    ]


def _folder(key: str) -> str:
    """A terminal is known by its program's path, or by any word that is none."""
    program = PureWindowsPath(key)
    return str(program.parent) if program.suffix.lower() == ".exe" else key


def position_row(market: Market, account: Account, position: Position) -> Row:
    """TradePosition's 19 fields."""
    price = closing_price(market, position)
    return [
        position.ticket,
        position.time_msc // 1000,
        position.time_msc,
        position.time_update_msc // 1000,
        position.time_update_msc,
        position.type,
        position.magic,
        position.identifier,
        position.reason,
        position.volume,
        position.price_open,
        position.sl,
        position.tp,
        position.price_open if price is None else price,
        position.swap,
        floating_profit(market, account, position),
        position.symbol,
        position.comment,
        "",
    ]


def symbol_row(house: House, profile: SymbolProfile, currency: str, *, selected: bool) -> Row:
    """SymbolInfo's 96 fields."""
    quote = house.market.quotes.get(profile.name)
    return [
        *_symbol_integers(profile, quote, selected=selected),
        *_symbol_prices(profile, quote),
        *_symbol_sizes(profile, _tick_value(house.market, profile, currency)),
        *_symbol_texts(profile),
    ]


def _symbol_integers(profile: SymbolProfile, quote: Quote | None, *, selected: bool) -> Row:
    return [
        False,  # custom
        0,  # chart_mode
        selected,
        selected,  # visible
        *([0] * 6),  # session_deals, session_*_orders, volume, volumehigh, volumelow
        quote.time_msc // 1000 if quote else 0,
        profile.digits,
        round((quote.ask - quote.bid) / profile.point) if quote else 0,
        True,  # spread_float
        0,  # ticks_bookdepth
        int(profile.calc_mode),
        int(SymbolTradeMode.FULL),
        0,  # start_time
        0,  # expiration_time
        profile.stops_level_points,
        0,  # trade_freeze_level
        int(profile.execution),
        int(SwapMode.DISABLED),
        3,  # swap_rollover3days
        True,  # margin_hedged_use_leg
        int(ExpirationFlag.GTC),
        int(profile.filling_mask),
        int(OrderMode.MARKET | OrderMode.SL | OrderMode.TP),
        0,  # order_gtc_mode
        0,  # option_mode
        0,  # option_right
    ]


def _symbol_prices(profile: SymbolProfile, quote: Quote | None) -> Row:
    if quote is None:
        return [*([0.0] * 13), profile.point]
    return [
        quote.bid,
        quote.bid_high,
        quote.bid_low,
        quote.ask,
        quote.ask_high,
        quote.ask_low,
        *([0.0] * 7),  # last, lasthigh, lastlow, volume_real, high, low, option_strike
        profile.point,
    ]


def _symbol_sizes(profile: SymbolProfile, tick_value: float) -> Row:
    return [
        tick_value,
        tick_value,  # profit
        tick_value,  # loss
        profile.point,  # trade_tick_size
        profile.contract_size,
        0.0,  # trade_accrued_interest
        0.0,  # trade_face_value
        0.0,  # trade_liquidity_rate
        profile.volume_min,
        profile.volume_max,
        profile.volume_step,
        *([0.0] * 16),  # volume_limit to session_price_limit_max
        profile.contract_size,  # margin_hedged
        *([0.0] * 10),  # price_change to price_sensitivity
    ]


def _symbol_texts(profile: SymbolProfile) -> Row:
    folder = "Metals" if is_metal(profile.feed) else "Forex"
    return [
        "",  # basis
        "",  # category
        profile.base,
        profile.quote,
        profile.margin_currency,
        "",  # bank
        f"{profile.base} vs {profile.quote}",
        "",  # exchange
        "",  # formula
        "",  # isin
        profile.name,
        "",  # page
        f"{folder}\\{profile.name}",
    ]


def _tick_value(market: Market, profile: SymbolProfile, currency: str) -> float:
    """Worth of one tick of one lot; 0 while there is no quote to count it with."""
    try:
        rate = market.rate(profile.quote, currency)
    except NoRateError:
        return 0.0
    return profile.contract_size * profile.point * rate
