"""What stands in for the supervisor when a node is started by hand: it asks the database itself."""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from pymongo import MongoClient
from pymongo.database import Database

from db.account_changes import AccountChanges
from db.accounts import Accounts
from db.clients import DATABASE_ERRORS, connect, opened
from db.commands import Commands
from db.connecting import Chosen, Silent
from db.latches import Latches
from db.nodes import Nodes
from db.remembered import EMBEDDED, DatabaseFault
from domain.control import Command, CommandDone, FromNode, NodeReport, Settings, ToNode
from domain.policies import Role
from nodes.supervisor.sight import AnotherDatabase, insist_on_ours
from utils.clock import utc_ms

T = TypeVar("T")

logger = logging.getLogger(__name__)

ASK_EVERY_S = 0.5
NEVER: dict[str, Any] = {}
LAST_WORDS_S = 2.0


def settings_of(name: str, chosen: Chosen) -> Settings:
    """What the database says of an account now, as the supervisor would have told it."""
    with opened(chosen.uri, chosen.database_name) as database:
        return _read(name, chosen, database)


class ByHandLine:
    """Satisfies nodes.ports.ControlLine; all database calls are in a thread of its own."""

    def __init__(
        self,
        name: str,
        place: Chosen | Silent,
        told: Settings,
        settle: Callable[[], Chosen | Silent],
    ) -> None:
        """`told` is what the node starts with; only what differs from it is passed on.

        `settle` finds a database that is away again, starting the embedded one where it is gone.
        """
        self._name = name
        self._place = place
        self._settle = settle
        self._client: MongoClient[dict[str, Any]] | None = None
        self._told = told
        self._heard: queue.SimpleQueue[ToNode] = queue.SimpleQueue()
        self._said: queue.SimpleQueue[FromNode] = queue.SimpleQueue()
        self._passed_on: set[str] = set()
        self._recorded: dict[str, Any] | None = NEVER
        self._unrecorded = ""
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="by_hand", daemon=True)
        self._thread.start()

    def say(self, message: FromNode) -> None:
        """To be written to the database soon."""
        self._said.put(message)

    def drain(self) -> list[ToNode]:
        """What the database said since."""
        return _emptied(self._heard)

    def waitables(self) -> Sequence[object]:
        """None: the loop looks once a second anyway."""
        return ()

    def close(self) -> None:
        """Write the last words and end."""
        self._end.set()
        self._thread.join(LAST_WORDS_S)

    def _run(self) -> None:
        while not self._end.wait(ASK_EVERY_S):
            self._turn()
        self._turn()
        self._let_go()

    def _turn(self) -> None:
        try:
            place = self._found()
            if isinstance(place, Silent):
                self._tell_of_silence(place.why)
                return
            database = self._opened(place)
            insist_on_ours(database, place.swarm_ids)
            self._ask(place, database)
            self._write(database)
        except (*DATABASE_ERRORS, DatabaseFault, AnotherDatabase, OSError) as fault:
            self._tell_of_silence(str(fault))
        except Exception as fault:
            # Something in it cannot be read: nothing opens by it, and the next turn tries again.
            if self._told.database:
                logger.exception("database_not_understood")
            self._tell_of_silence(f"what it holds is not understood: {fault!r}")

    def _found(self) -> Chosen | Silent:
        """Where it was; after a silence it is looked for again."""
        if not self._told.database and self._client is None and not self._end.is_set():
            self._place = self._settle()
        return self._place

    def _opened(self, place: Chosen) -> Database[dict[str, Any]]:
        if self._client is None:
            self._client = connect(place.uri)
        return self._client[place.database_name]

    def _let_go(self) -> None:
        if self._client is not None:
            self._client.close()
            self._client = None

    def _ask(self, place: Chosen, database: Database[dict[str, Any]]) -> None:
        told = _read(self._name, place, database)
        if told != self._told:
            self._tell(told)
        self._record(told.document, database)
        self._hear_orders(database)

    def _tell(self, told: Settings) -> None:
        self._told = told
        self._heard.put(told)

    def _tell_of_silence(self, why: str) -> None:
        """The node closes only, until the database answers again."""
        self._let_go()
        if self._told.database:
            logger.warning("database_silent", extra={"why": why})
            self._tell(msgspec.structs.replace(self._told, database=False))

    def _record(self, document: dict[str, Any] | None, database: Database[dict[str, Any]]) -> None:
        """What changed in our own document; what fails here is tried again and delays nothing."""
        if document == self._recorded:
            return
        try:
            AccountChanges(database).note(self._name, now_ms=utc_ms())
        except DATABASE_ERRORS as fault:
            if str(fault) != self._unrecorded:
                logger.warning("account_changes_not_recorded", extra={"why": str(fault)})
            self._unrecorded = str(fault)
        else:
            self._recorded = document

    def _hear_orders(self, database: Database[dict[str, Any]]) -> None:
        for pending in Commands(database).pending():
            if pending.account == self._name:
                self._pass_on(pending.command)

    def _pass_on(self, command: Command) -> None:
        """Once: the node's answer marks it done, and that takes a turn."""
        if command.command not in self._passed_on:
            self._passed_on.add(command.command)
            self._heard.put(command)

    def _write(self, database: Database[dict[str, Any]]) -> None:
        reports: list[NodeReport] = []
        for message in _emptied(self._said):
            if isinstance(message, NodeReport):
                reports.append(message)
            elif isinstance(message, CommandDone):
                Commands(database).mark_done(message.command, message.result, utc_ms())
        for newest in reports[-1:]:
            Nodes(database).record(newest)


def silent_settings(silent: Silent) -> Settings:
    """What a node starts with whose open copies stand in its journal alone."""
    swarm = next(iter(silent.swarm_ids), "")
    return Settings(document=None, database=False, swarm=swarm, swarm_ids=silent.swarm_ids)


def _read(name: str, chosen: Chosen, database: Database[dict[str, Any]]) -> Settings:
    documents = Accounts(database).all()
    addresses = Nodes(database).addresses()
    return Settings(
        document=next((d for d in documents if d.get("name") == name), None),
        masters=addresses,
        all_masters=tuple(str(d.get("name")) for d in documents if _is_enabled_master(d)),
        latch=Latches(database).of(name),
        last_epoch=Nodes(database).last_epoch(name),
        addresses=addresses.get(name),
        swarm=chosen.swarm,
        swarm_ids=chosen.swarm_ids,
        embedded_uri=chosen.uri if chosen.kind == EMBEDDED else "",
    )


def _is_enabled_master(document: dict[str, Any]) -> bool:
    return document.get("type") == Role.MASTER.value and bool(document.get("enabled", True))


def _emptied(waiting: "queue.SimpleQueue[T]") -> list[T]:
    found: list[T] = []
    while not waiting.empty():
        found.append(waiting.get())
    return found
