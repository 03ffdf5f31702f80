"""Runs a drill from the first process to the last verdict: ready, chaos, calm, settled, judged."""

from collections.abc import Sequence
from typing import Any

import msgspec

from commands.demonstration.console import Screen
from commands.drilling.hands import Hand
from commands.drilling.injecting import Ended, Injector
from commands.drilling.judging import Judge, Judged
from commands.drilling.looking import Heal, Healing
from commands.drilling.operator import Operator
from commands.drilling.plan import Deed, Step
from commands.drilling.record import Record
from commands.drilling.report import UNFINISHED
from commands.drilling.victims import Victims
from commands.drilling.world import World
from commands.staging.books import TruthUnreadableError
from db.clients import DATABASE_ERRORS
from domain.reasons import Reason
from messaging.waiting import SocketWaiter
from nodes.supervisor.view import AccountView, SwarmView
from utils.clock import monotonic_s
from utils.os_signals import StopRequest

Document = dict[str, Any]

READY_WITHIN_S = 90.0
LOOK_EVERY_S = 0.15
REPORTS_EVERY_S = 1.0
REST_S = 0.02
SLOW_TURN_S = 2.0
#: Longer than the 60 s after which an order that nobody can speak for is given up.
SETTLED_WITHIN_S = 150.0
#: The more there is to judge, the longer it takes.
SETTLED_SHARE = 0.1
UNCHANGED_S = 65.0
#: Longer than the minute for which a login that is not answered blocks its node.
COPYING_WITHIN_S = 90.0
JUDGE_PATIENCE_MS = 20_000
JUDGE_EVERY_S = 2.0
HURRIED_S = 2.0
READABLE_WITHIN_S = 15.0


#: What a user's filters, limits and sizes keep out: like mine means these as well.
SETTINGS_DENY = (
    Reason.SYMBOL_FILTERED,
    Reason.MAGIC_FILTERED,
    Reason.COMMENT_FILTERED,
    Reason.SIDE_FILTERED,
    Reason.ORDER_TYPE_FILTERED,
    Reason.MASTER_LOT_FILTERED,
    Reason.OUTSIDE_HOURS,
    Reason.SPREAD_TOO_WIDE,
    Reason.MAX_OPEN_LOTS,
    Reason.TOO_MANY_IN_TIME,
    Reason.MIN_LOT,
    Reason.RATE_UNKNOWN,
    Reason.CONTRACT_UNKNOWN,
    Reason.VOLATILITY_UNKNOWN,
    Reason.NO_STOP,
    Reason.NO_TARGET,
)
OWN_LIMITS = (
    Reason.MAX_LOT,
    Reason.MAX_OPEN_TRADES,
    Reason.DAILY_LOSS,
    Reason.PRICE_MOVED,
    Reason.UNKNOWN_SYMBOL,
    Reason.SYMBOL_NOT_TRADABLE,
    Reason.VOLUME_TOO_SMALL,
    *SETTINGS_DENY,
)


class DrillFault(Exception):  # noqa: N818 - it says what happened
    """The drill could not be held; the text says what is known about why."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What is known at the end."""

    judged: Judged
    heals: tuple[Heal, ...]
    chaos_s: float
    copying_s: float
    settled_s: float
    not_converged: tuple[str, ...]


class Course:
    """One drill in its world."""

    def __init__(  # noqa: PLR0913 - everybody who takes part
        self,
        *,
        world: World,
        victims: Victims,
        operator: Operator,
        injector: Injector,
        record: Record,
        screen: Screen,
        stop: StopRequest,
        pace: float,
        excused: Sequence[Reason] = OWN_LIMITS,
    ) -> None:
        """Nothing runs yet but the two servers.

        `excused`: whose document denies for one of these need not copy for the drill to end.
        """
        self._world = world
        self._victims = victims
        self._operator = operator
        self._injector = injector
        self._record = record
        self._screen = screen
        self._stop = stop
        self._pace = pace
        self._excused = excused
        self._waiter = SocketWaiter()
        self._healing = Healing()
        self._began_s = monotonic_s()
        self._turned_s = self._began_s
        self._look_at_s = 0.0
        self._unreadable = "the masters' positions could not be closed"
        self._reports_at_s = 0.0

    def run(self, steps: Sequence[Step], seconds: float, judge: Judge) -> Outcome:
        """Until everything is settled, or somebody stops it."""
        for trader in self._world.traders.values():
            trader.open_early()
        self._victims.keep_launcher()
        self._make_ready()
        chaos_s = self._chaos(steps, seconds)
        ended_s = monotonic_s()
        wrong = self._calm_down()
        copying_s = monotonic_s() - ended_s
        judged = self._settle(judge, ended_s, chaos_s)
        return Outcome(
            judged=judged,
            heals=(*self._healing.done, *self._healing.open),
            chaos_s=chaos_s,
            copying_s=copying_s,
            settled_s=monotonic_s() - ended_s,
            not_converged=() if self._stop.requested else (*wrong, *self._unhealed()),
        )

    # --- Ready -----------------------------------------------------------------------------------

    def _make_ready(self) -> None:
        deadline_s = monotonic_s() + READY_WITHIN_S
        while not self._stop.requested and (late := self._not_ready()):
            if monotonic_s() > deadline_s:
                raise DrillFault(f"the swarm did not get ready in time: {', '.join(late)}")
            self._turn("starting")
        self._began_s = monotonic_s()

    def _not_ready(self) -> list[str]:
        names = (*self._world.masters, *self._world.slaves)
        return [name for name in names if not self._is_ready(name)]

    def _is_ready(self, name: str) -> bool:
        process, report = self._victims.find(name), self._operator.reports.get(name, {})
        return process is not None and bool(report.get("ready")) and report["pid"] == process.pid

    # --- Chaos -----------------------------------------------------------------------------------

    def _chaos(self, steps: Sequence[Step], seconds: float) -> float:
        waiting = list(steps)
        while not self._stop.requested and (now_s := self._now_s()) < seconds:
            while waiting and waiting[0].at_s <= now_s:
                self._begin(waiting.pop(0), now_s)
            self._trade()
            self._turn(f"{seconds - now_s:.0f} s left; Ctrl+C ends it")
        return self._now_s()

    def _begin(self, step: Step, now_s: float) -> None:
        self._injector.begin(step, now_s)

    def _trade(self) -> None:
        now_s = monotonic_s()
        for trader in self._world.traders.values():
            trader.step(now_s, self._pace)
        self._world.bystander.step(now_s, self._pace)

    # --- Calm ------------------------------------------------------------------------------------

    def _calm_down(self) -> tuple[str, ...]:
        """No fault any more; people go on trading until every slave copies again."""
        self._note_ended(self._injector.ended(self._now_s(), all_of_them=True))
        deadline_s = monotonic_s() + COPYING_WITHIN_S
        while not self._injector.clear() and monotonic_s() < deadline_s:
            if self._stop.requested:
                break
            self._turn("putting everything right")
        for name in self._world.slaves:
            self._operator.order("RESUME", name, "the drill is over")
        self._record.note(self._now_s(), "no faults any more")
        if self._stop.requested:
            return ()
        return self._until_copying(monotonic_s())

    def _until_copying(self, since_s: float) -> tuple[str, ...]:
        deadline_s, watch = since_s + COPYING_WITHIN_S, self._world.watch
        late = list(self._world.slaves)
        while late and not self._stop.requested and monotonic_s() < deadline_s:
            self._trade()
            self._turn("waiting until all copy again")
            late = [
                name
                for name in self._world.slaves
                if not (self._copies(name, since_s) and watch.is_right(name, since_s))
            ]
        return tuple(f"{name}: {self._why_not(name, since_s)}" for name in late)

    def _copies(self, name: str, since_s: float) -> bool:
        """It does, or what keeps it from copying is a limit that its own document sets."""
        said = self._operator.reports.get(name, {}).get("last_verdicts", ())
        limited = any(f" {limit.value}" in str(line) for line in said for limit in self._excused)
        limited = limited or self._operator.has_had_its_loss(name)
        return limited or self._world.watch.has_copied_since(name, since_s)

    def _why_not(self, name: str, since_s: float) -> str:
        report = self._operator.reports.get(name, {})
        seen = "; ".join(self._world.watch.wrong_on(name))
        if not self._world.watch.has_copied_since(name, since_s):
            seen = f"copies nothing {COPYING_WITHIN_S:.0f} s after the last fault. {seen}"
        words = (report.get("state", "no report"), *report.get("holds", ()))
        return f"{seen} ({' '.join(map(str, words))})"

    # --- Settled ---------------------------------------------------------------------------------

    def _settle(self, judge: Judge, ended_s: float, chaos_s: float) -> Judged:
        """Everybody closes what is his; the swarm goes on until nothing is owed any more."""
        hurried = self._stop.requested
        patience_s = HURRIED_S if hurried else SETTLED_WITHIN_S + chaos_s * SETTLED_SHARE
        deadline_s = ended_s + patience_s
        judged, judge_at_s, changed_s = None, 0.0, monotonic_s()
        while judged is None or (_is_unfinished(judged) and monotonic_s() < deadline_s):
            flat = hurried or self._close_all()
            if monotonic_s() >= judge_at_s and (flat or monotonic_s() > deadline_s):
                began_s = monotonic_s()
                found = self._judge(judge)
                if found != judged:
                    changed_s = began_s
                judged = found or judged
                judge_at_s = monotonic_s() + max(JUDGE_EVERY_S, 3 * (monotonic_s() - began_s))
            if judged is not None and monotonic_s() - changed_s > UNCHANGED_S:
                break
            if judged is None and monotonic_s() > deadline_s + READABLE_WITHIN_S:
                raise DrillFault(f"the end cannot be judged: {self._unreadable}")
            self._turn("waiting for the last answers")
        return judged

    def _judge(self, judge: Judge) -> Judged | None:
        address = self._victims.broker_address()
        if address is None:
            self._unreadable = "the paper broker does not run"
            return None
        try:
            with self._operator.database(JUDGE_PATIENCE_MS) as database:
                return judge.judge(address, database)
        except (TruthUnreadableError, OSError, *DATABASE_ERRORS) as fault:
            self._unreadable = str(fault)
            self._record.note(self._now_s(), "not readable yet", detail=self._unreadable)
            return None

    def _close_all(self) -> bool:
        flat = [trader.close_all() for trader in self._world.traders.values()]
        flat.append(self._world.bystander.close_all())
        return all(flat)

    def _unhealed(self) -> tuple[str, ...]:
        left = [heal for heal in self._healing.open if heal.converged_s is None]
        return tuple(
            f"{heal.name}: {', '.join(sorted(heal.wrong))} never converged" for heal in left
        )

    # --- One turn --------------------------------------------------------------------------------

    def _turn(self, title: str) -> None:
        """The keeper's, the operator's and the watcher's work; then a short rest."""
        now_s = monotonic_s()
        if now_s - self._turned_s > SLOW_TURN_S:
            late = f"{now_s - self._turned_s:.1f} s"
            self._record.note(self._now_s(), "the drill itself stood still", detail=late)
        self._turned_s = now_s
        self._victims.keep()
        self._note_ended(self._injector.ended(self._now_s()))
        if self._victims.database_answers():
            self._operator.work()
        if now_s >= self._look_at_s:
            self._look_at_s = now_s + LOOK_EVERY_S
            self._look()
        if now_s >= self._reports_at_s:
            self._reports_at_s = now_s + REPORTS_EVERY_S
            self._show(title)
        self._waiter.wait((self._stop.waitable,), REST_S)

    def _look(self) -> None:
        watch = self._world.watch
        for name, held, now_s in _lists(self._world.masters):
            watch.see_master(name, held, now_s)
        for name, held, now_s in _lists(self._world.slaves):
            watch.see_slave(name, held, now_s)
        self._healing.look(watch, monotonic_s())

    def _note_ended(self, ended: Sequence[Ended]) -> None:
        for one in ended:
            slaves = self._concerned(one.step)
            if slaves:
                self._healing.begin(one.step.name, slaves, monotonic_s())

    def _concerned(self, step: Step) -> tuple[str, ...]:
        """A slave's trouble is its own; all others' concern whoever follows."""
        if step.deed is Deed.OUR_CLOCK:
            return tuple(self._world.slaves)
        found: dict[str, None] = {}
        for victim in step.victims:
            if victim in self._world.slaves:
                found[victim] = None
                continue
            for slave, masters in self._world.follows.items():
                if victim not in self._world.masters or victim in masters:
                    found[slave] = None
        return tuple(found)

    def _show(self, title: str) -> None:
        for text in self._record.unsaid():
            self._screen.say(text)
        if self._victims.database_answers():
            self._operator.read_reports()
        accounts = tuple(
            self._seen(name, role)
            for role, names in (("MASTER", self._world.masters), ("SLAVE", self._world.slaves))
            for name in names
        )
        self._screen.update(SwarmView(accounts=accounts), (), f"Murmuration drill: {title}")

    def _seen(self, name: str, role: str) -> AccountView:
        process, report = self._victims.find(name), self._operator.reports.get(name, {})
        state = str(report.get("state", "STARTING"))
        if self._victims.is_held_up(name):
            state = "HELD UP"
        elif process is None:
            state = "DOWN"
        return AccountView(
            name=name,
            role=role,
            pid=0 if process is None else process.pid,
            alive=process is not None,
            state=state,
            holds=tuple(map(str, report.get("holds", ()))),
            ready=self._is_ready(name),
            positions=int(report.get("positions", 0)),
            figures=dict(report.get("figures", {})),
        )

    def _now_s(self) -> float:
        return monotonic_s() - self._began_s


def _is_unfinished(judged: Judged) -> bool:
    """What else was found stands in the brokers' histories for good."""
    return any(one.kind in UNFINISHED for one in judged.damage.findings)


def _lists(hands: dict[str, Hand]) -> list[tuple[str, list[Any], float]]:
    """What each broker lists, and when it did."""
    found = []
    for name, hand in hands.items():
        asked_s = monotonic_s()
        held = hand.positions()
        if held is not None:
            found.append((name, held, asked_s))
    return found
