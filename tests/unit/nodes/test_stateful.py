"""Laws 1 to 5 and 15, whatever comes in whatever order: programs of trouble, made by Hypothesis.

Run as a module it looks longer and tells what happened:
`python -m tests.unit.nodes.test_stateful EXAMPLES STEPS SEED [parts]`.
"""

import logging
import sys
from collections import Counter
from decimal import Decimal
from typing import Any, ClassVar

import hypothesis
import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from domain.copy_settings import LateEntry
from domain.market import PendingKind, Side, Unknowable
from tests.builders import a_quote
from tests.fakes import FakeDoor
from tests.unit.nodes.troubled import ANSWERS, WEATHERS
from tests.unit.nodes.troubled_swarm import TroubledSwarm
from utils.clock import Now

lots = st.sampled_from(["0.02", "0.10", "0.30", "1.00", "1.50"])
kinds = st.sampled_from([PendingKind.BUY_LIMIT, PendingKind.SELL_LIMIT])
sides = st.sampled_from(Side)
which = st.integers(0, 5)
turns = st.sampled_from([0, 1, 1, 2, 4])
names = st.sampled_from(["master", "slave", "slave"])
levels = st.sampled_from(["0", "1", "2"])
SL = {
    Side.BUY: {"0": "0", "1": "1270.00", "2": "1280.00"},
    Side.SELL: {"0": "0", "1": "1300.00", "2": "1295.00"},
}
PRICES = {
    PendingKind.BUY_LIMIT: {"0": "1284.90", "1": "1284.95", "2": "1285.00"},
    PendingKind.SELL_LIMIT: {"0": "1285.00", "1": "1285.10", "2": "1285.20"},
}


#: The price of a slave's broker that has run away from the master's.
AWAY = {"far above": ("1289.90", "1290.00"), "far below": ("1279.90", "1280.00")}


class Troubles(RuleBasedStateMachine):
    """Trader, network, brokers, clocks, crashes, the user by hand, and the operator."""

    happened: ClassVar[Counter[str]] = Counter()
    largest_order: ClassVar[str] = "50"
    #: The slave's settings beside the usual ones.
    chosen: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.swarm = TroubledSwarm(self.largest_order, **self.chosen)
        self._begin_with_copies()
        self.happened["runs"] += 1

    def _begin_with_copies(self) -> None:
        """Trouble is about something from the first step on."""
        door = self.swarm.master.door
        for volume, side in (("1.00", Side.BUY), ("0.30", Side.SELL)):
            order = door.trade(volume, side, sl=SL[side]["2"], tp="0")
            self.swarm.note_opened(order, Decimal(volume))
        ticket = door.pend(PRICES[PendingKind.BUY_LIMIT]["0"], "0.50")
        self.swarm.note_opened(ticket, Decimal("0.50"), waits=True)
        self.swarm.turn(2)

    def note(self, what: str) -> None:
        self.happened[what] += 1

    def side(self, name: str) -> Any:
        return self.swarm.master if name == "master" else self.swarm.slave

    # the trader

    @rule(volume=lots, side=sides, level=levels, then=turns)
    def the_trader_opens(self, volume: str, side: Side, level: str, then: int) -> None:
        self.note("trader opens")
        order = self.swarm.master.door.trade(volume, side, sl=SL[side][level], tp="0")
        self.swarm.note_opened(order, Decimal(volume))
        self.swarm.turn(then)

    @precondition(lambda self: self.swarm.master.door.held)
    @rule(nth=which, level=levels, then=turns)
    def the_trader_moves_a_stop(self, nth: int, level: str, then: int) -> None:
        self.note("trader moves a stop")
        held = self._nth(self.swarm.master.door.held, nth)
        self.swarm.master.door.change(held.identifier, sl=SL[held.side][level])
        self.swarm.turn(then)

    @precondition(lambda self: self.swarm.master.door.held)
    @rule(nth=which, then=turns)
    def the_trader_halves(self, nth: int, then: int) -> None:
        held = self._nth(self.swarm.master.door.held, nth)
        half = (held.volume / 2).quantize(Decimal("0.01"))
        if Decimal(0) < half < held.volume:
            self.note("trader halves")
            self.swarm.master.door.reduce(held.identifier, half)
        self.swarm.turn(then)

    @precondition(lambda self: self.swarm.master.door.held)
    @rule(nth=which, then=turns)
    def the_trader_closes(self, nth: int, then: int) -> None:
        self.note("trader closes")
        held = self._nth(self.swarm.master.door.held, nth)
        self.swarm.master.door.shut(held.identifier)
        if held.identifier not in self.swarm.master.door.waiting:
            self.swarm.note_ended(held.identifier)
        self.swarm.turn(then)

    @rule(volume=lots, side=sides, then=turns)
    def the_trader_opens_and_closes_at_once(self, volume: str, side: Side, then: int) -> None:
        self.note("trader flashes")
        order = self.swarm.master.door.trade(volume, side, sl="0", tp="0")
        self.swarm.note_opened(order, Decimal(volume))
        self.swarm.master.door.shut(order)
        self.swarm.note_ended(order)
        self.swarm.turn(then)

    @rule(volume=lots, kind=kinds, level=levels, then=turns)
    def the_trader_places_an_order(
        self, volume: str, kind: PendingKind, level: str, then: int
    ) -> None:
        self.note("trader places an order")
        ticket = self.swarm.master.door.pend(PRICES[kind][level], volume, kind=kind)
        self.swarm.note_opened(ticket, Decimal(volume), waits=True)
        self.swarm.turn(then)

    @precondition(lambda self: self.swarm.master.door.waiting)
    @rule(nth=which, level=levels, then=turns)
    def the_trader_changes_an_order(self, nth: int, level: str, then: int) -> None:
        self.note("trader changes an order")
        order = self._nth(self.swarm.master.door.waiting, nth)
        price = Decimal(PRICES[order.kind][level])
        self.swarm.master.door.repend(order.ticket, price=price)
        self.swarm.turn(then)

    @precondition(lambda self: self.swarm.master.door.waiting)
    @rule(nth=which, end=st.sampled_from(["withdraw", "expire", "refuse"]), then=turns)
    def a_masters_order_ends(self, nth: int, end: str, then: int) -> None:
        self.note(f"master's order: {end}")
        order = self._nth(self.swarm.master.door.waiting, nth)
        getattr(self.swarm.master.door, end)(order.ticket)
        if order.ticket not in self.swarm.master.door.held:
            self.swarm.note_ended(order.ticket)
        self.swarm.turn(then)

    @precondition(lambda self: self.swarm.master.door.waiting)
    @rule(nth=which, in_part=st.booleans(), then=turns)
    def a_masters_order_fills(self, nth: int, in_part: bool, then: int) -> None:
        order = self._nth(self.swarm.master.door.waiting, nth)
        self.note(self._fill(self.swarm.master.door, order, in_part, "master's"))
        self.swarm.note_filled(order.ticket)
        self.swarm.turn(then)

    # the slave's broker, and its user by hand

    @precondition(lambda self: self._ours_waiting())
    @rule(nth=which, in_part=st.booleans(), then=turns)
    def an_order_of_ours_fills(self, nth: int, in_part: bool, then: int) -> None:
        order = self._nth(self._ours_waiting(), nth)
        self.note(self._fill(self.swarm.slave.door, order, in_part, "our"))
        self.swarm.turn(then)

    @precondition(lambda self: self._ours_waiting())
    @rule(nth=which, end=st.sampled_from(["withdraw", "expire", "refuse"]), then=turns)
    def an_order_of_ours_ends_there(self, nth: int, end: str, then: int) -> None:
        self.note(f"our order: {end}, by others")
        order = self._nth(self._ours_waiting(), nth)
        getattr(self.swarm.slave.door, end)(order.ticket)
        self.swarm.model.by_hand.add(self._leg_of(order.magic))
        self.swarm.turn(then)

    @precondition(lambda self: self._copies())
    @rule(nth=which, half=st.booleans(), then=turns)
    def the_user_closes_a_copy(self, nth: int, half: bool, then: int) -> None:
        copy = self._nth(self._copies(), nth)
        volume = (copy.volume / 2).quantize(Decimal("0.01")) if half else copy.volume
        if volume > 0:
            self.note("user closes a copy")
            self.swarm.slave.door.reduce(copy.identifier, volume)
            self.swarm.model.by_hand.add(self._leg_of(copy.magic))
        self.swarm.turn(then)

    @precondition(lambda self: self._copies())
    @rule(nth=which, then=turns)
    def the_user_moves_a_stop(self, nth: int, then: int) -> None:
        self.note("user moves a stop")
        copy = self._nth(self._copies(), nth)
        moved = {Side.BUY: "1260.00", Side.SELL: "1310.00"}[copy.side]
        self.swarm.slave.door.change(copy.identifier, sl=moved)
        self.swarm.model.by_hand.add(self._leg_of(copy.magic))
        self.swarm.turn(then)

    @rule(volume=lots, side=sides, waits=st.booleans(), then=turns)
    def the_user_trades_with_our_number(
        self, volume: str, side: Side, waits: bool, then: int
    ) -> None:
        self.note("user trades with magic 234000")
        door, model = self.swarm.slave.door, self.swarm.model
        if waits:
            ticket = door.pend("1270.00", volume, magic=234000)
            model.foreign_orders[ticket] = door.waiting[ticket]
        else:
            number = door.trade(volume, side, magic=234000)
            model.foreign[number] = door.held[number]
        self.swarm.turn(then)

    # the brokers' answers

    @rule(answers=st.lists(st.sampled_from(sorted(ANSWERS)), min_size=1, max_size=3))
    def the_broker_will_answer(self, answers: list[str]) -> None:
        for answer in answers:
            self.note(f"broker: {answer}")
        self.swarm.slave.door.answers += [ANSWERS[answer] for answer in answers]

    @rule(name=names, nth=which, then=turns)
    def a_row_vanishes(self, name: str, nth: int, then: int) -> None:
        door = self.side(name).door
        if door.held and not (name == "master" and door.deals_hidden):
            self.note(f"row vanishes at {name}")
            door.unlisted.add(self._nth(door.held, nth).identifier)
        self.swarm.turn(then)

    @rule(name=names, hidden=st.booleans(), then=turns)
    def deals_are_hidden_or_shown(self, name: str, hidden: bool, then: int) -> None:
        door = self.side(name).door
        if not (name == "master" and door.unlisted):
            self.note(f"deals hidden at {name}")
            door.deals_hidden = door.fates_hidden = hidden
        self.swarm.turn(then)

    @rule(name=names, pictures=st.integers(1, 3), then=turns)
    def lists_are_late(self, name: str, pictures: int, then: int) -> None:
        self.note(f"late lists at {name}")
        door = self.side(name).door
        door.shows_late += [door.listing()] * pictures
        self.swarm.turn(then)

    @rule(name=names)
    def rows_are_back(self, name: str) -> None:
        door = self.side(name).door
        door.unlisted.clear()
        door.deals_hidden = door.fates_hidden = False

    @rule(name=names, then=turns)
    def a_terminal_goes_dumb(self, name: str, then: int) -> None:
        self.note(f"{name}'s terminal dumb")
        self.side(name).door.mute = Unknowable("pipe is closed")
        self.swarm.turn(then)
        if then:
            self.side(name).door.mute = None

    @rule(name=names)
    def a_terminal_speaks_again(self, name: str) -> None:
        self.side(name).door.mute = None

    # the network

    @rule(weathers=st.lists(st.sampled_from(sorted(WEATHERS)), min_size=1, max_size=6), then=turns)
    def the_network_will(self, weathers: list[str], then: int) -> None:
        self.note("network trouble")
        self.swarm.bus.coming.extend(weathers)
        self.swarm.turn(then)

    @rule(cut=st.booleans(), then=turns)
    def the_network_is_cut_or_whole(self, cut: bool, then: int) -> None:
        self.note("network cut" if cut else "network whole")
        self.swarm.bus.is_cut = cut
        self.swarm.turn(then)

    # clocks

    @rule(times=st.integers(1, 12), seconds=st.sampled_from([0.05, 0.25, 0.25, 0.6, 1.2, 7.0]))
    def time_passes(self, times: int, seconds: float) -> None:
        self.note("time passes")
        self.swarm.turn(times, seconds)

    @rule(seconds=st.sampled_from([-7200, -30, -3, 3, 30, 7200]), then=turns)
    def our_clock_jumps(self, seconds: int, then: int) -> None:
        """The brokers' clocks do not: they go by the true time."""
        self.note("our clock jumps")
        now = self.swarm.clock.now()
        self.swarm.clock._now = Now(now.monotonic_s, now.utc_ms + seconds * 1000)
        for side in (self.swarm.master, self.swarm.slave):
            side.door.ahead_ms -= seconds * 1000
        self.swarm.model.may_be_overlooked |= seconds < 0
        self.swarm.model.clock_slack_s += abs(seconds)
        self.swarm.turn(then)

    @rule(name=names, seconds=st.sampled_from([-3600, -1, 1, 3600]), then=turns)
    def a_brokers_clock_jumps(self, name: str, seconds: int, then: int) -> None:
        self.note(f"{name}'s broker's clock jumps")
        self.side(name).door.ahead_ms += seconds * 1000
        self.swarm.model.clock_slack_s += abs(seconds)
        self.swarm.model.may_be_overlooked = True
        self.swarm.turn(then)

    # ends and starts

    @rule(name=names, calls=st.integers(0, 60), then=turns)
    def a_node_will_end_at_a_call(self, name: str, calls: int, then: int) -> None:
        self.note(f"{name} to be killed within")
        self.side(name).life.calls_left = calls
        self.swarm.turn(then)

    @rule(name=names, lost=st.integers(1, 6))
    def the_power_is_cut(self, name: str, lost: int) -> None:
        if not self.side(name).life.is_over:
            self.note(f"power cut at {name}")
            self.swarm.cut_the_power(self.side(name), lost)

    @rule(name=names, then=turns)
    def a_node_starts_again(self, name: str, then: int) -> None:
        side = self.side(name)
        if not side.life.is_over:
            self.note(f"{name} killed between turns")
            self.swarm.fall(side)
        self.swarm.rise(side)
        self.swarm.turn(then)

    @precondition(lambda self: self._fallen())
    @rule(then=turns)
    def all_start_again(self, then: int) -> None:
        self.note("all start again")
        for side in self._fallen():
            self.swarm.rise(side)
        self.swarm.turn(then)

    @rule(name=names, full=st.booleans(), then=turns)
    def a_disk_is_full_or_not(self, name: str, full: bool, then: int) -> None:
        self.note(f"{name}'s disk full")
        self.side(name).journal.full = full
        self.swarm.turn(then)
        self.side(name).journal.full = False

    # the operator

    @precondition(lambda self: not self.swarm.slave.life.is_over)
    @rule(kind=st.sampled_from(["HALT", "RESUME", "RESUME"]), then=turns)
    def the_operator_says(self, kind: str, then: int) -> None:
        self.note(kind)
        self.swarm.command(kind)
        self.swarm.turn(then)

    # what holds

    @invariant()
    def all_is_as_it_may_be(self) -> None:
        """I2, I3, I6, I7 here; I5 and I8 at every order that goes out."""
        self.swarm.check()

    def teardown(self) -> None:
        """I1 and I4: after the last trouble everything comes to rest, and is of use again."""
        self.swarm.converges()
        self.swarm.copies_again()
        self.happened.update(self.swarm.counted)
        self.happened.update(self.swarm.bus.counted)
        self.happened.update(self.swarm.slave.door.counted)
        self.happened.update(f"verdict {v.kind}" for v in self.swarm.slave.verdicts)
        self.happened.update(f"told {type(f).__name__}" for f in self.swarm.master.facts)

    def _nth(self, of: dict[int, Any], nth: int) -> Any:
        return list(of.values())[nth % len(of)]

    def _ours_waiting(self) -> dict[int, Any]:
        waiting = self.swarm.slave.door.waiting
        return {t: o for t, o in waiting.items() if o.magic in self.swarm.owners}

    def _copies(self) -> dict[int, Any]:
        held = self.swarm.slave.door.held
        return {i: p for i, p in held.items() if p.magic in self.swarm.owners}

    def _leg_of(self, magic: int) -> int:
        return int(self.swarm.owners[magic].opening_order)

    def _fallen(self) -> list[Any]:
        return [s for s in (self.swarm.master, self.swarm.slave) if s.life.is_over]

    @staticmethod
    def _fill(door: FakeDoor, order: Any, in_part: bool, whose: str) -> str:
        half = (order.volume / 2).quantize(Decimal("0.01"))
        if in_part and Decimal(0) < half < order.volume:
            door.trigger(order.ticket, half)
            return f"{whose} order fills in part"
        door.trigger(order.ticket)
        return f"{whose} order fills"


class TroublesInParts(Troubles):
    """The slave's broker takes so little at once that most copies have parts."""

    happened: ClassVar[Counter[str]] = Counter()
    largest_order = "0.40"


class LateTroubles(Troubles):
    """The same for an account whose opens may wait for the master's price."""

    chosen: ClassVar[dict[str, Any]] = {"late_entry": LateEntry.ORDER, "late_entry_seconds": 20}

    @rule(quote=st.sampled_from(["far above", "far below", "as the master's"]), then=turns)
    def the_price_here_is(self, quote: str, then: int) -> None:
        self.note(f"price: {quote}")
        quotes = self.swarm.slave.door.quotes
        quotes.pop("XAUUSD", None)
        if quote in AWAY:
            quotes["XAUUSD"] = a_quote(*AWAY[quote])
        self.swarm.turn(then)


#: Not made smaller when it fails, which takes minutes: for that there is `look_longer`.
QUICK = settings(
    max_examples=60,
    stateful_step_count=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=list(HealthCheck),
)


@pytest.mark.timeout(120)
def test_laws_1_to_5_and_15_hold_whatever_comes_and_in_the_end_all_is_answered() -> None:
    run_state_machine_as_test(Troubles, settings=QUICK)


@pytest.mark.timeout(120)
def test_the_same_laws_hold_of_copies_in_parts() -> None:
    run_state_machine_as_test(TroublesInParts, settings=QUICK)


@pytest.mark.timeout(120)
def test_laws_1_to_5_and_15_hold_where_opens_may_come_late() -> None:
    run_state_machine_as_test(LateTroubles, settings=settings(QUICK, max_examples=25))


def test_a_program_that_failed_once_ours_filled_whole_and_the_masters_order_in_part() -> None:
    """What waits yet of the master's order is held here, and is not too much."""
    program = Troubles()
    program.an_order_of_ours_fills(nth=0, in_part=False, then=0)
    program.a_masters_order_fills(nth=0, in_part=True, then=0)
    program.teardown()


def test_a_program_that_failed_once_an_order_for_a_stop_was_executed_after_the_next_one() -> None:
    """Its answer was lost; when it came to be in force it was taken for moved by hand."""
    program = Troubles()
    program.the_broker_will_answer(answers=["late 40 s"])
    program.the_trader_moves_a_stop(level="1", nth=0, then=4)
    program.time_passes(seconds=1.2, times=3)
    program.the_trader_moves_a_stop(level="0", nth=0, then=4)
    program.teardown()


def look_longer(examples: int, steps: int, seed: int, what: str = "") -> None:
    """So many programs of so many steps, and what happened in them; `parts`: of such copies."""
    machine = TroublesInParts if what == "parts" else Troubles
    logging.disable(logging.CRITICAL)
    longer = settings(
        QUICK,
        max_examples=examples,
        stateful_step_count=steps,
        derandomize=False,
        database=None,
        phases=(Phase.generate, Phase.shrink),
    )
    try:
        run_state_machine_as_test(hypothesis.seed(seed)(machine), settings=longer)
    finally:
        for happened, count in sorted(machine.happened.items()):
            print(f"{count:9} {happened}")  # noqa: T201 - a person asked for it


if __name__ == "__main__":
    look_longer(*(int(word) for word in sys.argv[1:4]), *sys.argv[4:5])
