"""Two pictures of a master's positions and orders, and what happened between them."""

from collections.abc import Sequence

import msgspec

from decisions.netting import NetLeg
from domain.book import BookOrder, BookPosition
from domain.ids import MasterIdentifier, MasterSymbol, OpeningOrder
from domain.market import Lifetime, PendingOrder, Position
from domain.mt5_words import TimeInForce

DAY_MS = 86_400_000


class Changes(msgspec.Struct, frozen=True, kw_only=True):
    """What differs. `absent` is not yet `closed`: that needs evidence from the deals.

    `grown`: its order was filled further. A list that is late shows the same, so that needs
    evidence as well.
    """

    opened: tuple[BookPosition, ...] = ()
    modified: tuple[BookPosition, ...] = ()
    grown: tuple[BookPosition, ...] = ()
    reduced: tuple[BookPosition, ...] = ()
    absent: tuple[BookPosition, ...] = ()

    @property
    def none(self) -> bool:
        """Nothing differs."""
        changed = self.modified or self.grown or self.reduced
        return not (self.opened or changed or self.absent)


class OrderChanges(msgspec.Struct, frozen=True, kw_only=True):
    """What differs among orders. `absent` is not yet `gone`: the broker's records must say why."""

    placed: tuple[BookOrder, ...] = ()
    modified: tuple[BookOrder, ...] = ()
    absent: tuple[BookOrder, ...] = ()


def detect(before: Sequence[BookPosition], seen: Sequence[BookPosition]) -> Changes:
    """Compare what we told last with what the terminal shows now, by what opened it."""
    told = {p.opening_order: p for p in before}
    shown = {p.opening_order: p for p in seen}
    pairs = [(old, shown[order]) for order, old in told.items() if order in shown]
    return Changes(
        opened=tuple(p for p in seen if p.opening_order not in told),
        modified=tuple(with_stops(old, new) for old, new in pairs if _stops_differ(old, new)),
        grown=tuple(_after_growth(old, new) for old, new in pairs if new.volume > old.volume),
        reduced=tuple(after_change(old, new) for old, new in pairs if new.volume < old.volume),
        absent=tuple(old for order, old in told.items() if order not in shown),
    )


def detect_orders(before: Sequence[BookOrder], seen: Sequence[BookOrder]) -> OrderChanges:
    """Compare the orders we told last with those that wait now, by their tickets."""
    told = {o.opening_order: o for o in before}
    shown = {o.opening_order: o for o in seen}
    pairs = [(old, shown[ticket]) for ticket, old in told.items() if ticket in shown]
    return OrderChanges(
        placed=tuple(o for o in seen if o.opening_order not in told),
        modified=tuple(new for old, new in pairs if _orders_differ(old, new)),
        absent=tuple(old for ticket, old in told.items() if ticket not in shown),
    )


def booked_order(order: PendingOrder) -> BookOrder:
    """An order that waits as it goes into the book."""
    return BookOrder(
        opening_order=OpeningOrder(order.ticket),
        symbol=MasterSymbol(order.symbol),
        kind=order.kind,
        volume=order.volume,
        initial_volume=order.initial_volume,
        price=order.price,
        stop_limit_price=order.stop_limit_price,
        sl=order.sl,
        tp=order.tp,
        time_in_force=order.lifetime.kind,
        lasts_ms=_lasts_ms(order.lifetime, order.placed_server_ms),
        placed_server_ms=order.placed_server_ms,
        magic=order.magic,
        comment=order.comment,
    )


def _lasts_ms(lifetime: Lifetime, placed_server_ms: int) -> int:
    """From placing to expiry. An order of a named day lasts to that day's end, whatever the hour.

    An expiry that is not after the placing still is one: zero would mean that there is none.
    """
    until_ms = lifetime.until_server_ms
    if not until_ms:
        return 0
    if lifetime.kind is TimeInForce.SPECIFIED_DAY:
        until_ms = (until_ms // DAY_MS + 1) * DAY_MS - 1000
    return max(until_ms - placed_server_ms, 1)


def _orders_differ(old: BookOrder, new: BookOrder) -> bool:
    """A stop-limit whose price was reached goes on as another kind."""
    return (old.kind, old.volume, old.terms) != (new.kind, new.volume, new.terms)


def booked(position: Position) -> BookPosition:
    """A position as it goes into the book of a hedging account."""
    return BookPosition(
        identifier=MasterIdentifier(position.identifier),
        opening_order=OpeningOrder(position.identifier),
        symbol=MasterSymbol(position.symbol),
        side=position.side,
        volume=position.volume,
        initial_volume=position.volume,
        price_open=position.price_open,
        sl=position.sl,
        tp=position.tp,
        opened_server_ms=position.opened_server_ms,
        magic=position.magic,
        comment=position.comment,
    )


def booked_leg(position: Position, leg: NetLeg) -> BookPosition:
    """A leg of a netting account's position; SL and TP are the position's."""
    return BookPosition(
        identifier=MasterIdentifier(position.identifier),
        opening_order=OpeningOrder(leg.order),
        symbol=MasterSymbol(position.symbol),
        side=leg.side,
        volume=leg.volume,
        initial_volume=leg.initial_volume,
        price_open=leg.price_open,
        sl=position.sl,
        tp=position.tp,
        opened_server_ms=leg.opened_server_ms,
        magic=leg.magic,
        comment=leg.comment,
    )


def with_stops(old: BookPosition, new: BookPosition) -> BookPosition:
    """The booked position with the stops that are seen now, and its volume as told before."""
    return msgspec.structs.replace(old, sl=new.sl, tp=new.tp)


def after_change(old: BookPosition, new: BookPosition) -> BookPosition:
    """The booked position as it is seen now, volume and stops."""
    return msgspec.structs.replace(old, volume=new.volume, sl=new.sl, tp=new.tp)


def _after_growth(old: BookPosition, new: BookPosition) -> BookPosition:
    """The booked position as it is seen now; what came on top was there from the beginning."""
    initial = max(old.initial_volume + new.volume - old.volume, new.initial_volume)
    grown = msgspec.structs.replace(after_change(old, new), initial_volume=initial)
    return msgspec.structs.replace(grown, price_open=new.price_open)


def _stops_differ(old: BookPosition, new: BookPosition) -> bool:
    return old.sl != new.sl or old.tp != new.tp
