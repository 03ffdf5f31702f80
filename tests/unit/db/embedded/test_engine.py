"""The catalogue as it comes back from the file."""

from pathlib import Path

import pytest

from db.embedded.file.opening import StorageError
from db.embedded.file.storage import Storage
from db.embedded.holding.engine import Engine


def test_rules_of_another_version_are_told_by_collection_and_left_alone(tmp_path: Path) -> None:
    with Storage(tmp_path / "embedded.db") as storage:
        accounts = Engine(storage).create("prop", "accounts", {})
        rules = {"validator": {"$jsonSchema": {"properties": {"a": {"keywordOfTomorrow": 1}}}}}
        storage.describe(accounts.number, accounts.description() | {"options": rules})
        storage.commit()
    with (
        Storage(tmp_path / "embedded.db") as storage,
        pytest.raises(StorageError, match=r"prop\.accounts .*keywordOfTomorrow"),
    ):
        Engine(storage)
