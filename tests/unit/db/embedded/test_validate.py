"""`validate` finds an index that is not as its documents say."""

from pathlib import Path
from typing import Any

import pytest

from db.embedded.answering.commands import execute
from db.embedded.answering.cursors import Cursors
from db.embedded.answering.requests import Caller, House
from db.embedded.file.storage import Storage
from db.embedded.holding.engine import Engine
from utils.clock import SystemClock


@pytest.mark.parametrize(
    ("drops", "adds", "found"),
    [
        (False, False, (True, 0, 0)),
        (True, False, (False, 1, 0)),
        (False, True, (False, 0, 1)),
    ],
    ids=["sound", "an entry is missing", "an entry too many"],
)
def test_an_index_is_compared_with_its_documents(
    tmp_path: Path, drops: bool, adds: bool, found: tuple[bool, int, int]
) -> None:
    with Storage(tmp_path / "embedded.db") as storage:
        clock = SystemClock()
        house = House(Engine(storage), Cursors(first=1), clock, clock.now(), process=1)
        ask(house, {"insert": "t", "documents": [{"_id": 1, "a": 1}, {"_id": 2, "a": 2}]})
        ask(house, {"createIndexes": "t", "indexes": [{"key": {"a": 1}, "name": "a_1"}]})
        index = house.engine.existing("d", "t").indexes["a_1"]
        if drops:
            index.drop(1, index.entries({"a": 1}))
        if adds:
            index.add(9, index.entries({"a": 9}))

        told = ask(house, {"validate": "t"})

    missing, extra = told["missingIndexEntries"], told["extraIndexEntries"]
    assert (told["valid"], len(missing), len(extra)) == found
    assert told["indexDetails"] == {"_id_": {"valid": True}, "a_1": {"valid": found[0]}}


def ask(house: House, command: dict[str, Any]) -> dict[str, Any]:
    return execute({**command, "$db": "d"}, None, house, Caller())
