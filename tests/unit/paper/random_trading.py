"""Traders who do anything at all, at random, and a broker that fills as it likes."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hypothesis import strategies as st

from domain.mt5_words import (
    RETCODE_NAMES,
    DealType,
    Filling,
    OrderType,
    SwapMode,
    TradeAction,
)
from paper.broker.brokers import Routing, SymbolProfile
from paper.broker.cashier import booked
from paper.broker.checks.orders import fillings_at_market
from paper.broker.quotes import Quote
from tests.unit.paper.desk import Desk

Command = tuple[Any, ...]

USUAL_BID = {"EURUSD": 1.386, "XAUUSD": 1286.0}
FEED_STEP = {"EURUSD": 0.00001, "XAUUSD": 0.01}
HOUR_MS = 3_600_000
NO_PRICE = 0
BY_THE_CLOCK = {"tick", "crash", "wait", "restart"}
RISES = (OrderType.SELL_LIMIT, OrderType.BUY_STOP, OrderType.BUY_STOP_LIMIT)
STOP_LIMITS = (OrderType.BUY_STOP_LIMIT, OrderType.SELL_STOP_LIMIT)

which = st.integers(0, 9)
side = st.sampled_from([OrderType.BUY, OrderType.SELL])
nth = st.integers(0, 6)
steps = st.one_of(st.integers(1, 30), st.integers(1, 400))
no_points = st.just(NO_PRICE)
stop_points = st.one_of(no_points, no_points, st.integers(30, 400), st.integers(-30, 30))
pending_points = st.integers(-20, 400)
share = st.sampled_from([0.0, 0.3, 0.7, 1.0, 1.0])
rest_after_ms = st.sampled_from([None, 0, 900, 900])

DEAL = st.tuples(st.just("deal"), nth, side, steps, stop_points, stop_points)
TICK = st.tuples(st.just("tick"), st.integers(-500, 500), st.integers(1, 30))
COMMANDS: st.SearchStrategy[Command] = st.one_of(
    DEAL,
    DEAL,
    DEAL,
    st.tuples(st.just("close"), which, st.integers(1, 110)),
    st.tuples(st.just("close"), which, st.just(100)),
    st.tuples(st.just("close_by"), which, which),
    st.tuples(st.just("hedge"), nth, steps, steps),
    st.tuples(st.just("turn"), which, steps),
    st.tuples(st.just("stops"), which, stop_points, stop_points),
    st.tuples(st.just("pend"), nth, st.integers(2, 7), pending_points, st.integers(0, 3)),
    st.tuples(st.just("modify"), which, pending_points),
    st.tuples(st.just("remove"), which),
    TICK,
    TICK,
    st.tuples(st.just("crash"), st.sampled_from([-8_000, 8_000])),
    st.tuples(st.just("wait"), st.sampled_from([0, 400, 1_000, HOUR_MS, 26 * HOUR_MS])),
    st.tuples(st.just("route"), share, rest_after_ms),
    st.tuples(st.just("deposit"), st.integers(-500, 5_000)),
    st.tuples(st.just("restart")),
)
HOUSES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "swap": {"swap_mode": SwapMode.POINTS, "swap_long": -7.3, "swap_short": 2.9},
    "reopens": {"swap_mode": SwapMode.REOPEN_BID, "swap_long": -7.3, "swap_short": 2.9},
}
PLANS = st.tuples(
    st.sampled_from(sorted(HOUSES)),
    st.booleans(),
    st.sampled_from([1_000.0, 20_000.0, 100_000.0]),
    st.lists(COMMANDS, min_size=12, max_size=60),
)
"""How swap is charged, whether positions are renumbered then, the first deposit, what is done.

Symbols are named by number, volumes in steps, prices in ticks from the bid: any broker will do.
"""
Plan = tuple[str, bool, float, list[Command]]


class Trader:
    """One who carries out commands as well as they can be carried out, and counts the answers."""

    def __init__(self, desk: Desk, house: str, *, renumbers: bool) -> None:
        self.desk = desk
        self.answers: Counter[str] = Counter()
        self.swap_gone_astray = 0.0
        self._swaps = HOUSES[house]
        self._habits: dict[str, Any] = {"renumbers_at_rollover": True} if renumbers else {}
        self._move_in()

    def _move_in(self) -> None:
        """The broker's habits, which are not stored, as they were."""
        self.desk.habits(**self._habits)
        for symbol in self._profiles:
            self.desk.resell(symbol, **self._swaps)

    @property
    def _profiles(self) -> dict[str, SymbolProfile]:
        return self.desk.session.house.market.profiles

    def obey(self, command: Command) -> None:
        """Do one thing, a moment later than the last; only the clock charges swap."""
        self.desk.later(100)
        name, *how = command
        swap = self._swap()
        getattr(self, f"_{name}")(*how)
        if name not in BY_THE_CLOCK:
            self.swap_gone_astray += abs(self._swap() - swap)

    def _swap(self) -> float:
        """Whatever was charged so far, be it realised or not."""
        account = self.desk.session.account
        realised = sum(deal.swap for deal in account.deals.values())
        return realised + sum(position.swap for position in account.positions.values())

    def _send(self, **fields: Any) -> None:
        answer = self.desk.send(**fields)
        self.answers[RETCODE_NAMES[answer.retcode]] += 1

    def _price(self, symbol: str, away: int) -> float:
        """So many ticks from the bid; 0 for none."""
        profile, quote = self._profiles[symbol], self._quote(symbol)
        if away == NO_PRICE:
            return 0.0
        ticks = round(quote.bid / profile.tick_size) + away
        return max(0.0, round(ticks * profile.tick_size, profile.digits))

    def _quote(self, symbol: str) -> Quote:
        return self.desk.session.house.market.quotes[symbol]

    def _lots(self, symbol: str, steps: float) -> float:
        return round(max(1, round(steps)) * self._profiles[symbol].volume_step, 8)

    def _symbol(self, nth: int) -> str:
        names = sorted(self._profiles)
        return names[nth % len(names)]

    def _at_market(self, symbol: str, side: int, steps: float, **fields: Any) -> None:
        """The price is the one on show, the filling one that is taken."""
        quote = self._quote(symbol)
        fillings = sorted(fillings_at_market(self._profiles[symbol]))
        self._send(
            symbol=symbol,
            type=side,
            volume=self._lots(symbol, steps),
            price=quote.bid if side else quote.ask,
            type_filling=fillings[round(steps) % len(fillings)],
            **fields,
        )

    def _deal(self, nth: int, side: int, steps: int, loss: int, gain: int) -> None:
        symbol, towards_gain = self._symbol(nth), -1 if side else 1
        sl = self._price(symbol, -loss * towards_gain)
        tp = self._price(symbol, gain * towards_gain)
        self._at_market(symbol, side, steps, sl=sl, tp=tp)

    def _close(self, which: int, percent: int) -> None:
        held = self.desk.positions()
        if held:
            position = held[which % len(held)]
            steps = position.volume / self._profiles[position.symbol].volume_step * percent / 100
            self._at_market(position.symbol, 1 - position.type, steps, position=position.ticket)

    def _close_by(self, one: int, other: int) -> None:
        held = self.desk.positions()
        sides = [[p for p in held if p.type == side] for side in (0, 1)]
        if all(sides):
            first, second = (
                many[n % len(many)] for many, n in zip(sides, (one, other), strict=True)
            )
            self._send(
                action=TradeAction.CLOSE_BY,
                symbol="",
                position=first.ticket,
                position_by=second.ticket,
            )

    def _hedge(self, nth: int, bought: int, sold: int) -> None:
        """Both sides at once, closed by each other where accounts hedge."""
        self._at_market(self._symbol(nth), OrderType.BUY, bought)
        self._at_market(self._symbol(nth), OrderType.SELL, sold)
        self._close_by(-1, -1)

    def _turn(self, which: int, beyond: int) -> None:
        """A deal of the other side, larger than the position."""
        held = self.desk.positions()
        if held:
            position = held[which % len(held)]
            steps = position.volume / self._profiles[position.symbol].volume_step + beyond
            self._at_market(position.symbol, 1 - position.type, steps)

    def _stops(self, which: int, loss: int, gain: int) -> None:
        held = self.desk.positions()
        if held:
            position = held[which % len(held)]
            towards_gain = -1 if position.type else 1
            self._send(
                action=TradeAction.SLTP,
                symbol=position.symbol,
                position=position.ticket,
                sl=self._price(position.symbol, -loss * towards_gain),
                tp=self._price(position.symbol, gain * towards_gain),
            )

    def _pend(self, nth: int, kind: int, away: int, lifetime: int) -> None:
        symbol = self._symbol(nth)
        server_s = self.desk.session.house.server_ms(self.desk.utc_ms) // 1000
        self._send(
            action=TradeAction.PENDING,
            symbol=symbol,
            type=kind,
            volume=self._lots(symbol, away),
            **self._prices(symbol, kind, away),
            type_time=lifetime,
            expiration=server_s + 7_200 if lifetime > 1 else 0,
            type_filling=Filling.RETURN,
        )

    def _prices(self, symbol: str, kind: int, away: int) -> dict[str, float]:
        """On the order's own side of the market, a stop-limit's limit half the way back."""
        up = 1 if kind in RISES else -1
        back = self._price(symbol, up * (away // 2)) if kind in STOP_LIMITS else 0.0
        return {"price": self._price(symbol, up * away), "stoplimit": back}

    def _modify(self, which: int, away: int) -> None:
        waiting = self.desk.waiting()
        if waiting:
            order = waiting[which % len(waiting)]
            self._send(
                action=TradeAction.MODIFY,
                order=order.ticket,
                symbol="",
                **self._prices(order.symbol, order.type, away),
            )

    def _remove(self, which: int) -> None:
        waiting = self.desk.waiting()
        if waiting:
            order = waiting[which % len(waiting)]
            self._send(action=TradeAction.REMOVE, order=order.ticket, symbol="")

    def _tick(self, away: int, spread: int) -> None:
        for feed, usual in USUAL_BID.items():
            bid = usual + away * FEED_STEP[feed]
            ask = bid + spread * FEED_STEP[feed]
            self.desk.quote(feed, round(bid, 5), round(ask, 5))
        self.desk.world.on_clock(self.desk.utc_ms)

    def _crash(self, away: int) -> None:
        """Far enough for a stop-out of who holds much."""
        self._tick(away, 10)

    def _wait(self, ms: int) -> None:
        self.desk.clock(ms)

    def _route(self, share: float, rest_after_ms: int | None) -> None:
        self._habits["routing"] = Routing(first_part=share, rest_after_ms=rest_after_ms)
        self._move_in()

    def _deposit(self, amount: int) -> None:
        house, login = self.desk.session.house, self.desk.session.account.terms.login
        now_msc = house.server_ms(self.desk.utc_ms)
        changes = booked(
            DealType.BALANCE, float(amount), "cash", ticket=house.next_ticket, now_msc=now_msc
        )
        self.desk.world.settle([house.apply(login, changes)])

    def _restart(self) -> None:
        self.desk.restart()
        self._move_in()


@contextmanager
def traded(broker: str, margin_mode: str, plan: Plan) -> Iterator[Trader]:
    """A desk at that broker, after everything in the plan was done."""
    house, renumbers, deposit, commands = plan
    desk = Desk(broker, deposit, margin_mode)
    trader = Trader(desk, house, renumbers=renumbers)
    try:
        for command in commands:
            trader.obey(command)
        yield trader
    finally:
        desk.store.close()
