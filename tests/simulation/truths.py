"""What is so at the brokers, as it becomes so: what masters hold and let wait, and their copies."""

from typing import Any

from domain.mt5_words import TradeAction
from paper.broker.records import Deal, Order, TradeRequest
from tests.simulation.forgotten import Forgotten
from tests.simulation.wishes import Wishes

Leg = tuple[int, int]
"""A master's order, and the part of its copy: 0 where that is not split."""

LOTS_SLACK = 1e-9
#: A terminal tells the moment of a deal in whole milliseconds.
TOLD_TO_US = 1_000
HUNDREDTHS = 100


def _hundredths(lots: float) -> int:
    return round(lots * HUNDREDTHS)


class Original:
    """What one order brought to a master's account: a position, or its part of one (law 14)."""

    def __init__(self, deal: Deal, side: int, parts: int, login: int, now_us: int) -> None:
        self.order = deal.order
        self.side = side
        self.login = login
        self.opened_us = now_us
        self.closed_us: int | None = None
        self.parts = self.initial_parts = parts
        self.symbol = deal.symbol
        self.position, self.price = deal.position_id, deal.price
        self.lots = [self.volume]
        """Whatever it has been, in the order of time."""
        self.least_share = 1.0
        """Of what it had brought by then, the smallest that was ever left: law 2 asks no more."""

    @property
    def volume(self) -> float:
        return self.parts / HUNDREDTHS

    @property
    def initial(self) -> float:
        return self.initial_parts / HUNDREDTHS

    def leave(self, parts: int, now_us: int) -> None:
        """So many hundredths of a lot are left."""
        self.parts = parts
        self.lots.append(self.volume)
        self.least_share = min(self.least_share, parts / self.initial_parts)
        if not parts:
            self.closed_us = now_us


class Holding:
    """A master's position: what its orders brought, less what was taken off all in proportion."""

    def __init__(self) -> None:
        self._held: list[Original] = []

    def take(self, deal: Deal, login: int, now_us: int) -> Original | None:
        """Another deal on it; what it newly brought."""
        side, parts = (-1 if deal.type & 1 else 1), _hundredths(deal.volume)
        if self._held and self._held[0].side != side:
            total = sum(one.parts for one in self._held)
            self._keep(max(total - parts, 0), total, now_us)
            parts -= total
        if parts <= 0:
            return None
        known = next((one for one in self._held if one.order == deal.order), None)
        if known is not None:
            # A later part of the same order, whatever came in between.
            known.parts += parts
            known.initial_parts += parts
            known.lots.append(known.volume)
            return None
        self._held.append(Original(deal, side, parts, login, now_us))
        return self._held[-1]

    def _keep(self, left: int, total: int, now_us: int) -> None:
        """Whole hundredths for all; what is over goes to who lost most by rounding, then to age."""
        shares = [divmod(one.parts * left, total) for one in self._held]
        over = left - sum(whole for whole, _ in shares)
        favoured = sorted(range(len(shares)), key=lambda i: (-shares[i][1], i))[:over]
        for i, one in enumerate(self._held):
            one.leave(shares[i][0] + (i in favoured), now_us)
        self._held = [one for one in self._held if one.parts]


class Awaited:
    """A master's order that waits for its price, or did."""

    def __init__(self, order: Order, login: int, now_us: int) -> None:
        self.order = order.ticket
        self.login = login
        self.initial = order.volume_initial
        self.opened_us = now_us
        self.left = order.volume_current
        self.waits = True
        self.symbol = order.symbol
        self.kinds = [order.type]
        """A stop-limit becomes a limit."""
        self.lots = [order.volume_initial]
        self.stops = [(order.sl, order.tp)]

    def is_now(self, order: Order) -> None:
        """It was changed, or a part of it has filled."""
        self.left = order.volume_current
        self.lots.append(order.volume_current)
        self.kinds.append(order.type)
        self.stops.append((order.sl, order.tp))


class Copy:
    """What an order of ours has opened on a slave: a position, or its part of one."""

    def __init__(self, deal: Deal, leg: Leg, sent: TradeRequest, now_us: int) -> None:
        self.asked = sent.volume
        self.asked_at = sent.stoplimit or sent.price
        self.risk = abs(self.asked_at - sent.sl) if sent.sl else 0.0
        """From there to its stop as it was sent."""
        self.opened_us = now_us
        self.most_s: Any = None
        """How long it may be held, by what has been forgotten since."""
        self.wishes: Wishes | None = None
        """What it was opened by; None where nobody remembers that."""
        self.of_lots = 0.0
        """The least that the master had when it was copied."""
        self.waited = sent.action == TradeAction.PENDING
        """It was an order of ours that waited as the master's did."""
        self.number = deal.order
        self.identifier = deal.position_id
        self.symbol = deal.symbol
        self.leg = leg
        self.order = leg[0]
        self.side = -1 if deal.type & 1 else 1
        self.filled = self.volume = deal.volume
        self.was_flat = False
        """The position that it shares has been flat, or turned round: it ended, by whomever."""

    def grow(self, lots: float) -> None:
        """Another part of the same order."""
        self.filled += lots
        self.volume += lots

    def shrink(self, lots: float) -> None:
        """Something was taken off it."""
        self.volume = max(self.volume - lots, 0.0)

    def end(self) -> None:
        """Nothing is left in its direction."""
        self.volume, self.was_flat = 0.0, True

    def is_past_its_time(self, now_us: int, slack_us: int) -> bool:
        """Its terms have it closed by now, or by a clock that has jumped that far."""
        most_s = self.most_s if self.wishes is None else self.wishes.said("max_hold_seconds")
        held_us = now_us - self.opened_us + slack_us + TOLD_TO_US
        return most_s is not None and held_us >= int(most_s) * 1_000_000

    @property
    def is_open(self) -> bool:
        return self.volume > LOTS_SLACK


class SentBy:
    """What the opens of a slave were sent by."""

    def __init__(self) -> None:
        """Nothing was sent yet."""
        self.wishes: dict[int, Wishes] = {}
        """By magic."""
        self.moved_to: dict[int, list[float]] = {}
        """By the number of our order, where else we have let it wait."""
        self.was_cut = False
        """A power cut has taken something from the journal."""


class SlaveBooks:
    """One slave's account, split into what is ours and what is not."""

    def __init__(self, *, nets: bool = False) -> None:
        self.nets = nets
        self.copies: dict[int, Copy] = {}
        """By the number of our order."""
        self.by_order: dict[int, list[Copy]] = {}
        self.opens: dict[int, TradeRequest] = {}
        """By magic, what was sent to open, at once or when its price is reached."""
        self.sent_by = SentBy()
        self.closes: dict[int, Leg] = {}
        """By magic of a close, what it closes of."""
        self.sent, self.ours = set[int](), set[int]()
        """The magics of all our orders, and their numbers."""
        self.waiting: dict[int, Order] = {}
        """Our own orders that wait."""
        self.forgotten = Forgotten()
        self.may_be_out: dict[Leg, str] = {}
        """By leg, the answer to the last open sent that proves no refusal."""
        self.net: dict[str, float] = {}
        """Lots on each symbol of a netting account, buys positive."""
        self.told, self.strangers = dict[str, float](), dict[str, float]()
        """The same as the slave's terminal was told last, and what was not ours of that."""
        self.listed: dict[int, float] = {}
        """Lots of each position of a hedging account as they were shown last, by its ticket."""
        self.meddled: set[str] = set()
        """Symbols on which others have made deals as well."""

    def forget_wishes(self) -> None:
        """A journal that has lost its tail: nobody remembers what copies were opened by."""
        self.sent_by.was_cut = True
        self.sent_by.wishes.clear()
        for copy in self.copies.values():
            if copy.wishes is not None:
                # It may be known all the same, and kept to.
                copy.most_s = copy.wishes.said("max_hold_seconds")
            copy.wishes = None

    def add(self, copy: Copy) -> None:
        self.copies[copy.number] = copy
        self.by_order.setdefault(copy.order, []).append(copy)

    def of_leg(self, leg: Leg) -> list[Copy]:
        """All that was ever opened of this part; there should be one."""
        return [one for one in self.by_order.get(leg[0], []) if one.leg == leg]

    def on(self, symbol: str) -> list[Copy]:
        """The copies that are open there."""
        return [one for one in self.copies.values() if one.symbol == symbol and one.is_open]

    def foreign(self, symbol: str) -> float:
        """Lots that are not copies."""
        return self.net.get(symbol, 0.0) - self.ours_on(symbol)

    def ours_on(self, symbol: str) -> float:
        """Lots that are copies, buys positive."""
        return sum(copy.side * copy.volume for copy in self.on(symbol))

    def left_of(self, copy: Copy) -> float:
        """What is really there of it, however much others took off its position."""
        if not self.nets:
            return copy.volume
        return min(copy.volume, max(self.net.get(copy.symbol, 0.0) * copy.side, 0.0))


def leg_in(comment: str) -> Leg:
    """The master's ticket, which our comments begin with, and the part behind it."""
    order, _, part = comment.split(" ", 1)[0].partition(".")
    return int(order) if order.isdecimal() else 0, int(part) if part.isdecimal() else 0
