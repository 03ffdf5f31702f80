"""How near to the market a broker takes stops and orders, and when it lets nobody touch them.

Its stops level is the least distance of SL, TP and waiting orders, its freeze level the distance
from SL, TP or the price of an order within which it refuses every change. What it would refuse is
not sent: stops go to the nearest place that is allowed, all else waits for the price to move.
"""

from decimal import Decimal

import msgspec

from decisions.rounding import ceil_to_step, floor_to_step, plain
from decisions.stops import Levels
from domain.market import PendingKind, PendingOrder, Position, Quote, Side, SymbolSpec
from domain.orders import ModifyPosition, Nothing
from domain.reasons import Reason

ZERO, ONE = Decimal(0), Decimal(1)
WAITS_FOR_A_RISE = frozenset(
    {
        PendingKind.BUY_STOP,
        PendingKind.BUY_STOP_LIMIT,
        PendingKind.SELL_LIMIT,
    }
)


def least_distance(spec: SymbolSpec) -> Decimal:
    """Of a stop from the price, price units; a stop at the very price is taken by nobody."""
    return max(spec.stops_level_points, 1) * spec.point


def with_wider_level(spec: SymbolSpec, quote: Quote, refusals: int) -> SymbolSpec:
    """After so many refusals of stops that were far enough away by what the broker tells.

    Some tell none and go by the spread: the larger of both counts, doubled with each refusal.
    """
    spread = ceil_to_step((quote.ask - quote.bid) / spec.point, ONE)
    points = max(spec.stops_level_points, int(spread), 1) * 2**refusals
    return msgspec.structs.replace(spec, stops_level_points=points)


def nearest_stops(side: Side, price: Decimal, spec: SymbolSpec) -> Levels:
    """The SL and TP nearest to `price`, at which the position is or would be closed."""
    apart, tick = least_distance(spec), spec.tick_size
    below, above = floor_to_step(price - apart, tick), ceil_to_step(price + apart, tick)
    return Levels(below, above) if side is Side.BUY else Levels(above, below)


def is_passed(side: Side, wanted: Levels, price: Decimal) -> bool:
    """The price is at or beyond one of the stops already."""
    up = 1 if side is Side.BUY else -1
    stopped = bool(wanted.sl) and (price - wanted.sl) * up <= ZERO
    taken = bool(wanted.tp) and (wanted.tp - price) * up <= ZERO
    return stopped or taken


def kept_off(side: Side, wanted: Levels, price: Decimal, spec: SymbolSpec) -> Levels:
    """The stops of a new copy: those too near to the price are moved away from it."""
    near = nearest_stops(side, price, spec)
    return Levels(
        sl=wanted.sl if _is_taken(side, wanted.sl, near.sl) else near.sl,
        tp=wanted.tp if _is_taken(side.opposite, wanted.tp, near.tp) else near.tp,
    )


def moved(wanted: Levels, given: Levels, spec: SymbolSpec) -> str:
    """What was moved, in words; empty for nothing."""
    pairs = (("SL", wanted.sl, given.sl), ("TP", wanted.tp, given.tp))
    told = [f"{name} {plain(to)}, not {plain(at)}" for name, at, to in pairs if at != to]
    return f"{' and '.join(told)}: {_rule(spec)}" if told else ""


def stops_as_taken(
    order: ModifyPosition, held: Position, spec: SymbolSpec, quote: Quote
) -> ModifyPosition | Nothing:
    """New stops as far as they can be set now; the rest follows once the price allows it.

    A stop that cannot be where it should goes as near as it may, where that is nearer than it is
    by the level or the spread: so it follows the price in steps, not at every tick.
    """
    if is_frozen(held, spec, quote):
        return Nothing(Reason.FROZEN, f"within {spec.freeze_level_points} points of its SL or TP")
    side, price = held.side, quote.exit(held.side)
    near = nearest_stops(side, price, spec)
    step = max(least_distance(spec), quote.ask - quote.bid)
    sl = _nearer(side, order.sl, held.sl, near.sl, step)
    tp = _nearer(side.opposite, order.tp, held.tp, near.tp, step)
    is_taken = _is_taken(side, sl, near.sl) and _is_taken(side.opposite, tp, near.tp)
    if not is_taken or (sl, tp) == (held.sl, held.tp):
        return Nothing(Reason.STOPS_TOO_NEAR, _rule(spec))
    note = moved(Levels(order.sl, order.tp), Levels(sl, tp), spec)
    return msgspec.structs.replace(order, sl=sl, tp=tp, note=note)


def is_frozen(held: Position, spec: SymbolSpec, quote: Quote) -> bool:
    """The position is about to be closed by one of its stops: nobody may change or close it."""
    price = quote.exit(held.side)
    return any(_is_within_freeze(stop, price, spec) for stop in (held.sl, held.tp) if stop)


def is_order_frozen(waiting: PendingOrder, spec: SymbolSpec, quote: Quote) -> bool:
    """The order is about to be set off: nobody may change or withdraw it."""
    return _is_within_freeze(waiting.price, quote.entry(waiting.kind.side), spec)


def order_may_wait(kind: PendingKind, price: Decimal, spec: SymbolSpec, quote: Quote) -> bool:
    """An order of this kind may wait at this price: on its side of the market, far enough away."""
    up = 1 if kind in WAITS_FOR_A_RISE else -1
    return (price - quote.entry(kind.side)) * up >= least_distance(spec)


def _nearer(side: Side, wanted: Decimal, held: Decimal, near: Decimal, step: Decimal) -> Decimal:
    """Where a stop can go now: where it is wanted, or nearer to that; else it stays."""
    if wanted == held or _is_taken(side, wanted, near):
        return wanted
    gained = abs(wanted - held) - abs(wanted - near)
    return near if held == ZERO or gained >= step else held


def _is_taken(side: Side, level: Decimal, near: Decimal) -> bool:
    """`side`: BUY for a level that lies below the price, SELL for one above; zero is none."""
    if level == ZERO:
        return True
    return level <= near if side is Side.BUY else level >= near


def _is_within_freeze(level: Decimal, price: Decimal, spec: SymbolSpec) -> bool:
    apart = spec.freeze_level_points * spec.point
    return apart > ZERO and abs(price - level) <= apart


def _rule(spec: SymbolSpec) -> str:
    return f"{plain(least_distance(spec) / spec.point)} points from the price at least"
