"""What all brokers, accounts and terminals of one process have to agree on."""

from collections.abc import Callable
from math import inf
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest

from domain.mt5_words import Retcode
from paper.broker.house import Event
from paper.broker.records import Changes
from paper.service.faults.desk import FaultDesk
from paper.service.faults.kinds import Gap, Kind, OtherAccount, ServerClock
from paper.service.faults.rules import Rule, Scope
from paper.service.store import Store
from paper.service.world import ServerRefusal
from tests.unit.paper.desk import KEY, Desk

OpenDesk = Callable[..., Desk]


def faults_of(desk: Desk) -> FaultDesk:
    tape: Any = SimpleNamespace(utc_ms=lambda: desk.utc_ms, now_s=lambda: desk.utc_ms / 1000)
    return FaultDesk(desk.world, tape, seed=7)


def rule(fault: Kind) -> Rule:
    return msgspec.convert({"scope": Scope(terminal=KEY, call="now"), "fault": fault}, Rule)


def test_money_that_comes_in_while_a_terminal_is_cut_off_is_there_afterwards(desk: Desk) -> None:
    desk.world.turn(desk.terminal, {"connected": False})

    booked = desk.world.book(KEY, "balance", 500.0, "late", desk.utc_ms)

    assert (booked, desk.account().balance) == (100_500.0, 100_000.0)
    desk.world.turn(desk.terminal, {"connected": True})
    assert desk.account().balance == 100_500.0
    desk.restart()
    assert desk.account().balance == 100_500.0
    assert desk.send().retcode == Retcode.DONE
    assert len({deal.ticket for deal in desk.deals()}) == 3


@pytest.mark.parametrize("broker", ["", "Apex-Demo"], ids=["same broker", "another broker"])
def test_a_broker_killed_while_a_terminal_is_logged_in_elsewhere_forgets_that(
    desk: Desk, broker: str
) -> None:
    home = desk.account().login
    faults_of(desk).add(rule(OtherAccount(broker=broker)))
    assert desk.account().login != home

    desk.restart()

    assert desk.account().login == home


def test_another_account_is_made_once_whatever_a_terminal_has_become(desk: Desk) -> None:
    faults = faults_of(desk)
    first = faults.add(rule(OtherAccount()))
    elsewhere = desk.account().login
    faults.take_back((first.number,))
    netting = msgspec.structs.replace(desk.wish, key="netting", margin_mode="netting")
    desk.ask("login", desk.world.ensure_account(netting, desk.utc_ms).login, "", "", 1000)

    faults.add(rule(OtherAccount()))

    assert desk.account().login == elsewhere


def test_a_login_asked_for_by_a_client_outlives_the_broker(desk: Desk) -> None:
    second = msgspec.structs.replace(desk.wish, key="second")
    login = desk.world.ensure_account(second, desk.utc_ms).login

    desk.ask("login", login, "", "", 1000)
    desk.restart()

    assert desk.account().login == login


def test_a_price_that_falls_however_far_stays_a_price(open_desk: OpenDesk) -> None:
    desk = open_desk("Kontor-Demo", margin_mode="netting")
    faults = faults_of(desk)

    fallen = faults.add(rule(Gap(points=-1e9)))

    quotes = desk.session.house.market.quotes
    assert all(0 < quote.bid <= quote.ask < inf for quote in quotes.values())
    assert len(desk.ask("symbols_get")) == len(quotes)
    assert quotes["EURUSD.k"].bid == 0.00001
    faults.take_back((fallen.number,))
    assert quotes["EURUSD.k"].bid == 1.386


def test_a_clock_that_jumped_a_thousand_times_and_back_is_right(desk: Desk) -> None:
    faults, right = faults_of(desk), desk.session.house.server_ms(desk.utc_ms)

    for _ in range(1_000):
        jumped = faults.add(rule(ServerClock(ms=5_000)))
        assert desk.session.house.server_ms(desk.utc_ms) == right + 5_000
        faults.take_back((jumped.number,))

    assert desk.session.house.server_ms(desk.utc_ms) == right


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("margin_mode", "netting", "has a hedging account"),
        ("currency", "EUR", "has a hedging account in USD"),
    ],
)
def test_who_asks_for_another_kind_of_account_than_there_is_hears_of_it(
    desk: Desk, field: str, value: object, said: str
) -> None:
    wish = msgspec.structs.replace(desk.wish, **{field: value})

    with pytest.raises(ServerRefusal, match=said):
        desk.world.ensure_account(wish, desk.utc_ms)


def test_a_broker_changes_the_leverage_of_an_account_that_asks_for_it(desk: Desk) -> None:
    desk.send(volume=0.5)
    before = desk.account().margin
    desk.wish = msgspec.structs.replace(desk.wish, leverage=50)

    desk.world.ensure_account(desk.wish, desk.utc_ms)

    assert (desk.account().leverage, desk.account().margin) == (50, pytest.approx(2 * before))
    desk.restart()
    assert desk.account().leverage == 50


def test_an_account_with_endless_money_is_refused(desk: Desk) -> None:
    wish = msgspec.structs.replace(desk.wish, key="rich", deposit=inf)

    with pytest.raises(ServerRefusal, match="a deposit of inf"):
        desk.world.ensure_account(wish, desk.utc_ms)


def test_the_last_ticket_never_falls() -> None:
    store = Store(Path(":memory:"))
    store.write([Event("X", 1, Changes(last_ticket=20)), Event("X", 2, Changes(last_ticket=15))])

    assert store.last_ticket("X") == 20
    store.close()


def test_more_ticks_than_fit_an_answer_are_refused_before_they_are_made(desk: Desk) -> None:
    asked_for: list[int] = []

    def ticks(_from_ms: int, _to_ms: int) -> Any:
        import numpy as np

        from paper.service.past.columns import TICK

        for _ in range(10):
            asked_for.append(400_000)
            yield np.ones(400_000, TICK)

    past = SimpleNamespace(history=lambda *_: SimpleNamespace(ticks=ticks))
    desk.session.recorded = SimpleNamespace(shelf=past)  # type: ignore[assignment]

    with pytest.raises(ServerRefusal, match="at most"):
        desk.ask("copy_ticks_from", "EURUSD", 0, 2**31 - 1, -1)
    assert len(asked_for) < 10


def test_a_symbol_that_is_not_in_market_watch_has_no_prices_to_trade_at(desk: Desk) -> None:
    assert desk.ask("symbol_select", "EURUSD", False)
    refused = [desk.send(), desk.check(), desk.send(action=5, type=2, price=1.3, type_filling=2)]
    assert {answer.retcode for answer in refused} == {Retcode.PRICE_OFF}
    assert refused[0].request_id == 0

    assert desk.ask("symbol_select", "EURUSD", True)
    assert desk.send().retcode == Retcode.DONE


def test_what_an_account_holds_is_in_market_watch_whoever_hid_it(desk: Desk) -> None:
    held, home = desk.send().order, desk.account().login
    other = msgspec.structs.replace(desk.wish, key="other")
    desk.ask("login", desk.world.ensure_account(other, desk.utc_ms).login, "", "", 1000)
    assert desk.ask("symbol_select", "EURUSD", False)

    desk.ask("login", home, "", "", 1000)

    assert desk.close(held, 0.1).retcode == Retcode.DONE
