"""Symbols and contracts that wait for a person, on real processes: listed, accepted, copied."""

import subprocess

import pytest

from tests.machine import COPIED_WITHIN_S, READY_WITHIN_S, SLAVE, Desk, People

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

#: Until a symbol's turn to be read anew has come, and what it shows has been told.
SEEN_WITHIN_S = 20


def typed(desk: Desk, *words: str) -> str:
    """`python launcher.py symbols ...`, as a person types it."""
    done: subprocess.CompletedProcess[str] = desk.machine.command("symbols", *words)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_an_unmapped_symbol_is_listed_and_copied_once_a_person_has_accepted_it(
    desk: Desk, people: People
) -> None:
    desk.set(SLAVE, suffix="", symbol_map={})
    desk.soon(lambda: desk.in_force(SLAVE, "suffix") == "")
    trader = people.trader()

    trader.buy()
    desk.soon(lambda: desk.denied("UNKNOWN_SYMBOL"), COPIED_WITHIN_S)
    desk.soon(lambda: desk.database["missing_symbols"].count_documents({}), COPIED_WITHIN_S)
    listed = typed(desk)
    assert f"{SLAVE}: EURUSD of FTMO_Master has no name here; tried EURUSD" in listed
    assert "EURUSD.c  EUR/USD, digits 5, contract 100000:  the same name" in listed

    said = typed(desk, "accept", SLAVE, "EURUSD")
    assert "symbol_map.EURUSD: not set -> EURUSD.c" in said
    assert "in force; its node goes on without a restart" in said
    trader.buy()
    desk.soon(lambda: desk.copied("PositionOpened"), COPIED_WITHIN_S)
    assert "Nothing waits" in typed(desk)
    assert len(people.account(desk.path(SLAVE)).positions()) == 1


def test_a_contract_that_the_broker_changed_opens_nothing_until_a_person_has_accepted_it(
    desk: Desk, people: People
) -> None:
    trader = people.trader()
    first = trader.buy()
    desk.soon(lambda: desk.copied("PositionOpened"), COPIED_WITHIN_S)

    with desk.machine.admin() as admin:
        smaller = {"field": "trade_contract_size", "value": 10_000.0, "symbol": "EURUSD.c"}
        admin.fault("field", desk.path(SLAVE), call="symbol_info", **smaller)
    changed = "the broker has changed EURUSD.c (contract_size 100000 -> 10000)"
    desk.soon(lambda: changed in str(desk.alarms(SLAVE)), SEEN_WITHIN_S)
    trader.buy()
    desk.soon(lambda: desk.denied("CONTRACT_CHANGED"), COPIED_WITHIN_S)

    desk.machine.node(SLAVE).kill()
    desk.machine.wait_ready(SLAVE, within_s=READY_WITHIN_S)
    after_restart = trader.buy()
    desk.soon(
        lambda: desk.verdicts("PositionOpened", ticket=after_restart) == ["denied"], COPIED_WITHIN_S
    )
    trader.close(first)
    desk.soon(lambda: desk.copied("PositionClosed"), COPIED_WITHIN_S)

    assert "EURUSD.c: contract_size 100000 -> 10000; nothing opens" in typed(desk)
    assert "accepted: EURUSD.c" in typed(desk, "accept-contract", SLAVE, "EURUSD.c")
    trader.buy()
    desk.soon(lambda: desk.copied("PositionOpened") == 2, COPIED_WITHIN_S)
    desk.soon(lambda: not [a for a in desk.alarms(SLAVE) if a.startswith("contract:")])
    assert "Nothing waits" in typed(desk)
