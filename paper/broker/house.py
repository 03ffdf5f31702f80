"""One broker at work: its market, its accounts, its ticket numbers."""

from collections.abc import Iterator
from typing import NamedTuple
from zlib import crc32

from paper.broker.account import Account
from paper.broker.brokers import BrokerProfile
from paper.broker.by_server import Why, close_by_server
from paper.broker.duties import FOR_ORDERS, FOR_POSITIONS
from paper.broker.hours import day_of
from paper.broker.making import FeedTick
from paper.broker.market import Market
from paper.broker.minutes import Minutes
from paper.broker.moment import Duty, Moment
from paper.broker.money import Figures
from paper.broker.records import Changes, Position
from paper.broker.standings import Standings
from paper.broker.stopping_out import is_below, stop_out
from paper.broker.triggers import set_off
from paper.broker.watch import Watch


class Event(NamedTuple):
    """Changes of one account of one broker, ready to be written."""

    broker: str
    login: int
    changes: Changes


class House:
    """Applies what the engine decides; the caller writes it down before anybody is told."""

    def __init__(self, profile: BrokerProfile, last_ticket: int = 0) -> None:
        self.profile = profile
        self.market = Market(profile.symbols)
        self.accounts: dict[int, Account] = {}
        self.moved: set[str] = set()
        self.clock_wrong_ms = 0
        """How far its clock has jumped from what its profile says."""
        self.minutes = Minutes()
        self._watch = Watch(self.accounts, self.market)
        self._standings = Standings()
        self._looked_at: dict[int, tuple[int, int, int]] = {}
        # Brokers count from different numbers, so that mixing two up shows.
        self._last_ticket = last_ticket or 100_000_000 + crc32(profile.name.encode()) % 800_000_000

    @property
    def next_ticket(self) -> int:
        """The number the next order gets; its deal gets the one after."""
        return self._last_ticket + 1

    def server_ms(self, utc_ms: int) -> int:
        """The broker's wall clock, as MetaTrader stamps everything."""
        return utc_ms + self.profile.clock_offset_ms(utc_ms) + self.clock_wrong_ms

    def apply(self, login: int, changes: Changes) -> Event:
        """Take changes into memory."""
        self.accounts[login].apply(changes)
        self._watch.take(changes)
        self._last_ticket = max(self._last_ticket, changes.last_ticket)
        return Event(self.profile.name, login, changes)

    def on_tick(self, tick: FeedTick, utc_ms: int) -> list[Event]:
        """Move the prices; close at stops they reach, then set off the orders they reach."""
        events: list[Event] = []
        for symbol in self.market.tick(tick, self.server_ms(utc_ms)):
            self.moved.add(symbol)
            self.minutes.note(symbol, self.market.quotes[symbol])
            if self._watch.is_called(symbol):
                events += self._on_reached(symbol, utc_ms)
        return events

    def _on_reached(self, symbol: str, utc_ms: int) -> list[Event]:
        """Quotes may go on while nothing is traded: then all waits for the session's first tick."""
        now_msc = self.server_ms(utc_ms)
        if not self.market.is_open(symbol, now_msc):
            return []
        events = [self._closed(*stopped, utc_ms) for stopped in self._watch.stopped(symbol)]
        for account, order in self._watch.reached(symbol, now_msc):
            changes = set_off(self._moment(account, utc_ms), order)
            events.append(self.apply(account.terms.login, changes))
        self._watch.answered(symbol)
        return events

    def on_clock(self, utc_ms: int) -> Iterator[list[Event]]:
        """For one account after the other whatever is due by now without anybody asking for it."""
        day = day_of(self.server_ms(utc_ms))
        for account in self.accounts.values():
            events: list[Event] = []
            if account.waiting:
                events += self._all_fulfilled(FOR_ORDERS, account, utc_ms)
            if account.positions and self._is_news(account, day):
                events += self._look_after(account, day, utc_ms)
            yield events

    def _is_news(self, account: Account, day: int) -> bool:
        """Positions hang on prices, on the account and on the day: by themselves they rest."""
        seen = self._looked_at.get(account.terms.login)
        return seen != (self.market.moves, account.changes, day)

    def _look_after(self, account: Account, day: int, utc_ms: int) -> list[Event]:
        """Who is below the stop-out level and cannot be closed yet is looked at again."""
        events = self._all_fulfilled(FOR_POSITIONS, account, utc_ms)
        if is_below(self.figures_of(account), self.profile):
            return events + self._fulfilled(stop_out, account, utc_ms)
        self._looked_at[account.terms.login] = (self.market.moves, account.changes, day)
        return events

    def figures_of(self, account: Account) -> Figures:
        """How one of its accounts stands."""
        return self._standings.of(self.market, account)

    def _all_fulfilled(
        self, duties: tuple[Duty, ...], account: Account, utc_ms: int
    ) -> list[Event]:
        return [event for duty in duties for event in self._fulfilled(duty, account, utc_ms)]

    def _fulfilled(self, duty: Duty, account: Account, utc_ms: int) -> list[Event]:
        events: list[Event] = []
        while (changes := duty(self._moment(account, utc_ms))) is not None:
            events.append(self.apply(account.terms.login, changes))
        return events

    def _moment(self, account: Account, utc_ms: int) -> Moment:
        return Moment(
            broker=self.profile,
            market=self.market,
            account=account,
            now_msc=self.server_ms(utc_ms),
            next_ticket=self.next_ticket,
        )

    def _closed(self, account: Account, position: Position, why: Why, utc_ms: int) -> Event:
        now_msc, ticket = self.server_ms(utc_ms), self.next_ticket
        changes = close_by_server(
            self.market, account, position, why, now_msc=now_msc, ticket=ticket
        )
        return self.apply(account.terms.login, changes)
