"""A module with the MetaTrader5 API, written by hand: it answers what a test tells it to."""

from types import SimpleNamespace
from typing import Any

SUCCESS = (1, "Success")


def struct(**fields: Any) -> SimpleNamespace:
    return SimpleNamespace(**fields)


def account(**changes: Any) -> SimpleNamespace:
    usual = {
        "login": 51234567,
        "server": "Apex-Live",
        "currency": "USD",
        "balance": 10_000.0,
        "equity": 9_990.5,
        "profit": -9.5,
        "margin": 0.0,
        "margin_free": 9_990.5,
        "trade_allowed": True,
        "trade_expert": True,
        "margin_mode": 2,
        "fifo_close": False,
    }
    return struct(**(usual | changes))


def terminal(**changes: Any) -> SimpleNamespace:
    usual = {
        "connected": True,
        "trade_allowed": True,
        "tradeapi_disabled": False,
        "data_path": "C:/data/apex",
        "path": "C:\\Program Files\\Apex MT5",
    }
    return struct(**(usual | changes))


def symbol(**changes: Any) -> SimpleNamespace:
    usual = {
        "name": "GOLD.c",
        "digits": 2,
        "point": 0.01,
        "trade_tick_size": 0.01,
        "trade_contract_size": 100.0,
        "trade_tick_value": 1.0,
        "trade_tick_value_loss": 0.99,
        "currency_base": "XAU",
        "currency_profit": "USD",
        "volume_min": 0.01,
        "volume_max": 50.0,
        "volume_step": 0.01,
        "trade_stops_level": 0,
        "trade_freeze_level": 0,
        "filling_mode": 3,
        "trade_exemode": 2,
        "trade_mode": 4,
        "expiration_mode": 15,
        "order_mode": 127,
        "trade_calc_mode": 2,
        "select": False,
    }
    return struct(**(usual | changes))


def tick(**changes: Any) -> SimpleNamespace:
    usual = {"bid": 1284.31, "ask": 1284.55, "time": 1_399_033_800, "time_msc": 1_399_033_800_250}
    return struct(**(usual | changes))


def position(**changes: Any) -> SimpleNamespace:
    usual = {
        "ticket": 900,
        "identifier": 900,
        "symbol": "GOLD.c",
        "type": 0,
        "volume": 0.30000000000000004,
        "price_open": 1284.5500000000002,
        "sl": 0.0,
        "tp": 1290.0,
        "magic": 234000123456789012,
        "comment": "557416654",
        "time": 1_399_033_800,
        "time_msc": 1_399_033_800_250,
        "profit": -7.199999999,
    }
    return struct(**(usual | changes))


def order(**changes: Any) -> SimpleNamespace:
    """A limit order to buy half a lot, none of it filled."""
    usual = {
        "ticket": 950,
        "symbol": "GOLD.c",
        "type": 2,
        "type_time": 2,
        "type_filling": 2,
        "state": 1,
        "magic": 234000123456789012,
        "position_id": 0,
        "volume_initial": 0.5,
        "volume_current": 0.5,
        "price_open": 1270.1000000000001,
        "price_stoplimit": 0.0,
        "sl": 1260.0,
        "tp": 0.0,
        "time_setup": 1_399_033_800,
        "time_setup_msc": 1_399_033_800_250,
        "time_done": 0,
        "time_done_msc": 0,
        "time_expiration": 1_399_060_000,
        "comment": "557416654",
    }
    return struct(**(usual | changes))


def deal(**changes: Any) -> SimpleNamespace:
    usual = {
        "ticket": 700,
        "order": 900,
        "position_id": 900,
        "symbol": "GOLD.c",
        "type": 0,
        "entry": 0,
        "volume": 0.3,
        "price": 1284.55,
        "commission": -1.05,
        "swap": 0.0,
        "profit": 0.0,
        "fee": 0.0,
        "time": 1_399_033_800,
        "time_msc": 1_399_033_800_250,
        "magic": 1,
        "reason": 3,
        "comment": "",
    }
    return struct(**(usual | changes))


def result(retcode: int = 10009, **changes: Any) -> SimpleNamespace:
    usual = {
        "retcode": retcode,
        "deal": 700,
        "order": 900,
        "volume": 0.3,
        "price": 1284.57,
        "comment": "said the broker",
    }
    return struct(**(usual | changes))


class FakeMt5:
    """Each public attribute is the answer of the call it is named after.

    `failures` names calls that fail: by an error (None or False, then last_error()), or by an
    exception. `then` holds what changes once a call has been made.
    """

    def __init__(self) -> None:
        self.account = account()
        self.terminal = terminal()
        self.symbols = {"GOLD.c": symbol()}
        self.ticks = {"GOLD.c": tick()}
        self.open: tuple[Any, ...] = (position(),)
        self.total: int | None = None
        self.waiting: tuple[Any, ...] = ()
        self.waiting_total: int | None = None
        self.past: tuple[Any, ...] = ()
        self.profit = -25_000.0
        self.bars: list[dict[str, float]] = []
        self.deals: tuple[Any, ...] = (deal(),)
        self.result: Any = result()
        self.failures: dict[str, tuple[int, str] | Exception] = {}
        self.then: dict[str, dict[str, Any]] = {}
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self._error = SUCCESS

    def last_error(self) -> tuple[int, str]:
        return self._error

    def names_called(self) -> list[str]:
        return [name for name, _, _ in self.calls]

    def sent(self) -> dict[str, Any]:
        """The request of the one order sent."""
        (request,) = [args[0] for name, args, _ in self.calls if name == "order_send"]
        return dict(request)

    def _answer(self, name: str, value: Any, failed: Any, *args: Any, **kwargs: Any) -> Any:
        self.calls.append((name, args, kwargs))
        self._error = SUCCESS
        failure = self.failures.get(name)
        for attribute, changed in self.then.pop(name, {}).items():
            setattr(self, attribute, changed)
        if isinstance(failure, Exception):
            raise failure
        if failure is not None:
            self._error = failure
            return failed
        return value

    def initialize(self, *args: Any, **kwargs: Any) -> bool:
        return bool(self._answer("initialize", True, False, *args, **kwargs))

    def shutdown(self) -> bool:
        return bool(self._answer("shutdown", True, True))

    def terminal_info(self) -> Any:
        return self._answer("terminal_info", self.terminal, None)

    def account_info(self) -> Any:
        return self._answer("account_info", self.account, None)

    def symbol_info(self, name: str) -> Any:
        if name not in self.symbols:
            self.failures["symbol_info"] = (-4, "Terminal: Not found")
        return self._answer("symbol_info", self.symbols.get(name), None, name)

    def symbol_info_tick(self, name: str) -> Any:
        return self._answer("symbol_info_tick", self.ticks.get(name), None, name)

    def symbols_get(self) -> Any:
        return self._answer("symbols_get", tuple(self.symbols.values()), None)

    def symbol_select(self, name: str, enable: bool) -> Any:
        return self._answer("symbol_select", True, False, name, enable)

    def copy_rates_from_pos(self, *args: Any) -> Any:
        return self._answer("copy_rates_from_pos", self.bars, None, *args)

    def order_calc_profit(self, *args: Any) -> Any:
        return self._answer("order_calc_profit", self.profit, None, *args)

    def positions_total(self) -> Any:
        total = len(self.open) if self.total is None else self.total
        return self._answer("positions_total", total, None)

    def positions_get(self) -> Any:
        return self._answer("positions_get", self.open, None)

    def orders_get(self, **kwargs: Any) -> Any:
        return self._answer("orders_get", self.waiting, None, **kwargs)

    def orders_total(self) -> Any:
        total = len(self.waiting) if self.waiting_total is None else self.waiting_total
        return self._answer("orders_total", total, None)

    def history_orders_get(self, **kwargs: Any) -> Any:
        return self._answer("history_orders_get", self.past, None, **kwargs)

    def history_deals_get(self, *args: Any, **kwargs: Any) -> Any:
        return self._answer("history_deals_get", self.deals, None, *args, **kwargs)

    def order_send(self, request: dict[str, Any]) -> Any:
        return self._answer("order_send", self.result, None, request)
