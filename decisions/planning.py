"""What a leg needs: its master's position against what the broker holds (law 2).

The same function answers a fresh fact, a snapshot, a timer and a start-up, so a close that was
missed, refused or late is found again however often messages are lost.
"""

from decimal import Decimal

import msgspec

from decisions.filling import filling_for
from decisions.marking import magic_for_intent, magic_number_of
from decisions.parts import split
from decisions.reducing import volume_after_reduction
from decisions.rounding import to_tick
from decisions.stops import Levels, on_ticks, stops_of
from decisions.trading_state import PERMITS
from domain.ids import SlaveIdentifier
from domain.legs import Leg
from domain.market import Position, Side, SymbolSpec
from domain.orders import ClosePosition, ModifyPosition, Nothing
from domain.policies import TradingState
from domain.reasons import Reason

ZERO = Decimal(0)
#: So many orders for stops without an answer are remembered of a leg, the newest ones.
MOST_OUT = 8

#: What can be asked of a position that is there already.
FollowOrder = ModifyPosition | ClosePosition


def plan_leg(
    leg: Leg, held: Position | None, spec: SymbolSpec, state: TradingState, intent: str
) -> FollowOrder | Nothing:
    """The next order this leg needs, or why none. `intent` names the order, should there be one."""
    if held is None:
        return Nothing(Reason.ALREADY_CLOSED_HERE)
    wanted = volume_after_reduction(leg, held.volume, spec)
    if wanted < held.volume:
        reduction = _reduction(leg, held, wanted, spec, intent)
        if isinstance(reduction, ClosePosition):
            return reduction
        stops = plan_stops(leg, held, spec, state)
        return reduction if isinstance(stops, Nothing) else stops
    return plan_stops(leg, held, spec, state)


def plan_stops(
    leg: Leg, held: Position, spec: SymbolSpec, state: TradingState
) -> ModifyPosition | Nothing:
    """Send the stop that the master changed; one moved by hand here is left alone."""
    sl, tp = _target_stops(leg, spec)
    if (sl, tp) == (leg.sl_sent, leg.tp_sent):
        return Nothing(Reason.ALREADY_AS_WANTED)
    if sl == leg.sl_sent or _would_go_back(leg, held, sl, spec):
        sl = held.sl
    tp = held.tp if tp == leg.tp_sent else tp
    wanted = _permitted(held, sl, tp, state)
    if wanted == (held.sl, held.tp):
        held_back = wanted != (sl, tp)
        return Nothing(Reason.LOOSER_STOP_HELD if held_back else Reason.ALREADY_AS_WANTED)
    return ModifyPosition(
        leg=leg.key,
        identifier=SlaveIdentifier(held.identifier),
        symbol=leg.symbol,
        sl=wanted[0],
        tp=wanted[1],
    )


def _would_go_back(leg: Leg, held: Position, sl: Decimal, spec: SymbolSpec) -> bool:
    """Break-even and trailing only tighten, also what somebody has tightened by hand."""
    is_its_own = leg.trail_sl > ZERO and sl == to_tick(leg.trail_sl, spec.tick_size)
    return is_its_own and is_looser(leg.side, held.sl, sl)


def with_stops_found(leg: Leg, held: Position) -> Leg:
    """Stops in force that no answer told of: our own order brought them, and nobody's hand."""
    listed = (held.sl, held.tp)
    if listed not in leg.stops_out or listed == (leg.sl_sent, leg.tp_sent):
        return leg
    # An earlier order for the same stops may be out yet.
    out = list(leg.stops_out)
    out.remove(listed)
    return msgspec.structs.replace(leg, sl_sent=held.sl, tp_sent=held.tp, stops_out=tuple(out))


def with_stops_out(leg: Leg, order: ModifyPosition) -> Leg:
    """The leg while nobody has answered for such an order, be it for a crash in between."""
    out = (*leg.stops_out, (order.sl, order.tp))
    return msgspec.structs.replace(leg, stops_out=out[-MOST_OUT:])


def with_stops_sent(leg: Leg, sent: ModifyPosition, spec: SymbolSpec) -> Leg:
    """The leg after its broker took these stops; the one that came along unchanged was not sent."""
    sl, tp = _target_stops(leg, spec)
    return msgspec.structs.replace(
        leg,
        sl_sent=leg.sl_sent if sl == leg.sl_sent else sent.sl,
        tp_sent=leg.tp_sent if tp == leg.tp_sent else sent.tp,
    )


def with_stops_in_force(leg: Leg, held: Position, spec: SymbolSpec) -> Leg:
    """A stop that is as the master's need not be sent; from here on it may be moved by hand."""
    sl, tp = _target_stops(leg, spec)
    return msgspec.structs.replace(
        leg,
        sl_sent=sl if held.sl == sl else leg.sl_sent,
        tp_sent=tp if held.tp == tp else leg.tp_sent,
    )


def with_stops_confirmed(leg: Leg, held: Position) -> Leg:
    """What the broker shows first is what it took of the stops of an open, whatever was asked.

    Stops it left out are sent by the next plan; a stop that is moved by hand later is not ours.
    """
    return msgspec.structs.replace(leg, sl_sent=held.sl, tp_sent=held.tp, stops_confirmed=True)


def aimed_as(leg: Leg, after: Leg) -> Leg:
    """What an order for other levels has changed of the leg, which aims at its own as before."""
    aim = {name: getattr(leg, name) for name in ("target", "terms", "trail_sl", "stops_out")}
    return msgspec.structs.replace(after, **aim)


def is_looser(side: Side, before: Decimal, after: Decimal) -> bool:
    """The stop loss would be gone, or further from the market than it is."""
    if before == ZERO:
        return False
    if after == ZERO:
        return True
    return after < before if side is Side.BUY else after > before


def stops_are_due(leg: Leg, spec: SymbolSpec) -> bool:
    """Stops that were sent last are not where they should be by now."""
    return _target_stops(leg, spec) != (leg.sl_sent, leg.tp_sent)


def _target_stops(leg: Leg, spec: SymbolSpec) -> Levels:
    return on_ticks(stops_of(leg), spec)


def _reduction(
    leg: Leg, held: Position, wanted: Decimal, spec: SymbolSpec, intent: str
) -> ClosePosition | Nothing:
    volume = held.volume - wanted
    if wanted > ZERO and volume < spec.volume_min:
        return Nothing(Reason.BELOW_MINIMUM_KEPT, f"{volume:f} lots are too few for an order")
    now = _at_once(volume, spec)
    return ClosePosition(
        leg=leg.key,
        identifier=SlaveIdentifier(held.identifier),
        symbol=leg.symbol,
        side=held.side,
        volume=now,
        whole=wanted == ZERO and now == volume,
        more=now < volume,
        filling=filling_for(spec),
        magic=magic_for_intent(magic_number_of(leg.magic), intent),
        comment=leg.comment,
    )


def _at_once(volume: Decimal, spec: SymbolSpec) -> Decimal:
    """The broker's largest order at most, and no less than its smallest left for the next."""
    if volume <= spec.volume_max:
        return volume
    parts = split(volume, spec)
    return parts[0] if parts else volume


def _permitted(
    held: Position, sl: Decimal, tp: Decimal, state: TradingState
) -> tuple[Decimal, Decimal]:
    """The stops as far as the state lets them change."""
    permits = PERMITS[state]
    looser = is_looser(held.side, held.sl, sl)
    sl_now = held.sl if looser and not permits.looser_stops else sl
    return sl_now, tp if permits.target_changes else held.tp
