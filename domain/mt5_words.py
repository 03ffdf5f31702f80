"""MetaTrader's own numbers and names, and nothing about what they mean to us."""

from enum import IntEnum, IntFlag
from typing import Final


class OrderType(IntEnum):
    """Kinds of order; the lowest bit is the selling side."""

    BUY = 0
    SELL = 1
    BUY_LIMIT = 2
    SELL_LIMIT = 3
    BUY_STOP = 4
    SELL_STOP = 5
    BUY_STOP_LIMIT = 6
    SELL_STOP_LIMIT = 7
    CLOSE_BY = 8


class PositionType(IntEnum):
    """Direction of a position."""

    BUY = 0
    SELL = 1


class TradeAction(IntEnum):
    """What a trade request asks for."""

    DEAL = 1
    PENDING = 5
    SLTP = 6
    MODIFY = 7
    REMOVE = 8
    CLOSE_BY = 10


class Filling(IntEnum):
    """Filling as a request names it; not the symbol's mask, see FillingFlag."""

    FOK = 0
    IOC = 1
    RETURN = 2
    BOC = 3


class FillingFlag(IntFlag):
    """Fillings a symbol allows; MetaTrader's package does not export these."""

    FOK = 1
    IOC = 2
    BOC = 4


class OrderMode(IntFlag):
    """Kinds of order a symbol allows; MetaTrader's package does not export these."""

    MARKET = 1
    LIMIT = 2
    STOP = 4
    STOP_LIMIT = 8
    SL = 16
    TP = 32
    CLOSE_BY = 64


class ExpirationFlag(IntFlag):
    """Order lifetimes a symbol allows; MetaTrader's package does not export these."""

    GTC = 1
    DAY = 2
    SPECIFIED = 4
    SPECIFIED_DAY = 8


class TimeInForce(IntEnum):
    """Lifetime of an order (`type_time`)."""

    GTC = 0
    DAY = 1
    SPECIFIED = 2
    SPECIFIED_DAY = 3


class GtcMode(IntEnum):
    """What a symbol drops at the end of the trade day (`order_gtc_mode`)."""

    GTC = 0
    DAILY = 1
    DAILY_NO_STOPS = 2


class Execution(IntEnum):
    """How a symbol's orders are executed (`trade_exemode`)."""

    REQUEST = 0
    INSTANT = 1
    MARKET = 2
    EXCHANGE = 3


class SymbolTradeMode(IntEnum):
    """What a symbol may be used for (`trade_mode` of a symbol)."""

    DISABLED = 0
    LONG_ONLY = 1
    SHORT_ONLY = 2
    CLOSE_ONLY = 3
    FULL = 4


class CalcMode(IntEnum):
    """How margin and profit are computed."""

    FOREX = 0
    FUTURES = 1
    CFD = 2
    CFD_INDEX = 3
    CFD_LEVERAGE = 4
    FOREX_NO_LEVERAGE = 5
    EXCH_STOCKS = 32
    EXCH_FUTURES = 33
    EXCH_OPTIONS = 34
    EXCH_OPTIONS_MARGIN = 36
    EXCH_BONDS = 37
    EXCH_STOCKS_MOEX = 38
    EXCH_BONDS_MOEX = 39
    SERV_COLLATERAL = 64


class ChartMode(IntEnum):
    """Which price a symbol's charts and stops go by."""

    BID = 0
    LAST = 1


class MarginMode(IntEnum):
    """Whether an account nets or hedges."""

    RETAIL_NETTING = 0
    EXCHANGE = 1
    RETAIL_HEDGING = 2


class AccountTradeMode(IntEnum):
    """Kind of account."""

    DEMO = 0
    CONTEST = 1
    REAL = 2


class StopOutMode(IntEnum):
    """Unit of the margin call and stop-out levels."""

    PERCENT = 0
    MONEY = 1


class SwapMode(IntEnum):
    """How swap is charged, numbered as MetaTrader's package has it."""

    DISABLED = 0
    POINTS = 1
    CURRENCY_SYMBOL = 2
    CURRENCY_MARGIN = 3
    CURRENCY_DEPOSIT = 4
    INTEREST_CURRENT = 5
    INTEREST_OPEN = 6
    REOPEN_CURRENT = 7
    REOPEN_BID = 8


class OrderState(IntEnum):
    """Life of an order."""

    STARTED = 0
    PLACED = 1
    CANCELED = 2
    PARTIAL = 3
    FILLED = 4
    REJECTED = 5
    EXPIRED = 6
    REQUEST_ADD = 7
    REQUEST_MODIFY = 8
    REQUEST_CANCEL = 9


class Reason(IntEnum):
    """Who caused an order, a deal or a position (positions know the first four)."""

    CLIENT = 0
    MOBILE = 1
    WEB = 2
    EXPERT = 3
    SL = 4
    TP = 5
    SO = 6
    ROLLOVER = 7
    VMARGIN = 8
    SPLIT = 9


class DealType(IntEnum):
    """What a deal booked."""

    BUY = 0
    SELL = 1
    BALANCE = 2
    CREDIT = 3
    CHARGE = 4
    CORRECTION = 5
    BONUS = 6
    COMMISSION = 7
    COMMISSION_DAILY = 8
    COMMISSION_MONTHLY = 9
    COMMISSION_AGENT_DAILY = 10
    COMMISSION_AGENT_MONTHLY = 11
    INTEREST = 12
    BUY_CANCELED = 13
    SELL_CANCELED = 14
    DIVIDEND = 15
    DIVIDEND_FRANKED = 16
    TAX = 17


class DealEntry(IntEnum):
    """Whether a deal opened, closed or turned a position."""

    IN = 0
    OUT = 1
    INOUT = 2
    OUT_BY = 3


class TickFlag(IntFlag):
    """What changed in a tick."""

    BID = 2
    ASK = 4
    LAST = 8
    VOLUME = 16
    BUY = 32
    SELL = 64


class Retcode(IntEnum):
    """A trade server's answers; 10005 and 10037 are unassigned."""

    REQUOTE = 10004
    REJECT = 10006
    CANCEL = 10007
    PLACED = 10008
    DONE = 10009
    DONE_PARTIAL = 10010
    ERROR = 10011
    TIMEOUT = 10012
    INVALID = 10013
    INVALID_VOLUME = 10014
    INVALID_PRICE = 10015
    INVALID_STOPS = 10016
    TRADE_DISABLED = 10017
    MARKET_CLOSED = 10018
    NO_MONEY = 10019
    PRICE_CHANGED = 10020
    PRICE_OFF = 10021
    INVALID_EXPIRATION = 10022
    ORDER_CHANGED = 10023
    TOO_MANY_REQUESTS = 10024
    NO_CHANGES = 10025
    SERVER_DISABLES_AT = 10026
    CLIENT_DISABLES_AT = 10027
    LOCKED = 10028
    FROZEN = 10029
    INVALID_FILL = 10030
    CONNECTION = 10031
    ONLY_REAL = 10032
    LIMIT_ORDERS = 10033
    LIMIT_VOLUME = 10034
    INVALID_ORDER = 10035
    POSITION_CLOSED = 10036
    INVALID_CLOSE_VOLUME = 10038
    CLOSE_ORDER_EXIST = 10039
    LIMIT_POSITIONS = 10040
    REJECT_CANCEL = 10041
    LONG_ONLY = 10042
    SHORT_ONLY = 10043
    CLOSE_ONLY = 10044
    FIFO_CLOSE = 10045
    HEDGE_PROHIBITED = 10046


RETCODE_NAMES: Final[dict[int, str]] = {code.value: code.name for code in Retcode}


class LastError(IntEnum):
    """Codes of last_error()."""

    OK = 1
    FAIL = -1
    INVALID_PARAMS = -2
    NO_MEMORY = -3
    NOT_FOUND = -4
    INVALID_VERSION = -5
    AUTH_FAILED = -6
    UNSUPPORTED = -7
    AUTO_TRADING_DISABLED = -8
    INTERNAL_FAIL = -10000
    INTERNAL_FAIL_SEND = -10001
    INTERNAL_FAIL_RECEIVE = -10002
    INTERNAL_FAIL_INIT = -10003
    INTERNAL_FAIL_CONNECT = -10004
    INTERNAL_FAIL_TIMEOUT = -10005


MAX_COMMENT_SENT: Final = 29
"""UTF-16 units MetaTrader's package accepts in a comment or symbol."""
MAX_COMMENT_KEPT: Final = 31
"""UTF-16 units a position, order or deal may carry."""


class Timeframe(IntEnum):
    """How long a bar lasts."""

    M1 = 1
    M2 = 2
    M3 = 3
    M4 = 4
    M5 = 5
    M6 = 6
    M10 = 10
    M12 = 12
    M15 = 15
    M20 = 20
    M30 = 30
    H1 = 16385
    H2 = 16386
    H4 = 16388
    H3 = 16387
    H6 = 16390
    H8 = 16392
    H12 = 16396
    D1 = 16408
    W1 = 32769
    MN1 = 49153
