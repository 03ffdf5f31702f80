"""What a node writes into its journal, beside legs, intents, verdicts and facts."""

from decimal import Decimal
from typing import Any

import msgspec

from domain.book import Stamp
from domain.contracts import Candidate, Contract
from domain.ids import JourneyId, MasterSymbol, NodeName, OpeningOrder, SlaveSymbol
from domain.legs import Intent, Leg
from domain.market import Identity
from domain.policies import Latch
from domain.signals import (
    OrderGone,
    OrderModified,
    OrderPlaced,
    PositionClosed,
    PositionModified,
    PositionOpened,
    PositionReduced,
)
from domain.verdicts import Verdict


class Cursor(msgspec.Struct, frozen=True, kw_only=True):
    """The last stamp of a master that a slave has acted on."""

    master: NodeName
    stamp: Stamp


class Follow(msgspec.Struct, frozen=True, kw_only=True):
    """Since when an account follows a master, UTC ms, 0 for longer than anybody knows.

    `existing`: the positions that the master had by then, by their opening orders. `over`: it does
    not follow it any more; should it again, that is another beginning.
    """

    master: NodeName
    since_ms: int = 0
    existing: tuple[OpeningOrder, ...] = ()
    over: bool = False


class LatchChange(msgspec.Struct, frozen=True, kw_only=True):
    """The kill switch was moved, from and to."""

    account: NodeName
    before: Latch
    after: Latch


class SettingsKept(msgspec.Struct, frozen=True, kw_only=True):
    """The last good account document."""

    account: NodeName
    document: dict[str, Any]


class MasterAt(msgspec.Struct, frozen=True, kw_only=True):
    """Where a master was last found: its signals and snapshots addresses."""

    master: NodeName
    signals: str
    snapshots: str


class EquitySample(msgspec.Struct, frozen=True, kw_only=True):
    """An account's money at a moment, in its own currency."""

    account: NodeName
    at_ms: int
    balance: Decimal
    equity: Decimal
    profit: Decimal
    daily: Decimal | None
    currency: str


class BookKept(msgspec.Struct, frozen=True, kw_only=True):
    """A master's positions and head, so that a restart knows what it had already told.

    `untold_since_ms`: UTC ms of the beginning of the first run since which no search for what lived
    between two looks has come to its end; 0 where nobody knows.
    """

    master: NodeName
    stamp: Stamp
    body: bytes
    untold_since_ms: int = 0


class MissingSymbol(msgspec.Struct, frozen=True, kw_only=True):
    """A master opened in a symbol that this account's broker does not have, as it is mapped now.

    `tried` is what it is mapped to; `digits` and `contract_size` are the master's, as far as told.
    """

    account: NodeName
    master: NodeName
    symbol: MasterSymbol
    tried: SlaveSymbol
    candidates: tuple[Candidate, ...]
    digits: int
    contract_size: Decimal | None
    journey: JourneyId
    at_ms: int


class ContractKept(msgspec.Struct, frozen=True, kw_only=True):
    """A symbol's contract as it is in force here: as it was first seen, or last accepted.

    `found` is another one that the broker shows now; nothing opens until a person accepts it.
    """

    account: NodeName
    at: Identity
    symbol: SlaveSymbol
    contract: Contract
    found: Contract | None = None
    at_ms: int = 0


Record = (
    Leg
    | Intent
    | Verdict
    | PositionOpened
    | PositionModified
    | PositionReduced
    | PositionClosed
    | OrderPlaced
    | OrderModified
    | OrderGone
    | Cursor
    | Follow
    | LatchChange
    | SettingsKept
    | MasterAt
    | EquitySample
    | BookKept
    | MissingSymbol
    | ContractKept
)


class JournalUnwritable(Exception):  # noqa: N818 - it says what happened, which is what a reader needs
    """The journal could not be written: nothing new may open."""
