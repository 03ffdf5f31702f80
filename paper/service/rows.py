"""What MetaTrader shows, field for field in its order, made from a broker's state."""

from pathlib import PureWindowsPath
from typing import Final

from paper.broker.account import Account
from paper.broker.asking import Switches
from paper.broker.brokers import BrokerProfile
from paper.broker.market import Market
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
        broker.limit_orders,
        int(broker.stop_out_mode),
        switches.account_trade_allowed,
        True,  # trade_expert
        terms.margin_mode,
        now.decimals,  # currency_digits
        broker.fifo_close and not account.nets,
        now.balance,
        now.credit,
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
