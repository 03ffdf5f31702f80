"""What is known of a leg just now: asked for once in a round, and again after every order."""

from collections.abc import Callable

import msgspec

from decisions.claims import Claims, HedgingClaims, NettingClaims
from decisions.evidence import Absence, seen_absent
from decisions.repairs import MasterWord, Sight, Wanted
from decisions.touching import is_untouchable, price_matters
from domain.ids import LegKey, NodeName
from domain.legs import Leg, LegState
from domain.market import Deal, OrderFate, PendingOrder, Position, SymbolSpec, Unknowable
from domain.policies import Hold, TradingState
from domain.reasons import Reason
from nodes.bookkeeping.ledger import Ledger
from nodes.guarding.account_kind import AccountKind
from nodes.guarding.standing import Standing
from nodes.ports import TerminalDoor
from utils.clock import Clock

#: Deals are searched this far around the broker's newest tick: more than any clock is wrong.
SEARCH_S = 2 * 86_400

Deals = tuple[Deal, ...]
Word = Callable[[Leg], MasterWord | None]


def no_word(_: Leg) -> MasterWord | None:
    """Nobody has looked into a book."""
    return None


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """Where a look goes. `absences` counts the good looks that did not list a leg's position.

    `frozen`: since when, monotonic, a broker lets nobody touch what a leg has there.
    """

    door: TerminalDoor
    is_wanted: Callable[[NodeName], bool]
    kind: AccountKind
    ledger: Ledger
    standing: Standing
    clock: Clock
    absences: dict[LegKey, Absence] = msgspec.field(default_factory=dict)
    frozen: dict[LegKey, float] = msgspec.field(default_factory=dict)


class Round:
    """One look at the account, for one leg or for all of them."""

    def __init__(
        self,
        around: Surroundings,
        positions: tuple[Position, ...] | None = None,
        word: Word = no_word,
        looked_at_s: float = 0.0,
    ) -> None:
        """`word`: what books say. `positions` as a look shows them that began at `looked_at_s`.

        None has them listed.
        """
        self._around = around
        self._word = word
        self._positions = positions
        #: When the look began, monotonic, that orders are decided by.
        self.looked_at_s = looked_at_s
        self._claims: HedgingClaims | None = None
        self._deals: dict[int, Deals] = {}
        self._recent: Deals | None = None
        self._orders: tuple[PendingOrder, ...] | None = None
        self._fates: dict[LegKey, OrderFate] = {}
        self._counted: set[LegKey] = set()

    def forget(self) -> None:
        """An order was sent: what was asked before it is out of date."""
        self._positions = self._claims = self._recent = self._orders = None
        self._deals.clear()
        self._fates.clear()
        self._counted.clear()

    def sight(self, leg: Leg, name: str) -> Sight | Unknowable:
        """The leg as it is now; `name` is that of its next order."""
        claims = self.claims()
        if isinstance(claims, Unknowable):
            # Looks count as equal only where no unbelievable one lies between them.
            self._around.absences.clear()
            return claims
        around = self._around
        unanswered = around.ledger.unanswered(leg.key)
        held = claims.of(leg, [order.intent for order in unanswered])
        waiting = self._waiting(leg)
        if isinstance(waiting, Unknowable):
            return waiting
        spec = around.door.spec(leg.symbol) if leg.live else None
        now = around.clock.now()
        sight = Sight(
            state=around.standing.state(),
            now_ms=now.utc_ms,
            now_s=now.monotonic_s,
            held=held,
            waiting=waiting,
            fate=self._fates.get(leg.key),
            withdraws=self._withdraws(leg),
            newest_server_ms=around.door.newest_server_ms(),
            share=claims.share(leg),
            word=self._word(leg),
            unanswered=unanswered,
            deals=self._deals.get(_identifier(leg, held)),
            recent=self._recent,
            absence=self._absence(leg, held, now.monotonic_s),
            spec=spec if isinstance(spec, SymbolSpec) else None,
            name=name,
        )
        return self._with_price(leg, sight) if price_matters(leg, sight) else sight

    def _with_price(self, leg: Leg, sight: Sight) -> Sight:
        quote, frozen = self._around.door.quote(leg.symbol), self._around.frozen
        if quote is None or not is_untouchable(sight, quote):
            frozen.pop(leg.key, None)
            return msgspec.structs.replace(sight, quote=quote)
        since_s = frozen.setdefault(leg.key, sight.now_s)
        return msgspec.structs.replace(sight, quote=quote, frozen_s=sight.now_s - since_s)

    def ask(self, leg: Leg, wanted: Wanted) -> Unknowable | None:
        """Have the deals at hand for the next sight; why not, where nobody answers."""
        found: object
        if wanted is Wanted.RECENT_DEALS:
            found = self.recent()
        elif wanted is Wanted.FATE_OF_ORDER:
            found = self._fate_of(leg)
        else:
            found = self._deals_of(leg)
        return found if isinstance(found, Unknowable) else None

    def recent(self) -> Deals | Unknowable:
        """The account's deals of the last days, at hand for every sight of this round."""
        newest_s = self._around.door.newest_server_ms() // 1000
        if newest_s == 0:
            return Unknowable("no tick yet, so the broker's clock is not known")
        found = self._around.door.deals_between(newest_s - SEARCH_S, newest_s + SEARCH_S)
        if not isinstance(found, Unknowable):
            self._recent = found
        return found

    def claims(self) -> Claims | Unknowable:
        """Whose the listed positions are; on a netting account as the legs stand this moment."""
        around = self._around
        is_netting = around.kind.is_netting()
        if isinstance(is_netting, Unknowable):
            return is_netting
        if self._positions is None:
            self.looked_at_s = around.clock.now().monotonic_s
            positions = around.door.positions()
            if isinstance(positions, Unknowable):
                return positions
            self._positions = positions
        if is_netting:
            return net_claims(self._positions, around.ledger)
        if self._claims is None:
            self._claims = HedgingClaims(self._positions)
        return self._claims

    def _waiting(self, leg: Leg) -> PendingOrder | Unknowable | None:
        """Our own waiting order, by its ticket or its mark; orders are listed only where one is."""
        was_given_up = leg.by_order and leg.reason is Reason.NEVER_ANSWERED
        if leg.state is not LegState.PENDING and not was_given_up:
            return None
        orders = self.orders()
        if isinstance(orders, Unknowable):
            return orders
        return next((o for o in orders if o.ticket == leg.ticket or o.magic == leg.magic), None)

    def orders(self) -> tuple[PendingOrder, ...] | Unknowable:
        """Everything that waits on the account, at hand for every sight of this round."""
        if self._orders is None:
            orders = self._around.door.orders()
            if isinstance(orders, Unknowable):
                return orders
            self._orders = orders
        return self._orders

    def _fate_of(self, leg: Leg) -> OrderFate | Unknowable:
        fate = self._around.door.order_of(leg.ticket)
        if not isinstance(fate, Unknowable):
            self._fates[leg.key] = fate
        return fate

    def _withdraws(self, leg: Leg) -> bool:
        """The latch has left ACTIVE, or the account or this master is drained; no other hold."""
        standing = self._around.standing
        drains = Hold.DRAINING in standing.holds() or not self._around.is_wanted(leg.master)
        return drains or standing.latch.state is not TradingState.ACTIVE

    def _deals_of(self, leg: Leg) -> Deals | Unknowable:
        """Asked for position 0, a terminal shows the account's deposits."""
        claims = self.claims()
        intents = [order.intent for order in self._around.ledger.unanswered(leg.key)]
        held = None if isinstance(claims, Unknowable) else claims.of(leg, intents)
        identifier = _identifier(leg, held)
        deals = self._around.door.deals_of(identifier) if identifier else ()
        if not isinstance(deals, Unknowable):
            self._deals[identifier] = deals
        return deals

    def _absence(self, leg: Leg, held: Position | None, now_s: float) -> Absence | None:
        """Counted once in a round, however often the round comes back to the leg."""
        absences = self._around.absences
        if held is not None or not leg.live:
            absences.pop(leg.key, None)
            return None
        if leg.key not in self._counted:
            self._counted.add(leg.key)
            listed = frozenset(position.identifier for position in self._positions or ())
            absences[leg.key] = seen_absent(absences.get(leg.key), now_s, listed)
        return absences[leg.key]


def net_claims(positions: tuple[Position, ...], ledger: Ledger) -> NettingClaims:
    """A netting account's positions beside its legs; orders without an end make them doubtful."""
    live = ledger.legs.live()
    waiting = {intent.leg for intent in ledger.intents.values()}
    unsettled = {g.symbol for g in live if g.state is LegState.OPENING or g.key in waiting}
    return NettingClaims(positions, live, frozenset(unsettled))


def _identifier(leg: Leg, held: Position | None) -> int:
    """A leg that was given up has no number yet; the position that bears its mark has."""
    return leg.identifier if held is None else held.identifier
