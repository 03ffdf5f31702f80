"""The leg after it was found to be open, or to have ended: by a position listed, or by deals."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from decisions.evidence import last_price
from decisions.netting import lots_brought
from decisions.repairs import Adopted, Ask, Wanted
from decisions.settling import FoundClosed, FoundIn
from domain.figures import Figures
from domain.ids import SlaveIdentifier
from domain.legs import Intent, Leg, LegState
from domain.market import Deal, Position
from domain.reasons import Reason

ZERO = Decimal(0)


def ended_by(leg: Leg, deals: tuple[Deal, ...], now_ms: int, *, is_shared: bool = False) -> Leg:
    """The leg after these deals, mostly, have closed its position.

    What a shared position brought in is reckoned once it is flat.
    """
    return msgspec.structs.replace(
        leg,
        state=LegState.CLOSED,
        volume=ZERO,
        price_close=last_price(deals),
        net=ZERO if is_shared else sum((d.net for d in deals), ZERO),
        closed_at_ms=leg.closed_at_ms or now_ms,
    )


def adopted(leg: Leg, held: Position, deals: Sequence[Deal] = ()) -> Leg:
    """It is open after all: followed from here, and closed at once if the master's is.

    What was filled its deals know: of what is listed, somebody may have taken off a part.
    """
    filled = lots_brought(deals, leg.side)
    return msgspec.structs.replace(
        leg,
        state=LegState.OPEN,
        reason=_reason_now(leg),
        identifier=SlaveIdentifier(held.identifier),
        filled_volume=max(leg.filled_volume, held.volume, filled),
        volume=held.volume,
        price_open=held.price_open,
        sl_sent=held.sl,
        tp_sent=held.tp,
        stops_confirmed=True,
        opening=filled_at(leg.opening, held.price_open),
    )


def adoption(
    leg: Leg, held: Position, deals: Sequence[Deal] | None, intent: Intent | None = None
) -> Adopted | Ask:
    """Its deals first; a close does not wait for them."""
    if deals is None and not leg.target.closed:
        return Ask(wanted=Wanted.DEALS_OF_POSITION)
    return Adopted(leg=adopted(leg, held, deals or ()), intent=intent)


def adopted_in_net(leg: Leg, found: FoundIn) -> Leg:
    """The same where its volume is part of a position that legs share."""
    return msgspec.structs.replace(
        leg,
        state=LegState.OPEN,
        reason=_reason_now(leg),
        identifier=SlaveIdentifier(found.identifier),
        filled_volume=found.volume,
        volume=found.volume,
        price_open=found.price,
        stops_confirmed=True,
        opening=filled_at(leg.opening, found.price),
    )


def opened_by(leg: Leg, found: FoundClosed) -> Leg:
    """The leg as it was between the open and the close that are both found only now."""
    return msgspec.structs.replace(
        leg,
        state=LegState.OPEN,
        reason=Reason.NONE,
        identifier=SlaveIdentifier(found.identifier),
        filled_volume=found.volume,
        price_open=found.price,
        opening=filled_at(leg.opening, found.price),
    )


def _reason_now(leg: Leg) -> Reason:
    """What an operator wants closed is closed as soon as it is found."""
    return leg.reason if leg.reason is Reason.OPERATOR_CLOSED else Reason.NONE


def noted(intent: Intent, outcome: str) -> Intent:
    """How an order came out."""
    return msgspec.structs.replace(intent, outcome=outcome)


def filled_at(opening: Figures | None, price: Decimal) -> Figures:
    """The figures of an open whose price was not known when they were written."""
    figures = opening or Figures()
    prices = msgspec.structs.replace(figures.prices, filled=price if price != ZERO else None)
    return msgspec.structs.replace(figures, prices=prices)
