"""A copy before its volume is known: its side, its price, its stops, and the terms they came by."""

from decimal import Decimal

import msgspec

from decisions.levels import is_passed, kept_off, moved
from decisions.order_terms import entry_of
from decisions.rounding import to_tick
from decisions.situation import Situation
from decisions.stops import Levels, asks_for_a_stop, on_ticks, own_levels
from domain.copy_settings import StopLossType, TakeProfitType
from domain.market import PendingKind, Side, SymbolSpec
from domain.orders import Denied
from domain.policies import AccountSettings
from domain.reasons import Reason
from domain.signals import OrderPlaced, PositionOpened
from domain.terms import CopyTerms, StopKind, StopRule

ZERO = Decimal(0)
#: What asks for a copy: a position, or an order that waits to become one.
Asking = PositionOpened | OrderPlaced

#: What most accounts have.
AS_THEIRS = StopRule()
#: On the other side of a price the same order is one of the other kind; a stop-limit has none.
TURNED = {
    PendingKind.BUY_LIMIT: PendingKind.SELL_STOP,
    PendingKind.SELL_LIMIT: PendingKind.BUY_STOP,
    PendingKind.BUY_STOP: PendingKind.SELL_LIMIT,
    PendingKind.SELL_STOP: PendingKind.BUY_LIMIT,
}


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """`price` is where it would open; zero `sl` or `tp` means none; both lie on the tick grid.

    `stops_note`: what was moved of them, as the broker takes none so near.
    """

    side: Side
    price: Decimal
    terms: CopyTerms
    sl: Decimal
    tp: Decimal
    stops_note: str = ""

    @property
    def stop_distance(self) -> Decimal:
        """From the price to the stop, on the side where it loses; zero without a stop."""
        if self.sl == ZERO:
            return ZERO
        return self.price - self.sl if self.side is Side.BUY else self.sl - self.price


def side_here(fact: Asking, settings: AccountSettings) -> Side:
    """The copy's side: the other one where it is reversed."""
    return fact.subject.side.opposite if settings.reverse else fact.subject.side


def kind_here(kind: PendingKind, *, is_reversed: bool) -> PendingKind | None:
    """What waits here for the same price; None where there is no such order."""
    return TURNED.get(kind) if is_reversed else kind


def draft_copy(fact: Asking, now: Situation) -> Draft | Denied | None:
    """The copy as the account's settings have it, or why not; None without a price to open at."""
    spec, side = now.spec, side_here(fact, now.settings)
    if not isinstance(spec, SymbolSpec):
        return None
    if isinstance(fact, OrderPlaced):
        price, master_price = to_tick(entry_of(fact.order), spec.tick_size), entry_of(fact.order)
        closes_at = price
    elif now.late_until_ms:
        price, master_price = to_tick(fact.price, spec.tick_size), fact.price
        closes_at = price
    elif now.quote is None:
        return None
    else:
        price, master_price = now.quote.entry(side), fact.price
        closes_at = now.quote.exit(side)
    theirs = Levels(fact.subject.sl, fact.subject.tp)
    terms = _terms(now, spec, side, price, master_price, theirs)
    if isinstance(terms, Denied):
        return terms
    wanted = on_ticks(own_levels(terms, side, price, master_price, theirs), spec)
    if wanted.sl == ZERO and asks_for_a_stop(terms, theirs):
        why = f"below zero, as a stop so far from {price:f} would be, there is none"
        return Denied(Reason.NO_STOP, why)
    if is_passed(side, wanted, closes_at):
        return Denied(Reason.STOP_PASSED, f"SL {wanted.sl:f}, TP {wanted.tp:f}, {closes_at:f} here")
    sl, tp = kept_off(side, wanted, closes_at, spec)
    note = moved(wanted, Levels(sl, tp), spec)
    return Draft(side=side, price=price, terms=terms, sl=sl, tp=tp, stops_note=note)


def _terms(
    now: Situation,
    spec: SymbolSpec,
    side: Side,
    price: Decimal,
    master_price: Decimal,
    theirs: Levels,
) -> CopyTerms | Denied:
    if now.begun is not None:
        return msgspec.structs.replace(now.begun.first.terms, anchor=price)
    loss = _stop_loss(now, spec)
    if isinstance(loss, Denied):
        return loss
    terms = CopyTerms(
        reversed=now.settings.reverse,
        anchor=price,
        stop_loss=loss,
        take_profit=_take_profit(now.settings, spec, ZERO),
        min_hold_ms=now.settings.min_hold_seconds * 1000,
        max_hold_ms=(now.settings.max_hold_seconds or 0) * 1000,
    )
    if now.settings.break_even.at is not None or now.settings.trailing.distance is not None:
        terms = _with_moves(terms, now.settings, spec)
    if now.settings.take_profit_type is not TakeProfitType.RATIO:
        return terms
    stop = own_levels(terms, side, price, master_price, theirs).sl
    distance = abs(price - stop) if stop else ZERO
    return msgspec.structs.replace(terms, take_profit=_take_profit(now.settings, spec, distance))


def _with_moves(terms: CopyTerms, settings: AccountSettings, spec: SymbolSpec) -> CopyTerms:
    """How its stop moves by itself."""
    even, trail = settings.break_even, settings.trailing
    return msgspec.structs.replace(
        terms,
        break_even_at=(even.at or ZERO) * spec.point,
        break_even_lock=even.lock * spec.point,
        trail_distance=(trail.distance or ZERO) * spec.point,
        trail_from=trail.start * spec.point,
        trail_step=trail.step * spec.point if trail.distance else ZERO,
    )


def _stop_loss(now: Situation, spec: SymbolSpec) -> StopRule | Denied:
    settings = now.settings
    is_plain = settings.protective_stop is None and not settings.stop_loss_offset
    if settings.stop_loss_type is StopLossType.EXACT and is_plain:
        return AS_THEIRS
    protective = (settings.protective_stop or ZERO) * spec.point
    match settings.stop_loss_type:
        case StopLossType.FIXED:
            return _own((settings.stop_loss_points or ZERO) * spec.point)
        case StopLossType.DYNAMIC:
            if now.volatility is None or now.volatility <= ZERO:
                return Denied(Reason.VOLATILITY_UNKNOWN, now.symbol)
            return _own(now.volatility * settings.atr.times)
        case StopLossType.NONE:
            return _own(protective) if protective else StopRule(kind=StopKind.NONE)
        case _ as kind:
            return StopRule(
                kind=StopKind(kind.value),
                offset=settings.stop_loss_offset * spec.point,
                otherwise=protective,
            )


def _take_profit(settings: AccountSettings, spec: SymbolSpec, stop_distance: Decimal) -> StopRule:
    if settings.take_profit_type is TakeProfitType.EXACT and not settings.take_profit_offset:
        return AS_THEIRS
    match settings.take_profit_type:
        case TakeProfitType.FIXED:
            return _own((settings.take_profit_points or ZERO) * spec.point)
        case TakeProfitType.RATIO:
            return _own((settings.take_profit_ratio or ZERO) * stop_distance)
        case TakeProfitType.NONE:
            return StopRule(kind=StopKind.NONE)
        case _ as kind:
            offset = settings.take_profit_offset * spec.point
            return StopRule(kind=StopKind(kind.value), offset=offset)


def _own(distance: Decimal) -> StopRule:
    return StopRule(kind=StopKind.OWN, distance=distance)
