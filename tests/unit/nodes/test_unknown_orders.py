"""Law 4: orders nobody could answer for are looked up until found, and never sent twice."""

from copy import deepcopy
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from decisions.marking import magic_for_leg
from domain.book import Stamp
from domain.legs import LegState
from domain.market import Unknowable
from domain.orders import OpenPosition
from domain.outcomes import Outcome, Unknown
from domain.policies import KillSwitch
from tests.builders import EPOCH, SLAVE, a_book, a_key, an_account
from tests.fakes import FakeDoor, done_but_unknown, lost, told
from tests.unit.nodes.teller import Teller
from utils.clock import Now


def aged(fact: Any, by_ms: int) -> Any:
    """The same fact, seen so much earlier."""
    return msgspec.structs.replace(fact, seen_at_us=fact.seen_at_us - by_ms * 1000)


OPEN_UNKNOWN = ("PositionOpened", "unknown", "OUTCOME_UNKNOWN")
OPEN_COPIED = ("PositionOpened", "copied", "NONE")
OPEN_MISSED = ("PositionOpened", "missed", "NEVER_ANSWERED")


@pytest.fixture
def teller() -> Teller:
    return Teller()


def an_unknown_open(teller: Teller) -> None:
    teller.slave.door.answers = [lost]
    teller.say(teller.opens(501))
    teller.turn()


def it_fills_late(teller: Teller, **changes: object) -> int:
    """The order that was lost shows up at the broker after all."""
    order = teller.slave.door.opens[0]
    usual = {"magic": order.magic, "sl": order.sl, "tp": order.tp, "comment": order.comment}
    return teller.slave.door.trade(order.volume, order.side, **(usual | changes))


def test_an_open_that_was_executed_is_found_by_its_mark(teller: Teller) -> None:
    teller.slave.door.answers = [done_but_unknown]
    teller.say(teller.opens(501))
    teller.turn(2)
    assert told(teller.slave.verdicts) == [OPEN_UNKNOWN, OPEN_COPIED]
    leg = teller.slave.leg()
    assert leg.identifier == 9001
    assert leg.opening is not None
    assert leg.opening.prices.filled == leg.price_open == teller.slave.verdicts[1].prices.filled
    assert teller.slave.verdicts[1].supersedes == teller.slave.verdicts[0].journey
    assert teller.slave.journal.open_intents() == []


def test_law_9_an_open_that_was_found_holds_back_no_later_answer(teller: Teller) -> None:
    """What a leg's events have an answer up to is remembered, so that none is answered twice."""
    teller.slave.door.answers = [done_but_unknown]
    teller.say(teller.opens(501))
    teller.turn(2)
    moved = teller.moves(501, sl="1281.00")
    teller.say(moved)
    teller.turn(2)
    assert teller.slave.leg().answered == moved.stamp


def test_one_that_was_executed_and_closed_again_is_found_in_the_deals(teller: Teller) -> None:
    def stopped_out(door: FakeDoor, command: object) -> Outcome:
        unknown = done_but_unknown(door, command)  # type: ignore[arg-type]
        door.shut(9001)
        return unknown

    teller.slave.door.answers = [stopped_out]
    teller.say(teller.opens(501))
    teller.turn(4)
    leg = teller.slave.leg()
    assert (leg.state, leg.filled_volume) == (LegState.CLOSED, 1)
    assert told(teller.slave.verdicts) == [OPEN_UNKNOWN, OPEN_COPIED]
    assert len(teller.slave.door.sent) == 1


@pytest.mark.history(20)
@pytest.mark.parametrize("late", [False, True], ids=["in the window", "after it"])
def test_law_9_a_stop_that_closed_it_under_its_own_mark_is_no_part_of_the_open(
    teller: Teller, late: bool
) -> None:
    """Brokers copy a position's mark into the deal of its stop."""

    def is_stopped_out() -> None:
        copy = teller.slave.door.held[9001]
        teller.slave.door.shut(9001, magic=copy.magic, price=copy.sl, net="-7.50")

    def stopped_out(door: FakeDoor, command: object) -> Outcome:
        unknown = done_but_unknown(door, command)  # type: ignore[arg-type]
        is_stopped_out()
        return unknown

    if late:
        an_unknown_open(teller)
        teller.turn(70, seconds=1)
        it_fills_late(teller)
        is_stopped_out()
        teller.turn(40)
    else:
        teller.slave.door.answers = [stopped_out]
        teller.say(teller.opens(501))
        teller.turn(4)
    given, leg = teller.slave.verdicts[-1], teller.slave.leg()
    assert (given.kind.value, given.volume) == ("copied", 1)
    assert (leg.state, leg.filled_volume, leg.net) == (LegState.CLOSED, 1, Decimal("-7.50"))
    assert given.prices.filled == leg.price_open != leg.price_close


def test_one_that_is_not_found_in_the_window_was_missed(teller: Teller) -> None:
    an_unknown_open(teller)
    teller.turn(50, seconds=1)
    assert teller.slave.leg().state is LegState.OPENING
    teller.turn(15, seconds=1)
    assert told(teller.slave.verdicts) == [OPEN_UNKNOWN, OPEN_MISSED]
    assert teller.slave.leg().state is LegState.MISSED
    assert teller.slave.journal.open_intents() == []


def test_the_window_does_not_end_while_the_terminal_gives_no_answer(teller: Teller) -> None:
    an_unknown_open(teller)
    teller.slave.door.mute = Unknowable("pipe is closed")
    teller.turn(100, seconds=1)
    assert teller.slave.leg().state is LegState.OPENING


@pytest.mark.history(20)
@pytest.mark.parametrize("restarted", [False, True])
def test_a_fill_after_the_verdict_is_adopted_while_the_master_still_holds(
    teller: Teller, restarted: bool
) -> None:
    an_unknown_open(teller)
    teller.turn(70, seconds=1)
    assert teller.slave.last == OPEN_MISSED
    if restarted:
        teller.slave.start()
        teller.turn(2)
    identifier = it_fills_late(teller)
    teller.turn(4)
    assert identifier in teller.slave.door.held
    assert teller.slave.leg().state is LegState.OPEN
    assert teller.slave.last == OPEN_COPIED
    assert teller.slave.verdicts[-1].supersedes == teller.slave.verdicts[0].journey
    teller.say(teller.closes(501))
    teller.turn()
    assert identifier not in teller.slave.door.held


@pytest.mark.history(20)
@pytest.mark.parametrize("restarted", [False, True])
def test_a_fill_after_the_verdict_is_closed_at_once_when_the_master_has_closed(
    teller: Teller, restarted: bool
) -> None:
    an_unknown_open(teller)
    teller.turn(70, seconds=1)
    teller.say(teller.closes(501))
    teller.turn()
    if restarted:
        teller.slave.start()
        teller.turn(2)
    identifier = it_fills_late(teller)
    teller.turn()
    assert identifier not in teller.slave.door.held
    assert len(teller.slave.door.opens) == 1


def test_a_late_fill_whose_master_says_nothing_of_it_is_asked_about(teller: Teller) -> None:
    """The close was lost with the master's journal, while this slave had no copy to ask about."""
    an_unknown_open(teller)
    teller.turn(70, seconds=1)
    teller.book = a_book(stamp=Stamp(EPOCH + 1, 0))
    teller.facts = []
    teller.shut.add(501)
    teller.say(teller.beat())
    teller.turn(4)
    identifier = it_fills_late(teller)
    teller.turn(30)
    assert identifier not in teller.slave.door.held


@pytest.mark.history(21)
def test_a_close_that_comes_while_the_open_is_unknown_is_done_when_it_is_found(
    teller: Teller,
) -> None:
    an_unknown_open(teller)
    teller.say(teller.closes(501))
    teller.turn(4)
    assert teller.slave.unanswered(teller.facts)
    identifier = it_fills_late(teller)
    teller.turn(4)
    assert identifier not in teller.slave.door.held
    assert not teller.slave.unanswered(teller.facts)


def test_law_9_what_waited_for_an_open_that_never_was_has_an_answer_too(teller: Teller) -> None:
    an_unknown_open(teller)
    teller.say(teller.moves(501, sl="1281.00"), teller.closes(501))
    teller.turn(80, seconds=1)
    assert not teller.slave.unanswered(teller.facts)


def test_law_3_an_open_that_was_unknown_does_not_hold_the_journals_cursor_for_ever(
    teller: Teller,
) -> None:
    teller.slave.door.answers = [done_but_unknown]
    teller.say(teller.opens(501))
    teller.turn(2)
    teller.copies(502)
    assert teller.slave.journal.cursor(teller.book.master) == teller.book.stamp


@pytest.mark.history(43)
def test_a_crash_between_intent_and_answer_is_settled_by_the_next_start(teller: Teller) -> None:
    """With the intent kept."""

    class KilledError(Exception):
        pass

    def executed_then_killed(door: FakeDoor, command: object) -> Outcome:
        door.execute(command)  # type: ignore[arg-type]
        raise KilledError

    teller.slave.door.answers = [executed_then_killed]
    teller.say(teller.opens(501))
    with pytest.raises(KilledError):
        teller.turn()
    teller.slave.start()
    teller.turn(8)
    assert len(teller.slave.door.opens) == 1
    assert teller.slave.leg().identifier == 9001
    assert not teller.slave.unanswered(teller.facts)


def power_cut(teller: Teller) -> None:
    """An order is at the broker, and the journal's last second is not on the disk."""
    kept = deepcopy(teller.slave.journal)
    teller.say(teller.opens(501))
    teller.slave.turn()
    assert len(teller.slave.door.held) == 1
    teller.slave.journal = kept
    teller.clock.pass_s(60)


@pytest.mark.history(43)
def test_law_4_a_fill_whose_intent_is_gone_is_not_doubled_while_its_signal_is_fresh() -> None:
    """The age that the account allows is longer than the power was away."""
    teller = Teller(max_signal_age_ms=300_000)
    power_cut(teller)
    is_back(teller)
    assert len(teller.slave.door.opens) == 1
    assert len(teller.slave.door.held) == 1


def is_back(teller: Teller) -> None:
    """The slave starts; its minute without power is real time as the signal's age is."""
    teller.facts = [aged(fact, 60_000) for fact in teller.facts]
    teller.slave.start()
    teller.turn(40)


@pytest.mark.history(43)
def test_law_4_a_fill_whose_intent_is_gone_is_found_by_its_mark(teller: Teller) -> None:
    power_cut(teller)
    is_back(teller)
    assert len(teller.slave.door.opens) == 1
    assert teller.slave.leg().state is LegState.OPEN
    teller.say(teller.closes(501))
    teller.turn(4)
    assert teller.slave.door.held == {}


@pytest.mark.history(43)
@pytest.mark.parametrize("forgets", [False, True], ids=["facts kept", "a new epoch"])
def test_law_4_a_fill_whose_intent_is_gone_is_closed_when_the_master_has_closed(
    teller: Teller, forgets: bool
) -> None:
    power_cut(teller)
    teller.closes(501)
    if forgets:
        teller.book, teller.facts = a_book(stamp=Stamp(EPOCH + 1, 0)), []
    is_back(teller)
    assert teller.slave.door.held == {}
    assert len(teller.slave.door.opens) == 1


@pytest.mark.history(18)
def test_law_4_an_unknown_reduction_is_not_sent_again_though_a_look_shows_the_old_volume(
    teller: Teller,
) -> None:
    """It fills after the second look."""
    identifier = teller.copies(501)
    teller.slave.door.answers = [lost]
    teller.say(teller.halves(501))
    teller.turn(20)
    assert len(teller.slave.door.closes) == 1
    teller.slave.door.reduce(identifier, "0.50", magic=teller.slave.door.closes[0].magic)
    teller.turn(80, seconds=1)
    assert len(teller.slave.door.closes) == 1
    assert teller.slave.door.held[identifier].volume == Decimal("0.50")
    assert not teller.slave.unanswered(teller.facts)


@pytest.mark.history(18)
def test_law_10_a_clock_that_is_set_forward_ends_no_window(teller: Teller) -> None:
    """The order fills after the machine's clock jumped an hour, seconds after it was sent."""
    identifier = teller.copies(501)
    teller.slave.door.answers = [lost]
    teller.say(teller.halves(501))
    teller.turn(4)
    now = teller.clock.now()
    teller.clock._now = Now(now.monotonic_s, now.utc_ms + 3_600_000)
    teller.slave.door.ahead_ms -= 3_600_000
    teller.turn(20)
    teller.slave.door.reduce(identifier, "0.50", magic=teller.slave.door.closes[0].magic)
    teller.turn(20)
    assert len(teller.slave.door.closes) == 1
    assert teller.slave.door.held[identifier].volume == Decimal("0.50")


def test_law_4_an_unknown_reduction_that_lapses_is_sent_again(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.answers = [lost]
    teller.say(teller.halves(501))
    teller.turn(90, seconds=1)
    assert len(teller.slave.door.closes) == 2
    assert teller.slave.door.held[identifier].volume == Decimal("0.50")


def test_law_4_a_reduction_that_was_done_is_not_done_again_on_a_late_picture(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    late = teller.slave.door.listing()
    teller.slave.door.shows_late = [late] * 3
    teller.say(teller.halves(501))
    teller.turn(8)
    assert len(teller.slave.door.closes) == 1
    assert teller.slave.door.held[identifier].volume == Decimal("0.50")


def test_law_4_nor_one_that_was_found_done_in_the_deals(teller: Teller) -> None:
    identifier = teller.copies(501)
    late = teller.slave.door.listing()

    def done_and_shown_late(door: FakeDoor, command: object) -> Outcome:
        door.shows_late = [late] * 6
        return done_but_unknown(door, command)  # type: ignore[arg-type]

    teller.slave.door.answers = [done_and_shown_late]
    teller.say(teller.halves(501))
    teller.turn(12)
    assert len(teller.slave.door.closes) == 1
    assert teller.slave.door.held[identifier].volume == Decimal("0.50")
    assert not teller.slave.unanswered(teller.facts)


def test_law_4_a_whole_close_may_be_sent_again(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.answers = [lost]
    teller.say(teller.closes(501))
    teller.turn(8)
    assert len(teller.slave.door.closes) == 2
    assert identifier not in teller.slave.door.held
    assert not teller.slave.unanswered(teller.facts)


def test_a_whole_close_goes_out_while_a_reduction_is_unknown(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.answers = [lost]
    teller.say(teller.halves(501))
    teller.turn(2)
    teller.say(teller.closes(501))
    teller.turn(8)
    assert identifier not in teller.slave.door.held


def test_a_close_that_was_executed_unknown_ends_the_leg_by_its_deals(teller: Teller) -> None:
    teller.copies(501)
    teller.slave.door.answers = [done_but_unknown]
    teller.say(teller.closes(501))
    teller.turn(8)
    assert len(teller.slave.door.closes) == 1
    assert teller.slave.leg().state is LegState.CLOSED
    assert not teller.slave.unanswered(teller.facts)


def test_law_1_a_closed_leg_that_is_listed_once_more_is_not_taken_for_open(
    teller: Teller,
) -> None:
    teller.copies(501)
    late = teller.slave.door.listing()
    teller.say(teller.closes(501))

    def closed_and_shown(door: FakeDoor, command: object) -> Outcome:
        outcome = door.execute(command)  # type: ignore[arg-type]
        door.shows_late = [late] * 3
        return outcome

    teller.slave.door.answers = [closed_and_shown]
    teller.turn(8)
    assert teller.slave.leg().state is LegState.CLOSED
    assert len(teller.slave.door.closes) == 1
    assert told(teller.slave.verdicts)[1:] == [("PositionClosed", "copied", "NONE")]


def test_an_order_number_of_the_broker_finds_an_order_whose_mark_was_lost(teller: Teller) -> None:
    teller.slave.door.answers = [Unknown(code=10008, comment="placed", order=9050)]
    teller.say(teller.opens(501))
    teller.turn()
    teller.slave.door.next_order = 9050
    it_fills_late(teller, magic=0)
    teller.turn(4)
    assert teller.slave.leg().identifier == 9050


FOREIGNERS = {
    "the usual magic and our kind of comment": {"magic": 234000, "comment": "501"},
    "the usual magic and the comment of a copy in doubt": {"magic": 234000, "comment": "502"},
    "our number in front": {"magic": 234000 * 10**12 + 5, "comment": ""},
    "another swarm's copy of the same position": {
        "magic": magic_for_leg(234000, "another swarm", SLAVE, a_key(501)),
        "comment": "501",
    },
    "by hand": {"magic": 0, "comment": ""},
}


@pytest.mark.history(21)
def test_law_4_a_position_whose_mark_only_its_opening_deal_carries_is_ours(teller: Teller) -> None:
    """The broker clears magic and comment of positions, and gave no order number."""

    def unmarked(door: FakeDoor, command: Any) -> Outcome:
        outcome = done_but_unknown(door, command)
        copy = max(door.held)
        door.held[copy] = msgspec.structs.replace(door.held[copy], magic=0, comment="")
        return outcome

    teller.slave.door.answers = [unmarked]
    teller.say(teller.opens(501))
    teller.turn(4)
    assert teller.slave.leg().state is LegState.OPEN
    teller.say(teller.closes(501))
    teller.turn(4)
    assert teller.slave.door.held == {}


@pytest.mark.history(20)
def test_law_9_a_fill_after_the_verdict_that_is_closed_again_has_another_verdict(
    teller: Teller,
) -> None:
    an_unknown_open(teller)
    teller.turn(70, seconds=1)
    copy = it_fills_late(teller)
    teller.slave.door.shut(copy, net="-7.50")
    teller.turn(40)
    assert teller.slave.last == OPEN_COPIED
    assert teller.slave.leg().net == Decimal("-7.50")


@pytest.mark.history(1)
@pytest.mark.parametrize("marks", FOREIGNERS.values(), ids=FOREIGNERS)
def test_law_4_what_is_not_ours_is_never_touched(marks: dict[str, Any]) -> None:
    """Nor for a leg that is in doubt, nor after a start without a journal; but it counts."""
    teller = Teller(kill_switch=KillSwitch(daily_loss=Decimal(200)))
    teller.turn(8)
    foreign = teller.slave.door.trade("0.50", sl="0", tp="0", **marks)
    before = teller.slave.door.held[foreign]
    teller.copies(501)
    teller.slave.door.answers = [lost]
    teller.say(teller.opens(502))
    teller.turn()
    teller.say(teller.beat(), teller.moves(501, sl="1281.00"), teller.halves(501))
    teller.turn(70, seconds=1)
    assert teller.slave.report.positions == 2
    teller.say(teller.closes(501), teller.closes(502))
    teller.turn(4)
    teller.slave.journal = type(teller.slave.journal)()
    teller.slave.start()
    teller.turn(70, seconds=1)
    assert teller.slave.door.held == {foreign: before}
    assert all(order.identifier != foreign for order in teller.slave.door.closes)
    teller.slave.door.account_state = an_account(profit="-200")
    teller.turn(8)
    assert teller.slave.report.state == "HALTED"


def claims(teller: Teller, orders: range) -> dict[int, str]:
    """Which master's position each copy at the broker says it is of, by the leg that claims it."""
    held = teller.slave.door.held
    legs = {order: teller.slave.leg(order).identifier for order in orders}
    return {order: held[legs[order]].comment for order in orders if legs[order] in held}


@pytest.mark.history(3)
@pytest.mark.parametrize("fills", ["never", "at once", "after the window"])
def test_law_4_of_a_basket_every_position_belongs_to_its_own_leg(
    teller: Teller, fills: str
) -> None:
    """Order 7 of 20 has no answer, and order 8 is not it."""
    orders, kept = range(601, 621), []

    def unanswered(door: FakeDoor, command: Any) -> Outcome:
        kept.append(command)
        return done_but_unknown(door, command) if fills == "at once" else lost(door, command)

    teller.slave.door.answers = [*[FakeDoor.execute] * 6, unanswered]
    teller.say(*(teller.opens(order) for order in orders))
    teller.turn(80, seconds=1)
    if fills == "after the window":
        assert teller.slave.leg(607).state is LegState.MISSED
        teller.slave.door.execute(kept[0])
        teller.turn(8)
    wanted = [order for order in orders if fills != "never" or order != 607]
    assert claims(teller, orders) == {order: str(order) for order in wanted}
    assert len(teller.slave.door.held) == len(wanted)
    assert len(teller.slave.door.opens) == 20
    assert teller.slave.leg(607).state is (LegState.MISSED if fills == "never" else LegState.OPEN)


@pytest.mark.parametrize("change", ["opens", "halves"])
def test_law_1_while_deals_do_not_answer_nothing_is_settled(teller: Teller, change: str) -> None:
    if change == "halves":
        teller.copies(501)
    teller.slave.door.answers = [lost]
    teller.say(getattr(teller, change)(501))
    teller.turn()
    sent = len(teller.slave.door.sent)
    mute = Unknowable("no history")
    teller.slave.door.deals_of = lambda _: mute  # type: ignore[method-assign]
    teller.slave.door.deals_between = lambda *_: mute  # type: ignore[method-assign]
    teller.turn(100, seconds=1)
    assert len(teller.slave.journal.open_intents()) == 1
    assert len(teller.slave.door.sent) == sent


def test_law_1_without_a_tick_the_brokers_deals_cannot_be_asked_for(teller: Teller) -> None:
    an_unknown_open(teller)
    teller.slave.door.newest_ms = 0
    teller.turn(100, seconds=1)
    assert teller.slave.leg().state is LegState.OPENING


@pytest.mark.parametrize("what", ["closes", "halves"])
def test_law_9_an_order_found_done_in_the_deals_was_copied(teller: Teller, what: str) -> None:
    teller.copies(501)
    teller.slave.door.answers = [done_but_unknown]
    teller.say(getattr(teller, what)(501))
    teller.turn(8)
    assert teller.slave.last[1:] == ("copied", "NONE")
    assert len(teller.slave.door.closes) == 1


def test_law_4_a_change_of_stops_nobody_answered_for_leaves_the_volume_alone(
    teller: Teller,
) -> None:
    identifier = teller.copies(501)
    teller.slave.door.answers = [lost]
    teller.say(teller.moves(501, sl="1281.00"))
    teller.turn(8)
    assert teller.slave.leg().volume == teller.slave.door.held[identifier].volume
    assert teller.slave.door.held[identifier].sl == Decimal("1281.00")
    assert teller.slave.journal.open_intents() == []


def half_of_it(door: FakeDoor, command: Any) -> Outcome:
    """The broker does half of what is asked, and may do the rest."""
    half = command.volume / 2
    if isinstance(command, OpenPosition):
        door.execute(msgspec.structs.replace(command, volume=half))
    else:
        door.reduce(command.identifier, half, magic=command.magic)
    return Unknown(code=10010, comment="Request executed partially")


@pytest.mark.history(36)
def test_law_4_a_reduction_done_in_part_whose_rest_may_fill_is_sent_once(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.answers = [half_of_it]
    teller.say(teller.halves(501))
    teller.turn(20)
    (order,) = teller.slave.door.closes
    teller.slave.door.reduce(identifier, order.volume / 2, magic=order.magic)
    teller.turn(20)
    assert len(teller.slave.door.closes) == 1
    assert str(teller.slave.door.held[identifier].volume) == "0.50"
    assert teller.slave.last == ("PositionReduced", "copied", "NONE")


def test_a_close_does_not_wait_for_the_rest_of_a_reduction(teller: Teller) -> None:
    identifier = teller.copies(501)
    teller.slave.door.answers = [half_of_it]
    teller.say(teller.halves(501))
    teller.turn()
    teller.say(teller.closes(501))
    teller.turn(2)
    assert identifier not in teller.slave.door.held
    assert teller.slave.last == ("PositionClosed", "copied", "NONE")


def test_an_open_that_is_found_half_filled_says_so(teller: Teller) -> None:
    teller.slave.door.answers = [half_of_it]
    teller.say(teller.opens(501))
    teller.turn(2)
    assert told(teller.slave.verdicts) == [
        OPEN_UNKNOWN,
        ("PositionOpened", "partial", "FILLED_IN_PART"),
    ]
    assert teller.slave.verdicts[-1].volume == Decimal("0.50")
