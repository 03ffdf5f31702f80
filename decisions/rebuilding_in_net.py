"""Legs of a netting account that a journal has lost, made anew from its deals (laws 11, 14).

A leg is what its own order's deals brought to the position, less what closing deals with its
comment took off. Together the legs never have more than the position has in their direction.
"""

from collections.abc import Iterable, Sequence
from decimal import Decimal

import msgspec

from decisions.evidence import last_price
from decisions.marking import is_named
from decisions.netting import NetLeg, lots_brought, net_left, net_story, shared_out, signed
from decisions.rebuilding import NOBODY_KNOWS, Known, Marks, OurMarks
from decisions.stops import terms_as_shown
from domain.book import Book
from domain.ids import JourneyId, LegKey, Magic, MasterSymbol, SlaveIdentifier, SlaveSymbol
from domain.legs import Leg, LegState, MasterTarget
from domain.market import Deal, Position, Side

ZERO = Decimal(0)
#: No broker's volumes are finer.
FINEST_LOTS = Decimal("0.00000001")


class _Share(msgspec.Struct, frozen=True, kw_only=True):
    """What one order of ours brought to a position, and how much of it is left.

    `untaken`: what our own closes have not taken off, however much others have.
    """

    key: LegKey
    brought: NetLeg
    left: Decimal
    untaken: Decimal
    identifier: int
    deals: tuple[Deal, ...]
    held: Position | None

    @property
    def is_closed(self) -> bool:
        """Nothing of it is left."""
        return self.left == ZERO


def rebuilt_in_net(
    marks: Marks, known: Known, positions: Sequence[Position], deals: Sequence[Deal]
) -> tuple[Leg, ...]:
    """The legs whose orders' deals carry our marks though nobody here knows of them.

    And those that are known with volume which closes of ours, by their deals, have taken off: the
    journal has lost these. Who has an order without an end is not asked about here.
    """
    ours = OurMarks(marks)
    found: dict[LegKey, Leg] = {}
    for share in _shares(ours, positions, deals):
        leg = known(share.key)
        if share.key not in found and _is_unknown(leg):
            found[share.key] = _leg(share, marks, leg)
        elif leg is not None and leg.state is LegState.OPEN and share.untaken < leg.volume:
            found[share.key] = _after_lost_closes(leg, share)
    return tuple(found.values())


def in_doubt(
    positions: Sequence[Position], deals: Sequence[Deal], before: frozenset[int]
) -> frozenset[int]:
    """Positions that are not what their deals make them: history comes late, and may hold legs.

    `before`: in doubt at an earlier look. One of those that is not listed now, as lists come short
    as well, is known once its deals say that it was closed.
    """
    listed = {position.identifier: signed(position.side, position.volume) for position in positions}
    made: dict[int, list[Decimal]] = {}
    for deal in deals:
        made.setdefault(deal.position, []).append(deal.signed_volume)
    return frozenset(
        number
        for number in before | listed.keys()
        if number not in made or sum(made[number], ZERO) != listed.get(number, ZERO)
    )


def _is_unknown(leg: Leg | None) -> bool:
    """Unheard of, or denied, refused or withdrawn as far as this journal goes."""
    return leg is None or not leg.magic or not (leg.live or leg.filled_volume)


def _after_lost_closes(leg: Leg, share: _Share) -> Leg:
    closed = share.untaken == ZERO
    state = LegState.CLOSED if closed else leg.state
    return msgspec.structs.replace(leg, volume=share.untaken, state=state)


def _shares(
    ours: OurMarks, positions: Sequence[Position], deals: Sequence[Deal]
) -> Iterable[_Share]:
    listed = {position.identifier: position for position in positions}
    of_position: dict[int, list[Deal]] = {}
    for deal in deals:
        of_position.setdefault(deal.position, []).append(deal)
    for number, made in of_position.items():
        yield from _shares_of(ours, number, tuple(made), listed.get(number))


def _shares_of(
    ours: OurMarks, number: int, deals: tuple[Deal, ...], held: Position | None
) -> Iterable[_Share]:
    """Each order's, with what is left shared out where the deals do not say whose it is."""
    story = net_story(deals, FINEST_LOTS)
    brought = [(ours.key_of(leg.magic, leg.comment), leg) for leg in (*story.held, *story.ended)]
    copies = [(key, leg) for key, leg in brought if key is not None]
    for side in {leg.side for _, leg in copies}:
        own = [(key, leg) for key, leg in copies if leg.side is side]
        untaken = [leg.initial_volume - _taken_off(key, leg, deals) for key, leg in own]
        kept = [max(volume, ZERO) for volume in untaken]
        left = _left_of(kept, deals, side)
        for (key, leg), volume, mine in zip(own, left, kept, strict=True):
            yield _Share(
                key=key,
                brought=leg,
                left=volume,
                untaken=mine,
                identifier=number,
                deals=deals,
                held=held,
            )


def _taken_off(key: LegKey, leg: NetLeg, deals: Sequence[Deal]) -> Decimal:
    """What deals of the other side that name this leg in their comment closed of it."""
    other = leg.side.opposite
    return lots_brought([d for d in deals if is_named(key, d.comment)], other)


def _left_of(own: list[Decimal], deals: Sequence[Deal], side: Side) -> list[Decimal]:
    """Never more in all than the position has left in their direction."""
    left = net_left(deals, side)
    return own if sum(own, ZERO) <= left else shared_out(own, left, FINEST_LOTS)


def _leg(share: _Share, marks: Marks, stub: Leg | None) -> Leg:
    book, brought, closed = marks.book, share.brought, share.is_closed
    copied, held = book.find(share.key.opening_order), share.held
    return Leg(
        key=share.key,
        opened_by=NOBODY_KNOWS,
        journey=JourneyId(f"{book.master}/{share.key.text}/rebuilt"),
        master=book.master,
        master_symbol=MasterSymbol("") if copied is None else copied.symbol,
        symbol=SlaveSymbol(share.deals[0].symbol),
        side=brought.side,
        magic=Magic(brought.magic),
        comment=brought.comment,
        state=LegState.CLOSED if closed else LegState.OPEN,
        target=_target(share, book, stub),
        wanted_volume=brought.initial_volume,
        identifier=SlaveIdentifier(share.identifier),
        filled_volume=brought.initial_volume,
        volume=share.left,
        price_open=brought.price_open,
        price_close=last_price(share.deals) if closed else ZERO,
        sl_sent=ZERO if held is None else held.sl,
        tp_sent=ZERO if held is None else held.tp,
        answered=NOBODY_KNOWS if stub is None else stub.answered,
        terms=terms_as_shown(
            brought.side, None if copied is None else copied.side, are_exact=marks.are_exact
        ),
    )


def _target(share: _Share, book: Book, stub: Leg | None) -> MasterTarget:
    """What the master holds, where it was told; else nothing that would ask for an order."""
    held = book.find(share.key.opening_order)
    if stub is not None and (held is None or stub.target.stamp >= book.stamp):
        return stub.target
    if held is not None:
        return MasterTarget(
            stamp=book.stamp,
            journey=JourneyId(""),
            volume=held.volume,
            initial_volume=held.initial_volume,
            sl=held.sl,
            tp=held.tp,
        )
    volume, shown = share.brought.initial_volume, share.held
    return MasterTarget(
        stamp=NOBODY_KNOWS,
        journey=JourneyId(""),
        volume=volume,
        initial_volume=volume,
        sl=ZERO if shown is None else shown.sl,
        tp=ZERO if shown is None else shown.tp,
    )
