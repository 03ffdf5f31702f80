"""Ten thousand records reach the database as if nothing had been, whoever is killed meanwhile.

The node writes on without noticing: closes do not wait for a database. The shipper lives in a
process of its own here, so that it can be killed in the middle of a batch.
"""

import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from db.clients import opened
from db.delivering import deliver
from db.embedded.address import read_address
from db.journal import Journal, journal_path
from db.moments import moment
from db.outbox import Outbox
from db.schema import DECISIONS, EQUITY, KILL_SWITCH_EVENTS, LATCHES, SIGNALS, SWARM, TRADES
from db.setting_up import set_up
from domain.account_fields import AccountDefaults
from domain.book import Stamp
from domain.policies import TradingState
from domain.reasons import Reason
from domain.records import Record
from domain.verdicts import VerdictKind
from tests.integration.stores.conftest import Server
from tests.records_made import (
    MOMENT_MS,
    SLAVE,
    closed_leg,
    equity,
    intent,
    key,
    latch_change,
    leg,
    verdict,
)
from tests.records_made import (
    opened as position_opened,
)
from tests.waiting import eventually
from utils.os_signals import born, kill

pytestmark = [pytest.mark.integration, pytest.mark.timeout(120)]

Document = dict[str, Any]
ROOT = Path(__file__).parents[3]
NAME = "prop_copy_trader"
NOW = moment(MOMENT_MS)
COLLECTIONS = (TRADES, DECISIONS, SIGNALS, EQUITY, LATCHES, KILL_SWITCH_EVENTS)
#: Of one's own in each database; all else must be the same.
UNLIKE = {"_id", "created_at"}
TRADES_MADE = 1_250
RECORDS = TRADES_MADE * 8


def records() -> Iterator[Record]:
    """What a slave and a master write over a thousand copies."""
    for order in range(1, TRADES_MADE + 1):
        about = {"stamp": Stamp(1, order), "leg": key(order), "journey": f"j{order}"}
        yield position_opened(order, order=order)
        yield intent(order)
        yield verdict(VerdictKind.UNKNOWN, Reason.OUTCOME_UNKNOWN, **about)
        yield leg(order)
        yield intent(order, outcome="filled")
        yield verdict(VerdictKind.COPIED, **about)
        yield closed_leg(order)
        if order % 50:
            yield equity(MOMENT_MS + order * 1000)
        else:
            state = TradingState.HALTED if order % 100 else TradingState.ACTIVE
            yield latch_change(state, order // 50)


class Ships:
    """A shipper in a process of its own."""

    def __init__(self, journal: Path, uri: str) -> None:
        self._words = [str(ROOT / "tests" / "children" / "ships.py"), str(journal), uri, NAME]
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, *self._words], cwd=ROOT, env=None, stdout=subprocess.PIPE
        )
        assert self._process.stdout is not None
        assert self._process.stdout.readline()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate(timeout=10)
            self._process = None

    def again(self) -> None:
        self.kill()
        self.start()


@pytest.fixture
def ships() -> Iterator[Callable[[Path, str], Ships]]:
    begun: list[Ships] = []

    def start(journal: Path, uri: str) -> Ships:
        begun.append(Ships(journal, uri))
        return begun[-1]

    yield start
    for one in begun:
        one.kill()


def identified(database: Database[Document]) -> None:
    set_up(database, AccountDefaults(), NOW)
    database[SWARM].replace_one({"_id": "swarm"}, {"swarm_id": "swarm-1"}, upsert=True)


def contents(database: Database[Document]) -> dict[str, list[str]]:
    """Everything that was shipped, as lines in no particular order."""
    return {
        name: sorted(
            repr(sorted((k, v) for k, v in found.items() if k not in UNLIKE))
            for found in database[name].find()
        )
        for name in COLLECTIONS
    }


def without_any_fault(database: Database[Document], folder: Path) -> dict[str, list[str]]:
    identified(database)
    journal = Journal(journal_path(folder, SLAVE), "swarm-1", SLAVE)
    journal.write(*records())
    outbox = Outbox(journal.path)
    while parcels := outbox.batch(1000):
        assert deliver(database, parcels, SLAVE, NOW) == []
        outbox.forget_shipped(parcels[-1].number)
    outbox.close()
    journal.close()
    return contents(database)


def killed(server: Server) -> None:
    """At once, as a power cut would."""
    address = read_address(server.state)
    assert address is not None
    kill(address.pid)
    eventually(lambda: born(address.pid) is None, 10)


class Storm:
    """A journal that is written on, while its database and its shipper are killed."""

    def __init__(self, server: Server, journal: Journal, shipper: Ships) -> None:
        self.server = server
        self.journal = journal
        self.shipper = shipper
        self.outbox = Outbox(journal.path)
        self._records = records()

    def write(self, count: int) -> None:
        for record in islice(self._records, count):
            self.journal.write(record)

    def without_database(self, count: int) -> None:
        killed(self.server)
        self.write(count)
        assert self.outbox.pending() > count / 2
        self.server.start()

    def in_the_middle_of_batches(self, times: int) -> None:
        for _ in range(times):
            before = self.outbox.pending()
            eventually(lambda before=before: self.outbox.pending() < before, 20)
            self.shipper.again()
            self.write(500)

    def both_at_once(self) -> None:
        killed(self.server)
        self.shipper.kill()
        self.write(RECORDS)
        self.server.start()
        self.shipper.start()


@pytest.fixture
def storm(server: Server, tmp_path: Path, ships: Callable[[Path, str], Ships]) -> Iterator[Storm]:
    server.start()
    with opened(server.uri, NAME) as ours:
        identified(ours)
    journal = Journal(journal_path(tmp_path / "stormy", SLAVE), "swarm-1", SLAVE)
    made = Storm(server, journal, ships(journal.path, server.uri))
    yield made
    made.outbox.close()
    journal.close()


def test_ten_thousand_records_arrive_through_kills_of_database_and_shipper(
    storm: Storm, database: Database[Document], tmp_path: Path
) -> None:
    wanted = without_any_fault(database, tmp_path / "calm")
    storm.write(1_000)
    storm.without_database(5_000)
    storm.in_the_middle_of_batches(4)
    storm.both_at_once()

    eventually(lambda: storm.outbox.pending() == 0, 40)
    assert storm.outbox.refused() == 0
    with opened(storm.server.uri, NAME) as ours:
        found = contents(ours)
    assert {n: len(lines) for n, lines in found.items()} == {
        n: len(lines) for n, lines in wanted.items()
    }
    assert found == wanted
    assert (len(wanted[TRADES]), len(wanted[DECISIONS])) == (TRADES_MADE, TRADES_MADE)


def test_the_same_batch_twice_and_a_batch_in_halves_change_nothing(
    database: Database[Document], tmp_path: Path
) -> None:
    identified(database)
    journal = Journal(journal_path(tmp_path, SLAVE), "swarm-1", SLAVE)
    journal.write(*islice(records(), 480))
    outbox = Outbox(journal.path)
    parcels = outbox.batch(2_000)
    assert deliver(database, parcels, SLAVE, NOW) == []
    before = {name: list(database[name].find()) for name in COLLECTIONS}
    assert deliver(database, parcels, SLAVE, moment(MOMENT_MS + 5_000)) == []
    assert deliver(database, parcels[: len(parcels) // 2], SLAVE, NOW) == []
    assert deliver(database, parcels[len(parcels) // 2 :], SLAVE, NOW) == []
    assert {name: list(database[name].find()) for name in COLLECTIONS} == before
    outbox.close()
    journal.close()
