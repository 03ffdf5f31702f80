"""What the actions of `symbols` say and write, against a real database."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pymongo.database import Database

from commands.cli import main
from db.clients import opened
from db.delivering import deliver
from db.journal_rows import Kept, rows_of
from db.outbox import Parcel
from db.schema import ACCOUNTS, MISSING_SYMBOLS
from db.setting_up import set_up
from decisions.contracts import contract_of, fingerprint
from decisions.symbol_candidates import Wanted, candidates
from domain.account_fields import AccountDefaults
from domain.contracts import Contract
from domain.ids import JourneyId, MasterSymbol, SlaveSymbol
from domain.market import Identity
from domain.records import ContractKept, MissingSymbol, Record
from tests.builders import a_spec, an_offer
from tests.embedded_server import EmbeddedServer
from tests.records_made import MASTER, MOMENT_MS, SLAVE

pytestmark = pytest.mark.integration

NOW = datetime(2026, 11, 21, tzinfo=UTC)
GOLD = an_offer("GOLD", base="XAU", profit="USD")
GOLD_MICRO = an_offer("GOLDm", base="XAU", profit="USD", contract_size="10")
_numbers = count(1)


class Person:
    """Types commands that are about symbols."""

    def __init__(self, database: Database[Any], read: Any) -> None:
        self.database = database
        self._read = read

    def __call__(self, *words: str, code: int = 0) -> str:
        found = main(["symbols", *words])
        said = self._read.readouterr()
        assert found == code, said
        return str(said.out + said.err)

    def json(self, *words: str) -> Any:
        assert main(["symbols", *words, "--json"]) == 0
        return json.loads(self._read.readouterr().out)

    def ship(self, record: Record) -> None:
        """As a slave's journal brings it."""
        (kept,) = (row for row in rows_of(record) if isinstance(row, Kept))
        assert deliver(self.database, [Parcel(1, kept.shipped_as, kept.body)], SLAVE, NOW) == []

    def waiting(self) -> list[str]:
        return [entry["master_symbol"] for entry in self.json("list")["missing"]]

    def map(self) -> dict[str, str]:
        found = self.database[ACCOUNTS].find_one({"name": SLAVE}) or {}
        return dict(found.get("symbol_map", {}))


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedServer]:
    with EmbeddedServer(tmp_path_factory.mktemp("database")) as made:
        yield made


@pytest.fixture
def person(
    server: EmbeddedServer,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Person]:
    """A database of its own, set up with the two sample accounts; the slave maps nothing."""
    name = f"symbols_{next(_numbers)}"
    monkeypatch.setenv("MONGO_URI", server.uri)
    monkeypatch.setenv("DATABASE_NAME", name)
    monkeypatch.setenv("MURMURATION_STATE", str(tmp_path / "state"))
    with opened(server.uri, name) as database:
        set_up(database, AccountDefaults(), NOW)
        database[ACCOUNTS].update_one({"name": SLAVE}, {"$set": {"symbol_map": {}, "suffix": ""}})
        yield Person(database, capsys)


def a_missing(symbol: str = "XAUUSD", *offered: Any, at_ms: int = MOMENT_MS) -> MissingSymbol:
    """An entry of gold that is a hundred ounces a lot at the master."""
    wanted = Wanted(symbol, 2, Decimal(100))
    return MissingSymbol(
        account=SLAVE,
        master=MASTER,
        symbol=MasterSymbol(symbol),
        tried=SlaveSymbol(symbol),
        candidates=candidates(wanted, offered),
        digits=2,
        contract_size=Decimal(100),
        journey=JourneyId("j1"),
        at_ms=at_ms,
    )


def test_a_missing_symbol_is_listed_with_its_candidates_and_accepted_by_one_command(
    person: Person,
) -> None:
    person.ship(a_missing("XAUUSD", GOLD_MICRO, GOLD))

    listed = person()
    assert "XAUUSD of FTMO_Master has no name here; tried XAUUSD" in listed
    assert "GOLD   XAU/USD, digits 2, contract 100:  another name of it\n" in listed
    assert "but another contract size" in listed
    assert f"python launcher.py symbols accept {SLAVE} XAUUSD\n" in listed

    assert "symbol_map.XAUUSD: not set -> GOLD" in person("accept", SLAVE, "XAUUSD")
    assert person.map() == {"XAUUSD": "GOLD"}
    assert "Nothing waits" in person()
    assert person.database[MISSING_SYMBOLS].count_documents({}) == 0


def test_what_is_shipped_twice_or_seen_again_is_one_entry(person: Person) -> None:
    for at_ms in (MOMENT_MS, MOMENT_MS, MOMENT_MS + 60_000):
        person.ship(a_missing(at_ms=at_ms))

    (entry,) = person.json()["missing"]
    assert entry["last_seen"].startswith("2014-05-02T12:31")
    assert entry["created_at"].startswith("2026-11-21")


def test_a_doubt_is_for_the_person_and_nothing_is_written_meanwhile(person: Person) -> None:
    person.ship(a_missing("XAUUSD", GOLD_MICRO))
    assert f"symbols accept {SLAVE} XAUUSD SYMBOL" in person()

    refused = person("accept", SLAVE, "XAUUSD", code=1)

    assert "GOLDm (another name of it, but another contract size)" in refused
    assert person.map() == {}
    assert person.waiting() == ["XAUUSD"]


def test_another_contract_size_is_said_and_evened_out_by_a_factor(person: Person) -> None:
    person.ship(a_missing("XAUUSD", GOLD_MICRO))
    said = person("accept", SLAVE, "XAUUSD", "GOLDm")
    assert "A lot of GOLDm is 10 here and 100 at the master" in said
    assert "GOLDm|10 makes it as large" in said

    person.ship(a_missing("XAGUSD", an_offer("SILVER", contract_size="10")))
    assert "as large" not in person("accept", SLAVE, "XAGUSD", "SILVER|10")

    assert person.map() == {"XAUUSD": "GOLDm", "XAGUSD": "SILVER|10"}


@pytest.mark.parametrize("mapped", ["GOLD|0", "GOLD|x", "|2", " "])
def test_a_name_that_no_edit_could_write_is_refused_and_goes_on_waiting(
    person: Person, mapped: str
) -> None:
    person.ship(a_missing())

    assert "symbol_map" in person("accept", SLAVE, "XAUUSD", mapped, code=1)

    assert person.map() == {}
    assert person.waiting() == ["XAUUSD"]


def test_what_any_edit_has_named_waits_no_more_however_late_it_is_shipped(person: Person) -> None:
    edit = {"$set": {"symbol_map": {"XAUUSD": "GOLD"}}}
    person.database[ACCOUNTS].update_one({"name": SLAVE}, edit)

    person.ship(a_missing())

    assert person.waiting() == []
    assert "does not wait for a name. Waiting: none" in person("accept", SLAVE, "XAUUSD", code=1)


def test_a_dismissed_symbol_waits_again_when_a_master_opens_in_it_again(person: Person) -> None:
    person.ship(a_missing())

    assert "XAUUSD is off the list" in person("dismiss", SLAVE, "XAUUSD")
    assert person.waiting() == []

    person.ship(a_missing())
    assert person.waiting() == ["XAUUSD"]


def test_accounts_that_nobody_has_are_told(person: Person) -> None:
    for words in (["accept", "Apex_Slave_1", "XAUUSD"], ["list", "Apex_Slave_1"]):
        assert f"Did you mean {SLAVE}?" in person(*words, code=2)


def test_entries_of_accounts_that_are_gone_are_not_shown(person: Person) -> None:
    person.ship(a_missing())
    person.database[ACCOUNTS].delete_one({"name": SLAVE})

    assert person.waiting() == []


KNOWN, FOUND, THIRD = (contract_of(a_spec("GOLD", contract_size=size)) for size in (100, 10, 1))


def a_contract(found: Contract | None = None) -> ContractKept:
    at = Identity(7001, "Apex-Live")
    symbol = SlaveSymbol("GOLD")
    return ContractKept(account=SLAVE, at=at, symbol=symbol, contract=KNOWN, found=found, at_ms=1)


def test_a_changed_contract_is_listed_and_accepted_by_one_command(person: Person) -> None:
    person.ship(a_contract())
    assert "Nothing waits" in person()
    person.ship(a_contract(FOUND))

    listed = person()
    assert f"{SLAVE}: its broker has changed GOLD: contract_size 100 -> 10" in listed
    assert f"python launcher.py symbols accept-contract {SLAVE} GOLD\n" in listed

    assert "accepted: GOLD, contract_size 100 -> 10" in person("accept-contract", SLAVE, "GOLD")
    document = person.database[ACCOUNTS].find_one({"name": SLAVE}) or {}
    assert document["accepted_contracts"] == {"GOLD": fingerprint(FOUND)}
    assert "Nothing waits" in person()
    assert "accept-contract" in document["updated_by"]


def test_what_was_accepted_is_no_word_on_the_next_contract(person: Person) -> None:
    person.ship(a_contract(FOUND))
    person("accept-contract", SLAVE, "GOLD")

    person.ship(a_contract(THIRD))

    (entry,) = person.json()["contracts"]
    assert entry["found"]["fingerprint"] == fingerprint(THIRD)
    assert entry["found"]["contract_size"] == 1


def test_what_has_not_changed_cannot_be_accepted(person: Person) -> None:
    person.ship(a_contract())

    said = person("accept-contract", SLAVE, "GOLD", code=1)

    assert "no changed contract of GOLD waits. Waiting: none" in said
