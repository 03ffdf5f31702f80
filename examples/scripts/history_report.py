"""Sums up the deals and orders of the last days, by symbol and in all."""
# ruff: noqa: INP001, N813, T201, TID251 - a script by itself, that prints and asks what time it is

import sys
from collections import defaultdict
from datetime import UTC, datetime, timedelta

import MetaTrader5 as mt5

DAYS = 7


def main() -> int:
    """Everything of the last days; a day is added, because servers are ahead of UTC."""
    if not mt5.initialize():
        print("initialize() failed, error code =", mt5.last_error())
        return 1
    now = datetime.now(UTC)
    first, last = now - timedelta(days=DAYS), now + timedelta(days=1)
    deals = mt5.history_deals_get(first, last)
    orders = mt5.history_orders_get(first, last)
    if deals is None or orders is None:
        print("no history, error code =", mt5.last_error())
        return 1
    print(f"{mt5.history_deals_total(first, last)} deals, {len(orders)} orders")
    by_symbol: dict[str, list[float]] = defaultdict(list)
    for deal in deals:
        by_symbol[deal.symbol or "(balance)"].append(
            deal.profit + deal.commission + deal.swap + deal.fee
        )
    for symbol, amounts in sorted(by_symbol.items()):
        print(f"  {symbol:<10} {len(amounts):>4} deals {sum(amounts):>12.2f}")
    euros = mt5.history_deals_get(first, last, group="*EUR*")
    print(f"deals with EUR in the symbol: {len(euros)}")
    total = sum(amount for amounts in by_symbol.values() for amount in amounts)
    print(f"sum of all deals {total:.2f}, balance {mt5.account_info().balance:.2f}")
    mt5.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
