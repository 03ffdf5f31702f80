"""One look at the database: is it ours, and what do all accounts, orders and nodes stand at?"""

from collections.abc import Collection
from typing import Any, NamedTuple

import msgspec
from pymongo.database import Database

from db.commands import Commands, Pending
from db.identity import swarm_of
from db.latches import Latches
from db.nodes import Nodes, addresses_of, epochs_of
from db.plain_documents import plain
from db.schema import ACCOUNTS, TRADES
from domain.policies import Latch

Document = dict[str, Any]


class AnotherDatabase(Exception):  # noqa: N818 - it says what happened
    """What answers where our database was is not ours."""


class Sight(msgspec.Struct, frozen=True, kw_only=True):
    """What the database said at one look."""

    documents: tuple[Document, ...] = ()
    latches: dict[str, Latch] = {}
    addresses: dict[str, tuple[str, str]] = {}
    epochs: dict[str, int] = {}
    pending: tuple[Pending, ...] = ()
    held_masters: frozenset[str] = frozenset()


class Look(NamedTuple):
    """What is acted on, and the account documents as they are stored."""

    sight: Sight
    stored: list[Document]


def look(database: Database[Document]) -> Look:
    """Everything at once; the effort does not grow with history."""
    stored = list(database[ACCOUNTS].find().sort("name", 1))
    nodes = Nodes(database).all()
    held = database[TRADES].distinct("master_name", {"status": "OPEN"})
    sight = Sight(
        documents=tuple(plain(document) for document in stored),
        latches=Latches(database).all(),
        addresses=addresses_of(nodes),
        epochs=epochs_of(nodes),
        pending=tuple(Commands(database).pending()),
        held_masters=frozenset(str(name) for name in held if name),
    )
    return Look(sight, stored)


def insist_on_ours(database: Database[Document], swarm_ids: Collection[str]) -> None:
    """A client finds a server again by its address: another may stand there by then (law 12).

    Raises AnotherDatabase; asked before anything is written or believed.
    """
    found = swarm_of(database)
    if found not in swarm_ids:
        raise AnotherDatabase(
            f"wanted the database of swarm {', '.join(swarm_ids)}, found one of "
            f"{found or 'no swarm'} in its place"
        )
