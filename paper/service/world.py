"""All brokers, accounts and terminals of one paper broker process."""

from collections.abc import Callable, Iterable, Mapping
from copy import copy, deepcopy
from math import inf, isfinite
from pathlib import PureWindowsPath
from typing import Final

import msgspec

from domain.mt5_words import MAX_COMMENT_KEPT, DealType, LastError, MarginMode
from paper.broker.account import Account
from paper.broker.asking import Switches
from paper.broker.cashier import KINDS, booked
from paper.broker.currencies import rounded
from paper.broker.house import Event, House
from paper.broker.making import FeedTick
from paper.broker.profiles.by_name import profile_for
from paper.broker.records import AccountTerms
from paper.service.store import Store

SMALLEST_LOGIN = 10_000_000
LARGEST_LOGIN = 99_999_999
LARGEST_KEPT_LOGIN = 2**63 - 1
"""SQLite's whole numbers end here; logins that brokers give have ten digits at most."""
WORD_OF_MODE: Final[dict[str | int, MarginMode]] = {
    "hedging": MarginMode.RETAIL_HEDGING,
    "netting": MarginMode.RETAIL_NETTING,
    "exchange": MarginMode.EXCHANGE,
}
MARGIN_MODES: Final[dict[str | int, MarginMode]] = {
    **WORD_OF_MODE,
    **{mode.value: mode for mode in MarginMode},
}


class ServerRefusal(Exception):  # noqa: N818 - MetaTrader's word for it is a failed call
    """A call that fails, with MetaTrader's server-side code."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(text)
        self.code = int(code)


class MissingFeedError(Exception):
    """Stored positions that these tick files cannot price."""


class Terminal:
    """One terminal: where it is logged in, its switches, its Market Watch."""

    def __init__(self, key: str, broker: str, login: int) -> None:
        self.key = key
        self.broker = broker
        self.login = login
        self.own = (broker, login)
        """The account it was given, whoever is logged in to it just now."""
        self.switches = Switches()
        self.hidden: set[str] = set()
        self.requests_sent = 0
        self.changes_told = 0
        self.switches_of_account = 0
        self.positions_changed = False
        self.stale = True
        self.to_ask: frozenset[str] = frozenset()
        """Calls whose answers must not be taken from what is pushed."""
        self.down: Down | None = None
        self.last_known: House | None = None
        """What it shows while it is cut off from its broker."""


class Down(msgspec.Struct, frozen=True, kw_only=True):
    """A terminal whose process has ended."""

    until_s: float
    code: int


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """The account somebody wants a terminal to have."""

    key: str
    broker: str
    deposit: float
    currency: str
    leverage: int
    margin_mode: str | int
    login: int = 0


class World:
    """Everything that must be the same after a kill -9 goes through here to the store."""

    def __init__(
        self, store: Store, feed_digits: Mapping[str, int], new_login: Callable[[], int]
    ) -> None:
        self._store = store
        self._feed_digits = dict(feed_digits)
        self._new_login = new_login
        self._last_of_feed: dict[str, tuple[FeedTick, int]] = {}
        self.listener: Callable[[FeedTick, int], object] | None = None
        self._feed_moves: dict[str, float] = {}
        self._market_open = True
        self.houses: dict[str, House] = {}
        self.terminals: dict[str, Terminal] = {}
        self._remember()

    def _remember(self) -> None:
        for terms in self._store.accounts():
            house = self._house(terms.broker)
            house.accounts[terms.login] = Account(terms)
            house.apply(terms.login, self._store.history(terms))
            _refuse_unquoted(house, house.accounts[terms.login])
        for key, broker, login in self._store.terminals():
            self.terminals[key] = Terminal(key, broker, login)

    def _house(self, broker: str) -> House:
        """A broker opens its doors when its first account is wanted."""
        house = self.houses.get(broker)
        if house is None:
            profile = profile_for(broker, self._feed_digits)
            house = self.houses[broker] = House(profile, self._store.last_ticket(broker))
            house.market.open = self._market_open
            for tick, heard_ms in self._last_of_feed.values():
                house.on_tick(self._moved(tick), heard_ms)
        return house

    def house_of(self, terminal: Terminal) -> House:
        """The broker a terminal is logged in to, as far as it knows."""
        return terminal.last_known or self.houses[terminal.broker]

    def account_of(self, terminal: Terminal) -> Account:
        """The account a terminal is logged in to, as far as it knows."""
        return self.house_of(terminal).accounts[terminal.login]

    def own_account(self, terminal: Terminal) -> Account:
        """The account a terminal was given, though it may be logged in to another for a while."""
        broker, login = terminal.own
        return self.houses[broker].accounts[login]

    def known_as(self, path: str) -> str:
        """Windows does not care for a program's capitals and which way a slash leans."""
        wanted, known = PureWindowsPath(path), self.terminals
        if path in known or wanted.suffix.lower() != ".exe":
            return path
        return next((key for key in known if PureWindowsPath(key) == wanted), path)

    def terminal(self, key: str) -> Terminal:
        """The terminal of that key."""
        found = self.terminals.get(key)
        if found is None:
            known = ", ".join(sorted(self.terminals)) or "none"
            raise ServerRefusal(
                LastError.NOT_FOUND,
                f"no paper terminal {key!r} here (known: {known}); "
                "create it first with admin.ensure_account",
            )
        return found

    def ticks(self, ticks: Iterable[FeedTick], utc_ms: int) -> None:
        """Prices move, stops close; written down before this returns."""
        events: list[Event] = []
        for told in ticks:
            self._last_of_feed[told.symbol] = told, utc_ms
            tick = self._moved(told)
            if self.listener is not None:
                self.listener(tick, utc_ms)
            for house in self.houses.values():
                events += house.on_tick(tick, utc_ms)
        self.settle(events)

    def feeds(self) -> list[str]:
        """The symbols of the tape."""
        return sorted(self._feed_digits)

    def move_feed(self, symbol: str, points: float, utc_ms: int) -> None:
        """From its last price on, a feed is so far from what the tape says."""
        self.refuse_unknown_feed(symbol)
        moved = points * 10.0 ** -self._feed_digits[symbol]
        self._feed_moves[symbol] = self._feed_moves.get(symbol, 0.0) + moved
        if symbol in self._last_of_feed:
            self.ticks((self._last_of_feed[symbol][0],), utc_ms)

    def refuse_unknown_feed(self, symbol: str) -> None:
        """Prices come by the names the tick files have, not by a broker's."""
        if symbol not in self._feed_digits:
            known = ", ".join(self.feeds())
            raise ServerRefusal(
                LastError.NOT_FOUND, f"no feed {symbol!r}; wanted one of the tape's: {known}"
            )

    def _moved(self, tick: FeedTick) -> FeedTick:
        moved = self._feed_moves.get(tick.symbol)
        if not moved:
            return tick
        least = 10.0 ** -self._feed_digits[tick.symbol]
        return tick._replace(bid=max(least, tick.bid + moved), ask=max(least, tick.ask + moved))

    def turn(self, terminal: Terminal, given: Mapping[str, bool]) -> None:
        """Turn switches; a terminal that is cut off shows what it knew last."""
        terminal.switches = msgspec.structs.replace(terminal.switches, **given)
        terminal.stale = True
        if terminal.switches.connected:
            terminal.positions_changed |= terminal.last_known is not None
            terminal.last_known = None
        elif terminal.last_known is None:
            terminal.last_known = _frozen(self.house_of(terminal), terminal.login)

    def settle(self, events: list[Event]) -> None:
        """Write applied changes down, and remember whom to tell."""
        if not events:
            return
        self._store.write(events)
        touched = {(event.broker, event.login) for event in events}
        for terminal in self.terminals.values():
            if (terminal.broker, terminal.login) in touched and terminal.last_known is None:
                terminal.stale = terminal.positions_changed = True

    def on_clock(self, utc_ms: int) -> None:
        """What time alone brings about, and the end of what accounts can no longer carry."""
        for house in self.houses.values():
            for events in house.on_clock(utc_ms):
                self.settle(events)

    def close_market(self) -> None:
        """The tape has ended."""
        self._market_open = False
        for house in self.houses.values():
            house.market.open = False

    def log_in(self, terminal: Terminal, login: int, server: str, *, for_good: bool = True) -> None:
        """Switch a terminal to another account, for every client of that terminal.

        What is not for good is forgotten when the broker is started again.
        """
        broker = server or terminal.broker
        house = self.houses.get(broker)
        if house is None or login not in house.accounts:
            raise ServerRefusal(LastError.AUTH_FAILED, f"no account {login} at {broker!r}")
        if (broker, login) != (terminal.broker, terminal.login):
            if for_good:
                self._store.attach(terminal.key, broker, login)
                terminal.own = (broker, login)
            terminal.broker, terminal.login = broker, login
            terminal.switches_of_account += 1
            if terminal.last_known is not None:
                terminal.last_known = _frozen(house, login)
            terminal.stale = terminal.positions_changed = True

    def ensure_account(self, wish: Wish, utc_ms: int) -> Terminal:
        """The terminal of that key with its account, made now if there is none."""
        found = self.terminals.get(wish.key)
        if found is not None:
            account = self.own_account(found)
            _check_same(found, account.terms, wish)
            self._lend(account, wish.leverage)
            return found
        house = self._house(wish.broker)
        terms = self._terms(house, wish)
        self._refuse_unconvertible(house, terms)
        first = booked(
            DealType.BALANCE,
            rounded(wish.deposit, terms.currency),
            "Deposit",
            ticket=house.next_ticket,
            now_msc=house.server_ms(utc_ms),
        )
        self._store.open_account(wish.key, terms, first)
        house.accounts[terms.login] = Account(terms)
        house.apply(terms.login, first)
        terminal = self.terminals[wish.key] = Terminal(wish.key, wish.broker, terms.login)
        return terminal

    def _lend(self, account: Account, leverage: int) -> None:
        """Brokers change an account's leverage on request, and nothing else of its terms."""
        if leverage != account.terms.leverage:
            account.lend(leverage)
            self._store.agree(account.terms)

    def try_out(self, wish: Wish) -> None:
        """Refuse what a new account would be refused for, and make none."""
        house = House(profile_for(wish.broker, self._feed_digits), 0)
        self._refuse_unconvertible(house, self._terms(house, wish))

    def book(self, key: str, kind: str, amount: float, comment: str, utc_ms: int) -> float:
        """Money comes in or goes out without a trade; the balance then."""
        terminal = self.terminal(key)
        house = self.houses[terminal.broker]  # not what a terminal knows that is cut off
        account = house.accounts[terminal.login]
        if kind not in KINDS or not isfinite(amount):
            raise ServerRefusal(
                LastError.INVALID_PARAMS,
                f"{amount} booked as {kind!r}; wanted a number, and one of {', '.join(KINDS)}",
            )
        changes = booked(
            KINDS[kind],
            rounded(amount, account.terms.currency),
            comment[:MAX_COMMENT_KEPT],
            ticket=house.next_ticket,
            now_msc=house.server_ms(utc_ms),
        )
        self.settle([house.apply(terminal.login, changes)])
        return account.balance

    def _terms(self, house: House, wish: Wish) -> AccountTerms:
        _check_wish(wish)
        if wish.login in house.accounts:
            raise ServerRefusal(
                LastError.INVALID_PARAMS,
                f"login {wish.login} at {wish.broker} is already taken by another terminal",
            )
        return AccountTerms(
            login=wish.login or self._free_login(house),
            broker=wish.broker,
            name=f"Paper {wish.key}"[:127],
            currency=wish.currency,
            leverage=wish.leverage,
            margin_mode=_margin_mode(house, wish),
            trade_mode=house.profile.trade_mode,
        )

    def _free_login(self, house: House) -> int:
        while (login := self._new_login()) in house.accounts:
            pass
        return login

    def _refuse_unconvertible(self, house: House, terms: AccountTerms) -> None:
        missing = house.market.missing_rates(terms.currency)
        if missing:
            raise ServerRefusal(
                LastError.INVALID_PARAMS,
                f"an account in {terms.currency} at {terms.broker} needs rates for "
                f"{', '.join(missing)} that no tick file gives: "
                f"use another currency or add a tick file that pairs it with {terms.currency}",
            )


def _margin_mode(house: House, wish: Wish) -> MarginMode:
    mode = MARGIN_MODES[wish.margin_mode]
    offered = house.profile.margin_modes
    if mode in offered:
        return mode
    words = " or ".join(repr(word) for word, known in WORD_OF_MODE.items() if known in offered)
    raise ServerRefusal(
        LastError.INVALID_PARAMS,
        f"{wish.broker} offers no accounts with margin mode {wish.margin_mode!r}: use {words}",
    )


def _frozen(house: House, login: int) -> House:
    """A broker as one of its accounts saw it last."""
    frozen, market = copy(house), copy(house.market)
    market.quotes = {symbol: copy(quote) for symbol, quote in market.quotes.items()}
    frozen.market, frozen.accounts = market, {login: deepcopy(house.accounts[login])}
    return frozen


def _refuse_unquoted(house: House, account: Account) -> None:
    """Positions without a feed could be neither valued nor closed, orders never set off."""
    held = {position.symbol for position in account.positions.values()}
    held |= {order.symbol for order in account.waiting.values()}
    unknown = sorted(held - set(house.market.profiles))
    if unknown:
        raise MissingFeedError(
            f"account {account.terms.login} at {house.profile.name} holds {', '.join(unknown)}, "
            "but no tick file feeds it: give the tick files it was opened on, "
            "or another state folder"
        )


def _check_same(terminal: Terminal, terms: AccountTerms, wish: Wish) -> None:
    """The deposit was made once, and leverage may change; what else differs is refused."""
    broker, login = terminal.own
    if broker != wish.broker:
        raise ServerRefusal(
            LastError.INVALID_PARAMS,
            f"paper terminal {wish.key!r} belongs to {broker}, not to {wish.broker}: "
            "use another key (the account's path) for another broker",
        )
    if wish.login not in (0, login):
        raise ServerRefusal(
            LastError.INVALID_PARAMS,
            f"paper terminal {wish.key!r} holds login {login}, not {wish.login}",
        )
    agreed = (terms.currency, terms.margin_mode)
    if agreed != (wish.currency, MARGIN_MODES.get(wish.margin_mode)):
        mode = MarginMode(terms.margin_mode)
        word = next(word for word, known in WORD_OF_MODE.items() if known == mode)
        raise ServerRefusal(
            LastError.INVALID_PARAMS,
            f"paper terminal {wish.key!r} has a {word} account in {terms.currency}, wanted was "
            f"{wish.margin_mode!r} in {wish.currency}: ask for what it has, or use another key "
            "(the account's path)",
        )


def _check_wish(wish: Wish) -> None:
    if not 0 <= wish.login <= LARGEST_KEPT_LOGIN:
        raise ServerRefusal(
            LastError.INVALID_PARAMS,
            f"login {wish.login}: wanted a number from 1 to {LARGEST_KEPT_LOGIN}, or 0 for any",
        )
    if wish.margin_mode not in MARGIN_MODES:
        known = ", ".join(repr(mode) for mode in MARGIN_MODES)
        raise ServerRefusal(
            LastError.INVALID_PARAMS,
            f"margin mode {wish.margin_mode!r} is none that MetaTrader has: wanted one of {known}",
        )
    if not (0 <= wish.deposit < inf and wish.leverage >= 1 and len(wish.currency) == len("USD")):
        raise ServerRefusal(
            LastError.INVALID_PARAMS,
            f"a deposit of {wish.deposit} {wish.currency} with leverage {wish.leverage}: wanted "
            "a deposit of 0 or more, a currency of three letters, a leverage of 1 or more",
        )
