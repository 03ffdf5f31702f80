"""One way through the decision to open, and how often it is gone."""

import msgspec

from decisions.filling import next_filling
from decisions.situation import Situation
from domain.market import SymbolSpec
from domain.mt5_words import Retcode
from domain.orders import Denied, OpenPosition, PlaceOrder
from domain.outcomes import Rejected
from domain.reasons import Reason
from nodes.executor import AnyExecuted

AskedFor = OpenPosition | PlaceOrder


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """One way through the decision, and what came of it."""

    situation: Situation
    decided_us: int
    order: AskedFor | None = None
    denied: Denied | None = None
    executed: AnyExecuted | None = None

    @property
    def stale(self) -> bool:
        """It took so long that the market has moved on."""
        return self.denied is not None and self.denied.reason is Reason.LOOP_STALLED


class Tries:
    """How often one open was tried, and with which fillings."""

    def __init__(self, most: int) -> None:
        """Proven refusals that a new price or another filling may cure are tried `most` times."""
        self._left = most - 1
        self._fillings: set[int] = set()
        self.stops_refused = 0

    def with_filling(self, order: AskedFor, situation: Situation) -> AskedFor:
        """The order with a filling that the broker has not refused yet."""
        if not self._fillings or not isinstance(situation.spec, SymbolSpec):
            return order
        filling = next_filling(self._fillings, situation.spec)
        return order if filling is None else msgspec.structs.replace(order, filling=filling)

    def may_cure(self, attempt: Attempt) -> bool:
        """Only a stale decision or a proven refusal of a curable kind is worth another try."""
        if self._left == 0 or not (attempt.stale or self._is_curable(attempt)):
            return False
        self._left -= 1
        return True

    def _is_curable(self, attempt: Attempt) -> bool:
        if attempt.executed is None or attempt.order is None:
            return False
        outcome = attempt.executed.outcome
        if not isinstance(outcome, Rejected):
            return False
        if outcome.retcode == Retcode.INVALID_FILL:
            self._fillings.add(attempt.order.filling)
            return True
        if outcome.retcode == Retcode.INVALID_STOPS and isinstance(attempt.order, OpenPosition):
            # The price has moved, or the level is not as it is told: the next stops are wider.
            self.stops_refused += 1
            return True
        return outcome.may_retry
