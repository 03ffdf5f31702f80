"""What the supervisor and its nodes say to each other over the control sockets."""

from typing import Any

import msgspec

from domain.ids import NodeName
from domain.policies import Latch


class Hello(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """A node has started and asks for its settings."""

    name: NodeName
    role: str
    pid: int
    started_at_ms: int


class NodeReport(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """A node's heartbeat, from its own loop: what it is and how it fares.

    `addresses` are a master's (signals, snapshots); `figures` are numbers for the console.
    """

    name: NodeName
    role: str
    pid: int
    ready: bool
    state: str
    holds: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    open_legs: int = 0
    positions: int = 0
    epoch: int = 0
    seq: int = 0
    latch: Latch = Latch()
    alarms: tuple[str, ...] = ()
    last_verdicts: tuple[str, ...] = ()
    figures: dict[str, float] = {}
    sent_at_ms: int = 0


class CommandDone(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """The node's acknowledgement of an operator's command."""

    name: NodeName
    command: str
    result: str


class OperatorOrder(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """What an operator's own program asks of the supervisor; CommandDone is the answer.

    `name` is the program's, not an account's. The order stands in the database as well, where
    there is one; the same `command` is carried out once.
    """

    name: NodeName
    account: str
    command: str
    kind: str
    by: str
    why: str = ""


class Settings(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """An account's document as it stands in the database now, and where its masters are.

    `document` is None when it was deleted; `masters` maps a master's name to its
    (signals, snapshots) addresses; `last_epoch` is the highest the database knows (masters only);
    `addresses` are those a master shall bind. `embedded_uri` is empty where MONGO_URI holds.
    `close_only` says what is wrong with the document, where nothing may open for that.
    """

    document: dict[str, Any] | None
    masters: dict[str, tuple[str, str]] = {}
    all_masters: tuple[str, ...] = ()
    latch: Latch | None = None
    last_epoch: int = 0
    database: bool = True
    addresses: tuple[str, str] | None = None
    swarm: str = ""
    swarm_ids: tuple[str, ...] = ()
    embedded_uri: str = ""
    close_only: str = ""


class Command(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """An operator's order: `HALT`, `RESUME`, `CLOSE` or `LEAVE`, by whom, and why."""

    command: str
    kind: str
    by: str
    why: str = ""


class SupervisorBeat(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """The supervisor lives."""

    pid: int


class Stop(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """End yourself in order; open legs stay as they are, in the journal."""

    why: str


FromNode = Hello | NodeReport | CommandDone | OperatorOrder
ToNode = Settings | Command | SupervisorBeat | Stop | CommandDone
