"""The master of a measurement: the real loop over a broker that answers at once."""

import os
from collections.abc import Sequence
from pathlib import Path

import config as machine
from bench.instant_broker import InstantBroker
from db.journal import Journal, journal_path
from domain.book import Stamp
from domain.ids import NodeName
from domain.market import Identity
from domain.signals import Fact
from messaging.control import ControlLine
from messaging.publisher import Publisher
from nodes.master_loop import MasterLoop, MasterParts
from terminal.mt5 import Mt5Terminal
from utils.clock import SystemClock

NAME = NodeName("Bench_Master")
SWARM = "bench"
SYMBOL = "XAUUSD"
IDENTITY = Identity(7001, "Bench-Master")


class Master:
    """Opens and closes positions, and lets its loop see and tell them."""

    def __init__(self, state: Path, control: str) -> None:
        """Listen on any free ports."""
        self._broker = InstantBroker(IDENTITY.login, IDENTITY.server, SYMBOL)
        self._journal = Journal(journal_path(state, NAME), SWARM, NAME)
        self._outlet = Publisher(NAME)
        self._line = ControlLine(NAME, control)
        self.addresses = self._outlet.addresses()
        self._told = Stamp(0, 0)
        self._loop = MasterLoop(
            MasterParts(
                name=NAME,
                pid=os.getpid(),
                door=Mt5Terminal(
                    self._broker.as_module(hints=True), path=SYMBOL, expected=IDENTITY
                ),
                outlet=self._outlet,
                journal=self._journal,
                control=self._line,
                clock=SystemClock(),
                longest_look_s=machine.MASTER_POLL_INTERVAL_MS / 1000,
                expected=IDENTITY,
                known_epochs=(),
            )
        )

    def open_position(self) -> None:
        """A person opens; the loop sees it at once, and tells."""
        self._broker.open_position()
        self._loop.step()

    def close_positions(self) -> None:
        """A person closes everything."""
        self._broker.close_positions()
        self._loop.step()

    def newly_told(self) -> list[Fact]:
        """The facts told since the last question, from the journal."""
        facts = self._journal.facts_since(self._told)
        if facts:
            self._told = facts[-1].stamp
        return facts

    def step(self) -> None:
        """What else is due: heartbeats, snapshots, looks."""
        self._loop.step()

    def rest_s(self) -> float:
        """How long nothing is due."""
        return self._loop.rest_s()

    def waitables(self) -> Sequence[object]:
        """What ends the rest early."""
        return self._loop.waitables()

    def close(self) -> None:
        """Let go of everything."""
        self._loop.finish()
        self._outlet.close()
        self._line.close()
        self._journal.close()
