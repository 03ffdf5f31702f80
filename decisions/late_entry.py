"""An open that came too late, or whose price has run away: an order at the master's price instead.

It waits for a bounded time, and what it fills is the copy: one leg, one order, as any other.
"""

from decimal import Decimal

import msgspec

from decisions.copy_size import sized_copy
from decisions.copying import at_the_market
from decisions.drafting import Draft, draft_copy
from decisions.gates import (
    LATE_REASONS,
    OF_LATENESS,
    existed_before,
    first_denial,
    first_denial_but,
    signal_is_fresh,
)
from decisions.situation import Situation
from domain.copy_settings import LateEntry
from domain.market import Lifetime, PendingKind, Quote, Side, SymbolSpec, Unknowable
from domain.mt5_words import Filling, TimeInForce
from domain.orders import Command, Denied, OpenPosition, PlaceOrder
from domain.reasons import Reason
from domain.signals import PositionOpened

ZERO = Decimal(0)


def may_come_late(decision: Command | Denied, now: Situation) -> bool:
    """It was refused for nothing but its lateness, and the account wants it all the same.

    What is left of a copy in parts is not waited for: it would be an order per part. What was there
    before a master was followed is decided on the spot.
    """
    is_late = isinstance(decision, Denied) and decision.reason in LATE_REASONS
    wants = now.settings.late_entry is LateEntry.ORDER and now.begun is None
    return is_late and wants and not existed_before(now)


def decide_late(fact: PositionOpened, now: Situation) -> PlaceOrder | OpenPosition | Denied:
    """Let an order wait at the master's price until `late_until_ms`, unless a gate says no.

    Where the market is at that price there is nothing to wait for, and the copy is opened.
    """
    refused = first_denial_but(OF_LATENESS, fact, now)
    return _entry(fact, now) if refused is None else refused


def _entry(fact: PositionOpened, now: Situation) -> PlaceOrder | OpenPosition | Denied:
    draft, spec, quote = draft_copy(fact, now), now.spec, now.quote
    # The gates let nothing of the kind through; should one be lost, this still says no.
    if not isinstance(draft, Draft) or not isinstance(spec, SymbolSpec) or quote is None:
        return draft if isinstance(draft, Denied) else Denied(Reason.NO_MARKET, now.symbol)
    kind = _kind(draft, quote, spec)
    if kind is None:
        return _at_once(fact, msgspec.structs.replace(now, late_until_ms=0))
    if not _may_wait(kind, spec, now):
        why = msgspec.structs.replace(now, late_until_ms=0)
        return first_denial(fact, why) or Denied(Reason.ORDER_NOT_ALLOWED, kind.value)
    sized = sized_copy(fact, now, draft, spec)
    if isinstance(sized, Denied):
        return sized
    return PlaceOrder(
        leg=fact.leg_key,
        symbol=now.symbol,
        kind=kind,
        volume=sized.volume,
        note=sized.note,
        stops_note=draft.stops_note,
        price=draft.price,
        stop_limit_price=ZERO,
        sl=draft.sl,
        tp=draft.tp,
        terms=draft.terms,
        lifetime=_lifetime(now),
        filling=int(Filling.RETURN),
        magic=now.magic,
        comment=now.comment,
        late_until_ms=now.late_until_ms,
    )


def _kind(draft: Draft, quote: Quote, spec: SymbolSpec) -> PendingKind | None:
    """What waits for the price to come back; None where it is there, or too near for an order."""
    worse = (quote.entry(draft.side) - draft.price) * (1 if draft.side is Side.BUY else -1)
    if abs(worse) <= spec.stops_level_points * spec.point:
        return None
    if draft.side is Side.BUY:
        return PendingKind.BUY_LIMIT if worse > ZERO else PendingKind.BUY_STOP
    return PendingKind.SELL_LIMIT if worse > ZERO else PendingKind.SELL_STOP


def _at_once(fact: PositionOpened, now: Situation) -> OpenPosition | Denied:
    denial = first_denial_but(frozenset({signal_is_fresh}), fact, now)
    return at_the_market(fact, now) if denial is None else denial


def _may_wait(kind: PendingKind, spec: SymbolSpec, now: Situation) -> bool:
    """The symbol takes such orders, and the account keeps legs apart."""
    nets = isinstance(now.account, Unknowable) or not now.account.hedging
    return spec.takes(kind) and not nets


def _lifetime(now: Situation) -> Lifetime:
    """It ends by itself where the broker's clock is known; we withdraw it in any case."""
    if not now.newest_server_ms:
        return Lifetime()
    until_server_ms = now.newest_server_ms + now.settings.late_entry_seconds * 1000
    return Lifetime(kind=TimeInForce.SPECIFIED, until_server_ms=until_server_ms)
