"""THE decision: a master's fact and the situation here -> an order, or why not. Read this first."""

from decimal import ROUND_FLOOR, Decimal

from decisions.copy_size import sized_copy
from decisions.drafting import Draft, draft_copy, kind_here
from decisions.filling import filling_for
from decisions.gates import allowed_points, first_denial, points_from_master
from decisions.order_terms import lifetime_here, order_prices
from decisions.parts import split
from decisions.situation import Situation
from domain.market import SymbolSpec
from domain.mt5_words import Filling
from domain.orders import Denied, OpenPosition, PlaceOrder
from domain.reasons import Reason
from domain.signals import OrderPlaced, PositionOpened

ZERO = Decimal(0)


def decide_open(fact: PositionOpened, now: Situation) -> OpenPosition | Denied:
    """Open a copy, unless one of the gates says no."""
    denial = first_denial(fact, now)
    if denial is not None:
        return denial
    return at_the_market(fact, now)


def at_the_market(fact: PositionOpened, now: Situation) -> OpenPosition | Denied:
    """The order, once the gates have let it through."""
    draft, spec = draft_copy(fact, now), now.spec
    # The gates let nothing of the kind through; should one be lost, this still says no.
    if not isinstance(draft, Draft) or not isinstance(spec, SymbolSpec):
        return draft if isinstance(draft, Denied) else Denied(Reason.NO_MARKET, now.symbol)
    sized = sized_copy(fact, now, draft, spec)
    if isinstance(sized, Denied):
        return sized
    first, *others = split(sized.volume, spec)
    whole = sized.volume if now.begun is None else now.begun.first.copy_volume
    return OpenPosition(
        leg=now.leg_of(fact),
        symbol=now.symbol,
        side=draft.side,
        volume=first,
        copy_volume=whole if others or now.begun is not None else ZERO,
        note=sized.note,
        stops_note=draft.stops_note,
        price=draft.price,
        sl=draft.sl,
        tp=draft.tp,
        terms=draft.terms,
        deviation_points=_room(fact, now),
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
    draft, spec = draft_copy(fact, now), now.spec
    kind = kind_here(fact.order.kind, is_reversed=now.settings.reverse)
    # As above: the gates let nothing of the kind through.
    if not isinstance(draft, Draft) or not isinstance(spec, SymbolSpec) or kind is None:
        return draft if isinstance(draft, Denied) else Denied(Reason.UNKNOWN_SYMBOL, now.symbol)
    sized = sized_copy(fact, now, draft, spec)
    if isinstance(sized, Denied):
        return sized
    prices = order_prices(fact.order, spec, draft.terms, draft.side)
    return PlaceOrder(
        leg=fact.leg_key,
        symbol=now.symbol,
        kind=kind,
        volume=sized.volume,
        note=sized.note,
        stops_note=draft.stops_note,
        price=prices.price,
        stop_limit_price=prices.stop_limit_price,
        sl=prices.sl,
        tp=prices.tp,
        terms=draft.terms,
        lifetime=lifetime_here(fact.order, now.age_ms, now.newest_server_ms),
        filling=int(Filling.RETURN),
        magic=now.magic,
        comment=now.comment,
    )


def _room(fact: PositionOpened, now: Situation) -> int:
    """What is left of the tolerance, whole points, rounded against ourselves."""
    tolerance, used = allowed_points(fact, now), points_from_master(fact, now)
    left = ZERO if tolerance is None or used is None else tolerance - used
    return int(left.to_integral_value(ROUND_FLOOR))
