"""A real journal on a full disk under a whole slave: opens are denied, closes go on."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.journal import Journal, journal_path
from domain.records import MasterAt
from tests.builders import MASTER, SLAVE
from tests.unit.nodes.swarm import Swarm

pytestmark = [pytest.mark.integration, pytest.mark.history(39)]


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(journal_path(tmp_path, SLAVE), "swarm", SLAVE)
    yield made
    made.close()


#: In whole pages, and in what is left of those where intents and legs stand.
FILLING = (
    "INSERT INTO ballast VALUES (zeroblob(?))",
    "INSERT INTO records VALUES ('intent!', hex(randomblob(8)), zeroblob(?))",
    "INSERT INTO records VALUES ('leg!', hex(randomblob(8)), zeroblob(?))",
)


def fill(journal: Journal) -> None:
    """Until not even a page more is to be had, and none of those there are is free."""
    (pages,) = journal._file.execute("PRAGMA page_count").fetchone()
    journal._file.execute(f"PRAGMA max_page_count = {pages}")
    journal._file.execute("CREATE TABLE IF NOT EXISTS ballast (bytes BLOB)")
    for size in (100_000, 4_000, 1_000, 100, 10):
        for words in FILLING:
            while _fits(journal, words, size):
                continue


def _fits(journal: Journal, words: str, size: int) -> bool:
    try:
        journal._file.execute(words, (size,))
    except sqlite3.OperationalError:
        return False
    return True


def make_room(journal: Journal) -> None:
    journal._file.execute("PRAGMA max_page_count = 1000000")


def test_opens_are_denied_closes_go_on_and_all_is_written_when_there_is_room(
    journal: Journal,
) -> None:
    swarm = Swarm()
    swarm.slave.journal = journal  # type: ignore[assignment]  # the real one in the fake's place
    journal._file.execute("CREATE TABLE IF NOT EXISTS ballast (bytes BLOB)")
    swarm.slave.start()
    swarm.turn(8)
    first = swarm.trade()
    door = swarm.slave.door
    assert len(door.opens) == 1

    fill(journal)
    swarm.trade(volume="2.00")
    swarm.master.door.shut(first)
    swarm.turn(8)
    assert len(door.opens) == 1
    assert not door.held
    assert any("cannot be written" in alarm for alarm in swarm.slave.report.alarms)

    make_room(journal)
    swarm.turn(8)
    assert not any("cannot be written" in alarm for alarm in swarm.slave.report.alarms)
    swarm.trade(volume="3.00")
    assert len(door.opens) == 2
    states = {leg.key.opening_order: leg.state.value for leg in journal.legs()}
    assert sorted(states.values()) == ["closed", "denied", "open"]
    assert journal.masters() == [
        MasterAt(master=MASTER, signals=m[0], snapshots=m[1]) for m in swarm.slave.masters.values()
    ]
