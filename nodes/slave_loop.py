"""A slave: hears its masters, opens, follows, settles, guards itself and reports, in one loop."""

import logging
from collections import deque
from collections.abc import Sequence

import msgspec

from decisions.daily_loss import is_guarded
from decisions.trading_state import LOGIN_WATCH, stricter_of
from domain.control import Command, CommandDone, NodeReport, Settings, Stop, ToNode
from domain.ids import NodeName
from domain.market import Identity, Position, Unknowable
from domain.policies import AccountSettings, Hold, TradingState
from domain.records import EquitySample, MasterAt
from nodes.account_reader import AccountReader
from nodes.bookkeeping.ledger import Ledger
from nodes.copying.contract_watch import ContractWatch
from nodes.copying.copier import Copier
from nodes.copying.missing_symbols import MissingSymbols
from nodes.copying.opener import Neighbours, Opener
from nodes.copying.situation_room import Guards, Home, SituationRoom
from nodes.executor import Executor
from nodes.guarding.day_guard import DayGuard
from nodes.guarding.login_watch import LoginWatch
from nodes.guarding.standing import Standing
from nodes.inbox import Arrival, Inbox, SnapshotTaken
from nodes.ports import ControlLine, Journal, Recollection, SignalInlet, TerminalDoor
from nodes.repairing.recovery import FORGOTTEN, Recovery
from nodes.repairing.repairer import Repairer, words_of_all
from nodes.reporting import Alarms, report_of
from utils.clock import Clock, Now, utc_us

logger = logging.getLogger(__name__)

RECONNECT_EVERY_S = 2.0
REPORT_EVERY_S = 1.0
DAY_EVERY_S = 1.0
# At the start the day's result takes a second tick: it is looked for often, and waited for, so long
# as a market that is open may take to show one.
DAY_SOON_S = 0.1
DAY_AWAITED_S = 3.0
EQUITY_EVERY_S = 5.0
WATCH_WITH_EXPOSURE_S = 0.25
WATCH_WITHOUT_S = 1.0
SUPERVISOR_LOST_AFTER_S = 5.0
#: Commands that are known again when they are told a second time.
REMEMBERED_COMMANDS = 200
NOT_STORED = "in force, not stored yet: the journal cannot be written"


class SlaveParts(msgspec.Struct, frozen=True, kw_only=True):
    """What a slave is made of; nodes/wiring.py puts it together."""

    name: NodeName
    pid: int
    swarm: str
    door: TerminalDoor
    inlet: SignalInlet
    journal: Journal
    control: ControlLine
    clock: Clock
    identity: Identity
    accounts: AccountReader
    settings: AccountSettings
    told: Settings
    has_supervisor: bool
    recollection: Recollection | None = None


class SlaveLoop:
    """`step` does what is due, `rest_s` says how long nothing is."""

    def __init__(self, parts: SlaveParts) -> None:
        """Read the journal and take up what stands in it; the terminal is connected already."""
        self._parts = parts
        self._settings = parts.settings
        self._standing = _standing(parts)
        self._ledger = Ledger(parts.name, parts.journal, parts.clock)
        self._recovery = _recovery(parts, self._ledger)
        self._inbox = Inbox(parts.name, parts.inlet, self._ledger.legs.is_live)
        self._guard = DayGuard(parts.door, self._standing, parts.clock)
        self._login = LoginWatch(parts.door, parts.identity)
        self._executor = Executor(parts.door, parts.journal, parts.clock, self._login)
        self._repairer = Repairer(
            parts.door,
            self._executor,
            self._ledger,
            self._standing,
            parts.clock,
            self._inbox.is_wanted,
        )
        self._contracts = _contracts(parts, self._ledger, self._recovery)
        room = SituationRoom(
            parts.door,
            self._inbox,
            self._ledger,
            Guards(self._standing, self._guard, self._contracts),
            Home(parts.identity, parts.swarm),
        )
        self._missing = MissingSymbols(parts.name, parts.door, self._ledger)
        self._opener = opener = Opener(
            room,
            self._executor,
            self._ledger,
            parts.clock,
            Neighbours(self._listen, self._repairer.follow, self._missing.note),
        )
        opener.end_interrupted()
        self._copier = Copier(
            self._ledger, opener, self._repairer, parts.clock, self._inbox.ask_again
        )
        self._alarms = Alarms()
        self._positions: tuple[Position, ...] = ()
        self._watch_at_s = self._day_at_s = self._report_at_s = self._equity_at_s = 0.0
        self._reconnect_at_s = 0.0
        self._heard_at_s = self._began_s = parts.clock.now().monotonic_s
        self._done: deque[CommandDone] = deque(maxlen=REMEMBERED_COMMANDS)
        self.stopping, self._told_news = False, (False, self._standing.latch)
        self._take_settings(parts.told)

    def step(self) -> None:
        """One turn: hear, copy, watch, guard, report."""
        self._listen()
        self._copy()
        now = self._parts.clock.now()
        if self._parts.door.hinted() or now.monotonic_s >= self._watch_at_s:
            self._watch(now)
            # A look may take seconds, and what follows pairs its answers with the moment.
            now = self._parts.clock.now()
        self._look_at_day_when_due(now)
        if not self._copier.busy:
            self._missing.look(now)
            self._contracts.look(now)
        self._inbox.ask_where_due(self._ledger.legs.orders_by_master(), now.monotonic_s)
        self._report_when_due(now)

    def rest_s(self) -> float:
        """How long nothing is due, seconds."""
        if self._copier.busy:
            return 0.0
        due_s = min(self._watch_at_s, self._day_at_s, self._report_at_s)
        return max(0.0, due_s - self._parts.clock.now().monotonic_s)

    def waitables(self) -> Sequence[object]:
        """What ends the rest early."""
        hint = self._parts.door.waitable()
        sockets = [*self._parts.inlet.waitables(), *self._parts.control.waitables()]
        return sockets if hint is None else [*sockets, hint]

    def finish(self) -> None:
        """An orderly end: open legs stay in the journal, and at the broker, as they are."""
        logger.info("slave_ends", extra={"open_legs": self._ledger.legs.live_count()})

    def _copy(self) -> None:
        """All is heard again before every order: a close overtakes opens, a HALT ends them.

        However much waits, positions are looked at as often as ever: a close that was refused may
        not wait for thousands of answers.
        """
        now = self._parts.clock.now()
        ends_s = now.monotonic_s + WATCH_WITH_EXPOSURE_S
        while self._copier.busy and now.monotonic_s < ends_s:
            self._copier.handle_next(self._settings)
            now = self._parts.clock.now()
            # A basket may take longer than the supervisor waits for a sign of life, and than a
            # result of the day stays good.
            self._report_when_due(now)
            self._look_at_day_when_due(now)
            self._listen()

    def _listen(self) -> None:
        """Take in what the supervisor and the masters have said; nothing is sent."""
        for message in self._parts.control.drain():
            self._heard_at_s = self._parts.clock.now().monotonic_s
            self._hear(message)
        self._hold_without_supervisor(self._parts.clock.now())
        arrivals = self._inbox.take()
        self._recover(arrivals)
        self._copier.queue(arrivals)

    def _recover(self, arrivals: Sequence[Arrival | SnapshotTaken]) -> None:
        """What the journal has lost is found again before anything is decided."""
        for arrival in arrivals:
            if isinstance(arrival, SnapshotTaken):
                if self._inbox.is_wanted(arrival.snapshot.book.master):
                    self._ledger.follows.begin(arrival.snapshot.book, utc_us() // 1000)
                self._recovery.meet(arrival.snapshot.book)
        self._search()
        if self._recovery.recall():
            self._contracts.recall(self._recovery.contracts)
            self._follow(self._told)
            for master in self._inbox.masters():
                self._inbox.ask_again(master)
        for key in self._recovery.ended():
            self._repairer.ended_elsewhere(key)
        self._standing.hold(Hold.RECOVERING, on=not self._recovery.done)
        if self._recovery.waits_for_trades:
            self._alarms.raise_("trades", FORGOTTEN)
        else:
            self._alarms.clear("trades")

    def _search(self) -> None:
        """Its master was not asked about a leg that is found only now."""
        for master in self._recovery.search(self._parts.clock.now().monotonic_s):
            self._inbox.ask_again(master)

    def _hear(self, message: ToNode) -> None:
        if isinstance(message, Settings):
            self._take_settings(message)
        elif isinstance(message, Command):
            self._obey(message)
        elif isinstance(message, Stop):
            logger.info("told_to_stop", extra={"why": message.why})
            self.stopping = True

    def _take_settings(self, told: Settings) -> None:
        """The document as it stands now; one that is no good leaves the last good one in force."""
        self._told = told
        if told.document is not None:
            self._take_document(told)
        self._contracts.accept(self._settings.accepted_contracts)
        opens_nothing = not self._settings.enabled or self._settings.follows == ()
        self._standing.hold(Hold.DRAINING, on=told.document is None or opens_nothing)
        self._standing.hold(Hold.BAD_DOCUMENT, on=bool(told.close_only))
        if told.close_only:
            self._alarms.raise_("document", told.close_only)
        else:
            self._alarms.clear("document")
        silent = not told.database and not self._settings.opens_without_database
        self._standing.hold(Hold.DATABASE_SILENT, on=silent)
        if told.latch is not None:
            self._standing.take_over(stricter_of(self._standing.latch, told.latch))
        self._follow(told)
        # What it changes is shown at once, and a new limit of the day is judged at once.
        self._report_at_s = self._day_at_s = 0.0

    def _take_document(self, told: Settings) -> None:
        read = self._parts.accounts.read(told.document or {})
        if isinstance(read, AccountSettings):
            self._settings = read
            self._alarms.clear("settings")
            self._parts.accounts.keep(self._parts.journal, self._parts.name, told.document or {})
        else:
            self._alarms.raise_("settings", f"last good settings stay in force: {'; '.join(read)}")

    def _follow(self, told: Settings) -> None:
        wanted = self._settings.follows
        names = told.all_masters if wanted is None else wanted
        self._inbox.want(NodeName(name) for name in names)
        if wanted is not None:
            self._ledger.follows.end_all_but(wanted)
        held = set(self._ledger.legs.orders_by_master())
        last_known = {at.master: (at.signals, at.snapshots) for at in self._parts.journal.masters()}
        for name, addresses in (last_known | told.masters).items():
            master = NodeName(name)
            if name in names or master in held:
                self._inbox.follow(master, addresses, self._parts.journal.cursor(name))
                self._ledger.write(
                    MasterAt(master=master, signals=addresses[0], snapshots=addresses[1])
                )
        for master in self._inbox.masters():
            if master not in names and master not in held:
                self._inbox.unfollow(master)
            elif master in names:
                self._begin_again(master)

    def _begin_again(self, master: NodeName) -> None:
        """We never ceased to listen: another first book would come much later, or never."""
        book = self._inbox.whole_book(master)
        if book is not None:
            self._ledger.follows.begin(book, utc_us() // 1000)

    def _obey(self, command: Command) -> None:
        """Carried out once; one that is told again is only acknowledged again."""
        done = next((d for d in self._done if d.command == command.command), None)
        if done is None:
            result = self._carry_out(command)
            # Where no disk has it, who starts us keeps it: he is told before it counts as done.
            self._report_when_due(self._parts.clock.now())
            done = CommandDone(name=self._parts.name, command=command.command, result=result)
            self._done.append(done)
        self._parts.control.say(done)

    def _carry_out(self, command: Command) -> str:
        if command.kind == "CLOSE":
            return f"closing {_copies(self._repairer.close_all())}"
        if command.kind == "LEAVE":
            left, doubtful = self._repairer.let_go()
            return f"left {_copies(left)}" + _still_asking(doubtful)
        state = {"HALT": TradingState.HALTED, "RESUME": TradingState.ACTIVE}.get(command.kind)
        if state is None:
            return f"{command.kind} is not known here"
        now_ms = self._parts.clock.now().utc_ms
        self._standing.order(state, command.why, command.by, now_ms)
        if state is TradingState.ACTIVE and self._login.forgive():
            self._standing.hold(Hold.WRONG_LOGIN, on=False)
        result = self._standing.state().value
        return result if self._standing.is_stored() else f"{result} ({NOT_STORED})"

    def _hold_without_supervisor(self, now: Now) -> None:
        if self._parts.has_supervisor:
            lost = now.monotonic_s - self._heard_at_s > SUPERVISOR_LOST_AFTER_S
            self._standing.hold(Hold.SUPERVISOR_LOST, on=lost)

    def _watch(self, now: Now) -> None:
        """Look at our own positions: settle, repair, and see what others closed."""
        exposed = self._ledger.legs.live_count() > 0
        self._watch_at_s = now.monotonic_s + (WATCH_WITH_EXPOSURE_S if exposed else WATCH_WITHOUT_S)
        if not self._login_is_right(now):
            return
        looked_at_s = self._parts.clock.now().monotonic_s
        positions = self._parts.door.positions()
        if isinstance(positions, Unknowable):
            self._terminal_is_away(positions.why, now)
            return
        self._alarms.clear("terminal")
        self._positions = positions
        word = words_of_all(self._inbox.books())
        self._repairer.repair_all(positions, word, looked_at_s)
        self._repairer.reckon()

    def _login_is_right(self, now: Now) -> bool:
        """A wrong login stops all; closes go on after three good looks, opens by a person."""
        trouble = self._login.good_look()
        if self._login.stranger:
            self._standing.hold(Hold.WRONG_LOGIN, on=True)
            # A restart forgets what was seen; only the operator does so for good (law 6).
            why = f"logged in to {self._login.stranger}"
            self._standing.tighten(TradingState.REDUCING, why, LOGIN_WATCH, now.utc_ms)
            self._alarms.raise_("login", f"logged in to {self._login.stranger}, or was")
        else:
            self._alarms.clear("login")
        if trouble and not self._login.sees_stranger:
            self._terminal_is_away(trouble, now)
        return not trouble and not self._login.suspended

    def _terminal_is_away(self, why: str, now: Now) -> None:
        self._alarms.raise_("terminal", why)
        self._repairer.looked_in_vain()
        if now.monotonic_s >= self._reconnect_at_s:
            self._reconnect_at_s = now.monotonic_s + RECONNECT_EVERY_S
            # It may block for long: the supervisor shall know that we are not merely silent.
            self._parts.control.say(self._report(now))
            self._parts.door.connect()
            # Until it is known again what the day has brought every open is denied.
            self._day_at_s = 0.0

    def _look_at_day_when_due(self, now: Now) -> None:
        if now.monotonic_s < self._day_at_s:
            return
        self._guard.look(self._settings.kill_switch, now)
        pause_s = DAY_SOON_S if self._awaits_the_day(now) else DAY_EVERY_S
        self._day_at_s = now.monotonic_s + pause_s
        account = self._guard.account
        if account is None:
            return
        if now.monotonic_s < self._equity_at_s:
            return
        self._equity_at_s = now.monotonic_s + EQUITY_EVERY_S
        self._ledger.write(
            EquitySample(
                account=self._parts.name,
                at_ms=now.utc_ms,
                balance=account.balance,
                equity=account.equity,
                profit=account.profit,
                daily=self._guard.result(now.monotonic_s),
                currency=account.currency,
            )
        )

    def _unconfirmed(self) -> list[NodeName]:
        return [m for m in self._inbox.masters() if not self._inbox.is_confirmed(m)]

    def _awaits_the_day(self, now: Now) -> bool:
        """Just started, with a limit of the day and no result yet: every open would be denied."""
        guarded = is_guarded(self._settings.kill_switch)
        unknown = guarded and self._guard.result(now.monotonic_s) is None
        return unknown and now.monotonic_s - self._began_s < DAY_AWAITED_S

    def _is_ready(self, unconfirmed: list[NodeName], now: Now) -> bool:
        """Every master's book is whole, the terminal answers, and the day's result is known."""
        has_masters = bool(self._inbox.masters())
        trouble = unconfirmed or self._alarms.has("terminal") or self._awaits_the_day(now)
        return has_masters and self._recovery.done and not trouble

    def _report_when_due(self, now: Now) -> None:
        """Once a second; at once where the latch has moved, or we are in business or out of it."""
        news = self._is_ready(self._unconfirmed(), now), self._standing.latch
        if news != self._told_news or now.monotonic_s >= self._report_at_s:
            self._told_news = news
            self._report_at_s = now.monotonic_s + REPORT_EVERY_S
            self._parts.control.say(self._report(now))

    def _report(self, now: Now) -> NodeReport:
        latch_is_stored = self._standing.is_stored()
        if self._ledger.catch_up() and latch_is_stored:
            self._alarms.clear("journal")
        else:
            self._alarms.raise_("journal", "cannot be written: nothing opens, closes go on")
        alarms = (*self._alarms.texts(), *self._inbox.alarms(), *self._opener.alarms())
        alarms += (*self._repairer.alarms(), *self._contracts.alarms())
        unconfirmed = self._unconfirmed()
        holds = tuple(h.value for h in sorted(self._standing.holds()))
        holds += tuple(f"{Hold.BOOK_UNCONFIRMED.value}:{m}" for m in unconfirmed)
        report = report_of(self._ledger, alarms, len(self._positions))
        return msgspec.structs.replace(
            report,
            name=self._parts.name,
            pid=self._parts.pid,
            ready=self._is_ready(unconfirmed, now),
            state=self._standing.state().value,
            holds=holds,
            latch=self._standing.latch,
            sent_at_ms=now.utc_ms,
        )


def _copies(count: int) -> str:
    return f"{count} {'copy' if count == 1 else 'copies'}"


def _still_asking(count: int) -> str:
    if not count:
        return ""
    return f"; {_copies(count)} not, as an order of theirs has no answer yet: try again in a minute"


def _recovery(parts: SlaveParts, ledger: Ledger) -> Recovery:
    """What has been answered already is taken in before anybody looks at a leg."""
    swarms = (parts.swarm, *parts.told.swarm_ids)
    memory = (parts.journal, ledger)
    recovery = Recovery(parts.settings, swarms, parts.door, memory, parts.recollection)
    recovery.recall()
    return recovery


def _contracts(parts: SlaveParts, ledger: Ledger, recovery: Recovery) -> ContractWatch:
    """Of the symbols at this broker."""
    kept = (*parts.journal.contracts(), *recovery.contracts)
    return ContractWatch(parts.name, parts.identity, parts.door, ledger, kept)


def _standing(parts: SlaveParts) -> Standing:
    """From the strictest latch that survived, once the journal is known to be this account's."""
    _bind(parts)
    latch = stricter_of(parts.journal.latch(), parts.told.latch)
    return Standing(parts.name, latch, parts.journal)


def _bind(parts: SlaveParts) -> None:
    """A document that takes whatever login it finds does not say that another one is meant."""
    login, server = parts.identity.login, parts.identity.server
    named = parts.settings.terminal == "paper" or parts.settings.login == login
    parts.journal.bind(login, server, meant=named)
