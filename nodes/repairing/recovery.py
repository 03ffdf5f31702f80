"""What a slave's journal does not know: asked of `trades` once, and of the broker for each master.

Until both have answered nothing opens. Closes do not wait.
"""

import logging
from collections.abc import Iterable

import msgspec

from decisions.rebuilding import Marks, lacks_deals, rebuilt, united
from decisions.rebuilding_in_net import in_doubt, rebuilt_in_net
from decisions.rebuilding_orders import rebuilt_orders, with_orders
from decisions.settling import SETTLE_WINDOW_S
from domain.book import Book
from domain.ids import LegKey, NodeName
from domain.legs import Leg
from domain.market import Deal, PendingOrder, Position, Unknowable
from domain.policies import AccountSettings
from domain.records import ContractKept, Cursor, JournalUnwritable
from nodes.bookkeeping.ledger import Ledger
from nodes.guarding.account_kind import AccountKind
from nodes.ports import Journal, Recollection, TerminalDoor

logger = logging.getLogger(__name__)


class _Shown(msgspec.Struct, frozen=True, kw_only=True):
    """What the terminal lists: positions, waiting orders, and the deals of both."""

    is_netting: bool
    positions: tuple[Position, ...]
    orders: tuple[PendingOrder, ...]
    deals: tuple[Deal, ...]


#: The broker's deals are searched this far around its newest tick, as for orders not answered.
SEARCH_S = 2 * 86_400
#: A terminal that does not answer is asked again so soon.
SEARCH_AGAIN_S = 0.25
#: Smaller magics cannot be ours: the operator's number stands before twelve digits.
SMALLEST_MARK = 10**12

FORGOTTEN = (
    "this account's journal is new, and the database that remembers its copies does not answer: "
    "nothing opens until it does; copies found at the broker are closed with their masters"
)


class Recovery:
    """Makes legs anew that others still remember, before anything may open."""

    def __init__(
        self,
        settings: AccountSettings,
        swarms: Iterable[str],
        door: TerminalDoor,
        memory: tuple[Journal, Ledger],
        recollection: Recollection | None,
    ) -> None:
        """`recollection` is what can be asked where the journal is new."""
        self._account, self._settings = settings.name, settings
        self._swarms = tuple(dict.fromkeys(swarms))
        self._door = door
        self._kind = AccountKind(door)
        self._journal, self._ledger = memory
        self._recollection = recollection
        self._next_search_s = 0.0
        self._unsearched: dict[NodeName, Book] = {}
        #: When a search first found positions whose deals do not show, monotonic seconds.
        self._in_doubt_since_s: float | None = None
        #: A netting account's positions whose deals did not show at the last search.
        self._in_doubt: frozenset[int] = frozenset()
        self._ended: list[LegKey] = []
        self._searched: set[tuple[int, str]] = set()
        #: What the database has told of this broker's symbols.
        self.contracts: tuple[ContractKept, ...] = ()

    @property
    def waits_for_trades(self) -> bool:
        """The database has not said yet what it remembers."""
        return self._recollection is not None

    @property
    def done(self) -> bool:
        """Nobody is left to be asked."""
        return self._recollection is None and not self._unsearched

    def recall(self) -> bool:
        """Take in what the database remembers; true where it has said it just now."""
        found = None if self._recollection is None else self._recollection.answer()
        if self._recollection is None or found is None:
            return False
        for told in found.legs:
            leg = united(self._ledger.legs.find(told.key), told)
            if leg is not None:
                self._keep(leg, "trades")
        for cursor in found.cursors:
            self._go_on_after(cursor)
        self.contracts = found.contracts
        self._ledger.write(*found.contracts)
        self._remember_asking(self._recollection)
        self._recollection = None
        return True

    def meet(self, book: Book) -> None:
        """A master has shown its book: whatever copies it, and is not known here, is looked for."""
        if (book.login, book.server) not in self._searched:
            self._unsearched[book.master] = book
            self._next_search_s = 0.0

    def search(self, now_s: float) -> frozenset[NodeName]:
        """Look for copies of every master met since; what gives no answer is asked again.

        The masters of which some were found: they have not been asked about these.
        """
        if not self._unsearched or now_s < self._next_search_s:
            return frozenset()
        self._next_search_s = now_s + SEARCH_AGAIN_S
        shown = self._look()
        if isinstance(shown, Unknowable):
            return frozenset()
        found = [leg for book in self._unsearched.values() for leg in self._of(book, shown)]
        certain = [g for g in found if not lacks_deals(g, shown.positions, shown.deals)]
        if shown.is_netting:
            self._in_doubt = in_doubt(shown.positions, shown.deals, self._in_doubt)
        if (self._in_doubt or len(certain) < len(found)) and self._may_yet_come(now_s):
            found = certain
        else:
            self._searched |= {(b.login, b.server) for b in self._unsearched.values()}
            self._unsearched.clear()
        for leg in found:
            if not self._is_unsettled(leg):
                self._keep(leg, "broker")
        return frozenset(leg.master for leg in found)

    def _may_yet_come(self, now_s: float) -> bool:
        """Deals that lag have come by the end of the settle window; then it must do without."""
        if self._in_doubt_since_s is None:
            self._in_doubt_since_s = now_s
        return now_s - self._in_doubt_since_s < SETTLE_WINDOW_S

    def _look(self) -> _Shown | Unknowable:
        """Everything that may bear our marks; unknowable where a part of it is."""
        is_netting = self._kind.is_netting()
        positions = self._door.positions()
        orders = self._door.orders()
        deals = self._recent_deals()
        if isinstance(is_netting, Unknowable):
            return is_netting
        if isinstance(positions, Unknowable):
            return positions
        if isinstance(orders, Unknowable):
            return orders
        if isinstance(deals, Unknowable):
            return deals
        deals = self._with_older(positions, deals, is_netting=is_netting)
        return _Shown(is_netting=is_netting, positions=positions, orders=orders, deals=deals)

    def _of(self, book: Book, shown: _Shown) -> tuple[Leg, ...]:
        marks = Marks(
            account=self._account,
            swarms=self._swarms,
            book=book,
            are_exact=self._settings.copies_stops_exactly,
        )
        known = self._ledger.legs.find
        rebuild = rebuilt_in_net if shown.is_netting else rebuilt
        filled = rebuild(marks, known, shown.positions, shown.deals)
        return with_orders(filled, rebuilt_orders(marks, known, shown.orders))

    def _is_unsettled(self, leg: Leg) -> bool:
        """An order of its without an end is counted once its end is found."""
        is_live = self._ledger.legs.is_live(leg.key)
        return is_live and bool(self._ledger.intents_of(leg.key))

    @staticmethod
    def _remember_asking(recollection: Recollection) -> None:
        """Where that cannot be written down, the next start asks again."""
        try:
            recollection.taken()
        except JournalUnwritable:
            logger.exception("asking_not_journaled")

    def _keep(self, leg: Leg, source: str) -> None:
        what = {"leg": leg.key.text, "state": leg.state.value, "from": source}
        logger.warning("leg_rebuilt", extra=what)
        self._ledger.keep(leg)
        self._ledger.follows.began_earlier(leg.master)
        if not leg.live:
            self._ended.append(leg.key)

    def ended(self) -> list[LegKey]:
        """Legs found to have ended since this was asked last: nothing is left to send for them."""
        found, self._ended = self._ended, []
        return found

    def _go_on_after(self, cursor: Cursor) -> None:
        """What was answered before is not answered again, unless it was heard anew meanwhile."""
        self._ledger.follows.began_earlier(cursor.master)
        if self._journal.cursor(cursor.master) is None:
            self._ledger.write(cursor)

    def _recent_deals(self) -> tuple[Deal, ...] | Unknowable:
        newest_s = self._door.newest_server_ms() // 1000
        if newest_s == 0:
            return Unknowable("no tick yet, so the broker's clock is not known")
        return self._door.deals_between(newest_s - SEARCH_S, newest_s + SEARCH_S)

    def _with_older(
        self, positions: tuple[Position, ...], recent: tuple[Deal, ...], *, is_netting: bool
    ) -> tuple[Deal, ...]:
        """A copy may have been opened long ago: its own deals tell of its volume.

        A netting account's position bears one mark, whoever else added to it.
        """
        deals = {deal.ticket: deal for deal in recent}
        for position in positions:
            if not is_netting and self._needs_no_deals(position):
                continue
            own = self._door.deals_of(position.identifier)
            deals |= {} if isinstance(own, Unknowable) else {deal.ticket: deal for deal in own}
        return tuple(sorted(deals.values(), key=lambda deal: (deal.server_ms, deal.ticket)))

    def _needs_no_deals(self, position: Position) -> bool:
        return position.magic < SMALLEST_MARK or self._ledger.legs.owner_of(position) is not None
