"""Trades the side of a fast moving average against a slow one, on bars held in pandas."""
# ruff: noqa: INP001, N813, T201, TID251 - a script by itself, that prints, waits and reads the clock
# mypy: disable-error-code="import-not-found,import-untyped,no-any-return"

import sys
import time
from datetime import UTC, datetime, timedelta

import MetaTrader5 as mt5
import pandas as pd

SYMBOL = "EURUSD"
FAST, SLOW = 5, 20
MAGIC = 100_004
SECONDS = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0


def wanted_side() -> int:
    """Buy while the fast average is above the slow one, sell while it is below."""
    bars = pd.DataFrame(mt5.copy_rates_from_pos(SYMBOL, mt5.TIMEFRAME_M1, 0, 5 * SLOW))
    bars["time"] = pd.to_datetime(bars["time"], unit="s")
    averages = bars.set_index("time")["close"]
    fast, slow = averages.rolling(FAST).mean().iloc[-1], averages.rolling(SLOW).mean().iloc[-1]
    return mt5.ORDER_TYPE_BUY if fast > slow else mt5.ORDER_TYPE_SELL


def ours() -> list[mt5.TradePosition]:
    """Positions of this script, by its magic number."""
    return [p for p in mt5.positions_get(symbol=SYMBOL) or () if p.magic == MAGIC]


def send(side: int, position: int = 0) -> None:
    """A market order of a tenth of a lot, or what closes a position."""
    info, tick = mt5.symbol_info(SYMBOL), mt5.symbol_info_tick(SYMBOL)
    result = mt5.order_send(
        {
            "action": mt5.TRADE_ACTION_DEAL,
            "symbol": SYMBOL,
            "volume": 0.1,
            "type": side,
            "position": position,
            "price": tick.ask if side == mt5.ORDER_TYPE_BUY else tick.bid,
            "deviation": 20,
            "magic": MAGIC,
            "comment": "python averages",
            "type_time": mt5.ORDER_TIME_GTC,
            "type_filling": mt5.ORDER_FILLING_FOK
            if info.filling_mode & 1
            else mt5.ORDER_FILLING_IOC,
        }
    )
    word = "close" if position else "open"
    print(
        f"{word} {'buy' if side == mt5.ORDER_TYPE_BUY else 'sell'}: {result.retcode} "
        f"{result.comment} at {result.price}"
    )


def turn() -> None:
    """Close what is on the wrong side; open where nothing is open."""
    side = wanted_side()
    for position in ours():
        if position.type != side:
            send(side, position.ticket)
    if not ours():
        send(side)


def main() -> int:
    """Look twice a second until the time is over, then close."""
    if not mt5.initialize():
        print("initialize() failed, error code =", mt5.last_error())
        return 1
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        turn()
        time.sleep(0.5)
    for position in ours():
        send(1 - position.type, position.ticket)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    deals = [
        d for d in mt5.history_deals_get(tomorrow - timedelta(days=2), tomorrow) if d.magic == MAGIC
    ]
    frame = pd.DataFrame([d._asdict() for d in deals])
    print(frame[["ticket", "type", "entry", "volume", "price", "profit"]].to_string(index=False))
    print(f"{len(deals)} deals, profit {frame['profit'].sum():.2f}; left open: {len(ours())}")
    mt5.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
