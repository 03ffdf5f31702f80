"""Looks at every order and every deal as it happens: some things may not be for a single moment."""

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from domain.mt5_words import DealType, TradeAction
from paper.broker.house import Event
from paper.broker.reaching import PENDING
from paper.broker.records import Changes, Deal, Order, Position, TradeRequest
from paper.wire.protocol import OK
from tests.simulation import findings
from tests.simulation.by_settings import BySettings, Moment, Wrong
from tests.simulation.findings import Finding, Home
from tests.simulation.following import Following
from tests.simulation.kernel import Kernel
from tests.simulation.requests import (
    OF_AN_ORDER,
    TICKET,
    VOLUME,
    end_what_is_flat,
    is_its_side,
    is_refused,
    is_shared_with_others,
    opens,
    shown,
    shown_deal,
    signed_row,
)
from tests.simulation.truths import (
    LOTS_SLACK,
    Awaited,
    Copy,
    Holding,
    Original,
    SlaveBooks,
    leg_in,
)
from tests.simulation.wishes import Theirs

DECISION_US = 1_000_000
CLOCKS_APART_US = 1_000_000


class Witness:
    """Remembers what is so, and notes what may not be."""

    by_settings: BySettings
    following: Following

    def __init__(self, kernel: Kernel) -> None:
        self.findings: list[Finding] = []
        self.originals: dict[int, Original] = {}
        self.awaited: dict[int, Awaited] = {}
        self.slaves: dict[str, SlaveBooks] = {}
        self.halted: set[str] = set()
        self.has_intent: Callable[[str, int], bool] = lambda _name, _magic: True
        self.why_not_open: Callable[[str], str] = lambda _name: ""
        self.clock_slack_us = 0
        self.clock_jumps_us: list[int] = []
        self.come_late: frozenset[str] = frozenset()
        self.logged_in: Callable[[str], tuple[int, str]] = lambda _key: (0, "")
        self.listed: Callable[[Home, int], Position | None] = lambda _home, _ticket: None
        self._kernel = kernel
        self._homes: dict[str, Home] = {}
        self._accounts: dict[tuple[str, int], Home] = {}
        self._holdings: dict[tuple[int, int], Holding] = {}
        self._saw_home: dict[str, bool] = {}

    def is_home(self, key: str, home: Home) -> None:
        """An account of the swarm's."""
        self._homes[key] = home
        self._accounts[home.server, home.login] = home
        if not home.is_master:
            self.slaves[home.name] = SlaveBooks(nets=home.nets)

    def home_of(self, key: str) -> Home:
        """Whose terminal it is."""
        return self._homes[key]

    def name_of(self, login: int, server: str) -> str:
        """Whose account it is; empty for none of the swarm's."""
        home = self._accounts.get((server, login))
        return "" if home is None else home.name

    def forgets_what_was_sent(self, name: str) -> None:
        """A journal that lost its tail knows no last intents: only deals tell of them (law 4)."""
        if name in self.slaves:
            books = self.slaves[name]
            books.forgotten.loses(books.waiting, books.may_be_out, books.meddled)
            books.may_be_out.clear()
            books.forget_wishes()
            self.following.forgets(name)

    def closing_was_told(self, key: str, order: int) -> None:
        """A master has said that what this order opened is closed."""
        original = self.originals.get(order)
        # Of an order that fills in parts a later part may be there already.
        if original is not None and original.closed_us is None and original.least_share:
            text = f"{original.volume:g} lots are left of {order}"
            self._find(findings.FALSELY_TOLD, self._homes[key], text)

    def login_was_read(self, key: str) -> None:
        """The node has just been told which account its terminal is logged in to."""
        home = self._homes[key]
        self._saw_home[key] = self.logged_in(key) == (home.login, home.server)

    def positions_were_read(self, key: str, rows: Sequence[Sequence[Any]]) -> None:
        """The node has just been told what is open on its account, or a part of it."""
        home = self._homes[key]
        if home.is_master or self.logged_in(key) != (home.login, home.server):
            return
        books = self.slaves[home.name]
        if not home.nets:
            books.listed |= {row[TICKET]: row[VOLUME] for row in rows}
            return
        books.told = dict(map(signed_row, rows))
        known = set(books.net) - books.forgotten.shares
        books.strangers = {s: books.told.get(s, 0.0) - books.ours_on(s) for s in known}

    def orders_were_read(self, key: str, rows: Sequence[Sequence[Any]]) -> None:
        """The node has just been told which orders wait."""
        home = self._homes[key]
        if not home.is_master and self.logged_in(key) == (home.login, home.server):
            self.slaves[home.name].forgotten.shown(row[TICKET] for row in rows)

    def is_sent(self, key: str, asked: Sequence[Any]) -> None:
        """A node's order has reached its terminal."""
        request, home = msgspec.convert(asked, TradeRequest), self._homes[key]
        self._kernel.trace.note("order", home.name, shown(request))
        if not self._saw_home.get(key, True):
            text = f"{self.logged_in(key)} was seen, and {shown(request)}"
            self._find(findings.ELSEWHERE, home, text)
        if self.logged_in(key) != (home.login, home.server):
            return  # nobody can know between looking and sending: law 8 looks again afterwards
        has_magic = request.action in {TradeAction.DEAL, TradeAction.PENDING}
        if has_magic and not self.has_intent(home.name, request.magic):
            self._find(findings.NO_INTENT, home, shown(request))
        if opens(request):
            self._is_opening(home, request)
        elif request.action in OF_AN_ORDER:
            self._is_about_an_order(home, request)
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
        self.slaves[home.name].forgotten.hears(request.magic)
        if opens(request) and is_refused(code, said):
            self.slaves[home.name].may_be_out.pop(leg_in(request.comment), None)

    def happened(self, event: Event) -> None:
        """Something was done on an account, by whomever."""
        home = self._accounts.get((event.broker, event.login))
        if home is None:
            return
        changes = event.changes
        self._note_orders(home, changes)
        if home.is_master:
            self.by_settings.note(home.login, changes.kept)
        for deal in changes.deals:
            if deal.type > DealType.SELL:
                continue
            self._kernel.trace.note("deal", home.name, shown_deal(deal))
            if home.is_master:
                self._on_master(home, deal)
            else:
                self._on_slave(home, deal)
        if not home.is_master:
            self._forget_ended(self.slaves[home.name], changes)

    def _note_orders(self, home: Home, changes: Changes) -> None:
        for order in changes.placed:
            if order.type in PENDING:
                self._kernel.trace.note("waits", home.name, f"{order.ticket} {order.price_open:g}")
            if not home.is_master:
                self._note_our_order(self.slaves[home.name], order)
            elif order.type in PENDING:
                known = Awaited(order, home.login, self._kernel.now_us)
                self.awaited.setdefault(order.ticket, known).is_now(order)
        for order in changes.orders:
            if order.type in PENDING:
                self._kernel.trace.note("waits no more", home.name, f"{order.ticket} {order.state}")
            if order.ticket in self.awaited:
                self.awaited[order.ticket].waits = False

    @staticmethod
    def _note_our_order(books: SlaveBooks, order: Order) -> None:
        if order.magic not in books.sent:
            return
        books.ours.add(order.ticket)
        if order.type in PENDING:
            books.waiting[order.ticket] = order
            books.forgotten.placed(order)

    def _forget_ended(self, books: SlaveBooks, changes: Changes) -> None:
        """Our order ended; where nothing of it was filled that is the proof that it never will."""
        for order in changes.orders:
            mine = books.waiting.pop(order.ticket, None)
            if mine is not None and order.ticket not in books.copies:
                books.may_be_out.pop(leg_in(mine.comment), None)

    def _on_master(self, home: Home, deal: Deal) -> None:
        holding = self._holdings.setdefault((home.login, deal.position_id), Holding())
        brought = holding.take(deal, home.login, self._kernel.now_us)
        if brought is None:
            return
        if brought.order in self.originals:
            # An earlier part of the same order has ended: of its copy nothing had to stay.
            brought.least_share = 0.0
        self.originals[brought.order] = brought

    def _on_slave(self, home: Home, deal: Deal) -> None:
        books = self.slaves[home.name]
        if deal.magic in books.sent:
            books.ours.add(deal.order)
        before = books.net.get(deal.symbol, 0.0)
        lots = -deal.volume if deal.type & 1 else deal.volume
        books.net[deal.symbol] = round(before + lots, 8)
        opened_by = books.opens.get(deal.magic)
        if opened_by is not None and is_its_side(deal, opened_by):
            self._is_opened(home, deal, opened_by)
        elif books.nets:
            self._is_netted(home, deal, before)
        elif deal.position_id in books.copies:
            books.copies[deal.position_id].shrink(deal.volume)
        if books.nets:
            end_what_is_flat(books, deal.symbol)

    def _is_opened(self, home: Home, deal: Deal, sent: TradeRequest) -> None:
        books = self.slaves[home.name]
        copy = books.copies.get(deal.order)
        if copy is not None:
            copy.grow(deal.volume)
        else:
            copy = Copy(deal, leg_in(sent.comment), sent, self._kernel.now_us)
            copy.wishes = books.sent_by.wishes.get(deal.magic)
            copy.of_lots = self._least_lots(copy.order)
            self._is_first(home, copy)
            books.add(copy)
        self._is_not_too_much(home, copy)

    def _is_netted(self, home: Home, deal: Deal, before: float) -> None:
        """A deal on a netting account that opens no copy."""
        books = self.slaves[home.name]
        leg = books.closes.get(deal.magic)
        if leg is None:
            books.meddled.add(deal.symbol)
            return
        for copy in books.of_leg(leg):
            copy.shrink(deal.volume)
        if before * books.net[deal.symbol] < 0 and deal.symbol not in books.meddled:
            text = f"{leg}: {before:g} lots of {deal.symbol} became {books.net[deal.symbol]:g}"
            self._find(findings.CROSSED_ZERO, home, text)

    def _is_first(self, home: Home, copy: Copy) -> None:
        books = self.slaves[home.name]
        earlier = books.of_leg(copy.leg)
        if not earlier or copy.leg in books.forgotten.doubled:
            return
        is_open = any(one.is_open for one in earlier)
        kind = findings.OPENED_TWICE if is_open else findings.REOPENED
        known = [one.number for one in earlier]
        self._find(kind, home, f"{copy.order} as {copy.number}, after {known}")

    def _is_not_too_much(self, home: Home, copy: Copy) -> None:
        if copy.filled > copy.asked + LOTS_SLACK:
            text = f"{copy.filled:g} lots of {copy.order}, {copy.asked:g} were asked for"
            self._find(findings.TOO_MUCH, home, text)

    def _least_lots(self, order: int) -> float:
        """The least that its master has had yet: a copy may have been made of that."""
        known = (self.originals.get(order), self.awaited.get(order))
        lots = [lots for one in known if one is not None for lots in one.lots]
        return min((one for one in lots if one), default=0.0)

    def _is_opening(self, home: Home, request: TradeRequest) -> None:
        books, leg = self.slaves[home.name], leg_in(request.comment)
        order = leg[0]
        books.opens[request.magic] = request
        books.sent.add(request.magic)
        books.forgotten.sends(request.magic)
        if leg in books.may_be_out:
            text = f"{leg} was sent before, and sent again"
            self._find(findings.OPENED_TWICE, home, text)
        books.may_be_out[leg] = shown(request)
        if home.name in self.halted:
            self._find(findings.WHILE_HALTED, home, shown(request))
        if why := self.why_not_open(home.name):
            self._find(findings.WHILE_HELD, home, f"{why}, and {shown(request)}")
        wait = {t for t, one in books.waiting.items() if leg_in(one.comment) == leg}
        has_filled = bool(books.of_leg(leg))
        if not books.forgotten.may_send_again(leg, wait, has_filled=has_filled):
            self._find(findings.BESIDE_ITS_ORDER, home, shown(request))
        if books.nets:
            self._is_alone(home, request, order)
        self._is_fresh(home, request, order)
        self._is_decided_once(home, request, order)
        self._is_as_wished(home, request, order)

    def _is_as_wished(self, home: Home, request: TradeRequest, order: int) -> None:
        """What asks for it, and what the slave's document makes of that."""
        waits, books = request.action == TradeAction.PENDING, self.slaves[home.name]
        known: Awaited | Original | None = self.originals.get(order)
        comes_late = self._comes_late(home, order)
        if waits and not comes_late:
            known = self.awaited.get(order)
        if known is None:
            return
        of = self.by_settings.subject(known)
        existed = self._may_have_existed(home, order)
        moment = Moment(home, books, request, order, of, comes_late, existed)
        wishes, wrong = self.by_settings.judge_open(moment)
        books.sent_by.wishes.pop(request.magic, None)
        if wishes is not None:
            books.sent_by.wishes[request.magic] = wishes
            wrong = self.by_settings.count_try(moment, wishes)
        self._find_all(home, wrong)

    def _comes_late(self, home: Home, order: int) -> bool:
        """An order of ours may wait beside the position that is there already."""
        return home.name in self.come_late and order in self.originals

    def _may_have_existed(self, home: Home, order: int) -> bool:
        """Its master may have had it before this slave began to follow."""
        known = self.originals.get(order)
        if known is None:
            return False
        master = self.by_settings.master_named(known.login)
        return self.following.may_have_existed(home.name, master, known)

    def _is_decided_once(self, home: Home, request: TradeRequest, order: int) -> None:
        """What was there before is copied where that is asked for, and decided on once."""
        known = self.originals.get(order)
        if known is None:
            return
        of, why = self.by_settings.subject(known), self.following.refused(home.name, order)
        if why:
            self._find(findings.DECIDED_AGAIN, home, f"{order}: {why}, and {shown(request)}")
        if not self.following.surely_existed(home.name, of.master, known):
            return
        waits = request.action == TradeAction.PENDING
        if waits or not self.by_settings.copies_existing(home.name, of):
            self._find(findings.EXISTED, home, f"{order}: {shown(request)}")

    def _is_fresh(self, home: Home, request: TradeRequest, order: int) -> None:
        if self._comes_late(home, order):
            return
        if self._may_have_existed(home, order):
            of = self.by_settings.subject(self.originals[order])
            if self.by_settings.copies_existing(home.name, of):
                return
        waits = request.action == TradeAction.PENDING
        known = self.awaited.get(order) if waits else self.originals.get(order)
        limit_us = DECISION_US + CLOCKS_APART_US + self.clock_slack_us
        if known is not None:
            limit_us += self.by_settings.oldest_us(home.name, self.by_settings.subject(known))
        if known is None or self._kernel.now_us - known.opened_us > limit_us:
            age = "unknown" if known is None else self._kernel.now_us - known.opened_us
            self._find(findings.OPENED_LATE, home, f"{order} is {age} us old")

    def _is_alone(self, home: Home, request: TradeRequest, order: int) -> None:
        """On a netting account nothing waits, and one master has one side of a symbol."""
        books, symbol, original = self.slaves[home.name], request.symbol, self.originals.get(order)
        if request.action == TradeAction.PENDING:
            self._find(findings.WAITS_ON_NET, home, shown(request))
        foreign = books.strangers.get(symbol, 0.0)
        if abs(foreign) > LOTS_SLACK and abs(books.foreign(symbol)) > LOTS_SLACK:
            text = f"{foreign:g} lots are not copies, and {shown(request)}"
            self._find(findings.BESIDE_OTHERS, home, text)
        side = -1 if request.type & 1 else 1
        for copy in books.on(symbol):
            other = self.originals.get(copy.order)
            has_other = original is not None and other is not None and other.login != original.login
            if copy.side != side or has_other:
                text = f"{copy.volume:g} lots of {copy.order} are there, and {shown(request)}"
                self._find(findings.BESIDE_OTHERS, home, text)

    def _is_about_an_order(self, home: Home, request: TradeRequest) -> None:
        books = self.slaves[home.name]
        if request.order not in books.ours:
            self._find(findings.FOREIGN_TOUCHED, home, shown(request))
        price = request.stoplimit or request.price
        books.sent_by.moved_to.setdefault(request.order, []).append(price)

    def _is_changing(self, home: Home, request: TradeRequest) -> None:
        books = self.slaves[home.name]
        copy = self._copy_meant(books, request)
        if copy is None:
            self._find(findings.FOREIGN_TOUCHED, home, shown(request))
        elif request.action == TradeAction.DEAL:
            books.closes[request.magic] = copy.leg
            books.sent.add(request.magic)
            self._is_closing(home, request, copy)
            self._find_all(home, self.by_settings.judge_close(copy) if copy.is_open else [])
            if books.nets:
                self._is_within_its_own(home, request, copy)
        elif not books.nets:
            held, history = self.listed(home, request.position), self._history(copy)
            self._find_all(home, self.by_settings.judge_stops(home, request, copy, held, history))
        elif is_shared_with_others(books, request.symbol):
            text = f"{books.strangers[request.symbol]:g} lots are not copies, {shown(request)}"
            self._find(findings.FOREIGN_TOUCHED, home, text)

    def _history(self, copy: Copy) -> list[Theirs]:
        """The stops of what it copies, from when that was an order that waits."""
        known = (self.awaited.get(copy.order), self.originals.get(copy.order))
        subjects = [self.by_settings.subject(one) for one in known if one is not None]
        return [theirs for one in subjects for theirs in one.history]

    def _copy_meant(self, books: SlaveBooks, request: TradeRequest) -> Copy | None:
        if not books.nets:
            return books.copies.get(request.position)
        if request.action != TradeAction.DEAL:
            return next((c for c in books.copies.values() if c.symbol == request.symbol), None)
        return next(iter(books.of_leg(leg_in(request.comment))), None)

    def _is_within_its_own(self, home: Home, request: TradeRequest, copy: Copy) -> None:
        """Neither more than was told to be there, nor what is another leg's, or somebody else's."""
        books = self.slaves[home.name]
        told = books.told.get(request.symbol, 0.0) * copy.side
        if request.volume > told + LOTS_SLACK:
            text = f"{told:g} lots were told to be there, and {shown(request)}"
            self._find(findings.CROSSED_ZERO, home, text)
        is_known = request.symbol not in books.forgotten.shares and not copy.was_flat
        if request.volume > copy.volume + LOTS_SLACK and is_known:
            text = f"{copy.volume:g} lots are left of {copy.order}, and {shown(request)}"
            self._find(findings.FOREIGN_TOUCHED, home, text)

    def _is_closing(self, home: Home, request: TradeRequest, copy: Copy) -> None:
        least = self.least(copy)
        # Nobody can know what was done by hand after the look that the order is decided on.
        listed = self.slaves[home.name].listed.get(request.position, 0.0)
        left = max(copy.volume, listed) - request.volume
        if copy.is_open and max(left, 0.0) < least - self._step(request) - LOTS_SLACK:
            text = f"{least:g} are due of {copy.filled:g} lots of {copy.order}, yet "
            self._find(findings.CLOSED_EARLY, home, f"{text}{copy.volume:g} to {left:g}")

    def least(self, copy: Copy) -> float:
        """Its share of what is left at the master; and what it is ahead of an order that waits.

        What waits yet of a master's order was not taken off (law 15); but once what has filled of
        it was closed, the leg has ended.
        """
        original, awaited = self.originals.get(copy.order), self.awaited.get(copy.order)
        if original is not None and original.closed_us is not None:
            return 0.0
        if copy.is_past_its_time(self._kernel.now_us, self.clock_slack_us):
            return 0.0
        share = 0.0 if original is None else original.least_share
        if awaited is None or not copy.waited:
            return copy.filled * share
        came = 0.0 if original is None else original.initial
        behind = min(copy.filled, copy.asked * came / awaited.initial)
        return behind * share + (copy.filled - behind if awaited.waits else 0.0)

    @staticmethod
    def _step(request: TradeRequest) -> float:
        return 0.1 if request.symbol.endswith("m") else 0.01

    def _find_all(self, home: Home, wrong: Iterable[Wrong]) -> None:
        for kind, text in wrong:
            self._find(kind, home, text)

    def _find(self, kind: str, home: Home, text: str) -> None:
        at_ms = self._kernel.now_us // 1_000
        self.findings.append(Finding(kind=kind, who=home.name, at_ms=at_ms, text=text))
        self._kernel.trace.note("FINDING", home.name, f"{kind}: {text}")
