"""How far apart prices are, in points of the slave's symbol: ours and the master's, ask and bid."""

from decimal import Decimal

from domain.market import Quote, Side, SymbolSpec
from domain.policies import SlippageMode

ZERO = Decimal(0)


def slippage_points(
    side: Side, price: Decimal, master_price: Decimal, point: Decimal, mode: SlippageMode
) -> Decimal:
    """|price - master price| / point; in `adverse` mode a better price counts as zero."""
    worse = price - master_price if side is Side.BUY else master_price - price
    if mode is SlippageMode.ADVERSE:
        return max(worse, ZERO) / point
    return abs(worse) / point


def spread_points(quote: Quote, spec: SymbolSpec) -> Decimal:
    """Ask minus bid, in points."""
    return (quote.ask - quote.bid) / spec.point
