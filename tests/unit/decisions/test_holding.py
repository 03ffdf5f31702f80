"""How long a copy is held."""

from typing import Any

import msgspec
import pytest

from decisions.holding import has_been_held_long_enough, may_not_close_yet
from decisions.repairing import next_repair
from decisions.repairs import Send, Settled, Shown, Sight, Wait
from domain.legs import Leg
from domain.orders import ClosePosition, ModifyPosition
from domain.policies import TradingState
from domain.reasons import Reason
from domain.terms import CopyTerms
from tests.builders import SERVER_MS, a_leg, a_spec, a_target, held_of

OPENED_MS = 1_700_000_000_000
HELD_BY_MASTER = a_leg(opened_at_ms=OPENED_MS)


def a_copy(least_s: int = 0, most_s: int = 0, **changes: Any) -> Leg:
    terms = CopyTerms(min_hold_ms=least_s * 1000, max_hold_ms=most_s * 1000)
    return a_leg(opened_at_ms=OPENED_MS, terms=terms, **changes)


def at(seconds: float, leg: Leg) -> Sight:
    return Sight(
        state=TradingState.ACTIVE,
        now_ms=OPENED_MS + int(seconds * 1000),
        now_s=100.0,
        held=held_of(leg),
        spec=a_spec(),
        name="intent-9",
        newest_server_ms=SERVER_MS,
    )


def test_a_close_that_comes_too_soon_waits_for_its_time() -> None:
    leg = a_copy(least_s=30, target=a_target(volume=0))
    assert next_repair(leg, at(29.9, leg)) == Wait()
    due = next_repair(leg, at(30, leg))
    assert isinstance(due, Send)
    assert isinstance(due.order, ClosePosition)


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"reason": Reason.OPERATOR_CLOSED}, id="a person wants it closed"),
        pytest.param({"opened_at_ms": 0}, id="nobody knows since when"),
        pytest.param({"opened_at_ms": OPENED_MS + 60_000}, id="the clock was set back"),
    ],
)
def test_what_holds_no_close_back(changes: dict[str, Any]) -> None:
    leg = msgspec.structs.replace(a_copy(least_s=30), **changes)
    assert not may_not_close_yet(leg, OPENED_MS + 1_000)


def test_a_copy_is_closed_when_its_time_is_over_and_its_master_is_not_asked() -> None:
    leg = a_copy(most_s=60)
    assert isinstance(next_repair(leg, at(59.9, leg)), Settled)
    over = next_repair(leg, at(60, leg))
    assert isinstance(over, Shown)
    assert over.leg.reason is Reason.MAX_HOLD
    close = next_repair(over.leg, at(60, leg))
    assert isinstance(close, Send)
    assert isinstance(close.order, ClosePosition)


def test_a_clock_that_is_set_back_keeps_nothing_open_whose_time_was_over() -> None:
    leg = msgspec.structs.replace(a_copy(most_s=60), reason=Reason.MAX_HOLD)
    assert has_been_held_long_enough(leg, OPENED_MS)


@pytest.mark.parametrize("volume", ["0.50", "0"])
def test_law_2_a_reduction_that_waits_keeps_no_stop_from_being_moved(volume: str) -> None:
    leg = a_copy(least_s=30, target=a_target(volume=volume, sl="1283.00"))
    stops = next_repair(leg, at(5, leg))
    assert isinstance(stops, Send)
    assert isinstance(stops.order, ModifyPosition)
    assert stops.order.sl == 1283
    moved = msgspec.structs.replace(leg, sl_sent=stops.order.sl)
    assert next_repair(moved, at(5, moved)) == Wait()
