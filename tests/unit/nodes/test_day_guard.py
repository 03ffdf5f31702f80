"""The daily-loss limit: worked out, acted on, lifted by a person or a standing order."""

from decimal import Decimal
from typing import Any

import pytest

from domain.market import Unknowable
from domain.policies import KillSwitch, Latch, Reset, TradingState
from nodes.guarding.day_guard import MACHINE, DayGuard
from nodes.guarding.standing import Standing
from tests.builders import SLAVE, SLAVE_AT, a_deal, an_account
from tests.fakes import FakeClock, FakeDoor, FakeJournal

ACTIVE, HALTED = TradingState.ACTIVE, TradingState.HALTED
DAY_S = 86_400


def a_guard(**changes: Any) -> KillSwitch:
    usual: dict[str, Any] = {"daily_loss": Decimal(200)}
    return KillSwitch(**(usual | changes))


class Guarded:
    """An account with a day behind it."""

    def __init__(self, **changes: Any) -> None:
        self.clock = FakeClock()
        self.door = FakeDoor(SLAVE_AT, self.clock)
        self.standing = Standing(SLAVE, Latch(), FakeJournal())
        self.day = DayGuard(self.door, self.standing, self.clock)
        self.guard = a_guard(**changes)
        self._to_noon()
        self.look()
        self.clock.pass_s(1)

    def _to_noon(self) -> None:
        """On the broker's clock, so that midnight is far away."""
        into_day_s = self.door.server_ms() // 1000 % DAY_S
        self.clock.pass_s(DAY_S - into_day_s + DAY_S // 2)

    def look(self) -> Decimal | None:
        self.day.look(self.guard, self.clock.now())
        return self.day.result(self.clock.now().monotonic_s)

    def starts_anew(self) -> None:
        """The node, with an eye that has seen no tick arrive."""
        self.day = DayGuard(self.door, self.standing, self.clock)

    def floats(self, profit: Any) -> None:
        self.door.account_state = an_account(profit=profit)

    def realises(self, net: Any, hours_ago: float = 0.0) -> None:
        at = self.door.server_ms() - round(hours_ago * 3_600_000)
        self.door.deals.append(a_deal(len(self.door.deals) + 1, net=net, server_ms=at))


def test_the_result_is_realised_since_the_day_began_plus_floating() -> None:
    guarded = Guarded()
    guarded.realises("-30")
    guarded.realises("-500", hours_ago=13)
    guarded.floats("-20.50")
    assert guarded.look() == Decimal("-50.50")
    assert guarded.standing.state() is ACTIVE


def test_the_account_is_halted_at_its_limit_and_says_why() -> None:
    guarded = Guarded()
    guarded.realises("-150")
    guarded.floats("-50")
    guarded.look()
    latch = guarded.standing.latch
    assert (latch.state, latch.by) == (HALTED, MACHINE)
    assert latch.reason == "daily loss -200, limit -200"


@pytest.mark.parametrize("guard", [{"enabled": False}, {"daily_loss": Decimal(0)}])
def test_without_a_limit_nothing_is_worked_out(guard: dict[str, Any]) -> None:
    guarded = Guarded(**guard)
    guarded.floats("-5000")
    assert guarded.look() is None
    assert guarded.standing.state() is ACTIVE
    assert guarded.day.account is not None


def test_law_5_a_result_that_cannot_be_known_is_none() -> None:
    guarded = Guarded()
    guarded.door.mute = Unknowable("pipe is closed")
    assert guarded.look() is None
    assert guarded.day.account is None


def test_law_5_before_any_tick_the_day_is_not_known() -> None:
    guarded = Guarded()
    guarded.starts_anew()
    guarded.door.newest_ms = 0
    assert guarded.look() is None


def test_law_5_a_first_tick_that_was_there_already_judges_no_day() -> None:
    """Three minutes past midnight, and the newest tick is of yesterday, as the loss is."""
    guarded = Guarded()
    guarded.clock.pass_s(DAY_S // 2 + 180)
    guarded.realises("-250", hours_ago=6)
    guarded.starts_anew()
    guarded.door.newest_ms = guarded.door.server_ms() - 300_000
    assert guarded.look() is None
    assert guarded.standing.state() is ACTIVE
    guarded.door.newest_ms = None
    assert guarded.look() == 0


def test_law_5_history_that_does_not_answer_is_no_result() -> None:
    guarded = Guarded()
    guarded.door.deals_between = lambda *_: Unknowable("no history")  # type: ignore[method-assign]
    assert guarded.look() is None


def test_law_5_a_stale_result_is_no_result() -> None:
    guarded = Guarded()
    assert guarded.look() == 0
    guarded.clock.pass_s(5.1)
    assert guarded.day.result(guarded.clock.now().monotonic_s) is None


def test_law_6_a_new_day_alone_resumes_nothing() -> None:
    guarded = Guarded()
    guarded.floats("-200")
    guarded.look()
    guarded.floats("0")
    guarded.clock.pass_s(DAY_S)
    guarded.look()
    assert guarded.standing.state() is HALTED


def test_law_6_the_operators_standing_order_resumes_at_the_reset() -> None:
    guarded = Guarded(resume_at_reset=True)
    guarded.floats("-200")
    guarded.look()
    guarded.floats("0")
    guarded.clock.pass_s(DAY_S // 2 - 60)
    guarded.look()
    assert guarded.standing.state() is HALTED
    guarded.clock.pass_s(120)
    guarded.look()
    latch = guarded.standing.latch
    assert (latch.state, latch.by, latch.counter) == (ACTIVE, "resume_at_reset", 1)


def test_law_6_the_standing_order_lifts_only_what_this_guard_had_halted() -> None:
    guarded = Guarded(resume_at_reset=True)
    guarded.standing.order(HALTED, "news", "operator", guarded.clock.now().utc_ms)
    guarded.clock.pass_s(2 * DAY_S)
    guarded.look()
    assert guarded.standing.state() is HALTED


def test_a_loss_that_is_still_there_after_a_resume_halts_again() -> None:
    guarded = Guarded()
    guarded.floats("-200")
    guarded.look()
    guarded.standing.order(ACTIVE, "go on", "operator", guarded.clock.now().utc_ms)
    guarded.look()
    assert guarded.standing.state() is HALTED


@pytest.mark.parametrize("zone", ["Europe/Prague", "America/New_York", "UTC"])
def test_a_day_may_begin_by_another_clock_than_the_brokers(zone: str) -> None:
    guarded = Guarded(reset=Reset(time="17:00", zone=zone))
    guarded.realises("-10")
    guarded.realises("-70", hours_ago=25.5)
    assert guarded.look() == Decimal(-10)
