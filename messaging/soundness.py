"""What types alone cannot refuse: numbers nobody can trade with, words outside a vocabulary."""

from domain.book import Book, BookOrder, BookPosition
from domain.control import FromNode, Hello, NodeReport, Settings, ToNode
from domain.market import Fate
from domain.mt5_words import TimeInForce
from domain.signals import (
    Fact,
    LegAnswer,
    MasterHeartbeat,
    Means,
    NotReady,
    OrderFact,
    OrderGone,
    OrderPlaced,
    PositionClosed,
    PositionFact,
    PositionOpened,
    Signal,
    Snapshot,
    SnapshotAnswer,
    SnapshotRequest,
)
from messaging import bounds
from messaging.bounds import (
    DEEPEST_DOCUMENT,
    LARGEST_WHOLE,
    LAST_EPOCH,
    LAST_MOMENT_MS,
    LAST_MOMENT_US,
    LAST_SEQ,
    MOST_LEGS,
    UnsoundError,
    Wholes,
)

_FACT_NUMBERS = ("volume", "initial_volume", "price_open", "sl", "tp", "price")
FATES = ("held", "closed", "unknown")

#: A master goes on above what others have heard of it, and must not leave the limit by that.
RISEN_ABOVE = LAST_EPOCH - 1

SPEAKER_TEXTS = ("master", "server")
SPEAKER_WHOLES: Wholes = (("login", 0, LARGEST_WHOLE),)
POSITION_TEXTS = ("symbol", "comment")
POSITION_WHOLES: Wholes = (
    ("identifier", 1, LARGEST_WHOLE),
    ("opening_order", 1, LARGEST_WHOLE),
    ("opened_server_ms", 0, LAST_MOMENT_MS),
    ("magic", -LARGEST_WHOLE - 1, LARGEST_WHOLE),
)
ORDER_NUMBERS = ("volume", "initial_volume", "price", "stop_limit_price", "sl", "tp")
ORDER_WHOLES: Wholes = (
    ("opening_order", 1, LARGEST_WHOLE),
    ("time_in_force", min(TimeInForce), max(TimeInForce)),
    ("lasts_ms", 0, LAST_MOMENT_MS),
    ("placed_server_ms", 0, LAST_MOMENT_MS),
    ("magic", -LARGEST_WHOLE - 1, LARGEST_WHOLE),
)
FACT_WHOLES: Wholes = (
    ("seen_at_us", 0, LAST_MOMENT_US),
    ("published_at_us", 0, LAST_MOMENT_US),
)
AGE_WHOLES: Wholes = (("age_ms", -LAST_MOMENT_MS, LAST_MOMENT_MS),)
MEANS_WHOLES: Wholes = (("read_at_us", 0, LAST_MOMENT_US),)
FUNDS_NUMBERS = ("balance", "equity", "margin_free")
BEAT_WHOLES: Wholes = (("sent_at_us", 0, LAST_MOMENT_US),)
BEAT_TEXTS = ("book_hash",)
HELLO_WHOLES: Wholes = (("pid", 0, LARGEST_WHOLE), ("started_at_ms", 0, LAST_MOMENT_MS))
REPORT_WHOLES: Wholes = (
    ("pid", 0, LARGEST_WHOLE),
    ("open_legs", 0, LARGEST_WHOLE),
    ("positions", 0, LARGEST_WHOLE),
    ("epoch", 0, RISEN_ABOVE),
    ("seq", 0, LAST_SEQ),
    ("sent_at_ms", 0, LAST_MOMENT_MS),
)
LATCH_WHOLES: Wholes = (("counter", 0, LARGEST_WHOLE), ("at_ms", 0, LAST_MOMENT_MS))
SETTINGS_WHOLES: Wholes = (("last_epoch", 0, RISEN_ABOVE),)


def check_signal(signal: Signal) -> None:
    """Raise UnsoundError where a fact or a heartbeat holds what nobody can act on."""
    _check_speaker(signal)
    if isinstance(signal, MasterHeartbeat):
        bounds.check_stamp(signal.head)
        bounds.check_wholes(signal, BEAT_WHOLES)
        bounds.check_texts(signal, BEAT_TEXTS)
    else:
        _check_fact(signal)


def check_request(request: SnapshotRequest) -> None:
    """Raise UnsoundError where a slave asks for what no slave can hold."""
    bounds.check_texts(request, ("slave",))
    bounds.check_stamp(request.have, RISEN_ABOVE)
    if len(request.legs) > MOST_LEGS:
        raise UnsoundError(f"asks for {len(request.legs)} legs; at most {MOST_LEGS}")
    for order in request.legs:
        bounds.check_order(order)


def check_answer(answer: SnapshotAnswer) -> None:
    """Raise UnsoundError where the book, a leg's fate or a fact is not to be believed."""
    if isinstance(answer, NotReady):
        return
    bounds.check_texts(answer, ("book_hash",))
    _check_book(answer.book)
    for leg in answer.legs:
        _check_leg(leg)
    for fact in answer.facts:
        _check_speaker(fact)
        _check_fact(fact)
        _check_same_account(fact, answer)


def check_from_node(message: FromNode) -> None:
    """Raise UnsoundError where a node's words cannot be shown, stored or counted on."""
    if isinstance(message, NodeReport):
        bounds.check_wholes(message, REPORT_WHOLES)
        bounds.check_wholes(message.latch, LATCH_WHOLES)
        bounds.check_figures(message.figures)
    elif isinstance(message, Hello):
        bounds.check_wholes(message, HELLO_WHOLES)


def check_to_node(message: ToNode) -> None:
    """Raise UnsoundError where no account can be run by what the supervisor says."""
    if isinstance(message, Settings):
        bounds.check_depth(message.document, DEEPEST_DOCUMENT)
        bounds.check_wholes(message, SETTINGS_WHOLES)
        if message.latch is not None:
            bounds.check_wholes(message.latch, LATCH_WHOLES)


def _check_speaker(signal: Signal) -> None:
    bounds.check_texts(signal, SPEAKER_TEXTS)
    bounds.check_wholes(signal, SPEAKER_WHOLES)


def _check_book(book: Book) -> None:
    bounds.check_texts(book, SPEAKER_TEXTS)
    bounds.check_wholes(book, SPEAKER_WHOLES)
    bounds.check_stamp(book.stamp)
    for position in book.positions:
        _check_position(position)
        _check_held(position)
    for order in book.orders:
        _check_order(order)
        _check_waits(order)
    # One that was filled in part is a position, and waits with the rest.
    for kept in (book.positions, book.orders):
        if len({one.opening_order for one in kept}) < len(kept):
            raise UnsoundError("one opening order stands twice in the book")


def _check_fact(fact: Fact) -> None:
    bounds.check_stamp(fact.stamp)
    bounds.check_wholes(fact, FACT_WHOLES)
    bounds.check_texts(fact, ("journey",))
    if isinstance(fact, PositionFact):
        _check_position_fact(fact)
    else:
        _check_order_fact(fact)


def _check_order_fact(fact: OrderFact) -> None:
    at = fact.order
    _check_order(at)
    if isinstance(fact, OrderPlaced):
        bounds.check_wholes(fact, AGE_WHOLES)
        _check_means(fact.means)
    if not isinstance(fact, OrderGone):
        _check_waits(at)
    elif not fact.fate.is_final:
        raise UnsoundError(f"an order is said to be gone, and its fate is {fact.fate.value!r}")
    elif fact.fate is Fate.FILLED and at.volume:
        raise UnsoundError(f"filled, and yet {at.volume} lots are left")


def _check_order(at: BookOrder) -> None:
    numbers = tuple(getattr(at, name) for name in ORDER_NUMBERS)
    bounds.check_numbers(ORDER_NUMBERS, numbers)
    bounds.check_wholes(at, ORDER_WHOLES)
    bounds.check_texts(at, POSITION_TEXTS)
    if at.volume < 0 or at.initial_volume <= 0:
        raise UnsoundError(f"volume is {at.volume} of {at.initial_volume} in an order")
    # Some prices have been below zero; but none that an order waits for is zero.
    if not at.price or (at.kind.is_stop_limit and not at.stop_limit_price):
        raise UnsoundError(f"a {at.kind.value} at {at.price}, {at.stop_limit_price}")


def _check_waits(at: BookOrder) -> None:
    if not at.volume:
        raise UnsoundError("nothing is left of an order that is said to wait")


def _check_position_fact(fact: PositionFact) -> None:
    at = fact.position
    numbers = (at.volume, at.initial_volume, at.price_open, at.sl, at.tp, fact.price)
    bounds.check_numbers(_FACT_NUMBERS, numbers)
    _check_shape(at)
    if not isinstance(fact, PositionClosed):
        _check_held(at)
    elif at.volume:
        raise UnsoundError(f"closed, and yet {at.volume} lots are left")
    if isinstance(fact, PositionOpened):
        bounds.check_wholes(fact, AGE_WHOLES)
        _check_means(fact.means)


def _check_means(means: Means | None) -> None:
    if means is None:
        return
    bounds.check_wholes(means, MEANS_WHOLES)
    if means.contract_size is not None:
        bounds.check_numbers(("contract_size",), (means.contract_size,))
    if means.funds is not None:
        numbers = tuple(getattr(means.funds, name) for name in FUNDS_NUMBERS)
        bounds.check_numbers(FUNDS_NUMBERS, numbers)
        bounds.check_texts(means.funds, ("currency",))


def _check_position(at: BookPosition) -> None:
    bounds.check_numbers(_FACT_NUMBERS, (at.volume, at.initial_volume, at.price_open, at.sl, at.tp))
    _check_shape(at)


def _check_shape(at: BookPosition) -> None:
    bounds.check_wholes(at, POSITION_WHOLES)
    bounds.check_texts(at, POSITION_TEXTS)
    if at.initial_volume <= 0:
        raise UnsoundError(f"initial_volume is {at.initial_volume}; nothing was ever opened")


def _check_held(at: BookPosition) -> None:
    """A volume of zero would close copies, and only a proven close may do that."""
    if at.volume <= 0:
        raise UnsoundError(f"volume is {at.volume} of a position that is said to be open")


def _check_leg(leg: LegAnswer) -> None:
    bounds.check_order(leg.opening_order)
    bounds.check_numbers(("price",), (leg.price,))
    if leg.fate not in FATES:
        raise UnsoundError(f"fate {leg.fate[:40]!r} of {leg.opening_order} is none of {FATES}")


def _check_same_account(fact: Fact, snapshot: Snapshot) -> None:
    theirs = (fact.v, fact.master, fact.login, fact.server)
    book = snapshot.book
    if theirs != (snapshot.v, book.master, book.login, book.server):
        raise UnsoundError(f"a fact of {theirs} inside a snapshot of {book.login} on {book.server}")
