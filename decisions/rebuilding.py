"""Legs that a journal has lost, made anew from `trades` and from the broker's records (law 11).

"Opened" or "closed" found anywhere wins: what is found here is never opened a second time.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

import msgspec

from decisions.evidence import deals_prove_closed, last_price
from decisions.marking import magic_for_leg, named_by
from decisions.netting import lots_brought
from decisions.parts import MOST_PARTS
from decisions.stops import terms_as_shown
from domain.book import Book, BookPosition, Stamp
from domain.ids import (
    JourneyId,
    LegKey,
    Magic,
    MasterSymbol,
    OpeningOrder,
    SlaveIdentifier,
    SlaveSymbol,
)
from domain.legs import Leg, LegState, MasterTarget
from domain.market import Deal, Position
from domain.mt5_words import DealEntry
from domain.records import ContractKept, Cursor

ZERO = Decimal(0)
#: A leg that was made anew from the broker's records does not know the event that opened it.
NOBODY_KNOWS = Stamp(0, 0)

#: The operator's own number stands in front of so many digits of the leg.
_TAIL = 10**12

Known = Callable[[LegKey], Leg | None]


class Marks(msgspec.Struct, frozen=True, kw_only=True):
    """Whose copies to look for: this account's, made in one of these swarms, of this book.

    `are_exact`: by its settings as they stand now its copies have the master's stops.
    """

    account: str
    swarms: tuple[str, ...]
    book: Book
    are_exact: bool = True


class Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """What the database knows of a slave: its copies, and how far each story was answered.

    And the contracts of its broker's symbols, as they were in force.
    """

    legs: tuple[Leg, ...] = ()
    cursors: tuple[Cursor, ...] = ()
    contracts: tuple[ContractKept, ...] = ()


class _Opening(msgspec.Struct, frozen=True, kw_only=True):
    """A position of ours, by its listing, or by the deal that opened it where it is not listed."""

    key: LegKey
    shown: Position | Deal
    deals: tuple[Deal, ...]

    @property
    def position(self) -> Position | None:
        """As it is listed."""
        return self.shown if isinstance(self.shown, Position) else None

    @property
    def identifier(self) -> SlaveIdentifier:
        """Its number for good."""
        return SlaveIdentifier(_number_of(self.shown))

    @property
    def price(self) -> Decimal:
        """At which it was opened."""
        shown = self.shown
        return shown.price_open if isinstance(shown, Position) else shown.price

    @property
    def filled(self) -> Decimal:
        """What its opening deals filled; zero where they do not show."""
        return lots_brought(self.deals, self.shown.side)

    @property
    def is_closed(self) -> bool:
        """By its own deals."""
        return self.position is None and deals_prove_closed(self.deals)

    @property
    def volume(self) -> Decimal:
        """Lots now."""
        if self.position is not None:
            return self.position.volume
        return abs(sum((d.signed_volume for d in self.deals), ZERO))


def united(known: Leg | None, told: Leg) -> Leg | None:
    """What `trades` tells of a leg, with what is known here; None where it tells nothing new."""
    if known is None:
        return told
    if known.identifier and known.opened_by != NOBODY_KNOWS:
        return None
    whole = msgspec.structs.replace(
        told,
        target=max(known.target, told.target, key=lambda target: target.stamp),
        answered=max(known.answered, told.answered),
    )
    return _as_the_broker_has_it(whole, known) if known.identifier else whole


def rebuilt(
    marks: Marks, known: Known, positions: Sequence[Position], deals: Sequence[Deal]
) -> tuple[Leg, ...]:
    """The legs whose positions carry our marks though nobody here knows of an order.

    A position that is neither listed nor proven closed counts as open: looking will tell.
    """
    ours = OurMarks(marks)
    found: dict[LegKey, Leg] = {}
    for opening in _openings(ours, positions, deals):
        leg = known(opening.key)
        if opening.key not in found and (leg is None or not leg.magic):
            found[opening.key] = _leg(opening, marks, leg)
    return tuple(found.values())


def lacks_deals(leg: Leg, positions: Sequence[Position], deals: Sequence[Deal]) -> bool:
    """Its master has reduced, and how much of that it has followed its deals do not show yet.

    They do not add up to the position that is listed: history comes late.
    """
    target = leg.target
    if not leg.live or target.closed or target.volume >= target.initial_volume:
        return False
    listed = next((p for p in positions if p.identifier == leg.identifier), None)
    own = (d.signed_volume for d in deals if d.position == leg.identifier)
    return listed is not None and abs(sum(own, ZERO)) != listed.volume


class OurMarks:
    """Tells our marks from everybody else's."""

    def __init__(self, marks: Marks) -> None:
        """What the book holds, or lets wait, is known even where a comment was replaced."""
        self._marks = marks
        positions = (position.opening_order for position in marks.book.positions)
        held = (*positions, *(order.opening_order for order in marks.book.orders))
        parts = [(order, part) for order in held for part in range(MOST_PARTS)]
        self._by_tail = dict(tail for one in parts for tail in self._tails(*one))

    def key_of(self, magic: int, comment: str) -> LegKey | None:
        """The leg of a mark: its order is in the book, or stands in front of the comment."""
        named = named_by(comment)
        if named is not None:
            order, part = named
            self._by_tail |= dict(self._tails(OpeningOrder(order), part))
        return self._by_tail.get(magic % _TAIL)

    def _tails(self, order: OpeningOrder, part: int) -> Iterable[tuple[int, LegKey]]:
        key = msgspec.structs.replace(self._marks.book.leg_key(order), part=part)
        for swarm in self._marks.swarms:
            yield magic_for_leg(0, swarm, self._marks.account, key), key


def _openings(
    ours: OurMarks, positions: Sequence[Position], deals: Sequence[Deal]
) -> Iterable[_Opening]:
    listed = {position.identifier for position in positions}
    begun = [d for d in deals if d.entry == DealEntry.IN and d.position not in listed]
    candidates: list[Position | Deal] = [*positions, *begun]
    of_position: dict[int, list[Deal]] = {}
    for deal in deals:
        of_position.setdefault(deal.position, []).append(deal)
    for shown in candidates:
        key = ours.key_of(shown.magic, shown.comment)
        if key is not None:
            own = of_position.get(_number_of(shown), [])
            yield _Opening(key=key, shown=shown, deals=tuple(own))


def _number_of(shown: Position | Deal) -> int:
    return shown.identifier if isinstance(shown, Position) else shown.position


def _leg(opening: _Opening, marks: Marks, stub: Leg | None) -> Leg:
    """The leg as its position and deals show it; `stub` is what was heard of its master's."""
    book = marks.book
    shown, closed, copied = opening.shown, opening.is_closed, book.find(opening.key.opening_order)
    sl, tp = _stops(opening)
    return Leg(
        key=opening.key,
        opened_by=NOBODY_KNOWS,
        journey=JourneyId(f"{book.master}/{opening.key.text}/rebuilt"),
        master=book.master,
        master_symbol=MasterSymbol("") if copied is None else copied.symbol,
        terms_sent=book.find_order(opening.key.opening_order),
        symbol=SlaveSymbol(shown.symbol),
        side=shown.side,
        magic=Magic(shown.magic),
        comment=shown.comment,
        state=LegState.CLOSED if closed else LegState.OPEN,
        target=_target(opening, book, stub),
        wanted_volume=opening.filled or opening.volume,
        master_volume_copied=_ratio_base(opening, copied),
        identifier=opening.identifier,
        filled_volume=opening.filled or opening.volume,
        volume=opening.volume,
        price_open=opening.price,
        price_close=last_price(opening.deals) if closed else ZERO,
        net=sum((d.net for d in opening.deals), ZERO) if closed else ZERO,
        sl_sent=sl,
        tp_sent=tp,
        answered=NOBODY_KNOWS if stub is None else stub.answered,
        terms=terms_as_shown(
            shown.side, None if copied is None else copied.side, are_exact=marks.are_exact
        ),
    )


def _ratio_base(opening: _Opening, copied: BookPosition | None) -> Decimal:
    """Where the opening does not show, master and copy are in proportion as they are now."""
    return ZERO if opening.filled or copied is None else copied.volume


def _target(opening: _Opening, book: Book, stub: Leg | None) -> MasterTarget:
    """What the master holds, where it was told; else nothing that would ask for an order."""
    held = book.find(opening.key.opening_order)
    if stub is not None and (held is None or stub.target.stamp >= book.stamp):
        return stub.target
    volume, (sl, tp) = opening.filled or opening.volume, _stops(opening)
    return MasterTarget(
        stamp=NOBODY_KNOWS if held is None else book.stamp,
        journey=JourneyId(""),
        volume=volume if held is None else held.volume,
        initial_volume=volume if held is None else held.initial_volume,
        sl=sl if held is None else held.sl,
        tp=tp if held is None else held.tp,
    )


def _stops(opening: _Opening) -> tuple[Decimal, Decimal]:
    held = opening.position
    return (ZERO, ZERO) if held is None else (held.sl, held.tp)


def _as_the_broker_has_it(told: Leg, seen: Leg) -> Leg:
    """The story from `trades`, the state from the broker's own records."""
    return msgspec.structs.replace(
        told,
        state=seen.state,
        identifier=seen.identifier,
        volume=seen.volume,
        price_close=seen.price_close,
        net=seen.net,
        closed_at_ms=seen.closed_at_ms or (0 if seen.live else told.closed_at_ms),
    )
