"""The table of MetaTrader's calls: every verb a client may use, and how it is answered."""

from typing import Any, Final

from domain.mt5_words import LastError
from paper.broker.rates import NoRateError
from paper.service.answers import book, prices, records, symbols, terminal, trading
from paper.service.calls import CallTable
from paper.service.session import Session
from paper.service.world import ServerRefusal

CALLS: Final = CallTable(
    (
        terminal.initialize,
        terminal.login,
        terminal.shutdown,
        terminal.version,
        terminal.terminal_info,
        terminal.account_info,
        symbols.symbols_total,
        symbols.symbols_get,
        symbols.symbol_info,
        symbols.symbol_info_tick,
        symbols.symbol_select,
        book.market_book_add,
        book.market_book_release,
        book.market_book_get,
        prices.copy_rates_from,
        prices.copy_rates_from_pos,
        prices.copy_rates_range,
        prices.copy_ticks_from,
        prices.copy_ticks_range,
        records.positions_total,
        records.positions_get,
        records.orders_total,
        records.orders_get,
        records.history_orders_total,
        records.history_orders_get,
        records.history_deals_total,
        records.history_deals_get,
        trading.order_check,
        trading.order_send,
        trading.order_calc_margin,
        trading.order_calc_profit,
    )
)


def answer(session: Session, verb: str, args: list[Any]) -> object:
    """Answer one call; a ServerRefusal says why there is no answer."""
    try:
        return CALLS.ask(session, verb, args)
    except NoRateError as missing:
        raise ServerRefusal(LastError.FAIL, f"{verb}: {missing}") from missing
