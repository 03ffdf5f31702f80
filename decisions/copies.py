"""Which of an account's positions are copies, and of what: the brokers' own marks tell.

The only place where the damage report makes positions' lives out of deals and ties them together.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import NamedTuple

import msgspec

from decisions.marking import magic_for_leg, named_by
from decisions.parts import MOST_PARTS
from decisions.truth import Life, MasterTruth, SlaveTruth, lives_of
from domain.ids import LegKey, NodeName, OpeningOrder
from domain.market import Deal, PendingOrder

MAGIC_TAIL = 10**12
#: Whoever has no digits of ours behind his number writes one like this, ours or another.
HIGHEST_BARE = 9_223_371


class Wanted(NamedTuple):
    """A position of a master's: what a slave is to copy."""

    master: NodeName
    key: LegKey
    life: Life
    contract_size: Decimal | None = None


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """An account's positions, told apart."""

    #: Copies of one position by their part, in the order in which they were opened: there should
    #: be one of each, and mostly there is one part.
    of: dict[LegKey, dict[int, tuple[Life, ...]]]
    #: With our mark, and no position of a master's explains them.
    orphans: tuple[Life, ...]
    #: Deals with our mark on positions that have none.
    on_foreign: tuple[Deal, ...]


def wanted_of(masters: Sequence[MasterTruth]) -> tuple[Wanted, ...]:
    """Every position that the masters ever had."""
    return tuple(
        Wanted(master.name, _key(master, life), life, _contract_size(master, life))
        for master in masters
        for life in _lives(master.deals)
    )


def copies_on(slave: SlaveTruth, wanted: Sequence[Wanted], swarms: Sequence[str]) -> Copies:
    """What is ours on a slave's account, and what it copies.

    The magic number says it exactly where the swarm's id is known; the comment, which brokers may
    rewrite, where it is not.
    """
    marks = _Marks(slave, wanted, swarms)
    ours = sorted(
        (life for life in _lives(slave.deals) if is_marked(slave, life.opening)),
        key=lambda life: life.opening.ticket,
    )
    of: dict[LegKey, dict[int, tuple[Life, ...]]] = {}
    orphans = []
    for life in ours:
        key = marks.key_of(life.opening)
        if key is None:
            orphans.append(life)
            continue
        parts = of.setdefault(key.first, {})
        parts[key.part] = (*parts.get(key.part, ()), life)
    return Copies(of=of, orphans=tuple(orphans), on_foreign=_on_foreign(slave, ours))


def orders_on(
    slave: SlaveTruth, wanted: Sequence[Wanted], swarms: Sequence[str]
) -> Iterator[tuple[PendingOrder, LegKey | None]]:
    """Orders of ours that wait on a slave's account, and for which position; None for none."""
    marks = _Marks(slave, wanted, swarms)
    for order in slave.orders:
        if is_marked(slave, order):
            key = marks.key_of(order)
            yield order, None if key is None else key.first


def is_marked(slave: SlaveTruth, one: Deal | PendingOrder) -> bool:
    """The account's number stands in front of our digits; the bare number is anybody's."""
    is_bare = one.magic <= HIGHEST_BARE
    return not is_bare and one.magic // MAGIC_TAIL == slave.policy.magic_number


def _lives(deals: Sequence[Deal]) -> list[Life]:
    """Deals are numbered as they are made, which a clock that jumped cannot turn round."""
    return [
        msgspec.structs.replace(life, ends=tuple(sorted(life.ends, key=lambda deal: deal.ticket)))
        for life in lives_of(deals).values()
    ]


def _on_foreign(slave: SlaveTruth, ours: Sequence[Life]) -> tuple[Deal, ...]:
    known = {life.identifier for life in ours}
    return tuple(
        deal for deal in slave.deals if deal.position not in known and is_marked(slave, deal)
    )


class _Marks:
    """Whose mark is whose. Further parts are rare, and looked for only where there is no first."""

    def __init__(self, slave: SlaveTruth, wanted: Sequence[Wanted], swarms: Sequence[str]) -> None:
        self._number, self._name = slave.policy.magic_number, slave.name
        self._keys, self._swarms = [one.key for one in wanted], swarms
        self._by_mark = self._of_part(0)
        self._further: dict[int, LegKey] | None = None
        self._by_ticket = {} if swarms else {key.opening_order: key for key in self._keys}

    def key_of(self, opening: Deal | PendingOrder) -> LegKey | None:
        """The leg that this deal opened, or this order is to open."""
        found = self._by_mark.get(opening.magic)
        if found is None and self._swarms:
            if self._further is None:
                self._further = {}
                for part in range(1, MOST_PARTS):
                    self._further |= self._of_part(part)
            found = self._further.get(opening.magic)
        return found or self._by_comment(opening.comment)

    def _of_part(self, part: int) -> dict[int, LegKey]:
        keys = [msgspec.structs.replace(key, part=part) for key in self._keys]
        return {
            magic_for_leg(self._number, swarm, self._name, key): key
            for swarm in self._swarms
            for key in keys
        }

    def _by_comment(self, comment: str) -> LegKey | None:
        named = named_by(comment)
        key = None if named is None else self._by_ticket.get(OpeningOrder(named[0]))
        return None if key is None or named is None else msgspec.structs.replace(key, part=named[1])


def _contract_size(master: MasterTruth, life: Life) -> Decimal | None:
    return master.contracts.get(life.opening.symbol)


def _key(master: MasterTruth, life: Life) -> LegKey:
    return LegKey(master.login, master.server, OpeningOrder(life.identifier))
