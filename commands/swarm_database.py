"""The database of this machine's swarm, for commands that only look or write a line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo.database import Database

from commands.visiting import visit
from config import Config
from db.clients import opened
from db.connecting import Silent, settle
from db.remembered import DatabaseFault, recall


class NoSwarm(Exception):  # noqa: N818 - it says what happened
    """There is no database to ask; the text says what to do."""


@contextmanager
def swarm_database(config: Config) -> Iterator[Database[dict[str, Any]]]:
    """The database; an embedded one that had to be started for this is ended again."""
    with visit(config):
        place = _place(config)
        with opened(place[0], place[1]) as database:
            yield database


def _place(config: Config) -> tuple[str, str]:
    if recall(config.state) is None and not config.mongo_uri_is_set:
        raise NoSwarm(
            f"No swarm was ever set up in {config.state}. Run: python setup_db.py "
            "(or set MURMURATION_STATE to the folder of the one you mean)"
        )
    try:
        found = settle(config)
    except DatabaseFault as fault:
        raise NoSwarm(str(fault)) from fault
    if isinstance(found, Silent):
        raise NoSwarm(found.why)
    return found.uri, found.database_name
