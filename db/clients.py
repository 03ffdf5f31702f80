"""Clients of a database: how long each is patient, and what each may raise."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError

Document = dict[str, Any]

PATIENCE_MS = 5000
COPYING_MS = 600_000  # an index over all of a long history, on a slow disk

DATABASE_ERRORS = (PyMongoError,)
"""What every store may raise: the database did not answer, or refused."""


@contextmanager
def opened(
    uri: str, database_name: str, patience_ms: int = PATIENCE_MS, answer_ms: int = PATIENCE_MS
) -> Iterator[Database[Document]]:
    """The database, for as long as the block lasts; `answer_ms` is for what takes its time."""
    client = connect(uri, patience_ms, answer_ms)
    try:
        yield client[database_name]
    finally:
        client.close()


def connect(
    uri: str, patience_ms: int = PATIENCE_MS, answer_ms: int = PATIENCE_MS
) -> MongoClient[Document]:
    """A client that gives up after a while instead of hanging."""
    return MongoClient(
        uri,
        tz_aware=True,
        # A moment that Python cannot name, in one document, shall not hide all the others.
        datetime_conversion="DATETIME_AUTO",
        appname="murmuration",
        serverSelectionTimeoutMS=patience_ms,
        connectTimeoutMS=patience_ms,
        socketTimeoutMS=max(patience_ms, answer_ms),
    )
