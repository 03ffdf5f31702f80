"""Places a buy limit and a sell stop far from the market, moves one, and takes both back."""
# ruff: noqa: INP001, N813, T201 - a script by itself, that prints
# mypy: disable-error-code="no-any-return"

import sys

import MetaTrader5 as mt5

SYMBOL = "EURUSD"
MAGIC = 100_002
AWAY_POINTS = 500


def placed(kind: int, price: float, info: mt5.SymbolInfo) -> int:
    """The ticket of the waiting order; 0 where it was refused."""
    result = mt5.order_send(
        {
            "action": mt5.TRADE_ACTION_PENDING,
            "symbol": info.name,
            "volume": info.volume_min,
            "type": kind,
            "price": round(price, info.digits),
            "magic": MAGIC,
            "comment": "python pending",
            "type_time": mt5.ORDER_TIME_GTC,
            "type_filling": mt5.ORDER_FILLING_RETURN,
        }
    )
    print(f"place: {result.retcode} {result.comment}, order {result.order}")
    return result.order if result.retcode == mt5.TRADE_RETCODE_DONE else 0


def moved(ticket: int, price: float, info: mt5.SymbolInfo) -> int:
    """The return code of giving the order another price and stops."""
    result = mt5.order_send(
        {
            "action": mt5.TRADE_ACTION_MODIFY,
            "order": ticket,
            "symbol": info.name,
            "price": round(price, info.digits),
            "sl": round(price - 100 * info.point, info.digits),
            "tp": round(price + 200 * info.point, info.digits),
            "type_time": mt5.ORDER_TIME_GTC,
        }
    )
    print(f"modify: {result.retcode} {result.comment}")
    return result.retcode


def main() -> int:
    """Place two, show them, move one, remove both."""
    if not mt5.initialize():
        print("initialize() failed, error code =", mt5.last_error())
        return 1
    info, tick = mt5.symbol_info(SYMBOL), mt5.symbol_info_tick(SYMBOL)
    away = AWAY_POINTS * info.point
    limit = placed(mt5.ORDER_TYPE_BUY_LIMIT, tick.ask - away, info)
    stop = placed(mt5.ORDER_TYPE_SELL_STOP, tick.bid - away, info)
    if not limit or not stop:
        return 1
    moved(limit, tick.ask - 2 * away, info)
    for waiting in mt5.orders_get(symbol=SYMBOL):
        print(
            f"waiting: {waiting.ticket} type {waiting.type} at {waiting.price_open} "
            f"sl {waiting.sl} tp {waiting.tp}"
        )
    for ticket in (limit, stop):
        result = mt5.order_send({"action": mt5.TRADE_ACTION_REMOVE, "order": ticket})
        print(f"remove: {result.retcode} {result.comment}")
    print("orders left:", len(mt5.orders_get(symbol=SYMBOL)))
    mt5.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
