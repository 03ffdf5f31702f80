"""What the database remembers of a slave is what the slave shipped; no other word counts."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pymongo.database import Database

from db.clients import opened
from db.delivering import deliver
from db.journal import Journal, journal_path
from db.moments import moment
from db.our_database import OurDatabase
from db.outbox import Outbox
from db.recalling import Recalling
from db.schema import CONTRACTS, SWARM
from db.setting_up import set_up
from db.trades import CLOSED_SINCE, remembered
from decisions.contracts import contract_of
from domain.account_fields import AccountDefaults
from domain.book import Stamp
from domain.ids import NodeName, SlaveSymbol
from domain.market import Identity
from domain.records import ContractKept, Cursor, Record
from tests.builders import a_spec
from tests.integration.stores.conftest import Server
from tests.records_made import MASTER, MOMENT_MS, SLAVE, closed_leg, leg, verdict
from tests.waiting import eventually

pytestmark = pytest.mark.integration

Documents = Database[dict[str, Any]]
NAME = "prop_copy_trader"
NOW = moment(MOMENT_MS + 120_000)
OTHER = "Somebody"


@pytest.fixture
def ready(database: Documents) -> Documents:
    set_up(database, AccountDefaults(), NOW)
    return database


def ship(database: Documents, folder: Path, *records: Record, slave: str = SLAVE) -> None:
    journal = Journal(journal_path(folder, slave), "swarm-1", slave)
    journal.write(*records)
    outbox = Outbox(journal.path)
    assert deliver(database, outbox.batch(1000), slave, NOW) == []
    outbox.close()
    journal.close()


def test_every_leg_that_was_shipped_comes_back(ready: Documents, tmp_path: Path) -> None:
    ship(ready, tmp_path, leg(1), leg(2), closed_leg(2), closed_leg(3))
    found = remembered(ready, SLAVE, NOW)
    assert sorted(found.legs, key=lambda one: one.key) == [leg(1), closed_leg(2), closed_leg(3)]


def test_contracts_come_back_as_they_were_in_force(ready: Documents, tmp_path: Path) -> None:
    was, found = (contract_of(a_spec("GOLD", contract_size=size)) for size in (100, 10))
    at, symbol = Identity(7, "Apex-Live"), SlaveSymbol("GOLD")
    kept = ContractKept(account=SLAVE, at=at, symbol=symbol, contract=was, found=found, at_ms=1)
    ship(ready, tmp_path, kept)
    ready[CONTRACTS].insert_one({"account_id": SLAVE, "symbol": "spoiled", "contract": 7})

    (told,) = remembered(ready, SLAVE, NOW).contracts

    assert told == msgspec.structs.replace(kept, found=None, at_ms=0)
    assert remembered(ready, OTHER, NOW).contracts == ()


def test_copies_of_other_slaves_and_of_other_systems_are_not_ours(
    ready: Documents, tmp_path: Path
) -> None:
    ship(ready, tmp_path, leg(1), slave=OTHER)
    ready["trades"].insert_one({"slave_name": SLAVE, "status": "OPEN", "master_ticket": 7})
    assert remembered(ready, SLAVE, NOW).legs == ()


def test_what_closed_long_ago_is_not_asked_for(ready: Documents, tmp_path: Path) -> None:
    ship(ready, tmp_path, leg(1), closed_leg(2))
    later = NOW + CLOSED_SINCE + timedelta(days=1)
    assert remembered(ready, SLAVE, later).legs == (leg(1),)


def test_a_leg_whose_figures_nobody_knows_any_more_keeps_those_of_the_first(
    ready: Documents, tmp_path: Path
) -> None:
    ship(ready, tmp_path, leg(1), msgspec.structs.replace(leg(1), opening=None, comment="again"))
    (found,) = remembered(ready, SLAVE, NOW).legs
    assert (found.opening, found.comment) == (leg(1).opening, "again")


def test_each_masters_story_goes_on_after_its_newest_decision(
    ready: Documents, tmp_path: Path
) -> None:
    places = [(MASTER, Stamp(2, 1)), (MASTER, Stamp(1, 9)), (NodeName("Else"), Stamp(1, 4))]
    told = [verdict(master=master, stamp=stamp) for master, stamp in places]
    ship(ready, tmp_path, *told)
    cursors = remembered(ready, SLAVE, NOW).cursors
    assert set(cursors) == {
        Cursor(master=MASTER, stamp=Stamp(2, 1)),
        Cursor(master=NodeName("Else"), stamp=Stamp(1, 4)),
    }


@pytest.mark.parametrize(
    "spoiled",
    [
        {"epoch": None},
        {"epoch": "long ago"},
        {"seq": float("inf")},
        {"epoch": float("nan")},
        {"epoch": -1},
        {"seq": 10**12},
        {"epoch": 2**53},
    ],
    ids=str,
)
def test_a_decision_that_somebody_spoiled_tells_of_nothing(
    ready: Documents, tmp_path: Path, spoiled: dict[str, Any]
) -> None:
    ship(ready, tmp_path, verdict(stamp=Stamp(2, 1)), verdict(stamp=Stamp(2, 2)))
    ready["account_trade_decisions"].update_one({"seq": 2}, {"$set": spoiled})
    assert remembered(ready, SLAVE, NOW).cursors == (Cursor(master=MASTER, stamp=Stamp(2, 1)),)


@pytest.mark.parametrize(
    "spoiled",
    [
        {"magic": float("inf")},
        {"followed": {"opened_by": {"epoch": float("inf")}}},
        {"times": None},
    ],
    ids=str,
)
def test_a_trade_that_somebody_spoiled_tells_of_nothing(
    ready: Documents, tmp_path: Path, spoiled: dict[str, Any]
) -> None:
    ship(ready, tmp_path, leg(1), leg(2))
    ready["trades"].update_one({"master_ticket": 2}, {"$set": spoiled})
    assert remembered(ready, SLAVE, NOW).legs == (leg(1),)


@pytest.fixture
def lines() -> Iterator[list[Recalling]]:
    begun: list[Recalling] = []
    yield begun
    for line in begun:
        line.stop()


def recalling(server: Server, lines: list[Recalling], within_s: float) -> Recalling:
    database = OurDatabase(lambda: server.uri, NAME)
    lines.append(Recalling(database, "swarm-1", SLAVE, lambda: None))
    lines[-1].start(within_s)
    return lines[-1]


def identified(server: Server, swarm: str) -> None:
    with opened(server.uri, NAME) as database:
        set_up(database, AccountDefaults(), NOW)
        database[SWARM].replace_one({"_id": "swarm"}, {"swarm_id": swarm}, upsert=True)


def test_a_database_that_comes_later_is_asked_then(
    server: Server, lines: list[Recalling], tmp_path: Path
) -> None:
    line = recalling(server, lines, 0.0)
    assert line.answer() is None
    server.start()
    identified(server, "another")
    with opened(server.uri, NAME) as database:
        ship(database, tmp_path, leg(1))
    assert line.answer() is None
    identified(server, "swarm-1")
    eventually(line.answer, 15)
    answer = line.answer()
    assert answer is not None
    assert leg(1) in answer.legs


def test_a_database_that_answers_is_known_at_the_start(
    server: Server, lines: list[Recalling]
) -> None:
    server.start()
    identified(server, "swarm-1")
    line = recalling(server, lines, 10.0)
    answer = line.answer()
    assert answer is not None
    assert answer.legs == ()


class Stumbling(OurDatabase):
    """Its first answer is one that nobody has thought of."""

    asked = 0

    def database(self, swarm: str) -> Documents:  # type: ignore[explicit-override]
        self.asked += 1
        if self.asked == 1:
            raise LookupError("an answer nobody can read")
        return super().database(swarm)


def test_an_answer_that_nobody_can_read_is_no_reason_to_ask_no_more(
    server: Server, lines: list[Recalling]
) -> None:
    server.start()
    identified(server, "swarm-1")
    lines.append(Recalling(Stumbling(lambda: server.uri, NAME), "swarm-1", SLAVE, lambda: None))
    lines[-1].start(0.0)
    eventually(lines[-1].answer, 10)
