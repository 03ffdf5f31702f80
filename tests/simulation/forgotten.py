"""What a power cut took from a slave's journal, and nobody has shown it since."""

from collections.abc import Iterable

from paper.broker.records import Order


class Forgotten:
    """The opens that a slave has sent and cannot know of: it may send these again (law 4)."""

    def __init__(self) -> None:
        """Nothing was sent yet."""
        self._on_the_way: set[int] = set()
        self._lost_on_the_way: set[int] = set()
        self._waiting: set[int] = set()
        self._not_filled: set[tuple[int, int]] = set()
        self.doubled: set[tuple[int, int]] = set()
        """Masters' orders that were sent again while a forgotten one waited, or was yet to fill."""
        self.shares: set[str] = set()
        """Symbols of a netting account on which nobody can say whose of us lost what to others."""

    def sends(self, magic: int) -> None:
        """An open goes out."""
        self._on_the_way.add(magic)

    def hears(self, magic: int) -> None:
        """Its answer is there."""
        self._on_the_way.discard(magic)

    def loses(
        self, waiting: Iterable[int], sent: Iterable[tuple[int, int]], meddled: Iterable[str]
    ) -> None:
        """The power is cut: these orders of ours wait, and these of the master's were sent."""
        self._waiting |= set(waiting)
        self._not_filled |= set(sent)
        self.shares |= set(meddled)
        self._lost_on_the_way |= self._on_the_way

    def placed(self, order: Order) -> None:
        """An order of ours has reached its broker."""
        if order.magic in self._lost_on_the_way:
            self._lost_on_the_way.remove(order.magic)
            self._waiting.add(order.ticket)

    def shown(self, tickets: Iterable[int]) -> None:
        """A list has these orders."""
        self._waiting -= set(tickets)

    def may_send_again(self, leg: tuple[int, int], waiting: set[int], *, has_filled: bool) -> bool:
        """All of these orders, which wait for this order of the master's, are forgotten."""
        if not waiting <= self._waiting:
            return False
        if waiting or (leg in self._not_filled and not has_filled):
            self.doubled.add(leg)
        return True
