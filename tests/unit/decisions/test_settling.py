"""Law 4: what became of an order nobody could answer for."""

from decimal import Decimal

import pytest

from decisions.settling import (
    SETTLE_WINDOW_MS,
    FoundClosed,
    FoundDone,
    Lapsed,
    Waiting,
    settle_close,
    settle_open,
)
from tests.builders import SERVER_MS, a_closing_deal, a_deal, an_intent

INTENT = an_intent()
NUMBERED = an_intent(order=777, magic=5)
MINE = INTENT.magic
SOON = SERVER_MS + 1_000
LAST_MOMENT = SERVER_MS + SETTLE_WINDOW_MS
TOO_LATE = LAST_MOMENT + 1


def test_law_4_no_number_is_not_a_number_in_common() -> None:
    assert settle_open(INTENT, [a_deal(0, order=0)], SOON) == Waiting()


def test_an_open_that_was_closed_again_is_found_in_the_deals() -> None:
    deals = [a_deal(801, magic=MINE), a_closing_deal(801), a_deal(9)]
    found = settle_open(INTENT, deals, SOON)
    assert found == FoundClosed(801, (deals[0], deals[1]))


@pytest.mark.parametrize("now_ms", [SOON, TOO_LATE])
def test_law_1_an_open_whose_deal_is_there_but_not_its_position_is_waited_for(now_ms: int) -> None:
    deals = [a_deal(801, magic=MINE), a_closing_deal(801, volume="0.5")]
    assert settle_open(INTENT, deals, now_ms) == Waiting()


@pytest.mark.parametrize(
    ("now_ms", "then"),
    [
        pytest.param(SOON, Waiting(), id="in the window"),
        pytest.param(LAST_MOMENT, Waiting(), id="at its end"),
        pytest.param(TOO_LATE, Lapsed(), id="after it"),
    ],
)
def test_an_order_that_is_not_found_is_waited_for_until_the_window_ends(
    now_ms: int, then: object
) -> None:
    assert settle_open(INTENT, [a_deal(7)], now_ms) == then
    assert settle_close(INTENT, [a_deal(7)], now_ms) == then


def test_a_close_is_found_by_its_mark_or_number_among_the_deals_of_its_position() -> None:
    by_mark = a_closing_deal(magic=MINE)
    by_number = a_closing_deal(order=777)
    done = FoundDone(Decimal("1286.00"), Decimal(1))
    assert settle_close(INTENT, [a_deal(), by_mark], SOON) == done
    assert settle_close(NUMBERED, [a_deal(), by_number], SOON) == done


def test_a_close_that_was_executed_in_several_deals_is_all_of_them() -> None:
    deals = [
        a_closing_deal(magic=MINE, volume="0.30"),
        a_closing_deal(magic=MINE, volume="0.20", price="1287.00"),
    ]
    assert settle_close(INTENT, [a_deal(), *deals], SOON) == FoundDone(
        Decimal("1287.00"), Decimal("0.50")
    )


@pytest.mark.parametrize(
    ("before", "volumes", "now_ms", "then"),
    [
        pytest.param("2.00", ["0.30"], SOON, Waiting(), id="the rest may fill"),
        pytest.param("2.00", ["0.30", "0.70"], SOON, "1.00", id="it has filled"),
        pytest.param("2.00", ["0.30"], TOO_LATE, "0.30", id="the window is over"),
        pytest.param("1.00", ["0.30"], SOON, "0.30", id="all by ticket can take no more"),
    ],
)
def test_law_4_a_reduction_found_done_in_part_is_waited_for(
    before: str, volumes: list[str], now_ms: int, then: Waiting | str
) -> None:
    """Sent again for the rest it would take too much, should that fill."""
    deals = [a_closing_deal(magic=MINE, volume=volume) for volume in volumes]
    found = settle_close(an_intent(volume_before=before), deals, now_ms)
    assert found == (
        FoundDone(Decimal("1286.00"), Decimal(then)) if isinstance(then, str) else then
    )


def test_law_4_somebody_elses_close_is_not_the_order_we_look_for() -> None:
    assert settle_close(INTENT, [a_deal(), a_closing_deal(magic=0)], SOON) == Waiting()
