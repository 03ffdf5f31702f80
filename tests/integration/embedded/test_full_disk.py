"""When the file takes no more, nothing is acknowledged and the server ends."""

import asyncio
import sqlite3
from pathlib import Path

import pytest

from db.embedded import wire
from db.embedded.cursors import Cursors
from db.embedded.engine import Engine
from db.embedded.requests import House
from db.embedded.keeping import CommitFailed
from db.embedded.server import Server
from db.embedded.storage import Storage
from utils.clock import SystemClock

pytestmark = pytest.mark.integration


class FullDisk(Storage):
    """Takes changes down and cannot write them."""

    def commit(self) -> None:
        raise sqlite3.OperationalError("database or disk is full")


async def acknowledged(storage: Storage) -> bytes:
    clock = SystemClock()
    server = Server(House(Engine(storage), Cursors(1), clock, clock.now(), 1))
    port = await server.listen(0)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    insert = {"insert": "t", "documents": [{"_id": 1}], "$db": "x"}
    writer.write(wire.encode_message(insert, request=1))
    try:
        answer = await reader.read()
    except ConnectionError:
        answer = b""
    writer.close()
    with pytest.raises(CommitFailed):
        await server.stopped
    return answer


def test_a_write_that_cannot_be_kept_is_not_acknowledged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with FullDisk(tmp_path / "embedded.db") as storage:
        assert asyncio.run(acknowledged(storage)) == b""
    assert "disk is full" in caplog.text
    with Storage(tmp_path / "embedded.db") as storage:
        assert Engine(storage).database_names() == []
