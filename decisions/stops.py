"""Where a copy's stops belong, by the terms that were frozen when it was opened.

Exactly where the master's are, as far from the price as the master's, at a distance of the copy's
own, or nowhere; moved further away by an offset, and swapped where the copy is reversed.
"""

from decimal import Decimal
from typing import NamedTuple

from decisions.rounding import to_tick
from decisions.trailing import tighter
from domain.legs import Leg
from domain.market import Side, SymbolSpec
from domain.terms import CopyTerms, StopKind, StopRule

ZERO = Decimal(0)


class Levels(NamedTuple):
    """Prices of a stop loss and a take profit; zero for none."""

    sl: Decimal
    tp: Decimal


def stops_of(leg: Leg) -> Levels:
    """Where a leg's stops belong by now, not rounded to any tick."""
    theirs, terms = Levels(leg.target.sl, leg.target.tp), leg.terms
    if leg.terms_sent is None:
        found = own_levels(terms, leg.side, terms.anchor, leg.master_price, theirs)
    else:
        at = leg.terms_sent.stop_limit_price or leg.terms_sent.price
        found = own_levels(terms, leg.side, at, at, theirs)
    sl = leg.sl_sent if terms.stop_loss.kind is StopKind.KEPT else found.sl
    return Levels(
        sl=tighter(leg.side, sl, leg.trail_sl) if leg.trail_sl else sl,
        tp=leg.tp_sent if terms.take_profit.kind is StopKind.KEPT else found.tp,
    )


def on_ticks(levels: Levels, spec: SymbolSpec) -> Levels:
    """On the symbol's tick grid."""
    return Levels(to_tick(levels.sl, spec.tick_size), to_tick(levels.tp, spec.tick_size))


def terms_as_shown(side: Side, theirs: Side | None, *, are_exact: bool) -> CopyTerms:
    """Of a copy that only its broker remembers, whose account copies stops exactly or does not.

    `theirs`: the side of the master's position, where it is known.
    """
    is_reversed = theirs is not None and theirs is not side
    rule = StopRule() if are_exact else StopRule(kind=StopKind.KEPT)
    return CopyTerms(reversed=is_reversed, stop_loss=rule, take_profit=rule)


def own_levels(
    terms: CopyTerms, side: Side, anchor: Decimal, master_price: Decimal, theirs: Levels
) -> Levels:
    """The copy's levels: `side` and `anchor` (the price it was asked at) are its own."""
    sl, tp = (theirs.tp, theirs.sl) if terms.reversed else theirs
    up = 1 if side is Side.BUY else -1
    apart = anchor - master_price
    return Levels(
        sl=_level(terms.stop_loss, anchor, apart, sl, -up),
        tp=_level(terms.take_profit, anchor, apart, tp, up),
    )


def asks_for_a_stop(terms: CopyTerms, theirs: Levels) -> bool:
    """Whether the copy is to have one: of its own, or what becomes of the master's."""
    rule = terms.stop_loss
    if rule.kind is StopKind.NONE:
        return False
    if rule.kind is StopKind.OWN:
        return rule.distance > ZERO
    return bool((theirs.tp if terms.reversed else theirs.sl) or rule.otherwise)


def _level(rule: StopRule, anchor: Decimal, apart: Decimal, theirs: Decimal, away: int) -> Decimal:
    """`away`: 1 where the level lies above the price it was opened at, -1 where below."""
    if rule.kind is StopKind.NONE:
        return ZERO
    if rule.kind is StopKind.OWN:
        level = anchor + away * rule.distance if rule.distance else ZERO
    elif theirs == ZERO:
        level = anchor + away * rule.otherwise if rule.otherwise else ZERO
    else:
        moved = theirs + apart if rule.kind is StopKind.DISTANCE else theirs
        level = moved + away * rule.offset
    return max(level, ZERO)
