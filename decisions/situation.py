"""Everything a decision to open may look at, gathered at one moment, in one frozen value."""

from collections.abc import Mapping
from decimal import Decimal

import msgspec

from decisions.claims import SymbolUse
from decisions.parts import Begun
from decisions.windows import LocalTime
from domain.contracts import Contract
from domain.ids import LegKey, Magic, SlaveSymbol
from domain.market import AccountState, Identity, Quote, Side, SymbolSpec, TerminalState, Unknowable
from domain.policies import AccountSettings, Hold, Latch
from domain.signals import Fact


class Worth(msgspec.Struct, frozen=True, kw_only=True):
    """What this broker says things are worth, money of this account; None where it does not say.

    `loss_per_lot`: what a lot opened now loses at its stop, `tick_value`: what it loses by a tick,
    `rate`: one unit of the master's currency in ours. Asked for only where a size needs it.
    """

    loss_per_lot: Decimal | None = None
    tick_value: Decimal | None = None
    rate: Decimal | None = None


class Situation(msgspec.Struct, frozen=True, kw_only=True):
    """What is missing stays missing (None or Unknowable): gates judge it, nothing defaults.

    `age_ms`: the signal's age here and now. `daily`: the day's result, None where not known.
    `still_held`: the newest book of the master has the position. `leg_known`: an open of this leg
    was decided before; `closed_unopened`: all we had of it is the news of its close. `symbol_use`:
    on a netting account what is on the symbol already, None where that is not known.
    `symbol_copied`: there is a copy on the symbol. `symbol_sides`: of all that is on the symbol,
    copies or not, where the settings ask for it; None where that is not known. `newest_server_ms`:
    this broker's wall clock by its newest tick, 0 before the first. `means_age_ms`: how long ago
    what the master has was read.
    `open_lots`: of all live copies, those that wait included; `recent_opens`: orders sent within
    the throttle's time.
    `local_times`: by zone, where windows need them.
    `begun`: the copy's earlier parts, where this is to be a further one; `leg_known`, `magic` and
    `comment` are then those of the part.
    `contract`: the one in force of the symbol, as it was first seen here, or last accepted.
    `volatility`: the symbol's average true range, price units, where the settings ask for it.
    `existing`: the master had the position before it was followed.
    `late_until_ms`: where an order at the master's price is asked for, until when it shall wait,
    UTC ms; 0 where the market is.
    """

    settings: AccountSettings
    latch: Latch
    holds: frozenset[Hold]
    expected: Identity
    identity: Identity | Unknowable
    terminal: TerminalState | Unknowable
    account: AccountState | Unknowable
    symbol: SlaveSymbol
    lot_factor: Decimal = Decimal(1)
    spec: SymbolSpec | Unknowable | None
    quote: Quote | None
    age_ms: int
    leg_known: bool
    closed_unopened: bool = False
    still_held: bool
    open_legs: int
    open_legs_on_symbol: int = 0
    open_lots: Decimal = Decimal(0)
    open_lots_on_symbol: Decimal = Decimal(0)
    recent_opens: int = 0
    daily: Decimal | None
    magic: Magic
    magic_taken: bool
    comment: str
    symbol_use: SymbolUse | None = None
    symbol_copied: bool = False
    symbol_sides: frozenset[Side] | None = None
    newest_server_ms: int = 0
    local_times: Mapping[str, LocalTime] = {}
    worth: Worth = Worth()
    volatility: Decimal | None = None
    means_age_ms: int | None = None
    contract: Contract | None = None
    existing: bool = False
    late_until_ms: int = 0
    begun: Begun | None = None

    def leg_of(self, fact: Fact) -> LegKey:
        """The leg that is to be opened: the fact's, or a further part of it."""
        part = 0 if self.begun is None else self.begun.part
        return msgspec.structs.replace(fact.leg_key, part=part)
