"""Since when this account follows each master, and what the master had by then."""

from collections.abc import Callable, Collection

from domain.book import Book
from domain.ids import NodeName
from domain.records import Follow, Record
from domain.signals import Fact, PositionOpened
from nodes.bookkeeping.legbook import LegBook
from nodes.bookkeeping.progress import NOWHERE
from nodes.ports import Journal


class Follows:
    """A follow begins with a master's first whole book, and outlives restarts."""

    def __init__(self, journal: Journal, legs: LegBook, write: Callable[[Record], None]) -> None:
        """Go on with what the journal knows."""
        self._journal = journal
        self._legs = legs
        self._write = write
        self._of = {follow.master: follow for follow in journal.follows()}

    def begin(self, book: Book, now_ms: int) -> None:
        """Nothing of this book has been acted on yet. A master that is followed already is not."""
        known = self._of.get(book.master)
        if known is not None and not known.over:
            return
        if known is None and (self._journal.cursor(book.master) or NOWHERE) > NOWHERE:
            # Followed before anybody wrote down since when.
            self._keep(Follow(master=book.master))
            return
        orders = (position.opening_order for position in book.positions)
        existing = tuple(o for o in orders if self._legs.find(book.leg_key(o)) is None)
        self._keep(Follow(master=book.master, since_ms=now_ms, existing=existing))

    def began_earlier(self, master: NodeName) -> None:
        """Others remember that it was followed: a journal was lost, and nothing begins."""
        known = self._of.get(master)
        if known is None or known.since_ms:
            self._keep(Follow(master=master))

    def end_all_but(self, masters: Collection[str]) -> None:
        """No other is followed any more."""
        for master, follow in list(self._of.items()):
            if master not in masters and not follow.over:
                self._keep(Follow(master=master, over=True))

    def had_before(self, fact: Fact) -> bool:
        """The master had the position before it was followed: its first book, or its age, says."""
        follow = self._of.get(fact.master)
        if follow is None or follow.over or not isinstance(fact, PositionOpened):
            return False
        if fact.position.opening_order in follow.existing:
            return True
        seen_ms = fact.seen_at_us // 1000
        return seen_ms > 0 and seen_ms - fact.age_ms < follow.since_ms

    def _keep(self, follow: Follow) -> None:
        self._of[follow.master] = follow
        self._write(follow)
