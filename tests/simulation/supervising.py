"""In place of supervisor and database: starts who ended, tells settings, keeps latches."""

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from decisions.trading_state import stricter_of
from domain.control import Command, CommandDone, FromNode, NodeReport, Settings, SupervisorBeat
from domain.policies import Latch, Role
from tests.simulation.documents import is_sound
from tests.simulation.hosts import SWARM, Host
from tests.simulation.kernel import Kernel
from tests.simulation.network import addresses_of

BEAT_EVERY_US = 1_000_000
HUNG_AFTER_US = 12_000_000
PAUSE_US = (300_000, 2_000_000)


class Supervisor:
    """Never gives up on a node; what it does between two beats is of no interest here."""

    def __init__(
        self,
        kernel: Kernel,
        hosts: dict[str, Host],
        documents: dict[str, Any],
        comes_at_ms: Mapping[str, int],
    ) -> None:
        """`comes_at_ms`: who is not there from the beginning, and when he comes."""
        self.documents = documents
        self.latches: dict[str, Latch] = {}
        self.epochs: dict[str, int] = {}
        self.reports: dict[str, NodeReport] = {}
        self.is_away = False
        self.has_database = True
        self.on_end: Callable[[str], None] = lambda _name: None
        self._comes_at_ms = comes_at_ms
        self.done: dict[str, str] = {}
        self.newest: dict[str, int] = {}
        self._kernel = kernel
        self._hosts = hosts
        self._dice = kernel.dice("supervisor")
        self._told: dict[str, Settings] = {}
        self._heard_us: dict[str, int] = {}
        self._orders: dict[str, tuple[str, Command]] = {}
        self._masters = tuple(h.name for h in hosts.values() if h.place.role is Role.MASTER)
        for host in hosts.values():
            host.heard = self._hear
            host.on_end = lambda host=host: self._ended(host)

    def begin(self) -> None:
        """Start everybody, and watch over them."""
        for host in self._hosts.values():
            if host.name not in self._comes_at_ms:
                self._start(host)
        for name, ms in self._comes_at_ms.items():
            self._kernel.at(ms * 1_000, partial(self._start_again, self._hosts[name]))
        self._kernel.after(BEAT_EVERY_US, self._beat)

    def order(self, name: str, kind: str, number: int) -> None:
        """An operator's command; told again until it is acknowledged."""
        command = Command(command=f"{kind}-{number}", kind=kind, by="operator", why="simulated")
        # The newest word counts; an older one that was not heard is not told any more.
        self._orders = {c: told for c, told in self._orders.items() if told[0] != name}
        self._orders[command.command] = (name, command)
        self.newest[name] = number
        if not self.is_away:
            self._hosts[name].tell(command)

    def edit(self, name: str, changes: dict[str, Any]) -> None:
        """Somebody edits an account's document; what contradicts itself is not written."""
        edited = {**self.documents[name], **changes}
        if is_sound(edited):
            self.documents[name] = edited

    def _beat(self) -> None:
        self._kernel.after(BEAT_EVERY_US, self._beat)
        if self.is_away:
            return
        for host in self._hosts.values():
            if not host.lives:
                continue
            host.tell(SupervisorBeat(pid=1))
            self._tell(host)
            self._end_if_hung(host)
        for name, command in self._orders.values():
            self._hosts[name].tell(command)

    def _tell(self, host: Host) -> None:
        told = self._settings(host)
        if told != self._told.get(host.name):
            self._told[host.name] = told
            host.tell(told)

    def _end_if_hung(self, host: Host) -> None:
        if self._kernel.now_us - self._heard_us.get(host.name, 0) > HUNG_AFTER_US:
            self._kernel.trace.note("hung", host.name)
            host.kill()

    def _settings(self, host: Host) -> Settings:
        name = host.name
        is_master = host.place.role is Role.MASTER
        return Settings(
            document=self.documents[name],
            masters={} if is_master else {m: addresses_of(m) for m in self._masters},
            all_masters=() if is_master else self._masters,
            latch=self.latches.get(name),
            last_epoch=self.epochs.get(name, 0) if is_master and not host.lives else 0,
            database=self.has_database,
            swarm=SWARM,
            swarm_ids=(SWARM,),
        )

    def _hear(self, name: str, said: FromNode) -> None:
        if self.is_away:
            return
        self._heard_us[name] = self._kernel.now_us
        if isinstance(said, NodeReport):
            self.reports[name] = said
            self.epochs[name] = max(self.epochs.get(name, 0), said.epoch)
            if self._hosts[name].place.role is Role.SLAVE:
                self.latches[name] = stricter_of(self.latches.get(name), said.latch)
        elif isinstance(said, CommandDone):
            self._orders.pop(said.command, None)
            self.done[said.command] = said.result

    def _ended(self, host: Host) -> None:
        self.on_end(host.name)
        self.reports.pop(host.name, None)
        self._kernel.after(self._dice.randint(*PAUSE_US), lambda: self._start_again(host))

    def _start_again(self, host: Host) -> None:
        if host.lives:
            return
        if self.is_away:
            self._kernel.after(BEAT_EVERY_US, lambda: self._start_again(host))
            return
        self._start(host)

    def _start(self, host: Host) -> None:
        self._heard_us[host.name] = self._kernel.now_us
        self._told[host.name] = told = self._settings(host)
        host.start(told)
