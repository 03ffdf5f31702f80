"""Master and slave in trouble, beside plain dicts that say what may exist at most (I1 to I8)."""

from collections import Counter
from contextlib import ExitStack
from decimal import Decimal
from typing import Any

from domain.book import Stamp
from domain.control import Command as Word
from domain.ids import LegKey
from domain.legs import Leg
from domain.market import Side
from domain.orders import (
    CancelOrder,
    ClosePosition,
    Command,
    ModifyOrder,
    ModifyPosition,
    OpenPosition,
    PlaceOrder,
)
from domain.policies import TradingState
from domain.records import Cursor
from domain.signals import Fact
from tests.builders import MASTER, a_spec, some_settings
from tests.fakes import FakeClock
from tests.unit.nodes.troubled import NodeKilled, TroubledBus, TroubledMaster, TroubledSlave
from utils.clock import Now, taken_from
from utils.randomness import drawn_from, seeded

ZERO, STEP = Decimal(0), Decimal("0.01")
BEGAN = Now(1_000.0, 1_790_769_600_000)
OPENINGS = OpenPosition | PlaceOrder
#: `max_signal_age_ms`, and what a decision may take.
OLDEST_S = 6.0
#: A start begins the settle window anew, retries are half a minute apart.
SETTLED_WITHIN_S = 200
#: Where the stops are of what is traded when all is over, and where they are moved to.
AGAIN = {Side.BUY: ("1270.00", "1280.00"), Side.SELL: ("1310.00", "1300.00")}


class Model:
    """What the trader did, and what may be at most; kept by hand, without a copier's rules."""

    def __init__(self) -> None:
        self.most: dict[int, Decimal] = {}
        self.began_s: dict[int, float] = {}
        self.ended: set[int] = set()
        self.from_orders: set[int] = set()
        self.foreign: dict[int, Any] = {}
        self.foreign_orders: dict[int, Any] = {}
        self.by_hand: set[int] = set()
        self.excused: set[int] = set()
        self.halted = False
        self.was_restricted = False
        self.clock_slack_s = 0.0
        self.may_be_overlooked = False
        self.heard: dict[int, tuple[int, int]] = {}


class TroubledSwarm:
    """One master, one slave, one operator, one clock, and everything that goes wrong."""

    def __init__(self, largest_order: str = "50", **settings: Any) -> None:
        self.comes_late = "late_entry" in settings
        self.clock = FakeClock()
        self.clock._now = BEGAN
        self.model = Model()
        self.counted: Counter[str] = Counter()
        self._dice = seeded(1)
        self._commands = 0
        self._told: dict[str, str] = {}
        self.owners: dict[int, LegKey] = {}
        self.violations: list[str] = []
        self.bus = TroubledBus()
        with self._on_its_clock():
            chosen = some_settings(max_open_trades=50, **settings)
            self.slave = TroubledSlave(self.clock, self.bus, chosen)
            self.master = TroubledMaster(self.clock, self.bus)
        self.slave.door.specs["XAUUSD"] = a_spec(volume_max=largest_order)
        self.slave.door.before_send = self._watch_what_is_sent
        self.turn(4)

    def _on_its_clock(self) -> ExitStack:
        stack = ExitStack()
        stack.enter_context(
            taken_from(
                lambda: self.clock.now().monotonic_s, lambda: self.clock.now().utc_ms * 1_000_000
            )
        )
        stack.enter_context(drawn_from(self._dice))
        return stack

    # what happens

    def turn(self, times: int = 1, seconds: float = 0.25) -> None:
        """Time passes, late orders arrive, whoever lives has its turn."""
        with self._on_its_clock():
            for _ in range(times):
                self.clock.pass_s(seconds)
                for side in (self.master, self.slave):
                    side.door.arrive()
                    self._step(side)

    def _step(self, side: Any) -> None:
        if side.life.is_over:
            return
        try:
            side.loop.step()
        except NodeKilled:
            self.fall(side)
        if side is self.slave and not side.life.is_over:
            self._hear_the_slave()

    def _hear_the_slave(self) -> None:
        reports = [said for said in self.slave.control.said if hasattr(said, "latch")]
        if reports:
            self.slave.stored = reports[-1].latch
        self._hear_acknowledgements()
        state = self.slave.loop._standing.state()
        self.model.was_restricted |= state is not TradingState.ACTIVE

    def _hear_acknowledgements(self) -> None:
        """What was acknowledged holds from that moment on."""
        for done in self.slave.acknowledged:
            if done.command in self._told:
                self.model.halted = self._told.pop(done.command) == "HALT"

    def command(self, kind: str) -> None:
        """The operator's word; it is in force once it is acknowledged."""
        self._commands += 1
        name = f"c{self._commands}"
        self._told[name] = kind
        word = Word(command=name, kind=kind, by="operator", why="test")
        self.slave.control.orders.append(word)

    def fall(self, side: Any) -> None:
        """A process ends; what it held in memory is gone."""
        who = "slave" if side is self.slave else "master"
        self.counted[f"{who} killed"] += 1
        side.fall()

    def rise(self, side: Any) -> None:
        """It starts again; it may end while it starts."""
        if not side.life.is_over:
            return
        with self._on_its_clock():
            try:
                side.start()
            except NodeKilled:
                self.fall(side)
                return
        if side is self.slave:
            self.model.was_restricted = True
            self._told.clear()
            self.model.halted = side.loop._standing.latch.state is TradingState.HALTED

    def cut_the_power(self, side: Any, lost: int) -> None:
        """A process ends, and what its journal took last is not on the disk."""
        before = side.journal
        side.journal = before.without_its_tail(lost)
        self.counted["power cut"] += 1
        if side is self.slave:
            self._excuse_what_nobody_can_know(before.writes[len(side.journal.writes) :])
        elif side.journal.book() is None:
            # It does not know that there was an earlier run, nor what that left untold.
            self.model.may_be_overlooked = True
        self.fall(side)

    def _excuse_what_nobody_can_know(self, lost: list[Any]) -> None:
        """An order on its way that stands nowhere any more: nobody can know of it (law 4)."""
        door = self.slave.door
        for record in (record for records in lost for record in records):
            key = getattr(record, "leg", getattr(record, "key", None))
            if isinstance(key, LegKey) and self._cannot_be_seen(door, key):
                self.model.excused.add(int(key.opening_order))

    @staticmethod
    def _cannot_be_seen(door: Any, key: LegKey) -> bool:
        on_its_way = any(command.leg == key for _, command in door.on_the_way)
        return bool(on_its_way or door.deals_hidden or door.unlisted or door.shows_late)

    # what the trader did

    def note_opened(self, order: int, volume: Decimal, *, waits: bool = False) -> None:
        model = self.model
        model.most[order] = max(volume, model.most.get(order, ZERO))
        model.began_s[order] = self.clock.now().monotonic_s
        if waits:
            model.from_orders.add(order)

    def note_filled(self, order: int) -> None:
        self.model.began_s[order] = self.clock.now().monotonic_s

    def note_ended(self, order: int) -> None:
        self.model.ended.add(order)

    # what may not be for a single moment

    def _watch_what_is_sent(self, command: Command) -> None:
        """Kept for `check`: a node lives through whatever is raised while it repairs a leg."""
        try:
            self._is_sent(command)
        except AssertionError as violation:
            self.violations.append(str(violation))

    def _is_sent(self, command: Command) -> None:
        self.counted[f"sent {type(command).__name__}"] += 1
        self._has_its_intent(command)
        if isinstance(command, OPENINGS):
            self.owners[command.magic] = command.leg
            self._may_open(command)
            self._is_not_too_large(command)
        elif isinstance(command, ClosePosition | ModifyPosition):
            assert self._owner(command.identifier) == command.leg, f"not ours: {command}"
            if isinstance(command, ClosePosition):
                self._may_close(command)
                self._is_not_too_large(command)
        else:
            assert isinstance(command, ModifyOrder | CancelOrder)
            assert command.ticket not in self.model.foreign_orders, f"not ours: {command}"

    def _is_not_too_large(self, command: Any) -> None:
        spec = self.slave.door.specs[command.symbol]
        assert spec.volume_min <= command.volume <= spec.volume_max, f"refused: {command}"

    def _owner(self, identifier: int) -> LegKey | None:
        held = self.slave.door.held.get(identifier)
        magic = 0 if held is None else held.magic
        if held is None:
            deals = [d.magic for d in self.slave.door.deals if d.position == identifier]
            magic = deals[0] if deals else 0
        return self.owners.get(magic)

    def _has_its_intent(self, command: Command) -> None:
        """I8: what goes out stands in the journal, except a close that a full disk refused."""
        journal = self.slave.journal
        if journal.full and not isinstance(command, OPENINGS):
            return
        kind = type(command).__name__
        open_ones = [i for i in journal.open_intents() if (i.leg, i.kind) == (command.leg, kind)]
        assert open_ones, f"no intent for {command}"

    def _may_open(self, command: OpenPosition | PlaceOrder) -> None:
        """I5: not while halted, not late. I2, I6: nothing of it is, was, or may yet come."""
        order = int(command.leg.opening_order)
        model, door = self.model, self.slave.door
        self._hear_acknowledgements()
        assert not model.halted, f"opened while halted: {command}"
        age_s = self.clock.now().monotonic_s - model.began_s[order]
        is_young = age_s <= OLDEST_S + model.clock_slack_s
        assert is_young or self.comes_late, f"{age_s} s old: {command}"
        if order in model.excused:
            return
        assert not door.deals_with(command.magic), f"was opened before: {command}"
        assert not any(o.magic == command.magic for o in door.waiting.values()), f"waits: {command}"
        on_the_way = [c for _, c in door.on_the_way if isinstance(c, OPENINGS)]
        assert not any(c.leg == command.leg for c in on_the_way), f"on its way: {command}"

    def _may_close(self, command: ClosePosition) -> None:
        """Law 1: nothing is closed while the master holds it, but what he has closed himself."""
        order = int(command.leg.opening_order)
        original, copy = (
            self.master.door.held.get(order),
            self.slave.door.held.get(command.identifier),
        )
        if original is None or copy is None or order in self.model.from_orders:
            return
        filled = sum((d.volume for d in self.slave.door.deals_with(copy.magic)), ZERO)
        least = filled * original.volume / self.model.most[order]
        assert copy.volume - command.volume >= least - STEP, f"closed early: {command}"

    def check(self) -> None:
        """Everything that holds at any moment."""
        assert self.violations == []
        self._one_copy_of_each()
        self._no_more_than_wanted()
        self._foreign_untouched()
        self._the_story_goes_on()

    def _one_copy_of_each(self) -> None:
        """I2 and I6: of one leg there is, and was, one position at most."""
        door = self.slave.door
        for magic, key in self.owners.items():
            if int(key.opening_order) in self.model.excused:
                continue
            positions = {deal.position for deal in door.deals_with(magic)}
            waiting = {o.ticket for o in door.waiting.values() if o.magic == magic}
            assert len(positions | waiting) <= 1, f"{key.text}: {positions} {waiting}"

    def _no_more_than_wanted(self) -> None:
        """I3: never more than the master ever had of it."""
        for order in {int(key.opening_order) for key in self.owners.values()}:
            filled = self._filled_of(order)
            if order not in self.model.excused:
                assert filled <= self.model.most[order], f"{order}: {filled} lots"

    def _filled_of(self, order: int) -> Decimal:
        """By all parts of its copy."""
        marks = [m for m, key in self.owners.items() if int(key.opening_order) == order]
        deals = [deal for mark in marks for deal in self.slave.door.deals_with(mark)]
        return sum((deal.volume for deal in deals), ZERO)

    def _foreign_untouched(self) -> None:
        """Positions that are not copies stay as their owner left them."""
        held, waiting = self.slave.door.held, self.slave.door.waiting
        for number, position in self.model.foreign.items():
            assert held[number] == position, "a foreign position was touched"
        for ticket, order in self.model.foreign_orders.items():
            assert waiting[ticket] == order, "a foreign order was touched"

    def _the_story_goes_on(self) -> None:
        """I7: within one life nothing is heard twice."""
        if self.slave.life.is_over:
            return
        heard, life = self.slave.loop._inbox.cursor(MASTER), self.slave.life.ended
        before = self.model.heard
        place = heard.epoch, heard.seq
        assert place >= before.get(life, (0, 0)), f"{place} after {before[life]}"
        before[life] = place

    # what must be so in the end

    def make_peace(self) -> None:
        """Nothing goes wrong any more; whoever lies down gets up."""
        self.bus.is_cut = False
        self.bus.coming.clear()
        self.slave.door.quotes.clear()
        for side in (self.master, self.slave):
            side.journal.full = side.door.deals_hidden = side.door.fates_hidden = False
            side.door.mute = None
            side.door.answers.clear()
            side.door.unlisted.clear()
            side.door.shows_late.clear()
            side.life.calls_left = None
            self.rise(side)

    def converges(self) -> None:
        """I1 and I4: all is answered for good, and nothing is held that no master holds."""
        self.make_peace()
        self.turn(20)
        self.turn(SETTLED_WITHIN_S, seconds=1.0)
        self.turn(8)
        self.check()
        assert self.slave.report.ready, self.slave.report
        assert self.slave.journal.open_intents() == []
        self._no_orphans()
        self._as_large_as_they_should_be()
        self._stops_as_the_masters()
        self._all_answered()

    def _copies(self) -> list[tuple[int, Any]]:
        found = [(p, self.owners.get(p.magic)) for p in self.slave.door.held.values()]
        return [(int(key.opening_order), p) for p, key in found if key is not None]

    def _no_orphans(self) -> None:
        originals, waits = self.master.door.held, self.master.door.waiting
        for order, copy in self._copies():
            assert order in originals or order in waits, f"orphan: {copy}"
        for ours in self.slave.door.waiting.values():
            key = self.owners.get(ours.magic)
            if key is not None:
                assert int(key.opening_order) in waits, f"waits alone: {ours}"
        numbers = {copy.identifier for _, copy in self._copies()}
        known = {int(leg.identifier) for leg in self._live()}
        assert numbers <= known, f"held without a live leg: {numbers - known}"

    def _live(self) -> list[Leg]:
        return [leg for leg in self.slave.legs if leg.live]

    def _as_large_as_they_should_be(self) -> None:
        parts: dict[int, list[Decimal]] = {}
        for order, copy in self._copies():
            parts.setdefault(order, []).append(copy.volume)
        for order, volumes in parts.items():
            original = self.master.door.held.get(order)
            if original is None or order in self.model.excused:
                continue
            filled, volume, room = self._filled_of(order), sum(volumes, ZERO), STEP * len(volumes)
            share = filled * original.volume / self.model.most[order]
            if order in self.model.from_orders or filled < self.model.most[order]:
                # It was copied when the master had less of it, or in part; and what it is ahead of
                # an order that waits yet is held (law 15).
                share = max(share, min(filled, original.volume + self._waits_there(order)))
            assert volume <= share + room, f"{volume} of {share}: {order}"
            if order not in self.model.by_hand and order not in self.model.from_orders:
                least = filled * original.volume / self.model.most[order]
                assert volume >= least - room, f"{volume} of {least}: {order}"

    def _waits_there(self, order: int) -> Decimal:
        waiting = self.master.door.waiting.get(order)
        return ZERO if waiting is None else waiting.volume

    def _stops_as_the_masters(self) -> None:
        """Unless somebody moved them here, or no state let them be loosened."""
        if self.slave.loop._standing.state() is not TradingState.ACTIVE:
            return
        for order, copy in self._copies():
            original = self.master.door.held.get(order)
            if original is not None and order not in self.model.by_hand:
                stops = (copy.sl, copy.tp)
                assert stops == (original.sl, original.tp), f"{stops}: {original}"

    def _all_answered(self) -> None:
        """All that was told since the slave first heard of this master, as its journal has it."""
        facts: list[Fact] = self.master.journal.facts_since(Stamp(0, 0))
        cursors = self.slave.journal.of(Cursor)
        first = next(cursor.stamp for cursor in cursors if cursor.stamp.epoch)
        before = {int(f.subject.opening_order) for f in facts if f.stamp <= first}
        unanswered = self.slave.unanswered([f for f in facts if f.stamp > first])
        told = [(type(fact).__name__, fact.stamp) for fact in unanswered]
        assert not told, f"no last word on {told}"
        if self.model.may_be_overlooked:
            return
        answered = {(v.event, int(v.leg.opening_order)) for v in self.slave.verdicts}
        for order in set(self.model.most) - before:
            was_there = any(d.position == order for d in self.master.door.deals)
            if was_there:
                assert ("PositionOpened", order) in answered, f"nothing was said of {order}"
            if was_there and order in self.model.ended:
                assert ("PositionClosed", order) in answered, f"no end of {order} was told"

    def copies_again(self) -> None:
        """And it is still of use: once resumed, all that the trader does is followed."""
        self.command("RESUME")
        self.turn(8)
        door = self.master.door
        orders = [door.trade("0.30", side, sl=sl, tp="0") for side, (sl, _) in AGAIN.items()]
        ticket = door.pend("1284.90", "0.30")
        for order in (*orders, ticket):
            self.note_opened(order, Decimal("0.30"), waits=order == ticket)
        self._followed_whole(orders, ticket)
        for order in orders:
            door.change(order, sl=AGAIN[door.held[order].side][1])
            door.reduce(order, Decimal("0.10"))
        self._followed_whole(orders, ticket)
        for order in orders:
            door.shut(order)
        door.withdraw(ticket)
        for order in (*orders, ticket):
            self.note_ended(order)
        self.turn(8)
        assert not {*orders, ticket} & {*dict(self._copies()), *self._waiting_copies()}
        self.check()

    def _followed_whole(self, orders: list[int], ticket: int) -> None:
        """Side, size and stop are the master's, and what waits there waits here."""
        self.turn(8)
        copies = dict(self._copies())
        for order in orders:
            assert order in copies, self.slave.verdicts[-3:]
            copy, original = copies[order], self.master.door.held[order]
            shown = (copy.side, copy.volume, copy.sl)
            assert shown == (original.side, original.volume, original.sl), f"{shown}: {original}"
        assert ticket in self._waiting_copies(), self.slave.verdicts[-3:]

    def _waiting_copies(self) -> set[int]:
        waiting = self.slave.door.waiting.values()
        keys = [self.owners[o.magic] for o in waiting if o.magic in self.owners]
        return {int(key.opening_order) for key in keys}
