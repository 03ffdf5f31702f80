"""A copy above its broker's largest order, by the real processes, one of which is killed."""

import pytest

from tests.machine import (
    COPIED_WITHIN_S,
    OTHER,
    READY_WITHIN_S,
    Account,
    Desk,
    Machine,
    People,
    until_flat,
)
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(150)]

OPENED, CLOSED = "PositionOpened", "PositionClosed"
IN = 0
#: 40 lots of the master's are 440 here, where one order brings 100 at most: five parts.
LARGER = {
    "paper": {"broker": "FTMO-Demo", "deposit": 10_000_000},
    "suffix": "",
    "symbol_map": {},
    "size": {"multiplier": 11},
    "max_lot": 1_000,
    "kill_switch": {"enabled": False},
}


def as_it_is(copies: Account) -> str:
    """What a slave has to say of an opening that left this at the broker."""
    held = sum(copies.volumes())
    return "copied" if held == 440 else "partial" if held else "missed"


def test_no_part_is_lost_doubled_or_left_behind_by_a_slave_that_is_killed(
    swarm: Machine, desk: Desk, people: People
) -> None:
    desk.add_slave(**LARGER)
    desk.soon(lambda: desk.is_ready(OTHER), READY_WITHIN_S)
    trader, copies = people.trader(), people.account(desk.path(OTHER))

    first = trader.buy(40.0)
    eventually(lambda: desk.verdicts(OPENED, OTHER, first) == ["copied"], COPIED_WITHIN_S)
    assert copies.volumes() == [100, 100, 100, 100, 40]
    trader.reduce(first, 20.0)
    eventually(lambda: sum(copies.volumes()) == 220, COPIED_WITHIN_S)
    trader.close(first)
    until_flat(copies)

    second = trader.buy(40.0)
    eventually(copies.volumes, COPIED_WITHIN_S)
    swarm.node(OTHER).kill()
    desk.soon(lambda: desk.is_ready(OTHER), READY_WITHIN_S)
    # An order that died with its process is looked for a minute long; parts that are missing are
    # opened where the slave was back in time.
    eventually(lambda: desk.verdicts(OPENED, OTHER, second) == [as_it_is(copies)], 80)
    assert sum(copies.volumes()) <= 440

    trader.close(second)
    until_flat(copies)
    eventually(lambda: desk.verdicts(CLOSED, OTHER, second) == ["copied"], COPIED_WITHIN_S)
    made = copies.deals()
    opened = [magic for _, _, entry, _, magic in made if entry == IN and magic]
    assert len(opened) == len(set(opened))
    assert all(volume <= 100 for _, _, _, volume, magic in made if magic)
