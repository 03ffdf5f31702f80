"""Looks at every order and every deal as it happens: some things may not be for a single moment."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from domain.mt5_words import DealEntry, DealType, TradeAction
from paper.broker.house import Event
from paper.broker.records import Deal, TradeRequest
from paper.wire.protocol import OK
from terminal.retcodes import Reaction, row
from tests.simulation.kernel import Kernel
from tests.simulation.truths import LOTS_SLACK, Copy, Original, SlaveBooks, order_in

MAX_AGE_US = 5_000_000
DECISION_US = 1_000_000
CLOCKS_APART_US = 1_000_000
NEVER_SENT = {-2, -8, -10004}
REFUSED = {Reaction.NEW_PRICE, Reaction.LATER, Reaction.LOOK_AGAIN, Reaction.GONE, Reaction.REFUSED}

OPENED_TWICE = "opened twice"
REOPENED = "reopened"
FOREIGN_TOUCHED = "foreign touched"
OPENED_LATE = "opened late"
CLOSED_EARLY = "closed early"
ELSEWHERE = "order while logged in elsewhere"
WHILE_HALTED = "opened while halted"
NO_INTENT = "order without an intent"
TOO_MUCH = "opened too much"
BACKWARDS = "cursor went back"


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that may never be."""

    kind: str
    who: str
    at_ms: int
    text: str

    @property
    def shown(self) -> str:
        return f"{self.kind}: {self.who} at {self.at_ms} ms: {self.text}"


class Home(msgspec.Struct, frozen=True, kw_only=True):
    """Whose terminal it is, and which account belongs into it."""

    name: str
    login: int
    server: str
    is_master: bool


class Witness:
    """Remembers what is so, and notes what may not be."""

    def __init__(self, kernel: Kernel) -> None:
        self.findings: list[Finding] = []
        self.originals: dict[int, Original] = {}
        self.slaves: dict[str, SlaveBooks] = {}
        self.halted: set[str] = set()
        self.has_intent: Callable[[str, int], bool] = lambda _name, _magic: True
        self.clock_slack_us = 0
        self.clock_jumps_us: list[int] = []
        self.logged_in: Callable[[str], tuple[int, str]] = lambda _key: (0, "")
        self._kernel = kernel
        self._homes: dict[str, Home] = {}
        self._accounts: dict[tuple[str, int], Home] = {}
        self._saw_home: dict[str, bool] = {}

    def is_home(self, key: str, home: Home) -> None:
        """An account of the swarm's."""
        self._homes[key] = home
        self._accounts[home.server, home.login] = home
        if not home.is_master:
            self.slaves[home.name] = SlaveBooks()

    def forgets_what_was_sent(self, name: str) -> None:
        """A journal that lost its tail knows no last intents: only deals tell of them (law 4)."""
        if name in self.slaves:
            self.slaves[name].may_be_out.clear()

    def login_was_read(self, key: str) -> None:
        """The node has just been told which account its terminal is logged in to."""
        home = self._homes[key]
        self._saw_home[key] = self.logged_in(key) == (home.login, home.server)

    def is_sent(self, key: str, asked: Sequence[Any]) -> None:
        """A node's order has reached its terminal."""
        request, home = msgspec.convert(asked, TradeRequest), self._homes[key]
        self._kernel.trace.note("order", home.name, _shown(request))
        if not self._saw_home.get(key, True):
            self._find(ELSEWHERE, home, f"{self.logged_in(key)} was seen, and {_shown(request)}")
        if self.logged_in(key) != (home.login, home.server):
            return  # nobody can know between looking and sending: law 8 looks again afterwards
        if not self.has_intent(home.name, request.magic) and request.action == TradeAction.DEAL:
            self._find(NO_INTENT, home, _shown(request))
        if request.action == TradeAction.DEAL and not request.position:
            self._is_opening(home, request)
        elif request.position:
            self._is_changing(home, request)

    def is_answered(self, key: str, asked: Sequence[Any], code: int, payload: Any) -> None:
        """What the terminal says of it."""
        request, home = msgspec.convert(asked, TradeRequest), self._homes[key]
        said = payload[0] if code == OK else code
        self._kernel.trace.note("answer", home.name, said)
        self._kernel.trace.counts[f"answer {said}"] += 1
        if self.logged_in(key) != (home.login, home.server):
            return
        is_open = request.action == TradeAction.DEAL and not request.position
        if is_open and _is_refused(code, said):
            self.slaves[home.name].may_be_out.pop(order_in(request.comment), None)

    def happened(self, event: Event) -> None:
        """Something was done on an account, by whomever."""
        home = self._accounts.get((event.broker, event.login))
        if home is None:
            return
        for deal in event.changes.deals:
            if deal.type > DealType.SELL:
                continue
            self._kernel.trace.note("deal", home.name, _deal(deal))
            if home.is_master:
                self._on_master(deal)
            else:
                self._on_slave(home, deal)

    def _on_master(self, deal: Deal) -> None:
        known = self.originals.get(deal.position_id)
        if known is None:
            self.originals[deal.position_id] = Original(deal, self._kernel.now_us)
        else:
            known.take(deal, self._kernel.now_us)

    def _on_slave(self, home: Home, deal: Deal) -> None:
        books = self.slaves[home.name]
        copy = books.copies.get(deal.position_id)
        if copy is not None:
            copy.take(deal)
        elif deal.entry == DealEntry.IN and deal.magic in books.opens:
            copy = Copy(deal, order_in(books.opens[deal.magic].comment))
            self._is_first(home, copy)
            books.add(copy)
        if copy is not None and deal.entry == DealEntry.IN:
            self._is_not_too_much(home, copy)

    def _is_first(self, home: Home, copy: Copy) -> None:
        earlier = self.slaves[home.name].by_order.get(copy.order, [])
        if not earlier:
            return
        kind = OPENED_TWICE if any(one.is_open for one in earlier) else REOPENED
        known = [one.identifier for one in earlier]
        self._find(kind, home, f"{copy.order} as {copy.identifier}, after {known}")

    def _is_not_too_much(self, home: Home, copy: Copy) -> None:
        original = self.originals.get(copy.order)
        if original is None or copy.filled > original.initial + LOTS_SLACK:
            initial = 0.0 if original is None else original.initial
            self._find(TOO_MUCH, home, f"{copy.filled:g} lots of {copy.order}'s {initial:g}")

    def _is_opening(self, home: Home, request: TradeRequest) -> None:
        books, order = self.slaves[home.name], order_in(request.comment)
        books.opens[request.magic] = request
        if order in books.may_be_out:
            self._find(OPENED_TWICE, home, f"{order} was sent before, and sent again")
        books.may_be_out[order] = _shown(request)
        if home.name in self.halted:
            self._find(WHILE_HALTED, home, _shown(request))
        original = self.originals.get(order)
        limit_us = MAX_AGE_US + DECISION_US + CLOCKS_APART_US + self.clock_slack_us
        if original is None or self._kernel.now_us - original.opened_us > limit_us:
            age = "unknown" if original is None else self._kernel.now_us - original.opened_us
            self._find(OPENED_LATE, home, f"{order} is {age} us old")

    def _is_changing(self, home: Home, request: TradeRequest) -> None:
        copy = self.slaves[home.name].copies.get(request.position)
        if copy is None:
            self._find(FOREIGN_TOUCHED, home, _shown(request))
        elif request.action == TradeAction.DEAL:
            self._is_closing(home, request, copy)

    def _is_closing(self, home: Home, request: TradeRequest, copy: Copy) -> None:
        original = self.originals.get(copy.order)
        if original is None or not original.volume:
            return
        least = copy.filled * original.volume / original.initial
        left = copy.volume - request.volume
        if copy.is_open and left < least - self._step(request) - LOTS_SLACK:
            text = f"{copy.order} holds {original.volume:g} of {original.initial:g} lots, yet "
            self._find(CLOSED_EARLY, home, f"{text}{copy.volume:g} to {left:g} of {copy.filled:g}")

    @staticmethod
    def _step(request: TradeRequest) -> float:
        return 0.1 if request.symbol.endswith("m") else 0.01

    def _find(self, kind: str, home: Home, text: str) -> None:
        at_ms = self._kernel.now_us // 1_000
        self.findings.append(Finding(kind=kind, who=home.name, at_ms=at_ms, text=text))
        self._kernel.trace.note("FINDING", home.name, f"{kind}: {text}")


def _is_refused(code: int, said: int) -> bool:
    if code != OK:
        return said in NEVER_SENT
    return row(said).reaction in REFUSED


def _shown(request: TradeRequest) -> str:
    kind = "open" if request.action == TradeAction.DEAL and not request.position else "change"
    return (
        f"{kind} action {request.action} {request.symbol} {request.volume:g} type {request.type} "
        f"position {request.position} sl {request.sl:g} tp {request.tp:g} {request.comment!r}"
    )


def _deal(deal: Deal) -> str:
    return (
        f"{deal.position_id} {'in' if deal.entry == DealEntry.IN else 'out'} {deal.volume:g} "
        f"{deal.symbol} magic {deal.magic} reason {deal.reason}"
    )
