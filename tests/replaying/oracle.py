"""What a slave's broker must show, worked out from the stream, the ticks and the policy alone.

Nothing of the product is imported, so that a mistake of it cannot be made here as well.
"""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from tests.replaying.rules import FTMO, Floor, Rule
from tests.replaying.streams import Event, Ticks, points

ZERO = Decimal(0)
#: Nodes read their clocks a little after an instant has begun: nothing may hang on so little.
BLURRED_MS = 2_000
OTHER = {"buy": "sell", "sell": "buy"}


class Blurred(Exception):  # noqa: N818 - it says what happened
    """The outcome hangs on fractions of a second: the policy needs another figure."""


class Dealt(NamedTuple):
    """One deal of a copy; prices in points of the feed. `by`: us, or the broker's sl, tp, order."""

    ts_ms: int
    side: str
    lots: Decimal
    price: int
    by: str


class Held(NamedTuple):
    """An open copy."""

    side: str
    lots: Decimal
    sl: int
    tp: int


class Waits(NamedTuple):
    """A copy that waits for its price."""

    kind: str
    lots: Decimal
    price: int


class Waiting(NamedTuple):
    """The same with the master's lots, and when it ends by itself: brokers count in seconds."""

    shown: Waits
    of: Decimal
    until_ms: int


class Copy:
    """One master position as this slave has it."""

    def __init__(self, side: str, lots: Decimal, of: Decimal) -> None:
        self.side = side
        self.filled = self.lots = lots
        self.of = of
        self.sl = self.tp = 0
        self.is_due_ms = 0
        self.deals: list[Dealt] = []

    @property
    def held(self) -> Held:
        return Held(self.side, self.lots, self.sl, self.tp)


class Copies:
    """All copies of one trader on one slave, from the first tick to wherever it was led."""

    def __init__(self, rule: Rule, floor: Floor, ticks: Ticks, digits: int, purse: int = 0) -> None:
        self.rule, self.floor, self.ticks, self.digits = rule, floor, ticks, digits
        #: What the account has, USD, where a point of a lot is worth one.
        self.balance = Decimal(purse)
        #: Whose share this is; he trades the stream itself.
        self._master: Copies | None = None
        if rule.by_balance_of:
            self._master = Copies(Rule(), FTMO, ticks, digits, rule.by_balance_of)
        self.open: dict[int, Copy] = {}
        self.ended: dict[int, Copy] = {}
        self.waiting: dict[int, Waiting] = {}
        #: What is to be said of each order and position of the master's: "" for copied, or why not.
        self.answers: dict[tuple[str, int], str] = {}
        self._opened_ms: list[int] = []
        self._at_ms = 0

    def all_deals(self) -> dict[int, list[Dealt]]:
        """Every copy's, by the master's position."""
        return {number: copy.deals for number, copy in (self.ended | self.open).items()}

    def holdings(self) -> dict[int, Held]:
        """What is open now."""
        return {number: copy.held for number, copy in self.open.items()}

    def due_ms(self) -> int | None:
        """When a copy's time will be over for sure, at a tick; None where none is limited."""
        times_ms = [copy.is_due_ms for copy in self.open.values() if copy.is_due_ms]
        return self.ticks.from_on(min(times_ms)) if times_ms else None

    def due_by(self, ts_ms: int) -> list[int]:
        """When those copies' times are over for sure that have to be closed by that moment."""
        times_ms = [copy.is_due_ms for copy in self.open.values() if copy.is_due_ms]
        return [due_ms for due_ms in times_ms if due_ms <= ts_ms]

    def lead_to(self, ts_ms: int) -> None:
        """Let the ticks up to this moment do what they do, and time as well."""
        if self._master is not None:
            self._master.lead_to(ts_ms)
        first, last = self.ticks.upto(self._at_ms), self.ticks.upto(ts_ms)
        self._at_ms = ts_ms
        if first < last:
            for number, waiting in list(self.waiting.items()):
                self._fill_where_reached(number, waiting, first, last)
            for number, copy in list(self.open.items()):
                self._stop_where_reached(number, copy, first, last)
        self.waiting = {n: one for n, one in self.waiting.items() if ts_ms < one.until_ms}
        for number, copy in list(self.open.items()):
            if copy.is_due_ms and ts_ms >= copy.is_due_ms:
                self._deal(number, copy, copy.lots, last - 1, "us")
            elif copy.is_due_ms and ts_ms > copy.is_due_ms - 2 * BLURRED_MS:
                raise Blurred(f"position {number} has been held for as long as allowed at {ts_ms}")

    def hear(self, event: Event) -> None:
        """What the master does at the moment this was led to."""
        if self._master is not None:
            self._master.hear(event)
        number = event.position_id or event.order
        match event.ev:
            case "ORDER_PLACE":
                self._place(number, event)
            case "ORDER_MODIFY" if number in self.waiting:
                waiting = self.waiting[number]
                shown = waiting.shown._replace(price=points(event.price, self.digits))
                self.waiting[number] = waiting._replace(shown=shown)
            case "ORDER_CANCEL":
                self.waiting.pop(number, None)
            case "DEAL_IN" if number not in self.open and number not in self.ended:
                self._open(number, event)
            case "DEAL_OUT" if number in self.open:
                self._reduce(number, self.open[number], event)
        if event.ev in {"DEAL_IN", "SLTP_MODIFY"} and number in self.open:
            self._set_stops(self.open[number], event)

    def _place(self, number: int, event: Event) -> None:
        side = event.side.removesuffix("_stop")
        lots = "ORDER_TYPE_FILTERED" if self.rule.at_market_only else self._lots(event, side)
        self.answers["OrderPlaced", number] = lots if isinstance(lots, str) else ""
        if not isinstance(lots, str):
            shown = Waits(event.side, lots, points(event.price, self.digits))
            until_ms = event.expiration_ms // 1000 * 1000
            self.waiting[number] = Waiting(shown, event.volume, until_ms)

    def _open(self, number: int, event: Event) -> None:
        """At the market; also where the order that waited for this was not copied."""
        lots = self._lots(event, event.side)
        self.answers["PositionOpened", number] = lots if isinstance(lots, str) else ""
        if isinstance(lots, str):
            return
        side = OTHER[event.side] if self.rule.reverse else event.side
        self._begin(number, Copy(side, lots, event.volume), self.ticks.upto(event.ts_ms) - 1, "us")

    def _begin(self, number: int, copy: Copy, row: int, by: str) -> None:
        self.open[number] = copy
        price, ts_ms = self._price(copy.side, row), int(self.ticks.ts_ms[row])
        at_ms = ts_ms if by == "order" else self._at_ms
        copy.deals.append(Dealt(at_ms, copy.side, copy.lots, price, by))
        self.balance -= self.floor.fee(copy.lots)
        self._opened_ms.append(at_ms)
        if self.rule.hold_s:
            copy.is_due_ms = at_ms + self.rule.hold_s * 1000 + BLURRED_MS
        if self.rule.stop_points:
            down = -1 if copy.side == "buy" else 1
            copy.sl = price + down * self.rule.stop_points
            copy.tp = price - down * self.rule.stop_points * self.rule.target_ratio

    def _set_stops(self, copy: Copy, event: Event) -> None:
        if self.rule.copies_stops:
            sl, tp = points(event.sl, self.digits), points(event.tp, self.digits)
            copy.sl, copy.tp = (tp, sl) if self.rule.reverse else (sl, tp)

    def _reduce(self, number: int, copy: Copy, event: Event) -> None:
        left = ZERO
        if event.remaining:
            left = self.rule.rest(copy.filled, event.remaining, copy.of, self.floor)
        if left < copy.lots:
            row = self.ticks.upto(event.ts_ms) - 1
            self._deal(number, copy, copy.lots - left, row, "us")

    def _deal(self, number: int, copy: Copy, lots: Decimal, row: int, by: str) -> None:
        """Close so much."""
        side = OTHER[copy.side]
        at_ms = self._at_ms if by == "us" else int(self.ticks.ts_ms[row])
        price = self._price(side, row)
        copy.deals.append(Dealt(at_ms, side, lots, price, by))
        gained = price - copy.deals[0].price if copy.side == "buy" else copy.deals[0].price - price
        self.balance += gained * lots - self.floor.fee(lots)
        copy.lots -= lots
        if not copy.lots:
            self.ended[number] = self.open.pop(number)

    def _lots(self, event: Event, side: str) -> Decimal | str:
        """How many, or the reason why none."""
        rule = self.rule
        if self._master is not None:
            rule = rule._replace(times=Fraction(self.balance) / Fraction(self._master.balance))
        return self._why_not(event, side) or rule.lots(event.volume, self.floor)

    def _why_not(self, event: Event, side: str) -> str:
        rule = self.rule
        if rule.never:
            return rule.never
        if rule.side and side != rule.side:
            return "SIDE_FILTERED"
        if rule.window is not None and not self._is_in_window(event.ts_ms):
            return "OUTSIDE_HOURS"
        if rule.room and len(self.open) + len(self.waiting) >= rule.room:
            return "MAX_OPEN_TRADES"
        if rule.opens and self._opened_lately(event.ts_ms) >= rule.opens:
            return "TOO_MANY_IN_TIME"
        return ""

    def _opened_lately(self, ts_ms: int) -> int:
        ages_ms = [ts_ms - opened_ms - self.rule.within_s * 1000 for opened_ms in self._opened_ms]
        if any(abs(age_ms) < BLURRED_MS for age_ms in ages_ms):
            raise Blurred(f"an open is just as old as the throttle's time at {ts_ms}")
        return sum(1 for age_ms in ages_ms if age_ms < 0)

    def _is_in_window(self, ts_ms: int) -> bool:
        window = self.rule.window
        assert window is not None
        at = datetime.fromtimestamp(ts_ms / 1000, UTC).astimezone(ZoneInfo(window.zone))
        passed_ms = ts_ms % 60_000
        minute = at.hour * 60 + at.minute
        blurred = minute + 1 in {window.opens, window.closes} and passed_ms > 60_000 - BLURRED_MS
        if blurred:
            raise Blurred(f"the window opens or closes at {ts_ms}")
        return at.weekday() < 5 and window.opens <= minute < window.closes

    def _fill_where_reached(self, number: int, waiting: Waiting, first: int, last: int) -> None:
        """A buy stop waits for the ask to rise, a sell stop for the bid to fall."""
        waits = waiting.shown
        buys = waits.kind == "buy_stop"
        ask, bid = self.ticks.ask[first:last] + self.floor.wider, self.ticks.bid[first:last]
        reached = np.flatnonzero(ask >= waits.price if buys else bid <= waits.price)
        if len(reached):
            del self.waiting[number]
            side = "buy" if buys else "sell"
            copy = Copy(side, waits.lots, waiting.of)
            self._begin(number, copy, first + int(reached[0]), "order")

    def _stop_where_reached(self, number: int, copy: Copy, first: int, last: int) -> None:
        buys = copy.side == "buy"
        ask, bid = self.ticks.ask[first:last] + self.floor.wider, self.ticks.bid[first:last]
        lost = (bid <= copy.sl if buys else ask >= copy.sl) if copy.sl else bid < 0
        won = (bid >= copy.tp if buys else ask <= copy.tp) if copy.tp else bid < 0
        reached = np.flatnonzero(lost | won)
        if len(reached):
            row = int(reached[0])
            self._deal(number, copy, copy.lots, first + row, "sl" if lost[row] else "tp")

    def _price(self, side: str, row: int) -> int:
        if side == "buy":
            return int(self.ticks.ask[row]) + self.floor.wider
        return int(self.ticks.bid[row])
