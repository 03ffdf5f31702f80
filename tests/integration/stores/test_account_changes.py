"""Each change of an account document is recorded once: what, when, and by whom where known."""

import itertools
import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from bson import Decimal128, Int64
from pymongo.database import Database

from db.account_changes import ADDED, CHANGED, FIRST_SEEN, REMOVED, AccountChanges
from db.clients import opened
from db.moments import moment
from db.schema import ACCOUNT_CHANGES, ACCOUNTS
from tests.integration.stores.conftest import Server

pytestmark = pytest.mark.integration

Documents = Database[dict[str, Any]]
NOW_MS = 1_790_000_000_000
WRITTEN = datetime(2026, 9, 21, 12, 0, tzinfo=UTC)
SLAVE = {"name": "S1", "type": "SLAVE", "path": "s1", "magic_number": 7}


@pytest.fixture
def ready(database: Documents) -> Documents:
    database[ACCOUNTS].create_index("name", unique=True)
    database[ACCOUNT_CHANGES].create_index([("account", 1), ("number", 1)], unique=True)
    database[ACCOUNTS].insert_one(dict(SLAVE))
    return database


def look(changes: AccountChanges, database: Documents, later_ms: int = 0) -> int:
    return changes.note_all(database[ACCOUNTS].find(), now_ms=NOW_MS + later_ms)


def edit(database: Documents, **fields: Any) -> None:
    database[ACCOUNTS].update_one({"name": "S1"}, {"$set": fields})


def story(database: Documents) -> list[tuple[Any, ...]]:
    found = AccountChanges(database).of("S1")
    return [(r["number"], r["kind"], r["by"], r["via"]) for r in found]


def test_a_change_is_recorded_with_its_fields_and_the_whole_document(ready: Documents) -> None:
    changes = AccountChanges(ready)
    assert look(changes, ready) == 1
    edit(ready, magic_number=Int64(8), max_lot=Decimal128("0.10"))
    assert look(changes, ready, 1) == 1
    assert look(changes, ready, 2) == 0
    first, second = changes.of("S1")
    assert (first["kind"], first["number"], second["kind"]) == (FIRST_SEEN, 1, CHANGED)
    assert second["changes"] == [
        {"field": "magic_number", "before": 7, "after": 8},
        {"field": "max_lot", "before": None, "after": Decimal128("0.10")},
    ]
    assert second["document"] == ready[ACCOUNTS].find_one({"name": "S1"})
    assert (second["at"], second["noticed_at"]) == (moment(NOW_MS + 1), moment(NOW_MS + 1))
    assert (second["by"], second["via"]) == ("", "")


def test_a_document_signed_by_a_program_names_its_writer(ready: Documents) -> None:
    changes = AccountChanges(ready)
    look(changes, ready)
    edit(ready, magic_number=8, updated_at=WRITTEN, updated_by="alice, accounts edit")
    look(changes, ready, 1)
    edit(ready, magic_number=9)
    look(changes, ready, 2)
    assert story(ready)[1:] == [
        (2, CHANGED, "alice", "accounts edit"),
        (3, CHANGED, "", ""),
    ]
    assert changes.of("S1")[1]["at"] == WRITTEN


def test_a_signature_without_a_change_is_nobodys_later(ready: Documents) -> None:
    changes = AccountChanges(ready)
    look(changes, ready)
    edit(ready, updated_at=WRITTEN, updated_by="alice, accounts edit")
    assert look(changes, ready, 1) == 0
    edit(ready, magic_number=9)
    look(changes, ready, 2)
    assert story(ready)[1:] == [(2, CHANGED, "", "")]


def test_what_happened_unwatched_is_recorded_at_the_next_start(ready: Documents) -> None:
    look(AccountChanges(ready), ready)
    ready[ACCOUNTS].insert_one(dict(SLAVE, name="S2"))
    edit(ready, magic_number=8)
    look(AccountChanges(ready), ready, 1)
    ready[ACCOUNTS].delete_one({"name": "S1"})
    look(AccountChanges(ready), ready, 2)
    assert [kind for _, kind, _, _ in story(ready)] == [FIRST_SEEN, CHANGED, REMOVED]
    last = AccountChanges(ready).of("S1")[-1]
    assert (last["document"], last["at"]) == (None, moment(NOW_MS + 2))


def test_added_while_somebody_watched_removed_and_added_again(ready: Documents) -> None:
    changes = AccountChanges(ready)
    ready[ACCOUNTS].delete_many({})
    look(changes, ready)
    for _ in range(2):
        ready[ACCOUNTS].insert_one(dict(SLAVE))
        look(changes, ready)
        ready[ACCOUNTS].delete_many({})
        look(changes, ready)
    assert [kind for _, kind, _, _ in story(ready)] == [ADDED, REMOVED, ADDED, REMOVED]
    assert look(AccountChanges(ready), ready) == 0


def test_a_command_records_its_own_change_and_names_one_that_was_noticed_before(
    ready: Documents,
) -> None:
    watching, command = AccountChanges(ready), AccountChanges(ready)
    look(watching, ready)
    edit(ready, magic_number=8)
    assert command.note("S1", now_ms=NOW_MS + 1, by="alice", via="accounts edit")
    assert look(watching, ready, 2) == 0
    ready[ACCOUNTS].delete_one({"name": "S1"})
    look(watching, ready, 3)
    assert command.note("S1", now_ms=NOW_MS + 4, by="bob", via="accounts remove")
    assert not command.note("S1", now_ms=NOW_MS + 5, by="carol", via="accounts remove")
    assert story(ready)[1:] == [
        (2, CHANGED, "alice", "accounts edit"),
        (3, REMOVED, "bob", "accounts remove"),
    ]


def test_an_old_change_by_hand_is_not_put_down_to_who_comes_later(ready: Documents) -> None:
    changes = AccountChanges(ready)
    look(changes, ready)
    assert not changes.note("S1", now_ms=NOW_MS + 60_000, by="alice", via="accounts edit")
    assert story(ready) == [(1, FIRST_SEEN, "", "")]


@pytest.mark.parametrize(
    ("created", "kind"), [(WRITTEN, ADDED), (WRITTEN - timedelta(days=1), FIRST_SEEN)]
)
def test_a_document_that_its_program_says_is_new_was_added(
    ready: Documents, created: datetime, kind: str
) -> None:
    edit(ready, created_at=created, updated_at=WRITTEN, updated_by="alice, accounts add")
    assert AccountChanges(ready).note("S1", now_ms=NOW_MS)
    assert story(ready) == [(1, kind, "alice", "accounts add")]


def test_nothing_is_recorded_of_an_account_that_never_was(ready: Documents) -> None:
    assert not AccountChanges(ready).note("Nobody", now_ms=NOW_MS, by="alice")


def test_a_password_that_was_written_down_is_not_copied(ready: Documents) -> None:
    edit(ready, password="hunter2")
    changes = AccountChanges(ready)
    look(changes, ready)
    assert look(changes, ready, 1) == 0
    assert "hunter2" not in str(changes.of("S1"))


def test_many_who_look_at_once_record_each_change_once(
    ready: Documents, running_server: Server
) -> None:
    def watch() -> None:
        with opened(running_server.uri, ready.name) as database:
            changes = AccountChanges(database)
            look(changes, database)
            started.wait()
            while not ended.is_set():
                look(changes, database)
                changes.note("S1", now_ms=NOW_MS, by="alice")

    ended, started = threading.Event(), threading.Barrier(5)
    watchers = [threading.Thread(target=watch) for _ in range(4)]
    for watcher in watchers:
        watcher.start()
    started.wait()
    for number in range(100, 160):
        edit(ready, magic_number=number)
    ended.set()
    for watcher in watchers:
        watcher.join()
    look(AccountChanges(ready), ready)

    records = AccountChanges(ready).of("S1")
    assert [record["number"] for record in records] == list(range(1, len(records) + 1))
    for before, after in itertools.pairwise(records):
        (change,) = after["changes"]
        assert change["before"] == before["document"]["magic_number"]
        assert change["after"] == after["document"]["magic_number"] != change["before"]
    assert records[-1]["document"]["magic_number"] == 159
