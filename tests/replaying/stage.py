"""The real processes of a replay: servers, launcher, one node per account; and their clock."""

from pathlib import Path
from typing import Any

from commands.drilling.operator import Operator
from commands.drilling.victims import CONSOLE_LOG, Victims
from commands.staging.leftovers import clear_leftovers
from commands.staging.processes import end_all, everybody_of
from commands.staging.scenery import Scenery, Wish, end_servers, put_up, servers_of, take_down
from paper.admin import Admin
from tests.replaying.policies import FOR_ALL, Policy
from tests.replaying.rules import DEPOSIT
from tests.replaying.streams import Trader
from tests.waiting import eventually
from utils.clock import monotonic_s, set_offset, utc_ms

Document = dict[str, Any]

READY_WITHIN_S = 120.0
STOP_S = 10.0
#: The tape moves when it is told to; before that it crawls, as it cannot be started held.
CRAWLING = 0.001


def documents(traders: tuple[Trader, ...], policies: tuple[Policy, ...]) -> tuple[Document, ...]:
    """The accounts, the masters' first."""
    masters = (_account(one.name, "MASTER", one.broker, one.deposit) for one in traders)
    return (*masters, *(_slave(policy) for policy in policies))


def _account(name: str, role: str, broker: str, deposit: int = DEPOSIT) -> Document:
    paper = {
        "broker": broker,
        "deposit": deposit,
        "currency": "USD",
        "leverage": 500,
        "margin_mode": "hedging",
    }
    return {
        "name": name,
        "type": role,
        "enabled": True,
        "terminal": "paper",
        "path": f"replay-{name.lower()}",
        "paper": paper,
    }


def _slave(policy: Policy) -> Document:
    account = _account(policy.name, "SLAVE", policy.floor.name, policy.deposit)
    return account | FOR_ALL | {"follows": list(policy.rules)} | policy.document


class Stage:
    """Everything that runs; the driver alone moves its time."""

    def __init__(self, accounts: tuple[Document, ...], ticks: list[Path], *, keep: bool) -> None:
        clear_leftovers("replay")
        wish = Wish(
            purpose="replay",
            accounts=accounts,
            speed=CRAWLING,
            seed=1,
            ticks=tuple(ticks),
            keep=keep,
            clock=True,
            stamps="original",
        )
        self.scenery: Scenery = put_up(wish)
        self._victims, self.operator = Victims(self.scenery), Operator(self.scenery)
        broker = self.scenery.broker
        self._admin = Admin(broker.host, broker.port, within_s=120.0)
        self.ticks = 0

    @property
    def state(self) -> Path:
        """Where the journals are."""
        return self.scenery.config.state

    def move_clocks(self, to_ms: int) -> None:
        """The nodes' UTC is that moment now, and runs on from there."""
        assert self.scenery.config.clock is not None
        set_offset(self.scenery.config.clock, to_ms - utc_ms())

    def play_until(self, to_ms: int) -> None:
        """All ticks up to there, and not one more."""
        self.ticks += self._admin.play_until(to_ms)

    def start(self, at_ms: int) -> int:
        """The launcher starts the nodes, and the tape runs as time does; when all are ready."""
        self.move_clocks(at_ms)
        self.play_until(at_ms)
        self._victims.keep_launcher()
        began_s = monotonic_s()

        def now_ms() -> int:
            return at_ms + round((monotonic_s() - began_s) * 1000)

        try:
            eventually(lambda: self._all_ready(now_ms()), READY_WITHIN_S, every_s=0.2)
        except AssertionError as late:
            raise AssertionError(f"{late}; {self._who_is_not_ready()}") from None
        return now_ms()

    def _who_is_not_ready(self) -> str:
        names = [str(one["name"]) for one in self.scenery.accounts]
        reports = {one: self.operator.reports.get(one) for one in names if not self._is_ready(one)}
        console = (self.scenery.folder / CONSOLE_LOG).read_text("utf-8", errors="replace")
        return f"not ready: {reports}; the launcher said: {console}"

    def _all_ready(self, now_ms: int) -> bool:
        self.play_until(now_ms)
        self.operator.read_reports()
        names = [str(one["name"]) for one in self.scenery.accounts]
        return all(self._is_ready(name) for name in names)

    def _is_ready(self, name: str) -> bool:
        process, report = self._victims.find(name), self.operator.reports.get(name, {})
        return process is not None and bool(report.get("ready")) and report["pid"] == process.pid

    def alarms(self) -> list[str]:
        """What any node wants a person to know."""
        self.operator.read_reports()
        reports = self.operator.reports.items()
        return [f"{name}: {alarm}" for name, one in reports for alarm in one.get("alarms", ())]

    def end(self) -> None:
        """Nothing of it runs on."""
        self._admin.close()
        self._victims.stop_launcher(STOP_S)
        known = {*self._victims.known, *servers_of(self.scenery.config)}
        end_servers(self.scenery.config)
        end_all({*known, *everybody_of(self.scenery.folder)}, self.scenery.folder)
        take_down(self.scenery)
