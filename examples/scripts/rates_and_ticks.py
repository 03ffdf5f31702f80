"""Fetches bars and ticks as numpy arrays and counts with them."""
# ruff: noqa: INP001, N813, T201 - a script by itself, that prints

import sys
from datetime import UTC, datetime, timedelta

import MetaTrader5 as mt5
import numpy as np

SYMBOL = "EURUSD"


def main() -> int:
    """The last 500 hours, the last week by days, and a day of ticks."""
    if not mt5.initialize():
        print("initialize() failed, error code =", mt5.last_error())
        return 1
    hours = mt5.copy_rates_from_pos(SYMBOL, mt5.TIMEFRAME_H1, 0, 500)
    print(f"{len(hours)} hours, closes from {hours['close'].min()} to {hours['close'].max()}")
    changes = np.diff(np.log(hours["close"]))
    print(f"volatility of an hour {changes.std() * 100:.4f} %, dtype {hours.dtype.names}")
    newest = datetime.fromtimestamp(int(hours["time"][-1]), UTC)
    days = mt5.copy_rates_range(SYMBOL, mt5.TIMEFRAME_D1, newest - timedelta(days=7), newest)
    for bar in days:
        opened = datetime.fromtimestamp(int(bar["time"]), UTC)
        print(f"  {opened:%Y-%m-%d} open {bar['open']} close {bar['close']}")
    ticks = mt5.copy_ticks_range(SYMBOL, newest - timedelta(days=1), newest, mt5.COPY_TICKS_ALL)
    spread = (ticks["ask"] - ticks["bid"]) / mt5.symbol_info(SYMBOL).point
    print(f"{len(ticks)} ticks of a day, mean spread {spread.mean():.1f} points")
    some = mt5.copy_ticks_from(SYMBOL, newest, 10, mt5.COPY_TICKS_INFO)
    print(f"{len(some)} ticks since {newest:%H:%M}, the first at bid {some[0]['bid']}")
    mt5.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
