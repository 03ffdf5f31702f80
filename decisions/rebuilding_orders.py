"""Legs of waiting orders that a journal has lost, made anew from the listed ones (law 15)."""

from collections.abc import Sequence
from decimal import Decimal

from decisions.rebuilding import NOBODY_KNOWS, Known, Marks, OurMarks
from decisions.stops import terms_as_shown
from domain.book import Book, BookOrder
from domain.ids import (
    JourneyId,
    LegKey,
    Magic,
    MasterSymbol,
    OpeningOrder,
    SlaveSymbol,
    SlaveTicket,
)
from domain.legs import Leg, LegState, MasterTarget
from domain.market import PendingOrder

ZERO = Decimal(0)


def rebuilt_orders(marks: Marks, known: Known, orders: Sequence[PendingOrder]) -> tuple[Leg, ...]:
    """The legs whose orders wait with our marks though nobody here follows them.

    One that has filled in part waits all the same: its position is taken up once the rest is gone.
    """
    ours = OurMarks(marks)
    found: dict[LegKey, Leg] = {}
    for order in orders:
        key = ours.key_of(order.magic, order.comment)
        leg = None if key is None else known(key)
        if key is not None and key not in found and (leg is None or not leg.live):
            found[key] = _leg(key, order, marks, leg)
    return tuple(found.values())


def _leg(key: LegKey, waiting: PendingOrder, marks: Marks, stub: Leg | None) -> Leg:
    """`stub` is what was heard of its master's, or what was known before the journal's tail."""
    book = marks.book
    told = book.find_order(key.opening_order)
    return Leg(
        key=key,
        opened_by=NOBODY_KNOWS,
        journey=JourneyId(f"{book.master}/{key.text}/rebuilt"),
        master=book.master,
        master_symbol=MasterSymbol("") if told is None else told.symbol,
        symbol=SlaveSymbol(waiting.symbol),
        side=waiting.kind.side,
        magic=Magic(waiting.magic),
        comment=waiting.comment,
        state=LegState.PENDING,
        target=_target(key, waiting, book, stub),
        wanted_volume=waiting.initial_volume,
        ticket=SlaveTicket(waiting.ticket),
        terms_sent=_terms(key, waiting),
        answered=NOBODY_KNOWS if stub is None else stub.answered,
        terms=terms_as_shown(
            waiting.kind.side, None if told is None else told.side, are_exact=marks.are_exact
        ),
    )


def _target(key: LegKey, waiting: PendingOrder, book: Book, stub: Leg | None) -> MasterTarget:
    """What the master has, where it was told; else nothing that would ask for an order."""
    held, order = book.find(key.opening_order), book.find_order(key.opening_order)
    subject = held or order
    if stub is not None and (subject is None or stub.target.stamp >= book.stamp):
        return stub.target
    shown = subject or _terms(key, waiting)
    return MasterTarget(
        stamp=NOBODY_KNOWS if subject is None else book.stamp,
        journey=JourneyId(""),
        volume=shown.volume,
        initial_volume=shown.initial_volume,
        sl=shown.sl,
        tp=shown.tp,
        order=_terms(key, waiting) if subject is None else order,
        there=held is not None,
    )


def _terms(key: LegKey, waiting: PendingOrder) -> BookOrder:
    """The master's order as ours shows it; where it has changed since, ours is changed as well."""
    until_ms = waiting.lifetime.until_server_ms
    names = "kind volume initial_volume price stop_limit_price sl tp placed_server_ms magic comment"
    return BookOrder(
        opening_order=OpeningOrder(key.opening_order),
        symbol=MasterSymbol(waiting.symbol),
        time_in_force=int(waiting.lifetime.kind),
        lasts_ms=until_ms - waiting.placed_server_ms if until_ms else 0,
        **{name: getattr(waiting, name) for name in names.split()},
    )


def with_orders(legs: Sequence[Leg], waiting: Sequence[Leg]) -> tuple[Leg, ...]:
    """All of them once: of a leg that is both, the order comes first."""
    keys = {leg.key for leg in waiting}
    return (*waiting, *(leg for leg in legs if leg.key not in keys))
