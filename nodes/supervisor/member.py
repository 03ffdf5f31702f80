"""One account's node over all its lives: its process, what it said last, how often it failed."""

from pathlib import Path

from decisions.restarting import ChildView, Policy, failures_now
from decisions.roster import Duty
from decisions.trading_state import stricter_of
from domain.control import NodeReport, Settings
from domain.policies import AccountSettings, Latch, Role
from nodes.supervisor.accounts import Document
from nodes.supervisor.children import Child
from nodes.supervisor.hangs import Hangs
from utils.clock import Now

WAITING = "WAITING"
TERMINAL = "terminal: "
TAIL_BYTES = 4096
NEVER = 0.0
NEVER_MOVED = Latch()


class Member:
    """What the supervisor knows of one node."""

    def __init__(self, name: str, role: Role, output: Path) -> None:
        self.name = name
        self.role = role
        self.output = output
        self.duty = Duty.OFF
        self.child: Child | None = None
        self.report: NodeReport | None = None
        self.told: Settings | None = None
        self.running_on: AccountSettings | None = None
        self.wanted_since_s = NEVER
        self.started_ms = self.left_pid = 0
        self.started_at_s = self.heard_at_s = self.ready_since_s = self.ended_at_s = NEVER
        self.failures = 0
        self.jitter = 0.0
        #: `falls_back`: it runs on the document that was proven, not on the one that stands.
        self.close_only = self.falls_back = False
        self.proven: Document | None = None
        self.hangs = Hangs()
        self.restarting = self.found_connecting = False
        self.stop_asked_s = NEVER
        self.looks_gone = 0
        self.kept_legs: int | None = None
        self.kept_latch: Latch | None = None
        self.killed_because = ""
        self.ending = ""
        self.alarm = ""

    @property
    def alive(self) -> bool:
        """Whether its process runs, as of the last look."""
        return self.child is not None

    @property
    def in_business(self) -> bool:
        """It runs its loop: settings and orders are heard."""
        return self.alive and self.report is not None and self.report.state != WAITING

    @property
    def ready(self) -> bool:
        """It does its whole work."""
        return self.alive and self.report is not None and self.report.ready

    @property
    def connecting(self) -> bool:
        """It may sit in the call that starts a terminal, as far as it has said anything."""
        if self.report is None:
            return self.found_connecting
        if self.report.ready:
            return False
        away = any(alarm.startswith(TERMINAL) for alarm in self.report.alarms)
        return away or self._was_waiting or self.role is Role.MASTER

    @property
    def _was_waiting(self) -> bool:
        return self.report is not None and self.report.state == WAITING

    def as_child(self, awake_since_s: float = NEVER) -> ChildView:
        """The view that the decision takes; since when the supervisor has listened to it."""
        return ChildView(
            wanted=self.duty is not Duty.OFF and not self.restarting,
            alive=self.alive,
            opens=self.role is Role.SLAVE,
            connecting=self.connecting,
            awake_since_s=awake_since_s,
            started_at_s=self.started_at_s,
            heard_at_s=self.heard_at_s,
            ready_since_s=self.ready_since_s,
            ended_at_s=self.ended_at_s,
            failures=self.failures,
        )

    def begin(
        self, child: Child, settings: AccountSettings | None, now: Now, *, connecting: bool = True
    ) -> None:
        """A new life, or one that an earlier launcher began, and saw in business or not."""
        self.child = child
        self.found_connecting = connecting
        self.running_on = settings
        self.left_pid = self.left_pid if self.report is None else self.report.pid
        self.report = self.told = None
        self.started_at_s, self.started_ms = now.monotonic_s, now.utc_ms
        self.heard_at_s = self.ready_since_s = self.stop_asked_s = NEVER

    def trust_again(self) -> None:
        """A person has seen to it: a crash loop is forgotten, and so are hangs."""
        self.close_only = self.falls_back = False
        self.failures = 0
        self.hangs.forget()

    def hear(self, report: NodeReport, policy: Policy, now: Now) -> None:
        """A heartbeat; one that the life before left behind is none."""
        if not self.alive or self._is_left_behind(report):
            return
        if self._was_waiting and report.state != WAITING:
            # What it was told while it waited for its terminal went unheard.
            self.told = None
        self.report = report
        self._keep_latch_of(report)
        self.heard_at_s = now.monotonic_s
        if not report.ready:
            self.ready_since_s = NEVER
        elif not self.ready_since_s:
            self.ready_since_s = now.monotonic_s
        self.failures = failures_now(self.as_child(), policy, now.monotonic_s)
        if self.failures == 0 and report.ready:
            self.ending = ""
            self._note_what_it_runs_on(policy, now)

    def _keep_latch_of(self, report: NodeReport) -> None:
        """A node whose disk is full when it ends has told nobody else (law 6)."""
        if report.latch != NEVER_MOVED:
            self.kept_latch = stricter_of(self.kept_latch, report.latch)

    def _note_what_it_runs_on(self, policy: Policy, now: Now) -> None:
        """Settings on which it was ready for a while are good: a crash loop goes back to them."""
        proven = now.monotonic_s - self.ready_since_s >= policy.forgive_after_s
        if proven and self.told is not None and not self.close_only:
            self.proven = self.told.document or self.proven

    def _is_left_behind(self, report: NodeReport) -> bool:
        """Its moment alone proves nothing: this machine's clock may have been set back since."""
        return report.pid == self.left_pid and report.sent_at_ms < self.started_ms

    def notice_end(self, now: Now, jitter: float) -> bool:
        """True once when its process has ended."""
        if self.child is None or self.child.alive():
            return False
        asked = bool(self.stop_asked_s)
        if not asked:
            self.failures += 1
            self.ending = self.killed_because or self._last_words()
            # Whichever of the two can be lived on stays.
            self.falls_back = self.close_only and not self.falls_back
        self.killed_because = ""
        self.kept_legs = None
        self.restarting = False
        self.child = self.report = self.told = None
        self.jitter = jitter
        self.ended_at_s = now.monotonic_s
        self.ready_since_s = NEVER
        return True

    def _last_words(self) -> str:
        code = None if self.child is None else self.child.exit_code()
        how = "ended" if code is None else f"ended with code {code}"
        return f"{how}: {_last_line(self.output) or 'it said nothing'} (see {self.output})"


def _last_line(output: Path) -> str:
    try:
        with output.open("rb") as file:
            file.seek(max(0, output.stat().st_size - TAIL_BYTES))
            lines = file.read().decode("utf-8", "replace").splitlines()
    except OSError:
        return ""
    return next((line.strip() for line in reversed(lines) if line.strip()), "")
