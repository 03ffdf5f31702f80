"""Law 4: what became of an order nobody could answer for."""

from decimal import Decimal
from typing import Any

import pytest

from decisions.settling import (
    SETTLE_WINDOW_S,
    FoundClosed,
    FoundDone,
    FoundIn,
    Lapsed,
    Unanswered,
    Waiting,
    settle_close,
    settle_open,
)
from domain.market import Side
from domain.mt5_words import Reason
from tests.builders import a_closing_deal, a_deal, an_intent

MINE = an_intent().magic
SOON, LAST_MOMENT = 1.0, SETTLE_WINDOW_S
TOO_LATE = SETTLE_WINDOW_S + 0.001


def waiting_for(waited_s: float = SOON, **changes: Any) -> Unanswered:
    return Unanswered(intent=an_intent(**changes), waited_s=waited_s)


NUMBERED = {"order": 777, "magic": 5}


def test_law_4_no_number_is_not_a_number_in_common() -> None:
    assert settle_open(waiting_for(), Side.BUY, [a_deal(0, order=0)]) == Waiting()


def test_law_4_a_number_does_not_claim_deals_that_bear_another_mark_of_ours() -> None:
    neighbours = a_deal(801, order=777, magic=MINE + 1)
    assert settle_open(waiting_for(order=777), Side.BUY, [neighbours]) == Waiting()
    rewritten = a_deal(801, order=777, magic=0)
    assert isinstance(settle_open(waiting_for(order=777), Side.BUY, [rewritten]), FoundIn)


def test_an_open_that_was_closed_again_is_found_in_the_deals() -> None:
    deals = [a_deal(801, magic=MINE), a_closing_deal(801), a_deal(9)]
    found = settle_open(waiting_for(), Side.BUY, deals)
    assert found == FoundClosed(801, Decimal("1285.10"), Decimal(1), (deals[0], deals[1]))


@pytest.mark.history(31)
def test_what_a_rollover_opened_anew_under_the_same_mark_is_no_part_of_the_open() -> None:
    night = {"magic": MINE, "order": 0, "reason": int(Reason.ROLLOVER), "price": "1290.00"}
    closed = a_closing_deal(801, **night)
    deals = [a_deal(801, magic=MINE), closed, a_deal(801, ticket=7, **night)]
    found = settle_open(waiting_for(), Side.BUY, deals)
    assert found == FoundIn(801, Decimal("1285.10"), Decimal(1))


@pytest.mark.parametrize("waited_s", [SOON, TOO_LATE])
def test_law_1_an_open_whose_deal_is_there_has_been_executed_whatever_is_listed(
    waited_s: float,
) -> None:
    deals = [a_deal(801, magic=MINE), a_closing_deal(801, volume="0.5")]
    found = settle_open(waiting_for(waited_s), Side.BUY, deals)
    assert found == FoundIn(801, Decimal("1285.10"), Decimal(1))


@pytest.mark.parametrize(
    ("waited_s", "then"),
    [
        pytest.param(SOON, Waiting(), id="in the window"),
        pytest.param(LAST_MOMENT, Waiting(), id="at its end"),
        pytest.param(TOO_LATE, Lapsed(), id="after it"),
    ],
)
def test_an_order_that_is_not_found_is_waited_for_until_the_window_ends(
    waited_s: float, then: object
) -> None:
    assert settle_open(waiting_for(waited_s), Side.BUY, [a_deal(7)]) == then
    assert settle_close(waiting_for(waited_s), [a_deal(7)]) == then


def test_a_close_is_found_by_its_mark_or_number_among_the_deals_of_its_position() -> None:
    by_mark = a_closing_deal(magic=MINE)
    by_number = a_closing_deal(order=777)
    done = FoundDone(Decimal("1286.00"), Decimal(1))
    assert settle_close(waiting_for(), [a_deal(), by_mark]) == done
    assert settle_close(waiting_for(**NUMBERED), [a_deal(), by_number]) == done


def test_a_close_that_was_executed_in_several_deals_is_all_of_them() -> None:
    deals = [
        a_closing_deal(magic=MINE, volume="0.30"),
        a_closing_deal(magic=MINE, volume="0.20", price="1287.00"),
    ]
    assert settle_close(waiting_for(), [a_deal(), *deals]) == FoundDone(
        Decimal("1287.00"), Decimal("0.50")
    )


@pytest.mark.parametrize(
    ("before", "volumes", "waited_s", "then"),
    [
        pytest.param("2.00", ["0.30"], SOON, Waiting(), id="the rest may fill"),
        pytest.param("2.00", ["0.30", "0.70"], SOON, "1.00", id="it has filled"),
        pytest.param("2.00", ["0.30"], TOO_LATE, "0.30", id="the window is over"),
        pytest.param("1.00", ["0.30"], SOON, "0.30", id="all by ticket can take no more"),
    ],
)
def test_law_4_a_reduction_found_done_in_part_is_waited_for(
    before: str, volumes: list[str], waited_s: float, then: Waiting | str
) -> None:
    """Sent again for the rest it would take too much, should that fill."""
    deals = [a_closing_deal(magic=MINE, volume=volume) for volume in volumes]
    found = settle_close(waiting_for(waited_s, volume_before=before), deals)
    assert found == (
        FoundDone(Decimal("1286.00"), Decimal(then)) if isinstance(then, str) else then
    )


def test_law_14_a_whole_close_of_a_shared_position_is_waited_for_as_well() -> None:
    """By ticket it could not take too much; a shared position would turn round."""
    order = waiting_for(volume_before=Decimal("1.00"))
    part = order.intent.volume / 2
    deals = [a_deal(), a_closing_deal(magic=order.intent.magic, volume=part)]
    assert settle_close(order, deals, is_shared=True) == Waiting()
    late = waiting_for(SETTLE_WINDOW_S + 1, volume_before=Decimal("1.00"))
    assert isinstance(settle_close(late, deals, is_shared=True), FoundDone)


def test_law_4_somebody_elses_close_is_not_the_order_we_look_for() -> None:
    assert settle_close(waiting_for(), [a_deal(), a_closing_deal(magic=0)]) == Waiting()
