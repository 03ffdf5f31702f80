"""The supervisor's and a lone node's way to a database that edits, falls silent, or is another."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from bson import DatetimeMS

from db.account_changes import AccountChanges
from db.clients import opened
from db.connecting import Chosen, Silent
from db.remembered import MONGODB
from db.schema import ACCOUNT_CHANGES, ACCOUNTS, COMMANDS, LATCHES, SWARM
from domain.control import Settings
from nodes.by_hand import ByHandLine, settings_of
from nodes.supervisor.database_line import DatabaseLine
from tests.integration.stores.conftest import Server
from tests.waiting import eventually

pytestmark = pytest.mark.integration

Document = dict[str, Any]

NAME = "prop_copy_trader"
SLAVE = {"name": "S1", "type": "SLAVE", "terminal": "paper", "path": "s1"}
YEAR_300_000 = DatetimeMS(9_400_000_000_000_000)


def write(server: Server, collection: str, *documents: Document) -> None:
    with opened(server.uri, NAME) as database:
        database[collection].insert_many([dict(document) for document in documents])


def edit(server: Server, **fields: Any) -> None:
    with opened(server.uri, NAME) as database:
        database[ACCOUNTS].update_one({"name": "S1"}, {"$set": fields})


def story(server: Server) -> list[str]:
    with opened(server.uri, NAME) as database:
        return [str(record["kind"]) for record in AccountChanges(database).of("S1")]


@pytest.fixture
def ours(server: Server) -> Server:
    server.start()
    write(server, SWARM, {"_id": "swarm", "swarm_id": "s"})
    write(server, ACCOUNTS, SLAVE)
    return server


@pytest.fixture
def chosen(ours: Server) -> Chosen:
    return Chosen(kind=MONGODB, uri=ours.uri, database_name=NAME, swarm="s", swarm_ids=("s",))


@pytest.fixture
def line(chosen: Chosen) -> Iterator[DatabaseLine]:
    made = DatabaseLine(chosen, lambda: chosen)
    made.start(10)
    yield made
    made.close()


def field(line: DatabaseLine, name: str) -> Any:
    documents = () if line.sight is None else line.sight.documents
    return next((found.get(name) for found in documents), None)


def test_an_edit_is_seen_and_recorded(line: DatabaseLine, ours: Server) -> None:
    edit(ours, magic_number=7)
    eventually(lambda: field(line, "magic_number") == 7, 10)
    eventually(lambda: story(ours) == ["first seen", "changed"], 10)


def test_what_cannot_be_recorded_delays_no_setting(ours: Server, chosen: Chosen) -> None:
    nothing_fits = {"$jsonSchema": {"required": ["never_there"]}}
    with opened(ours.uri, NAME) as database:
        database.create_collection(ACCOUNT_CHANGES, validator=nothing_fits)
    line = DatabaseLine(chosen, lambda: chosen)
    line.start(10)
    edit(ours, magic_number=7)
    eventually(lambda: field(line, "magic_number") == 7, 10)
    with opened(ours.uri, NAME) as database:
        database.command("collMod", ACCOUNT_CHANGES, validator={})
    eventually(lambda: story(ours) == ["first seen"], 10)
    assert line.trouble == ""
    line.close()


def test_an_odd_value_in_one_document_silences_nobody(line: DatabaseLine, ours: Server) -> None:
    edit(ours, updated_at=YEAR_300_000, magic_number=8)
    eventually(lambda: field(line, "magic_number") == 8, 10)
    assert line.trouble == ""


def test_what_is_not_understood_is_silence_until_it_is_put_right(
    line: DatabaseLine, ours: Server
) -> None:
    write(ours, LATCHES, {"account_id": "S1", "state": "NO SUCH STATE", "counter": 1})
    eventually(lambda: "not understood" in line.trouble, 10)
    with opened(ours.uri, NAME) as database:
        database[LATCHES].delete_many({})
    eventually(lambda: line.trouble == "", 10)


def test_law_12_another_database_at_the_same_address_is_silence(
    line: DatabaseLine, ours: Server
) -> None:
    with opened(ours.uri, NAME) as database:
        database[SWARM].update_one({"_id": "swarm"}, {"$set": {"swarm_id": "another"}})
        database[ACCOUNTS].delete_many({})
    eventually(lambda: "in its place" in line.trouble, 10)
    assert field(line, "name") == "S1"


def test_a_database_that_is_away_is_asked_for_again(ours: Server, chosen: Chosen) -> None:
    away = Silent(
        kind=MONGODB, uri=ours.uri, database_name=NAME, swarm_ids=("s",), why="it is away"
    )
    answers = [away, chosen]
    line = DatabaseLine(away, lambda: answers.pop(0) if len(answers) > 1 else answers[0])
    line.start(10)
    eventually(lambda: line.trouble == "" and field(line, "name") == "S1", 15)
    line.close()


@pytest.fixture
def by_hand(chosen: Chosen) -> Iterator[Callable[[], Settings]]:
    """What a node that was started by hand was told last."""
    made = ByHandLine("S1", chosen, settings_of("S1", chosen), lambda: chosen)
    told = [settings_of("S1", chosen)]

    def newest() -> Settings:
        told.extend(message for message in made.drain() if isinstance(message, Settings))
        return told[-1]

    yield newest
    made.close()


def test_a_node_started_by_hand_hears_of_its_edits_and_of_silence(
    by_hand: Callable[[], Settings], ours: Server
) -> None:
    eventually(lambda: story(ours) == ["first seen"], 10)
    edit(ours, magic_number=9)
    eventually(lambda: (by_hand().document or {}).get("magic_number") == 9, 10)
    eventually(lambda: story(ours)[-1] == "changed", 10)
    ours.kill()
    eventually(lambda: not by_hand().database, 20)
    ours.start()
    eventually(lambda: by_hand().database, 20)


def test_law_12_a_node_started_by_hand_takes_no_other_database_for_its_own(
    by_hand: Callable[[], Settings], ours: Server
) -> None:
    with opened(ours.uri, NAME) as database:
        database[SWARM].update_one({"_id": "swarm"}, {"$set": {"swarm_id": "another"}})
        database[ACCOUNTS].delete_many({})
        database[COMMANDS].delete_many({})
    eventually(lambda: not by_hand().database, 10)
    assert (by_hand().document or {}).get("name") == "S1"


def test_a_node_started_by_hand_outlives_what_it_cannot_understand(
    by_hand: Callable[[], Settings], ours: Server
) -> None:
    write(ours, LATCHES, {"account_id": "S1", "state": "NO SUCH STATE", "counter": 1})
    eventually(lambda: not by_hand().database, 10)
    with opened(ours.uri, NAME) as database:
        database[LATCHES].delete_many({})
    edit(ours, magic_number=9)
    eventually(lambda: by_hand().database, 10)
    assert (by_hand().document or {})["magic_number"] == 9
