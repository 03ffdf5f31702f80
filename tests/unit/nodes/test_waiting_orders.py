"""Law 15: an order and the position it becomes are one leg."""

from decimal import Decimal
from typing import Any

import pytest

from domain.control import Command
from domain.legs import LegState
from domain.market import Fate, Unknowable
from domain.orders import CancelOrder, ClosePosition, ModifyOrder, PlaceOrder
from domain.outcomes import Outcome, Rejected, Unknown
from domain.policies import Hold
from tests.builders import an_account, some_settings
from tests.fakes import FakeDoor, told
from tests.unit.nodes.teller import Teller

PLACED = ("OrderPlaced", "copied", "NONE")
OPENED = ("PositionOpened", "copied", "NONE")
ENDED = ("OrderGone", "copied", "NONE")


@pytest.fixture
def teller() -> Teller:
    return Teller()


def waits(teller: Teller, **changes: Any) -> int:
    """The master's order is placed and copied; our own order's ticket."""
    teller.say(teller.places(501, **changes))
    teller.turn()
    (ticket,) = teller.slave.door.waiting
    return ticket


def cancels(teller: Teller) -> list[CancelOrder]:
    return teller.slave.door.orders_sent(CancelOrder)


def test_an_order_waits_here_as_the_masters_does(teller: Teller) -> None:
    ticket = waits(teller, price="1279.50", volume="0.40", initial_volume="0.40")
    order = teller.slave.door.waiting[ticket]
    assert (order.price, order.volume, order.sl) == (Decimal("1279.50"), Decimal("0.40"), 1275)
    assert teller.slave.last == PLACED
    leg = teller.slave.leg()
    assert (leg.state, leg.ticket) == (LegState.PENDING, ticket)
    teller.turn(8)
    assert len(teller.slave.door.sent) == 1


def test_what_the_master_changes_of_it_is_changed_here(teller: Teller) -> None:
    ticket = waits(teller)
    teller.say(teller.changes_order(501, price="1278.00", sl="1270.00"))
    teller.turn(4)
    order = teller.slave.door.waiting[ticket]
    assert (order.price, order.sl) == (1278, 1270)
    assert teller.slave.last == ("OrderModified", "copied", "NONE")
    assert len(teller.slave.door.orders_sent(ModifyOrder)) == 1


def test_one_moved_by_hand_here_is_left_alone_until_the_masters_changes(teller: Teller) -> None:
    ticket = waits(teller)
    teller.slave.door.repend(ticket, price=Decimal(1277))
    teller.turn(8)
    assert teller.slave.door.orders_sent(ModifyOrder) == []
    teller.say(teller.changes_order(501, price="1278.00"))
    teller.turn(4)
    assert teller.slave.door.waiting[ticket].price == 1278


@pytest.mark.parametrize("fate", [Fate.CANCELLED, Fate.EXPIRED, Fate.REJECTED])
def test_it_ends_with_the_masters(teller: Teller, fate: Fate) -> None:
    waits(teller)
    teller.say(teller.ends_order(501, fate))
    teller.turn(4)
    assert teller.slave.door.waiting == {}
    assert teller.slave.leg().state is LegState.CLOSED
    assert teller.slave.last == ENDED


@pytest.mark.history(27)
def test_law_15_ours_fills_first_and_is_held_until_the_masters_order_has_gone(
    teller: Teller,
) -> None:
    ticket = waits(teller)
    teller.slave.door.trigger(ticket)
    teller.turn(8)
    assert teller.slave.leg().state is LegState.OPEN
    assert ticket in teller.slave.door.held
    teller.say(teller.ends_order(501))
    teller.turn(4)
    assert teller.slave.door.held == {}
    assert len(teller.slave.door.orders_sent(PlaceOrder)) == 1


@pytest.mark.history(27)
def test_law_15_ours_fills_first_and_the_masters_fill_finds_its_copy_there(
    teller: Teller,
) -> None:
    ticket = waits(teller)
    teller.slave.door.trigger(ticket)
    teller.turn(4)
    teller.say(*teller.fills_order(501))
    teller.turn(4)
    assert list(teller.slave.door.held) == [ticket]
    assert OPENED in told(teller.slave.verdicts)
    assert teller.slave.door.opens == []
    teller.say(teller.closes(501))
    teller.turn(4)
    assert teller.slave.door.held == {}


@pytest.mark.history(27)
def test_law_15_the_masters_fills_first_and_ours_is_withdrawn_before_a_copy_is_opened(
    teller: Teller,
) -> None:
    waits(teller)
    teller.say(*teller.fills_order(501))
    teller.turn(4)
    kinds = [type(order).__name__ for order in teller.slave.door.sent]
    assert kinds == ["PlaceOrder", "CancelOrder", "OpenPosition"]
    assert teller.slave.door.waiting == {}
    assert len(teller.slave.door.held) == 1
    assert teller.slave.leg().state is LegState.OPEN
    assert OPENED in told(teller.slave.verdicts)


@pytest.mark.history(27)
def test_law_15_both_fill_at_once_and_there_is_one_copy(teller: Teller) -> None:
    """Ours fills in the moment in which it is to be withdrawn."""
    ticket = waits(teller)

    def filled_meanwhile(door: FakeDoor, _: object) -> Outcome:
        door.trigger(ticket)
        return Rejected(retcode=10036, comment="no such order", gone=True)

    teller.slave.door.answers = [filled_meanwhile]
    teller.say(*teller.fills_order(501))
    teller.turn(4)
    assert list(teller.slave.door.held) == [ticket]
    assert teller.slave.door.opens == []
    assert OPENED in told(teller.slave.verdicts)


@pytest.mark.history(27)
def test_law_15_nothing_is_opened_while_nobody_knows_whether_ours_is_withdrawn(
    teller: Teller,
) -> None:
    waits(teller)
    teller.slave.door.fates_hidden = True
    teller.say(*teller.fills_order(501))
    teller.turn(4)
    assert teller.slave.door.opens == []
    assert ("PositionOpened", "unknown", "OUTCOME_UNKNOWN") in told(teller.slave.verdicts)
    teller.slave.door.fates_hidden = False
    teller.turn(20)
    assert teller.slave.door.opens == []
    assert teller.slave.leg().state is LegState.MISSED
    assert not teller.slave.unanswered(teller.facts)


@pytest.mark.parametrize("ended", [True, False], ids=["the order ended", "it waits on"])
def test_law_3_a_first_part_that_is_heard_with_the_whole_takes_nothing_off(
    teller: Teller, ended: bool
) -> None:
    teller.slave.door.trigger(waits(teller))
    teller.turn(4)
    part = teller.opens(501, volume="0.40", initial_volume="0.40")
    whole = teller.moves(501, volume="1.00", initial_volume="1.00")
    teller.say(part, whole, *([teller.ends_order(501, Fate.FILLED)] if ended else []))
    teller.turn(4)
    assert not any(isinstance(order, ClosePosition) for order in teller.slave.door.sent)


def test_law_9_a_fill_that_is_closed_before_ours_is_withdrawn_was_missed_not_copied(
    teller: Teller,
) -> None:
    waits(teller)
    teller.slave.door.fates_hidden = True
    teller.say(*teller.fills_order(501))
    teller.turn(4)
    teller.say(teller.closes(501))
    teller.turn(4)
    teller.slave.door.fates_hidden = False
    teller.turn(20)
    answers = told(teller.slave.verdicts)
    assert ("PositionOpened", "missed", "CLOSED_MEANWHILE") in answers
    assert ("PositionClosed", "nothing_to_do", "NEVER_COPIED") in answers
    assert not teller.slave.door.opens


def test_law_9_a_fill_that_is_answered_after_its_close_was_missed_not_copied_in_part(
    teller: Teller,
) -> None:
    waits(teller)
    door, order_of = teller.slave.door, teller.slave.door.order_of

    def shown_after_the_close(ticket: int) -> Any:
        answered = {verdict.event for verdict in teller.slave.verdicts}
        door.fates_hidden = "PositionClosed" not in answered
        return order_of(ticket)

    door.order_of = shown_after_the_close  # type: ignore[method-assign]
    teller.say(*teller.fills_order(501), teller.closes(501))
    teller.turn()
    assert ("PositionOpened", "missed", "CLOSED_MEANWHILE") in told(teller.slave.verdicts)
    assert not teller.slave.door.opens


def test_law_15_the_end_of_an_order_takes_nothing_off_while_what_it_brought_is_not_heard(
    teller: Teller,
) -> None:
    """The message that told of the rest was lost: what ours is ahead may be what is held there."""
    teller.slave.door.trigger(waits(teller))
    teller.turn(4)
    teller.say(teller.opens(501, volume="0.40", initial_volume="0.40"))
    teller.turn(4)
    lost = teller.moves(501, volume="1.00", initial_volume="1.00")
    teller.say(teller.ends_order(501, Fate.FILLED))
    teller.turn()
    assert lost
    teller.turn(4)
    assert not any(isinstance(order, ClosePosition) for order in teller.slave.door.sent)
    assert not teller.slave.unanswered(teller.facts)


def test_law_15_a_cancelled_rest_ends_nothing_of_the_part_that_came(teller: Teller) -> None:
    """It is dealt with before the open of that part, as all ends are."""
    teller.say(
        teller.places(501, volume="1.00"),
        teller.opens(501, volume="0.40", initial_volume="0.40"),
        teller.changes_order(501, volume="0.60"),
        teller.ends_order(501),
    )
    teller.turn(4)
    assert [held.volume for held in teller.slave.door.held.values()] == [Decimal("0.40")]


@pytest.mark.history(27)
def test_law_15_a_halt_withdraws_it_and_nothing_comes_back(teller: Teller) -> None:
    waits(teller)
    halt = Command(command="c1", kind="HALT", by="operator", why="news")
    teller.slave.control.orders.append(halt)
    teller.turn(8)
    assert teller.slave.door.waiting == {}
    teller.turn(20)
    assert len(teller.slave.door.orders_sent(PlaceOrder)) == 1
    assert len(cancels(teller)) == 1


@pytest.mark.history(44)
def test_law_5_a_hold_leaves_waiting_orders_alone(teller: Teller) -> None:
    ticket = waits(teller)
    teller.slave.loop._standing.hold(Hold.SUPERVISOR_LOST, on=True)
    teller.turn(8)
    assert list(teller.slave.door.waiting) == [ticket]
    teller.say(teller.changes_order(501, price="1278.00"))
    teller.turn(4)
    assert teller.slave.door.waiting[ticket].price == 1280
    teller.slave.loop._standing.hold(Hold.SUPERVISOR_LOST, on=False)
    teller.turn(4)
    assert teller.slave.door.waiting[ticket].price == 1278


def test_one_deleted_here_by_hand_is_not_placed_again_and_its_masters_fill_is_not_copied(
    teller: Teller,
) -> None:
    ticket = waits(teller)
    teller.slave.door.withdraw(ticket)
    teller.turn(8)
    assert teller.slave.leg().state is LegState.CLOSED
    teller.say(*teller.fills_order(501))
    teller.turn(4)
    assert teller.slave.door.held == {}
    assert ("PositionOpened", "denied", "ALREADY_HANDLED") in told(teller.slave.verdicts)


def test_one_the_broker_refuses_leaves_its_masters_fill_to_be_copied(teller: Teller) -> None:
    teller.slave.door.answers = [Rejected(retcode=10015, comment="Invalid price")]
    teller.say(teller.places(501))
    teller.turn()
    assert teller.slave.last == ("OrderPlaced", "rejected", "BROKER_REJECTED")
    teller.say(*teller.fills_order(501))
    teller.turn(4)
    assert len(teller.slave.door.held) == 1
    assert OPENED in told(teller.slave.verdicts)


def test_one_that_was_placed_while_nobody_listened_leaves_its_fill_to_be_copied(
    teller: Teller,
) -> None:
    lost = teller.places(501, age_ms=3_600_000)
    teller.say(lost)
    teller.turn()
    assert teller.slave.last == ("OrderPlaced", "missed", "SIGNAL_TOO_OLD")
    teller.say(*teller.fills_order(501))
    teller.turn(4)
    assert len(teller.slave.door.held) == 1


@pytest.mark.parametrize("placed", [True, False], ids=["it was placed", "it was lost"])
def test_law_4_a_placing_nobody_answered_for_is_looked_up_and_never_sent_again(
    teller: Teller, placed: bool
) -> None:
    def unanswered(door: FakeDoor, command: Any) -> Outcome:
        if placed:
            door.execute(command)
        return Unknown(code=10012, comment="timeout")

    teller.slave.door.answers = [unanswered]
    teller.say(teller.places(501))
    teller.turn(4)
    assert len(teller.slave.door.waiting) == placed
    assert teller.slave.leg().state is LegState.PENDING
    teller.turn(70, seconds=1)
    assert len(teller.slave.door.orders_sent(PlaceOrder)) == 1
    if placed:
        assert teller.slave.last == PLACED
    else:
        assert teller.slave.leg().state is LegState.MISSED
        teller.say(*teller.fills_order(501))
        teller.turn(4)
        assert teller.slave.door.held == {}


def test_law_1_a_list_without_it_proves_nothing(teller: Teller) -> None:
    ticket = waits(teller)
    order = teller.slave.door.waiting.pop(ticket)
    teller.slave.door.fates_hidden = True
    teller.turn(20)
    assert teller.slave.leg().state is LegState.PENDING
    teller.slave.door.mute = Unknowable("pipe is closed")
    teller.turn(8)
    teller.slave.door.mute = None
    teller.slave.door.waiting[ticket] = order
    teller.turn(80)
    assert teller.slave.leg().state is LegState.PENDING
    assert teller.slave.report.alarms == ()


def test_law_11_it_is_taken_up_by_the_next_start(teller: Teller) -> None:
    waits(teller)
    teller.slave.start()
    teller.turn(2)
    teller.ends_order(501)
    teller.say(teller.beat())
    teller.turn(8)
    assert teller.slave.door.waiting == {}
    assert len(teller.slave.door.orders_sent(PlaceOrder)) == 1


def test_law_3_what_was_withdrawn_while_nobody_listened_is_withdrawn_here(teller: Teller) -> None:
    waits(teller)
    teller.ends_order(501)
    teller.say(teller.beat())
    teller.turn(8)
    assert teller.slave.door.waiting == {}


def test_a_netting_account_lets_no_order_wait(teller: Teller) -> None:
    teller.slave.door.account_state = an_account(hedging=False)
    teller.say(teller.places(501))
    teller.turn()
    assert teller.slave.last == ("OrderPlaced", "denied", "ORDER_NOT_ALLOWED")


def test_an_order_that_filled_in_part_here_leaves_no_rest_behind(teller: Teller) -> None:
    ticket = waits(teller)
    teller.slave.door.trigger(ticket, "0.40")
    teller.turn(8)
    assert teller.slave.door.waiting == {}
    assert teller.slave.leg().volume == Decimal("0.40")
    teller.say(teller.ends_order(501))
    teller.turn(4)
    assert teller.slave.door.held == {}


def test_settings_act_once_and_a_disabled_account_withdraws_it(teller: Teller) -> None:
    """Draining: opens stop, and what waits would be an open."""
    waits(teller)
    teller.slave.loop._standing.hold(Hold.DRAINING, on=True)
    teller.turn(4)
    assert teller.slave.door.waiting == {}


def test_law_2_where_a_master_is_followed_no_more_its_order_is_withdrawn(teller: Teller) -> None:
    """Another is followed instead, so that the account as a whole is not drained."""
    waits(teller)
    teller.slave.settings = some_settings(follows=("Another_Master",))
    teller.slave.control.orders.append(teller.slave.settings_told())
    teller.turn(4)
    assert teller.slave.door.waiting == {}
    assert teller.slave.report.holds == ()


@pytest.mark.history(27)
def test_law_15_a_part_of_the_masters_fills_first_and_that_part_is_copied(teller: Teller) -> None:
    waits(teller)
    teller.say(teller.opens(501, volume="0.40", initial_volume="0.40"))
    teller.turn(4)
    assert teller.slave.door.waiting == {}
    assert [held.volume for held in teller.slave.door.held.values()] == [Decimal("0.40")]
    teller.say(teller.changes_order(501, volume="0.60"), teller.ends_order(501))
    teller.turn(4)
    assert len(teller.slave.door.held) == 1
    assert not teller.slave.unanswered(teller.facts)


def test_law_4_an_order_that_turns_up_waiting_after_it_was_given_up_is_followed_again(
    teller: Teller,
) -> None:
    teller.slave.door.answers = [Unknown(code=10012, comment="timeout")]
    teller.say(teller.places(501))
    teller.turn(70, seconds=1)
    assert teller.slave.leg().state is LegState.MISSED
    (lost,) = teller.slave.door.orders_sent(PlaceOrder)
    teller.slave.door.execute(lost)
    teller.turn(30)
    assert teller.slave.leg().state is LegState.PENDING
    assert teller.slave.last == PLACED
    teller.say(teller.ends_order(501))
    teller.turn(4)
    assert teller.slave.door.waiting == {}
