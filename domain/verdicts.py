"""The answer to one master event on one slave, with the times and prices of every step."""

from decimal import Decimal
from enum import StrEnum

import msgspec

from domain.book import Stamp
from domain.figures import Prices, Times
from domain.ids import JourneyId, LegKey, NodeName
from domain.market import Side
from domain.reasons import Reason


class VerdictKind(StrEnum):
    """What became of an event. `unknown` is never the last one."""

    COPIED = "copied"
    PARTIAL = "partial"
    DENIED = "denied"
    MISSED = "missed"
    REJECTED = "rejected"
    NOTHING_TO_DO = "nothing_to_do"
    UNKNOWN = "unknown"


class Verdict(msgspec.Struct, frozen=True, kw_only=True):
    """One per event per slave; a later one may supersede it by naming the same event."""

    slave: NodeName
    master: NodeName
    stamp: Stamp
    journey: JourneyId
    event: str
    leg: LegKey
    kind: VerdictKind
    reason: Reason
    detail: str = ""
    symbol: str = ""
    side: Side | None = None
    volume: Decimal | None = None
    master_volume: Decimal | None = None
    retcode: int = 0
    times: Times
    prices: Prices = Prices()
    decided_at_ms: int
    supersedes: str = ""
