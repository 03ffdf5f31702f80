"""A slave's journal is damaged with copies open: it is set aside, and the copies are followed."""

import sqlite3
from pathlib import Path

import pytest

from db.journal import journal_path
from tests.machine import COPIED_WITHIN_S, SLAVE, Desk, Machine, People, until_flat
from tests.waiting import eventually

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(120), pytest.mark.history(26)]

OPENED = "PositionOpened"


def tear(path: Path) -> None:
    """The page that all records begin with is zeros."""
    with sqlite3.connect(path) as file:
        eventually(lambda: file.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
        named = "SELECT rootpage FROM sqlite_master WHERE name = 'records'"
        (page,) = file.execute(named).fetchone()
        (size,) = file.execute("PRAGMA page_size").fetchone()
    file.close()
    body = bytearray(path.read_bytes())
    body[(page - 1) * size : page * size] = bytes(size)
    path.write_bytes(body)


def test_law_5_a_node_whose_journal_is_damaged_closes_its_copies_all_the_same(
    swarm: Machine, desk: Desk, people: People
) -> None:
    trader, copies = people.trader(), people.account(desk.path(SLAVE))
    gone, _ = trader.buy(0.1), trader.buy(0.2)
    eventually(lambda: desk.copied(OPENED) == 2, COPIED_WITHIN_S)
    swarm.launcher.kill()
    swarm.node(SLAVE).kill()
    path = journal_path(swarm.state, SLAVE)
    tear(path)
    trader.close(gone)
    swarm.launch()

    eventually(lambda: copies.volumes() == [0.2], 30)
    swarm.wait_ready()
    trader.close_all()
    until_flat(copies)
    assert len(list(path.parent.glob(f"{path.name}.damaged-*[0-9]"))) == 1
