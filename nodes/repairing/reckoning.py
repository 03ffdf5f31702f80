"""What copies brought in, booked once their deals show it; never before an order."""

from decimal import Decimal

import msgspec

from decisions.evidence import deals_prove_closed, last_price
from domain.ids import LegKey
from domain.legs import Leg
from domain.market import Unknowable
from nodes.bookkeeping.ledger import Ledger
from nodes.ports import TerminalDoor
from utils.clock import Clock

ZERO = Decimal(0)
#: Deals that did not show up before a restart are looked for as long after a close.
RECKONED_FOR_MS = 2 * 86_400_000


class Reckoner:
    """Closed legs whose result is not known yet."""

    def __init__(self, door: TerminalDoor, ledger: Ledger, clock: Clock) -> None:
        """Go on with what an earlier run left open."""
        self._door = door
        self._ledger = ledger
        since_ms = clock.now().utc_ms - RECKONED_FOR_MS
        self._due = {leg.key for leg in ledger.legs.closed_without_result(since_ms)}
        self._unproven: set[LegKey] = set()

    def await_result(self, key: LegKey, *, proven: bool) -> None:
        """Closed just now. `proven`: a deal, or the broker's answer, says so."""
        self._due.add(key)
        if not proven:
            self._unproven.add(key)

    def unproven(self) -> list[LegKey]:
        """Taken for closed, though no deal shows it."""
        return sorted(self._unproven)

    def reckon(self) -> None:
        """Look for the deals of all that is due."""
        for key in list(self._due):
            leg = self._ledger.legs.find(key)
            if leg is None or leg.live:
                self._forget(key)
                continue
            # Asked for position 0, a terminal shows the account's deposits.
            deals = self._door.deals_of(leg.identifier) if leg.identifier else ()
            if isinstance(deals, Unknowable) or not deals_prove_closed(deals):
                continue
            net = sum((d.net for d in deals), ZERO) * self._share_of(leg)
            self._ledger.keep(msgspec.structs.replace(leg, net=net, price_close=last_price(deals)))
            self._forget(key)

    def _share_of(self, leg: Leg) -> Decimal:
        """Legs of a netting account that shared a position share what it brought in."""
        filled = self._ledger.legs.filled_in(leg.identifier)
        return leg.filled_volume / filled if filled else Decimal(1)

    def _forget(self, key: LegKey) -> None:
        self._due.discard(key)
        self._unproven.discard(key)
