"""Law 4: which of the listed positions is which leg's."""

import pytest

from decisions.claims import Claims
from domain.ids import SlaveIdentifier
from domain.legs import LegState
from tests.builders import a_leg, a_position, an_intent, held_of

LEG = a_leg()
UNANSWERED = a_leg(state=LegState.OPENING, identifier=SlaveIdentifier(0))


def test_a_position_is_found_by_its_number() -> None:
    held = held_of(LEG, magic=0)
    assert Claims([a_position(7), held]).of(LEG) == held


def test_a_position_that_was_given_another_number_is_found_by_its_mark() -> None:
    renumbered = a_position(4444, magic=LEG.magic)
    assert Claims([a_position(7), renumbered]).of(LEG) == renumbered


def test_an_open_without_an_answer_is_found_by_its_mark() -> None:
    found = a_position(801, magic=LEG.magic)
    assert Claims([found]).of(UNANSWERED) == found


def test_an_open_whose_mark_was_rewritten_is_found_by_the_number_the_broker_gave() -> None:
    found = a_position(777, magic=0)
    assert Claims([found]).of(UNANSWERED, [an_intent(order=777)]) == found


@pytest.mark.history(3)
def test_law_4_the_position_of_another_order_of_the_basket_is_not_ours() -> None:
    """Same symbol, same magic number in front, another leg."""
    neighbour = a_position(808, magic=LEG.magic + 1)
    assert Claims([neighbour]).of(UNANSWERED, [an_intent()]) is None


def test_law_4_no_mark_is_not_a_mark_in_common() -> None:
    unmarked = a_leg(identifier=SlaveIdentifier(0), magic=0)
    assert Claims([a_position(801, magic=0)]).of(unmarked, [an_intent(order=0)]) is None


def test_of_two_positions_with_one_mark_the_first_is_taken_whoever_lists_them() -> None:
    twins = [a_position(801, magic=LEG.magic), a_position(802, magic=LEG.magic)]
    assert Claims(twins).of(UNANSWERED) == twins[0]
