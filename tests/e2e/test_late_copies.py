"""What comes late, and what was there before: with real processes that are killed on the way."""

import pytest

from tests.machine import COPIED_WITHIN_S, OTHER, READY_WITHIN_S, SLAVE, Desk, People
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120)]


def restart(desk: Desk, name: str) -> None:
    desk.machine.node(name).another_than(desk.machine.node(name).kill())
    desk.soon(lambda: desk.is_ready(name), READY_WITHIN_S)


def test_law_15_a_late_entry_fills_while_its_node_is_dead_and_is_the_only_copy(
    desk: Desk, people: People
) -> None:
    trader, copies = people.trader(), people.account(desk.path(SLAVE))
    desk.set(SLAVE, late_entry="order", late_entry_seconds=600)
    desk.soon(lambda: desk.in_force(SLAVE, "late_entry") == "order")
    node = desk.machine.node(SLAVE)
    with desk.machine.admin() as admin:
        node.pause()
        ticket = trader.buy()
        admin.fault("gap", symbol="EURUSD", points=1_000)
        node.resume()
        eventually(copies.terminal.orders_get, COPIED_WITHIN_S)
        desk.soon(lambda: desk.denied("ENTRY_WAITS"), COPIED_WITHIN_S)
        restart(desk, SLAVE)
        assert (len(copies.terminal.orders_get()), copies.positions()) == (1, [])

        before = node.kill()
        admin.fault("gap", symbol="EURUSD", points=-1_200)
        node.another_than(before)
    desk.soon(lambda: desk.copied("PositionOpened"), COPIED_WITHIN_S)
    assert copies.volumes() == [0.1]
    assert copies.terminal.orders_get() == ()
    trader.close(ticket)
    eventually(lambda: not copies.positions(), COPIED_WITHIN_S)
    lots = [volume for _, _, _, volume, _ in copies.deals()]
    assert [one for one in lots if one] == [0.1, 0.1]


def test_law_2_what_was_there_is_copied_once_and_not_again_after_a_close_by_hand(
    desk: Desk, people: People
) -> None:
    trader = people.trader()
    trader.buy(0.1)
    trader.buy(0.2)
    desk.soon(lambda: desk.copied("PositionOpened") == 2, COPIED_WITHIN_S)
    desk.add_slave(OTHER, copy_existing="always")
    desk.soon(lambda: desk.copied("PositionOpened", OTHER) == 2, READY_WITHIN_S)
    person = people.trader(desk.path(OTHER))
    assert sorted(person.volumes()) == [0.1, 0.2]

    restart(desk, OTHER)
    assert sorted(person.volumes()) == [0.1, 0.2]
    person.close_all()
    restart(desk, OTHER)
    third = trader.buy(0.3)
    eventually(lambda: person.volumes() == [0.3], COPIED_WITHIN_S)
    trader.close(third)
    eventually(lambda: not person.positions(), COPIED_WITHIN_S)
