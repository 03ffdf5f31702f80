"""What a leg needs: its master's position against what the broker holds (law 2).

The same function answers a fresh fact, a snapshot, a timer and a start-up, so a close that was
missed, refused or late is found again however often messages are lost.
"""

from decimal import Decimal

from decisions.filling import filling_for
from decisions.marking import magic_for_intent, magic_number_of
from decisions.rounding import to_tick
from decisions.sizing import volume_after_reduction
from decisions.trading_state import PERMITS
from domain.ids import SlaveIdentifier
from domain.legs import Leg
from domain.market import Position, Side, SymbolSpec
from domain.orders import ClosePosition, Command, ModifyPosition, Nothing
from domain.policies import TradingState
from domain.reasons import Reason

ZERO = Decimal(0)


def plan_leg(
    leg: Leg, held: Position | None, spec: SymbolSpec, state: TradingState, intent: str
) -> Command | Nothing:
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
    """Send stops when the master's changed; a stop moved by hand here is left alone."""
    sl = to_tick(leg.target.sl, spec.tick_size)
    tp = to_tick(leg.target.tp, spec.tick_size)
    if (sl, tp) == (leg.sl_sent, leg.tp_sent):
        return Nothing(Reason.ALREADY_AS_WANTED)
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


def is_looser(side: Side, before: Decimal, after: Decimal) -> bool:
    """The stop loss would be gone, or further from the market than it is."""
    if before == ZERO:
        return False
    if after == ZERO:
        return True
    return after < before if side is Side.BUY else after > before


def _reduction(
    leg: Leg, held: Position, wanted: Decimal, spec: SymbolSpec, intent: str
) -> ClosePosition | Nothing:
    volume = held.volume - wanted
    if wanted > ZERO and volume < spec.volume_min:
        return Nothing(Reason.BELOW_MINIMUM_KEPT, f"{volume:f} lots are too few for an order")
    return ClosePosition(
        leg=leg.key,
        identifier=SlaveIdentifier(held.identifier),
        symbol=leg.symbol,
        side=held.side,
        volume=volume,
        whole=wanted == ZERO,
        filling=filling_for(spec),
        magic=magic_for_intent(magic_number_of(leg.magic), intent),
        comment=leg.comment,
    )


def _permitted(
    held: Position, sl: Decimal, tp: Decimal, state: TradingState
) -> tuple[Decimal, Decimal]:
    """The stops as far as the state lets them change."""
    permits = PERMITS[state]
    looser = is_looser(held.side, held.sl, sl)
    sl_now = held.sl if looser and not permits.looser_stops else sl
    return sl_now, tp if permits.target_changes else held.tp
