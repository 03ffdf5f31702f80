"""The database of this machine's swarm, for commands that only look or write a line."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pymongo.database import Database

from config import Config
from db.connecting import DatabaseFault, Silent, opened, recall, settle
from db.embedded.starting import running, stop
from nodes.supervisor import pid_file
from utils.os_signals import born


class NoSwarm(Exception):  # noqa: N818 - it says what happened
    """There is no database to ask; the text says what to do."""


@contextmanager
def swarm_database(config: Config) -> Iterator[Database[dict[str, Any]]]:
    """The database; an embedded one that had to be started for this is ended again."""
    was_running = running(config.state) is not None
    try:
        place = _place(config)
        with opened(place[0], place[1]) as database:
            yield database
    finally:
        if not was_running and not launcher_runs(config):
            stop(config.state)


def launcher_runs(config: Config) -> bool:
    """Whether a launcher is at work on this state folder."""
    found = pid_file.read(config.state)
    return found is not None and born(found.supervisor.pid) == found.supervisor.birth


def control_address(config: Config) -> str:
    """Where the launcher hears orders; empty where none runs."""
    found = pid_file.read(config.state)
    return found.supervisor.control if found is not None and launcher_runs(config) else ""


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
