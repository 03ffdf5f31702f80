"""Orders that wait, and what became of them, as the door reads them."""

from decimal import Decimal
from typing import Any

import pytest

from domain.market import Fate, Lifetime, OrderFate, PendingKind, PendingOrder, Side, Unknowable
from domain.mt5_words import OrderState, OrderType, TimeInForce
from tests.unit.terminal.doors import TICKET, UNTIL, door
from tests.unit.terminal.fake_mt5 import FakeMt5, account, deal, order, symbol, terminal

D = Decimal
FAILURES = pytest.mark.parametrize(
    "failure",
    [
        pytest.param((-1, "Terminal: Call failed"), id="call failed"),
        pytest.param((-10001, "IPC send failed"), id="pipe gone"),
        pytest.param((-10002, "IPC recv failed"), id="terminal died"),
        pytest.param((-10004, "No IPC connection"), id="not connected"),
        pytest.param(SystemError("returned a result with an exception set"), id="raises"),
    ],
)
A_FILL = {"order": TICKET, "position_id": TICKET}


def orders(module: FakeMt5) -> tuple[PendingOrder, ...]:
    seen = door(module).orders()
    assert not isinstance(seen, Unknowable), seen.why
    return seen


def fate(module: FakeMt5) -> OrderFate:
    found = door(module).order_of(TICKET)
    assert not isinstance(found, Unknowable), found.why
    return found


def waiting(**changes: Any) -> FakeMt5:
    module = FakeMt5()
    module.waiting = (order(**changes),)
    module.deals = ()
    return module


def past(state: OrderState, **changes: Any) -> FakeMt5:
    module = FakeMt5()
    done = {"state": int(state), "time_done": 1_399_040_000, "time_done_msc": 1_399_040_000_125}
    module.past = (order(**(done | changes)),)
    module.deals = ()
    return module


def test_a_waiting_order_is_read_exactly() -> None:
    (read,) = orders(waiting(volume_current=0.30000000000000004))
    assert (read.ticket, read.symbol, read.kind) == (950, "GOLD.c", PendingKind.BUY_LIMIT)
    assert (str(read.volume), str(read.initial_volume)) == ("0.30", "0.50")
    assert (str(read.price), str(read.stop_limit_price)) == ("1270.10", "0.00")
    assert (str(read.sl), str(read.tp)) == ("1260.00", "0.00")
    assert read.lifetime == UNTIL
    assert (read.magic, read.comment) == (234000123456789012, "557416654")
    assert read.placed_server_ms == 1_399_033_800_250


@pytest.mark.parametrize("kind", PendingKind)
def test_each_kind_is_known_with_its_side(kind: PendingKind) -> None:
    (read,) = orders(waiting(type=int(OrderType[kind.name]), price_stoplimit=1271.5))
    assert read.kind is kind
    assert read.kind.side is (Side.BUY if kind.name.startswith("BUY") else Side.SELL)
    assert read.stop_limit_price == D("1271.5")


@pytest.mark.parametrize("kind", TimeInForce, ids=lambda kind: kind.name)
def test_each_lifetime_is_known(kind: TimeInForce) -> None:
    (read,) = orders(waiting(type_time=int(kind), time_expiration=0))
    assert read.lifetime == Lifetime(kind=kind)


@pytest.mark.parametrize("kind", [OrderType.BUY, OrderType.SELL, OrderType.CLOSE_BY])
def test_orders_on_their_way_to_a_deal_are_left_out(kind: OrderType) -> None:
    assert orders(waiting(type=int(kind))) == ()


@pytest.mark.parametrize("change", [{"type": 9}, {"type_time": 4}], ids=["kind", "lifetime"])
def test_an_order_nobody_can_read_makes_the_list_unknowable(change: dict[str, int]) -> None:
    seen = door(waiting(**change)).orders()
    assert isinstance(seen, Unknowable)
    assert "order 950" in seen.why


@pytest.mark.parametrize(
    "field",
    ["volume_current", "volume_initial", "price_open", "price_stoplimit", "sl", "tp"],
)
@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_an_order_with_a_figure_that_is_none_is_unknowable(field: str, value: float) -> None:
    assert isinstance(door(waiting(**{field: value})).orders(), Unknowable)


def test_an_order_in_a_symbol_the_broker_forgot_is_seen_all_the_same() -> None:
    (read,) = orders(waiting(symbol="LOST"))
    assert (read.volume, read.price) == (D("0.5"), D("1270.1"))


@FAILURES
@pytest.mark.parametrize("call", ["account_info", "orders_get", "orders_total", "terminal_info"])
def test_law_1_no_answer_to_any_call_makes_orders_unknowable(call: str, failure: Any) -> None:
    module = FakeMt5()
    module.failures[call] = failure
    assert isinstance(door(module).orders(), Unknowable)


@pytest.mark.parametrize(
    "lie",
    [
        pytest.param({"waiting": (), "waiting_total": 1}, id="an empty list and a count"),
        pytest.param({"waiting_total": 2}, id="a list too short"),
        pytest.param({"terminal": terminal(connected=False)}, id="no connection"),
        pytest.param({"account": account(login=777)}, id="another account"),
    ],
)
def test_law_1_a_list_is_not_believed_beside(lie: dict[str, Any]) -> None:
    module = waiting()
    vars(module).update(lie)
    assert isinstance(door(module).orders(), Unknowable)


def test_law_1_an_empty_list_is_believed_where_the_count_agrees() -> None:
    assert orders(FakeMt5()) == ()


def test_an_order_placed_between_list_and_count_is_seen() -> None:
    module = FakeMt5()
    module.then["orders_get"] = {"waiting": (order(),)}
    assert [one.ticket for one in orders(module)] == [950]


@pytest.mark.parametrize("call", ["orders_get", "orders_total"])
def test_law_8_an_account_switched_meanwhile_makes_orders_unknowable(call: str) -> None:
    module = waiting()
    module.then[call] = {"account": account(login=777, server="Other-Demo")}
    seen = door(module).orders()
    assert isinstance(seen, Unknowable)
    assert "777 at Other-Demo" in seen.why


def test_an_order_that_waits_is_waiting() -> None:
    assert fate(waiting()) == OrderFate(
        ticket=950, fate=Fate.WAITING, left=D("0.5"), magic=234000123456789012
    )


def test_an_order_filled_in_part_waits_for_the_rest() -> None:
    module = waiting(volume_current=0.3, state=3)
    found = fate(module)
    assert (found.fate, found.filled, found.left) == (Fate.WAITING, D("0.2"), D("0.3"))
    assert (found.in_part, found.position) == (True, 950)


@pytest.mark.parametrize(
    ("state", "end"),
    [
        (OrderState.CANCELED, Fate.CANCELLED),
        (OrderState.EXPIRED, Fate.EXPIRED),
        (OrderState.REJECTED, Fate.REJECTED),
    ],
)
def test_an_order_that_ended_unfilled_says_how(state: OrderState, end: Fate) -> None:
    found = fate(past(state))
    assert (found.fate, found.filled, found.left, found.position) == (end, 0, D("0.5"), 0)
    assert found.done_server_ms == 1_399_040_000_125
    assert not found.in_part


def test_law_15_a_filled_order_names_the_position_it_became() -> None:
    found = fate(past(OrderState.FILLED, volume_current=0.0, position_id=TICKET))
    assert (found.fate, found.filled, found.left) == (Fate.FILLED, D("0.5"), 0)
    assert (found.position, found.in_part) == (950, False)


def test_on_a_netting_account_it_is_the_position_it_was_added_to() -> None:
    found = fate(past(OrderState.FILLED, volume_current=0.0, position_id=812))
    assert found.position == 812


@pytest.mark.parametrize("state", [OrderState.CANCELED, OrderState.EXPIRED, OrderState.REJECTED])
def test_law_15_an_order_that_ended_after_a_part_tells_of_the_part(state: OrderState) -> None:
    found = fate(past(state, volume_current=0.3, position_id=TICKET))
    assert (found.filled, found.left, found.position) == (D("0.2"), D("0.3"), 950)
    assert found.in_part


def test_law_15_a_fill_that_only_the_deals_show_counts() -> None:
    """The record of an order and its deals may come one after the other."""
    module = past(OrderState.CANCELED)
    module.deals = (
        deal(ticket=701, volume=0.1, **A_FILL),
        deal(ticket=702, volume=0.1, **A_FILL),
        deal(ticket=703, volume=0.2, type=1, entry=1, order=960, position_id=TICKET),
    )
    found = fate(module)
    assert (found.fate, found.filled, found.left) == (Fate.CANCELLED, D("0.2"), D("0.3"))
    assert found.position == 950


@pytest.mark.parametrize("state", [OrderState.STARTED, OrderState.PLACED, OrderState.PARTIAL])
def test_an_order_between_the_lists_has_no_fate_yet(state: OrderState) -> None:
    assert fate(past(state)).fate is Fate.NOT_KNOWN


def test_law_1_an_order_that_nothing_shows_is_not_known() -> None:
    assert fate(FakeMt5()) == OrderFate(ticket=950, fate=Fate.NOT_KNOWN)


def test_another_order_that_is_shown_instead_is_not_it() -> None:
    module = past(OrderState.FILLED, ticket=951)
    module.waiting = (order(ticket=952),)
    assert fate(module).fate is Fate.NOT_KNOWN


def test_an_order_that_ends_between_the_two_looks_is_found() -> None:
    module = FakeMt5()
    module.then["orders_get"] = {"past": past(OrderState.EXPIRED).past}
    assert fate(module).fate is Fate.EXPIRED


def test_an_order_in_a_symbol_the_broker_forgot_has_a_fate() -> None:
    module = past(OrderState.CANCELED, symbol="LOST")
    module.symbols = {"GOLD.c": symbol()}
    assert fate(module).fate is Fate.CANCELLED


@FAILURES
@pytest.mark.parametrize("call", ["account_info", "orders_get", "terminal_info"])
def test_law_1_an_order_nobody_can_look_for_is_unknowable(call: str, failure: Any) -> None:
    module = past(OrderState.CANCELED)
    module.failures[call] = failure
    assert isinstance(door(module).order_of(TICKET), Unknowable)


@FAILURES
@pytest.mark.parametrize("call", ["history_orders_get", "history_deals_get"])
def test_law_1_without_history_the_fate_is_unknowable(call: str, failure: Any) -> None:
    module = past(OrderState.CANCELED)
    module.failures[call] = failure
    assert isinstance(door(module).order_of(TICKET), Unknowable)


@pytest.mark.parametrize("call", ["orders_get", "history_orders_get", "history_deals_get"])
def test_law_8_another_accounts_orders_are_nobodys_fate(call: str) -> None:
    module = past(OrderState.CANCELED)
    module.then[call] = {"account": account(login=777)}
    assert isinstance(door(module).order_of(TICKET), Unknowable)
