"""What a slave hears of its masters: facts in order, and a snapshot where one is missing."""

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import msgspec

from decisions.admission import Admission, admit, behind
from decisions.booking import apply_fact, book_hash
from domain.book import Book, BookPosition, Stamp
from domain.ids import LegKey, NodeName, OpeningOrder
from domain.signals import (
    Fact,
    Malformed,
    MasterHeartbeat,
    NotReady,
    OrderGone,
    OrderPlaced,
    PositionClosed,
    PositionOpened,
    Received,
    Snapshot,
    SnapshotRequest,
)
from nodes.ports import SignalInlet

logger = logging.getLogger(__name__)

ASK_AGAIN_S = 0.5
ASK_AT_LEAST_S = 5.0
NOTHING_YET = Stamp(0, 0)
#: Heartbeats come twice a second; after this without a word nobody knows what the master holds.
SILENT_AFTER_S = 5.0
#: For so long a master that told two stories is not believed again.
DISTRUST_S = 10.0
#: The newest facts by their stamps, to know a repetition from another story.
REMEMBERED_FACTS = 200


class Arrival(msgspec.Struct, frozen=True, kw_only=True):
    """A fact to act on. `early`: one that acts before the gap in front of it is filled."""

    fact: Fact
    received_us: int
    from_snapshot: bool = False
    early: bool = False


class SnapshotTaken(msgspec.Struct, frozen=True, kw_only=True):
    """A master's whole picture has been taken in; legs are to be compared with it."""

    snapshot: Snapshot
    received_us: int


class _MasterView(msgspec.Struct, kw_only=True):
    """What we know of one master."""

    cursor: Stamp
    book: Book | None = None
    confirmed: bool = False
    vouched_for: bool = True
    next_ask_s: float = 0.0
    asks: int = 0
    acted_early: set[Stamp] = msgspec.field(default_factory=set)
    told: dict[Stamp, Fact] = msgspec.field(default_factory=dict)
    #: Heard behind a gap, or before the first picture: their turn comes with the next one.
    waiting: dict[Stamp, Arrival] = msgspec.field(default_factory=dict)
    two_stories: bool = False
    distrusted_until_s: float = 0.0
    spoke: bool = False
    spoke_at_s: float | None = None
    silent: bool = False

    @property
    def trusted(self) -> bool:
        """The book is whole, and the master is there and speaks with one tongue."""
        return self.confirmed and self.vouched_for and not (self.silent or self.two_stories)


class Inbox:
    """The masters' stories as this slave has them."""

    def __init__(
        self, slave: NodeName, inlet: SignalInlet, has_copy: Callable[[LegKey], bool]
    ) -> None:
        """Nobody is followed yet. `has_copy`: a leg has, or may have, a position here."""
        self._slave = slave
        self._inlet = inlet
        self._has_copy = has_copy
        self._views: dict[NodeName, _MasterView] = {}
        self._wanted: frozenset[NodeName] = frozenset()

    def want(self, masters: Iterable[NodeName]) -> None:
        """Whom to open copies from; others are listened to only until their legs are closed."""
        self._wanted = frozenset(masters)

    def is_wanted(self, master: NodeName) -> bool:
        """Opens of this master are to be copied."""
        return master in self._wanted

    def follow(self, master: NodeName, addresses: tuple[str, str], cursor: Stamp | None) -> None:
        """Listen to a master; the story goes on after `cursor`."""
        if master not in self._views:
            self._views[master] = _MasterView(cursor=cursor or NOTHING_YET)
        self._inlet.follow(master, *addresses)

    def unfollow(self, master: NodeName) -> None:
        """Stop listening."""
        self._inlet.unfollow(master)
        self._views.pop(master, None)

    def masters(self) -> tuple[NodeName, ...]:
        """Whom we listen to."""
        return tuple(self._views)

    def is_confirmed(self, master: NodeName) -> bool:
        """The book of this master is whole, and the master is there and vouches for it."""
        view = self._views.get(master)
        return view is not None and view.trusted

    def still_holds(self, master: NodeName, order: OpeningOrder) -> bool:
        """The newest book known of this master has the position."""
        return self.booked(master, order) is not None

    def booked(self, master: NodeName, order: OpeningOrder) -> BookPosition | None:
        """The position as the newest book known of this master has it."""
        book = self._book(master)
        return None if book is None else book.find(order)

    def still_waits(self, master: NodeName, ticket: OpeningOrder) -> bool:
        """The newest book known of this master has the order."""
        book = self._book(master)
        return book is not None and book.find_order(ticket) is not None

    def _book(self, master: NodeName) -> Book | None:
        view = self._views.get(master)
        return None if view is None else view.book

    def alarms(self) -> tuple[str, ...]:
        """Masters that are not believed, by which a person should know that something is wrong."""
        return tuple(
            f"{master}: told two stories under one number; its opens wait for a new picture"
            for master, view in self._views.items()
            if view.two_stories
        )

    def books(self) -> list[Book]:
        """The books that are whole, of masters that are there and vouch for them."""
        views = self._views.values()
        return [view.book for view in views if view.trusted and view.book is not None]

    def whole_book(self, master: NodeName) -> Book | None:
        """What this master holds, without a gap; None where that is not known just now."""
        view = self._views.get(master)
        return view.book if view is not None and view.confirmed else None

    def cursor(self, master: NodeName) -> Stamp:
        """How far this master's story has been heard."""
        view = self._views.get(master)
        return NOTHING_YET if view is None else view.cursor

    def take(self) -> list[Arrival | SnapshotTaken]:
        """Everything that came in since, admitted; without waiting."""
        arrivals: list[Arrival | SnapshotTaken] = []
        for received in self._inlet.drain():
            view = self._views.get(NodeName(received.master))
            if view is not None:
                arrivals += self._admit(view, received)
        return arrivals

    def ask_where_due(
        self, legs: Mapping[NodeName, tuple[OpeningOrder, ...]], now_s: float
    ) -> None:
        """Ask the masters whose book is missing or has a gap; bounded in rate, never in number."""
        for master, view in self._views.items():
            _watch(view, now_s)
            if view.confirmed or now_s < view.next_ask_s:
                continue
            view.next_ask_s = now_s + min(ASK_AGAIN_S * 2 ** min(view.asks, 4), ASK_AT_LEAST_S)
            view.asks += 1
            request = SnapshotRequest(
                slave=self._slave, have=view.cursor, legs=legs.get(master, ())
            )
            self._inlet.ask(master, request)

    def ask_again(self, master: NodeName) -> None:
        """Something of this master is in doubt: take a new picture."""
        view = self._views.get(master)
        if view is not None:
            _doubt(view)

    def _admit(self, view: _MasterView, received: Received) -> list[Arrival | SnapshotTaken]:
        message = received.message
        if isinstance(message, Malformed):
            logger.warning("signal_malformed", extra={"from": received.master, "why": message.why})
            return []
        if isinstance(message, Snapshot):
            return _take_snapshot(view, message, received.received_us)
        if isinstance(message, NotReady):
            return []
        view.spoke, view.silent = True, False
        if isinstance(message, MasterHeartbeat):
            _compare(view, message)
            return []
        return self._admit_fact(view, message, received.received_us)

    def _admit_fact(
        self, view: _MasterView, fact: Fact, received_us: int
    ) -> list[Arrival | SnapshotTaken]:
        admission = admit(view.cursor, fact.stamp)
        if admission is Admission.DUPLICATE:
            _check_repetition(view, fact)
            return []
        if admission is Admission.NEXT and view.book is not None:
            view.book = apply_fact(view.book, fact)
            view.cursor = fact.stamp
            _remember(view, fact)
            return _unless_acted(view, Arrival(fact=fact, received_us=received_us))
        _doubt(view)
        if fact.stamp in view.acted_early:
            return []
        if not self._may_act_early(fact):
            view.waiting[fact.stamp] = Arrival(fact=fact, received_us=received_us)
            _forget_the_oldest(view.waiting)
            return []
        view.acted_early.add(fact.stamp)
        return [Arrival(fact=fact, received_us=received_us, early=True)]

    def _may_act_early(self, fact: Fact) -> bool:
        """Facts tell the state that results; only opens, and what may follow one, wait (law 3).

        The end of an order that filled says nothing of how much of that is held.
        """
        if isinstance(fact, PositionClosed):
            return True
        if isinstance(fact, OrderGone) and fact.brought_something:
            return False
        return not isinstance(fact, PositionOpened | OrderPlaced) and self._has_copy(fact.leg_key)


def _remember(view: _MasterView, fact: Fact) -> None:
    view.told[fact.stamp] = fact
    _forget_the_oldest(view.told)


def _forget_the_oldest(facts: dict[Stamp, Any]) -> None:
    if len(facts) > REMEMBERED_FACTS:
        del facts[next(iter(facts))]


def _check_repetition(view: _MasterView, fact: Fact) -> None:
    """The same stamp with other content: two publishers, or one that has forgotten (law 3)."""
    earlier = view.told.get(fact.stamp)
    if earlier is None or _content(earlier) == _content(fact):
        return
    extra = {"from": fact.master, "epoch": fact.stamp.epoch, "seq": fact.stamp.seq}
    logger.warning("two_stories_under_one_stamp", extra=extra)
    view.two_stories, view.distrusted_until_s = True, 0.0
    _doubt(view)


def _content(fact: Fact) -> Fact:
    return msgspec.structs.replace(fact, published_at_us=0)


def _watch(view: _MasterView, now_s: float) -> None:
    """Whether the master is silent, or may be believed again."""
    if view.spoke or view.spoke_at_s is None:
        view.spoke, view.spoke_at_s = False, now_s
    view.silent = now_s - view.spoke_at_s > SILENT_AFTER_S
    if view.two_stories and not view.distrusted_until_s:
        view.distrusted_until_s = now_s + DISTRUST_S
    view.two_stories = view.two_stories and now_s < view.distrusted_until_s


def _unless_acted(view: _MasterView, arrival: Arrival) -> list[Arrival | SnapshotTaken]:
    if arrival.fact.stamp not in view.acted_early:
        return [arrival]
    view.acted_early.discard(arrival.fact.stamp)
    return []


def _take_snapshot(
    view: _MasterView, snapshot: Snapshot, received_us: int
) -> list[Arrival | SnapshotTaken]:
    """Facts are handled with the book already new, so that an open closed since is not opened."""
    if snapshot.book.stamp < view.cursor:
        return []
    missed = _their_turn(view, snapshot, received_us)
    view.book, view.cursor = snapshot.book, snapshot.book.stamp
    view.confirmed, view.asks = True, 0
    taken: list[Arrival | SnapshotTaken] = []
    for arrival in missed:
        _remember(view, arrival.fact)
        taken += _unless_acted(view, arrival)
    return [*taken, SnapshotTaken(snapshot=snapshot, received_us=received_us)]


def _their_turn(view: _MasterView, snapshot: Snapshot, received_us: int) -> list[Arrival]:
    """What is new up to this picture, in order: told with it, or heard before and kept waiting.

    A master tells no old facts to a slave that has nothing yet, though it may have heard some.
    """
    told = {
        fact.stamp: Arrival(fact=fact, received_us=received_us, from_snapshot=True)
        for fact in snapshot.facts
    }
    found, upto = view.waiting | told, snapshot.book.stamp
    view.waiting = {stamp: heard for stamp, heard in view.waiting.items() if stamp > upto}
    return [found[stamp] for stamp in sorted(found) if view.cursor < stamp <= upto]


def _compare(view: _MasterView, beat: MasterHeartbeat) -> None:
    view.vouched_for = beat.confirmed
    if behind(view.cursor, beat.head) or _was_set_back(view, beat) or _differs(view, beat):
        _doubt(view)


def _was_set_back(view: _MasterView, beat: MasterHeartbeat) -> bool:
    """It began below what we have heard, and all it tells is dropped until our asking raises it."""
    return beat.head.epoch < view.cursor.epoch


def _differs(view: _MasterView, beat: MasterHeartbeat) -> bool:
    """We are as far as the master, and hold another book."""
    if view.book is None or view.cursor != beat.head:
        return False
    return book_hash(view.book) != beat.book_hash


def _doubt(view: _MasterView) -> None:
    if view.confirmed:
        view.confirmed, view.next_ask_s = False, 0.0
