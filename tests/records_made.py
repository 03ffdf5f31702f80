"""Builders for what a node writes into its journal: say what matters, the rest is sensible."""

from decimal import Decimal
from typing import Any

from domain.book import BookPosition, Stamp
from domain.figures import Figures, Prices, Times
from domain.ids import (
    JourneyId,
    LegKey,
    Magic,
    MasterIdentifier,
    MasterSymbol,
    NodeName,
    OpeningOrder,
    SlaveIdentifier,
    SlaveSymbol,
)
from domain.legs import Intent, Leg, LegState, MasterTarget
from domain.market import Side
from domain.policies import Latch, TradingState
from domain.reasons import Reason
from domain.records import EquitySample, LatchChange
from domain.signals import PositionOpened
from domain.verdicts import Verdict, VerdictKind

MASTER = NodeName("FTMO_Master")
SLAVE = NodeName("Apex_Slave_01")
MOMENT_MS = 1_399_033_800_000  # 2014-05-02 12:30 UTC
FIGURES = Figures(
    times=Times(seen_us=MOMENT_MS * 1000 + 1, sent_us=MOMENT_MS * 1000 + 900),
    prices=Prices(master=Decimal("1285.10"), filled=Decimal("1285.21")),
)


def key(order: int = 501) -> LegKey:
    return LegKey(7001, "FTMO-Demo", OpeningOrder(order))


def leg(order: int = 501, state: LegState = LegState.OPEN, **other: Any) -> Leg:
    target = MasterTarget(
        stamp=Stamp(1, order),
        journey=JourneyId(f"j{order}"),
        volume=Decimal(1),
        initial_volume=Decimal(1),
        sl=Decimal(0),
        tp=Decimal(0),
    )
    made: dict[str, Any] = {
        "key": key(order),
        "journey": JourneyId(f"j{order}"),
        "opened_by": Stamp(1, order),
        "master": MASTER,
        "master_symbol": MasterSymbol("XAUUSD"),
        "symbol": SlaveSymbol("GOLD"),
        "side": Side.BUY,
        "magic": Magic(234000 * 10**12 + order),
        "comment": str(order),
        "state": state,
        "target": target,
        "wanted_volume": Decimal("0.10"),
        "filled_volume": Decimal("0.10"),
        "volume": Decimal("0.10"),
        "price_open": Decimal("1285.21"),
        "identifier": SlaveIdentifier(9000 + order),
        "opened_at_ms": MOMENT_MS,
        "opening": FIGURES,
    }
    return Leg(**(made | other))


def closed_leg(order: int = 501) -> Leg:
    money = {"net": Decimal("-1.50"), "price_close": Decimal("1285.06")}
    return leg(order, LegState.CLOSED, closed_at_ms=MOMENT_MS + 60_000, closing=FIGURES, **money)


def intent(number: int = 1, outcome: str = "", written_at_ms: int = MOMENT_MS) -> Intent:
    return Intent(
        intent=f"i{number}",
        leg=key(),
        kind="OpenPosition",
        volume=Decimal("0.10"),
        magic=Magic(234000 * 10**12),
        stamp=Stamp(1, number),
        journey=JourneyId("j501"),
        written_at_ms=written_at_ms,
        outcome=outcome,
    )


def opened(seq: int = 1, epoch: int = 1, order: int = 501) -> PositionOpened:
    position = BookPosition(
        identifier=MasterIdentifier(order),
        opening_order=OpeningOrder(order),
        symbol=MasterSymbol("XAUUSD"),
        side=Side.BUY,
        volume=Decimal(1),
        initial_volume=Decimal(1),
        price_open=Decimal("1285.10"),
        sl=Decimal(0),
        tp=Decimal(0),
        opened_server_ms=MOMENT_MS,
        magic=0,
        comment="",
    )
    return PositionOpened(
        master=MASTER,
        login=7001,
        server="FTMO-Demo",
        stamp=Stamp(epoch, seq),
        journey=JourneyId(f"j{order}"),
        position=position,
        price=Decimal("1285.10"),
        seen_at_us=MOMENT_MS * 1000,
        age_ms=3,
    )


def verdict(
    kind: VerdictKind = VerdictKind.COPIED, reason: Reason = Reason.NONE, **other: Any
) -> Verdict:
    made: dict[str, Any] = {
        "slave": SLAVE,
        "master": MASTER,
        "stamp": Stamp(1, 1),
        "journey": JourneyId("j501"),
        "event": "PositionOpened",
        "leg": key(),
        "kind": kind,
        "reason": reason,
        "symbol": "GOLD",
        "times": FIGURES.times,
        "decided_at_ms": MOMENT_MS,
    }
    return Verdict(**(made | other))


def latch_change(state: TradingState = TradingState.HALTED, counter: int = 0) -> LatchChange:
    after = Latch(state=state, counter=counter, reason="daily loss", by="node", at_ms=MOMENT_MS)
    return LatchChange(account=SLAVE, before=Latch(), after=after)


def equity(at_ms: int = MOMENT_MS) -> EquitySample:
    return EquitySample(
        account=SLAVE,
        at_ms=at_ms,
        balance=Decimal(50000),
        equity=Decimal("49990.50"),
        profit=Decimal("-9.50"),
        daily=None,
        currency="USD",
    )
