"""Archive files: complete or not there, never overwritten, readable by anyone."""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from db.embedded.file.archive import archive_files, archived, write_archive
from db.embedded.file.storage import Storage
from db.embedded.holding.engine import Engine
from db.embedded.holding.history import History, Rules
from db.embedded.values import Document
from db.schema import History as MayGo
from utils.clock import SystemClock

pytestmark = pytest.mark.integration


def test_anyone_can_read_a_file(tmp_path: Path) -> None:
    file = write_archive(tmp_path, "1-2", [{"_id": 1, "text": "Zürich"}, {"_id": 2}])
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        assert [json.loads(line) for line in lines] == [
            {"_id": {"$numberInt": "1"}, "text": "Zürich"},
            {"_id": {"$numberInt": "2"}},
        ]


def test_a_file_that_could_not_be_finished_is_not_there(tmp_path: Path) -> None:
    def documents() -> Iterator[Document]:
        yield {"_id": 1}
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"):
        write_archive(tmp_path, "1-2", documents())
    assert list(tmp_path.iterdir()) == []


def test_what_comes_twice_is_read_in_the_order_it_was_written(tmp_path: Path) -> None:
    folder = tmp_path / "archive" / "d.t"
    for version in (1, 2, 3):
        write_archive(folder, "0001-0002", [{"_id": 1, "version": version}])
    write_archive(folder, "0003-0004", [{"_id": 3, "version": 1}])
    assert [d["version"] for d in archived(tmp_path, "d.t")] == [1, 2, 3, 1]
    assert len(archive_files(tmp_path, "d.t")) == 4


def test_a_commit_that_fails_takes_its_files_back(tmp_path: Path) -> None:
    with Storage(tmp_path / "embedded.db") as storage:
        engine = Engine(storage)
        engine.create("d", "swarm", {})
        history = History(
            engine, SystemClock(), tmp_path, Rules({"t": MayGo()}, beside="swarm", limit=10)
        )
        for number in range(15):
            engine.ensured("d", "t").insert({"_id": number}, storage)
        history.thin()
        assert len(archive_files(tmp_path, "d.t")) == 5
        history.undo()
        assert archive_files(tmp_path, "d.t") == []
