"""THE decision: a master's fact and the situation here -> an order, or why not. Read this first."""

from decimal import ROUND_FLOOR, Decimal

from decisions.copy_size import sized_copy
from decisions.filling import filling_for
from decisions.gates import first_denial, points_from_master
from decisions.order_terms import lifetime_here, order_prices
from decisions.rounding import to_tick
from decisions.situation import Situation
from decisions.sizing import Sized
from domain.market import Quote, SymbolSpec
from domain.mt5_words import Filling
from domain.orders import Denied, OpenPosition, PlaceOrder
from domain.reasons import Reason
from domain.signals import OrderPlaced, PositionOpened


def decide_open(fact: PositionOpened, now: Situation) -> OpenPosition | Denied:
    """Open a copy, unless one of the gates says no."""
    denial = first_denial(fact, now)
    if denial is not None:
        return denial
    return _order(fact, now)


def _order(fact: PositionOpened, now: Situation) -> OpenPosition | Denied:
    spec, quote = now.spec, now.quote
    sized, distance = sized_copy(fact, now), points_from_master(fact, now)
    if not isinstance(sized, Sized):
        return sized or Denied(Reason.NO_MARKET, now.symbol)
    if not isinstance(spec, SymbolSpec) or quote is None or distance is None:
        # The gates let nothing of the kind through; should one be lost, this still says no.
        return Denied(Reason.NO_MARKET, now.symbol)
    position = fact.position
    return OpenPosition(
        leg=fact.leg_key,
        symbol=now.symbol,
        side=position.side,
        volume=sized.volume,
        note=sized.note,
        price=quote.entry(position.side),
        sl=to_tick(position.sl, spec.tick_size),
        tp=to_tick(position.tp, spec.tick_size),
        deviation_points=_room(now.settings.slippage_tolerance, distance),
        filling=filling_for(spec),
        magic=now.magic,
        comment=now.comment,
    )


def decide_place(fact: OrderPlaced, now: Situation) -> PlaceOrder | Denied:
    """Let an order wait as the master's does, unless one of the gates says no."""
    denial = first_denial(fact, now)
    if denial is not None:
        return denial
    return _waiting_order(fact, now)


def _waiting_order(fact: OrderPlaced, now: Situation) -> PlaceOrder | Denied:
    sized = sized_copy(fact, now)
    if not isinstance(now.spec, SymbolSpec) or not isinstance(sized, Sized):
        # As above: the gates let nothing of the kind through.
        return sized if isinstance(sized, Denied) else Denied(Reason.UNKNOWN_SYMBOL, now.symbol)
    prices = order_prices(fact.order, now.spec)
    return PlaceOrder(
        leg=fact.leg_key,
        symbol=now.symbol,
        kind=fact.order.kind,
        volume=sized.volume,
        note=sized.note,
        price=prices.price,
        stop_limit_price=prices.stop_limit_price,
        sl=prices.sl,
        tp=prices.tp,
        lifetime=lifetime_here(fact.order, now.age_ms, now.newest_server_ms),
        filling=int(Filling.RETURN),
        magic=now.magic,
        comment=now.comment,
    )


def spread_points(quote: Quote, spec: SymbolSpec) -> Decimal:
    """Ask minus bid, in points."""
    return (quote.ask - quote.bid) / spec.point


def _room(tolerance: Decimal, used: Decimal) -> int:
    """What is left of the tolerance, whole points, rounded against ourselves."""
    return int((tolerance - used).to_integral_value(ROUND_FLOOR))
