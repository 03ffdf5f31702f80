"""Law 4: which of the listed positions is which leg's."""

from decimal import Decimal
from typing import Any

import pytest

from decisions.claims import HedgingClaims, NettingClaims
from domain.ids import SlaveIdentifier
from domain.legs import Leg, LegState
from domain.market import Side
from tests.builders import a_leg, a_position, a_target, an_intent, held_of

LEG = a_leg()
UNANSWERED = a_leg(state=LegState.OPENING, identifier=SlaveIdentifier(0))


def test_a_position_is_found_by_its_number() -> None:
    held = held_of(LEG, magic=0)
    assert HedgingClaims([a_position(7), held]).of(LEG) == held


def test_a_position_that_was_given_another_number_is_found_by_its_mark() -> None:
    renumbered = a_position(4444, magic=LEG.magic)
    assert HedgingClaims([a_position(7), renumbered]).of(LEG) == renumbered


def test_an_open_without_an_answer_is_found_by_its_mark() -> None:
    found = a_position(801, magic=LEG.magic)
    assert HedgingClaims([found]).of(UNANSWERED) == found


def test_an_open_whose_mark_was_rewritten_is_found_by_the_number_the_broker_gave() -> None:
    found = a_position(777, magic=0)
    assert HedgingClaims([found]).of(UNANSWERED, [an_intent(order=777)]) == found


def test_law_4_a_number_does_not_claim_what_bears_another_mark_of_ours() -> None:
    """A broker that gives a wrong number: the position is another leg's."""
    neighbours = a_position(777, magic=LEG.magic + 1)
    assert HedgingClaims([neighbours]).of(UNANSWERED, [an_intent(order=777)]) is None


@pytest.mark.history(3)
def test_law_4_the_position_of_another_order_of_the_basket_is_not_ours() -> None:
    """Same symbol, same magic number in front, another leg."""
    neighbour = a_position(808, magic=LEG.magic + 1)
    assert HedgingClaims([neighbour]).of(UNANSWERED, [an_intent()]) is None


def test_law_4_no_mark_is_not_a_mark_in_common() -> None:
    unmarked = a_leg(identifier=SlaveIdentifier(0), magic=0)
    assert HedgingClaims([a_position(801, magic=0)]).of(unmarked, [an_intent(order=0)]) is None


def test_of_two_positions_with_one_mark_the_first_is_taken_whoever_lists_them() -> None:
    twins = [a_position(801, magic=LEG.magic), a_position(802, magic=LEG.magic)]
    assert HedgingClaims(twins).of(UNANSWERED) == twins[0]


# law 14: on a netting account legs share a position

NET = 7000


def sharing(*legs: Leg, unsettled: frozenset[str] = frozenset(), **position: Any) -> NettingClaims:
    listed = [a_position(NET, **position)] if position else []
    return NettingClaims(listed, legs, unsettled)


def a_sharer(order: int, volume: str = "1.00", **changes: Any) -> Leg:
    return a_leg(order, **({"identifier": NET, "volume": volume, "opened_at_ms": order} | changes))


@pytest.mark.history(46)
@pytest.mark.parametrize(
    ("listed", "left"),
    [
        pytest.param({"volume": "1.50"}, "1.00", id="other legs are there as well"),
        pytest.param({"volume": "0.40"}, "0.40", id="somebody took volume off"),
        pytest.param({"volume": "0.40", "side": Side.SELL}, None, id="it has crossed zero"),
        pytest.param({"volume": "1.00", "symbol": "EURUSD"}, None, id="another symbol"),
        pytest.param({}, None, id="flat"),
    ],
)
def test_law_14_a_leg_has_what_is_left_in_its_direction(
    listed: dict[str, Any], left: str | None
) -> None:
    leg = a_sharer(501)
    held = sharing(leg, **listed).of(leg)
    assert (None if held is None else held.volume) == (None if left is None else Decimal(left))


def test_a_position_that_began_after_ours_was_flat_is_not_ours() -> None:
    leg = a_sharer(501, identifier=6000)
    assert sharing(leg, volume="1.00").of(leg) is None


@pytest.mark.parametrize(("listed", "found"), [("1.00", True), ("1.30", False)])
def test_a_leg_without_a_number_has_a_position_that_legs_explain(listed: str, found: bool) -> None:
    leg = a_sharer(501, identifier=0)
    assert (sharing(leg, volume=listed).of(leg) is not None) is found


def test_a_leg_that_is_not_open_has_nothing() -> None:
    leg = a_sharer(501, state=LegState.OPENING)
    assert sharing(leg, volume="1.00").of(leg) is None


def test_law_14_what_legs_do_not_explain_is_foreign() -> None:
    legs = (a_sharer(501), a_sharer(502, "0.50"))
    assert sharing(*legs, volume="1.50").foreign("XAUUSD") == 0
    assert sharing(*legs, volume="1.80").foreign("XAUUSD") == Decimal("0.30")
    assert sharing(*legs, volume="0.90").foreign_by_symbol() == {"XAUUSD": Decimal("-0.60")}
    assert sharing(*legs).foreign("XAUUSD") == Decimal("-1.50")
    assert sharing(a_sharer(501, side=Side.SELL), side=Side.SELL, volume="1").foreign("XAUUSD") == 0
    doubtful = sharing(*legs, unsettled=frozenset({"XAUUSD"}), volume="1.80")
    assert doubtful.foreign("XAUUSD") is None
    assert doubtful.foreign_by_symbol() == {}


def test_only_a_symbol_with_something_foreign_on_it_is_unexplained() -> None:
    assert sharing(a_sharer(501), volume="1.00").unexplained() == frozenset()
    assert sharing(a_sharer(501), volume="1.40").unexplained() == {"XAUUSD"}
    nobody_can_say = sharing(a_sharer(501), unsettled=frozenset({"XAUUSD"}), volume="1.40")
    assert nobody_can_say.unexplained() == frozenset()


def test_who_is_on_a_symbol() -> None:
    leg = a_sharer(501)
    used = sharing(leg, volume="1.20").use_of("XAUUSD")
    assert used.foreign == Decimal("0.20")
    assert used.masters == {(leg.key.master_login, leg.key.master_server)}
    assert used.sides == {Side.BUY}
    assert sharing(leg, volume="1.00").use_of("EURUSD").masters == frozenset()


@pytest.mark.parametrize(
    ("side", "stops", "shared"),
    [
        pytest.param(Side.BUY, [("1280", "1295"), ("1270", "1290")], ("1270", "1295"), id="buy"),
        pytest.param(Side.SELL, [("1290", "1270"), ("1299", "1260")], ("1299", "1260"), id="sell"),
        pytest.param(Side.BUY, [("1280", "1295"), ("0", "0")], ("0", "0"), id="one has none"),
    ],
)
def test_the_oldest_leg_sets_the_stops_furthest_from_the_market(
    side: Side, stops: list[tuple[str, str]], shared: tuple[str, str]
) -> None:
    legs = [
        a_sharer(order, side=side, target=a_target(sl=sl, tp=tp))
        for order, (sl, tp) in enumerate(stops, start=501)
    ]
    claims = sharing(*legs, side=side, volume="2.00")
    oldest, newest = claims.share(legs[0]), claims.share(legs[1])
    assert (oldest.sl, oldest.tp) == (Decimal(shared[0]), Decimal(shared[1]))
    assert (oldest.keeps_stops, newest.keeps_stops) == (True, False)
    assert oldest.foreign == 0


def test_a_leg_that_is_alone_on_its_symbol_sets_its_own() -> None:
    ended = a_sharer(501, state=LegState.MISSED)
    share = sharing().share(ended)
    assert (share.keeps_stops, share.sl) == (True, ended.target.sl)


def test_on_a_hedging_account_nothing_is_shared() -> None:
    assert HedgingClaims([held_of(LEG)]).share(LEG) is None
