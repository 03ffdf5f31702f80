"""Buys the smallest lot after asking what it would cost, waits a moment, and closes again."""
# ruff: noqa: INP001, N813, FBT003, T201, TID251 - a script by itself, that prints and waits
# mypy: disable-error-code="no-any-return"

import sys
import time

import MetaTrader5 as mt5

SYMBOL = "EURUSD"
MAGIC = 100_001
DEVIATION = 20
WAIT_S = 1.0


def filling(info: mt5.SymbolInfo) -> int:
    """The broker says which fillings it takes: bit 1 is fill-or-kill, bit 2 immediate-or-cancel."""
    return mt5.ORDER_FILLING_FOK if info.filling_mode & 1 else mt5.ORDER_FILLING_IOC


def order(info: mt5.SymbolInfo, side: int) -> dict[str, object]:
    """A market order without a position to close."""
    tick = mt5.symbol_info_tick(info.name)
    return {
        "action": mt5.TRADE_ACTION_DEAL,
        "symbol": info.name,
        "volume": info.volume_min,
        "type": side,
        "price": tick.ask if side == mt5.ORDER_TYPE_BUY else tick.bid,
        "deviation": DEVIATION,
        "magic": MAGIC,
        "comment": "python open",
        "type_time": mt5.ORDER_TIME_GTC,
        "type_filling": filling(info),
    }


def opened(info: mt5.SymbolInfo) -> int:
    """The ticket of a new position; 0 where the order was refused."""
    request = order(info, mt5.ORDER_TYPE_BUY)
    distance = 200 * info.point
    request["sl"] = round(request["price"] - distance, info.digits)
    request["tp"] = round(request["price"] + distance, info.digits)
    check = mt5.order_check(request)
    print(f"order_check: {check.retcode} {check.comment}, margin {check.margin:.2f}")
    result = mt5.order_send(request)
    print(f"order_send: {result.retcode} {result.comment}, {result.volume} lots at {result.price}")
    return result.order if result.retcode == mt5.TRADE_RETCODE_DONE else 0


def closed(info: mt5.SymbolInfo, ticket: int) -> bool:
    """The opposite order, which names the position."""
    request = order(info, mt5.ORDER_TYPE_SELL)
    request.update(position=ticket, comment="python close")
    result = mt5.order_send(request)
    print(f"close: {result.retcode} {result.comment} at {result.price}")
    return result.retcode == mt5.TRADE_RETCODE_DONE


def main() -> int:
    """Open, look, close."""
    if not mt5.initialize():
        print("initialize() failed, error code =", mt5.last_error())
        return 1
    info = mt5.symbol_info(SYMBOL)
    if info is None or not (info.visible or mt5.symbol_select(SYMBOL, True)):
        print(SYMBOL, "cannot be traded here", mt5.last_error())
        return 1
    ticket = opened(info)
    if not ticket:
        return 1
    time.sleep(WAIT_S)
    for position in mt5.positions_get(ticket=ticket):
        print(f"position {position.ticket}: {position.volume} lots, profit {position.profit:.2f}")
    done = closed(info, ticket)
    print("left open:", len(mt5.positions_get(symbol=SYMBOL)))
    mt5.shutdown()
    return 0 if done else 1


if __name__ == "__main__":
    sys.exit(main())
