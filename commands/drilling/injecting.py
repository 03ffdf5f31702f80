"""Lets go wrong what the plan says, ends it in time, and remembers which broker's clock was off."""

from collections.abc import Callable, Iterable, Sequence
from itertools import combinations

import msgspec

from commands.drilling.operator import Operator
from commands.drilling.plan import BROKER, Deed, Step
from commands.drilling.record import Record
from commands.drilling.victims import Victims
from commands.staging.scenery import Scenery
from decisions.broker_clocks import Jump
from paper.admin import Admin, AdminError
from utils.clock import set_offset, utc_ms

PATIENCE_S = 1.0
CLOCK_FAULT = "server_clock"
LOGIN_FAULT = "other_account"
#: A wrong login is to be gone for a few good looks before anybody resumes.
RESUME_AFTER_S = 2.0


class Ended(msgspec.Struct, frozen=True):
    """A fault that has just ended, and when, by the drill's own clock."""

    step: Step
    at_s: float


class _ClockOff(msgspec.Struct, kw_only=True):
    broker: str
    from_ms: int
    until_ms: int
    by_ms: int


class Injector:
    """Carries out one step after the other."""

    def __init__(
        self, scenery: Scenery, victims: Victims, operator: Operator, record: Record
    ) -> None:
        """Nothing is wrong yet."""
        self._config = scenery.config
        self._accounts = {str(one["name"]): one for one in scenery.accounts}
        self._victims = victims
        self._operator = operator
        self._record = record
        self._running: list[Step] = []
        self._resumes: list[tuple[float, str]] = []
        self._clocks_off: list[_ClockOff] = []
        self.our_clock_moved = False
        self._ways: dict[Deed, Callable[[Step], str]] = {
            Deed.KILL: self._kill,
            Deed.PAUSE: self._hold_up,
            Deed.TERMINAL: self._disturb,
            Deed.OUR_CLOCK: self._move_our_clock,
            Deed.EDIT: self._edit,
            Deed.HALT: self._halt,
        }

    def begin(self, step: Step, now_s: float) -> None:
        """Let it go wrong; what cannot be done now is noted and left out."""
        try:
            detail = self._ways[step.deed](step)
        except (OSError, AdminError, LookupError) as fault:
            self._record.not_possible[step.name] += 1
            self._record.note(now_s, f"not possible: {step.name}", step.victims, str(fault))
            return
        self._record.count(step.deed, step.name)
        self._record.note(now_s, step.name, step.victims, detail)
        self._running.append(msgspec.structs.replace(step, at_s=now_s))

    def ended(self, now_s: float, *, all_of_them: bool = False) -> list[Ended]:
        """End what is due, or everything; what has ended now."""
        over = [step for step in self._running if all_of_them or step.ends_s <= now_s]
        self._running = [step for step in self._running if step not in over]
        for step in over:
            self._end(step, now_s)
        for due_s, name in list(self._resumes):
            if all_of_them or due_s <= now_s:
                self._operator.order("RESUME", name, "the right account again")
                self._resumes.remove((due_s, name))
        return [Ended(step, now_s) for step in over]

    def clear(self) -> bool:
        """Nothing goes wrong any more; whether the broker has heard it."""
        if self._config.clock is not None:
            set_offset(self._config.clock, 0)
        self._victims.let_all_go()
        try:
            with self._admin() as admin:
                admin.clear_faults()
        except (OSError, AdminError, LookupError):
            return False
        now_ms = utc_ms()
        for off in self._clocks_off:
            off.until_ms = min(off.until_ms, now_ms)
        return True

    def jumps_of(self, broker: str) -> tuple[Jump, ...]:
        """When a broker's clock was off; two jumps at once add up."""
        own = [off for off in self._clocks_off if off.broker == broker]
        return tuple(_jump(off) for off in (*own, *_overlaps(own)))

    def _kill(self, step: Step) -> str:
        killed = {name: self._victims.kill(name) for name in step.victims}
        pids = {name: pid for name, pid in killed.items() if pid}
        if not pids:
            raise LookupError("no such process runs now")
        self._record.kills.update(pids.keys())
        if BROKER in pids:
            self._clocks_are_right_from(utc_ms())
        return ", ".join(f"process {pid}" for pid in pids.values())

    def _hold_up(self, step: Step) -> str:
        pids = [pid for name in step.victims if (pid := self._victims.hold_up(name))]
        if not pids:
            raise LookupError("no such process runs now")
        if BROKER in step.victims:
            self._clocks_stay_off_by(utc_ms() + round(step.for_s * 1000))
        return f"for {step.for_s:.1f} s"

    def _disturb(self, step: Step) -> str:
        (name,) = step.victims
        account = self._accounts[name]
        with self._admin() as admin:
            for rule in step.rules:
                settings = dict(rule)
                admin.fault(str(settings.pop("kind")), str(account["path"]), **settings)
        for rule in step.rules:
            if rule["kind"] == CLOCK_FAULT:
                self._note_clock(str(account["paper"]["broker"]), int(str(rule["ms"])), step.for_s)
        codes = [str(rule["code"]) for rule in step.rules if "code" in rule]
        return " ".join(codes)

    def _move_our_clock(self, step: Step) -> str:
        if self._config.clock is None:
            raise LookupError("this world has no clock file")
        self.our_clock_moved = True
        set_offset(self._config.clock, step.by_ms)
        return f"{step.by_ms / 1000:+.0f} s"

    def _edit(self, step: Step) -> str:
        for name in step.victims:
            self._operator.edit(name, step.fields)
        return ", ".join(f"{field}: {value}" for field, value in step.fields.items())

    def _halt(self, step: Step) -> str:
        for name in step.victims:
            self._operator.order("HALT", name, "the drill's plan")
        return f"for {step.for_s:.1f} s"

    def _end(self, step: Step, now_s: float) -> None:
        if step.deed is Deed.OUR_CLOCK and self._config.clock is not None:
            set_offset(self._config.clock, 0)
        if any(rule["kind"] == LOGIN_FAULT for rule in step.rules):
            self._resumes += [(now_s + RESUME_AFTER_S, name) for name in step.victims]
        for name in step.victims:
            self._end_on(name, step)

    def _end_on(self, name: str, step: Step) -> None:
        if step.deed is Deed.PAUSE:
            self._victims.let_go(name)
        elif step.deed is Deed.EDIT:
            self._operator.restore(name, step.fields)
        elif step.deed is Deed.HALT:
            self._operator.order("RESUME", name, "the drill's plan")

    def _note_clock(self, broker: str, by_ms: int, for_s: float) -> None:
        now_ms = utc_ms()
        until_ms = now_ms + round(for_s * 1000)
        self._clocks_off.append(
            _ClockOff(broker=broker, from_ms=now_ms, until_ms=until_ms, by_ms=by_ms)
        )

    def _clocks_are_right_from(self, now_ms: int) -> None:
        """A broker that was started again knows of no jump."""
        for off in self._clocks_off:
            off.until_ms = min(off.until_ms, now_ms)

    def _clocks_stay_off_by(self, until_ms: int) -> None:
        """A broker that stands still cannot put its clock right."""
        now_ms = utc_ms()
        for off in self._clocks_off:
            if off.until_ms > now_ms:
                off.until_ms = max(off.until_ms, until_ms)

    def _admin(self) -> Admin:
        address = self._victims.broker_address()
        if address is None:
            raise LookupError("the paper broker cannot answer now")
        return Admin(address.host, address.port, within_s=PATIENCE_S)


def _jump(off: _ClockOff) -> Jump:
    return Jump(from_ms=off.from_ms, until_ms=off.until_ms, by_ms=off.by_ms)


def _overlaps(offs: Sequence[_ClockOff]) -> Iterable[_ClockOff]:
    for one, other in combinations(offs, 2):
        from_ms = max(one.from_ms, other.from_ms)
        until_ms = min(one.until_ms, other.until_ms)
        if from_ms < until_ms:
            yield _ClockOff(
                broker=one.broker,
                from_ms=from_ms,
                until_ms=until_ms,
                by_ms=one.by_ms + other.by_ms,
            )
