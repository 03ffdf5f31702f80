"""One of the two kinds of database a swarm can live in, opened for a command."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, NamedTuple

from pymongo.database import Database

from commands.swarm_database import NoSwarm
from commands.visiting import visit
from config import Config
from db.clients import COPYING_MS, DATABASE_ERRORS, opened
from db.connecting import embedded_address, not_answering
from db.embedded.starting import CannotStart
from db.remembered import EMBEDDED
from utils.redaction import redacted


class Place(NamedTuple):
    """A database that answers, and how to call it."""

    kind: str
    uri: str
    database: Database[dict[str, Any]]

    @property
    def shown(self) -> str:
        """For a person."""
        return f"{self.kind} database {self.database.name} at {redacted(self.uri)}"


@contextmanager
def database_at(config: Config, kind: str) -> Iterator[Place]:
    """Where databases of this kind are; an embedded server started for this is ended again."""
    if kind != EMBEDDED:
        with _patiently_opened(config.mongo_uri, config) as database:
            _insist_on_an_answer(config, database)
            yield Place(kind, config.mongo_uri, database)
        return
    with embedded_server(config) as uri, _patiently_opened(uri, config) as database:
        yield Place(kind, uri, database)


def _patiently_opened(uri: str, config: Config) -> AbstractContextManager[Database[dict[str, Any]]]:
    return opened(uri, config.database_name, answer_ms=COPYING_MS)


def _insist_on_an_answer(config: Config, database: Database[dict[str, Any]]) -> None:
    try:
        database.command("ping")
    except DATABASE_ERRORS as fault:
        raise NoSwarm(not_answering(config.mongo_uri, fault)) from fault


@contextmanager
def embedded_server(config: Config) -> Iterator[str]:
    """The embedded server's address; one that had to be started is ended with the block."""
    with visit(config):
        try:
            address = embedded_address(config)
        except CannotStart as fault:
            raise NoSwarm(str(fault)) from fault
        yield address
