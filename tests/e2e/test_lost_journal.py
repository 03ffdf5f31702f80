"""A slave's journal is deleted with copies open: the slave finds them again and follows them."""

import pytest

from db.journal import journal_path
from tests.machine import COPIED_WITHIN_S, SLAVE, Desk, Machine, People, until_flat
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120), pytest.mark.history(26)]

OPENED = "PositionOpened"
IN = 0


def delete_journal(machine: Machine, name: str) -> None:
    path = journal_path(machine.state, name)
    found = list(path.parent.glob(f"{path.name}*"))
    assert path in found
    for file in found:
        file.unlink()


def test_copies_close_with_their_masters_and_nothing_opens_twice(
    swarm: Machine, desk: Desk, people: People
) -> None:
    trader, copies = people.trader(), people.account(desk.path(SLAVE))
    in_trades, nowhere, held = trader.buy(0.1), trader.buy(0.2), trader.buy(0.3)
    eventually(lambda: desk.copied(OPENED) == 3, COPIED_WITHIN_S)
    trades = desk.database["trades"]
    eventually(lambda: trades.count_documents({"slave_name": SLAVE}) == 3, COPIED_WITHIN_S)

    swarm.launcher.kill()
    swarm.node(SLAVE).kill()
    delete_journal(swarm, SLAVE)
    trades.delete_one({"slave_name": SLAVE, "master_ticket": nowhere})
    trader.close(in_trades)
    trader.close(nowhere)
    swarm.launch()

    eventually(lambda: copies.volumes() == [0.3], 30)
    swarm.wait_ready()
    new = trader.buy(0.4)
    eventually(lambda: "copied" in desk.verdicts(OPENED, ticket=new), COPIED_WITHIN_S)
    trader.reduce(held, 0.1)
    eventually(lambda: copies.volumes() == [0.2, 0.4], COPIED_WITHIN_S)
    trader.close_all()
    until_flat(copies)
    opened = [magic for _, _, entry, _, magic in copies.deals() if entry == IN and magic]
    assert len(opened) == len(set(opened)) == 4
    assert desk.verdicts(OPENED) == ["copied"] * 4
