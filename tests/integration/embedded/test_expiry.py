"""A TTL index removes documents whose date has passed, and those alone."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from bson.datetime_ms import DatetimeMS

from db.embedded.file.storage import Storage
from db.embedded.holding.engine import Engine
from db.embedded.holding.expiry import expire
from db.embedded.values import milliseconds

pytestmark = pytest.mark.integration
NOW = datetime(2026, 5, 4, tzinfo=UTC)


def test_a_document_lives_as_long_after_its_date_as_the_index_says(tmp_path: Path) -> None:
    hour, minute = timedelta(hours=1), timedelta(minutes=1)
    at = {
        "long ago": DatetimeMS(-(2**62)),
        "just over": NOW - hour,
        "one element of two": [NOW, NOW - 2 * hour],
        "not yet": NOW - hour + minute,
        "later": NOW + hour,
        "no date": "2020-01-01",
        "null": None,
        "empty": [],
    }
    with Storage(tmp_path / "embedded.db") as storage:
        engine = Engine(storage)
        collection = engine.create("d", "t", {})
        for name, value in at.items():
            collection.insert({"_id": name, "at": value}, storage)
        collection.insert({"_id": "missing"}, storage)
        index = {"key": {"at": 1}, "name": "at_1", "expireAfterSeconds": 3600}
        collection.add_index(index, storage)
        expire(engine, milliseconds(NOW))
        left = [document["_id"] for document in collection.documents.values()]
    assert left == ["not yet", "later", "no date", "null", "empty", "missing"]


def test_a_partial_index_lets_expire_what_it_holds_and_nothing_else(tmp_path: Path) -> None:
    with Storage(tmp_path / "embedded.db") as storage:
        engine = Engine(storage)
        collection = engine.create("d", "t", {})
        for done in (True, False):
            collection.insert({"_id": done, "at": NOW - timedelta(days=9), "done": done}, storage)
        partial = {"partialFilterExpression": {"done": True}}
        index = {"key": {"at": 1}, "name": "at_1", "expireAfterSeconds": 0, **partial}
        collection.add_index(index, storage)
        expire(engine, milliseconds(NOW))
        left = [document["_id"] for document in collection.documents.values()]
    assert left == [False]
