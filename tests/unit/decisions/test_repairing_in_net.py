"""Law 14: the next repair of a leg that shares a netting account's position."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from decisions.repairing import next_repair
from decisions.repairs import (
    Adopted,
    Ask,
    Ended,
    GivenUp,
    Grown,
    Send,
    Settled,
    Share,
    Shown,
    Sight,
    Wait,
    Wanted,
)
from decisions.settling import SETTLE_WINDOW_S, Unanswered
from domain.ids import SlaveIdentifier
from domain.legs import Leg, LegState
from domain.market import Deal, Side
from domain.orders import ClosePosition, ModifyPosition, OpenPosition
from domain.policies import TradingState
from domain.reasons import Reason
from tests.builders import (
    SERVER_MS,
    a_closing_deal,
    a_deal,
    a_leg,
    a_spec,
    a_target,
    an_intent,
    held_of,
)

ZERO = Decimal(0)
NET = 7000
TOO_LATE_S = SETTLE_WINDOW_S + 1
LEG = a_leg(identifier=NET)
OPENING = a_leg(state=LegState.OPENING, identifier=0, volume=0, filled_volume=0)
OTHERS_DEAL = a_deal(NET, order=1, ticket=1, magic=5)
OWN_DEAL = a_deal(NET, order=2, ticket=2, magic=LEG.magic, volume="0.70")


def shares(leg: Leg = LEG, **changes: Any) -> Share:
    usual = {
        "foreign": ZERO,
        "keeps_stops": True,
        "sl": leg.target.sl,
        "tp": leg.target.tp,
    }
    return Share(**(usual | changes))


def sight(leg: Leg = LEG, **changes: Any) -> Sight:
    usual: dict[str, Any] = {
        "state": TradingState.ACTIVE,
        "now_ms": SERVER_MS + 1_000,
        "now_s": 100.0,
        "held": held_of(leg),
        "share": shares(leg),
        "spec": a_spec(),
        "name": "intent-9",
    }
    intents = changes.pop("intents", ())
    waited_s = changes.pop("waited_s", 1.0)
    waiting = tuple(Unanswered(intent=intent, waited_s=waited_s) for intent in intents)
    return Sight(**(usual | {"unanswered": waiting} | changes))


def an_open(**changes: Any) -> Any:
    return an_intent(kind=OpenPosition.__name__, magic=LEG.magic, **changes)


def test_law_4_a_position_that_is_there_does_not_prove_that_our_own_order_was_executed() -> None:
    seen = sight(OPENING, held=None, intents=(an_open(),))
    assert next_repair(OPENING, seen) == Ask(wanted=Wanted.RECENT_DEALS)
    others = msgspec.structs.replace(seen, recent=(OTHERS_DEAL,))
    assert next_repair(OPENING, others) == Wait()
    late = sight(
        OPENING, held=None, intents=(an_open(),), recent=(OTHERS_DEAL,), waited_s=TOO_LATE_S
    )
    assert isinstance(next_repair(OPENING, late), GivenUp)


def test_law_4_an_open_is_found_by_the_mark_of_its_own_deals() -> None:
    seen = sight(OPENING, held=None, intents=(an_open(),), recent=(OTHERS_DEAL, OWN_DEAL))
    repair = next_repair(OPENING, seen)
    assert isinstance(repair, Adopted)
    assert (repair.leg.identifier, repair.leg.volume) == (NET, Decimal("0.70"))
    assert repair.leg.filled_volume == Decimal("0.70")
    assert repair.intent is not None


def test_an_open_whose_position_went_flat_meanwhile_has_ended_and_its_money_is_shared_later() -> (
    None
):
    flat = a_closing_deal(NET, ticket=3, volume="1.70", net="-5")
    seen = sight(OPENING, held=None, intents=(an_open(),), recent=(OTHERS_DEAL, OWN_DEAL, flat))
    repair = next_repair(OPENING, seen)
    assert isinstance(repair, Ended)
    assert (repair.leg.identifier, repair.leg.net) == (NET, ZERO)


@pytest.mark.history(19)
@pytest.mark.parametrize("volume", ["1.00", "0.50"], ids=["whole", "in part"])
def test_law_4_any_close_without_an_answer_keeps_every_order_back(volume: str) -> None:
    closing = a_leg(identifier=NET, target=a_target(volume=0))
    intent = an_intent(kind=ClosePosition.__name__, volume=volume, volume_before="1.00", magic=9)
    seen = sight(closing, intents=(intent,), deals=(OWN_DEAL,))
    assert next_repair(closing, seen) == Wait()


def test_a_fill_after_the_open_was_given_up_is_adopted_by_its_deals() -> None:
    missed = msgspec.structs.replace(OPENING, state=LegState.MISSED)
    assert next_repair(missed, sight(held=None)) == Wait()
    assert next_repair(missed, sight(held=None, recent=(OTHERS_DEAL,))) == Wait()
    repair = next_repair(missed, sight(held=None, recent=(OTHERS_DEAL, OWN_DEAL)))
    assert isinstance(repair, Adopted)
    assert (repair.was_live, repair.leg.volume) == (False, Decimal("0.70"))
    flat = a_closing_deal(NET, ticket=3, volume="1.70")
    ended = next_repair(missed, sight(held=None, recent=(OTHERS_DEAL, OWN_DEAL, flat)))
    assert isinstance(ended, Ended)
    assert (ended.was_unknown, ended.leg.filled_volume) == (True, Decimal("0.70"))


def test_a_leg_that_was_filled_once_is_not_found_again_in_a_position_that_goes_on() -> None:
    ended = a_leg(identifier=NET, state=LegState.CLOSED)
    assert next_repair(ended, sight(held=None, recent=(OTHERS_DEAL, OWN_DEAL))) == Wait()


def test_the_position_that_an_order_went_into_is_named_by_its_deal() -> None:
    leg = a_leg(identifier=0)
    unnumbered = sight(leg, held=None)
    asked = next_repair(leg, unnumbered)
    assert isinstance(asked, Ask)
    assert asked.wanted is Wanted.RECENT_DEALS
    waits = next_repair(leg, msgspec.structs.replace(unnumbered, recent=(OTHERS_DEAL,)))
    assert waits == Wait(why="the deal that opened it does not show yet")
    repair = next_repair(leg, msgspec.structs.replace(unnumbered, recent=(OWN_DEAL,)))
    assert repair == Shown(leg=msgspec.structs.replace(leg, identifier=SlaveIdentifier(NET)))


@pytest.mark.parametrize(
    ("took_off", "ended"),
    [
        pytest.param("1.70", True, id="flat"),
        pytest.param("2.00", True, id="turned to the other side"),
        pytest.param("1.00", False, id="something is left"),
    ],
)
def test_law_1_a_leg_has_ended_when_the_deals_leave_nothing_in_its_direction(
    took_off: str, ended: bool
) -> None:
    deals = (OTHERS_DEAL, OWN_DEAL, a_closing_deal(NET, ticket=3, volume=took_off, net="-9"))
    repair = next_repair(LEG, sight(held=None, deals=deals))
    if ended:
        assert isinstance(repair, Ended)
        assert (repair.proven, repair.leg.net) == (True, ZERO)
    else:
        assert isinstance(repair, Wait)


def test_law_1_no_deal_at_all_ends_nothing() -> None:
    assert isinstance(next_repair(LEG, sight(held=None, deals=())), Wait)


@pytest.mark.history(46)
def test_law_14_a_close_sends_what_is_left_and_no_more() -> None:
    closing = a_leg(identifier=NET, target=a_target(volume=0))
    short = {"held": held_of(closing, volume="0.40"), "share": shares(foreign=Decimal(-1))}
    seen = sight(closing, **short, deals=(OWN_DEAL,))
    repair = next_repair(closing, seen)
    assert isinstance(repair, Send)
    assert isinstance(repair.order, ClosePosition)
    assert (repair.order.volume, repair.order.whole) == (Decimal("0.40"), True)


def test_the_late_rest_of_an_order_is_its_own_legs_and_not_foreign() -> None:
    leg = a_leg(identifier=NET, filled_volume="0.30", volume="0.30")
    late = sight(leg, share=shares(foreign=Decimal("0.40")))
    assert isinstance(next_repair(leg, late), Ask)
    repair = next_repair(leg, msgspec.structs.replace(late, deals=(OTHERS_DEAL, OWN_DEAL)))
    assert isinstance(repair, Grown)
    assert (repair.leg.filled_volume, repair.leg.volume) == (Decimal("0.70"), Decimal("0.70"))


CLOSED = msgspec.structs.replace(
    a_leg(identifier=NET, filled_volume="0.30", volume="0", target=a_target(volume=0)),
    state=LegState.CLOSED,
)


@pytest.mark.parametrize(
    ("elsewhere", "foreign", "taken"),
    [
        pytest.param(False, "0.40", "0.40", id="all of the rest is nobody's"),
        pytest.param(False, "0.15", "0.15", id="somebody has taken off a part of it"),
        pytest.param(False, "0", None, id="others explain what is there"),
        pytest.param(False, "-0.40", None, id="what is nobody's is on the other side"),
        pytest.param(True, "0.70", "0.70", id="it went into another position"),
    ],
)
def test_law_4_the_rest_of_an_order_that_fills_after_its_close_is_claimed_and_closed(
    elsewhere: bool, foreign: str, taken: str | None
) -> None:
    rest = msgspec.structs.replace(OWN_DEAL, position=NET + 5) if elsewhere else OWN_DEAL
    found = sight(CLOSED, held=None, recent=(rest,), share=shares(foreign=Decimal(foreign)))
    repair = next_repair(CLOSED, found)
    if taken is None:
        assert isinstance(repair, Wait)
        return
    assert isinstance(repair, Adopted)
    assert (repair.leg.live, repair.leg.volume) == (True, Decimal(taken))
    assert (repair.leg.identifier, repair.leg.filled_volume) == (rest.position, Decimal("0.70"))


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"recent": (OTHERS_DEAL,)}, id="no deal bears its mark"),
        pytest.param({"share": shares(foreign=None)}, id="what is nobody's cannot be said"),
        pytest.param({"share": None}, id="a hedging account lists it with the mark"),
    ],
)
def test_law_4_what_is_not_known_to_be_its_rest_is_not_claimed(changes: dict[str, Any]) -> None:
    looked = {"recent": (OWN_DEAL,), "share": shares(foreign=Decimal("0.40"))} | changes
    assert next_repair(CLOSED, sight(CLOSED, held=None, **looked)) == Wait()


def test_law_4_what_was_claimed_once_is_not_claimed_again() -> None:
    leg = msgspec.structs.replace(CLOSED, filled_volume=OWN_DEAL.volume)
    others = sight(leg, held=None, recent=(OWN_DEAL,), share=shares(foreign=Decimal("0.40")))
    assert isinstance(next_repair(leg, others), Wait)


ALL_OF_IT = msgspec.structs.replace(OWN_DEAL, volume=LEG.filled_volume)
OWN_CLOSE = a_closing_deal(NET, volume="0.40", magic=LEG.magic + 1, comment=LEG.comment)


@pytest.mark.parametrize(
    ("deal", "is_ours"),
    [
        pytest.param(OWN_CLOSE, True, id="with our number and this leg's order"),
        pytest.param(msgspec.structs.replace(OWN_CLOSE, magic=0), False, id="by hand"),
        pytest.param(
            msgspec.structs.replace(OWN_CLOSE, comment="7"), False, id="of another leg of ours"
        ),
    ],
)
def test_law_4_a_close_that_the_journal_has_lost_is_not_sent_again(
    deal: Deal, is_ours: bool
) -> None:
    """The position shows less than its legs have; sent again it would take from the others."""
    deals = (ALL_OF_IT, deal)
    short = {"share": shares(foreign=Decimal("-0.40"))}
    asked = next_repair(LEG, sight(**short))
    assert isinstance(asked, Ask)
    assert asked.why
    found = next_repair(LEG, sight(**short, deals=deals))
    assert isinstance(found, Shown) is is_ours
    if isinstance(found, Shown):
        assert found.leg.volume == LEG.volume - deal.volume


def test_law_4_a_whole_close_that_the_journal_has_lost_ends_the_leg() -> None:
    deals = (
        msgspec.structs.replace(OWN_DEAL, volume=LEG.filled_volume),
        msgspec.structs.replace(OWN_CLOSE, volume=LEG.filled_volume),
    )
    short = {"share": shares(foreign=-LEG.volume)}
    ended = next_repair(LEG, sight(**short, deals=deals))
    assert isinstance(ended, Ended)
    assert ended.leg.state is LegState.CLOSED


@pytest.mark.parametrize("foreign", [None, "0", "-0.40", "0.40"])
def test_volume_that_is_not_this_legs_changes_nothing_about_it(foreign: str | None) -> None:
    share = shares(foreign=None if foreign is None else Decimal(foreign))
    seen = sight(share=share, deals=(OTHERS_DEAL, a_deal(NET, ticket=2, magic=LEG.magic)))
    assert isinstance(next_repair(LEG, seen), Settled)


def test_the_leg_that_keeps_the_stops_sets_those_that_are_shared() -> None:
    seen = sight(share=shares(sl=Decimal(1270), tp=Decimal(1300)))
    repair = next_repair(LEG, seen)
    assert isinstance(repair, Send)
    assert isinstance(repair.order, ModifyPosition)
    assert (repair.order.sl, repair.order.tp) == (1270, 1300)
    assert repair.aimed.target.sl == Decimal(1270)


@pytest.mark.parametrize(
    "share",
    [
        pytest.param({"keeps_stops": False}, id="another leg keeps them"),
        pytest.param({"foreign": Decimal("0.1")}, id="foreign volume is there"),
        pytest.param({"foreign": None}, id="nobody can say what is foreign"),
    ],
)
def test_law_14_otherwise_nobody_touches_the_stops(share: dict[str, Any]) -> None:
    moved = a_leg(identifier=NET, target=a_target(sl="1281"), side=Side.BUY)
    own_deal = a_deal(NET, magic=moved.magic)
    repair = next_repair(moved, sight(moved, share=shares(moved, **share), deals=(own_deal,)))
    assert isinstance(repair, Settled)
    assert repair.why.reason is Reason.STOPS_SHARED
    assert repair.leg.target == moved.target


def test_stops_that_are_as_wanted_are_nothing_to_speak_of() -> None:
    repair = next_repair(LEG, sight(share=shares(keeps_stops=False)))
    assert isinstance(repair, Settled)
    assert repair.why.reason is Reason.ALREADY_AS_WANTED
