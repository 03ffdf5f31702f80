"""All members of the swarm: who is wanted, who is started, ended, started again."""

import logging
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import msgspec

from decisions.account_documents import needs_restart
from decisions.restarting import Action, Policy, awake_since_s, next_step
from decisions.roster import Duty, Standing, duty, may_start
from decisions.swarm_check import same_place
from domain.control import Stop
from domain.policies import AccountSettings, Role
from nodes.supervisor import journals
from nodes.supervisor.accounts import Judged
from nodes.supervisor.children import Child, output_of
from nodes.supervisor.member import Member
from utils.clock import Now

logger = logging.getLogger(__name__)

MASTERS_AWAITED_S = 10.0
STARTING_AT_ONCE = 4
NEWBORN_S = 5.0
CLOSE_ONLY = "it crashed again and again, and closes only: python launcher.py resume {}"
#: Looks at the documents over which an account that was deleted is still shown as off.
SHOWN_GONE = 10
STOP_BY_SIGNAL_AFTER_S = 3.0
STOP_BY_FORCE_AFTER_S = 5.0


class Ways(msgspec.Struct, frozen=True, kw_only=True):
    """How the crew acts on the world."""

    start: Callable[[Member], Child]
    say_stop: Callable[[str, Stop], bool]
    jitter: Callable[[], float]
    end_terminal: Callable[[AccountSettings], None]
    state: Path
    logs: Path


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What the documents ask of one account, beside its open legs."""

    role: Role
    enabled: bool
    sound: bool
    settings: AccountSettings | None = None


class Crew:
    """Members by name; `step` moves each one step on."""

    def __init__(self, ways: Ways, policy: Policy) -> None:
        self.members: dict[str, Member] = {}
        self._ways = ways
        self._policy = policy
        self._wanted: dict[str, Wanted] = {}
        self._looked_at_s = self._awake_since_s = 0.0

    def want(self, accounts: Mapping[str, Wanted], held: Callable[[str], bool]) -> None:
        """Take up what is wanted now; whoever is in no document drains or goes."""
        for name, wanted in accounts.items():
            self._member(name, wanted)
        self._wanted = dict(accounts)
        for member in self.members.values():
            self._assign(member, self._wanted.get(member.name), held)
        self._forget_the_gone()

    def step(self, now: Now) -> None:
        """See who ended, and start, stop or end whoever is due."""
        now_s, policy = now.monotonic_s, self._policy
        self._awake_since_s = awake_since_s(self._awake_since_s, self._looked_at_s, policy, now_s)
        self._looked_at_s = now_s
        for member in self.members.values():
            if member.notice_end(now, self._ways.jitter()):
                logger.warning("node_ended", extra={"node": member.name, "why": member.ending})
        for member in self.members.values():
            self._act(member, now)

    def distrust(self, names: Iterable[str]) -> None:
        """Those that crashed in a loop under the launcher before us: only people loosen (law 6)."""
        for name in names:
            if name in self.members:
                self.members[name].close_only = True

    def wanted(self, name: str) -> Wanted | None:
        """What the documents asked of an account at the last look."""
        return self._wanted.get(name)

    def living(self) -> list[Member]:
        """Those with a process."""
        return [member for member in self.members.values() if member.alive]

    def masters_ready(self) -> set[str]:
        """Masters whose slaves may start."""
        return {m.name for m in self.members.values() if m.role is Role.MASTER and m.ready}

    def legs_of(self, member: Member) -> int:
        """Open legs by its last report, or by its journal while it does not run."""
        if member.in_business and member.report is not None:
            return member.report.open_legs
        if member.kept_legs is None:
            member.kept_legs = self._journaled_legs(member)
        return member.kept_legs

    def _member(self, name: str, wanted: Wanted) -> None:
        member = self.members.get(name)
        if member is None:
            output = output_of(self._ways.logs, name)
            self.members[name] = Member(name, wanted.role, output)
        elif not member.alive:
            member.role = wanted.role

    def is_needed(self, member: Member, held: Callable[[str], bool]) -> bool:
        """Open copies need its node: its own, or, of a master, those of its slaves."""
        if member.role is Role.MASTER:
            return held(member.name)
        return self.legs_of(member) > 0 or (member.alive and self._journaled_legs(member) > 0)

    def _journaled_legs(self, member: Member) -> int:
        """A report is up to a second old; the journal knows the copy that was just opened."""
        return journals.open_legs(self._ways.state, member.name)

    def _forget_the_gone(self) -> None:
        """Nobody asks for them any more, and everybody has been told so."""
        for name, member in list(self.members.items()):
            there = name in self._wanted or member.alive or member.duty is not Duty.OFF
            member.looks_gone = 0 if there else member.looks_gone + 1
            if member.looks_gone >= SHOWN_GONE:
                del self.members[name]

    def _assign(self, member: Member, wanted: Wanted | None, held: Callable[[str], bool]) -> None:
        known = wanted or Wanted(role=member.role, enabled=False, sound=True)
        runs = known.enabled and known.sound
        needed = not runs and self.is_needed(member, held)
        standing = Standing(
            role=member.role, enabled=known.enabled, sound=known.sound, needed=needed
        )
        member.duty = duty(standing)
        if known.settings is None:
            return
        if member.alive:
            self._restart_where_needed(member, known.settings)
        else:
            self._give_another_chance(member, known.settings)

    @staticmethod
    def _restart_where_needed(member: Member, settings: AccountSettings) -> None:
        if member.running_on is not None and needs_restart(member.running_on, settings):
            logger.info("restarts_for_its_settings", extra={"node": member.name})
            member.restarting = True
        elif member.running_on is None:
            member.running_on = settings

    @staticmethod
    def _give_another_chance(member: Member, settings: AccountSettings) -> None:
        """What a person has changed since it failed may have been why: it starts at once."""
        tried = member.running_on
        if member.failures and tried is not None and needs_restart(tried, settings):
            member.trust_again()

    def _act(self, member: Member, now: Now) -> None:
        view = member.as_child(self._awake_since_s)
        step = next_step(view, self._policy, now.monotonic_s, member.jitter)
        member.close_only |= step.close_only
        member.alarm = step.alarm or (CLOSE_ONLY.format(member.name) if member.close_only else "")
        may_relaunch = self._may_relaunch(member)
        member.hangs.look(self._policy, now.monotonic_s, may_relaunch=may_relaunch)
        if step.action is Action.START:
            self._start_when_its_turn(member, now)
        elif step.action is Action.STOP:
            self._stop(member, now)
        elif step.action is Action.KILL:
            self._end_the_hung(member, step.alarm, now)

    def _end_the_hung(self, member: Member, why: str, now: Now) -> None:
        """Nobody takes its place before the operating system says that it has gone (law 13)."""
        if member.child is None:
            return
        if not member.killed_because:
            logger.error("node_hung", extra={"node": member.name, "why": why})
            member.killed_because = f"was killed: {why}"
            may_relaunch = self._may_relaunch(member)
            member.hangs.one_more(self._policy, now.monotonic_s, may_relaunch=may_relaunch)
        member.child.kill()

    def _may_relaunch(self, member: Member) -> bool:
        settings = self._settings_of(member)
        return settings is not None and settings.relaunch_terminal

    def _settings_of(self, member: Member) -> AccountSettings | None:
        """As they are wanted now; of who is in no document, those it ran on last."""
        wanted = self._wanted.get(member.name)
        asked = None if wanted is None else wanted.settings
        return asked or member.running_on

    def _start_when_its_turn(self, member: Member, now: Now) -> None:
        member.wanted_since_s = member.wanted_since_s or now.monotonic_s
        waited_s = now.monotonic_s - member.wanted_since_s
        masters = self._awaited_masters(member)
        ready = self.masters_ready()
        if self._newborn(now) >= STARTING_AT_ONCE:
            return
        if not may_start(member.role, masters, ready, waited_s, MASTERS_AWAITED_S):
            return
        if not self._place_is_taken(member):
            self._start(member, now)

    def _place_is_taken(self, member: Member) -> bool:
        """Another account's node has not left that login, or that terminal, yet."""
        wanted = self._wanted.get(member.name)
        mine = None if wanted is None else wanted.settings
        others = (m.running_on for m in self.living() if m is not member)
        return mine is not None and any(o is not None and same_place(mine, o) for o in others)

    def _start(self, member: Member, now: Now) -> None:
        wanted = self._wanted.get(member.name)
        member.role = member.role if wanted is None else wanted.role
        self._relaunch_when_due(member)
        try:
            child = self._ways.start(member)
        except OSError as refused:
            member.failures += 1
            member.ended_at_s = now.monotonic_s
            member.ending = f"could not be started: {refused}"
            return
        member.begin(child, None if wanted is None else wanted.settings, now)
        logger.info("node_started", extra={"node": member.name, "pid": child.pid})

    def _relaunch_when_due(self, member: Member) -> None:
        """The node that hung in it has gone; its successor starts the terminal by its path."""
        settings = self._settings_of(member)
        if member.hangs.relaunch_due and settings is not None:
            logger.error("terminal_relaunched", extra={"node": member.name, "path": settings.path})
            self._ways.end_terminal(settings)
        member.hangs.relaunch_due = False

    def _awaited_masters(self, member: Member) -> set[str]:
        """The masters it follows, as far as they are to run at all."""
        wanted = self._wanted.get(member.name)
        follows = None if wanted is None or wanted.settings is None else wanted.settings.follows
        run = {m.name for m in self._masters() if m.duty is not Duty.OFF}
        return run if follows is None else run & set(follows)

    def _masters(self) -> Iterable[Member]:
        return (member for member in self.members.values() if member.role is Role.MASTER)

    def _newborn(self, now: Now) -> int:
        """Processes that were just started: a machine can only import so much at once."""
        return sum(
            1
            for member in self.members.values()
            if member.alive
            and member.told is None
            and now.monotonic_s - member.started_at_s < NEWBORN_S
        )

    def _stop(self, member: Member, now: Now) -> None:
        """By message, then by signal, then by force."""
        if member.child is None:
            return
        if not member.stop_asked_s:
            member.stop_asked_s = now.monotonic_s
            self._ways.say_stop(member.name, Stop(why="its account no longer asks for it"))
        waited_s = now.monotonic_s - member.stop_asked_s
        if waited_s > STOP_BY_FORCE_AFTER_S:
            member.child.kill()
        elif waited_s > STOP_BY_SIGNAL_AFTER_S:
            member.child.ask_to_stop()


def wanted_of(judged: Judged, role: Role | None, *, running: bool) -> Wanted | None:
    """What a judged document asks for; None where nobody can say even its type.

    A node that runs goes on with its last good settings while its document is wrong; one that
    does not is not started on them.
    """
    settings = judged.settings
    known_role = settings.type if settings is not None else role
    if known_role is None:
        return None
    readable = not judged.problems or running
    sound = settings is not None and readable and not judged.conflicts
    enabled = settings is not None and settings.enabled
    return Wanted(role=known_role, enabled=enabled, sound=sound, settings=settings)
