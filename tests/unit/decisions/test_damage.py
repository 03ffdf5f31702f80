"""The damage report finds each thing a copier must never do, and nothing where none was done."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from decisions.broker_clocks import BrokerClock, Jump
from decisions.damage import damage
from decisions.damage_found import Damage, Terms
from decisions.hours_asked import zone_of
from decisions.marking import magic_for_intent, magic_for_leg
from decisions.truth import CopyPolicy, Filed, MasterTruth, SlaveTruth, Told
from domain.book import Stamp
from domain.ids import LegKey, NodeName, OpeningOrder
from domain.market import Deal, Lifetime, PendingKind, PendingOrder, Side, SymbolSpec
from domain.mt5_words import DealEntry
from domain.mt5_words import Reason as DealReason
from domain.reasons import Reason
from domain.verdicts import VerdictKind

LEAD, COPY = NodeName("Lead"), NodeName("Copy")
SWARM = "swarm-1"
GOLD, SILVER = 700, 800
OPENED, CLOSED, REDUCED = "PositionOpened", "PositionClosed", "PositionReduced"
HAND_MAGIC = 234000
CLOSING = magic_for_intent(234000, "intent-1")
HOUR_MS = 3_600_000


def mark(order: int = GOLD, master: NodeName = LEAD) -> int:
    key = LegKey(LOGINS[master], f"{master}-Demo", OpeningOrder(order))
    return magic_for_leg(234000, SWARM, COPY, key)


LOGINS = {LEAD: 1, NodeName("Other"): 3}


def spec(name: str = "GOLD") -> SymbolSpec:
    return SymbolSpec(
        name=name,
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


def deal(position: int, volume: str, at_s: float, **changes: Any) -> Deal:
    plain = Deal(
        ticket=int(at_s * 10),
        order=position,
        position=position,
        symbol="XAUUSD",
        side=Side.BUY,
        entry=DealEntry.IN,
        volume=Decimal(volume),
        price=Decimal(1290),
        net=Decimal(0),
        server_ms=int(at_s * 1000),
        magic=0,
        reason=DealReason.EXPERT,
        comment="",
    )
    return msgspec.structs.replace(plain, **changes)


def out(position: int, volume: str, at_s: float, **changes: Any) -> Deal:
    return deal(position, volume, at_s, entry=DealEntry.OUT, side=Side.SELL, **changes)


def ours(volume: str, at_s: float, position: int = 9, **changes: Any) -> Deal:
    marks = {"symbol": "GOLD", "magic": mark(), "comment": str(GOLD), **changes}
    return deal(position, volume, at_s, **marks)


def ours_out(volume: str, at_s: float, position: int = 9, **changes: Any) -> Deal:
    return out(position, volume, at_s, **{"symbol": "GOLD", "magic": CLOSING, **changes})


def master(*deals: Deal, name: NodeName = LEAD, told: tuple[Told, ...] = ()) -> MasterTruth:
    return MasterTruth(
        name=name,
        login=LOGINS[name],
        server=f"{name}-Demo",
        deals=deals,
        positions=(),
        told=told,
    )


def told(event: str, seq: int, order: int = GOLD) -> Told:
    return Told(order=OpeningOrder(order), event=event, stamp=Stamp(5, seq))


def filed(event: str, seq: int = 1, order: int = GOLD, **changes: Any) -> Filed:
    plain = Filed(
        order=OpeningOrder(order),
        event=event,
        stamp=Stamp(5, seq),
        kind=VerdictKind.COPIED,
        reason=Reason.NONE,
    )
    return msgspec.structs.replace(plain, **changes)


ANSWERED = (filed(OPENED, 1), filed(CLOSED, 2))


def slave(
    *deals: Deal,
    words: tuple[Filed, ...] = ANSWERED,
    keep_minimum: bool = True,
    ways: Mapping[str, Any] = {},
) -> SlaveTruth:
    policy = CopyPolicy(
        symbol_map={"XAUUSD": "GOLD"},
        suffix="",
        magic_number=234000,
        specs={"GOLD": spec()},
        keep_minimum=keep_minimum,
        ways=ways,
    )
    return SlaveTruth(
        name=COPY,
        login=2,
        server="Copy-Demo",
        deals=deals,
        positions=(),
        policy=policy,
        filed=words,
    )


def judged(lead: MasterTruth, copy: SlaveTruth, **terms: Any) -> Damage:
    return damage([lead], [copy], Terms(swarms=(SWARM,), **terms))


def found(report: Damage) -> dict[str, int]:
    return {name: count for name, count in report.counts.items() if count}


def a_night(at_s: float) -> tuple[Deal, Deal]:
    night = {"reason": DealReason.ROLLOVER, "magic": mark()}
    return ours_out("1.0", at_s, **night), ours("1.0", at_s + 0.1, **night)


HELD = master(deal(GOLD, "1.0", 1))
CLOSED_AT_10 = master(deal(GOLD, "1.0", 1), out(GOLD, "1.0", 10))


@pytest.mark.parametrize(
    ("lead", "copy"),
    [
        pytest.param(HELD, slave(ours("1.0", 2)), id="open on both sides"),
        pytest.param(CLOSED_AT_10, slave(ours("1.0", 2), ours_out("1.0", 11)), id="closed on both"),
        pytest.param(
            HELD, slave(ours("1.0", 2), out(9, "1.0", 5, magic=0)), id="copy closed by hand"
        ),
        pytest.param(
            HELD,
            slave(ours("1.0", 2), ours_out("1.0", 5, magic=mark(), reason=DealReason.SL)),
            id="copy stopped out by its broker",
        ),
        pytest.param(
            master(deal(GOLD, "1.0", 1), out(GOLD, "0.5", 4)),
            slave(ours("1.0", 2), ours_out("0.5", 5)),
            id="halved on both",
        ),
        pytest.param(
            master(deal(GOLD, "1.0", 1), out(GOLD, "0.99", 4)),
            slave(ours("0.1", 2)),
            id="the smallest is kept",
        ),
        pytest.param(
            master(deal(GOLD, "1.0", 1), out(GOLD, "0.99", 4)),
            slave(ours("0.1", 2), ours_out("0.1", 5), keep_minimum=False),
            id="the smallest is closed where the account says so",
        ),
        pytest.param(
            HELD,
            slave(ours("1.0", 2), deal(50, "1.0", 3, magic=HAND_MAGIC, comment=str(GOLD))),
            id="a hand's 234000, its comment like ours",
        ),
        pytest.param(
            HELD, slave(ours("1.0", 2, comment="broker's own words")), id="a comment rewritten"
        ),
        pytest.param(
            CLOSED_AT_10,
            slave(ours("1.0", 2), *a_night(4), ours_out("1.0", 11)),
            id="closed and opened anew by the broker, overnight",
        ),
        pytest.param(HELD, slave(ours("0.4", 2)), id="filled in part"),
        pytest.param(
            HELD,
            slave(ours("0.4", 2), ours("0.6", 3)),
            id="filled in two parts by one order",
        ),
    ],
)
def test_nothing_is_found_where_none_was_done(lead: MasterTruth, copy: SlaveTruth) -> None:
    report = judged(lead, copy)
    assert report.is_none, report.findings


@pytest.mark.parametrize(
    ("lead", "copy", "wanted"),
    [
        pytest.param(CLOSED_AT_10, slave(ours("1.0", 2)), {"closes_lost": 1}, id="close lost"),
        pytest.param(
            CLOSED_AT_10,
            slave(ours("1.0", 2), ours_out("0.4", 11)),
            {"closes_lost": 1},
            id="closed in part alone",
        ),
        pytest.param(
            HELD,
            slave(ours("1.0", 2), ours("1.0", 3, position=10)),
            {"opens_doubled": 1},
            id="doubled while the first is open",
        ),
        pytest.param(
            HELD,
            slave(ours("1.0", 2), ours("1.0", 3, position=10), ours("1.0", 4, position=11)),
            {"opens_doubled": 2},
            id="tripled",
        ),
        pytest.param(
            HELD,
            slave(ours("1.0", 2), out(9, "1.0", 3), ours("1.0", 4, position=10)),
            {"reopened": 1},
            id="reopened after a hand closed it",
        ),
        pytest.param(
            HELD,
            slave(ours("1.0", 2), ours("1.0", 3, magic=mark(777), position=10, comment="x")),
            {"orphans": 1},
            id="ours, and nothing of the master's behind it",
        ),
        pytest.param(
            HELD,
            slave(ours("1.0", 2), ours("1.0", 3, magic=mark(777), position=10)),
            {"orphans": 1},
            id="another mark of ours, though its comment names the master's",
        ),
        pytest.param(
            HELD,
            slave(
                ours("1.0", 2),
                deal(50, "1.0", 3, magic=HAND_MAGIC),
                ours_out("1.0", 4, position=50),
            ),
            {"foreign_touched": 1},
            id="a hand's position closed by us",
        ),
        pytest.param(
            HELD,
            slave(ours("1.0", 2), ours_out("0.1", 4, position=51)),
            {"foreign_touched": 1},
            id="our mark on a position the broker never opened for us",
        ),
        pytest.param(
            HELD,
            slave(ours("1.0", 2), ours_out("1.0", 4)),
            {"closed_early": 1},
            id="closed by us while the master holds on",
        ),
        pytest.param(
            CLOSED_AT_10,
            slave(ours("1.0", 2), ours_out("1.0", 7)),
            {"closed_early": 1},
            id="closed by us before the master",
        ),
        pytest.param(
            HELD,
            slave(ours("1.0", 2), ours_out("0.5", 4)),
            {"over_closed": 1},
            id="reduced while the master holds all",
        ),
        pytest.param(
            master(deal(GOLD, "1.0", 1), out(GOLD, "0.5", 3)),
            slave(ours("1.0", 2), ours_out("0.5", 4), ours_out("0.3", 5)),
            {"over_closed": 1},
            id="one reduction sent twice",
        ),
        pytest.param(HELD, slave(ours("1.0", 30)), {"opened_late": 1}, id="opened too late"),
        pytest.param(
            HELD, slave(ours("1.0", 2, side=Side.SELL)), {"copied_wrong": 1}, id="the other side"
        ),
        pytest.param(
            HELD, slave(ours("1.0", 2, symbol="SILVER")), {"copied_wrong": 1}, id="another symbol"
        ),
        pytest.param(HELD, slave(ours("10.0", 2)), {"copied_wrong": 1}, id="ten times as large"),
        pytest.param(
            HELD,
            slave(ours("1.0", 2), ours("1.0", 3)),
            {"copied_wrong": 1},
            id="doubled within one position",
        ),
        pytest.param(
            HELD, slave(ours("1.0", 2), words=()), {"without_verdict": 1}, id="no word on the open"
        ),
        pytest.param(
            CLOSED_AT_10,
            slave(ours("1.0", 2), ours_out("1.0", 11), words=(filed(OPENED),)),
            {"without_verdict": 1},
            id="no word on the close",
        ),
        pytest.param(
            HELD,
            slave(ours("1.0", 2), words=(filed(OPENED, kind=VerdictKind.UNKNOWN),)),
            {"without_verdict": 1},
            id="unknown is no last word",
        ),
        pytest.param(
            HELD, slave(words=(filed(OPENED),)), {"without_verdict": 1}, id="said copied, was not"
        ),
        pytest.param(
            master(deal(GOLD, "1.0", 1), told=(told(OPENED, 1), told("PositionModified", 2))),
            slave(ours("1.0", 2)),
            {"without_verdict": 1},
            id="no word on what was told",
        ),
    ],
)
def test_each_kind_of_damage_is_found(
    lead: MasterTruth, copy: SlaveTruth, wanted: dict[str, int]
) -> None:
    assert found(judged(lead, copy)) == wanted


def test_a_finding_says_who_what_was_wanted_and_what_was_found() -> None:
    (finding,) = judged(CLOSED_AT_10, slave(ours("1.0", 2))).findings
    assert finding.text == (
        "closes_lost: Copy, master's position 700: wanted closed, as the master's is, found "
        "BUY 1.0 GOLD (9) with 1.0 lots open"
    )


def test_without_the_swarms_id_the_comment_says_what_is_copied() -> None:
    report = damage([HELD], [slave(ours("1.0", 2, magic=234000 * 10**12 + 7))])
    assert report.is_none, report.findings
    rewritten = slave(ours("1.0", 2, magic=234000 * 10**12 + 7, comment=""))
    assert damage([HELD], [rewritten]).orphans == 1


def test_where_the_accounts_number_is_0_small_numbers_stay_everybodys() -> None:
    key = LegKey(1, "Lead-Demo", OpeningOrder(GOLD))
    copies = slave(
        ours("1.0", 2, magic=magic_for_leg(0, SWARM, COPY, key)),
        deal(50, "1.0", 3, magic=77),
        deal(51, "1.0", 3, magic=0),
        out(50, "1.0", 4, magic=HAND_MAGIC),
        out(9, "1.0", 5, magic=0),
    )
    policy = msgspec.structs.replace(copies.policy, magic_number=0)
    report = judged(HELD, msgspec.structs.replace(copies, policy=policy))
    assert report.is_none, report.findings


def test_two_masters_with_the_same_ticket_are_told_apart_by_the_mark() -> None:
    other = NodeName("Other")
    words = tuple(
        msgspec.structs.replace(word, master=name) for name in (LEAD, other) for word in ANSWERED
    )
    copies = slave(
        ours("1.0", 2), ours("1.0", 3, position=10, magic=mark(GOLD, other)), words=words
    )
    masters = [HELD, master(deal(GOLD, "1.0", 1), name=other)]
    report = damage(masters, [copies], Terms(swarms=(SWARM,)))
    assert report.is_none, report.findings


def test_a_copy_of_a_master_that_is_not_followed_is_an_orphan() -> None:
    terms = {"follows": {COPY: (NodeName("Other"),)}}
    assert found(judged(HELD, slave(ours("1.0", 2, comment="")), **terms)) == {"orphans": 1}


@pytest.mark.parametrize("hours", [2, -3])
def test_brokers_clocks_may_be_ahead_of_each_other(hours: int) -> None:
    lead = master(deal(GOLD, "1.0", 1), out(GOLD, "1.0", 30))
    ahead_s = hours * 3600
    copy = slave(ours("1.0", 2 + ahead_s), ours_out("1.0", 31 + ahead_s))
    clocks = {COPY: BrokerClock(ahead_ms=hours * HOUR_MS)}
    assert judged(lead, copy, clocks=clocks).is_none
    late = slave(ours("1.0", 20 + ahead_s), ours_out("1.0", 31 + ahead_s))
    assert found(judged(lead, late, clocks=clocks)) == {"opened_late": 1}
    early = slave(ours("1.0", 2 + ahead_s), ours_out("1.0", 21 + ahead_s))
    assert found(judged(lead, early, clocks=clocks)) == {"closed_early": 1}


def test_a_clock_that_jumped_is_followed_and_forgiven_at_its_edges() -> None:
    jump = Jump(from_ms=10_000, until_ms=20_000, by_ms=HOUR_MS)
    clocks = {COPY: BrokerClock(jumps=(jump,), between_ms=(0, 60_000))}
    lead = master(deal(GOLD, "1.0", 8), out(GOLD, "1.0", 40))
    at_the_edge = ours("1.0", 9.5 + 3600, ticket=1)
    within = ours("1.0", 12 + 3600, ticket=1)
    closed_in_time = ours_out("1.0", 41, ticket=2)
    for opening in (at_the_edge, within):
        assert judged(lead, slave(opening, closed_in_time), clocks=clocks).is_none
    closed_early = ours_out("1.0", 15 + 3600, ticket=2)
    report = judged(lead, slave(within, closed_early), clocks=clocks)
    assert found(report) == {"closed_early": 1}


def test_what_is_open_is_told_by_the_deals_numbers_when_the_clock_went_back() -> None:
    first = (ours("1.0", 100, ticket=1), out(9, "1.0", 110, ticket=2))
    second = ours("1.0", 50, position=10, ticket=3)
    lead = master(deal(GOLD, "1.0", 99))
    clocks = {COPY: BrokerClock(unsure_ms=10**9, jumps=(Jump(from_ms=0, until_ms=None, by_ms=0),))}
    assert found(judged(lead, slave(*first, second), clocks=clocks)) == {"reopened": 1}


def test_how_old_an_open_may_be_is_each_accounts_own() -> None:
    copy = slave(ours("1.0", 30))
    assert judged(HELD, copy, max_signal_age_ms={COPY: 60_000}).is_none
    assert judged(HELD, copy, max_signal_age_ms={COPY: None}).is_none
    prompt = {"max_signal_age_ms": {COPY: 1_000}, "late_fill_ms": 0, "forgiven_ms": 0}
    assert found(judged(HELD, slave(ours("1.0", 2.5)), **prompt)) == {"opened_late": 1}


def test_a_time_that_a_jump_rules_out_is_taken_as_it_is_written() -> None:
    """Nobody can have written it so, and it is all there is."""
    jump = Jump(from_ms=0, until_ms=20_000, by_ms=HOUR_MS)
    assert BrokerClock(jumps=(jump,)).moments(15_000) == (15_000,)


def test_a_copy_whose_contract_nobody_knows_is_not_measured() -> None:
    copy = slave(ours("1.0", 2), ours_out("0.5", 4))
    policy = msgspec.structs.replace(copy.policy, specs={})
    assert judged(HELD, msgspec.structs.replace(copy, policy=policy)).counts["over_closed"] == 0


def mark_of_part(part: int) -> int:
    key = LegKey(LOGINS[LEAD], f"{LEAD}-Demo", OpeningOrder(GOLD), part)
    return magic_for_leg(234000, SWARM, COPY, key)


def a_part(part: int, volume: str, at_s: float, position: int) -> Deal:
    named = f"{GOLD}.{part}" if part else str(GOLD)
    return ours(volume, at_s, position, magic=mark_of_part(part), comment=named)


def in_three_parts(*more: Deal) -> tuple[Deal, ...]:
    sizes = enumerate(("50", "50", "30"))
    return (*(a_part(part, lots, 1.1 + part, 9 + part) for part, lots in sizes), *more)


@pytest.mark.parametrize("swarms", [(SWARM,), ()], ids=["by mark", "by comment"])
def test_a_copy_in_parts_is_one_copy(swarms: tuple[str, ...]) -> None:
    lead = master(deal(GOLD, "130", 1.0))
    report = damage(
        [lead], [slave(*in_three_parts(), words=(filed(OPENED),))], Terms(swarms=swarms)
    )
    assert report.is_none, report.findings


def test_a_part_opened_twice_is_doubled_and_one_left_open_is_lost() -> None:
    lead = master(deal(GOLD, "130", 1.0), out(GOLD, "130", 20.0))
    ends = (ours_out("50", 20.1, 9), ours_out("30", 20.2, 11), ours_out("50", 20.3, 12))
    deals = in_three_parts(a_part(1, "50", 5.0, 12), *ends)
    words = (filed(OPENED), filed(CLOSED, 2))
    report = judged(lead, slave(*deals, words=words))
    assert report.opens_doubled == 1
    assert report.closes_lost == 1


def test_parts_that_are_more_than_the_masters_lots_are_copied_wrong() -> None:
    lead = master(deal(GOLD, "100", 1.0))
    report = judged(lead, slave(*in_three_parts(), words=(filed(OPENED),)))
    assert report.copied_wrong == 3


SELL = {"side": Side.SELL}
LEAD_OF_OUNCES = msgspec.structs.replace(HELD, contracts={"XAUUSD": Decimal(10)})
FACTOR = {"symbol_map": {"XAUUSD": "GOLD|0.5"}}
TURNED_HERE = {"rules": [{"masters": ["Lead"], "symbols": ["xau*"], "reverse": True}]}
CLAMPED = {"size": {"multiplier": 2, "above_max_lot": "clamp"}, "max_lot": 0.3}


@pytest.mark.parametrize(
    ("lead", "ways", "right", "wrong"),
    [
        pytest.param(HELD, {"reverse": True}, ours("1.0", 2, **SELL), ours("1.0", 2), id="turned"),
        pytest.param(HELD, TURNED_HERE, ours("1.0", 2, **SELL), ours("1.0", 2), id="by a rule"),
        pytest.param(
            HELD,
            {"rules": [{"masters": ["Other"], "reverse": True}]},
            ours("1.0", 2),
            ours("1.0", 2, **SELL),
            id="by a rule that is for another",
        ),
        pytest.param(HELD, FACTOR, ours("0.5", 2), ours("0.6", 2), id="factor"),
        pytest.param(
            HELD, {"size": {"multiplier": 0.5}}, ours("0.5", 2), ours("0.6", 2), id="multiplier"
        ),
        pytest.param(
            HELD,
            {"size": {"mode": "fixed", "fixed_lot": 3}},
            ours("3.0", 2),
            ours("3.1", 2),
            id="fixed",
        ),
        pytest.param(
            LEAD_OF_OUNCES,
            {"size": {"mode": "notional"}},
            ours("0.1", 2),
            ours("0.2", 2),
            id="notional",
        ),
        pytest.param(HELD, CLAMPED, ours("0.3", 2), ours("0.4", 2), id="most lots"),
        pytest.param(
            HELD,
            {"size": {"mode": "equity"}, "max_lot": 2},
            ours("2.0", 2),
            ours("2.1", 2),
            id="what no deal shows is bounded by the most lots",
        ),
        pytest.param(
            HELD,
            {"symbol_map": {}, "prefix": "x", "suffix": ".y"},
            ours("1.0", 2, symbol="xXAUUSD.y"),
            ours("1.0", 2),
            id="affixes",
        ),
        pytest.param(
            HELD,
            {"symbol_map": {}, "master_prefix": "XAU", "prefix": "A"},
            ours("1.0", 2, symbol="AUSD"),
            ours("1.0", 2, symbol="AXAUUSD"),
            id="the master's affixes",
        ),
    ],
)
def test_a_copy_is_held_against_what_its_account_asks_for(
    lead: MasterTruth, ways: Mapping[str, Any], right: Deal, wrong: Deal
) -> None:
    assert found(judged(lead, slave(right, ways=ways))) == {}
    assert found(judged(lead, slave(wrong, ways=ways))) == {"copied_wrong": 1}


def test_a_copy_may_end_before_its_master_once_its_time_is_over() -> None:
    ways = {"max_hold_seconds": 20}
    assert found(judged(HELD, slave(ours("1.0", 2), ours_out("1.0", 22), ways=ways))) == {}
    early = slave(ours("1.0", 2), ours_out("1.0", 10), ways=ways)
    assert found(judged(HELD, early)) == {"closed_early": 1}
    assert found(judged(HELD, early, our_clock_moved=True)) == {}
    at_once = slave(ours("1.0", 2), ours_out("1.0", 10))
    assert found(judged(HELD, at_once, our_clock_moved=True)) == {"closed_early": 1}


def test_how_late_a_copy_may_be_a_rule_may_say() -> None:
    late = {"rules": [{"symbols": ["XAU*"], "max_signal_age_ms": 60_000}]}
    assert found(judged(HELD, slave(ours("1.0", 30), ways=late))) == {}
    assert found(judged(HELD, slave(ours("1.0", 90), ways=late))) == {"opened_late": 1}


NOON_MS = 12 * HOUR_MS
MORNINGS = "Thu 00:00-12:00 UTC"
#: On 1 January 1970, a Thursday.
AT_NINE = {"server_ms": 9 * HOUR_MS}
AT_THREE = {"server_ms": 15 * HOUR_MS}


def filters(**changes: Any) -> dict[str, Any]:
    return {"filters": changes}


@pytest.mark.parametrize(
    ("lets", "keeps_out"),
    [
        pytest.param({"symbols": ["XAU*"]}, {"symbols": ["EUR*"]}, id="symbols"),
        pytest.param({"symbols": ["gold"]}, {"symbols": []}, id="symbols by our name"),
        pytest.param(
            filters(not_symbols=["EURUSD"]), filters(not_symbols=["GOLD"]), id="symbols denied"
        ),
        pytest.param(filters(sides=["BUY"]), filters(sides=["SELL"]), id="sides"),
        pytest.param(filters(magics=["0-5"]), filters(magics=["5"]), id="magics"),
        pytest.param(filters(not_magics=["7"]), filters(not_magics=["0"]), id="magics denied"),
        pytest.param(filters(comments=["*"]), filters(comments=["copy*"]), id="comments"),
        pytest.param(filters(min_master_lot=1), filters(min_master_lot=1.1), id="least lots"),
        pytest.param(filters(max_master_lot=1), filters(max_master_lot=0.9), id="most lots"),
        pytest.param(
            filters(sides=["SELL"]) | {"rules": [{"symbols": ["XAU*"], "filters": {}}]},
            {"rules": [{"masters": ["Lead"], "filters": {"sides": ["SELL"]}}]},
            id="by a rule",
        ),
    ],
)
def test_what_its_document_keeps_out_is_not_copied(
    lets: dict[str, Any], keeps_out: dict[str, Any]
) -> None:
    assert found(judged(HELD, slave(ours("1.0", 2), ways=lets))) == {}
    report = judged(HELD, slave(ours("1.0", 2), ways=keeps_out))
    assert found(report) == {"copied_wrong": 1}
    assert "keeps out" in report.findings[0].text


def test_lots_are_those_at_any_moment_until_its_end() -> None:
    halved = master(deal(GOLD, "1.0", 1), out(GOLD, "0.6", 4))
    late = slave(ours("0.4", 5), ways=filters(max_master_lot=0.5))
    assert found(judged(halved, late)) == {}
    assert found(judged(HELD, late)) == {"copied_wrong": 1}


@pytest.mark.parametrize(
    ("written", "is_let"),
    [
        (MORNINGS, True),
        ("Thu 12:00-00:00 UTC", False),
        ("Mon-Sun 09:00-10:00 UTC", True),
        ("Fri-Wed 00:00-00:00 UTC", False),
        ("Wed 22:00-10:00 UTC", True),
        ("Wed 22:00-08:00 UTC", False),
        ("Thu 11:00-12:00 Europe/Athens", True),
        ("Thu 12:00-13:00 Europe/Athens", False),
        ("Thu 12:00-13:00 Mars/Olympus", True),
    ],
)
def test_out_of_hours_nothing_is_copied(written: str, *, is_let: bool) -> None:
    lead = master(deal(GOLD, "1.0", 1, **AT_NINE))
    copy = slave(ours("1.0", 2, **AT_NINE), ways={"trading_windows": [written]})
    report = judged(lead, copy, zones={"UTC": 0, "Europe/Athens": 120})
    assert found(report) == ({} if is_let else {"copied_wrong": 1})


def test_a_window_ends_with_its_zone() -> None:
    assert zone_of(MORNINGS) == "UTC"


def test_hours_are_those_of_the_moment_at_which_it_may_have_been_decided() -> None:
    def at(server_ms: int, *, moved: bool = False, **ways: Any) -> dict[str, int]:
        lead = master(deal(GOLD, "1.0", 1, server_ms=server_ms - 100))
        own = {"trading_windows": [MORNINGS], **ways}
        copy = slave(ours("1.0", 2, server_ms=server_ms), ways=own)
        return found(judged(lead, copy, zones={"UTC": 0}, our_clock_moved=moved))

    assert at(NOON_MS + 5_000) == {}
    assert at(NOON_MS + 300_000) == {"copied_wrong": 1}
    assert at(NOON_MS + 300_000, moved=True) == {}
    assert at(NOON_MS + 300_000, late_entry="order", late_entry_seconds=600) == {}
    assert at(NOON_MS + 300_000, late_entry="order") == {"copied_wrong": 1}
    assert at(NOON_MS + 2 * HOUR_MS, moved=True) == {"copied_wrong": 1}


@pytest.mark.parametrize("setting", [{"late_entry": "order"}, {"copy_existing": "near"}])
def test_what_may_come_late_is_never_late(setting: dict[str, str]) -> None:
    assert found(judged(HELD, slave(ours("1.0", 90), ways=setting))) == {}
    by_rule = {"rules": [{"symbols": ["EUR*"], **setting}]}
    assert found(judged(HELD, slave(ours("1.0", 90), ways=by_rule))) == {"opened_late": 1}


def two_copies(
    second: Mapping[str, Any], ends_s: float | None = None, **ways: Any
) -> dict[str, int]:
    """One of gold, and another one while it is open, or after."""
    silver = {"symbol": "XAGUSD"}
    lead = master(deal(GOLD, "1.0", 1), deal(SILVER, "1.0", 3, **silver, **second))
    marks = {"symbol": "GOLD", "magic": mark(SILVER), "comment": str(SILVER)}
    first = (ours("1.0", 2), *(() if ends_s is None else (out(9, "1.0", ends_s, symbol="GOLD"),)))
    words = (filed(OPENED, 1), filed(OPENED, 2, SILVER))
    own = {"symbol_map": {"XAUUSD": "GOLD", "XAGUSD": "GOLD"}, **ways}
    copy = slave(*first, deal(10, "1.0", 4, **marks, **second), words=words, ways=own)
    return found(judged(lead, copy))


@pytest.mark.parametrize(
    ("ways", "side"),
    [
        ({"max_open_trades": 1}, Side.BUY),
        ({"max_open_trades_per_symbol": 1}, Side.BUY),
        ({"fifo": True}, Side.BUY),
        ({"block_hedging": True}, Side.SELL),
    ],
    ids=lambda one: next(iter(one)) if isinstance(one, dict) else None,
)
def test_where_there_is_no_room_nothing_is_copied(ways: dict[str, Any], side: Side) -> None:
    second = {"side": side}
    assert two_copies(second) == {}
    assert two_copies(second, **ways) == {"copied_wrong": 1}
    assert two_copies(second, 3.5, **ways) == {}
    assert two_copies(second, 5.0, **ways) == {"copied_wrong": 1}


def test_there_is_room_for_what_no_limit_forbids() -> None:
    assert two_copies({"side": Side.BUY}, block_hedging=True) == {}
    assert two_copies({"side": Side.SELL}, max_open_trades=2, max_open_trades_per_symbol=2) == {}


def waiting(magic: int) -> PendingOrder:
    return PendingOrder(
        ticket=77,
        symbol="GOLD",
        kind=PendingKind.BUY_LIMIT,
        volume=Decimal(1),
        initial_volume=Decimal(1),
        price=Decimal(1280),
        stop_limit_price=Decimal(0),
        sl=Decimal(0),
        tp=Decimal(0),
        lifetime=Lifetime(),
        magic=magic,
        comment=str(GOLD),
        placed_server_ms=0,
    )


@pytest.mark.parametrize(
    ("lead", "magic", "expected"),
    [
        pytest.param(HELD, mark(), {}, id="its master holds it"),
        pytest.param(CLOSED_AT_10, mark(), {"closes_lost": 1}, id="its master has closed"),
        pytest.param(HELD, mark(SILVER), {"orphans": 1}, id="nobody's"),
        pytest.param(CLOSED_AT_10, HAND_MAGIC, {}, id="a hand's"),
    ],
)
def test_an_order_of_ours_does_not_outlive_its_masters_position(
    lead: MasterTruth, magic: int, expected: dict[str, int]
) -> None:
    missed = VerdictKind.MISSED
    words = (filed(OPENED, 1, kind=missed), filed(CLOSED, 2, kind=missed))
    copy = msgspec.structs.replace(slave(words=words), orders=(waiting(magic),))
    assert found(judged(lead, copy)) == expected


def test_what_was_told_before_the_follow_is_answered_as_the_first_book_shows_it() -> None:
    lead = master(deal(GOLD, "1.0", 1), told=(told(OPENED, 1), told("PositionModified", 4)))
    existed = filed(OPENED, 3, master=LEAD, kind=VerdictKind.MISSED, reason=Reason.EXISTED_BEFORE)
    by_book = (existed, filed("PositionModified", 4, master=LEAD))
    assert found(judged(lead, slave(words=by_book))) == {}
    # Whoever followed before owes an answer to each.
    before = filed(OPENED, 0, order=SILVER, master=LEAD)
    assert found(judged(lead, slave(words=(before, *by_book)))) == {"without_verdict": 1}
    nothing = (filed("PositionModified", 4, master=LEAD),)
    assert found(judged(lead, slave(words=nothing))) == {"without_verdict": 1}
