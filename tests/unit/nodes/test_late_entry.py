"""A late entry: one order at the master's price, for a bounded time, and one copy at most."""

from decimal import Decimal
from typing import Any

import pytest

from domain.copy_settings import LateEntry, Size, SizeMode
from domain.legs import LegState
from domain.orders import CancelOrder, ClosePosition, ModifyOrder, PlaceOrder
from domain.outcomes import Rejected
from tests.builders import a_quote, some_settings
from tests.fakes import FakeDoor, done_but_unknown, lost, told
from tests.unit.nodes.teller import Teller

WAITS = ("PositionOpened", "missed", "ENTRY_WAITS")
COPIED = ("PositionOpened", "copied", "NONE")
EXPIRED = ("PositionOpened", "missed", "ENTRY_EXPIRED")
AWAY = a_quote("1289.90", "1290.00")
SECONDS = 30


@pytest.fixture
def teller() -> Teller:
    teller = Teller(late_entry=LateEntry.ORDER, late_entry_seconds=SECONDS)
    teller.have_followed_for_long()
    return teller


def waits(teller: Teller, age_ms: int = 0, **changes: Any) -> int:
    """The price has run away before the slave could open; our own order's ticket."""
    teller.slave.door.quotes["XAUUSD"] = AWAY
    teller.say(teller.opens(501, age_ms=age_ms, **changes))
    teller.turn()
    (ticket,) = teller.slave.door.waiting
    return ticket


def placings(teller: Teller) -> list[PlaceOrder]:
    return teller.slave.door.orders_sent(PlaceOrder)


@pytest.mark.parametrize("age_ms", [0, 10**6], ids=["ran away", "too old"])
def test_it_waits_at_the_masters_price_and_its_fill_is_the_copy(
    teller: Teller, age_ms: int
) -> None:
    ticket = waits(teller, age_ms)
    order = teller.slave.door.waiting[ticket]
    assert (order.price, order.volume, order.sl) == (Decimal("1285.10"), 1, 1280)
    assert teller.slave.last == WAITS
    assert teller.slave.leg().state is LegState.PENDING
    teller.turn(8)
    assert len(teller.slave.door.sent) == 1
    teller.slave.door.trigger(ticket)
    teller.turn(8)
    assert teller.slave.last == COPIED
    assert teller.slave.leg().state is LegState.OPEN
    teller.say(teller.closes(501))
    teller.turn(4)
    assert teller.slave.door.held == {}
    assert teller.slave.leg().state is LegState.CLOSED


def test_it_is_skipped_where_nobody_asked_for_it() -> None:
    teller = Teller()
    teller.slave.door.quotes["XAUUSD"] = AWAY
    teller.say(teller.opens(501))
    teller.turn()
    assert teller.slave.door.sent == []
    assert teller.slave.last == ("PositionOpened", "denied", "PRICE_MOVED")


def test_its_time_over_it_is_withdrawn_and_never_placed_again(teller: Teller) -> None:
    waits(teller)
    teller.turn(SECONDS * 4 - 8)
    assert len(teller.slave.door.waiting) == 1
    teller.turn(16)
    assert teller.slave.door.waiting == {}
    assert teller.slave.last == EXPIRED
    teller.slave.door.quotes["XAUUSD"] = a_quote()
    teller.slave.start()
    teller.turn(20)
    assert len(placings(teller)) == 1
    assert teller.slave.door.opens == []


def test_it_may_end_at_the_broker_by_itself(teller: Teller) -> None:
    ticket = waits(teller)
    teller.slave.door.expire(ticket)
    teller.turn(8)
    assert teller.slave.last == EXPIRED
    assert teller.slave.door.orders_sent(CancelOrder) == []


def test_deleted_by_hand_it_stays_deleted(teller: Teller) -> None:
    ticket = waits(teller)
    teller.slave.door.withdraw(ticket)
    teller.turn(8)
    assert teller.slave.last == ("PositionOpened", "missed", "ORDER_GONE_HERE")
    teller.slave.start()
    teller.turn(8)
    assert len(placings(teller)) == 1


def test_it_goes_with_the_masters_position(teller: Teller) -> None:
    waits(teller)
    teller.say(teller.closes(501))
    teller.turn(8)
    assert teller.slave.door.waiting == {}
    assert ("PositionOpened", "missed", "CLOSED_MEANWHILE") in told(teller.slave.verdicts)
    assert not teller.slave.unanswered(teller.facts)
    assert teller.slave.leg().state is LegState.CLOSED


def test_it_fills_while_the_master_closes(teller: Teller) -> None:
    ticket = waits(teller)

    def filled_meanwhile(door: FakeDoor, _: object) -> Any:
        door.trigger(ticket)
        return Rejected(retcode=10036, comment="no such order", gone=True)

    teller.slave.door.answers = [filled_meanwhile]
    teller.say(teller.closes(501))
    teller.turn(8)
    assert teller.slave.door.held == {}
    assert len(teller.slave.door.orders_sent(ClosePosition)) == 1
    assert not teller.slave.unanswered(teller.facts)


def test_law_2_what_the_master_takes_off_meanwhile_is_taken_off_the_fill(teller: Teller) -> None:
    ticket = waits(teller)
    teller.say(teller.halves(501))
    teller.turn(4)
    assert ("PositionReduced", "nothing_to_do", "ENTRY_WAITS") in told(teller.slave.verdicts)
    teller.slave.door.trigger(ticket)
    teller.turn(4)
    (held,) = teller.slave.door.held.values()
    assert held.volume == Decimal("0.50")


def test_its_stops_follow_the_masters(teller: Teller) -> None:
    ticket = waits(teller)
    teller.say(teller.moves(501, sl="1279.00"))
    teller.turn(4)
    order = teller.slave.door.waiting[ticket]
    assert (order.price, order.sl) == (Decimal("1285.10"), 1279)
    assert teller.slave.last == ("PositionModified", "copied", "NONE")
    teller.turn(8)
    assert len(teller.slave.door.orders_sent(ModifyOrder)) == 1
    teller.slave.door.trigger(ticket)
    teller.turn(8)
    assert teller.slave.door.modifies == []


def test_the_rest_of_a_fill_in_part_is_withdrawn(teller: Teller) -> None:
    ticket = waits(teller)
    teller.slave.door.trigger(ticket, Decimal("0.40"))
    teller.turn(8)
    assert teller.slave.door.waiting == {}
    assert teller.slave.last == ("PositionOpened", "partial", "FILLED_IN_PART")
    assert teller.slave.leg().volume == Decimal("0.40")


@pytest.mark.parametrize("answer", [done_but_unknown, lost], ids=["placed", "not placed"])
def test_law_4_an_unknown_end_is_looked_up_and_never_sent_again(
    teller: Teller, answer: Any
) -> None:
    teller.slave.door.answers = [answer]
    teller.slave.door.quotes["XAUUSD"] = AWAY
    teller.say(teller.opens(501))
    teller.turn()
    assert ("PositionOpened", "unknown", "OUTCOME_UNKNOWN") in told(teller.slave.verdicts)
    teller.slave.start()
    teller.turn(4 * (60 + SECONDS))
    assert len(placings(teller)) == 1
    assert teller.slave.door.opens == []
    assert teller.slave.door.waiting == {}
    reason = "NEVER_ANSWERED" if answer is lost else "ENTRY_EXPIRED"
    assert teller.slave.last == ("PositionOpened", "missed", reason)


def test_law_4_a_crash_between_two_tries_leaves_nothing_to_wait_for(teller: Teller) -> None:
    refused = Rejected(retcode=10004, comment="Requote", may_retry=True)

    teller.slave.door.answers = [refused]
    journal, listen = teller.slave.journal, teller.slave.loop._listen

    def dies() -> None:
        if teller.slave.door.sent and not journal.open_intents():
            raise KeyboardInterrupt
        listen()

    opener = teller.slave.loop._opener
    opener._neighbours = opener._neighbours._replace(listen=dies)
    teller.slave.door.quotes["XAUUSD"] = AWAY
    teller.say(teller.opens(501))
    with pytest.raises(KeyboardInterrupt):
        teller.turn()
    teller.slave.start()
    teller.turn(8)
    assert teller.slave.leg().state is LegState.MISSED
    assert teller.slave.report.alarms == ()


def test_a_restart_goes_on_waiting(teller: Teller) -> None:
    ticket = waits(teller)
    teller.slave.start()
    teller.turn(8)
    assert list(teller.slave.door.waiting) == [ticket]
    teller.slave.door.trigger(ticket)
    teller.slave.start()
    teller.turn(8)
    assert teller.slave.leg().state is LegState.OPEN
    assert len(teller.slave.door.sent) == 1


def test_an_edit_changes_nothing_about_one_that_waits(teller: Teller) -> None:
    waits(teller)
    teller.slave.settings = some_settings()
    teller.slave.control.orders.append(teller.slave.settings_told())
    teller.turn(8)
    assert len(teller.slave.door.waiting) == 1


def test_leaving_a_master_withdraws_it(teller: Teller) -> None:
    waits(teller)
    teller.slave.control.orders.append(teller.slave.settings_told(all_masters=()))
    teller.turn(8)
    assert teller.slave.door.waiting == {}
    assert teller.slave.last == ("PositionOpened", "missed", "ORDER_WITHDRAWN")


def test_a_waiting_order_of_the_masters_that_filled_too_far_away_may_come_late(
    teller: Teller,
) -> None:
    teller.say(teller.places(501, price="1285.10"))
    teller.turn()
    teller.slave.door.quotes["XAUUSD"] = AWAY
    teller.say(*teller.fills_order(501))
    teller.turn(4)
    assert WAITS in told(teller.slave.verdicts)
    (ticket,) = teller.slave.door.waiting
    teller.slave.door.trigger(ticket)
    teller.turn(4)
    assert len(teller.slave.door.held) == 1
    assert teller.slave.leg().state is LegState.OPEN


@pytest.mark.parametrize("is_late", [True, False])
def test_how_long_a_copy_is_held_counts_from_the_fill_of_its_order(is_late: bool) -> None:
    teller = Teller(late_entry=LateEntry.ORDER, late_entry_seconds=600, max_hold_seconds=60)
    if is_late:
        waits(teller)
    else:
        teller.say(teller.places(501))
        teller.turn()
    (ticket,) = teller.slave.door.waiting
    teller.turn(4 * 90)
    teller.slave.door.trigger(ticket)
    teller.turn(4 * 50)
    assert list(teller.slave.door.held) == [ticket]
    teller.turn(4 * 20)
    assert teller.slave.door.held == {}


def test_one_that_shows_up_after_it_was_given_up_is_withdrawn(teller: Teller) -> None:
    teller.slave.door.answers = [lost]
    teller.slave.door.quotes["XAUUSD"] = AWAY
    teller.say(teller.opens(501))
    teller.turn(4 * 62)
    leg = teller.slave.leg()
    assert leg.reason == "NEVER_ANSWERED"
    teller.slave.door.pend("1285.10", magic=leg.magic)
    teller.turn(40)
    assert teller.slave.door.waiting == {}
    assert teller.slave.last == EXPIRED


def test_filled_and_closed_between_two_looks_it_was_a_copy(teller: Teller) -> None:
    ticket = waits(teller)
    teller.slave.door.trigger(ticket)
    teller.slave.door.shut(ticket)
    teller.turn(8)
    assert COPIED in told(teller.slave.verdicts)
    assert teller.slave.leg().state is LegState.CLOSED


def test_its_risk_counts_from_the_masters_price() -> None:
    """From there to the stop it is 5.10, a lot of 100 ounces loses 510."""
    size = Size(mode=SizeMode.RISK_MONEY, risk_money=Decimal(255))
    teller = Teller(late_entry=LateEntry.ORDER, size=size)
    ticket = waits(teller)
    assert teller.slave.door.waiting[ticket].volume == Decimal("0.50")


@pytest.mark.parametrize("is_told", [True, False], ids=["its facts", "the book alone"])
def test_what_was_missed_while_the_slave_was_down_waits_as_well(
    teller: Teller, is_told: bool
) -> None:
    teller.slave.door.quotes["XAUUSD"] = AWAY
    teller.opens(501, age_ms=10**6)
    if not is_told:
        teller.facts.clear()
    for _ in range(3):
        teller.slave.start()
        teller.turn(4)
    assert len(teller.slave.door.waiting) == 1
    assert len(placings(teller)) == 1
    assert teller.slave.last == WAITS
