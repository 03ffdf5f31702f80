"""What stands in for the supervisor when a node is started by hand: it asks the database itself."""

import logging
import queue
import threading
from collections.abc import Sequence

from db.accounts import Accounts
from db.commands import Commands
from db.connecting import DATABASE_ERRORS, Chosen, opened
from db.latches import Latches
from db.nodes import Nodes
from domain.control import CommandDone, FromNode, NodeReport, Settings, ToNode
from domain.policies import Role
from utils.clock import utc_ms

logger = logging.getLogger(__name__)

ASK_EVERY_S = 1.0
LAST_WORDS_S = 2.0


def settings_of(name: str, chosen: Chosen) -> Settings:
    """What the database says of an account, as the supervisor would have told it."""
    with opened(chosen.uri, chosen.database_name) as database:
        documents = Accounts(database).all()
        masters = [d for d in documents if d.get("type") == Role.MASTER.value and d.get("enabled")]
        nodes = Nodes(database)
        return Settings(
            document=next((d for d in documents if d.get("name") == name), None),
            masters=nodes.addresses(),
            all_masters=tuple(str(d.get("name")) for d in masters),
            latch=Latches(database).of(name),
            last_epoch=nodes.last_epoch(name),
            addresses=nodes.addresses().get(name),
            swarm=chosen.swarm,
            swarm_ids=chosen.swarm_ids,
            embedded_uri=chosen.uri if chosen.kind == "embedded" else "",
        )


class ByHandLine:
    """Satisfies nodes.ports.ControlLine; all database calls are in a thread of its own."""

    def __init__(self, name: str, chosen: Chosen, told: Settings) -> None:
        """`told` is what the node starts with; only what differs from it is passed on."""
        self._name = name
        self._chosen = chosen
        self._told = told
        self._heard: queue.SimpleQueue[ToNode] = queue.SimpleQueue()
        self._said: queue.SimpleQueue[FromNode] = queue.SimpleQueue()
        self._passed_on: set[str] = set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._run, name="by_hand", daemon=True)
        self._thread.start()

    def say(self, message: FromNode) -> None:
        """To be written to the database soon."""
        self._said.put(message)

    def drain(self) -> list[ToNode]:
        """What the database said since."""
        heard: list[ToNode] = []
        while not self._heard.empty():
            heard.append(self._heard.get())
        return heard

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

    def _turn(self) -> None:
        try:
            self._ask()
            self._write()
        except DATABASE_ERRORS as fault:
            logger.warning("database_silent", extra={"why": str(fault)})

    def _ask(self) -> None:
        told = settings_of(self._name, self._chosen)
        if told != self._told:
            self._told = told
            self._heard.put(told)
        with opened(self._chosen.uri, self._chosen.database_name) as database:
            for pending in Commands(database).pending():
                if pending.account == self._name:
                    self._pass_on(pending.command)

    def _pass_on(self, command: ToNode) -> None:
        key = getattr(command, "command", "")
        if key not in self._passed_on:
            self._passed_on.add(key)
            self._heard.put(command)

    def _write(self) -> None:
        newest: NodeReport | None = None
        with opened(self._chosen.uri, self._chosen.database_name) as database:
            while not self._said.empty():
                message = self._said.get()
                if isinstance(message, NodeReport):
                    newest = message
                elif isinstance(message, CommandDone):
                    Commands(database).mark_done(message.command, message.result, utc_ms())
            if newest is not None:
                Nodes(database).record(newest)
