"""What a policy asks for, in the oracle's own words; nothing of the product's settings is read."""

from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple

HUNDREDTH = Decimal("0.01")
#: Everybody's, USD, unless a policy says otherwise: so much that nobody is stopped out.
DEPOSIT = 10_000_000


class Floor(NamedTuple):
    """A broker as far as it matters for copies.

    Its lots; what it adds to the ask, points; what it takes a lot and side, USD.
    """

    name: str
    step: Decimal
    least: Decimal
    wider: int = 0
    takes: float = 0.0

    def fee(self, lots: Decimal) -> Decimal:
        """For one deal, in whole cents."""
        return Decimal(str(round(self.takes * float(lots), 2)))


FTMO = Floor("FTMO-Demo", HUNDREDTH, HUNDREDTH, takes=2.5)
APEX = Floor("Apex-Demo", HUNDREDTH, HUNDREDTH, wider=2)
HARBOR = Floor("Harbor-Demo", Decimal("0.1"), Decimal("0.1"))


class Window(NamedTuple):
    """Copied from the first minute of the day on until before the second, Monday to Friday."""

    zone: str
    opens: int
    closes: int


class Rule(NamedTuple):
    """How one trader is copied. `by_balance_of`: by both balances, his was so much at first."""

    times: Decimal | Fraction = Decimal(1)
    by_balance_of: int = 0
    fixed: Decimal | None = None
    most: Decimal | None = None
    most_is_kept_to: bool = False
    least: Decimal | None = None
    side: str = ""
    reverse: bool = False
    copies_stops: bool = True
    stop_points: int = 0
    target_ratio: int = 0
    hold_s: int = 0
    room: int = 0
    opens: int = 0
    within_s: int = 0
    window: Window | None = None
    at_market_only: bool = False
    never: str = ""
    small_rest_is_closed: bool = False

    def lots(self, master: Decimal, floor: Floor) -> Decimal | str:
        """A copy's lots; or why there is none."""
        wanted = Fraction(self.fixed or 0) or Fraction(master) * Fraction(self.times)
        if self.least is not None and wanted < self.least:
            return "MIN_LOT"
        lots = on_steps(wanted, floor)
        if self.most is not None and lots > self.most:
            if not self.most_is_kept_to:
                return "MAX_LOT"
            lots = on_steps(self.most, floor)
        return lots if lots >= floor.least else "VOLUME_TOO_SMALL"

    def rest(self, filled: Decimal, left: Decimal, of: Decimal, floor: Floor) -> Decimal:
        """What stays of a copy whose master has `left` of what it was."""
        due = on_steps(Fraction(filled) * Fraction(left) / Fraction(of), floor)
        if due < floor.least:
            return Decimal(0) if self.small_rest_is_closed else floor.least
        return due


def on_steps(lots: Decimal | Fraction, floor: Floor) -> Decimal:
    """Down to whole steps."""
    return (Fraction(lots) // Fraction(floor.step)) * floor.step
