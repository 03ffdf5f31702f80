"""Two masters and one slave with settings of their own for each, and what masters do beside."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.machine import (
    COPIED_WITHIN_S,
    MASTER,
    READY_WITHIN_S,
    SLAVE,
    Account,
    Desk,
    Machine,
    People,
    Trader,
)
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]

BUY, SELL, CLOSE_BY, DONE = 0, 1, 10, 10009
SECOND = "Second_Master"


def add_master(desk: Desk, name: str, **fields: Any) -> None:
    known = desk.document(MASTER)
    kept = {field: value for field, value in known.items() if field not in {"_id", "login"}}
    desk.accounts.insert_one(kept | {"name": name, "path": name.lower()} | fields)


def held_by(account: Account) -> Callable[..., None]:
    """Waits until it holds these: direction and lots of each."""

    def held(*wanted: tuple[int, float]) -> None:
        eventually(lambda: account.holdings() == sorted(wanted), COPIED_WITHIN_S)

    return held


def close_by(trader: Trader, ticket: int, against: int) -> None:
    wish = {"action": CLOSE_BY, "position": ticket, "position_by": against}
    told = trader.terminal.order_send(wish)
    assert told is not None, trader.terminal.last_error()
    assert told.retcode == DONE, told


def test_a_slave_copies_two_masters_each_by_settings_of_its_own(
    machine: Machine, people: People
) -> None:
    """The first at half its lots; the second on the other side, with a lot that is fixed."""
    machine.set_up()
    with Desk.at(machine) as desk:
        add_master(desk, SECOND)
        rule = {"masters": [SECOND], "reverse": True, "size": {"mode": "fixed", "fixed_lot": 0.05}}
        desk.set(SLAVE, follows=[MASTER, SECOND], size={"multiplier": 0.5}, rules=[rule])
        machine.launch()
        desk.soon(lambda: desk.is_ready(SLAVE), READY_WITHIN_S)
        first, second = people.trader(), people.trader(SECOND.lower())
        held = held_by(people.account(desk.path(SLAVE)))

        ours = first.buy(0.4)
        held((BUY, 0.2))
        theirs = second.buy(0.4)
        held((BUY, 0.2), (SELL, 0.05))
        first.sell(0.6)
        held((BUY, 0.2), (SELL, 0.05), (SELL, 0.3))

        first.reduce(ours, 0.2)
        held((BUY, 0.1), (SELL, 0.05), (SELL, 0.3))
        second.close(theirs)
        held((BUY, 0.1), (SELL, 0.3))
        first.close_all()
        held()
        desk.soon(lambda: desk.copied("PositionOpened") == desk.copied("PositionClosed") == 3)
        assert desk.alarms(SLAVE) == []


def test_law_2_positions_that_close_each_other_are_followed(swarm: Machine, people: People) -> None:
    trader, held = people.trader(), held_by(people.account("apex-01"))

    bought, sold = trader.buy(0.5), trader.sell(0.2)
    held((BUY, 0.5), (SELL, 0.2))
    close_by(trader, bought, sold)
    held((BUY, 0.3))
    even = trader.sell(0.3)
    held((BUY, 0.3), (SELL, 0.3))
    close_by(trader, even, bought)
    held()
    with Desk.at(swarm) as desk:
        desk.soon(lambda: desk.copied("PositionClosed") == 3, COPIED_WITHIN_S)
        desk.soon(lambda: desk.copied("PositionReduced") == 1, COPIED_WITHIN_S)


def test_law_14_a_netting_masters_reversal_is_followed(machine: Machine, people: People) -> None:
    machine.set_up()
    machine.edit(MASTER, **{"paper.margin_mode": "netting"})
    machine.launch()
    machine.wait_ready()
    trader, held = people.trader(), held_by(people.account("apex-01"))

    trader.buy(0.2)
    held((BUY, 0.2))
    trader.sell(0.5)
    assert trader.holdings() == [(SELL, 0.3)]
    held((SELL, 0.3))
    trader.buy(0.4)
    held((BUY, 0.1))
    trader.sell(0.1)
    held()


def test_accounts_that_copy_each_other_are_stopped_and_shown_the_circle(
    machine: Machine, people: People
) -> None:
    """Each is a MASTER in one document and a SLAVE in another; everybody else goes on."""
    machine.set_up()
    with Desk.at(machine) as desk:
        add_master(desk, SECOND)
        desk.add_slave("Echo", path=desk.path(MASTER), follows=[SECOND])
        desk.add_slave("Answer", path=SECOND.lower(), follows=[MASTER])
        machine.launch()
        shown = f"Echo copies {SECOND}, the account of Answer; Answer copies {MASTER}"
        machine.says(shown, READY_WITHIN_S)
        assert not desk.pid("Echo")
        assert not desk.pid("Answer")
