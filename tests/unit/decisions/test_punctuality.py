"""The judge follows both positions through time, so that an equal end hides nothing."""

from typing import Any

import pytest

from decisions.judging import judge
from decisions.mismatches import MismatchKind
from domain.market import Deal
from domain.mt5_words import Reason as DealReason
from domain.reasons import Reason
from domain.verdicts import VerdictKind
from tests.unit.decisions.test_judging import (
    CLOSED,
    GOLD,
    OPENED,
    REDUCED,
    deal,
    filed,
    kinds,
    master,
    ours,
    ours_out,
    out,
    slave,
    spec,
)

PARTIAL = filed(REDUCED, VerdictKind.PARTIAL, Reason.FILLED_IN_PART)


def judged(ends: list[Deal], copy_ends: list[Deal], **changes: Any) -> list[MismatchKind]:
    """A position of one lot opened at second 10, and a copy, both with these ends."""
    said = changes.pop("said", filed(CLOSED))
    words = changes.pop("words", [])
    events = (OPENED, *([REDUCED] if words else []), CLOSED)
    leader = master([deal(GOLD, "1.0", 10), *ends], events)
    copy = slave([ours("1.0", 10), *copy_ends], [filed(), *words, said], **changes)
    return kinds(judge(leader, [copy]))


@pytest.mark.parametrize(
    ("closed_s", "found"),
    [
        pytest.param(20, [MismatchKind.CLOSED_EARLY], id="six minutes before"),
        pytest.param(397, [MismatchKind.CLOSED_EARLY], id="three seconds before"),
        pytest.param(399, [], id="clocks a second apart"),
        pytest.param(410, [], id="by a node that came back"),
        pytest.param(411, [MismatchKind.CLOSED_LATE], id="eleven seconds after"),
    ],
)
def test_a_copy_is_closed_when_its_master_is(closed_s: int, found: list[MismatchKind]) -> None:
    assert judged([out(GOLD, "1.0", 400)], [ours_out("1.0", closed_s)]) == found


def test_a_copy_that_its_own_stop_closed_earlier_is_no_mismatch() -> None:
    stopped = ours_out("1.0", 20, reason=DealReason.SL)
    assert judged([out(GOLD, "1.0", 400)], [stopped]) == []


def test_a_late_close_that_a_verdict_explains_is_no_mismatch() -> None:
    said = filed(CLOSED, VerdictKind.REJECTED, Reason.BROKER_REJECTED)
    assert judged([out(GOLD, "1.0", 400)], [ours_out("1.0", 900)], said=said) == []


def test_an_account_that_wants_it_may_close_a_small_rest_before_its_master() -> None:
    ends = [out(GOLD, "0.97", 100), out(GOLD, "0.03", 400)]
    found = judged(ends, [ours_out("1.0", 100)], keep_minimum=False, words=[filed(REDUCED)])
    assert found == []
    found = judged(ends, [ours_out("1.0", 100)], words=[filed(REDUCED)])
    assert found == [MismatchKind.CLOSED_EARLY]


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param([filed(REDUCED)], [MismatchKind.WRONG_VOLUME], id="said to be copied"),
        pytest.param(
            [filed(REDUCED, VerdictKind.REJECTED, Reason.BROKER_REJECTED)], [], id="refused, why"
        ),
    ],
)
def test_a_close_in_part_never_made_is_found_though_both_are_closed_now(
    words: list[Any], found: list[MismatchKind]
) -> None:
    ends = [out(GOLD, "0.5", 100), out(GOLD, "0.5", 400)]
    assert judged(ends, [ours_out("1.0", 400)], words=words) == found


def test_a_close_in_part_that_the_close_overtook_needs_no_order() -> None:
    ends = [out(GOLD, "0.5", 100), out(GOLD, "0.5", 104)]
    assert judged(ends, [ours_out("1.0", 105)], words=[filed(REDUCED)]) == []


def test_a_close_in_part_too_small_for_an_order_is_not_missed() -> None:
    ends = [out(GOLD, "0.1", 100), out(GOLD, "0.9", 400)]
    coarse = {"GOLD": spec(volume_min=spec().volume_min * 3)}
    assert judged(ends, [ours_out("1.0", 400)], specs=coarse, words=[filed(REDUCED)]) == []


@pytest.mark.parametrize(
    ("closed", "found"),
    [
        pytest.param("0.1", [], id="less than asked"),
        pytest.param("0.7", [MismatchKind.WRONG_VOLUME], id="more than ever was due"),
    ],
)
def test_a_fill_in_part_excuses_what_is_missing_and_nothing_more(
    closed: str, found: list[MismatchKind]
) -> None:
    ends = [out(GOLD, "0.2", 100), out(GOLD, "0.8", 400)]
    rest = {"0.1": "0.9", "0.7": "0.3"}[closed]
    copy_ends = [ours_out(closed, 100), ours_out(rest, 400)]
    assert judged(ends, copy_ends, words=[PARTIAL]) == found


def test_what_becomes_due_later_does_not_excuse_a_larger_close_now() -> None:
    ends = [out(GOLD, "0.2", 100), out(GOLD, "0.6", 200), out(GOLD, "0.2", 300)]
    copy_ends = [ours_out("0.8", 100), ours_out("0.2", 300)]
    second = filed(REDUCED)
    found = judged(ends, copy_ends, words=[second])
    assert MismatchKind.WRONG_VOLUME in found


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param(
            [filed(OPENED, VerdictKind.DENIED, Reason.PRICE_MOVED)],
            [MismatchKind.WRONG_VERDICT],
            id="denied, and copied",
        ),
        pytest.param(
            [filed(OPENED, VerdictKind.DENIED, Reason.PRICE_MOVED), filed()],
            [],
            id="denied when told again",
        ),
    ],
)
def test_a_refused_opening_has_no_copy(words: list[Any], found: list[MismatchKind]) -> None:
    leader = master([deal(GOLD, "1.0", 10), out(GOLD, "1.0", 400)], (OPENED, CLOSED))
    copy = slave([ours("1.0", 10), ours_out("1.0", 400)], [*words, filed(CLOSED)])
    assert kinds(judge(leader, [copy])) == found
