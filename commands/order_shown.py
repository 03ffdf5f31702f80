"""Waits until `status` shows what an order has done: the two shall not contradict each other."""

import contextlib
from collections.abc import Mapping
from typing import Any

import msgspec
from pymongo.database import Database

from commands.swarm_database import NoSwarm, swarm_database
from config import Config
from db.clients import DATABASE_ERRORS
from db.latches import Latches
from db.nodes import Nodes
from domain.policies import Latch, TradingState
from messaging.waiting import SocketWaiter
from utils.clock import monotonic_s

SHOWN_WITHIN_S = 2.0
LOOK_EVERY_S = 0.05


class Awaited(msgspec.Struct, frozen=True, kw_only=True):
    """The kill switch an order leaves; `by_node` where a node that runs reports it."""

    state: TradingState
    by_node: bool


def wait_until_shown(awaited: Mapping[str, Awaited], config: Config) -> None:
    """Two seconds at most: the order itself is carried out already."""
    deadline_s, waiter = monotonic_s() + SHOWN_WITHIN_S, SocketWaiter()
    # A silent database shows nothing to `status` either, which says so itself.
    with contextlib.suppress(NoSwarm, *DATABASE_ERRORS), swarm_database(config) as database:
        while not _is_shown(awaited, database) and monotonic_s() < deadline_s:
            waiter.wait([], LOOK_EVERY_S)


def _is_shown(awaited: Mapping[str, Awaited], database: Database[dict[str, Any]]) -> bool:
    stored = Latches(database).all()
    reported = {str(n["name"]): dict(n.get("latch", {})) for n in Nodes(database).all()}
    return all(
        stored.get(name, Latch()).state is one.state
        and (not one.by_node or reported.get(name, {}).get("state") == one.state.value)
        for name, one in awaited.items()
    )
