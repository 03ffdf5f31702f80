"""A whole swarm in one process: brokers, wires, nodes, supervisor, people, and who watches them."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from domain.control import NodeReport
from domain.market import Identity
from domain.policies import Role
from domain.signals import MasterHeartbeat, PositionClosed, PositionOpened
from domain.verdicts import Verdict, VerdictKind
from paper.broker.records import Position
from tests.simulation.brokers import Brokers
from tests.simulation.by_settings import BySettings
from tests.simulation.findings import Home
from tests.simulation.following import Following
from tests.simulation.hosts import Host, Place
from tests.simulation.kernel import Kernel
from tests.simulation.network import Wire
from tests.simulation.people import Person
from tests.simulation.schedule import Schedule
from tests.simulation.supervising import Supervisor
from tests.simulation.trace import Trace
from tests.simulation.witness import Witness

MASTER_BROKER = "Simulated-Master"
#: After this without a word nothing is opened; and what one decision may take.
SUPERVISOR_LOST_US = 6_500_000
#: What a slave's document has to say of its broker's symbols.
SYMBOLS: Mapping[str, Mapping[str, Any]] = {
    "FTMO-Demo": {},
    "Apex-Demo": {"suffix": ".c", "symbol_map": {"XAUUSD": "GOLD"}},
    "Harbor-Demo": {"suffix": "m", "slippage_tolerance": 500},
    "Union-Demo": {"suffix": ".pro", "symbol_map": {"XAUUSD": "GOLD.pro"}},
}
REFUSED = frozenset({VerdictKind.DENIED, VerdictKind.MISSED, VerdictKind.REJECTED})
#: What it says where late opens may wait.
LATE: Mapping[str, Any] = {"late_entry": "order", "late_entry_seconds": 15}


class Stage:
    """Built from a schedule; `begin` starts everybody."""

    def __init__(self, schedule: Schedule, folder: Path, trace: Trace) -> None:
        self.kernel = kernel = Kernel(schedule.seed, trace)
        trace.now_us = lambda: kernel.now_us
        self.witness = Witness(kernel)
        self.brokers = Brokers(kernel, self.witness, schedule.seed)
        self.brokers.on_change = self._changed
        # Who follows everybody from the beginning on is judged more strictly.
        self.following = Following(kernel, schedule.masters, _begin_late(schedule))
        self.witness.following = self.following
        self.witness.by_settings = self._by_settings()
        self.hosts: dict[str, Host] = {}
        self.people: dict[str, Person] = {}
        self._troubles: list[Callable[[], None]] = []
        self._orders = 0
        self.wires = [
            Wire(kernel, master, slave) for master in schedule.masters for slave in schedule.slaves
        ]
        documents = self._move_in(schedule, folder)
        self.witness.come_late = frozenset(schedule.late)
        self._limit_orders(schedule)
        self.witness.logged_in = self._logged_in
        self.witness.has_intent = self._has_intent
        self.witness.why_not_open = self._why_not_open
        self.witness.listed = self._listed
        self.supervisor = Supervisor(kernel, self.hosts, documents, schedule.comes_at_ms)
        self.supervisor.on_end = self.following.has_ended
        self.first_documents = dict(documents)
        """Before anybody edits them."""

    def _limit_orders(self, schedule: Schedule) -> None:
        self.witness.by_settings.splits = schedule.largest_order > 0
        if schedule.largest_order:
            for broker in schedule.slaves.values():
                self.brokers.take_at_most(broker, schedule.largest_order)

    def begin(self) -> None:
        """Prices move, nodes start."""
        self.brokers.begin()
        self.supervisor.begin()

    def wires_of(self, name: str) -> list[Wire]:
        """All that lead to a node."""
        return [wire for wire in self.wires if name in (wire.master, wire.slave)]

    def key_of(self, name: str) -> str:
        """Its terminal."""
        return self.hosts[name].place.terminal

    def report(self, name: str) -> NodeReport | None:
        """What a node said last of itself."""
        return self.supervisor.reports.get(name)

    def operate(self, name: str, kind: str) -> None:
        """An operator's order. A halt counts once it is acknowledged, till the next resume."""
        self._orders += 1
        number = self._orders
        if kind == "RESUME":
            self.witness.halted.discard(name)
        self.supervisor.order(name, kind, number)
        if kind == "HALT":
            self.kernel.after(0, lambda: self._halted_once_told(name, number))

    def _halted_once_told(self, name: str, number: int) -> None:
        if f"HALT-{number}" in self.supervisor.done:
            if number == self._newest_order_of(name):
                self.witness.halted.add(name)
            return
        self.kernel.after(50_000, lambda: self._halted_once_told(name, number))

    def _newest_order_of(self, name: str) -> int:
        return self.supervisor.newest.get(name, 0)

    def ends_after(self, ms: int, end: Callable[[], None]) -> None:
        """A trouble that ends by itself, or when all troubles do."""
        self._troubles.append(end)

        def over() -> None:
            if end in self._troubles:
                self._troubles.remove(end)
                end()

        self.kernel.after(ms * 1_000, over)

    def end_all_troubles(self) -> None:
        """From here on nothing goes wrong any more."""
        troubles, self._troubles = self._troubles, []
        for end in troubles:
            end()
        self.brokers.faults.take_back()
        for host in self.hosts.values():
            self.brokers.put_right(host.place.terminal, host.place.identity)
        for host in self.hosts.values():
            host.crash_after_touches = None
            host.sleeps_us = 0

    def close(self) -> None:
        """Let go of all files."""
        for host in self.hosts.values():
            if host.journal is not None:
                host.journal.close()

    def _by_settings(self) -> BySettings:
        judge, witness = BySettings(self.kernel, self.brokers, MASTER_BROKER), self.witness
        judge.clocks_jumped = lambda: bool(witness.clock_slack_us)
        judge.moved_to = lambda name, order: witness.slaves[name].sent_by.moved_to.get(order, ())
        judge.master_named = lambda login: witness.name_of(login, MASTER_BROKER)
        return judge

    def _listed(self, home: Home, ticket: int) -> Position | None:
        return self.brokers.account(home.login, home.server).positions.get(ticket)

    def _move_in(self, schedule: Schedule, folder: Path) -> dict[str, dict[str, Any]]:
        """Everybody has an account, and a place; their documents by name."""
        brokers_of = dict.fromkeys(schedule.masters, MASTER_BROKER) | dict(schedule.slaves)
        documents = {}
        for number, (name, broker) in enumerate(brokers_of.items()):
            role = Role.MASTER if name in schedule.masters else Role.SLAVE
            late = LATE if name in schedule.late else {}
            own = {**schedule.settings.get(name, {}), **late}
            documents[name] = {**_document(name, role, broker), **own}
            self._settle(name, role, broker, number, folder, nets=name in schedule.nets)
        return documents

    def _settle(
        self, name: str, role: Role, broker: str, number: int, folder: Path, *, nets: bool
    ) -> None:
        terminal = self.brokers.open_account(f"{name}-terminal", broker, nets=nets)
        home = Home(
            name=name,
            login=terminal.login,
            server=broker,
            is_master=role is Role.MASTER,
            nets=nets,
        )
        self.witness.is_home(terminal.key, home)
        place = Place(
            name=name,
            role=role,
            number=number,
            terminal=terminal.key,
            identity=Identity(terminal.login, broker),
            folder=folder,
        )
        self.hosts[name] = host = Host(self.kernel, self.brokers, place, self.wires_of(name))
        host.on_document = partial(self._has_read, name)
        host.on_verdict = partial(self._has_answered, name)
        self.people[name] = Person(self.brokers, terminal.key)
        if role is Role.MASTER:
            host.on_published = lambda signal: self._told(name, signal)

    def _has_read(self, name: str, document: Mapping[str, Any] | None) -> None:
        self.witness.by_settings.has_read(name, document)
        self.following.has_read(name, document)

    def _has_answered(self, name: str, verdict: Verdict) -> None:
        """A close may be answered before the follow has begun; an open may not."""
        if verdict.event != PositionOpened.__name__:
            return
        refused = f"{verdict.kind.value} {verdict.reason.value}" * (verdict.kind in REFUSED)
        self.following.has_answered(name, verdict.master, verdict.leg.opening_order, refused)

    def _told(self, name: str, signal: Any) -> None:
        if not isinstance(signal, MasterHeartbeat):
            stamp = f"{signal.stamp.epoch}.{signal.stamp.seq}"
            what = f"{type(signal).__name__} {signal.subject.opening_order} {stamp}"
            self.kernel.trace.note("told", name, what)
        if isinstance(signal, PositionOpened):
            self.following.has_told(signal.subject.opening_order)
        if isinstance(signal, PositionClosed):
            self.witness.closing_was_told(self.key_of(name), signal.subject.opening_order)

    def _changed(self, key: str) -> None:
        host = next((h for h in self.hosts.values() if h.place.terminal == key), None)
        if host is not None:
            host.poke()

    def _logged_in(self, key: str) -> tuple[int, str]:
        terminal = self.brokers.world.terminals[key]
        return terminal.login, terminal.broker

    def _why_not_open(self, name: str) -> str:
        """By what the node has read of its supervisor's; empty where it may."""
        host = self.hosts[name]
        told, silent_us = host.told_last, self.kernel.now_us - host.told_us
        if silent_us > SUPERVISOR_LOST_US:
            return f"no word of a supervisor's for {silent_us} us"
        if told is None or told.document is None:
            return "no document"
        if not told.document.get("enabled", True):
            return "the account is disabled"
        may_do_without = told.database or told.document.get("opens_without_database", False)
        return "" if may_do_without else "the database is silent"

    def _has_intent(self, name: str, magic: int) -> bool:
        host = self.hosts[name]
        if host.journal is None or host.disk.is_full:
            return True
        return any(intent.magic == magic for intent in host.journal.open_intents())


def _document(name: str, role: Role, broker: str) -> dict[str, Any]:
    document = {
        "name": name,
        "type": role.value,
        "path": f"{name}-terminal",
        "terminal": "paper",
        "paper": {"broker": broker},
    }
    return document | dict(SYMBOLS[broker] if role is Role.SLAVE else {})


def _begin_late(schedule: Schedule) -> list[str]:
    """Whose document says something of what was there before."""
    return [name for name, own in schedule.settings.items() if "copy_existing" in own]
