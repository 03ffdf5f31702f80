"""What a master says: facts in the past tense, its heartbeat, and its answer to a snapshot request.

Every fact carries its stamp and the resulting state, never a delta. Times ending in `_us` are UTC
microseconds since 1970.
"""

from decimal import Decimal

import msgspec

from domain.book import Book, BookOrder, BookPosition, Stamp
from domain.ids import JourneyId, LegKey, NodeName, OpeningOrder
from domain.market import Fate, Funds

WIRE_VERSION = 1


class Means(msgspec.Struct, frozen=True, kw_only=True):
    """What a master had when it opened, and the symbol's contract size at its broker.

    None is what its terminal did not say. Slaves that size by it need no more than this.
    """

    read_at_us: int
    funds: Funds | None = None
    contract_size: Decimal | None = None


class _Fact(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """What all facts share."""

    v: int = WIRE_VERSION
    master: NodeName
    login: int
    server: str
    stamp: Stamp
    journey: JourneyId


class _PositionFact(_Fact, frozen=True, kw_only=True):
    """Of a position. `price` is the deal's, or the open price where no deal was made."""

    # In this order the fields have always gone out.
    position: BookPosition
    price: Decimal
    seen_at_us: int
    published_at_us: int = 0

    @property
    def subject(self) -> BookPosition:
        """What the fact is about."""
        return self.position

    @property
    def leg_key(self) -> LegKey:
        """The leg this fact is about."""
        return LegKey(self.login, self.server, self.position.opening_order)


class PositionOpened(_PositionFact, frozen=True, kw_only=True):
    """A position is there that was not. `age_ms` runs from the opening deal to our seeing it.

    `flash`: it was opened and closed between two looks, and is told from its deals.
    """

    age_ms: int
    flash: bool = False
    means: Means | None = None


class PositionModified(_PositionFact, frozen=True, kw_only=True):
    """Its SL or TP is another."""


class PositionReduced(_PositionFact, frozen=True, kw_only=True):
    """Part of it was closed; `position.volume` is what is left."""


class PositionClosed(_PositionFact, frozen=True, kw_only=True):
    """It is gone, and its deals prove it; `position.volume` is zero."""


class _OrderFact(_Fact, frozen=True, kw_only=True):
    """Of an order that waits for its price, or did."""

    order: BookOrder
    seen_at_us: int
    published_at_us: int = 0

    @property
    def subject(self) -> BookOrder:
        """What the fact is about."""
        return self.order

    @property
    def leg_key(self) -> LegKey:
        """The leg this fact is about: the one of the position that the order may become."""
        return LegKey(self.login, self.server, self.order.opening_order)

    @property
    def price(self) -> Decimal:
        """The price it waits for."""
        return self.order.price


class OrderPlaced(_OrderFact, frozen=True, kw_only=True):
    """An order waits that did not. `age_ms` runs from its placing to our seeing it."""

    age_ms: int
    means: Means | None = None


class OrderModified(_OrderFact, frozen=True, kw_only=True):
    """Its price, its stops, its lifetime or what is left of its volume is another."""


class OrderGone(_OrderFact, frozen=True, kw_only=True):
    """It waits no more, and its broker's records say why.

    After `filled` its position is there, or was: that is told by facts of its own.
    """

    fate: Fate

    @property
    def brought_something(self) -> bool:
        """Some of it was filled, or all."""
        return self.fate is Fate.FILLED or self.order.volume < self.order.initial_volume


PositionFact = PositionOpened | PositionModified | PositionReduced | PositionClosed
OrderFact = OrderPlaced | OrderModified | OrderGone
Fact = PositionFact | OrderFact


class MasterHeartbeat(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """The head of a master's story, so that a lost last message is noticed; no seq of its own."""

    v: int = WIRE_VERSION
    master: NodeName
    login: int
    server: str
    head: Stamp
    book_hash: str
    confirmed: bool
    sent_at_us: int


Signal = Fact | MasterHeartbeat


class SnapshotRequest(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """A slave asks for the whole book and for the fate of the legs it holds."""

    v: int = WIRE_VERSION
    slave: NodeName
    have: Stamp
    legs: tuple[OpeningOrder, ...] = ()


class LegAnswer(msgspec.Struct, frozen=True, kw_only=True):
    """What the master knows of one leg: `held`, `closed` (its deals say so) or `unknown`."""

    opening_order: OpeningOrder
    fate: str
    price: Decimal = Decimal(0)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """The book, the legs asked for, and the facts since the stamp the slave had."""

    v: int = WIRE_VERSION
    book: Book
    book_hash: str
    legs: tuple[LegAnswer, ...]
    facts: tuple[Fact, ...] = ()


class NotReady(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True):
    """The master cannot vouch for its book yet; ask again."""

    v: int = WIRE_VERSION
    master: NodeName
    why: str


SnapshotAnswer = Snapshot | NotReady


class Malformed(msgspec.Struct, frozen=True):
    """Bytes that are no message of ours, with what was wrong."""

    why: str
    size_bytes: int


MessageIn = Signal | SnapshotAnswer | Malformed


class Received(msgspec.Struct, frozen=True, kw_only=True):
    """A message as it came off the wire."""

    master: str
    message: MessageIn
    received_us: int
