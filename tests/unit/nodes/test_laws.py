"""Any trading day, with a bus that loses and a broker that refuses, ends as the laws say."""

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from domain.market import Position
from domain.outcomes import Outcome, Rejected
from tests.fakes import FakeDoor, done_but_unknown, lost
from tests.unit.nodes.rollovers import close_for_the_night, open_anew
from tests.unit.nodes.swarm import Swarm


def fill(door: FakeDoor, command: Any) -> Outcome:
    return door.execute(command)


def shown_late(door: FakeDoor, command: Any) -> Outcome:
    """Done, and three looks show the picture of before."""
    before = door.listing()
    outcome = door.execute(command)
    door.shows_late = [before] * 3
    return outcome


REFUSED = Rejected(retcode=10018, comment="Market closed")
REQUOTED = Rejected(retcode=10004, comment="Requote", may_retry=True)

TRADES = ["open", "open", "move", "halve", "close", "by hand"]
TROUBLES = ["wait", "long wait", "restart slave", "restart master", "slave down"]
ODDITIES = ["rows vanish", "master's rows vanish", "clock jumps", "rollover", "gap in the rollover"]
steps = st.sampled_from([*TRADES, *TROUBLES, *ODDITIES])
days = st.lists(st.tuples(steps, st.integers(0, 5)), min_size=1, max_size=25)
faults = st.lists(
    st.sampled_from([fill, fill, fill, shown_late, lost, done_but_unknown, REFUSED, REQUOTED]),
    max_size=12,
)
losses = st.lists(st.sampled_from([(0,), (0,), (0,), (), (0, 0), (2,), (1, 3)]), max_size=25)


class Day:
    """A trader at work, and what is done to the swarm meanwhile."""

    def __init__(self, answers: list[Any], disturbances: list[tuple[int, ...]]) -> None:
        self.swarm = Swarm()
        self.master, self.slave = self.swarm.master.door, self.swarm.slave.door
        self.slave.answers = list(answers)
        self.facts: dict[str, Any] = {}
        self.foreign = self.others_trade()
        left = iter(disturbances)
        self.swarm.bus.disturbance = lambda _: next(left, (0,))

    def take(self, step: str, which: int) -> None:
        if step in TRADES:
            self.trade(step, which)
        elif step in TROUBLES:
            self.trouble(step)
        else:
            self.oddity(step, which)
        self.turn()

    def others_trade(self) -> dict[int, Position]:
        """Another program with our number, and a copy of another swarm's, as it looks."""
        marks = ({"magic": 234000, "comment": "501"}, {"magic": 234000 * 10**12 + 1, "comment": ""})
        return {i: self.slave.held[i] for i in [self.slave.trade("0.70", **m) for m in marks]}

    def ours(self) -> dict[int, Position]:
        """What is held at the slave's broker that this swarm has opened."""
        return {i: held for i, held in self.slave.held.items() if i not in self.foreign}

    def oddity(self, step: str, which: int) -> None:
        """What terminals and brokers do by themselves."""
        door = self.master if step.startswith("master") or which % 2 else self.slave
        if step == "clock jumps":
            door.ahead_ms += 3_600_000 if which % 3 else -3_600_000
        elif step.endswith("rows vanish"):
            door.unlisted = set(door.held)
            self.turn(2)
            door.unlisted = set()
        else:
            closed = [close_for_the_night(door, identifier) for identifier in sorted(door.held)]
            self.turn(2 if step.startswith("gap") else 0)
            for position in closed:
                open_anew(door, position)
            self.foreign |= {i: door.held[i] for i in self.foreign if door is self.slave}

    def trouble(self, step: str) -> None:
        if step == "wait":
            self.turn(2)
        elif step == "long wait":
            self.turn(20, seconds=1.0)
        elif step == "restart master":
            self.swarm.master.start()
        elif step == "restart slave":
            self.swarm.slave.start()
        else:
            self.swarm.master.turn(2)
            self.note()
            self.swarm.slave.start()

    def trade(self, step: str, which: int) -> None:
        held = sorted(self.ours() if step == "by hand" else self.master.held)
        if step == "open":
            self.master.trade("1.00")
        elif held and step == "by hand":
            self.slave.shut(held[which % len(held)])
        elif held:
            self.trade_on(step, held[which % len(held)], which)

    def trade_on(self, step: str, order: int, which: int) -> None:
        volume = self.master.held[order].volume
        if step == "move":
            self.master.change(order, sl=Decimal(1270 + which))
        elif step == "halve" and volume >= Decimal("0.04"):
            self.master.reduce(order, (volume / 2).quantize(Decimal("0.01")))
        elif step == "close":
            self.master.shut(order)

    def turn(self, times: int = 1, seconds: float = 0.25) -> None:
        self.swarm.turn(times, seconds)
        self.note()

    def note(self) -> None:
        self.facts |= {fact.journey: fact for fact in self.swarm.master.facts}

    def end(self) -> None:
        """Nothing more goes wrong, and there is time."""
        self.slave.answers.clear()
        self.swarm.bus.disturbance = lambda _: (0,)
        self.turn(200, seconds=1.0)


@pytest.mark.timeout(60)
@given(days, faults, losses)
@example(
    # A master that started again told, as a flash, what it had told before.
    day=[
        *[("open", 0)] * 2,
        ("close", 1),
        ("restart master", 0),
        *[("open", 0)] * 4,
        ("restart slave", 0),
    ],
    answers=[fill, lost],
    disturbances=[],
)
@example(
    # The two deals of a second night told, as a flash, a life of no order.
    day=[("open", 0), ("rollover", 1), ("rollover", 1)],
    answers=[],
    disturbances=[],
)
@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
def test_every_law_of_copying_holds_at_the_end_of_any_day(
    day: list[tuple[str, int]], answers: list[Any], disturbances: list[tuple[int, ...]]
) -> None:
    trading = Day(answers, disturbances)
    for step, which in day:
        trading.take(step, which)
    trading.end()
    law_2_each_leg_was_opened_once_at_most(trading)
    law_2_what_the_master_closed_is_closed(trading)
    law_2_what_is_open_is_as_the_masters_is(trading)
    law_9_every_event_has_an_answer(trading)
    law_4_what_is_not_ours_was_never_touched(trading)
    assert trading.swarm.slave.journal.open_intents() == []


def law_2_each_leg_was_opened_once_at_most(day: Day) -> None:
    opened = Counter(deal.magic for deal in day.slave.deals if deal.order == deal.position)
    assert all(times == 1 for times in opened.values()), opened


def law_2_what_the_master_closed_is_closed(day: Day) -> None:
    copied = {position.comment for position in day.ours().values()}
    assert copied <= {str(order) for order in day.master.held}


def law_2_what_is_open_is_as_the_masters_is(day: Day) -> None:
    for copy in day.ours().values():
        original = day.master.held[int(copy.comment)]
        wanted = (original.volume, original.sl, original.tp)
        assert (copy.volume, copy.sl, copy.tp) == wanted


def law_4_what_is_not_ours_was_never_touched(day: Day) -> None:
    assert {i: day.slave.held.get(i) for i in day.foreign} == day.foreign


def law_9_every_event_has_an_answer(day: Day) -> None:
    assert not day.swarm.slave.unanswered(list(day.facts.values()))
