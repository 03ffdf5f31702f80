"""The way to the one database a journal belongs to, and to no other that stands in its place."""

from collections.abc import Callable
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from db.clients import connect
from db.identity import swarm_of

Document = dict[str, Any]

PATIENCE_MS = 2000


class AnotherDatabase(Exception):  # noqa: N818 - it says what happened
    """Somebody answers, but not the database this journal belongs to."""


class OurDatabase:
    """The connection to the right database, which is looked at before and after every batch.

    A client finds a server again by its address and says nothing of it: another database may stand
    there by then, and what it took must not be forgotten here.
    """

    def __init__(self, where: Callable[[], str], database_name: str) -> None:
        """`where` says under which address to find it now."""
        self._where, self._uri, self._name = where, "", database_name
        self._client: MongoClient[Document] | None = None

    def database(self, swarm: str) -> Database[Document]:
        """The database, which has just proved to be that of the swarm."""
        self.insist(swarm)
        return self._open()

    def insist(self, swarm: str) -> None:
        """Raise AnotherDatabase where it is not that of the swarm."""
        found = swarm_of(self._open())
        if swarm and found != swarm:
            raise AnotherDatabase(
                f"wanted the database of swarm {swarm}, found one of {found or 'no swarm'}"
            )

    def close(self) -> None:
        """Let go of the connection."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _open(self) -> Database[Document]:
        uri = self._where()
        if not uri:
            raise AnotherDatabase("nobody knows where the embedded database is")
        if self._client is None or uri != self._uri:
            self.close()
            self._uri, self._client = uri, connect(uri, PATIENCE_MS)
        return self._client[self._name]
