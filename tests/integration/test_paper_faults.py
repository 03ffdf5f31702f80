"""Every kind of fault as a script that uses MetaTrader's module meets it, over real sockets."""

import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import Any, Final

import psutil
import pytest

from domain.mt5_words import OrderType, Reason, Retcode, TradeAction
from paper.address import Address
from paper.admin import Admin, AdminError
from paper.service.faults.cli import main as typed
from paper.service.faults.kinds import KINDS
from paper.service.faults.retcodes import BY_SERVER, WORDS
from paper.starting import ensure_running
from tests.client_copies import fresh_client
from tests.waiting import eventually
from utils.clock import monotonic_s, utc_ms

pytestmark = pytest.mark.integration

EVER = (0, 2**31 - 1)
NUMBERS = count(1)
SUCCESSES: Final = (Retcode.DONE, Retcode.DONE_PARTIAL, Retcode.PLACED)
HOUR_S = 3_600


class Place:
    """A terminal of its own with a client on it, and an operator beside it."""

    def __init__(self, address: Address, admin: Admin) -> None:
        self.address = address
        self.admin = admin
        self.key = f"terminal-{next(NUMBERS)}"
        self.login = admin.ensure_account(self.key, "FTMO-Demo")["login"]
        self.mt5: Any = fresh_client()
        self.mt5._connect_to(address.host, address.port)
        assert self.take_up(), self.mt5.last_error()

    def take_up(self, **words: Any) -> bool:
        return bool(self.mt5.initialize(self.key, **words))

    def fault(self, kind: str, **settings: Any) -> int:
        return self.admin.fault(kind, self.key, **settings)

    def clear(self) -> None:
        self.admin.clear_faults(terminal=self.key)

    def send(self, **fields: Any) -> Any:
        usual = {
            "action": TradeAction.DEAL, "symbol": "EURUSD", "volume": 0.1, "type": OrderType.BUY,
            "type_filling": 1, "comment": "told", "magic": 234000,
        }  # fmt: skip
        return self.mt5.order_send({**usual, **fields})

    def opened(self, **fields: Any) -> Any:
        """A position, whatever it takes."""
        sent = self.send(**fields)
        assert sent.retcode == Retcode.DONE, sent
        return next(p for p in self.mt5.positions_get() if p.ticket == sent.order)

    def close(self, ticket: int) -> Any:
        return self.send(position=ticket, type=OrderType.SELL)

    def tickets(self) -> list[int]:
        return [position.ticket for position in self.mt5.positions_get()]

    @property
    def error(self) -> int:
        code: int = self.mt5.last_error()[0]
        return code


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    address = ensure_running(tmp_path_factory.mktemp("paper"), seed=7)
    yield address
    process = psutil.Process(address.pid)
    process.kill()
    process.wait(10)


@pytest.fixture
def admin(address: Address) -> Iterator[Admin]:
    with Admin(address.host, address.port) as admin:
        yield admin
        admin.clear_faults()
        admin.resume()


@pytest.fixture
def place(address: Address, admin: Admin) -> Iterator[Place]:
    place = Place(address, admin)
    yield place
    place.mt5.shutdown()


def lasts_s(action: Callable[[], object]) -> float:
    began_s = monotonic_s()
    action()
    return monotonic_s() - began_s


# Answers that come late, or never.


@pytest.mark.parametrize("when", ["before", "after"])
def test_an_answer_comes_late(place: Place, when: str) -> None:
    place.fault("delay", call="order_send", ms=300, when=when)
    assert lasts_s(place.send) >= 0.3
    assert lasts_s(place.mt5.positions_total) < 0.3


def ticks_of_another_thread(during: Callable[[], object]) -> int:
    ticks, is_over = 0, threading.Event()

    def tick() -> None:
        nonlocal ticks
        while not is_over.wait(0.01):
            ticks += 1

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    eventually(lambda: ticks > 0)
    before = ticks
    during()
    seen = ticks - before
    is_over.set()
    thread.join()
    return seen


def test_a_hang_stops_every_thread_of_the_client_and_a_delay_none(place: Place) -> None:
    place.fault("delay", call="order_send", ms=400, times=1)
    assert ticks_of_another_thread(place.send) > 10
    place.fault("hang", call="order_send", ms=400, times=1)
    assert ticks_of_another_thread(place.send) <= 2


def test_others_are_served_while_one_hangs(place: Place, address: Address, admin: Admin) -> None:
    script = (
        "import sys; from paper import client as mt5; "
        "mt5._connect_to('127.0.0.1', int(sys.argv[1])); "
        "assert mt5.initialize(sys.argv[2]); print('up', flush=True); mt5.positions_get()"
    )
    other = Place(address, admin)
    other.fault("hang", call="positions_get")
    hung = subprocess.Popen(
        [sys.executable, "-c", script, str(address.port), other.key],
        cwd=Path(__file__).parents[2],
        stdout=subprocess.PIPE,
    )
    try:
        assert hung.stdout is not None
        assert hung.stdout.readline().strip() == b"up"
        eventually(lambda: admin.faults()[-1]["struck"] == 1)
        assert place.send().retcode == Retcode.DONE
        assert hung.poll() is None
        other.clear()
        assert hung.wait(10) == 0
    finally:
        hung.kill()
        hung.communicate()
        other.mt5.shutdown()


def test_many_are_owed_an_answer_at_once_and_each_gets_its_own(
    place: Place, address: Address
) -> None:
    place.fault("delay", call="positions_total", ms=300)
    answers: list[int] = []

    def ask() -> None:
        with Admin(address.host, address.port) as line:
            line.ask("initialize", place.key, 0, "", "", 1_000)
            answers.append(line.ask("positions_total"))

    threads = [threading.Thread(target=ask, daemon=True) for _ in range(20)]

    def all_ask() -> None:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(10)

    assert 0.3 <= lasts_s(all_ask) < 3.0
    assert answers == [0] * 20


def test_an_order_under_way_is_executed_though_its_sender_is_killed(
    place: Place, address: Address
) -> None:
    script = (
        "import sys; from paper import client as mt5; "
        "mt5._connect_to('127.0.0.1', int(sys.argv[1])); assert mt5.initialize(sys.argv[2]); "
        "mt5.order_send({'action': 1, 'symbol': 'EURUSD', 'volume': 0.1, 'type_filling': 1})"
    )
    rule = place.fault("hang", call="order_send", ms=800)
    sender = subprocess.Popen(
        [sys.executable, "-c", script, str(address.port), place.key],
        cwd=Path(__file__).parents[2],
    )
    eventually(lambda: [r["struck"] for r in place.admin.faults() if r["number"] == rule] == [1])
    sender.kill()
    sender.wait(10)
    assert place.tickets() == []
    eventually(place.tickets)


# Terminals that die, pipes that break, logins that fail.


@pytest.mark.parametrize(("when", "is_executed"), [("before", False), ("after", True)])
def test_a_terminal_dies_in_mid_call(place: Place, when: str, is_executed: bool) -> None:
    place.fault("death", call="order_send", when=when, times=1)
    assert place.send() is None
    assert place.error == -10002
    assert place.mt5.positions_get() is None
    assert place.error == -10004
    assert place.mt5.account_info() is None
    assert place.take_up()
    assert bool(place.tickets()) is is_executed


def test_a_terminal_dies_for_all_its_clients_and_for_a_while(place: Place) -> None:
    second: Any = fresh_client()
    second._connect_to(place.address.host, place.address.port)
    assert second.initialize(place.key)
    place.fault("death", call="now", down_ms=500)
    for client in (place.mt5, second):
        assert client.positions_get() is None
        assert client.last_error()[0] == -10004
    assert not place.take_up()
    assert place.mt5.last_error()[0] == -10003
    eventually(place.take_up)
    second.shutdown()


def test_who_kills_the_terminal_it_has_taken_up_itself_kills_nothing_else(
    place: Place, address: Address, admin: Admin
) -> None:
    with Admin(address.host, address.port) as line:
        line.ask("initialize", place.key, 0, "", "", 1_000)
        with pytest.raises((AdminError, OSError)):
            line.fault("death", place.key, call="now")
    assert place.mt5.positions_get() is None
    assert place.take_up()
    assert admin.faults()[-1]["struck"] == 1


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_terminal_dies_while_it_is_taken_up(place: Place, when: str) -> None:
    """Nobody has it yet: who asks is cut off all the same, and waits for no answer."""
    place.mt5.shutdown()
    place.fault("death", call="initialize", when=when, times=1)
    assert not place.take_up()
    assert place.error == -10002
    assert place.take_up()


def test_a_terminal_that_starts_again_may_time_out_first(place: Place) -> None:
    place.fault("death", call="now", down_ms=400, code=-10005)
    assert not place.take_up()
    assert place.error == -10005
    eventually(place.take_up)


@pytest.mark.parametrize(("when", "is_executed"), [("before", False), ("after", True)])
def test_a_pipe_breaks_in_mid_call(place: Place, when: str, is_executed: bool) -> None:
    place.fault("pipe_lost", call="order_send", when=when, times=1)
    assert place.send() is None
    assert place.error == -10002
    for _ in range(2):
        assert place.mt5.positions_get() is None
        assert place.error == -10001
    assert place.take_up()
    assert bool(place.tickets()) is is_executed


def test_a_pipe_breaks_between_calls(place: Place) -> None:
    place.fault("pipe_lost", call="now")
    assert place.mt5.positions_get() is None
    assert place.error == -10001


@pytest.mark.parametrize("code", [-1, -6, -10003, -10005])
def test_initialize_fails(place: Place, code: int) -> None:
    place.fault("refuse", call="initialize", code=code, times=1)
    assert not place.take_up()
    assert place.error == code
    assert place.take_up()


def test_a_terminal_is_never_authorised(place: Place) -> None:
    place.fault("login_timeout", times=1)
    assert lasts_s(lambda: place.take_up(timeout=150)) >= 0.15
    assert place.error == -10005


def test_a_login_that_fails_leaves_the_connection(place: Place) -> None:
    place.fault("refuse", call="login", code=-6, times=1)
    assert not place.mt5.login(place.login)
    assert place.error == -6
    assert place.mt5.positions_get() == ()


# Calls that answer None.

GETTERS: Final[dict[str, Callable[[Any], Any]]] = {
    "terminal_info": lambda mt5: mt5.terminal_info(),
    "account_info": lambda mt5: mt5.account_info(),
    "symbols_total": lambda mt5: mt5.symbols_total(),
    "symbols_get": lambda mt5: mt5.symbols_get(),
    "symbol_info": lambda mt5: mt5.symbol_info("EURUSD"),
    "symbol_info_tick": lambda mt5: mt5.symbol_info_tick("EURUSD"),
    "positions_total": lambda mt5: mt5.positions_total(),
    "positions_get": lambda mt5: mt5.positions_get(),
    "orders_total": lambda mt5: mt5.orders_total(),
    "orders_get": lambda mt5: mt5.orders_get(),
    "history_orders_total": lambda mt5: mt5.history_orders_total(*EVER),
    "history_orders_get": lambda mt5: mt5.history_orders_get(*EVER),
    "history_deals_total": lambda mt5: mt5.history_deals_total(*EVER),
    "history_deals_get": lambda mt5: mt5.history_deals_get(*EVER),
    "order_check": lambda mt5: mt5.order_check(action=1, symbol="EURUSD", volume=0.1),
    "order_calc_margin": lambda mt5: mt5.order_calc_margin(0, "EURUSD", 0.1, 1.3),
    "order_calc_profit": lambda mt5: mt5.order_calc_profit(0, "EURUSD", 0.1, 1.3, 1.4),
    "copy_rates_from_pos": lambda mt5: mt5.copy_rates_from_pos("EURUSD", 1, 0, 1),
    "copy_ticks_from": lambda mt5: mt5.copy_ticks_from("EURUSD", 0, 1, -1),
}


@pytest.mark.parametrize("code", [-1, -10002])
@pytest.mark.parametrize("getter", GETTERS)
def test_any_getter_answers_none(place: Place, getter: str, code: int) -> None:
    ask = GETTERS[getter]
    eventually(lambda: ask(place.mt5) is not None)
    place.fault("refuse", call=getter, code=code)
    eventually(lambda: ask(place.mt5) is None)
    assert place.error == code
    place.clear()
    eventually(lambda: ask(place.mt5) is not None)


@pytest.mark.parametrize(("executed", "held"), [(False, 0), (True, 1)])
def test_an_order_answers_none_executed_or_not(place: Place, executed: bool, held: int) -> None:
    place.fault("refuse", call="order_send", code=-10002, executed=executed)
    assert place.send() is None
    assert len(place.tickets()) == held


# Return codes.


@pytest.mark.parametrize("code", [code for code in WORDS if code not in SUCCESSES], ids=int)
def test_a_refused_order_has_the_fields_of_its_code_and_changes_nothing(
    place: Place, code: int
) -> None:
    place.fault("retcode", code=code)
    sent = place.send()
    assert (sent.retcode, sent.comment) == (code, WORDS[code])
    assert (sent.deal, sent.order, sent.volume, sent.price) == (0, 0, 0.0, 0.0)
    assert (sent.request_id > 0) is (code in BY_SERVER)
    assert sent.request.symbol == "EURUSD"
    assert place.tickets() == []


@pytest.mark.parametrize("ticket", [True, False])
@pytest.mark.parametrize("code", [Retcode.TIMEOUT, Retcode.ERROR, Retcode.CONNECTION])
def test_an_order_may_be_executed_though_nobody_says_so(
    place: Place, code: Retcode, ticket: bool
) -> None:
    place.fault("retcode", code=code, executed=True, ticket=ticket)
    sent = place.send()
    (held,) = place.tickets()
    assert (sent.retcode, sent.deal) == (code, 0)
    assert sent.order == (held if ticket else 0)


def test_a_storm_of_requotes_brings_new_prices_and_ends(place: Place, admin: Admin) -> None:
    admin.pause()
    admin.tick("EURUSD", 1.3, 1.3001)
    place.fault("retcode", code=Retcode.REQUOTE, times=3, moved_points=20)
    requotes = [place.send() for _ in range(3)]
    assert [(sent.retcode, sent.bid, sent.ask) for sent in requotes] == [
        (Retcode.REQUOTE, 1.3002, 1.3003)
    ] * 3
    assert place.send().retcode == Retcode.DONE


def test_only_orders_of_one_sort_are_refused(place: Place) -> None:
    held = place.opened()
    place.fault("retcode", code=Retcode.LOCKED, order="close", symbol="EURUSD")
    assert place.close(held.ticket).retcode == Retcode.LOCKED
    assert place.send().retcode == Retcode.DONE


# Fills.


def volumes(place: Place) -> list[float]:
    return [position.volume for position in place.mt5.positions_get()]


def test_a_part_is_filled_and_the_rest_later(place: Place) -> None:
    place.fault("fill", first_part=0.5, rest_after_ms=500)
    sent = place.send(volume=0.4)
    assert (sent.retcode, sent.volume) == (Retcode.DONE_PARTIAL, 0.2)
    assert volumes(place) == [0.2]
    eventually(lambda: volumes(place) == [0.4])


def test_a_part_is_filled_and_the_rest_never(place: Place) -> None:
    place.fault("fill", first_part=0.5)
    assert place.send(volume=0.4).retcode == Retcode.DONE_PARTIAL
    assert (volumes(place), place.mt5.orders_get()) == ([0.2], ())


def test_an_order_is_placed_and_filled_late(place: Place) -> None:
    place.fault("fill", first_part=0.0, rest_after_ms=500)
    sent = place.send()
    assert (sent.retcode, sent.deal) == (Retcode.PLACED, 0)
    assert place.tickets() == []
    eventually(lambda: place.tickets() == [sent.order])


def test_a_fill_shows_no_price(place: Place) -> None:
    place.fault("no_fill_price")
    sent = place.send()
    assert (sent.retcode, sent.price, sent.bid, sent.ask) == (Retcode.DONE, 0.0, 0.0, 0.0)
    assert place.mt5.positions_get()[0].price_open > 0


# Rows that are late, missing or wrong.


def test_a_position_becomes_visible_late(place: Place) -> None:
    place.fault("late_rows", ms=600)
    ticket = place.send().order
    assert (place.mt5.positions_get(), place.mt5.positions_total()) == ((), 0)
    assert place.mt5.positions_get(ticket=ticket) == ()
    eventually(lambda: place.tickets() == [ticket])


def test_deals_and_orders_become_visible_late(place: Place) -> None:
    place.fault("late_rows", call="history_*", ms=600)
    ticket = place.send().order
    assert place.mt5.history_deals_get(position=ticket) == ()
    assert place.mt5.history_orders_get(ticket=ticket) == ()
    eventually(lambda: len(place.mt5.history_deals_get(position=ticket)) == 1)


def test_all_positions_vanish_for_a_moment(place: Place) -> None:
    held = place.opened()
    place.fault("missing_rows", for_ms=400)
    assert (place.mt5.positions_get(), place.mt5.positions_total()) == ((), 0)
    eventually(lambda: place.tickets() == [held.ticket])


def test_a_list_is_empty_and_the_count_beside_it_is_right(place: Place) -> None:
    place.opened()
    place.fault("missing_rows", call="positions_get", times=1)
    assert (place.mt5.positions_get(), place.mt5.positions_total()) == ((), 1)


@pytest.mark.parametrize(
    ("settings", "shown"),
    [
        ({"which": "first"}, [1, 2]),
        ({"which": "last"}, [0, 1]),
        ({"which": "all", "symbol": "XAUUSD"}, [0, 1]),
    ],
    ids=str,
)
def test_one_row_is_dropped(place: Place, settings: dict[str, Any], shown: list[int]) -> None:
    held = [place.opened(symbol=symbol).ticket for symbol in ("EURUSD", "EURUSD", "XAUUSD")]
    place.fault("missing_rows", **settings)
    assert place.tickets() == [held[place_of] for place_of in shown]


def test_one_row_drawn_by_lot_or_by_ticket_is_dropped(place: Place) -> None:
    held = [place.opened().ticket for _ in range(3)]
    place.fault("missing_rows", which="one", times=20)
    looks = [tuple(place.tickets()) for _ in range(20)]
    assert {len(look) for look in looks} == {2}
    assert len(set(looks)) > 1
    place.fault("missing_rows", ticket=held[1])
    assert place.tickets() == [held[0], held[2]]


@pytest.mark.parametrize(
    ("settings", "comment"),
    [
        ({"text": "broker"}, "broker"),
        ({"keep": 2}, "to"),
        ({}, ""),
        ({"keep": 2, "text": "."}, "to."),
    ],
    ids=["replaced", "cut", "cleared", "cut and marked"],
)
def test_a_broker_books_another_comment(
    place: Place, settings: dict[str, Any], comment: str
) -> None:
    place.fault("comment", **settings)
    sent = place.send()
    assert sent.request.comment == "told"
    place.clear()
    (position,) = place.mt5.positions_get()
    (deal,) = place.mt5.history_deals_get(position=position.ticket)
    (order,) = place.mt5.history_orders_get(ticket=sent.order)
    assert {position.comment, deal.comment, order.comment} == {comment}


def test_a_comment_is_only_shown_otherwise(place: Place) -> None:
    place.opened()
    place.fault("comment", call="positions_get", text="shown", times=1)
    assert [place.mt5.positions_get()[0].comment for _ in range(2)] == ["shown", "told"]


def test_deals_of_a_stop_lose_their_magic_and_their_reason(place: Place, admin: Admin) -> None:
    admin.pause()
    admin.tick("EURUSD", 1.3, 1.3001)
    held = place.opened(sl=1.29)
    place.fault("field", field="magic", value=0, reasons=[Reason.SL])
    place.fault("field", field="reason", value=Reason.CLIENT, reasons=[Reason.SL])
    admin.tick("EURUSD", 1.28, 1.2801)
    assert place.tickets() == []
    opening, closing = place.mt5.history_deals_get(position=held.ticket)
    assert (opening.magic, opening.reason) == (234000, Reason.EXPERT)
    assert (closing.magic, closing.reason) == (0, Reason.CLIENT)


# Switches, accounts, prices, clocks.


def test_a_terminal_without_its_broker_shows_what_it_knew(place: Place, admin: Admin) -> None:
    admin.pause()
    admin.tick("EURUSD", 1.3, 1.3001)
    held = place.opened()
    place.fault("switches", connected=False)
    eventually(lambda: not place.mt5.terminal_info().connected)
    second = Place(place.address, admin)
    admin.tick("EURUSD", 1.35, 1.3501)
    eventually(lambda: second.mt5.symbol_info_tick("EURUSD").bid == 1.35)
    assert place.mt5.symbol_info_tick("EURUSD").bid == 1.3
    assert place.mt5.positions_get()[0].price_current == 1.3
    assert place.close(held.ticket).retcode == Retcode.CONNECTION
    place.clear()
    eventually(lambda: place.mt5.terminal_info().connected)
    eventually(lambda: place.mt5.symbol_info_tick("EURUSD").bid == 1.35)
    assert place.close(held.ticket).retcode == Retcode.DONE
    second.mt5.shutdown()


def test_programs_are_forbidden_for_a_while(place: Place) -> None:
    place.fault("switches", tradeapi_disabled=True, for_ms=400)
    assert place.send() is None
    assert place.error == -8
    eventually(lambda: place.send() is not None)


@pytest.mark.parametrize("broker", ["", "Apex-Demo"], ids=["same broker", "another broker"])
def test_a_terminal_is_logged_in_elsewhere_and_back(place: Place, broker: str) -> None:
    place.opened()
    eventually(place.mt5._positions_changed)
    place.fault("other_account", broker=broker)
    eventually(lambda: place.mt5.account_info().login != place.login)
    assert place.mt5.account_info().server == (broker or "FTMO-Demo")
    assert place.mt5.positions_get() == ()
    assert place.mt5.symbol_info_tick("EURUSD.c" if broker else "EURUSD").bid > 0
    place.clear()
    eventually(lambda: place.mt5.account_info().login == place.login)
    assert len(place.tickets()) == 1


@pytest.mark.parametrize("broker", ["", "Apex-Demo"], ids=["same broker", "another broker"])
def test_a_terminals_own_account_is_told_whoever_is_logged_in_to_it(
    place: Place, admin: Admin, broker: str
) -> None:
    """Or a node that starts meanwhile would take the stranger for the account that is meant."""
    place.fault("other_account", broker=broker)
    eventually(lambda: place.mt5.account_info().login != place.login)
    assert admin.ensure_account(place.key, "FTMO-Demo")["login"] == place.login


def test_an_account_is_switched_under_an_orders_feet(place: Place) -> None:
    held = place.opened()
    place.fault("other_account", call="order_send", times=1)
    eventually(lambda: place.mt5.account_info().login == place.login)
    assert place.close(held.ticket).retcode == Retcode.POSITION_CLOSED
    assert place.mt5.account_info().login != place.login, "at once: who checks must not be fooled"
    place.clear()
    assert place.tickets() == [held.ticket]


def tick_of(place: Place) -> Any:
    return place.mt5.symbol_info_tick("EURUSD")


def test_quotes_stand_still_while_the_market_goes_on(place: Place, admin: Admin) -> None:
    admin.pause()
    admin.tick("EURUSD", 1.3, 1.3001)
    eventually(lambda: tick_of(place).bid == 1.3)
    place.fault("stale_ticks")
    admin.tick("EURUSD", 1.4, 1.4001)
    second = Place(place.address, admin)
    eventually(lambda: tick_of(second).bid == 1.4)
    eventually(lambda: tick_of(place).bid == 1.3)
    assert place.mt5.symbol_info("EURUSD").bid == 1.3
    assert place.send().price == 1.4001
    place.clear()
    eventually(lambda: tick_of(place).bid == 1.4)
    second.mt5.shutdown()


def test_quotes_are_crossed_or_zero(place: Place) -> None:
    place.fault("crossed_ticks", points=3)
    eventually(lambda: tick_of(place).ask < tick_of(place).bid)
    place.clear()
    place.fault("zero_prices", symbol="EURUSD")
    eventually(lambda: (tick_of(place).bid, tick_of(place).ask) == (0.0, 0.0))
    assert place.mt5.symbol_info_tick("XAUUSD").bid > 0


def test_the_market_jumps_and_back(place: Place, admin: Admin) -> None:
    admin.pause()
    admin.tick("EURUSD", 1.3, 1.3001)
    held = place.opened(sl=1.295)
    place.admin.fault("gap", symbol="EURUSD", points=-1_000)
    assert place.tickets() == []
    (_, closing) = place.mt5.history_deals_get(position=held.ticket)
    assert (closing.price, closing.reason) == (1.29, Reason.SL)
    admin.clear_faults()
    assert place.send().price == 1.3001


def test_the_brokers_clock_jumps_and_back(place: Place) -> None:
    def stamp_s() -> int:
        deal: int = place.mt5.history_deals_get(ticket=place.send().deal)[0].time
        return deal

    before = stamp_s()
    place.fault("server_clock", ms=HOUR_S * 1_000)
    assert 0 <= stamp_s() - HOUR_S - before <= 5
    place.clear()
    assert 0 <= stamp_s() - before <= 5


def test_the_clocks_are_advanced_by_hand(place: Place, admin: Admin) -> None:
    place.fault("fill", first_part=0.0, rest_after_ms=600_000)
    ticket = place.send().order
    assert place.tickets() == []
    try:
        assert abs(admin.advance_clock(600_000) - utc_ms() - 600_000) < 5_000
        assert place.tickets() == [ticket]
    finally:
        admin.advance_clock(-600_000)


# Rules.


@pytest.mark.parametrize(
    ("kind", "settings", "said"),
    [
        ("earthquake", {}, "no fault 'earthquake'; wanted one of comment"),
        ("delay", {"ms": -1}, "its settings: ms=0"),
        ("delay", {"colour": 1}, "unknown field `colour`"),
        ("delay", {"chance": 2}, "chance"),
        ("delay", {"call": "now"}, "name one instead"),
        ("retcode", {}, "missing required field `code`"),
        ("fill", {"call": "positions_get"}, "it is about order_send"),
        ("other_account", {"login": 1}, "no account 1"),
        ("gap", {"points": 1, "symbol": "GOLD"}, "no feed 'GOLD'; wanted one of the tape's"),
    ],
    ids=str,
)
def test_a_rule_that_cannot_be_is_refused_with_what_was_wanted(
    place: Place, kind: str, settings: dict[str, Any], said: str
) -> None:
    with pytest.raises(AdminError, match=re.escape(said)):
        place.fault(kind, **settings)
    assert place.admin.faults() == []


@pytest.mark.parametrize(
    ("verb", "args", "said"),
    [
        ("tick", ("EURUSD", float("nan"), float("nan")), "wanted prices from"),
        ("tick", ("EURUSD", 0.0, 0.0), "wanted prices from"),
        ("tick", ("EURUSD", 1e-300, 1e-300), "wanted prices from"),
        ("tick", ("EURUSD", 1.0, float("inf")), "wanted prices from"),
        ("tick", ("EURUSD", 1e308, 1e308), "wanted prices from"),
        ("advance_clock", (10**15,), "wanted a time from 1970 to 2099"),
        ("advance_clock", (-(10**15),), "wanted a time from 1970 to 2099"),
        ("set_speed", (float("inf"),), "wanted more than 0"),
        ("add_fault", ({}, {"kind": "gap", "points": float("nan")}), "points"),
        ("add_fault", ({}, {"kind": "gap", "points": float("inf")}), "points"),
        ("add_fault", ({}, {"kind": "server_clock", "ms": 10**18}), "ms"),
    ],
)
def test_a_number_that_no_market_has_is_refused_and_ends_nothing(
    place: Place, admin: Admin, verb: str, args: tuple[Any, ...], said: str
) -> None:
    admin.ensure_account("netting house", "Kontor-Demo", margin_mode="netting")
    with pytest.raises(AdminError, match=said):
        admin.ask(f"admin.{verb}", *args)
    assert place.send().retcode == Retcode.DONE


def test_a_terminal_is_meant_however_its_path_is_spelled(address: Address, admin: Admin) -> None:
    admin.ensure_account("C:/MT5/terminal64.exe", "FTMO-Demo")
    admin.fault("refuse", "c:\\mt5\\Terminal64.exe", call="initialize", code=-6, times=1)
    mt5: Any = fresh_client()
    mt5._connect_to(address.host, address.port)
    assert not mt5.initialize("C:/mt5/terminal64.EXE")
    assert mt5.last_error()[0] == -6
    assert mt5.initialize("C:/mt5/terminal64.EXE")
    mt5.shutdown()


def test_every_kind_is_met_in_this_file() -> None:
    text = Path(__file__).read_text(encoding="utf-8")
    assert [kind for kind in KINDS if f'fault("{kind}"' not in text] == []


def test_faults_are_typed(place: Place, capsys: pytest.CaptureFixture[str]) -> None:
    where = ("--state", place.address.state_dir)
    assert typed([*where, "add", "retcode", f"terminal={place.key}", "code=10018"]) == 0
    assert "retcode at terminal-" in capsys.readouterr().out
    assert place.send().retcode == Retcode.MARKET_CLOSED
    assert typed([*where, "list"]) == 0
    assert "met 1, struck 1" in capsys.readouterr().out
    assert typed([*where, "clear"]) == 0
    assert place.send().retcode == Retcode.DONE
    assert typed([*where, "tick", "EURUSD", "1.3", "1.3001"]) == 0
    assert place.send().price == 1.3001
    assert typed([*where, "resume"]) == 0
    assert typed(["kinds"]) == 0
    assert "hang: " in capsys.readouterr().out
    assert typed([*where, "add", "earthquake"]) == 2
    assert "wanted one of comment" in capsys.readouterr().err


def test_faults_are_a_word_of_the_paper_brokers_own_command() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "paper", "fault", "kinds"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "pipe_lost: " in told.stdout


def test_a_command_without_a_broker_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert typed(["--state", str(tmp_path), "list"]) == 2
    assert f"python -m paper --state {tmp_path}" in capsys.readouterr().err
