"""Prints what a terminal and its account say of themselves."""
# ruff: noqa: INP001, N813, T201, S105 - a script by itself, that prints; the password is a demo's

import sys

import MetaTrader5 as mt5

LOGIN = 25115284
PASSWORD = "demo-password"
SERVER = "MetaQuotes-Demo"


def main() -> int:
    """Connect with a login of our own and print."""
    if not mt5.initialize(login=LOGIN, password=PASSWORD, server=SERVER):
        print("initialize() failed, error code =", mt5.last_error())
        return 1
    print("MetaTrader5 package version:", mt5.__version__)
    print("terminal version:", mt5.version())
    terminal = mt5.terminal_info()
    print(f"terminal: {terminal.name}, build {terminal.build}, connected: {terminal.connected}")
    account = mt5.account_info()
    for name, value in account._asdict().items():
        print(f"  {name} = {value}")
    print(f"equity of {account.login} at {account.server}: {account.equity:.2f} {account.currency}")
    print(
        f"{mt5.symbols_total()} symbols, {mt5.positions_total()} positions, "
        f"{mt5.orders_total()} orders"
    )
    mt5.shutdown()
    return 0


if __name__ == "__main__":
    sys.exit(main())
