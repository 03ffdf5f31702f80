"""A crew whose children are only told of, and time that passes when a test says so."""

from pathlib import Path
from typing import Any

from db.connecting import Chosen
from db.remembered import EMBEDDED
from decisions.account_documents import parse_account
from decisions.restarting import Policy
from decisions.roster import Duty
from domain.control import Hello, NodeReport, Settings, Stop
from domain.ids import NodeName
from domain.policies import AccountSettings, Latch, Role
from nodes.supervisor.accounts import AccountBook
from nodes.supervisor.children import Child
from nodes.supervisor.crew import Crew, Ways
from nodes.supervisor.member import Member
from nodes.supervisor.roster import Roster
from nodes.supervisor.sight import Sight
from nodes.supervisor.switchboard import Switchboard
from utils.clock import Now

Document = dict[str, Any]

MASTER = {"name": "FTMO_Master", "type": "MASTER", "terminal": "paper", "path": "m1"}
SLAVE = {"name": "S1", "type": "SLAVE", "terminal": "paper", "path": "s1"}
NEVER_MOVED = Latch()


class FakeChild(Child):
    def __init__(self) -> None:
        super().__init__(1, 1.0)
        self.running = True

        self.dies = True

    def alive(self) -> bool:
        return self.running

    def kill(self) -> None:
        """As the operating system does it, in its own time."""
        self.running = self.running and not self.dies


class FakeDesk:
    def __init__(self) -> None:
        self.heard: list[Any] = []
        self.said: list[tuple[str, Any]] = []

    def drain(self) -> list[Any]:
        heard, self.heard = self.heard, []
        return heard

    def say(self, name: str, message: Any) -> bool:
        self.said.append((name, message))
        return True


class FakeLine:
    place = Chosen(kind=EMBEDDED, uri="", database_name="d", swarm="s", swarm_ids=("s",))
    trouble = ""

    def __init__(self, sight: Sight) -> None:
        self.sight = sight

    def record(self, report: NodeReport) -> None:
        """Nobody reads it."""


class Swarm:
    """A supervisor's crew and roster."""

    def __init__(self, state: Path) -> None:
        self.state = state
        self.now_s = 100.0
        self.started: list[tuple[str, Role]] = []
        self.stopped: list[str] = []
        self.slow_to_end: set[str] = set()
        self.ended_terminals: list[AccountSettings] = []
        self.children: dict[str, FakeChild] = {}
        ways = Ways(
            start=self._start,
            say_stop=self._stop,
            jitter=lambda: 0.0,
            end_terminal=self.ended_terminals.append,
            state=state,
            logs=state,
        )
        self.crew = Crew(ways, Policy())
        self.roster = Roster(state, AccountBook(parse_account, lambda _: ()), self.crew, 5555)
        self.desk = FakeDesk()
        self.line: Any = FakeLine(Sight())
        self.board = Switchboard(self.desk, self.crew, self.roster, self.line, Policy())

    def _start(self, member: Member) -> Child:
        self.started.append((member.name, member.role))
        child = self.children[member.name] = FakeChild()
        return child

    def _stop(self, name: str, _: Stop) -> bool:
        self.stopped.append(name)
        self.children[name].running = name in self.slow_to_end
        return True

    def sees(self, *documents: Document, held: tuple[str, ...] = ()) -> None:
        """One look at the database, and two turns: who is asked to end has ended in the second."""
        self.line.sight = Sight(documents=documents, held_masters=frozenset(held))
        self.roster.take_up(self.line.sight)
        self.turns(2)

    def turns(self, times: int, *, heard: tuple[str, ...] = ()) -> None:
        """So many seconds, in each of which these are heard to be ready."""
        for _ in range(times):
            self.now_s += 1.0
            for name in heard:
                self.reports(name)
            self.crew.step(self.now)

    def told(self, name: str) -> Settings:
        """What a node hears that says hello."""
        member = self.crew.members[name]
        hello = Hello(name=NodeName(name), role=member.role.value, pid=1, started_at_ms=0)
        self.desk.heard = [(name, hello)]
        self.board.hear(self.now, None)  # type: ignore[arg-type]
        return next(m for to, m in reversed(self.desk.said) if to == name)

    @property
    def now(self) -> Now:
        return Now(monotonic_s=self.now_s, utc_ms=int(self.now_s * 1000))

    def reports(
        self,
        name: str,
        *,
        open_legs: int = 0,
        ready: bool = True,
        alarms: tuple[str, ...] = (),
        latch: Latch = NEVER_MOVED,
    ) -> None:
        member = self.crew.members[name]
        report = NodeReport(
            name=NodeName(name),
            role=member.role.value,
            pid=1,
            ready=ready,
            state="ACTIVE",
            open_legs=open_legs,
            alarms=alarms,
            latch=latch,
            sent_at_ms=int(self.now_s * 1000) + 1,
        )
        member.hear(report, Policy(), self.now)

    def ends(self, name: str) -> None:
        """It refuses to run on that account, as its journal says it must."""
        self.children[name].running = False

    def duty(self, name: str) -> Duty:
        member = self.crew.members.get(name)
        return Duty.OFF if member is None else member.duty
