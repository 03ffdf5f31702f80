"""A book after a fact, and the hash by which master and slave compare books."""

import hashlib

import msgspec

from decisions.rounding import plain
from domain.book import Book, BookOrder, BookPosition
from domain.signals import Fact, OrderGone, OrderModified, OrderPlaced, PositionClosed

HASH_LENGTH = 32


def apply_fact(book: Book, fact: Fact) -> Book:
    """The book that results from a fact. Applying the same fact twice changes nothing more."""
    if isinstance(fact, OrderPlaced | OrderModified | OrderGone):
        waiting = [o for o in book.orders if o.opening_order != fact.order.opening_order]
        waiting += [] if isinstance(fact, OrderGone) else [fact.order]
        orders = tuple(sorted(waiting, key=lambda o: o.opening_order))
        return msgspec.structs.replace(book, stamp=fact.stamp, orders=orders)
    held = [p for p in book.positions if p.opening_order != fact.position.opening_order]
    held += [] if isinstance(fact, PositionClosed) else [fact.position]
    positions = tuple(sorted(held, key=lambda p: p.opening_order))
    return msgspec.structs.replace(book, stamp=fact.stamp, positions=positions)


def book_hash(book: Book) -> str:
    """A canonical hash of what is held; docs/WIRE.md gives the text it is taken over."""
    lines = [f"{book.login}|{book.server}"]
    lines += [_line(p) for p in sorted(book.positions, key=lambda p: p.opening_order)]
    lines += [_order_line(o) for o in sorted(book.orders, key=lambda o: o.opening_order)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:HASH_LENGTH]


def _order_line(order: BookOrder) -> str:
    fields = (
        str(order.opening_order),
        order.kind.value,
        order.symbol,
        plain(order.volume),
        plain(order.price),
        plain(order.stop_limit_price),
        plain(order.sl),
        plain(order.tp),
        str(order.time_in_force),
        str(order.lasts_ms),
    )
    return "|".join(fields)


def _line(position: BookPosition) -> str:
    fields = (
        str(position.opening_order),
        str(position.identifier),
        position.symbol,
        position.side.value,
        plain(position.volume),
        plain(position.price_open),
        plain(position.sl),
        plain(position.tp),
    )
    return "|".join(fields)
