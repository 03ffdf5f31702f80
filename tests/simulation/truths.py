"""What is so at the brokers, as it becomes so: master positions, copies, and who sent what."""

from domain.mt5_words import DealEntry
from paper.broker.records import Deal, TradeRequest

LOTS_SLACK = 1e-9


class Original:
    """A master's position."""

    def __init__(self, deal: Deal, now_us: int) -> None:
        self.order = deal.position_id
        self.opened_us = now_us
        self.initial = self.volume = deal.volume
        self.closed_us: int | None = None

    def take(self, deal: Deal, now_us: int) -> None:
        """Another deal on it."""
        if deal.entry == DealEntry.IN:
            self.initial += deal.volume
            self.volume += deal.volume
            return
        self.volume -= deal.volume
        if self.volume < LOTS_SLACK:
            self.volume, self.closed_us = 0.0, now_us


class Copy:
    """A position that an order of ours has opened on a slave."""

    def __init__(self, deal: Deal, order: int) -> None:
        self.identifier = deal.position_id
        self.order = order
        self.filled = self.volume = deal.volume

    def take(self, deal: Deal) -> None:
        """Another deal on it."""
        if deal.entry == DealEntry.IN:
            self.filled += deal.volume
            self.volume += deal.volume
        else:
            self.volume = max(self.volume - deal.volume, 0.0)

    @property
    def is_open(self) -> bool:
        return self.volume > LOTS_SLACK


class SlaveBooks:
    """One slave's account, split into what is ours and what is not."""

    def __init__(self) -> None:
        self.copies: dict[int, Copy] = {}
        self.by_order: dict[int, list[Copy]] = {}
        self.opens: dict[int, TradeRequest] = {}
        """By magic, what was sent to open."""
        self.may_be_out: dict[int, str] = {}
        """By the master's order, the answer to the last open sent that proves no refusal."""

    def add(self, copy: Copy) -> None:
        self.copies[copy.identifier] = copy
        self.by_order.setdefault(copy.order, []).append(copy)


def order_in(comment: str) -> int:
    """The master's ticket, which our comments begin with."""
    first = comment.split(" ", 1)[0]
    return int(first) if first.isdecimal() else 0
