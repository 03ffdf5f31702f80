"""Law 1: absence needs evidence."""

import pytest

from decisions.evidence import (
    Absence,
    deals_prove_closed,
    last_price,
    looks_prove_closed,
    seen_absent,
)
from domain.market import Side, Unknowable
from domain.mt5_words import Reason
from tests.builders import a_closing_deal, a_deal

MUTE = Unknowable("no answer")
HALF_OUT = a_closing_deal(volume="0.50")
ROLLED_OUT = a_closing_deal(reason=int(Reason.ROLLOVER))
ROLLED_IN = a_deal(ticket=900_001, reason=int(Reason.ROLLOVER), server_ms=ROLLED_OUT.server_ms)
OTHER_HALF_OUT = a_closing_deal(volume="0.50", ticket=900_000, price="1287.00")


def absent_for(looks: int, seconds: float) -> Absence:
    absence = seen_absent(None, 100.0)
    for n in range(1, looks):
        absence = seen_absent(absence, 100.0 + n * seconds / max(looks - 1, 1))
    return absence


def test_law_1_deals_that_sum_to_zero_prove_a_close() -> None:
    assert deals_prove_closed([a_deal(), a_closing_deal()])
    assert deals_prove_closed([a_deal(), HALF_OUT, OTHER_HALF_OUT])
    later = a_closing_deal(ticket=900_002, server_ms=ROLLED_IN.server_ms + 1)
    assert deals_prove_closed([a_deal(), ROLLED_OUT, ROLLED_IN, later])
    assert deals_prove_closed([a_deal(side=Side.SELL), a_closing_deal(side=Side.BUY)])


@pytest.mark.parametrize(
    "deals",
    [
        pytest.param(MUTE, id="no answer"),
        pytest.param([], id="no deal at all", marks=pytest.mark.history(10)),
        pytest.param([a_deal()], id="only the deal that opened", marks=pytest.mark.history(11)),
        pytest.param([a_deal(), HALF_OUT], id="halved earlier", marks=pytest.mark.history(40)),
        pytest.param([a_deal(), ROLLED_OUT], id="for the night", marks=pytest.mark.history(31)),
        pytest.param([a_deal(), ROLLED_OUT, ROLLED_IN], id="rolled", marks=pytest.mark.history(31)),
    ],
)
def test_law_1_nothing_else_does(deals: object) -> None:
    assert not deals_prove_closed(deals)


def test_law_1_five_looks_over_five_seconds_do_where_no_deal_ever_shows() -> None:
    assert looks_prove_closed([], absent_for(5, 5.0), 105.0)
    assert looks_prove_closed([], absent_for(5, 5.0), 106.0)


@pytest.mark.parametrize(
    ("deals", "looks", "seconds"),
    [
        pytest.param([], 4, 60.0, id="four looks, however long"),
        pytest.param([], 500, 4.999, id="many looks in too short a time"),
        pytest.param(
            [a_deal()], 500, 600.0, id="its deals say it is open", marks=pytest.mark.history(11)
        ),
        pytest.param(
            [a_deal(), HALF_OUT],
            500,
            600.0,
            id="its deals say half is",
            marks=pytest.mark.history(40),
        ),
        pytest.param(MUTE, 500, 600.0, id="the terminal does not answer for its deals"),
    ],
)
def test_law_1_looks_alone_prove_nothing_more(deals: object, looks: int, seconds: float) -> None:
    assert not looks_prove_closed(deals, absent_for(looks, seconds), 100.0 + seconds)


@pytest.mark.history(31)
def test_law_1_looks_tell_whether_what_was_closed_for_the_night_comes_back() -> None:
    assert looks_prove_closed([a_deal(), ROLLED_OUT], absent_for(5, 5.0), 105.0)
    assert not looks_prove_closed([a_deal(), ROLLED_OUT], absent_for(4, 5.0), 105.0)


def test_the_price_of_a_close_is_that_of_its_newest_deal() -> None:
    assert last_price([a_closing_deal(), a_deal()]) == a_closing_deal().price
    assert last_price([HALF_OUT, OTHER_HALF_OUT]) == OTHER_HALF_OUT.price
    assert last_price([]) == 0
    assert last_price(MUTE) == 0
