"""A node's way to its terminal: waits for it, however long, and says meanwhile what it lacks."""

import logging
import os
from collections.abc import Callable

from domain.control import NodeReport, Stop
from domain.market import Identity, Unknowable
from domain.policies import AccountSettings
from messaging.waiting import SocketWaiter
from nodes.ports import ControlLine
from nodes.wiring import PAPER, Door
from paper.admin import AdminError
from paper.starting import PaperBrokerError
from utils.clock import utc_ms
from utils.os_signals import StopRequest

logger = logging.getLogger(__name__)

CONNECT_EVERY_S = 2.0
CONNECTING = "connecting; a terminal that has to be started first may take 100 s"


class Arrival:
    """Tells its supervisor that it waits, and hears whether it shall go on waiting."""

    def __init__(self, settings: AccountSettings, control: ControlLine, stop: StopRequest) -> None:
        """Nothing is touched yet."""
        self._settings = settings
        self._control = control
        self._stop = stop
        self._waiter = SocketWaiter()
        self._told = ""

    def at_door(self, open_door: Callable[[], Door], *, insists: bool) -> Door | None:
        """The door to the terminal; None when told to stop while there was none.

        Of a paper broker that is away nobody's node is to blame. `insists`: a person waits for
        this node, and shall hear at once that there is no broker.
        """
        while not self._stop.requested:
            try:
                return open_door()
            except (PaperBrokerError, AdminError, OSError) as fault:
                if insists or _is_a_refusal(fault):
                    raise
                trouble = f"paper broker: {fault}"
            if self._is_told_to_stop(trouble):
                return None
        return None

    def at_account(self, door: Door) -> Identity | None:
        """Whom the terminal is logged in as, once that is right; None when told to stop."""
        if self._settings.terminal != PAPER:
            self._announce()
        while not self._stop.requested:
            identity = door.terminal.connect()
            trouble = _trouble(identity, door.expected)
            if not trouble and isinstance(identity, Identity):
                return identity
            if self._is_told_to_stop(trouble):
                return None
        return None

    def _is_told_to_stop(self, trouble: str) -> bool:
        """Says what is missing, and waits a moment for it."""
        if trouble != self._told:
            self._told = trouble
            logger.warning("terminal_not_ready", extra={"why": trouble})
        self._control.say(self._report(trouble))
        self._waiter.wait(self._control.waitables(), CONNECT_EVERY_S)
        return any(isinstance(message, Stop) for message in self._control.drain())

    def _announce(self) -> None:
        """MetaTrader's module says nothing while it starts a terminal, and can't be interrupted."""
        path = self._settings.path
        logger.info("connects", extra={"path": path, "note": CONNECTING})
        self._control.say(self._report(f"{CONNECTING} ({path})"))

    def _report(self, trouble: str) -> NodeReport:
        return NodeReport(
            name=self._settings.name,
            role=self._settings.type.value,
            pid=os.getpid(),
            ready=False,
            state="WAITING",
            alarms=(f"terminal: {trouble}",),
            sent_at_ms=utc_ms(),
        )


def _is_a_refusal(fault: Exception) -> bool:
    """The broker answered, and said no; an answer that ends half-way has no code."""
    return isinstance(fault, AdminError) and fault.code != 0


def _trouble(identity: Identity | Unknowable, expected: Identity | None) -> str:
    if isinstance(identity, Unknowable):
        return identity.why
    if expected is not None and identity != expected:
        return (
            f"wanted login {expected.login} at {expected.server}, "
            f"found {identity.login} at {identity.server}"
        )
    return ""
