"""What a broker writes down, in the field order MetaTrader's API shows it.

A field that is not given is zero or empty, as MetaTrader shows what does not apply; an order starts
as placed. The comments of orders and deals are always given: with no required field near the end, a
record cut short on disk would open.
"""

from typing import Final

import msgspec

from domain.mt5_words import AccountTradeMode, MarginMode, OrderState


class TradeRequest(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """TradeRequest's 17 fields."""

    action: int = 0
    magic: int = 0
    order: int = 0
    symbol: str = ""
    volume: float = 0.0
    price: float = 0.0
    stoplimit: float = 0.0
    sl: float = 0.0
    tp: float = 0.0
    deviation: int = 0
    type: int = 0
    type_filling: int = 0
    type_time: int = 0
    expiration: int = 0
    comment: str = ""
    position: int = 0
    position_by: int = 0


class Answer(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """OrderSendResult's 11 fields."""

    retcode: int
    deal: int = 0
    order: int = 0
    volume: float = 0.0
    price: float = 0.0
    bid: float = 0.0
    ask: float = 0.0
    comment: str = ""
    request_id: int = 0
    retcode_external: int = 0
    request: TradeRequest


class CheckAnswer(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """OrderCheckResult's 9 fields."""

    retcode: int
    balance: float = 0.0
    equity: float = 0.0
    profit: float = 0.0
    margin: float = 0.0
    margin_free: float = 0.0
    margin_level: float = 0.0
    comment: str = ""
    request: TradeRequest


class Order(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """TradeOrder's 24 fields."""

    ticket: int
    time_setup: int
    time_setup_msc: int
    time_done: int = 0
    time_done_msc: int = 0
    time_expiration: int = 0
    type: int
    type_time: int = 0
    type_filling: int = 0
    state: OrderState = OrderState.PLACED
    magic: int = 0
    position_id: int = 0
    position_by_id: int = 0
    reason: int
    volume_initial: float
    volume_current: float
    price_open: float = 0.0
    sl: float = 0.0
    tp: float = 0.0
    price_current: float = 0.0
    price_stoplimit: float = 0.0
    symbol: str
    comment: str
    external_id: str = ""


class Deal(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """TradeDeal's 18 fields."""

    ticket: int
    order: int = 0
    time: int
    time_msc: int
    type: int
    entry: int
    magic: int = 0
    position_id: int = 0
    reason: int
    volume: float = 0.0
    price: float = 0.0
    commission: float = 0.0
    swap: float = 0.0
    profit: float = 0.0
    fee: float = 0.0
    symbol: str = ""
    comment: str
    external_id: str = ""

    @property
    def amount(self) -> float:
        """What the deal did to the balance."""
        return self.profit + self.commission + self.swap + self.fee


class Position(msgspec.Struct, frozen=True, kw_only=True):
    """An open position; price and profit are looked up when somebody asks."""

    ticket: int
    identifier: int
    time_msc: int
    time_update_msc: int
    type: int
    magic: int = 0
    reason: int
    volume: float
    price_open: float
    sl: float = 0.0
    tp: float = 0.0
    swap: float = 0.0
    symbol: str
    comment: str = ""
    stops_msc: int = 0
    """When the stops were last set by themselves; 0 if never since it was opened."""
    swap_day: int = 0
    """The server's day that swap is charged up to; 0 while none was since it was opened."""


class AccountTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed when an account was opened."""

    login: int
    broker: str
    name: str
    currency: str
    leverage: int
    margin_mode: int = MarginMode.RETAIL_HEDGING
    trade_mode: int = AccountTradeMode.DEMO


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of a waiting market order, and when: filled with what is left, or withdrawn."""

    ticket: int
    at_msc: int
    fills: bool


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """All that one event did to one account: written to disk together or not at all."""

    kept: tuple[Position, ...] = ()
    gone: tuple[int, ...] = ()
    placed: tuple[Order, ...] = ()
    """Orders that wait now, as they stand."""
    orders: tuple[Order, ...] = ()
    """Orders that are done: they wait no more."""
    deals: tuple[Deal, ...] = ()
    due: tuple[Due, ...] = ()
    """What the broker has resolved for waiting orders; it ends with the order."""
    last_ticket: int = 0


NOTHING: Final = Changes()
