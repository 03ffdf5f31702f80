"""The judge finds each way in which a copy can differ, and nothing where all is well."""

from decimal import Decimal
from typing import Any

import msgspec
import pytest

from decisions.judging import Judgement, judge
from decisions.mismatches import MismatchKind
from decisions.truth import CopyPolicy, Filed, MasterTruth, Moved, SlaveTruth, Told
from domain.book import Stamp
from domain.ids import NodeName, OpeningOrder
from domain.market import Deal, Position, Side, SymbolSpec
from domain.mt5_words import DealEntry
from domain.mt5_words import Reason as DealReason
from domain.reasons import Reason
from domain.verdicts import VerdictKind

MAGIC = 234000 * 10**12 + 7
GOLD = 700
OPENED, MODIFIED = "PositionOpened", "PositionModified"
REDUCED, CLOSED = "PositionReduced", "PositionClosed"
TELL = {OPENED: 1, MODIFIED: 2, REDUCED: 3, CLOSED: 4}


def spec(**changes: Any) -> SymbolSpec:
    plain = SymbolSpec(
        name="GOLD",
        digits=2,
        point=Decimal("0.01"),
        tick_size=Decimal("0.01"),
        contract_size=Decimal(100),
        volume_min=Decimal("0.1"),
        volume_max=Decimal(50),
        volume_step=Decimal("0.1"),
        stops_level_points=0,
        freeze_level_points=0,
        filling_flags=2,
        execution_mode=2,
        trade_mode=4,
    )
    return msgspec.structs.replace(plain, **changes)


def deal(position: int, volume: str, at_s: int, **changes: Any) -> Deal:
    plain = Deal(
        ticket=position * 100 + at_s,
        order=position,
        position=position,
        symbol="XAUUSD",
        side=Side.BUY,
        entry=DealEntry.IN,
        volume=Decimal(volume),
        price=Decimal(1290),
        net=Decimal(0),
        server_ms=at_s * 1000,
        magic=0,
        reason=DealReason.EXPERT,
        comment="",
    )
    return msgspec.structs.replace(plain, **changes)


def out(position: int, volume: str, at_s: int, **changes: Any) -> Deal:
    return deal(position, volume, at_s, entry=DealEntry.OUT, side=Side.SELL, **changes)


def held(identifier: int, volume: str, **changes: Any) -> Position:
    plain = Position(
        ticket=identifier,
        identifier=identifier,
        symbol="XAUUSD",
        side=Side.BUY,
        volume=Decimal(volume),
        price_open=Decimal(1290),
        sl=Decimal("1280.00"),
        tp=Decimal("1300.00"),
        magic=0,
        comment="",
        opened_server_ms=0,
        profit=Decimal(0),
    )
    return msgspec.structs.replace(plain, **changes)


def ours(volume: str, at_s: int, position: int = 9, **changes: Any) -> Deal:
    marks = {"symbol": "GOLD", "magic": MAGIC, "comment": str(GOLD), **changes}
    return deal(position, volume, at_s, **marks)


def ours_out(volume: str, at_s: int, position: int = 9, **changes: Any) -> Deal:
    return out(position, volume, at_s, symbol="GOLD", **changes)


def master(deals: list[Deal], events: tuple[str, ...] = (OPENED,), **changes: Any) -> MasterTruth:
    plain = MasterTruth(
        name=NodeName("Lead"),
        login=1,
        server="Lead-Demo",
        deals=tuple(deals),
        positions=(),
        told=tuple(
            Told(order=OpeningOrder(GOLD), event=event, stamp=Stamp(5, TELL[event]))
            for event in events
        ),
    )
    return msgspec.structs.replace(plain, **changes)


def filed(
    event: str = OPENED, kind: VerdictKind = VerdictKind.COPIED, reason: Reason = Reason.NONE
) -> Filed:
    return Filed(
        order=OpeningOrder(GOLD),
        event=event,
        stamp=Stamp(5, TELL[event]),
        kind=kind,
        reason=reason,
    )


def slave(deals: list[Deal], words: list[Filed] | None = None, **changes: Any) -> SlaveTruth:
    policy_changes = {
        name: changes.pop(name) for name in ("specs", "keep_minimum") if name in changes
    }
    policy = CopyPolicy(
        symbol_map={"XAUUSD": "GOLD"},
        suffix=".c",
        magic_number=234000,
        specs={"GOLD": spec(), "EURUSD.c": spec(name="EURUSD.c")},
    )
    plain = SlaveTruth(
        name=NodeName("Copy"),
        login=2,
        server="Copy-Demo",
        deals=tuple(deals),
        positions=(),
        policy=msgspec.structs.replace(policy, **policy_changes),
        filed=tuple([filed()] if words is None else words),
    )
    return msgspec.structs.replace(plain, **changes)


def kinds(found: Judgement) -> list[MismatchKind]:
    return [one.kind for one in found.mismatches]


OPEN_MASTER = master([deal(GOLD, "1.0", 1)], positions=(held(GOLD, "1.0"),))
OPEN_COPY = slave([ours("1.0", 1)], positions=(held(9, "1.0"),))
WHOLE_STORY = (OPENED, MODIFIED, REDUCED, CLOSED)


def test_a_position_and_its_copy_that_agree_yield_nothing() -> None:
    found = judge(OPEN_MASTER, [OPEN_COPY])
    assert found.mismatches == ()
    assert (found.signals, found.copies_matched) == (1, 1)
    assert found.copies_by_slave == {"Copy": 1}
    assert found.verdicts_by_kind == {"copied": 1}
    assert found.verdicts_by_reason == {"NONE": 1}


def test_a_whole_story_copied_to_its_end_yields_nothing() -> None:
    leader = master(
        [deal(GOLD, "1.0", 1), out(GOLD, "0.55", 9), out(GOLD, "0.45", 13)],
        WHOLE_STORY,
        moved=(Moved(order=OpeningOrder(GOLD), server_ms=5000),),
    )
    copy = slave(
        [ours("1.0", 1), ours_out("0.6", 9), ours_out("0.4", 13)],
        [filed(event) for event in WHOLE_STORY],
    )
    assert judge(leader, [copy]).mismatches == ()


def test_an_unmapped_symbol_gets_the_suffix() -> None:
    leader = master([deal(GOLD, "1.0", 1, symbol="EURUSD")])
    leader = msgspec.structs.replace(leader, positions=(held(GOLD, "1.0", symbol="EURUSD"),))
    copy = slave([ours("1.0", 1, symbol="EURUSD.c")], positions=(held(9, "1.0"),))
    assert judge(leader, [copy]).mismatches == ()


@pytest.mark.parametrize(
    ("words", "found"),
    [
        pytest.param([], [MismatchKind.COPY_MISSING, MismatchKind.NO_VERDICT], id="not a word"),
        pytest.param([filed()], [MismatchKind.COPY_MISSING], id="said to be copied"),
        pytest.param(
            [filed(kind=VerdictKind.DENIED, reason=Reason.PRICE_MOVED)], [], id="denied, and why"
        ),
        pytest.param(
            [filed(kind=VerdictKind.DENIED)], [MismatchKind.COPY_MISSING], id="denied, not why"
        ),
        pytest.param(
            [filed(kind=VerdictKind.UNKNOWN, reason=Reason.OUTCOME_UNKNOWN)],
            [MismatchKind.COPY_MISSING, MismatchKind.UNSETTLED],
            id="nobody can say",
        ),
    ],
)
def test_a_missing_copy_needs_a_verdict_that_explains_it(
    words: list[Filed], found: list[MismatchKind]
) -> None:
    judgement = judge(OPEN_MASTER, [slave([], words)])
    assert kinds(judgement) == found
    assert judgement.copies_matched == 0


@pytest.mark.parametrize(
    "extra",
    [
        pytest.param(ours("1.0", 2, 10), id="doubled"),
        pytest.param(ours("1.0", 2, 10, magic=5), id="doubled, with a strange magic"),
        pytest.param(ours("1.0", 2, 10, comment="701"), id="of a position the master never had"),
        pytest.param(ours("1.0", 2, 10, comment="by hand"), id="with our magic and no ticket"),
    ],
)
def test_a_copy_without_a_master_is_found(extra: Deal) -> None:
    copy = msgspec.structs.replace(OPEN_COPY, deals=(*OPEN_COPY.deals, extra))
    assert kinds(judge(OPEN_MASTER, [copy])) == [MismatchKind.COPY_WITHOUT_MASTER]


def test_other_peoples_trades_on_the_slave_are_no_business_of_the_judge() -> None:
    foreign = ours("3.0", 2, 10, magic=77 * 10**12, comment="mine")
    copy = msgspec.structs.replace(OPEN_COPY, deals=(*OPEN_COPY.deals, foreign))
    assert judge(OPEN_MASTER, [copy]).mismatches == ()


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"symbol": "SILVER"}, id="symbol"),
        pytest.param({"side": Side.SELL}, id="side"),
    ],
)
def test_another_symbol_or_side_is_found(change: dict[str, Any]) -> None:
    copy = slave([ours("1.0", 1, **change)], positions=(held(9, "1.0"),))
    assert kinds(judge(OPEN_MASTER, [copy])) == [MismatchKind.WRONG_MARKET]


@pytest.mark.parametrize(
    ("asked", "copied", "contract", "fits"),
    [
        pytest.param("1.05", "1.0", {}, True, id="floored to the step"),
        pytest.param("1.05", "1.1", {}, False, id="rounded up"),
        pytest.param("70", "50", {}, False, id="held to the largest without a word"),
        pytest.param("0.05", "0.1", {}, False, id="raised to the smallest"),
        pytest.param("1.05", "1.05", {"volume_step": Decimal("0.01")}, True, id="a finer step"),
    ],
)
def test_the_volume_at_the_opening_is_one_to_one_in_whole_steps(
    asked: str, copied: str, contract: dict[str, Any], fits: bool
) -> None:
    leader = master([deal(GOLD, asked, 1)], positions=(held(GOLD, asked),))
    copy = slave([ours(copied, 1)], positions=(held(9, copied),), specs={"GOLD": spec(**contract)})
    assert (MismatchKind.WRONG_VOLUME in kinds(judge(leader, [copy]))) is not fits


def test_an_opening_filled_in_part_may_be_smaller_and_not_larger() -> None:
    word = [filed(kind=VerdictKind.PARTIAL, reason=Reason.FILLED_IN_PART)]
    smaller = slave([ours("0.4", 1)], word, positions=(held(9, "0.4"),))
    larger = slave([ours("1.4", 1)], word, positions=(held(9, "1.4"),))
    assert kinds(judge(OPEN_MASTER, [smaller])) == []
    assert kinds(judge(OPEN_MASTER, [larger])) == [MismatchKind.WRONG_VOLUME]


def after_reduction(
    left_on_master: str, closed_here: str, held_here: str, **changes: Any
) -> Judgement:
    gone = Decimal("1.0") - Decimal(left_on_master)
    leader = master(
        [deal(GOLD, "1.0", 1), out(GOLD, str(gone), 5)],
        (OPENED, REDUCED),
        positions=(held(GOLD, left_on_master),),
    )
    words = changes.pop("words", [filed(), filed(REDUCED)])
    deals = [ours("1.0", 1)] + ([ours_out(closed_here, 5)] if closed_here != "0" else [])
    positions = (held(9, held_here),) if held_here != "0" else ()
    return judge(leader, [slave(deals, words, positions=positions, **changes)])


@pytest.mark.parametrize(
    ("left_on_master", "closed_here", "held_here"),
    [
        pytest.param("0.47", "0.6", "0.4", id="the ratio, floored to the step"),
        pytest.param("0.03", "0.9", "0.1", id="the smallest volume stays"),
        pytest.param("0.99", "0.1", "0.9", id="a little less is a step less"),
    ],
)
def test_what_is_left_follows_the_ratio(
    left_on_master: str, closed_here: str, held_here: str
) -> None:
    assert kinds(after_reduction(left_on_master, closed_here, held_here)) == []


def test_what_is_left_and_is_not_the_ratio_is_found() -> None:
    found = after_reduction("0.5", "0.3", "0.7").mismatches
    assert {one.kind for one in found} == {MismatchKind.WRONG_VOLUME}
    assert "wanted 0.5 lots, found 0.7 lots now" in found[-1].text


def test_a_reduction_that_was_not_done_is_found() -> None:
    assert kinds(after_reduction("0.5", "0", "1.0")) == [MismatchKind.WRONG_VOLUME]


def test_a_reduction_refused_with_a_reason_is_no_mismatch() -> None:
    words = [filed(), filed(REDUCED, VerdictKind.REJECTED, Reason.BROKER_REJECTED)]
    assert kinds(after_reduction("0.5", "0", "1.0", words=words)) == []


def test_a_reduction_filled_in_part_may_pass_through_other_volumes() -> None:
    words = [filed(), filed(REDUCED, VerdictKind.PARTIAL, Reason.FILLED_IN_PART)]
    assert kinds(after_reduction("0.5", "0.3", "0.7", words=words)) == [MismatchKind.WRONG_VOLUME]


def test_a_rest_too_small_for_an_order_may_stay() -> None:
    coarse = spec(volume_min=Decimal("0.3"), volume_step=Decimal("0.1"))
    assert kinds(after_reduction("0.8", "0", "1.0", specs={"GOLD": coarse})) == []


def test_an_account_that_wants_it_closes_what_falls_below_the_smallest_volume() -> None:
    assert kinds(after_reduction("0.03", "1.0", "0", keep_minimum=False)) == []
    assert kinds(after_reduction("0.03", "1.0", "0")) == [MismatchKind.CLOSED_ALONE]


@pytest.mark.parametrize(
    ("stops", "found"),
    [
        pytest.param({"sl": Decimal("1280.01"), "tp": Decimal("1299.99")}, [], id="within a tick"),
        pytest.param({"sl": Decimal("1280.02")}, [MismatchKind.WRONG_STOPS], id="stop loss off"),
        pytest.param({"tp": Decimal(0)}, [MismatchKind.WRONG_STOPS], id="take profit lost"),
    ],
)
def test_stops_agree_to_a_tick(stops: dict[str, Any], found: list[MismatchKind]) -> None:
    copy = slave([ours("1.0", 1)], positions=(held(9, "1.0", **stops),))
    assert kinds(judge(OPEN_MASTER, [copy])) == found


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        pytest.param(VerdictKind.REJECTED, Reason.BROKER_REJECTED, id="by the broker"),
        pytest.param(VerdictKind.NOTHING_TO_DO, Reason.LOOSER_STOP_HELD, id="by the state"),
    ],
)
def test_stops_refused_with_a_reason_are_no_mismatch(kind: VerdictKind, reason: Reason) -> None:
    words = [filed(), filed(MODIFIED, kind, reason)]
    copy = slave([ours("1.0", 1)], words, positions=(held(9, "1.0", sl=Decimal(0)),))
    leader = msgspec.structs.replace(
        OPEN_MASTER,
        told=(
            *OPEN_MASTER.told,
            Told(order=OpeningOrder(GOLD), event=MODIFIED, stamp=Stamp(5, 2)),
        ),
    )
    assert judge(leader, [copy]).mismatches == ()


CLOSED_MASTER = master([deal(GOLD, "1.0", 1), out(GOLD, "1.0", 5)], (OPENED, CLOSED))


def test_a_copy_that_outlives_its_master_is_found_whatever_was_said() -> None:
    words = [filed(), filed(CLOSED, VerdictKind.REJECTED, Reason.BROKER_REJECTED)]
    copy = slave([ours("1.0", 1)], words, positions=(held(9, "1.0"),))
    assert kinds(judge(CLOSED_MASTER, [copy])) == [MismatchKind.STILL_OPEN]


def test_a_copy_that_we_closed_alone_is_found() -> None:
    copy = slave([ours("1.0", 1), ours_out("1.0", 3)])
    assert kinds(judge(OPEN_MASTER, [copy])) == [MismatchKind.CLOSED_ALONE]


def test_a_copy_closed_by_its_own_stop_is_no_mismatch() -> None:
    copy = slave([ours("1.0", 1), ours_out("1.0", 3, reason=DealReason.SL)])
    assert judge(OPEN_MASTER, [copy]).mismatches == ()


@pytest.mark.parametrize("event", WHOLE_STORY)
def test_a_fact_told_without_a_verdict_is_found(event: str) -> None:
    leader = master([deal(GOLD, "1.0", 1), out(GOLD, "0.5", 9), out(GOLD, "0.5", 13)], WHOLE_STORY)
    words = [filed(each) for each in WHOLE_STORY if each != event]
    copy = slave([ours("1.0", 1), ours_out("0.5", 9), ours_out("0.5", 13)], words)
    found = judge(leader, [copy])
    assert kinds(found) == [MismatchKind.NO_VERDICT]
    assert event in found.mismatches[0].wanted


@pytest.mark.parametrize("event", WHOLE_STORY)
def test_what_the_deals_show_and_the_master_never_told_is_found(event: str) -> None:
    told = tuple(each for each in WHOLE_STORY if each != event)
    leader = master(
        [deal(GOLD, "1.0", 1), out(GOLD, "0.5", 9), out(GOLD, "0.5", 13)],
        told,
        moved=(Moved(order=OpeningOrder(GOLD), server_ms=5000),),
    )
    copy = slave(
        [ours("1.0", 1), ours_out("0.5", 9), ours_out("0.5", 13)], [filed(each) for each in told]
    )
    assert kinds(judge(leader, [copy])) == [MismatchKind.NO_VERDICT]


def test_what_happens_within_one_look_may_be_told_as_one() -> None:
    both = [out(GOLD, "0.5", 9), out(GOLD, "0.5", 9, server_ms=9400, ticket=1)]
    leader = master([deal(GOLD, "1.0", 1), *both], (OPENED, CLOSED))
    copy = slave([ours("1.0", 1), ours_out("1.0", 10)], [filed(), filed(CLOSED)])
    assert judge(leader, [copy]).mismatches == ()


def test_what_a_broker_does_not_sell_is_judged_by_its_name_alone() -> None:
    copy = slave([ours("3.0", 1)], positions=(held(9, "3.0"),), specs={})
    assert judge(OPEN_MASTER, [copy]).mismatches == ()


def test_each_slave_is_judged_by_itself() -> None:
    silent = msgspec.structs.replace(slave([], []), name=NodeName("Silent"))
    found = judge(OPEN_MASTER, [OPEN_COPY, silent])
    assert found.copies_by_slave == {"Copy": 1, "Silent": 0}
    assert {one.slave for one in found.mismatches} == {"Silent"}


def test_deals_without_an_opening_in_sight_are_left_alone() -> None:
    leader = msgspec.structs.replace(
        OPEN_MASTER, deals=(*OPEN_MASTER.deals, out(GOLD + 1, "1.0", 2))
    )
    assert judge(leader, [OPEN_COPY]).mismatches == ()


def test_a_copy_held_to_the_largest_order_is_right_where_it_was_said() -> None:
    leader = master([deal(GOLD, "70", 1)], positions=(held(GOLD, "70"),))
    words = [filed(reason=Reason.SIZE_LIMITED)]
    copy = slave([ours("50", 1)], words, positions=(held(9, "50"),))
    assert judge(leader, [copy]).mismatches == ()


def a_large_copy(*last: str) -> list[Deal]:
    """130 lots where 50 are the most."""
    sizes = ("50", "50", *last)
    marks = [{"magic": MAGIC + part, "comment": f"{GOLD}.{part}"} for part in range(len(sizes))]
    marks[0]["comment"] = str(GOLD)
    return [
        ours(lots, 1, 9 + part, **marks[part])  # type: ignore[arg-type]
        for part, lots in enumerate(sizes)
    ]


def test_a_copy_in_parts_is_compared_as_one() -> None:
    leader = master([deal(GOLD, "130", 1)], positions=(held(GOLD, "130"),))
    positions = tuple(held(9 + part, lots) for part, lots in enumerate(("50", "50", "30")))
    found = judge(leader, [slave(a_large_copy("30"), positions=positions)])
    assert found.mismatches == ()
    assert found.copies_by_slave == {"Copy": 1}


def test_a_part_that_is_missing_and_was_not_told_is_found() -> None:
    leader = master([deal(GOLD, "130", 1)], positions=(held(GOLD, "130"),))
    positions = tuple(held(9 + part, "50") for part in range(2))
    found = judge(leader, [slave(a_large_copy(), positions=positions)])
    assert MismatchKind.WRONG_VOLUME in kinds(found)


def test_a_part_opened_twice_is_one_too_many() -> None:
    leader = master([deal(GOLD, "100", 1)], positions=(held(GOLD, "100"),))
    twice = ours("50", 2, 20, magic=MAGIC + 1, comment=f"{GOLD}.1")
    positions = tuple(held(number, "50") for number in (9, 10, 20))
    found = judge(leader, [slave([*a_large_copy(), twice], positions=positions)])
    assert MismatchKind.COPY_WITHOUT_MASTER in kinds(found)


def test_a_part_left_open_is_found() -> None:
    leader = master([deal(GOLD, "100", 1), out(GOLD, "100", 9)], (OPENED, CLOSED))
    copy = slave(
        [*a_large_copy(), ours_out("50", 9)],
        [filed(), filed(CLOSED)],
        positions=(held(10, "50"),),
    )
    assert MismatchKind.STILL_OPEN in kinds(judge(leader, [copy]))
