"""Opens one position on gold and drags its stop loss behind the price for some seconds."""
# ruff: noqa: INP001, N813, T201, TID251 - a script by itself, that prints, waits and reads the clock
# mypy: disable-error-code="no-any-return"

import sys
import time

import MetaTrader5 as mt5

SYMBOL = "XAUUSD"
MAGIC = 100_003
DISTANCE_POINTS = 40
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0


def bought(info: mt5.SymbolInfo) -> int:
    """The ticket of a position with a stop below it."""
    tick = mt5.symbol_info_tick(info.name)
    result = mt5.order_send(
        {
            "action": mt5.TRADE_ACTION_DEAL,
            "symbol": info.name,
            "volume": info.volume_min,
            "type": mt5.ORDER_TYPE_BUY,
            "price": tick.ask,
            "sl": round(tick.bid - DISTANCE_POINTS * info.point, info.digits),
            "deviation": 50,
            "magic": MAGIC,
            "comment": "python trailing",
            "type_time": mt5.ORDER_TIME_GTC,
            "type_filling": mt5.ORDER_FILLING_FOK
            if info.filling_mode & 1
            else mt5.ORDER_FILLING_IOC,
        }
    )
    print(f"open: {result.retcode} {result.comment} at {result.price}")
    return result.order if result.retcode == mt5.TRADE_RETCODE_DONE else 0


def trail(position: mt5.TradePosition, info: mt5.SymbolInfo) -> bool:
    """Whether the stop was moved up."""
    wanted = round(position.price_current - DISTANCE_POINTS * info.point, info.digits)
    if wanted <= position.sl:
        return False
    result = mt5.order_send(
        {
            "action": mt5.TRADE_ACTION_SLTP,
            "symbol": position.symbol,
            "position": position.ticket,
            "sl": wanted,
            "tp": position.tp,
            "magic": MAGIC,
        }
    )
    print(f"stop to {wanted}: {result.retcode} {result.comment}")
    return result.retcode == mt5.TRADE_RETCODE_DONE


def main() -> int:
    """Until the stop is hit or the time is over."""
    if not mt5.initialize():
        print("initialize() failed, error code =", mt5.last_error())
        return 1
    info = mt5.symbol_info(SYMBOL)
    ticket, moves = bought(info), 0
    if not ticket:
        return 1
    end = time.monotonic() + SECONDS
    while time.monotonic() < end and (positions := mt5.positions_get(ticket=ticket)):
        moves += trail(positions[0], info)
        time.sleep(0.05)
    for deal in mt5.history_deals_get(position=ticket):
        print(
            f"deal {deal.ticket}: entry {deal.entry} reason {deal.reason} at {deal.price} "
            f"profit {deal.profit:.2f} {deal.comment}"
        )
    print(f"stop moved {moves} times; still open: {len(mt5.positions_get(ticket=ticket))}")
    mt5.Close(SYMBOL, ticket=ticket)
    mt5.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
