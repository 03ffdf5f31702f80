"""Any command with any value in any field is answered; the server never fails on one."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from bson import Decimal128, Int64, MinKey, ObjectId, Regex

from db.embedded.answering.commands import COMMANDS, Command, execute
from db.embedded.answering.cursors import Cursors
from db.embedded.answering.requests import Caller, House
from db.embedded.file.storage import Storage
from db.embedded.holding.engine import Engine
from utils.clock import SystemClock

FAILED_INSIDE = 1
NEEDED: dict[str, dict[str, Any]] = {
    "insert": {"documents": [{"x": 1}]},
    "update": {"updates": [{"q": {}, "u": {"$set": {"b": 1}}}]},
    "delete": {"deletes": [{"q": {"_id": 9}, "limit": 1}]},
    "aggregate": {"pipeline": [], "cursor": {}},
    "distinct": {"key": "a"},
    "findAndModify": {"update": {"$set": {"c": 1}}},
    "createIndexes": {"indexes": [{"key": {"q": 1}, "name": "q_1"}]},
    "renameCollection": {"to": "d.z"},
    "getMore": {"collection": "t"},
    "killCursors": {"cursors": []},
}
TARGETS: dict[str, Any] = {
    "renameCollection": "d.t",
    "dataSize": "d.t",
    "explain": {"find": "t"},
    "getMore": Int64(5),
}
ALWAYS = frozenset({"comment", "maxTimeMS", "readConcern", "writeConcern", "lsid", "collation"})
VALUES: tuple[Any, ...] = (
    None, 0, -1, 1.5, float("nan"), float("inf"), 2**40, "", "x", True, [], [1], {}, {"a": 1},
    {"$a": 1}, [{}], [{"a": 1}], [{"$match": {}}], Decimal128("NaN"), Regex("("), ObjectId(), b"x",
    MinKey(), {"w": []}, {"level": 5}, {"name": "a_1", "expireAfterSeconds": float("nan")},
)  # fmt: skip


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    with Storage(tmp_path / "embedded.db") as storage:
        clock = SystemClock()
        yield House(Engine(storage), Cursors(first=1), clock, clock.now(), process=1)


@pytest.mark.parametrize("command", COMMANDS, ids=[command.name for command in COMMANDS])
def test_a_command_with_nonsense_in_a_field_is_answered(command: Command, house: House) -> None:
    for field in sorted({command.name, *command.fields, *ALWAYS}):
        for value in VALUES:
            ask(house, {"insert": "t", "documents": [{"_id": 1, "a": 1}], "$db": "d"})
            asked = {command.name: TARGETS.get(command.name, "t"), **NEEDED.get(command.name, {})}

            reply = ask(house, {**asked, "$db": "d", field: value})

            assert reply.get("code") != FAILED_INSIDE, f"{field}={value!r}: {reply}"


def ask(house: House, command: dict[str, Any]) -> dict[str, Any]:
    return execute(command, None, house, Caller())
