"""The next repair of a late entry: our order waits beside a position that is there already."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from decisions.repairing import next_repair
from decisions.repairing_orders import as_changed
from decisions.repairs import Adopted, SendPending, Settled, Sight, Wait, Withdrawn
from decisions.touching import THAWS_WITHIN_S, is_untouchable, price_matters
from domain.ids import SlaveTicket
from domain.legs import Leg, LegState
from domain.market import Fate, OrderFate, PendingKind, Unknowable
from domain.orders import CancelOrder, ModifyOrder
from domain.policies import TradingState
from domain.reasons import Reason
from tests.builders import SERVER_MS, a_leg, a_pending, a_quote, a_spec, a_target, held_of

OURS = 9001
UNTIL_MS = SERVER_MS + 60_000
LEG = a_leg(
    state=LegState.PENDING,
    target=a_target(sl="1280.00", tp="1295.00"),
    ticket=SlaveTicket(OURS),
    late_until_ms=UNTIL_MS,
    identifier=0,
    filled_volume=0,
    volume=0,
)
OTHER_STOPS = a_target(sl="1281.00", tp="1295.00")
MUTE = Unknowable("no answer")


def leg(**changes: Any) -> Leg:
    return msgspec.structs.replace(LEG, **changes)


def sight(**changes: Any) -> Sight:
    usual: dict[str, Any] = {
        "state": TradingState.ACTIVE,
        "now_ms": SERVER_MS,
        "now_s": 100.0,
        "waiting": a_pending(OURS, magic=LEG.magic, kind=PendingKind.BUY_LIMIT, price="1285.10"),
        "spec": a_spec(),
        "name": "intent-9",
        "newest_server_ms": SERVER_MS,
    }
    return Sight(**(usual | changes))


def why(repair: object) -> Reason:
    assert isinstance(repair, Settled), repair
    return repair.why.reason


def test_it_waits_while_its_masters_position_is_there() -> None:
    assert why(next_repair(LEG, sight())) is Reason.ENTRY_WAITS


def test_its_stops_follow_the_masters_meanwhile() -> None:
    moved = leg(target=OTHER_STOPS)
    repair = next_repair(moved, sight())
    assert isinstance(repair, SendPending)
    assert isinstance(repair.order, ModifyOrder)
    assert (repair.order.sl, repair.order.tp) == (Decimal("1281.00"), Decimal("1295.00"))
    assert repair.order.price == Decimal("1285.10")
    assert why(next_repair(as_changed(moved, repair.order), sight())) is Reason.ENTRY_WAITS


def test_a_withdrawal_changes_nothing_of_it_but_that_it_goes() -> None:
    cancel = CancelOrder(leg=LEG.key, ticket=OURS, symbol="XAUUSD")
    assert as_changed(LEG, cancel) == LEG


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        pytest.param({"state": TradingState.REDUCING}, Reason.LOOSER_STOP_HELD, id="on hold"),
        pytest.param({"frozen_s": 0.0}, Reason.FROZEN, id="its broker lets nobody touch it"),
    ],
)
def test_its_stops_stay_where_they_are(changes: dict[str, Any], reason: Reason) -> None:
    seen = sight(**changes)
    assert why(next_repair(leg(target=OTHER_STOPS), seen)) is reason


def test_without_a_contract_no_stop_is_moved() -> None:
    assert next_repair(leg(target=OTHER_STOPS), sight(spec=None)) == Wait(
        why="no contract of XAUUSD"
    )


@pytest.mark.parametrize(
    ("changes", "moment"),
    [
        pytest.param({}, {"now_ms": UNTIL_MS}, id="it has waited long enough"),
        pytest.param({"target": a_target(volume=0)}, {}, id="its master has closed"),
        pytest.param({}, {"withdraws": True}, id="the account may not open"),
    ],
)
def test_it_is_withdrawn(changes: dict[str, Any], moment: dict[str, Any]) -> None:
    repair = next_repair(leg(**changes), sight(**moment))
    assert isinstance(repair, SendPending)
    assert isinstance(repair.order, CancelOrder)


def test_an_order_that_is_frozen_is_withdrawn_a_little_later() -> None:
    over = {"now_ms": UNTIL_MS}
    assert next_repair(LEG, sight(**over, frozen_s=0.0)) == Wait()
    assert isinstance(next_repair(LEG, sight(**over, frozen_s=THAWS_WITHIN_S)), SendPending)


@pytest.mark.parametrize(
    ("fate", "moment", "state", "reason"),
    [
        (Fate.EXPIRED, {}, LegState.MISSED, Reason.ENTRY_EXPIRED),
        (Fate.CANCELLED, {"now_ms": UNTIL_MS}, LegState.MISSED, Reason.ENTRY_EXPIRED),
        (Fate.CANCELLED, {"withdraws": True}, LegState.MISSED, Reason.ORDER_WITHDRAWN),
        (Fate.CANCELLED, {}, LegState.CLOSED, Reason.ORDER_GONE_HERE),
    ],
)
def test_one_that_ended_unfilled_is_over_for_good(
    fate: Fate, moment: dict[str, Any], state: LegState, reason: Reason
) -> None:
    seen = sight(waiting=None, fate=OrderFate(ticket=OURS, fate=fate), **moment)
    repair = next_repair(LEG, seen)
    assert isinstance(repair, Withdrawn)
    assert (repair.leg.state, repair.leg.reason) == (state, reason)


def test_one_that_filled_is_the_copy() -> None:
    filled = OrderFate(ticket=OURS, fate=Fate.FILLED, filled=LEG.wanted_volume, position=OURS)
    repair = next_repair(LEG, sight(waiting=None, fate=filled))
    assert isinstance(repair, Adopted)
    assert (repair.leg.state, repair.leg.identifier) == (LegState.OPEN, OURS)
    assert repair.leg.by_order


@pytest.mark.parametrize(
    ("leg", "changes", "asks"),
    [
        pytest.param(LEG, {"spec": None}, False, id="no contract is known"),
        pytest.param(LEG, {}, False, id="its order has no price to follow"),
        pytest.param(LEG, {"spec": a_spec(freeze_level_points=10)}, True, id="it may be frozen"),
    ],
)
def test_a_price_is_asked_for_where_it_matters(
    leg: Leg, changes: dict[str, Any], *, asks: bool
) -> None:
    assert price_matters(leg, sight(**changes)) is asks


def test_what_has_no_known_contract_is_not_known_to_be_frozen() -> None:
    held = held_of(a_leg(), sl="1284.90")
    near = a_quote("1285.00", "1285.10")
    level = a_spec(freeze_level_points=50)
    assert is_untouchable(sight(waiting=None, held=held, spec=level), near)
    assert not is_untouchable(sight(waiting=None, held=held, spec=None), near)
    assert not is_untouchable(sight(waiting=None, spec=level), near)
