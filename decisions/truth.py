"""What the brokers' own books say of a master and its slaves, and what the swarm said of it."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec

from decisions.netting import without_rollovers
from domain.book import Stamp
from domain.ids import NodeName, OpeningOrder
from domain.market import Deal, PendingOrder, Position, Side, SymbolSpec
from domain.mt5_words import DealEntry, Reason
from domain.reasons import Reason as VerdictReason
from domain.verdicts import VerdictKind

ZERO = Decimal(0)
BY_THE_BROKER = frozenset({int(Reason.SL), int(Reason.TP), int(Reason.SO)})


class AccountTruth(msgspec.Struct, frozen=True, kw_only=True):
    """One account in its broker's own words: every deal ever made, and what is open now."""

    name: NodeName
    login: int
    server: str
    deals: tuple[Deal, ...]
    positions: tuple[Position, ...]


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """The master's owner changed a position's stops, which no deal shows; its broker's clock."""

    order: OpeningOrder
    server_ms: int


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that the master published; `event` is its type's name."""

    order: OpeningOrder
    event: str
    stamp: Stamp


class MasterTruth(AccountTruth, frozen=True, kw_only=True):
    """The account that is copied."""

    moved: tuple[Moved, ...] = ()
    told: tuple[Told, ...] = ()
    contracts: Mapping[str, Decimal] = {}
    """What a lot of each of its symbols is."""


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """A slave's last word on one event of its master; `master` where it may be one of several."""

    order: OpeningOrder
    event: str
    stamp: Stamp
    kind: VerdictKind
    reason: VerdictReason
    master: NodeName | None = None


class CopyPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """How one slave copies, and what its broker's symbols are like.

    `ways`: its document, whatever else that asks for; one to one where it is empty.
    """

    symbol_map: dict[str, str]
    suffix: str
    magic_number: int
    specs: dict[str, SymbolSpec]
    keep_minimum: bool = True
    ways: Mapping[str, Any] = {}

    @property
    def document(self) -> Mapping[str, Any]:
        """All of it, as its user wrote it."""
        return {"symbol_map": self.symbol_map, "suffix": self.suffix, **self.ways}


class SlaveTruth(AccountTruth, frozen=True, kw_only=True):
    """An account that copies."""

    policy: CopyPolicy
    filed: tuple[Filed, ...]
    orders: tuple[PendingOrder, ...] = ()
    """What waits for its price there, whoever placed it."""


class Life(msgspec.Struct, frozen=True, kw_only=True):
    """One position's whole story, from its deals alone."""

    identifier: int
    opening: Deal
    volume: Decimal
    ends: tuple[Deal, ...]

    @property
    def side(self) -> Side:
        """Its direction."""
        return self.opening.side

    @property
    def left(self) -> Decimal:
        """Lots not closed yet."""
        return self.volume - sum((deal.volume for deal in self.ends), ZERO)

    @property
    def ended_ms(self) -> int | None:
        """When the last of it was closed, on its broker's clock; None while some is open."""
        return self.ends[-1].server_ms if self.ends and self.left == ZERO else None

    @property
    def ended_by_broker(self) -> bool:
        """Its stop loss, its take profit or a stop-out closed what was left."""
        return bool(self.ends) and self.ends[-1].reason in BY_THE_BROKER

    def left_at(self, server_ms: int) -> Decimal:
        """Lots not closed yet at a moment."""
        closed = (deal.volume for deal in self.ends if deal.server_ms <= server_ms)
        return self.volume - sum(closed, ZERO)

    def stages(self) -> tuple[Decimal, ...]:
        """Lots left after each closing deal, oldest first."""
        left, stages = self.volume, []
        for deal in self.ends:
            left -= deal.volume
            stages.append(left)
        return tuple(stages)


def lives_of(deals: Sequence[Deal]) -> dict[int, Life]:
    """Every position that was ever opened on the account, by its identifier.

    A night in which the broker closed it and opened it anew changes nothing about it.
    """
    by_position: dict[int, list[Deal]] = {}
    for deal in sorted(deals, key=lambda deal: (deal.server_ms, deal.ticket)):
        by_position.setdefault(deal.position, []).append(deal)
    lives = (_life(without_rollovers(own)) for own in by_position.values())
    return {life.identifier: life for life in lives if life is not None}


def _life(own: Sequence[Deal]) -> Life | None:
    opening = next((deal for deal in own if deal.entry == DealEntry.IN), None)
    if opening is None:
        return None
    return Life(
        identifier=opening.position,
        opening=opening,
        volume=sum((deal.volume for deal in own if deal.entry == DealEntry.IN), ZERO),
        ends=tuple(deal for deal in own if deal.entry != DealEntry.IN),
    )
