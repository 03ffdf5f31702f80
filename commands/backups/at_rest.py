"""Makes sure that nobody works on a database before it is replaced or left."""

from datetime import datetime
from typing import Any

from pymongo.database import Database

from commands.swarm_at_work import launcher_runs
from config import Config
from db.journal_in_use import accounts_at_work
from db.moments import ms_of_date
from db.nodes import Nodes
from messaging.waiting import SocketWaiter
from nodes.supervisor import pid_file
from utils.clock import monotonic_s, utc_ms
from utils.os_signals import born

REPORTED_LATELY_MS = 60_000
# Whoever runs by hand reports every second; one a launcher runs at least every five.
LOOK_FOR_S = 6.0
LOOK_EVERY_S = 0.2


class AtWork(Exception):  # noqa: N818 - it says what happened
    """Somebody uses the database; the text says who, and what to do."""


def insist_on_rest_here(config: Config) -> None:
    """No launcher of this folder runs, nor a node: one left behind, or one started by hand."""
    if launcher_runs(config):
        raise AtWork(
            f"launcher: wanted none at work on {config.state}, found one running. "
            "Stop it first (Ctrl+C in its window)."
        )
    found = pid_file.read(config.state)
    for name, entry in ({} if found is None else found.nodes).items():
        if born(entry.pid) == entry.birth:
            raise AtWork(
                f"account {name}: wanted no node at work, found process {entry.pid}, which a "
                "launcher left behind. Start the launcher and stop it again (Ctrl+C)."
            )
    if at_work := accounts_at_work(config.state):
        raise AtWork(
            f"account {', '.join(at_work)}: wanted no node at work on {config.state}, found its "
            "journal open. Stop the nodes that were started by hand first."
        )


def insist_on_no_node(database: Database[dict[str, Any]]) -> None:
    """No node, started by hand or on another machine, goes on reporting to this database."""
    before = _reports(database)
    newest_ms = max((ms_of_date(sent) for sent in before.values()), default=0)
    if utc_ms() - newest_ms > REPORTED_LATELY_MS:
        return
    deadline_s, waiter = monotonic_s() + LOOK_FOR_S, SocketWaiter()
    while monotonic_s() < deadline_s:
        waiter.wait([], LOOK_EVERY_S)
        at_work = [name for name, sent in _reports(database).items() if sent != before.get(name)]
        if at_work:
            raise AtWork(
                f"account {', '.join(at_work)}: wanted no node at work on database "
                f"{database.name}, found a report of this moment. Stop the nodes that were "
                "started by hand, and the launchers of other machines, first."
            )


def _reports(database: Database[dict[str, Any]]) -> dict[str, datetime | None]:
    return {str(node["name"]): node.get("sent_at") for node in Nodes(database).all()}
