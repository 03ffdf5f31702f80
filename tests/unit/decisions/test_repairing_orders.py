"""Law 15: the next repair of a leg whose order waits."""

from typing import Any

import msgspec
import pytest

from decisions.heeding import target_after, target_of
from decisions.repairing import next_repair
from decisions.repairs import (
    Adopted,
    Ask,
    AskMaster,
    Found,
    GivenUp,
    MasterWord,
    Noted,
    Repair,
    Retarget,
    SendPending,
    Settled,
    Shown,
    Sight,
    Wait,
    Wanted,
    Withdrawn,
)
from decisions.settling import SETTLE_WINDOW_S, Unanswered
from domain.book import Stamp
from domain.ids import SlaveTicket
from domain.legs import Leg, LegState
from domain.market import Fate, Lifetime, OrderFate
from domain.mt5_words import TimeInForce
from domain.orders import CancelOrder, ModifyOrder, PlaceOrder
from domain.policies import TradingState
from domain.reasons import Reason
from tests.builders import (
    EPOCH,
    SERVER_MS,
    a_book_order,
    a_leg,
    a_pending,
    a_position,
    a_spec,
    an_intent,
    opened,
    order_gone,
    placed,
)

OURS = 9001
TARGET = target_of(placed(1, a_book_order()))
LEG = a_leg(
    state=LegState.PENDING,
    target=TARGET,
    ticket=SlaveTicket(OURS),
    terms_sent=a_book_order(),
    identifier=0,
    filled_volume=0,
    volume=0,
)
WITHDRAWN_BY_MASTER = target_after(TARGET, order_gone(2, a_book_order(), Fate.CANCELLED))
FILLED_AT_MASTER = target_after(
    target_after(TARGET, opened(2)), order_gone(3, a_book_order(), Fate.FILLED)
)
LATER = Stamp(EPOCH, 50)


def sight(**changes: Any) -> Sight:
    usual: dict[str, Any] = {
        "state": TradingState.ACTIVE,
        "now_ms": SERVER_MS,
        "now_s": 100.0,
        "waiting": a_pending(OURS, magic=LEG.magic),
        "spec": a_spec(),
        "name": "intent-9",
        "newest_server_ms": SERVER_MS,
    }
    return Sight(**(usual | changes))


def gone(**changes: Any) -> Sight:
    return sight(**({"waiting": None} | changes))


def ended(fate: Fate, **changes: Any) -> OrderFate:
    return OrderFate(ticket=OURS, fate=fate, **changes)


def leg(**changes: Any) -> Leg:
    return msgspec.structs.replace(LEG, **changes)


def unanswered(kind: type = PlaceOrder, waited_s: float = 1.0, **changes: Any) -> Any:
    intent = an_intent(kind=kind.__name__, magic=LEG.magic, **changes)
    return (Unanswered(intent=intent, waited_s=waited_s),)


def sent(repair: Repair) -> Any:
    assert isinstance(repair, SendPending), repair
    return repair.order


def test_what_waits_as_the_masters_does_needs_nothing() -> None:
    assert isinstance(next_repair(LEG, sight()), Settled)
    word = MasterWord(stamp=LATER, order=a_book_order())
    assert isinstance(next_repair(LEG, sight(word=word)), Settled)


def test_the_book_says_otherwise() -> None:
    word = MasterWord(stamp=LATER, order=a_book_order(price="1279"))
    assert isinstance(next_repair(LEG, sight(word=word)), Retarget)


def test_law_3_absence_from_a_book_withdraws_nothing_and_asks() -> None:
    assert next_repair(LEG, sight(word=MasterWord(stamp=LATER))) == AskMaster()


@pytest.mark.parametrize(
    "target",
    [
        pytest.param(WITHDRAWN_BY_MASTER, id="the master withdrew his"),
        pytest.param(FILLED_AT_MASTER, id="the master's has filled"),
        pytest.param(target_after(TARGET, opened(2)), id="a part of the master's has filled"),
    ],
)
def test_law_15_ours_is_withdrawn_when_the_masters_waits_no_more(target: Any) -> None:
    order = sent(next_repair(leg(target=target), sight()))
    assert order == CancelOrder(leg=LEG.key, ticket=LEG.ticket, symbol=LEG.symbol)


@pytest.mark.parametrize("why", [{"withdraws": True}, {"held": a_position(OURS)}])
def test_it_is_withdrawn_when_nothing_may_wait_and_when_a_part_has_filled(
    why: dict[str, Any],
) -> None:
    assert isinstance(sent(next_repair(LEG, sight(**why))), CancelOrder)


def test_what_the_master_changed_is_sent_with_everything_it_has() -> None:
    changed = a_book_order(price="1279.50", sl="0")
    moved = leg(target=target_of(placed(2, changed)))
    order = sent(next_repair(moved, sight()))
    assert isinstance(order, ModifyOrder)
    assert (order.price, order.sl, order.tp) == (changed.price, 0, changed.tp)
    assert isinstance(next_repair(moved, sight(state=TradingState.REDUCING)), Settled)
    assert next_repair(moved, sight(spec=None)) == Wait(why="no contract of XAUUSD")


def test_a_ticket_that_was_not_known_is_taken_from_the_list() -> None:
    repair = next_repair(leg(ticket=SlaveTicket(0)), sight())
    assert repair == Shown(leg=LEG)


def test_law_15_a_position_in_its_place_is_its_own() -> None:
    repair = next_repair(LEG, gone(held=a_position(OURS, magic=LEG.magic), deals=()))
    assert isinstance(repair, Adopted)
    assert (repair.leg.state, repair.leg.identifier) == (LegState.OPEN, OURS)


def test_law_1_an_order_that_is_not_listed_has_ended_only_by_its_brokers_records() -> None:
    asked = next_repair(LEG, gone())
    assert isinstance(asked, Ask)
    assert asked.wanted is Wanted.FATE_OF_ORDER
    for fate in (Fate.NOT_KNOWN, Fate.WAITING):
        waits = next_repair(LEG, gone(fate=ended(fate)))
        assert isinstance(waits, Wait)
        assert waits.why


@pytest.mark.parametrize(
    ("target", "withdraws", "state", "reason"),
    [
        pytest.param(WITHDRAWN_BY_MASTER, False, "closed", Reason.NONE, id="with the master's"),
        pytest.param(TARGET, True, "missed", Reason.ORDER_WITHDRAWN, id="we may not open"),
        pytest.param(
            FILLED_AT_MASTER, False, "missed", Reason.ORDER_WITHDRAWN, id="the master's filled"
        ),
        pytest.param(TARGET, False, "closed", Reason.ORDER_GONE_HERE, id="by somebody here"),
    ],
)
def test_an_order_that_ended_unfilled_is_over(
    target: Any, withdraws: bool, state: str, reason: Reason
) -> None:
    for fate in (Fate.CANCELLED, Fate.EXPIRED, Fate.REJECTED):
        seen = gone(fate=ended(fate), withdraws=withdraws)
        repair = next_repair(leg(target=target), seen)
        assert isinstance(repair, Withdrawn)
        assert (repair.leg.state.value, repair.leg.reason) == (state, reason)
        assert repair.leg.never_filled is (reason is Reason.ORDER_WITHDRAWN)


@pytest.mark.parametrize("fate", [Fate.FILLED, Fate.CANCELLED])
def test_an_order_that_filled_and_whose_position_is_gone_is_left_to_its_deals(fate: Fate) -> None:
    repair = next_repair(LEG, gone(fate=ended(fate, filled=LEG.wanted_volume, position=OURS)))
    assert isinstance(repair, Shown)
    assert (repair.leg.state, repair.leg.identifier) == (LegState.OPEN, OURS)
    assert repair.leg.filled_volume == LEG.wanted_volume


def test_law_4_a_placing_without_an_answer_is_found_in_the_lists() -> None:
    unknown = leg(ticket=SlaveTicket(0))
    found = next_repair(unknown, sight(unanswered=unanswered()))
    assert isinstance(found, Found)
    assert (found.leg.ticket, found.intent.outcome) == (OURS, "placed")
    filled = next_repair(
        unknown, gone(held=a_position(OURS, magic=LEG.magic), unanswered=unanswered(), deals=())
    )
    assert isinstance(filled, Adopted)
    assert filled.intent is not None
    assert filled.intent.outcome == "filled"


def test_law_4_a_placing_that_is_not_found_is_given_up_when_its_window_has_ended() -> None:
    unknown = leg(ticket=SlaveTicket(0))
    assert next_repair(unknown, gone(unanswered=unanswered())) == Wait()
    late = gone(unanswered=unanswered(waited_s=SETTLE_WINDOW_S + 1))
    repair = next_repair(unknown, late)
    assert isinstance(repair, GivenUp)
    assert repair.leg.state is LegState.MISSED
    assert not repair.leg.never_filled


def test_a_placing_to_which_the_broker_gave_a_number_is_known_by_it() -> None:
    unknown = leg(ticket=SlaveTicket(0))
    repair = next_repair(unknown, gone(unanswered=unanswered(order=OURS)))
    assert isinstance(repair, Found)
    assert repair.leg.ticket == OURS


def test_what_became_of_a_change_or_a_withdrawal_the_next_look_tells() -> None:
    for kind in (ModifyOrder, CancelOrder):
        repair = next_repair(LEG, sight(unanswered=unanswered(kind)))
        assert isinstance(repair, Noted)
        assert repair.intent.outcome == "unknown"


def test_an_order_that_was_given_up_and_waits_after_all_is_followed_again() -> None:
    given_up = leg(state=LegState.MISSED, reason=Reason.NEVER_ANSWERED, ticket=SlaveTicket(0))
    repair = next_repair(given_up, sight())
    assert isinstance(repair, Found)
    assert repair.leg == LEG
    assert repair.intent is None


HOUR_MS = 3_600_000


@pytest.mark.parametrize(
    ("lasts_ms", "left_ms"),
    [
        pytest.param(HOUR_MS, 20 * 60_000, id="as it was"),
        pytest.param(2 * HOUR_MS, 80 * 60_000, id="longer"),
    ],
)
def test_law_15_a_changed_order_expires_with_the_masters_and_not_later(
    lasts_ms: int, left_ms: int
) -> None:
    """Forty minutes after its placing its price is changed."""
    specified = int(TimeInForce.SPECIFIED)
    placed_order = a_book_order(lasts_ms=HOUR_MS)
    placed_order = msgspec.structs.replace(placed_order, time_in_force=specified)
    changed = a_book_order(lasts_ms=lasts_ms, price="1270.00")
    changed = msgspec.structs.replace(changed, time_in_force=specified)
    one = leg(terms_sent=placed_order, target=target_of(placed(1, changed)))
    now_ms = SERVER_MS + 40 * 60_000
    until = Lifetime(kind=TimeInForce.SPECIFIED, until_server_ms=SERVER_MS + HOUR_MS)
    waiting = a_pending(OURS, magic=LEG.magic, lifetime=until, placed_server_ms=SERVER_MS)
    repair = next_repair(one, sight(waiting=waiting, newest_server_ms=now_ms))
    assert isinstance(repair, SendPending)
    assert isinstance(repair.order, ModifyOrder)
    assert repair.order.lifetime.until_server_ms == now_ms + left_ms
