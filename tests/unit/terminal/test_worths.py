"""What a broker says things are worth, as sizes are worked out from it."""

from decimal import Decimal

import pytest

from domain.market import Side, Unknowable
from tests.unit.terminal.doors import GOLD, door
from tests.unit.terminal.fake_mt5 import FakeMt5, symbol, tick

ENTRY, STOP = Decimal("1285.10"), Decimal("1280.10")


@pytest.mark.parametrize(("side", "action"), [(Side.BUY, 0), (Side.SELL, 1)])
def test_a_loss_is_asked_for_the_largest_volume_and_is_of_one_lot(side: Side, action: int) -> None:
    """Cents of a single step would be lost by the broker's rounding."""
    module = FakeMt5()
    assert door(module).loss_per_lot(side, GOLD, ENTRY, STOP) == 500
    (args,) = [args for name, args, _ in module.calls if name == "order_calc_profit"]
    assert args == (action, GOLD, 50.0, 1285.1, 1280.1)


def test_a_stop_that_would_gain_loses_less_than_nothing() -> None:
    module = FakeMt5()
    module.profit = 10_000.0
    assert door(module).loss_per_lot(Side.BUY, GOLD, ENTRY, STOP) == -200


@pytest.mark.parametrize("profit", [float("nan"), float("inf")])
def test_a_loss_that_is_no_number_is_not_known(profit: float) -> None:
    module = FakeMt5()
    module.profit = profit
    assert isinstance(door(module).loss_per_lot(Side.BUY, GOLD, ENTRY, STOP), Unknowable)


@pytest.mark.parametrize("call", ["order_calc_profit", "symbol_info"])
def test_no_answer_is_no_loss(call: str) -> None:
    module = FakeMt5()
    module.failures[call] = (-10004, "No IPC connection")
    assert isinstance(door(module).loss_per_lot(Side.BUY, GOLD, ENTRY, STOP), Unknowable)


def test_of_a_symbol_that_the_broker_lacks_nothing_is_known() -> None:
    assert isinstance(door(FakeMt5()).loss_per_lot(Side.BUY, "XYZ", ENTRY, STOP), Unknowable)
    assert isinstance(door(FakeMt5()).tick_value("XYZ"), Unknowable)


@pytest.mark.parametrize(
    ("told", "value"),
    [({}, "0.99"), ({"trade_tick_value_loss": 0.0}, "1"), ({"trade_tick_value": 2.0}, "0.99")],
)
def test_a_tick_is_worth_what_a_losing_one_costs(told: dict[str, float], value: str) -> None:
    module = FakeMt5()
    module.symbols["GOLD.c"] = symbol(**told)
    assert door(module).tick_value(GOLD) == Decimal(value)


def test_a_tick_value_is_asked_anew_each_time() -> None:
    module = FakeMt5()
    at = door(module)
    at.tick_value(GOLD)
    module.symbols["GOLD.c"] = symbol(trade_tick_value_loss=1.25)
    assert at.tick_value(GOLD) == Decimal("1.25")


def a_market(**pairs: tuple[float, float]) -> FakeMt5:
    """Symbols by name, each of its first and last three letters, with bid and ask."""
    module = FakeMt5()
    module.symbols = {
        name: symbol(name=name, digits=4, currency_base=name[:3], currency_profit=name[3:6])
        for name in pairs
    }
    module.ticks = {name: tick(bid=bid, ask=ask) for name, (bid, ask) in pairs.items()}
    return module


@pytest.mark.parametrize(
    ("of", "into", "rate"),
    [
        pytest.param("USD", "USD", "1", id="the same"),
        pytest.param("EUR", "USD", "1.2500", id="as it is quoted, between bid and ask"),
        pytest.param("USD", "EUR", "0.8", id="the other way round"),
        pytest.param("EUR", "CHF", "1", id="by way of the dollar"),
        pytest.param("CHF", "EUR", "1", id="and back"),
    ],
)
def test_the_rate_of_two_currencies(of: str, into: str, rate: str) -> None:
    at = door(a_market(**{"EURUSD.c": (1.2498, 1.2502), "USDCHF.c": (0.7998, 0.8002)}))
    assert at.rate(of, into) == Decimal(rate)


@pytest.mark.parametrize(("of", "into"), [("EUR", "JPY"), ("JPY", "USD"), ("GBP", "JPY")])
def test_a_rate_that_no_symbol_shows_is_not_known(of: str, into: str) -> None:
    at = door(a_market(**{"EURUSD.c": (1.2498, 1.2502)}))
    assert isinstance(at.rate(of, into), Unknowable)


def test_an_index_that_names_both_currencies_is_no_rate() -> None:
    module = a_market(EURUSD=(1.2498, 1.2502))
    module.symbols["DE40"] = symbol(name="DE40", currency_base="EUR", currency_profit="USD")
    module.ticks["DE40"] = tick(bid=18_000, ask=18_001)
    assert door(module).rate("EUR", "USD") == Decimal("1.2500")


def test_an_exchange_of_another_name_is_known_by_its_way_of_reckoning() -> None:
    module = a_market(EURUSD=(1.2498, 1.2502))
    own = symbol(name="6E", currency_base="EUR", currency_profit="CHF", trade_calc_mode=0)
    module.symbols["6E"], module.ticks["6E"] = own, tick(bid=0.9998, ask=1.0002)
    assert door(module).rate("EUR", "CHF") == 1


def test_a_symbol_without_a_quote_shows_no_rate() -> None:
    module = a_market(**{"EURUSD.c": (0.0, 0.0)})
    assert isinstance(door(module).rate("EUR", "USD"), Unknowable)


def test_of_several_symbols_of_a_pair_the_plainest_name_counts() -> None:
    at = door(a_market(**{"EURUSD.mini": (9.0, 9.0), "EURUSD": (1.25, 1.25)}))
    assert at.rate("EUR", "USD") == Decimal("1.25")


def test_all_symbols_are_asked_for_once_in_a_connection() -> None:
    module = a_market(EURUSD=(1.25, 1.25))
    at = door(module)
    for _ in range(3):
        at.rate("EUR", "USD")
    assert module.names_called().count("symbols_get") == 1
    at.connect()
    at.rate("EUR", "USD")
    # Connecting looks at what the Market Watch shows.
    assert module.names_called().count("symbols_get") == 3
