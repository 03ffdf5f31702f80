"""Book against broker against journal: which repair comes next."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from decisions.evidence import Absence
from decisions.repairing import next_repair
from decisions.repairs import (
    Adopted,
    Ask,
    AskMaster,
    Done,
    Ended,
    GivenUp,
    Grown,
    MasterWord,
    Noted,
    Retarget,
    Send,
    Settled,
    Shown,
    Sight,
    Wait,
    Wanted,
)
from decisions.settling import SETTLE_WINDOW_S, Unanswered
from domain.book import Stamp
from domain.figures import Figures
from domain.ids import SlaveIdentifier
from domain.legs import Leg, LegState
from domain.orders import ClosePosition, ModifyPosition, Nothing, OpenPosition
from domain.policies import TradingState
from domain.reasons import Reason
from tests.builders import (
    EPOCH,
    SERVER_MS,
    a_book_position,
    a_closing_deal,
    a_deal,
    a_leg,
    a_spec,
    a_target,
    an_intent,
    held_of,
)

TOO_LATE_S = SETTLE_WINDOW_S + 1
LEG = a_leg()
OPENING = a_leg(state=LegState.OPENING, identifier=SlaveIdentifier(0), volume=0, filled_volume=0)
CLOSED_BY_MASTER = a_target(volume=0)
NUMBER = int(LEG.identifier)
LATER = Stamp(EPOCH, 50)
ASK_DEALS, ASK_RECENT = Wanted.DEALS_OF_POSITION, Wanted.RECENT_DEALS
LISTED_FOR_LONG = Absence(first_s=0.0, looks=5)


def sight(leg: Leg = LEG, **changes: Any) -> Sight:
    """A leg that is held as it should be, at a moment at which nothing is unanswered."""
    usual: dict[str, Any] = {
        "state": TradingState.ACTIVE,
        "now_ms": SERVER_MS + 1_000,
        "now_s": 100.0,
        "held": held_of(leg),
        "spec": a_spec(),
        "name": "intent-9",
    }
    intents = changes.pop("intents", ())
    waited_s = changes.pop("waited_s", 1.0)
    waiting = tuple(Unanswered(intent=intent, waited_s=waited_s) for intent in intents)
    return Sight(**(usual | {"unanswered": waiting} | changes))


def unanswered(kind: type = ClosePosition, **changes: Any) -> Any:
    return an_intent(kind=kind.__name__, **changes)


def held_by_master(**changes: Any) -> MasterWord:
    return MasterWord(stamp=LATER, position=a_book_position(**changes))


SAYS_NOTHING = MasterWord(stamp=LATER)
SAYS_CLOSED = MasterWord(stamp=LATER, closed=True)


def test_a_copy_that_is_as_its_masters_position_is_is_settled() -> None:
    assert next_repair(LEG, sight()) == Settled(leg=LEG, why=Nothing(Reason.ALREADY_AS_WANTED))
    assert isinstance(next_repair(LEG, sight(word=held_by_master())), Settled)


# the book


def test_law_2_a_book_that_says_otherwise_gives_the_leg_another_target() -> None:
    repair = next_repair(LEG, sight(word=held_by_master(volume="0.40", sl="1283.00")))
    assert isinstance(repair, Retarget)
    target = repair.leg.target
    assert (target.volume, target.sl, target.stamp) == (Decimal("0.40"), Decimal(1283), LATER)
    assert target.journey == LEG.target.journey


def test_law_3_a_leg_the_master_knows_closed_is_to_be_closed() -> None:
    repair = next_repair(LEG, sight(word=SAYS_CLOSED))
    assert isinstance(repair, Retarget)
    assert repair.leg.target.closed


def test_law_3_absence_from_a_book_closes_nothing_and_asks() -> None:
    assert next_repair(LEG, sight(word=SAYS_NOTHING)) == AskMaster()


def test_an_order_that_is_due_anyway_goes_before_the_question() -> None:
    halved = a_leg(target=a_target(volume="0.50"))
    assert isinstance(next_repair(halved, sight(word=SAYS_NOTHING)), Send)


def test_what_is_known_closed_is_not_asked_about() -> None:
    closed = a_leg(target=CLOSED_BY_MASTER)
    assert isinstance(next_repair(closed, sight(word=SAYS_NOTHING)), Send)


@pytest.mark.parametrize("word", [held_by_master(volume="0.40"), SAYS_CLOSED, SAYS_NOTHING])
def test_law_3_a_book_older_than_the_target_says_nothing(word: MasterWord) -> None:
    newer = a_leg(target=a_target(stamp=Stamp(EPOCH, 51)))
    assert isinstance(next_repair(newer, sight(word=word)), Settled)


def test_a_book_says_nothing_to_a_leg_that_has_ended() -> None:
    ended = a_leg(state=LegState.CLOSED)
    assert next_repair(ended, sight(held=None, word=SAYS_CLOSED)) == Wait()


# orders nobody could answer for


def test_law_4_an_open_without_an_answer_is_adopted_when_its_position_is_there() -> None:
    intent = unanswered(OpenPosition)
    held = held_of(LEG, volume="0.70", price_open="1286.00")
    asked = next_repair(OPENING, sight(held=held, intents=(intent,)))
    assert asked == Ask(wanted=Wanted.DEALS_OF_POSITION)
    repair = next_repair(OPENING, sight(held=held, intents=(intent,), deals=()))
    assert isinstance(repair, Adopted)
    assert (repair.leg.state, repair.leg.volume) == (LegState.OPEN, Decimal("0.70"))
    assert repair.leg.identifier == NUMBER
    assert repair.leg.opening is not None
    assert repair.leg.opening.prices.filled == Decimal("1286.00")
    assert (repair.was_live, repair.intent) == (
        True,
        msgspec.structs.replace(intent, outcome="filled"),
    )


def test_law_2_of_an_open_that_is_found_in_part_only_its_deals_tell_what_was_filled() -> None:
    """A part was taken off before we saw it: what follows is a share of what was filled."""
    held = held_of(LEG, volume="0.75")
    deals = (a_deal(NUMBER, volume="1.00"), a_closing_deal(NUMBER, volume="0.25"))
    intent = unanswered(OpenPosition)
    repair = next_repair(OPENING, sight(held=held, intents=(intent,), deals=deals))
    assert isinstance(repair, Adopted)
    assert (repair.leg.filled_volume, repair.leg.volume) == (Decimal("1.00"), Decimal("0.75"))


def test_law_2_the_close_of_an_open_without_an_answer_waits_for_no_deals() -> None:
    closed = msgspec.structs.replace(OPENING, target=a_target(volume="0"))
    intent = unanswered(OpenPosition)
    assert isinstance(next_repair(closed, sight(held=held_of(LEG), intents=(intent,))), Adopted)


def test_law_4_an_open_that_is_not_listed_is_looked_for_in_the_deals() -> None:
    intents = (unanswered(OpenPosition),)
    assert next_repair(OPENING, sight(held=None, intents=intents)) == Ask(wanted=ASK_RECENT)
    assert next_repair(OPENING, sight(held=None, intents=intents, recent=())) == Wait()


def test_an_open_that_was_executed_and_closed_again_has_ended() -> None:
    intent = unanswered(OpenPosition)
    deals = (a_deal(801, magic=intent.magic), a_closing_deal(801, net="-3.10"))
    repair = next_repair(OPENING, sight(held=None, intents=(intent,), recent=deals))
    assert isinstance(repair, Ended)
    assert (repair.leg.state, repair.leg.filled_volume) == (LegState.CLOSED, Decimal(1))
    assert (repair.leg.identifier, repair.leg.net) == (801, Decimal("-3.10"))
    assert repair.intent == msgspec.structs.replace(intent, outcome="filled")
    assert (repair.proven, repair.was_unknown) == (True, True)


def test_law_4_an_open_is_given_up_when_its_window_has_ended_and_not_before() -> None:
    intent = unanswered(OpenPosition)
    late = sight(held=None, intents=(intent,), recent=(), waited_s=TOO_LATE_S)
    repair = next_repair(OPENING, late)
    assert isinstance(repair, GivenUp)
    assert (repair.leg.state, repair.leg.reason) == (LegState.MISSED, Reason.NEVER_ANSWERED)
    assert repair.intent.outcome == "lapsed"


@pytest.mark.history(21)
def test_law_4_an_open_whose_position_lost_its_mark_is_found_by_its_deal() -> None:
    """The deal names the position; once that is listed it is adopted by its number."""
    intent = unanswered(OpenPosition)
    deals = (a_deal(801, magic=intent.magic),)
    unmarked = sight(held=None, intents=(intent,), recent=deals)
    shown = next_repair(OPENING, unmarked)
    assert shown == Shown(leg=msgspec.structs.replace(OPENING, identifier=SlaveIdentifier(801)))
    numbered = msgspec.structs.replace(OPENING, identifier=SlaveIdentifier(801))
    assert next_repair(numbered, unmarked) == Wait()


@pytest.mark.history(20)
def test_a_fill_after_the_open_was_given_up_that_is_closed_again_has_ended() -> None:
    missed = msgspec.structs.replace(OPENING, state=LegState.MISSED)
    deals = (a_deal(801, magic=missed.magic), a_closing_deal(801, net="-7.50"))
    repair = next_repair(missed, sight(held=None, recent=deals))
    assert isinstance(repair, Ended)
    assert (repair.was_unknown, repair.leg.net) == (True, Decimal("-7.50"))
    assert next_repair(missed, sight(held=None, recent=(a_deal(9),))) == Wait()


def test_an_opening_leg_without_an_open_intent_is_left_to_its_opener() -> None:
    assert next_repair(OPENING, sight(held=None)) == Wait()


def test_law_4_a_reduction_without_an_answer_keeps_every_order_back() -> None:
    halved = a_leg(target=a_target(volume="0.50", sl="1283.00"))
    intent = unanswered(volume="0.50", volume_before="1.00")
    waiting = sight(halved, intents=(intent,))
    assert next_repair(halved, waiting) == Ask(wanted=ASK_DEALS)
    known = msgspec.structs.replace(waiting, deals=(a_deal(NUMBER),))
    assert next_repair(halved, known) == Wait()


def test_law_4_a_full_close_by_ticket_may_be_sent_again() -> None:
    closing = a_leg(target=CLOSED_BY_MASTER)
    intent = unanswered(volume="1.00", volume_before="1.00")
    repair = next_repair(closing, sight(intents=(intent,), deals=(a_deal(NUMBER),)))
    assert isinstance(repair, Send)


def test_a_reduction_that_is_found_counts_and_is_not_looked_for_any_more() -> None:
    intent = unanswered(volume="0.50", volume_before="1.00")
    deals = (a_deal(NUMBER), a_closing_deal(NUMBER, volume="0.50", magic=intent.magic))
    repair = next_repair(LEG, sight(intents=(intent,), deals=deals))
    assert isinstance(repair, Done)
    assert (repair.volume, repair.leg.volume) == (Decimal("0.50"), Decimal("0.50"))
    assert repair.intent.outcome == "filled"


def test_a_reduction_that_is_never_found_is_planned_anew() -> None:
    intent = unanswered(volume="0.50", volume_before="1.00")
    late = sight(intents=(intent,), deals=(a_deal(NUMBER),), waited_s=TOO_LATE_S)
    assert next_repair(LEG, late) == Noted(intent=msgspec.structs.replace(intent, outcome="lapsed"))


def test_a_change_of_stops_without_an_answer_is_not_looked_for() -> None:
    """No deal tells of stops; they are compared anew."""
    repair = next_repair(LEG, sight(intents=(unanswered(ModifyPosition),)))
    assert isinstance(repair, Noted)
    assert repair.intent.outcome == "unknown"


# what the terminal lists


@pytest.mark.parametrize("state", [LegState.MISSED, LegState.CLOSED, LegState.REJECTED])
def test_law_4_a_position_that_shows_up_for_an_ended_leg_is_adopted_once_its_deals_say_so(
    state: LegState,
) -> None:
    ended = a_leg(state=state, reason=Reason.NEVER_ANSWERED)
    seen = sight(held=held_of(LEG))
    assert next_repair(ended, seen) == Ask(wanted=ASK_DEALS)
    repair = next_repair(ended, msgspec.structs.replace(seen, deals=(a_deal(NUMBER),)))
    assert isinstance(repair, Adopted)
    assert (repair.was_live, repair.intent) == (False, None)
    assert (repair.leg.state, repair.leg.reason) == (LegState.OPEN, Reason.NONE)


def test_a_list_from_before_the_close_we_were_told_of_brings_nothing_back() -> None:
    ended = a_leg(state=LegState.CLOSED)
    closed = (a_deal(NUMBER), a_closing_deal(NUMBER))
    assert next_repair(ended, sight(held=held_of(LEG), deals=closed)) == Wait()


def test_law_1_a_position_that_is_not_listed_has_ended_only_by_its_deals() -> None:
    absent = sight(held=None, absence=Absence(first_s=99.0))
    asked = next_repair(LEG, absent)
    assert isinstance(asked, Ask)
    assert (asked.wanted, asked.why) == (ASK_DEALS, "not listed")
    still_open = msgspec.structs.replace(absent, deals=(a_deal(NUMBER),))
    assert next_repair(LEG, still_open) == Wait(why="not listed, and no deal closed it")
    closed = msgspec.structs.replace(
        absent, deals=(a_deal(NUMBER), a_closing_deal(NUMBER, price="1286.40", net="7.50"))
    )
    repair = next_repair(LEG, closed)
    assert isinstance(repair, Ended)
    assert repair.proven
    assert (repair.leg.price_close, repair.leg.net) == (Decimal("1286.40"), Decimal("7.50"))
    assert repair.leg.closed_at_ms == absent.now_ms


@pytest.mark.parametrize(
    ("absence", "ended"),
    [
        pytest.param(LISTED_FOR_LONG, True, id="five looks over more than 5 s"),
        pytest.param(Absence(first_s=96.0, looks=5), False, id="five looks over 4 s"),
        pytest.param(Absence(first_s=0.0, looks=4), False, id="four looks"),
        pytest.param(None, False, id="not counted"),
    ],
)
def test_law_1_without_any_deal_five_looks_have_to_do(absence: Absence, ended: bool) -> None:
    repair = next_repair(LEG, sight(held=None, deals=(), absence=absence))
    if ended:
        assert isinstance(repair, Ended)
        assert not repair.proven
        assert (repair.leg.volume, repair.leg.net) == (Decimal(0), Decimal(0))
    else:
        assert isinstance(repair, Wait)


@pytest.mark.history(31)
def test_a_position_that_was_given_another_number_is_the_same_leg() -> None:
    repair = next_repair(LEG, sight(held=held_of(a_leg(identifier=4444))))
    assert isinstance(repair, Shown)
    assert repair.leg == msgspec.structs.replace(LEG, identifier=SlaveIdentifier(4444))


def test_the_first_look_shows_which_stops_the_broker_took() -> None:
    leg = a_leg(stops_confirmed=False)
    repair = next_repair(leg, sight(held=held_of(leg, sl=0, tp=0)))
    assert isinstance(repair, Shown)
    assert (repair.leg.sl_sent, repair.leg.stops_confirmed) == (Decimal(0), True)


def test_stops_of_a_copy_that_is_to_be_closed_are_nobodys_business() -> None:
    leg = a_leg(stops_confirmed=False, target=CLOSED_BY_MASTER)
    assert isinstance(next_repair(leg, sight(held=held_of(leg, sl=0))), Send)


@pytest.mark.history(36)
def test_the_rest_of_an_open_that_fills_late_is_counted_once_its_deals_show_it() -> None:
    leg = a_leg(filled_volume="0.30", volume="0.30")
    grown = sight(held=held_of(leg, volume="1.00"))
    assert next_repair(leg, grown) == Ask(wanted=ASK_DEALS)
    both = (a_deal(NUMBER, volume="0.30"), a_deal(NUMBER, volume="0.70"))
    repair = next_repair(leg, msgspec.structs.replace(grown, deals=both))
    assert isinstance(repair, Grown)
    assert (repair.leg.filled_volume, repair.leg.volume) == (Decimal(1), Decimal(1))


def test_law_4_nor_does_such_a_list_show_how_much_is_held_of_what_filled_late() -> None:
    leg = a_leg(filled_volume="0.40", volume="0.10", target=a_target(volume="0.25"))
    rest = a_deal(NUMBER, volume="0.60")
    deals = (a_deal(NUMBER, volume="0.40"), a_closing_deal(NUMBER, volume="0.30"), rest)
    earlier = sight(held=held_of(leg, volume="1.00"), deals=deals)
    assert isinstance(next_repair(leg, earlier), Settled)
    now = msgspec.structs.replace(earlier, held=held_of(leg, volume="0.70"))
    repair = next_repair(leg, now)
    assert isinstance(repair, Grown)
    assert (repair.leg.filled_volume, repair.leg.volume) == (Decimal(1), Decimal("0.70"))


def test_law_4_a_list_from_before_our_own_reduction_is_not_growth() -> None:
    """What is gone is not sold again: the order is as small as the leg is known to be."""
    leg = a_leg(volume="0.50", target=a_target(volume="0.20"))
    halved = (a_deal(NUMBER), a_closing_deal(NUMBER, volume="0.50"))
    repair = next_repair(leg, sight(held=held_of(leg, volume="1.00"), deals=halved))
    assert isinstance(repair, Send)
    assert isinstance(repair.order, ClosePosition)
    assert (repair.order.volume, repair.name) == (Decimal("0.30"), "intent-9")


def test_a_close_of_everything_takes_what_is_listed() -> None:
    leg = a_leg(volume="0.50", target=CLOSED_BY_MASTER)
    halved = (a_deal(NUMBER), a_closing_deal(NUMBER, volume="0.50"))
    repair = next_repair(leg, sight(held=held_of(leg, volume="1.00"), deals=halved))
    assert isinstance(repair, Send)
    assert isinstance(repair.order, ClosePosition)
    assert (repair.order.volume, repair.order.whole) == (Decimal(1), True)


def test_what_an_operator_wants_closed_is_closed_though_its_master_holds_it() -> None:
    leg = a_leg(reason=Reason.OPERATOR_CLOSED)
    repair = next_repair(leg, sight(leg, word=held_by_master()))
    assert isinstance(repair, Send)
    assert isinstance(repair.order, ClosePosition)
    assert (repair.order.volume, repair.order.whole) == (LEG.volume, True)


def test_what_an_operator_has_let_go_of_is_left_alone() -> None:
    """Listed with its mark, larger than it was, and closed by its master."""
    leg = a_leg(state=LegState.RELEASED, target=CLOSED_BY_MASTER)
    assert next_repair(leg, sight(held=held_of(leg, volume="3.00"), word=SAYS_CLOSED)) == Wait()


def test_without_a_contract_nothing_is_sent_and_that_is_a_trouble() -> None:
    assert next_repair(LEG, sight(spec=None)) == Wait(why="no contract of XAUUSD")


def test_a_stop_that_is_as_the_masters_already_counts_as_sent() -> None:
    leg = a_leg(target=a_target(sl="1281.00"))
    repair = next_repair(leg, sight(held=held_of(leg, sl="1281.00")))
    assert isinstance(repair, Settled)
    assert repair.leg.sl_sent == Decimal("1281.00")


def test_an_adopted_leg_keeps_the_times_of_its_open() -> None:
    figures = Figures()
    leg = a_leg(state=LegState.MISSED, opening=figures)
    repair = next_repair(leg, sight(held=held_of(LEG), deals=(a_deal(NUMBER),)))
    assert isinstance(repair, Adopted)
    assert repair.leg.opening is not None
    assert repair.leg.opening.times == figures.times
