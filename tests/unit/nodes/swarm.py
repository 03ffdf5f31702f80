"""A master's core and a slave's, joined by lists: no socket, no process, a clock that obeys."""

from typing import Any

from domain.control import NodeReport, Settings
from domain.legs import Leg
from domain.market import Side
from domain.policies import AccountSettings
from domain.records import Follow
from domain.signals import Fact, MasterHeartbeat
from domain.verdicts import Verdict, VerdictKind
from messaging.in_memory import InMemoryBus, InMemoryControlLine
from nodes.account_reader import AccountReader
from nodes.master_loop import MasterLoop, MasterParts
from nodes.ports import Recollection
from nodes.slave_loop import SlaveLoop, SlaveParts
from tests.builders import MASTER, MASTER_AT, SLAVE, SLAVE_AT, a_key, some_settings
from tests.fakes import FakeClock, FakeDoor, FakeJournal


class MasterSide:
    """A master core with all its outside made of lists. `known_epochs`: to the database."""

    known_epochs: tuple[int, ...] = ()

    def __init__(self, clock: FakeClock | None = None, bus: InMemoryBus | None = None) -> None:
        self.clock = clock or FakeClock()
        self.bus = bus or InMemoryBus()
        self.door = FakeDoor(MASTER_AT, self.clock)
        self.journal = FakeJournal()
        self.expected = MASTER_AT
        self.start()

    def start(self) -> None:
        """Start the node, or start it again with what its journal kept."""
        self.outlet = self.bus.outlet(MASTER)
        self.control = InMemoryControlLine()
        self.loop = MasterLoop(
            MasterParts(
                name=MASTER,
                pid=1,
                door=self.door,
                outlet=self.outlet,
                journal=self.journal,
                control=self.control,
                clock=self.clock,
                longest_look_s=0.1,
                expected=self.expected,
                known_epochs=self.known_epochs,
            )
        )

    def turn(self, times: int = 1, seconds: float = 0.25) -> None:
        for _ in range(times):
            self.clock.pass_s(seconds)
            self.loop.step()

    @property
    def facts(self) -> list[Fact]:
        return [s for s in self.outlet.said if not isinstance(s, MasterHeartbeat)]

    @property
    def told(self) -> list[str]:
        return [type(fact).__name__ for fact in self.facts]

    @property
    def beats(self) -> list[MasterHeartbeat]:
        return [s for s in self.outlet.said if isinstance(s, MasterHeartbeat)]

    @property
    def report(self) -> NodeReport:
        return [m for m in self.control.said if isinstance(m, NodeReport)][-1]


class SlaveSide:
    """A slave core with all its outside made of lists."""

    def __init__(self, clock: FakeClock, bus: InMemoryBus, **settings: Any) -> None:
        self.clock = clock
        self.bus = bus
        self.door = FakeDoor(SLAVE_AT, clock, first=9001)
        self.journal = FakeJournal()
        self.settings = some_settings(**settings)
        self.masters = {MASTER: bus.outlet(MASTER).addresses()}
        self.has_supervisor = False
        self.recollection: Recollection | None = None
        self.swarm = "swarm"
        self.start()

    def parse(self, _: Any) -> AccountSettings:
        return self.settings

    def start(self, **told: Any) -> None:
        """Start the node, or start it again with what its journal kept."""
        for gone in self.bus.inlets:
            gone.close()
        self.inlet = self.bus.inlet()
        self.control = InMemoryControlLine()
        self.loop = SlaveLoop(
            SlaveParts(
                name=SLAVE,
                pid=2,
                swarm=self.swarm,
                door=self.door,
                inlet=self.inlet,
                journal=self.journal,
                control=self.control,
                clock=self.clock,
                identity=SLAVE_AT,
                accounts=AccountReader(self.parse),
                settings=self.settings,
                told=self.settings_told(**told),
                has_supervisor=self.has_supervisor,
                recollection=self.recollection,
            )
        )

    def follow_for_long(self) -> None:
        """It starts again, and has followed its master for longer than anybody knows.

        Facts are stamped with the machine's own clock here, by which no test lasts long.
        """
        self.journal.write(Follow(master=MASTER))
        self.start()

    def settings_told(self, **changes: Any) -> Settings:
        usual: dict[str, Any] = {
            "document": {"name": SLAVE},
            "masters": self.masters,
            "all_masters": (MASTER,),
            "swarm": self.swarm,
        }
        return Settings(**(usual | changes))

    def turn(self, times: int = 1, seconds: float = 0.25) -> None:
        for _ in range(times):
            self.clock.pass_s(seconds)
            self.loop.step()

    @property
    def verdicts(self) -> list[Verdict]:
        return self.journal.verdicts

    @property
    def last(self) -> tuple[str, str, str]:
        """The newest verdict in short."""
        given = self.verdicts[-1]
        return given.event, given.kind.value, given.reason.value

    def unanswered(self, facts: list[Fact]) -> list[Fact]:
        """The facts that have no verdict but `unknown`, or none at all."""
        answered = {v.journey for v in self.verdicts if v.kind is not VerdictKind.UNKNOWN}
        return [fact for fact in facts if fact.journey not in answered]

    @property
    def legs(self) -> list[Leg]:
        return self.journal.legs()

    def leg(self, order: int = 501) -> Leg:
        return next(leg for leg in self.legs if leg.key == a_key(order))

    @property
    def report(self) -> NodeReport:
        return [m for m in self.control.said if isinstance(m, NodeReport)][-1]


class Swarm:
    """One master, one slave, one clock."""

    def __init__(self, **settings: Any) -> None:
        self.clock = FakeClock()
        self.bus = InMemoryBus()
        self.slave = SlaveSide(self.clock, self.bus, **settings)
        self.master = MasterSide(self.clock, self.bus)
        self.turn(4)

    def turn(self, times: int = 1, seconds: float = 0.25) -> None:
        for _ in range(times):
            self.clock.pass_s(seconds)
            self.master.loop.step()
            self.slave.loop.step()

    def trade(self, volume: str = "1.00", side: Side = Side.BUY, **changes: Any) -> int:
        """The trader opens a position; both nodes have had their turn when this returns."""
        order = self.master.door.trade(volume, side, **changes)
        self.turn()
        return order
