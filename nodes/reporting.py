"""What a node says of itself once a second."""

import logging

from domain.control import NodeReport
from domain.ids import NodeName
from domain.verdicts import Verdict
from nodes.bookkeeping.ledger import Ledger

logger = logging.getLogger(__name__)


class Alarms:
    """What a person should look at, by kind; logged when it comes, and when it goes."""

    def __init__(self) -> None:
        """All is well."""
        self._texts: dict[str, str] = {}

    def raise_(self, kind: str, text: str) -> None:
        """Something is wrong, or is wrong in another way."""
        if self._texts.get(kind) != text:
            logger.warning("alarm", extra={"kind": kind, "text": text})
        self._texts[kind] = text

    def clear(self, kind: str) -> None:
        """It is right again."""
        if self._texts.pop(kind, None) is not None:
            logger.info("alarm_over", extra={"kind": kind})

    def has(self, kind: str) -> bool:
        """Something of this kind is wrong now."""
        return kind in self._texts

    def texts(self) -> tuple[str, ...]:
        """Everything that is wrong now."""
        return tuple(f"{kind}: {text}" for kind, text in self._texts.items())


def report_of(ledger: Ledger, alarms: tuple[str, ...], positions: int) -> NodeReport:
    """A slave's report, as far as its ledger tells."""
    return NodeReport(
        name=NodeName(""),
        role="SLAVE",
        pid=0,
        ready=False,
        state="",
        open_legs=ledger.legs.live_count(),
        positions=positions,
        alarms=alarms,
        last_verdicts=tuple(in_words(v) for v in ledger.recent),
        figures=_latencies(list(ledger.latencies_ms)),
    )


def in_words(verdict: Verdict) -> str:
    """One verdict as a line for the console."""
    what = f"{verdict.event} {verdict.symbol} {verdict.kind.value}"
    why = "" if verdict.reason.value == "NONE" else f" {verdict.reason.value}"
    detail = f" ({verdict.detail})" if verdict.detail else ""
    return f"{what}{why}{detail}"


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` (0 to 1) of them lie; 0.0 for none."""
    if not values:
        return 0.0
    ranked = sorted(values)
    return ranked[min(int(share * len(ranked)), len(ranked) - 1)]


def _latencies(values: list[float]) -> dict[str, float]:
    """Fact seen to order sent, ms."""
    if not values:
        return {}
    return {
        "latency_ms_p50": round(percentile(values, 0.50), 3),
        "latency_ms_p99": round(percentile(values, 0.99), 3),
    }
