"""Holds what a slave sends against its document: side, symbol, lots, stops, limits and times."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from domain.mt5_words import TradeAction
from paper.broker.records import Position, TradeRequest
from tests.simulation import findings
from tests.simulation.brokers import Brokers
from tests.simulation.findings import Home
from tests.simulation.kernel import Kernel
from tests.simulation.truths import LOTS_SLACK, Awaited, Copy, Leg, Original, SlaveBooks, leg_in
from tests.simulation.wishes import TURNED, Case, Contract, Purse, Stops, Theirs, Wishes

#: A document that was replaced so lately may be the one that a decision was made by.
STILL_IN_HAND_US = 4_000_000
#: A deal is made a little before whoever sent its order has written that down.
TIMES_APART_US = 1_500_000
#: Rounding to a tick of our own, and the digits of a price as a float.
TICKS_APART = 1.02
#: Lots that nobody asks for.
ANYTHING = 1e9
#: The most that a dynamic stop's range can be, by feed: see `brokers.py`.
ANY_RANGE = {"EURUSD": 0.01, "XAUUSD": 20.0}
#: When the windows that are drawn are open, seconds from the start of every run.
WINDOWS_S: Mapping[str, tuple[float, float]] = {
    "Wed 12:00-12:01 UTC": (0, 60),
    "Mon-Fri 08:00-14:01 Europe/Prague": (0, 60),
    "Tue-Thu 07:00-08:01 America/New_York": (0, 60),
    "Wed 12:00-13:00 server": (-1, -1),
    "Mon-Fri 00:00-23:59 UTC": (-1, 3_600),
    "Sat-Sun 00:00-23:59 UTC": (-1, -1),
}
Wrong = tuple[str, str]


class Subject(NamedTuple):
    """What a slave is asked to copy: a position, or an order that waits to become one."""

    master: str
    symbol: str
    side: int
    kinds: Sequence[int]
    """By MetaTrader's numbers, whatever kind of order it has been; none of a position."""
    lots: Sequence[float]
    history: Sequence[Theirs]


class Moment(NamedTuple):
    """An open that is sent now."""

    home: Home
    books: SlaveBooks
    request: TradeRequest
    order: int
    of: Subject
    comes_late: bool
    existed: bool = False
    """The master may have had it before it was followed."""

    @property
    def waits(self) -> bool:
        """It is an order that is to wait."""
        return self.request.action == TradeAction.PENDING

    @property
    def price(self) -> float:
        """Where it is to open."""
        return self.request.stoplimit or self.request.price

    @property
    def side(self) -> int:
        """Of what it opens."""
        return -1 if self.request.type & 1 else 1

    @property
    def risk(self) -> float:
        """From its price to its stop, negative on the side where it wins; 0 without one."""
        return (self.price - self.request.sl) * self.side if self.request.sl else 0.0


class BySettings:
    """The judge of settings. It knows every document a slave has had, and when."""

    def __init__(self, kernel: Kernel, brokers: Brokers, masters_broker: str) -> None:
        self.master_named: Callable[[int], str] = lambda _login: ""
        self.history: dict[tuple[int, int], list[Theirs]] = {}
        """By a master's login and the number of its position, its stops as they have been."""
        self.clocks_jumped: Callable[[], bool] = lambda: False
        self.moved_to: Callable[[str, int], Sequence[float]] = lambda _name, _order: ()
        self.splits = False
        """Brokers take so little at once that a copy may be several orders."""
        self._kernel = kernel
        self._brokers = brokers
        self._masters_broker = masters_broker
        self._documents: dict[str, list[tuple[int, Mapping[str, Any]]]] = {}
        self._wholes: dict[tuple[str, int], list[tuple[float, float] | None]] = {}
        """By slave and master's order, what a copy in parts may be in all."""
        self._tries: dict[tuple[str, Leg, int, bool], int] = {}

    def has_read(self, name: str, document: Mapping[str, Any] | None) -> None:
        """A node was told this document, and has read it."""
        known = self._documents.setdefault(name, [])
        if document is not None and (not known or known[-1][1] != document):
            known.append((self._kernel.now_us, document))

    def all_of(self, name: str) -> list[Mapping[str, Any]]:
        """Every document it has ever had."""
        return [document for _, document in self._documents.get(name, [])]

    def note(self, login: int, kept: Iterable[Position]) -> None:
        """A master's positions as they stand now."""
        for one in kept:
            history = self.history.setdefault((login, one.identifier), [])
            theirs = Theirs(one.sl, one.tp, one.price_open)
            if not history or history[-1] != theirs:
                history.append(theirs)

    def subject(self, known: Original | Awaited) -> Subject:
        """What a master's position, or its order, asks for."""
        master = self.master_named(known.login)
        if isinstance(known, Original):
            history = self.history.get((known.login, known.position), [])
            # On a netting account a position has one price, and each of its orders had its own.
            history = history + [one._replace(price=known.price) for one in history[-1:]]
            return Subject(master, known.symbol, known.side, (), known.lots, history)
        kinds, side = known.kinds, -1 if known.kinds[0] & 1 else 1
        stops = [Theirs(*one, 0.0) for one in known.stops]
        return Subject(master, known.symbol, side, kinds, known.lots, stops)

    def judge_open(self, now: Moment) -> tuple[Wishes | None, list[Wrong]]:
        """By which of its last documents it was sent, and what no document of them explains."""
        wrongs: list[list[Wrong]] = []
        for document in self._in_hand(now.home.name):
            wishes = Wishes(document, now.of.master, now.of.symbol)
            wrong = [*self._of_open(now, wishes)]
            if not wrong:
                return wishes, []
            wrongs.append(wrong)
        return None, wrongs[0] if wrongs else []

    def _in_hand(self, name: str) -> list[Mapping[str, Any]]:
        """The newest first."""
        known = self._documents.get(name, [])
        found = [document for _, document in known[-1:]]
        for (since_us, _), (_, before) in zip(known[::-1], known[-2::-1], strict=False):
            if self._kernel.now_us - since_us > STILL_IN_HAND_US:
                break
            found.append(before)
        return found

    def oldest_us(self, name: str, of: Subject) -> int:
        """How old a signal may be, by any of its last documents."""
        found = (Wishes(document, of.master, of.symbol) for document in self._in_hand(name))
        return max((int(one.said("max_signal_age_ms", 5_000)) for one in found), default=0) * 1_000

    def copies_existing(self, name: str, of: Subject) -> bool:
        """One of its last documents asks for what its master had before it was followed."""
        found = (Wishes(document, of.master, of.symbol) for document in self._in_hand(name))
        return any(wishes.copies_existing for wishes in found)

    def _of_open(self, now: Moment, wishes: Wishes) -> Iterable[Wrong]:
        shown = f"{now.request.symbol} {now.request.volume:g} type {now.request.type}"
        if now.request.symbol != wishes.symbol:
            yield findings.WRONG_SYMBOL, f"{now.order}: {shown}, not {wishes.symbol}"
            return
        if not wishes.follows:
            yield findings.KEPT_OUT, f"{now.order}: {now.of.master} is not followed"
        side = -now.of.side if wishes.turns else now.of.side
        if now.side != side or not self._is_its_kind(now, wishes):
            yield findings.WRONG_SIDE, f"{now.order}: {shown}"
            return
        for reason in wishes.keeps_out(now.of.kinds, now.of.side, now.of.lots, now.of.history):
            yield findings.KEPT_OUT, f"{now.order}: {shown}, in spite of {reason}"
        yield from self._of_lots(now, wishes)
        yield from self._of_stops(now, wishes)
        yield from self._of_prices(now, wishes)
        if not now.books.sent_by.was_cut:
            yield from self._of_room(now, wishes)

    def _is_its_kind(self, now: Moment, wishes: Wishes) -> bool:
        if not now.waits:
            return True
        if now.comes_late:
            # It waits for the price of a position, on whichever side of it that is.
            return True
        kinds = [TURNED.get(kind) if wishes.turns else kind for kind in now.of.kinds]
        return now.request.type in kinds

    def _of_lots(self, now: Moment, wishes: Wishes) -> Iterable[Wrong]:
        wanted = [self._lots(now, wishes, lots) for lots in dict.fromkeys(now.of.lots)]
        volume = now.request.volume
        if self.splits:
            # A part may be as small as it likes: all parts together are not more than the whole,
            # which was decided with the first of them.
            whole, part = (now.home.name, now.order), leg_in(now.request.comment)[1]
            wanted = self._wholes.setdefault(whole, wanted) if part else wanted
            self._wholes[whole] = wanted
            volume += self._lots_of_earlier_parts(now)
            wanted = [w and (0.0, w[1]) for w in wanted]
        if any(w and w[0] - LOTS_SLACK <= volume <= w[1] + LOTS_SLACK for w in wanted):
            return
        text = f"{now.order}: {volume:g} lots for {list(now.of.lots)}, wanted {wanted}"
        yield findings.WRONG_LOTS, text

    def _lots_of_earlier_parts(self, now: Moment) -> float:
        leg = leg_in(now.request.comment)
        asked = {one.leg: one.asked for one in now.books.by_order.get(now.order, [])}
        return sum(lots for part, lots in asked.items() if part != leg)

    def _lots(self, now: Moment, wishes: Wishes, lots: float) -> tuple[float, float] | None:
        case = Case(
            master_lots=lots,
            master_size=self.contract(self._masters_broker, now.of.symbol).size,
            contract=self.contract(now.home.server, now.request.symbol),
            own=self._purse(now.home.server, now.home.login),
            master=self._purse(self._masters_broker, self._login_of(now)),
            price=now.price,
            stop=max(now.risk, 0.0),
        )
        return wishes.lots(case)

    def _login_of(self, now: Moment) -> int:
        accounts = self._brokers.world.houses[self._masters_broker].accounts
        return next(login for login in accounts if self.master_named(login) == now.of.master)

    def _of_stops(self, now: Moment, wishes: Wishes) -> Iterable[Wrong]:
        """On a netting account stops are those of a position that several share."""
        if now.home.nets:
            return
        asked = Stops(now.request.sl, now.request.tp)
        history = _crossed(now.of.history, now.price if now.waits else None)
        contract = self.contract(now.home.server, now.request.symbol)
        opened = (now.price, now.side, abs(now.risk))
        is_wanted = self._is_among(wishes, asked, opened, history, contract)
        if not is_wanted and not self._is_kept_off(now, wishes, asked, history):
            text = f"{now.order}: {asked} at {now.price:g} for {list(now.of.history)}"
            yield findings.WRONG_STOPS, text

    def _without_stops_level(
        self, now: Moment, wishes: Wishes, asked: Stops, history: Sequence[Theirs]
    ) -> Stops:
        """Its stop where it belongs, if it is only kept off that place by the price."""
        point = self.contract(now.home.server, now.request.symbol).point
        shapes = (wishes.stops(now.price, now.side, one, point, abs(now.risk)) for one in history)
        wanted = [one.sl for one in shapes]
        place = now.home.server, now.request.symbol, now.side
        if now.waits or not self._is_as_near_as_may_be(place, asked.sl, wanted):
            return asked
        return asked._replace(sl=min(wanted, key=lambda sl: abs(sl - asked.sl)))

    def _is_among(
        self,
        wishes: Wishes,
        asked: Stops,
        opened: tuple[float, int, float],
        history: Sequence[Theirs],
        contract: Contract,
    ) -> bool:
        price, side, risk = opened
        near = contract.tick * TICKS_APART
        for theirs in history:
            wanted = wishes.stops(price, side, theirs, contract.point, risk)
            sl_is = abs(asked.sl - wanted.sl) <= near or _is_dynamic(wishes, asked.sl, opened)
            if sl_is and abs(asked.tp - wanted.tp) <= near:
                return True
        return False

    def _of_prices(self, now: Moment, wishes: Wishes) -> Iterable[Wrong]:
        if now.waits:
            return
        contract = self.contract(now.home.server, now.request.symbol)
        quote = self._brokers.world.houses[now.home.server].market.quotes[now.request.symbol]
        widest = wishes.said("max_spread")
        spread = (quote.ask - quote.bid) / contract.point
        if widest is not None and spread > widest + TICKS_APART:
            yield findings.KEPT_OUT, f"{now.order}: the spread is {spread:g} points"
        farthest = float(wishes.said("slippage_tolerance", 50)) + TICKS_APART
        apart = min(abs(one.price - now.price) / contract.point for one in now.of.history)
        is_better = wishes.said("slippage_mode", "either") == "adverse"
        takes_any = now.existed and wishes.copies_at_any_price
        if apart > farthest and not (is_better or takes_any):
            yield findings.KEPT_OUT, f"{now.order}: {apart:g} points from the master's price"

    def _of_room(self, now: Moment, wishes: Wishes) -> Iterable[Wrong]:
        held = [
            (copy.order, copy.symbol, copy.volume)
            for copy in now.books.copies.values()
            if copy.is_open
        ]
        held += [
            (leg_in(one.comment)[0], one.symbol, one.volume_current)
            for one in now.books.waiting.values()
        ]
        here = [one for one in held if one[1] == now.request.symbol]
        for among, where in ((held, ""), (here, "_per_symbol")):
            trades = wishes.said(f"max_open_trades{where}")
            # Parts of one copy are one trade, and each of them counts with its lots.
            others, lots = {one[0] for one in among} - {now.order}, sum(one[2] for one in among)
            if trades is not None and len(others) >= trades:
                yield findings.ABOVE_LIMIT, f"{now.order}: {len(others)} are open, most {trades}"
            most = wishes.said(f"max_open_lots{where}")
            if most is not None and lots + now.request.volume > most + LOTS_SLACK:
                text = f"{now.order}: {now.request.volume:g} lots beside {lots:g}, most {most}"
                yield findings.ABOVE_LIMIT, text
        yield from self._of_one_way(now, wishes)
        if not self.clocks_jumped():
            yield from self._of_times(now, wishes)

    def _of_one_way(self, now: Moment, wishes: Wishes) -> Iterable[Wrong]:
        """One copy per symbol, or one side, where the account demands it."""
        symbol = now.request.symbol
        sides = [copy.side for copy in now.books.on(symbol) if copy.order != now.order]
        waiting = [
            one
            for one in now.books.waiting.values()
            if one.symbol == symbol and leg_in(one.comment)[0] != now.order
        ]
        sides += [-1 if one.type & 1 else 1 for one in waiting]
        if wishes.said("fifo") and sides and not now.books.nets:
            yield findings.ABOVE_LIMIT, f"{now.order}: {len(sides)} are on {symbol} already"
        if wishes.said("block_hedging") and -now.side in sides:
            yield findings.ABOVE_LIMIT, f"{now.order}: against what is on {symbol}"

    def _of_times(self, now: Moment, wishes: Wishes) -> Iterable[Wrong]:
        now_us, opens = self._kernel.now_us, wishes.said("throttle.opens")
        since_us = now_us - wishes.said("throttle.seconds", 60) * 1_000_000 + TIMES_APART_US
        opened = [c for c in now.books.copies.values() if c.opened_us > since_us]
        recent = {copy.order for copy in opened} - {now.order}
        if opens is not None and len(recent) >= opens:
            yield findings.ABOVE_LIMIT, f"{now.order}: {len(recent)} were opened in a short time"
        windows = wishes.said("trading_windows")
        if windows is None:
            return
        times = [WINDOWS_S[one] for one in windows]
        late_us = now_us - TIMES_APART_US
        if not any(first_s * 1e6 <= now_us and late_us < end_s * 1e6 for first_s, end_s in times):
            yield findings.KEPT_OUT, f"{now.order}: not within {windows}"

    def count_try(self, now: Moment, wishes: Wishes) -> list[Wrong]:
        """Of one open, or of a part of it, so many are sent at most, each after a refusal."""
        # What waits late is another open than what waited as the master's order did.
        leg = leg_in(now.request.comment)
        key = now.home.name, leg, now.request.action, now.waits and now.comes_late
        self._tries[key] = self._tries.get(key, 0) + 1
        most = wishes.said("open_tries", 4)
        if self._tries[key] <= most or now.books.sent_by.was_cut:
            return []
        return [(findings.ABOVE_LIMIT, f"{now.order}: sent {self._tries[key]} times, most {most}")]

    def judge_stops(
        self,
        home: Home,
        request: TradeRequest,
        copy: Copy,
        held: Position | None,
        history: Sequence[Theirs],
    ) -> list[Wrong]:
        """What moves a copy's stops is what its terms ask for by now, or leaves one as it is."""
        if copy.wishes is None or held is None or not history:
            return []
        near = self.contract(home.server, request.symbol).tick * TICKS_APART
        wanted = self.levels(home, copy, history)
        sls, tps = [held.sl, *(one.sl for one in wanted)], [held.tp, *(one.tp for one in wanted)]
        has_its_stop = any(is_stop(copy, request.sl, sl, near) for sl in sls)
        place = home.server, request.symbol, copy.side
        if not has_its_stop and self._is_as_near_as_may_be(place, request.sl, sls):
            has_its_stop = True
        has_its_target = any(abs(request.tp - tp) <= near for tp in tps)
        if not has_its_target:
            has_its_target = self._is_as_near_as_may_be(place, request.tp, tps, wins=True)
        if has_its_stop and has_its_target:
            return []
        text = f"{copy.order}: to sl {request.sl:g} tp {request.tp:g} for {list(history)}"
        return [(findings.WRONG_STOPS, text)]

    def _is_as_near_as_may_be(
        self,
        place: tuple[str, str, int],
        asked: float,
        wanted: Sequence[float],
        *,
        wins: bool = False,
    ) -> bool:
        """Where a stop belongs the price is already, or nearer than the broker takes one.

        `place`: the server, the symbol there, and the side of what the stop is for. `wins`: it is a
        take profit, which is on the other side of the price.
        """
        server, symbol, opened = place
        market = self._brokers.world.houses[server].market
        one, quote = market.profiles[symbol], market.quotes[symbol]
        price = quote.bid if opened > 0 else quote.ask
        least, near = max(one.stops_level_points, 1) * one.point, one.point * TICKS_APART
        side = -opened if wins else opened
        is_blocked = any(stop and (price - stop) * side < least + near for stop in wanted)
        return is_blocked and abs((price - asked) * side - least) <= near

    def levels(self, home: Home, copy: Copy, history: Sequence[Theirs]) -> list[Stops]:
        """Where a copy's stops belong, for each of what its master's have been."""
        assert copy.wishes is not None
        point = self.contract(home.server, copy.symbol).point
        return [
            copy.wishes.stops(price, copy.side, one, point, copy.risk)
            for price in self._asked_at(home, copy)
            for one in _crossed(history, price if copy.waited else None)
        ]

    def _asked_at(self, home: Home, copy: Copy) -> list[float]:
        """Where we have let its order wait, or have asked for it."""
        moved = self.moved_to(home.name, copy.number) if copy.waited else ()
        return [copy.asked_at, *moved]

    def judge_close(self, copy: Copy) -> list[Wrong]:
        """Not sooner than its terms let it be closed."""
        if copy.wishes is None or self.clocks_jumped():
            return []
        least_us = int(copy.wishes.said("min_hold_seconds", 0)) * 1_000_000
        held_us = self._kernel.now_us - copy.opened_us
        if held_us >= least_us - 100_000:
            return []
        return [(findings.TOO_SOON, f"{copy.order}: after {held_us / 1e6:g} s")]

    def contract(self, broker: str, symbol: str) -> Contract:
        """What a symbol is there."""
        one = self._brokers.world.houses[broker].market.profiles[symbol]
        return Contract(
            size=one.contract_size,
            step=one.volume_step,
            least=one.volume_min,
            most=ANYTHING if self.splits else one.volume_max,
            point=one.point,
            tick=one.tick_size,
        )

    def _purse(self, broker: str, login: int) -> Purse:
        house = self._brokers.world.houses[broker]
        figures = house.figures_of(house.accounts[login])
        return Purse(figures.balance, figures.equity, figures.margin_free)


def _crossed(history: Sequence[Theirs], price: float | None) -> list[Theirs]:
    """The price is of when it was copied, stops may be of later; of an order one price is all."""
    prices = {one.price for one in history} if price is None else {price}
    stops = dict.fromkeys((one.sl, one.tp) for one in history)
    return [Theirs(sl, tp, price) for sl, tp in stops for price in prices]


def _is_dynamic(wishes: Wishes, sl: float, opened: tuple[float, int, float]) -> bool:
    """So many ranges away on the side where it loses; how long a range was nobody can say later."""
    if wishes.said("stop_loss_type") != "dynamic" or not sl:
        return False
    price, side, _ = opened
    most = ANY_RANGE[wishes.master_symbol] * float(wishes.said("atr.times", 2))
    return 0 < (price - sl) * side <= most


def is_stop(copy: Copy, asked: float, wanted: float, near: float) -> bool:
    """It is the stop that is wanted, or one that has moved from there by itself."""
    if abs(asked - wanted) <= near:
        return True
    wishes = copy.wishes
    if wishes is None or not asked:
        return False
    if _is_dynamic(wishes, asked, (copy.asked_at, copy.side, copy.risk)):
        return True
    return wishes.trails and (not wanted or (asked - wanted) * copy.side > 0)
