from decimal import Decimal
from typing import Any

import pytest

from domain.market import (
    AccountState,
    Identity,
    Position,
    Quote,
    Side,
    SymbolSpec,
    TerminalState,
    Unknowable,
)
from tests.builders import an_offer
from tests.unit.terminal.doors import HOME, door
from tests.unit.terminal.fake_mt5 import FakeMt5, account, deal, position, symbol, terminal, tick

FAILURES = pytest.mark.parametrize(
    "failure",
    [
        pytest.param((-1, "Terminal: Call failed"), id="call failed"),
        pytest.param((-2, "Invalid arguments"), id="bad arguments"),
        pytest.param((-10001, "IPC send failed"), id="pipe gone"),
        pytest.param((-10002, "IPC recv failed"), id="terminal died"),
        pytest.param((-10004, "No IPC connection"), id="not connected"),
        pytest.param(SystemError("returned a result with an exception set"), id="raises"),
    ],
)


@FAILURES
@pytest.mark.parametrize("call", ["account_info", "positions_get", "terminal_info"])
def test_no_answer_to_any_call_makes_positions_unknowable(call: str, failure: Any) -> None:
    module = FakeMt5()
    module.failures[call] = failure
    assert isinstance(door(module).positions(), Unknowable)


@FAILURES
def test_no_answer_about_an_empty_list_makes_it_unknowable(failure: Any) -> None:
    module = FakeMt5()
    module.open = ()
    module.failures["positions_total"] = failure
    assert isinstance(door(module).positions(), Unknowable)


def test_the_reason_names_the_call_and_the_error() -> None:
    module = FakeMt5()
    module.failures["positions_get"] = (-10004, "No IPC connection")
    assert door(module).positions() == Unknowable("positions_get: No IPC connection (-10004)")


def test_a_position_is_read_exactly() -> None:
    (read,) = _positions(FakeMt5())
    assert read.volume == Decimal("0.3")
    assert str(read.price_open) == "1284.55"
    assert str(read.sl) == "0.00"
    assert read.side is Side.BUY
    assert read.magic == 234000123456789012
    assert read.opened_server_ms == 1_399_033_800_250


def test_an_empty_list_is_believed_where_everything_agrees() -> None:
    module = FakeMt5()
    module.open = ()
    assert door(module).positions() == ()


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"total": 1}, id="a count that is not zero"),
        pytest.param({"account": account(margin=128.45)}, id="margin in use"),
        pytest.param({"account": account(margin=float("nan"))}, id="margin nobody knows"),
        pytest.param({"terminal": terminal(connected=False)}, id="no connection"),
    ],
)
def test_an_empty_list_is_not_believed_beside(lie: dict[str, Any]) -> None:
    module = FakeMt5()
    module.open = ()
    vars(module).update(lie)
    assert isinstance(door(module).positions(), Unknowable)


def test_a_position_that_opens_between_two_calls_is_seen() -> None:
    module = FakeMt5()
    module.open = ()
    module.then["positions_get"] = {"open": (position(),)}
    assert [one.identifier for one in _positions(module)] == [900]


def test_positions_of_a_terminal_without_its_server_are_unknowable() -> None:
    module = FakeMt5()
    module.terminal = terminal(connected=False)
    assert isinstance(door(module).positions(), Unknowable)


def test_law_1_what_a_terminal_without_its_server_shows_is_not_all_that_was_done() -> None:
    module = FakeMt5()
    module.terminal = terminal(connected=False)
    assert isinstance(door(module).deals_between(0, 1), Unknowable)


@pytest.mark.parametrize("call", ["account_info", "positions_get"])
def test_an_account_switched_meanwhile_makes_positions_unknowable(call: str) -> None:
    module = FakeMt5()
    module.then[call] = {"account": account(login=777, server="Other-Demo")}
    seen = door(module).positions()
    assert isinstance(seen, Unknowable)
    assert "777 at Other-Demo" in seen.why


def test_another_login_is_unknowable_and_its_deals_and_money_too() -> None:
    module = FakeMt5()
    module.account = account(login=777)
    terminal_door = door(module)
    answers = [
        terminal_door.positions(),
        terminal_door.deals_of(900),
        terminal_door.deals_between(0, 1),
        terminal_door.account(),
    ]
    assert all(isinstance(answer, Unknowable) for answer in answers)


def test_another_login_is_named_by_identity() -> None:
    module = FakeMt5()
    module.account = account(login=777)
    assert door(module).identity() == Identity(777, "Apex-Live")


def test_a_terminal_without_any_login_has_no_identity() -> None:
    module = FakeMt5()
    module.account = account(login=0)
    assert isinstance(door(module).identity(), Unknowable)


@pytest.mark.parametrize("field", ["volume", "price_open", "sl", "tp", "profit"])
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_a_position_with_a_figure_that_is_none_is_unknowable(field: str, value: float) -> None:
    module = FakeMt5()
    module.open = (position(**{field: value}),)
    assert isinstance(door(module).positions(), Unknowable)


def test_a_position_in_a_symbol_the_broker_denies_is_still_read() -> None:
    module = FakeMt5()
    module.open = (position(symbol="DELISTED", volume=0.30000000000000004),)
    (read,) = _positions(module)
    assert read.volume == Decimal("0.3")
    assert read.price_open == Decimal("1284.55")


def test_the_account_is_read_exactly() -> None:
    module = FakeMt5()
    module.account = account(equity=99553.220000000001, profit=41.8)
    read = door(module).account()
    assert isinstance(read, AccountState)
    assert read.identity == HOME
    assert str(read.equity) == "99553.22"
    assert str(read.profit) == "41.80"
    assert read.hedging
    assert read.trade_allowed


@pytest.mark.parametrize("field", ["trade_allowed", "trade_expert"])
def test_an_account_without_both_permissions_may_not_trade(field: str) -> None:
    module = FakeMt5()
    module.account = account(**{field: False})
    read = door(module).account()
    assert isinstance(read, AccountState)
    assert not read.trade_allowed


@pytest.mark.parametrize("changes", [{"trade_allowed": False}, {"tradeapi_disabled": True}])
def test_a_terminal_without_both_permissions_may_not_trade(changes: dict[str, Any]) -> None:
    module = FakeMt5()
    module.terminal = terminal(**changes)
    read = door(module).state()
    assert read == TerminalState(connected=True, trade_allowed=False, data_path="C:/data/apex")


def test_deals_come_oldest_first_with_all_money_they_booked() -> None:
    module = FakeMt5()
    module.deals = (
        deal(ticket=702, type=1, entry=1, time_msc=1_399_033_900_000, profit=12.3, swap=-0.4),
        deal(),
        deal(ticket=1, type=2, symbol="", volume=0.0, profit=10_000.0),
    )
    deals = door(module).deals_of(900)
    assert not isinstance(deals, Unknowable)
    assert [one.ticket for one in deals] == [700, 702]
    assert [str(one.net) for one in deals] == ["-1.05", "10.85"]
    assert sum(one.signed_volume for one in deals) == 0
    assert module.calls[1][2] == {"position": 900}


def test_a_window_of_deals_is_asked_for_in_whole_server_seconds() -> None:
    module = FakeMt5()
    door(module).deals_between(1_399_033_800, 1_399_120_200)
    assert ("history_deals_get", (1_399_033_800, 1_399_120_200), {}) in module.calls


@FAILURES
def test_deals_without_an_answer_are_unknowable(failure: Any) -> None:
    module = FakeMt5()
    module.failures["history_deals_get"] = failure
    assert isinstance(door(module).deals_of(900), Unknowable)


def test_a_symbol_is_selected_once_and_remembered() -> None:
    module = FakeMt5()
    terminal_door = door(module)
    first, second = terminal_door.spec("GOLD.c"), terminal_door.spec("GOLD.c")
    assert isinstance(first, SymbolSpec)
    assert first == second
    assert str(first.point) == "0.01"
    asked = [name for name in module.names_called() if name.startswith("symbol")]
    assert asked == ["symbol_info", "symbol_select"]


def test_a_symbol_is_asked_for_again_after_a_reconnect() -> None:
    module = FakeMt5()
    terminal_door = door(module)
    terminal_door.spec("GOLD.c")
    module.symbols["GOLD.c"] = symbol(volume_min=0.1)
    terminal_door.connect()
    spec = terminal_door.spec("GOLD.c")
    assert isinstance(spec, SymbolSpec)
    assert spec.volume_min == Decimal("0.1")


def test_a_symbol_that_is_asked_anew_is_the_one_known_from_then_on() -> None:
    module = FakeMt5()
    at = door(module)
    at.spec("GOLD.c")
    module.symbols["GOLD.c"] = symbol(trade_contract_size=10.0)

    anew = at.spec_anew("GOLD.c")

    assert isinstance(anew, SymbolSpec)
    assert (anew.contract_size, anew.base, anew.profit, anew.calc_mode) == (10, "XAU", "USD", 2)
    assert at.spec("GOLD.c") == anew


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"trade_contract_size": 0.0}, id="no sensible size"),
        pytest.param({"volume_step": 0.0}, id="no sensible step"),
        pytest.param(None, id="not there any more"),
    ],
)
def test_law_5_what_cannot_be_believed_takes_no_contract_from_closes(
    changes: dict[str, Any] | None,
) -> None:
    module = FakeMt5()
    at = door(module)
    known = at.spec("GOLD.c")
    module.symbols = {} if changes is None else {"GOLD.c": symbol(**changes)}

    assert not isinstance(at.spec_anew("GOLD.c"), SymbolSpec)

    assert at.spec("GOLD.c") == known


def test_a_symbol_asked_anew_at_another_account_is_not_remembered() -> None:
    module = FakeMt5()
    at = door(module)
    known = at.spec("GOLD.c")
    module.symbols["GOLD.c"] = symbol(trade_contract_size=10.0)
    module.account = account(login=7)

    assert isinstance(at.spec_anew("GOLD.c"), Unknowable)

    module.account = account()
    assert at.spec("GOLD.c") == known


def test_asking_anew_puts_nothing_into_the_market_watch() -> None:
    module = FakeMt5()

    door(module).spec_anew("GOLD.c")

    assert "symbol_select" not in module.names_called()


def test_a_brokers_list_is_read_exactly() -> None:
    module = FakeMt5()
    module.symbols["GOLDm"] = symbol(name="GOLDm", digits=3, trade_contract_size=10.0)
    module.symbols["BROKEN"] = symbol(name="BROKEN", trade_contract_size=float("nan"))

    assert door(module).symbols() == (
        an_offer("GOLD.c", base="XAU", profit="USD", digits=2, contract_size="100"),
        an_offer("GOLDm", base="XAU", profit="USD", digits=3, contract_size="10"),
    )


@FAILURES
@pytest.mark.parametrize("call", ["symbols_get", "account_info"])
def test_a_brokers_list_without_an_answer_is_unknowable(call: str, failure: Any) -> None:
    module = FakeMt5()
    module.failures[call] = failure
    assert isinstance(door(module).symbols(), Unknowable)


def test_a_symbol_the_broker_does_not_know_is_none() -> None:
    assert door(FakeMt5()).spec("NOSUCH") is None


def test_a_symbol_not_found_without_a_server_is_unknowable() -> None:
    module = FakeMt5()
    module.terminal = terminal(connected=False)
    assert isinstance(door(module).spec("NOSUCH"), Unknowable)


@FAILURES
@pytest.mark.parametrize("call", ["symbol_info", "symbol_select"])
def test_a_symbol_without_an_answer_is_unknowable(call: str, failure: Any) -> None:
    module = FakeMt5()
    module.failures[call] = failure
    assert isinstance(door(module).spec("GOLD.c"), Unknowable)


def test_a_symbol_of_another_account_is_not_remembered() -> None:
    module = FakeMt5()
    terminal_door = door(module)
    module.account = account(login=777, server="Other-Demo")
    module.symbols["GOLD.c"] = symbol(trade_contract_size=10.0)
    assert isinstance(terminal_door.spec("GOLD.c"), Unknowable)
    module.account, module.symbols["GOLD.c"] = account(), symbol()
    spec = terminal_door.spec("GOLD.c")
    assert isinstance(spec, SymbolSpec)
    assert spec.contract_size == 100


@pytest.mark.parametrize("field", ["point", "volume_step", "trade_contract_size"])
def test_a_symbol_with_a_figure_that_is_none_is_unknowable(field: str) -> None:
    module = FakeMt5()
    module.symbols["GOLD.c"] = symbol(**{field: float("nan")})
    assert isinstance(door(module).spec("GOLD.c"), Unknowable)


def test_a_quote_is_exact() -> None:
    module = FakeMt5()
    module.ticks["GOLD.c"] = tick(bid=1284.3100000000002)
    assert door(module).quote("GOLD.c") == Quote(
        bid=Decimal("1284.31"), ask=Decimal("1284.55"), server_ms=1_399_033_800_250
    )


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"bid": 0.0, "ask": 0.0}, id="zero"),
        pytest.param({"bid": 0.0}, id="half zero"),
        pytest.param({"bid": 1285.0}, id="crossed"),
        pytest.param({"ask": float("nan")}, id="no number"),
    ],
)
def test_there_is_no_quote_where_prices_are(changes: dict[str, float]) -> None:
    module = FakeMt5()
    module.ticks["GOLD.c"] = tick(**changes)
    assert door(module).quote("GOLD.c") is None


@FAILURES
def test_there_is_no_quote_without_an_answer(failure: Any) -> None:
    module = FakeMt5()
    module.failures["symbol_info_tick"] = failure
    assert door(module).quote("GOLD.c") is None


def test_the_newest_tick_is_taken_over_all_symbols_watched() -> None:
    module = FakeMt5()
    module.symbols["EURUSD"] = symbol(name="EURUSD", digits=5)
    module.ticks["EURUSD"] = tick(time_msc=1_399_033_999_000)
    terminal_door = door(module)
    assert terminal_door.newest_server_ms() == 0
    terminal_door.positions()
    assert terminal_door.newest_server_ms() == 1_399_033_800_250
    terminal_door.spec("EURUSD")
    assert terminal_door.newest_server_ms() == 1_399_033_999_000


def test_the_newest_tick_stays_known_while_the_terminal_is_silent() -> None:
    module = FakeMt5()
    terminal_door = door(module)
    terminal_door.quote("GOLD.c")
    module.failures["symbol_info_tick"] = (-10004, "No IPC connection")
    assert terminal_door.newest_server_ms() == 1_399_033_800_250


def test_a_module_without_hints_gives_none() -> None:
    terminal_door = door(FakeMt5())
    assert terminal_door.hinted() is False
    assert terminal_door.waitable() is None


def test_a_module_with_hints_passes_them_on() -> None:
    module = FakeMt5()
    socket = object()
    vars(module).update(_positions_changed=lambda: True, _hint_socket=lambda: socket)
    terminal_door = door(module)
    assert terminal_door.hinted() is True
    assert terminal_door.waitable() is socket


def test_a_hint_that_fails_is_a_reason_to_look() -> None:
    module = FakeMt5()

    def failing() -> bool:
        raise OSError("no socket")

    vars(module).update(_positions_changed=failing)
    assert door(module).hinted() is True


def _positions(module: FakeMt5) -> Any:
    seen = door(module).positions()
    assert not isinstance(seen, Unknowable), seen
    return seen


@pytest.mark.parametrize(
    ("field", "value", "named"),
    [
        pytest.param("volume_step", 0.0, "volume_step 0", id="no step"),
        pytest.param("volume_min", 0.0, "volume_min 0", id="no smallest volume"),
        pytest.param("volume_max", -1.0, "volume_max -1", id="a largest volume below zero"),
        pytest.param("trade_contract_size", 0.0, "contract_size 0", id="no size"),
        pytest.param("point", -0.01, "point -0.01", id="a point below zero"),
    ],
)
def test_a_contract_nobody_can_trade_by_is_unknowable_and_says_why(
    field: str, value: float, named: str
) -> None:
    module = FakeMt5()
    module.symbols["GOLD.c"] = symbol(**{field: value})
    told = door(module).spec("GOLD.c")
    assert isinstance(told, Unknowable)
    assert f"contract of GOLD.c has {named}" in told.why


def test_a_broken_contract_keeps_no_position_from_being_seen() -> None:
    module = FakeMt5()
    module.symbols["GOLD.c"] = symbol(volume_step=0.0)
    module.open = (position(),)
    seen = door(module).positions()
    assert not isinstance(seen, Unknowable)
    assert [one.symbol for one in seen] == ["GOLD.c"]


HOUR_MS = 3_600_000
NOON_MS = 1_399_032_000_000


def test_law_10_after_the_brokers_clock_went_back_a_symbol_that_rests_is_no_clock() -> None:
    """Every open would be too old until the old clock is reached again."""
    module = FakeMt5()
    names = ("GOLD.c", "EURUSD.c", "BTCUSD.c")
    module.symbols = {name: symbol(name=name) for name in names}
    module.ticks = {name: tick(time_msc=NOON_MS + i) for i, name in enumerate(names)}
    terminal_door = door(module)
    for name in names:
        terminal_door.quote(name)
    assert terminal_door.newest_server_ms() == NOON_MS + 2

    module.ticks["BTCUSD.c"] = tick(time_msc=NOON_MS + 90)
    module.ticks["GOLD.c"] = tick(time_msc=NOON_MS - HOUR_MS + 500)
    assert terminal_door.newest_server_ms() == NOON_MS - HOUR_MS + 500
    module.ticks["EURUSD.c"] = tick(time_msc=NOON_MS - HOUR_MS + 400)
    module.ticks["GOLD.c"] = tick(time_msc=NOON_MS - HOUR_MS + 600)
    terminal_door.newest_server_ms()
    assert terminal_door.newest_server_ms() == NOON_MS - HOUR_MS + 600
    module.ticks["BTCUSD.c"] = tick(time_msc=NOON_MS - HOUR_MS + 700)
    assert terminal_door.newest_server_ms() == NOON_MS - HOUR_MS + 700


@pytest.mark.parametrize("time_msc", [0, NOON_MS - 30_000], ids=["no tick", "a late one"])
def test_a_tick_that_is_older_than_another_of_its_symbol_does_not_hide_the_others(
    time_msc: int,
) -> None:
    module = FakeMt5()
    module.symbols = {name: symbol(name=name) for name in ("GOLD.c", "EURUSD.c")}
    module.ticks = {name: tick(time_msc=NOON_MS) for name in module.symbols}
    terminal_door = door(module)
    for name in module.symbols:
        terminal_door.quote(name)
    module.ticks["GOLD.c"] = tick(time=time_msc // 1000, time_msc=time_msc)
    assert terminal_door.newest_server_ms() == NOON_MS


@pytest.mark.parametrize("counted", [2, 1], ids=["two are counted", "one is counted"])
def test_law_1_a_list_that_lacks_a_known_position_is_not_believed_while_more_are_counted(
    counted: int,
) -> None:
    module = FakeMt5()
    module.open = (position(), position(identifier=901, ticket=901))
    terminal_door = door(module)
    assert len(_known(terminal_door.positions())) == 2
    module.open, module.total = (position(),), counted
    seen = terminal_door.positions()
    if counted == 2:
        assert isinstance(seen, Unknowable)
        assert "positions_total() is 2" in seen.why
    else:
        assert [one.identifier for one in _known(seen)] == [900]


def _known(seen: tuple[Position, ...] | Unknowable) -> tuple[Position, ...]:
    assert not isinstance(seen, Unknowable), seen
    return seen
