"""A book after a fact, and the hash by which master and slave compare books."""

import hashlib

import msgspec

from decisions.rounding import plain
from domain.book import Book, BookPosition
from domain.signals import Fact, PositionClosed

HASH_LENGTH = 32


def apply_fact(book: Book, fact: Fact) -> Book:
    """The book that results from a fact. Applying the same fact twice changes nothing more."""
    others = tuple(p for p in book.positions if p.opening_order != fact.position.opening_order)
    held = others if isinstance(fact, PositionClosed) else (*others, fact.position)
    ordered = tuple(sorted(held, key=lambda p: p.opening_order))
    return msgspec.structs.replace(book, stamp=fact.stamp, positions=ordered)


def book_hash(book: Book) -> str:
    """A canonical hash of what is held; docs/WIRE.md gives the text it is taken over."""
    lines = [f"{book.login}|{book.server}"]
    lines += [_line(p) for p in sorted(book.positions, key=lambda p: p.opening_order)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:HASH_LENGTH]


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
