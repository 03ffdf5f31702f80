"""Gathers what a decision may look at. It reports, gates judge; nothing missing is filled in."""

from decimal import Decimal
from typing import Any, NamedTuple

import msgspec

from decisions.ages import age_here_ms
from decisions.claims import SymbolUse
from decisions.drafting import Asking
from decisions.levels import with_wider_level
from decisions.marking import comment_for, magic_for_leg
from decisions.parts import Begun
from decisions.situation import Situation
from decisions.symbol_mapping import slave_symbol
from domain.ids import LegKey
from domain.market import AccountState, Identity, Side, SymbolSpec, Unknowable
from domain.policies import AccountSettings, Hold
from domain.signals import PositionOpened
from nodes.bookkeeping.ledger import Ledger
from nodes.copying.appraising import volatility_of, worth_of
from nodes.copying.contract_watch import ContractWatch
from nodes.copying.wall_clocks import local_times
from nodes.guarding.day_guard import DayGuard
from nodes.guarding.standing import Standing
from nodes.inbox import Inbox
from nodes.ports import TerminalDoor
from nodes.repairing.looking import net_claims
from utils.clock import Now, utc_us

ZERO = Decimal(0)


class Home(msgspec.Struct, frozen=True):
    """Which account this is, and of which swarm: the marks of its copies are made from both."""

    account: Identity
    swarm: str


class Guards(NamedTuple):
    """Who may have something against an open."""

    standing: Standing
    day: DayGuard
    contracts: ContractWatch


class SituationRoom:
    """One consistent situation per decision."""

    def __init__(
        self,
        door: TerminalDoor,
        inbox: Inbox,
        ledger: Ledger,
        guards: Guards,
        home: Home,
    ) -> None:
        """Look at these."""
        self._door = door
        self._inbox = inbox
        self._ledger = ledger
        self._legs = ledger.legs
        self._standing, self._guard, self._contracts = guards
        self._home = home

    def gather(
        self,
        fact: Asking,
        settings: AccountSettings,
        now: Now,
        begun: Begun | None = None,
        stops_refused: int = 0,
    ) -> Situation:
        """The situation for one open, as it is this moment; `begun`: of a further part.

        `stops_refused`: so often the broker has refused its stops already.
        """
        key = fact.leg_key
        symbol, lot_factor = slave_symbol(fact.subject.symbol, settings)
        if begun is not None:
            key = msgspec.structs.replace(key, part=begun.part)
            symbol = begun.first.symbol
        known = self._legs.find(key)
        magic = magic_for_leg(settings.magic_number, self._home.swarm, settings.name, key)
        confirmed = self._inbox.is_confirmed(fact.master)
        holds = self._standing.holds_towards(confirmed=confirmed)
        if not self._inbox.is_wanted(fact.master):
            holds |= {Hold.DRAINING}
        account = self._door.account()
        spec, quote = self._door.spec(symbol), self._door.quote(symbol)
        if stops_refused and isinstance(spec, SymbolSpec) and quote is not None:
            spec = with_wider_level(spec, quote, stops_refused)
        server_ms = self._door.newest_server_ms()
        situation = Situation(
            settings=settings,
            latch=self._standing.latch,
            holds=holds,
            expected=self._home.account,
            identity=self._identity(account),
            terminal=self._door.state(),
            account=account,
            symbol=symbol,
            lot_factor=lot_factor,
            spec=spec,
            quote=quote,
            age_ms=age_here_ms(fact.age_ms, fact.seen_at_us, utc_us()),
            leg_known=known is not None and not known.never_filled,
            closed_unopened=known is not None and known.is_tombstone,
            still_held=self._still_held(fact),
            begun=begun,
            existing=self._ledger.follows.had_before(fact),
            **self._held(key, symbol, settings, now),
            daily=self._guard.result(now.monotonic_s),
            magic=magic,
            magic_taken=self._legs.magic_is_taken(magic, by_other_than=key),
            comment=comment_for(key),
            symbol_use=self._symbol_use(symbol, account),
            symbol_sides=self._symbol_sides(symbol, settings),
            newest_server_ms=server_ms,
            local_times=local_times(settings, now.utc_ms, server_ms),
            contract=self._contracts.in_force(symbol, spec),
            means_age_ms=_age_of_means_ms(fact),
            volatility=volatility_of(self._door, symbol, settings),
        )
        worth = worth_of(self._door, fact, situation)
        return msgspec.structs.replace(situation, worth=worth)

    def for_a_late_entry(self, fact: PositionOpened, situation: Situation, now: Now) -> Situation:
        """The same moment, for an order that waits at the master's price."""
        until_ms = now.utc_ms + situation.settings.late_entry_seconds * 1000
        late = msgspec.structs.replace(situation, late_until_ms=until_ms)
        return msgspec.structs.replace(late, worth=worth_of(self._door, fact, late))

    def _held(
        self, key: LegKey, symbol: str, settings: AccountSettings, now: Now
    ) -> dict[str, Any]:
        """What is open already, and what was opened lately; the latter where it is limited.

        Lots are those of all legs, this copy's own parts included; copies are all but this one.
        """
        by_symbol, throttle = self._legs.lots_by_symbol(), settings.throttle
        others = self._legs.copies_beside(key)
        here = [one for one in others.values() if one == symbol]
        since_ms = now.utc_ms - throttle.seconds * 1000
        limited = throttle.opens is not None
        return {
            "open_legs": len(others),
            "open_legs_on_symbol": len(here),
            "open_lots": sum((sum(lots) for lots in by_symbol.values()), ZERO),
            "open_lots_on_symbol": sum(by_symbol.get(symbol, []), ZERO),
            "symbol_copied": bool(here),
            "recent_opens": self._legs.opened_since(since_ms, key) if limited else 0,
        }

    def as_booked(self, fact: PositionOpened) -> PositionOpened:
        """The fact with its position as the master's newest book has it."""
        position = self._inbox.booked(fact.master, fact.position.opening_order)
        return fact if position is None else msgspec.structs.replace(fact, position=position)

    def _still_held(self, fact: Asking) -> bool:
        order = fact.leg_key.opening_order
        if isinstance(fact, PositionOpened):
            return self._inbox.still_holds(fact.master, order)
        return self._inbox.still_waits(fact.master, order)

    def _symbol_use(self, symbol: str, account: AccountState | Unknowable) -> SymbolUse | None:
        """Asked for only where it matters: it takes a look at the account."""
        if isinstance(account, Unknowable) or account.hedging:
            return None
        positions = self._door.positions()
        if isinstance(positions, Unknowable):
            return None
        return net_claims(positions, self._ledger).use_of(symbol)

    def _symbol_sides(self, symbol: str, settings: AccountSettings) -> frozenset[Side] | None:
        """Asked for only where hedging is blocked. A copy may be on its way, or wait."""
        positions = self._door.positions() if settings.block_hedging else ()
        if isinstance(positions, Unknowable) or not settings.block_hedging:
            return None
        listed = {position.side for position in positions if position.symbol == symbol}
        return frozenset(listed | {g.side for g in self._legs.live() if g.symbol == symbol})

    def _identity(self, account: AccountState | Unknowable) -> Identity | Unknowable:
        """An account that was told names itself; only where none was is it asked apart."""
        return self._door.identity() if isinstance(account, Unknowable) else account.identity


def _age_of_means_ms(fact: Asking) -> int | None:
    """Read a moment that old ago, by this machine's clock; none of them is from the future."""
    return None if fact.means is None else max(0, (utc_us() - fact.means.read_at_us) // 1000)
