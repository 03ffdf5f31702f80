"""One broker at work: its market, its accounts, its ticket numbers."""

from typing import NamedTuple
from zlib import crc32

from paper.broker.account import Account
from paper.broker.brokers import BrokerProfile
from paper.broker.by_server import Why, close_by_server
from paper.broker.duties import DUTIES
from paper.broker.making import FeedTick
from paper.broker.market import Market
from paper.broker.minutes import Minutes
from paper.broker.moment import Duty, Moment
from paper.broker.records import Changes, Position
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
        self.minutes = Minutes()
        self._watch = Watch(self.accounts, self.market)
        # Brokers count from different numbers, so that mixing two up shows.
        self._last_ticket = last_ticket or 100_000_000 + crc32(profile.name.encode()) % 800_000_000

    @property
    def next_ticket(self) -> int:
        """The number the next order gets; its deal gets the one after."""
        return self._last_ticket + 1

    def server_ms(self, utc_ms: int) -> int:
        """The broker's wall clock, as MetaTrader stamps everything."""
        return utc_ms + self.profile.clock_offset_ms(utc_ms)

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

    def on_clock(self, account: Account, utc_ms: int) -> list[Event]:
        """Whatever is due by now without anybody asking for it."""
        return [event for duty in DUTIES for event in self._fulfilled(duty, account, utc_ms)]

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
