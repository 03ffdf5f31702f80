"""One node on its machine: started, turned, paused, killed, started again."""

import traceback
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import msgspec

from db.journal import Journal
from decisions.account_documents import parse_account
from domain.control import FromNode, Settings, ToNode
from domain.ids import NodeName
from domain.market import Identity
from domain.policies import AccountSettings, Role
from domain.records import JournalUnwritable
from domain.verdicts import Verdict
from messaging import wire
from nodes.account_reader import AccountReader
from nodes.master_loop import MasterLoop, MasterParts
from nodes.slave_loop import SlaveLoop, SlaveParts
from terminal.mt5 import Mt5Terminal
from tests.simulation.brokers import Brokers
from tests.simulation.journals import Disk, WatchedJournal
from tests.simulation.kernel import Kernel, OwnTime
from tests.simulation.network import Inlet, Outlet, Wire
from tests.simulation.terminals import Interruptions, client_of
from utils.clock import SystemClock

SWARM = "simulated-swarm"
CONNECT_EVERY_US = 2_000_000
#: Of a node that ends by an error of its own again and again, enough is known.
ENOUGH_FAULTS = 3
SHORTEST_REST_US = 1_000
LONGEST_LOOK_S = 0.5
SUPERVISOR_PATIENCE_S = 15.0


class NodeKilled(BaseException):
    """kill -9: no handler of ours hears of it."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a node lives: the same over all its lives."""

    name: str
    role: Role
    number: int
    terminal: str
    identity: Identity
    folder: Path


class OwnControlLine:
    """A nodes.ports.ControlLine; every word goes through bytes."""

    def __init__(self, heard: Callable[[FromNode], None], told: Callable[[ToNode], None]) -> None:
        """`heard`: what the node says; `told`: each word to it, once it has read it."""
        self._heard = heard
        self._told = told
        self._orders: list[bytes] = []

    def say(self, message: FromNode) -> None:
        read = wire.decode_from_node(wire.encode(message))
        assert not isinstance(read, wire.Malformed), read
        self._heard(read)

    def tell(self, message: ToNode) -> None:
        """The supervisor's word."""
        self._orders.append(wire.encode(message))

    def drain(self) -> list[ToNode]:
        orders, self._orders = self._orders, []
        read: list[ToNode] = [wire.decode_to_node(body) for body in orders]  # type: ignore[misc]
        for message in read:
            self._told(message)
        return read

    def waitables(self) -> tuple[object, ...]:
        return ()

    def close(self) -> None:
        """Nothing to close."""


class Life(Interruptions):
    """One process of a node, from its start to its end."""

    def __init__(self, host: "Host") -> None:
        self._host = host
        self.is_over = False

    def before(self, verb: str) -> None:
        self.touch(f"before {verb}")

    def after(self, verb: str) -> None:
        self.touch(f"after {verb}")

    def touch(self, where: str) -> None:
        """A moment to die in."""
        host = self._host
        if self.is_over:
            raise NodeKilled(where)
        host.pass_time()
        if self.is_over or host.dies_here(where):
            raise NodeKilled(where)


class Host:
    """Keeps one node going; the supervisor decides when it is started."""

    def __init__(self, kernel: Kernel, brokers: Brokers, place: Place, wires: list[Wire]) -> None:
        self.place = place
        self.time = OwnTime(kernel.dice("steady", place.name).randint(1, 10**9))
        self.disk = Disk(place.folder, place.name)
        self.loop: Any = None
        self.journal: Journal | None = None
        self.control: OwnControlLine | None = None
        self.faults: list[str] = []
        self.crash_after_touches: int | None = None
        self.sleeps_us = 0
        self.told_us = 0
        """When it last read a word of its supervisor's."""
        self.told_last: Settings | None = None
        self.on_document: Callable[[Mapping[str, Any] | None], None] = lambda _: None
        self.heard: Callable[[str, FromNode], None] = lambda _name, _said: None
        self.on_published: Callable[[Any], None] = lambda _: None
        self.on_verdict: Callable[[Verdict], None] = lambda _: None
        self._kernel = kernel
        self._brokers = brokers
        self._wires = wires
        self._ends: Inlet | Outlet | None = None
        self._life: Life | None = None
        self._is_busy = self._is_poked = False
        self._wake = 0

    @property
    def name(self) -> str:
        return self.place.name

    @property
    def lives(self) -> bool:
        """The process is there, ready or not."""
        return self._life is not None

    def start(self, told: Settings) -> None:
        """A new process; it waits for its terminal as long as it takes."""
        if len(self.faults) >= ENOUGH_FAULTS:
            return
        self._life = life = Life(self)
        self._is_busy = False
        self.control = OwnControlLine(lambda said: self.heard(self.name, said), self._has_read)
        self._has_read(told)
        self._kernel.trace.note("start", self.name)
        door = Mt5Terminal(
            client_of(self.place.number, self._brokers, self.place.terminal, life),
            path=self.place.terminal,
            expected=self.place.identity,
        )
        self._kernel.after(0, lambda: self._run(life, lambda: self._begin(life, door, told)))

    def _begin(self, life: Life, door: Mt5Terminal, told: Settings) -> None:
        identity = door.connect()
        if identity != self.place.identity:
            again = lambda: self._run(life, lambda: self._begin(life, door, told))  # noqa: E731
            self._kernel.after(CONNECT_EVERY_US, again)
            return
        latest = [m for m in self._control().drain() if isinstance(m, Settings)]
        told = (latest or [told])[-1]
        self.journal = Journal(self.disk.path, SWARM, self.name)
        journal = WatchedJournal(self.disk, self.journal, life.touch, self._answered)
        make = self._master if self.place.role is Role.MASTER else self._slave
        self.loop = make(told, door, journal)
        self._sleep(life, 0)

    def _master(self, told: Settings, door: Any, journal: Any) -> MasterLoop:
        outlet = Outlet(NodeName(self.name), self._wires, self.poke)
        outlet.on_published = self.on_published
        self._ends = outlet
        return MasterLoop(
            MasterParts(
                name=NodeName(self.name),
                pid=1,
                door=door,
                outlet=outlet,
                journal=journal,
                control=self._control(),
                clock=SystemClock(),
                longest_look_s=LONGEST_LOOK_S,
                expected=self.place.identity,
                known_epochs=(told.last_epoch,),
            )
        )

    def _slave(self, told: Settings, door: Any, journal: Any) -> SlaveLoop:
        self._ends = inlet = Inlet(self._wires, self.poke)
        settings = _settings(told.document) or _settings(journal.settings())
        assert settings is not None, "documents are edited, never broken"
        return SlaveLoop(
            SlaveParts(
                name=NodeName(self.name),
                pid=1,
                swarm=SWARM,
                door=door,
                inlet=inlet,
                journal=journal,
                control=self._control(),
                clock=SystemClock(),
                identity=self.place.identity,
                accounts=AccountReader(parse_account),
                settings=settings,
                told=told,
                has_supervisor=True,
            )
        )

    def tell(self, message: ToNode) -> None:
        """The supervisor says something; heard when the loop comes to it."""
        if self.control is not None and self.lives:
            self.control.tell(message)
            self.poke()

    def _has_read(self, message: ToNode) -> None:
        self.told_us = self._kernel.now_us
        if isinstance(message, Settings):
            self.told_last = message
            self.on_document(message.document)

    def poke(self) -> None:
        """Something can be read: the rest is over."""
        if self._is_busy:
            self._is_poked = True
        elif self._life is not None and self.loop is not None:
            self._sleep(self._life, 0)

    def pause(self, us: int) -> None:
        """SIGSTOP, and SIGCONT after a while: in the middle of a call, or before the next turn."""
        self.sleeps_us += us

    def pass_time(self) -> None:
        """Stopped: the clocks go on, and nobody else waits."""
        us, self.sleeps_us = self.sleeps_us, 0
        self._kernel.wait(us)

    def dies_here(self, where: str) -> bool:
        """A crash that was ordered for the so many-th moment from then on."""
        if self.crash_after_touches is None:
            return False
        self.crash_after_touches -= 1
        if self.crash_after_touches >= 0:
            return False
        self.crash_after_touches = None
        self._kernel.trace.note("dies", self.name, where)
        return True

    def kill(self) -> None:
        """kill -9, whatever it is doing."""
        if self._life is None:
            return
        self._kernel.trace.note("kill", self.name)
        self._life.is_over = True
        self._end()

    def _end(self) -> None:
        self._life = self.loop = None
        self.sleeps_us = 0
        for pipe in [p for p in self._brokers.pipes if p.key == self.place.terminal]:
            pipe.close()
        if self._ends is not None:
            self._ends.close()
            self._ends = None
        if self.journal is not None:
            self.journal.close()
            self.journal = None
        self.on_end()

    on_end: Callable[[], None] = staticmethod(lambda: None)

    def _answered(self, verdict: Verdict) -> None:
        said = f"{verdict.event} {verdict.leg.opening_order} {verdict.stamp.epoch}."
        said += f"{verdict.stamp.seq}: {verdict.kind.value} {verdict.reason.value} {verdict.detail}"
        self._kernel.trace.note("verdict", self.name, said)
        self._kernel.trace.counts[f"verdict {verdict.kind.value}"] += 1
        self.on_verdict(verdict)

    def _sleep(self, life: Life, us: int) -> None:
        self._wake += 1
        wake = self._wake
        self._kernel.after(us, lambda: self._turn(life, wake))

    def _turn(self, life: Life, wake: int) -> None:
        if wake == self._wake and life is self._life:
            self._run(life, lambda: self._step(life))

    def _step(self, life: Life) -> None:
        self.pass_time()
        if life.is_over:
            raise NodeKilled("while it was stopped")
        self._is_poked = False
        self.loop.step()
        rest_us = max(SHORTEST_REST_US, int(self.loop.rest_s() * 1_000_000) + 1)
        self._sleep(life, SHORTEST_REST_US if self._is_poked else rest_us)

    def _run(self, life: Life, act: Callable[[], None]) -> None:
        """What the process does, on its own clocks, until it is over with it."""
        if life is not self._life:
            return
        if self._is_busy:
            self._kernel.after(SHORTEST_REST_US, lambda: self._run(life, act))
            return
        self._is_busy = True
        try:
            with self._kernel.on_the_clock_of(self.time):
                act()
        except NodeKilled:
            self._over(life)
        except JournalUnwritable:
            self._kernel.trace.note("ends", self.name, "journal")
            self._over(life)
        except Exception:  # noqa: BLE001 - a process ends by whatever it did not expect
            if not life.is_over:
                self.faults.append(traceback.format_exc())
                self._kernel.trace.note("crashed", self.name)
            self._over(life)
        finally:
            if life is self._life:
                self._is_busy = False

    def _over(self, life: Life) -> None:
        life.is_over = True
        if life is self._life:
            self._end()

    def _control(self) -> OwnControlLine:
        assert self.control is not None
        return self.control


def _settings(document: Any) -> AccountSettings | None:
    read = None if document is None else parse_account(document)
    return read if isinstance(read, AccountSettings) else None
