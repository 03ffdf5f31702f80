"""Which of an account's positions are copies, and of what: the brokers' own marks tell.

The only place where the damage report makes positions' lives out of deals and ties them together.
"""

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from decisions.marking import magic_for_leg
from decisions.truth import Life, MasterTruth, SlaveTruth, lives_of
from domain.ids import LegKey, NodeName, OpeningOrder
from domain.market import Deal

MAGIC_TAIL = 10**12
#: Whoever has no digits of ours behind his number writes one like this, ours or another.
HIGHEST_BARE = 9_223_371


class Wanted(NamedTuple):
    """A position of a master's: what a slave is to copy."""

    master: NodeName
    key: LegKey
    life: Life


class Copies(msgspec.Struct, frozen=True, kw_only=True):
    """An account's positions, told apart."""

    #: Copies of one position, in the order in which they were opened: there should be one.
    of: dict[LegKey, tuple[Life, ...]]
    #: With our mark, and no position of a master's explains them.
    orphans: tuple[Life, ...]
    #: Deals with our mark on positions that have none.
    on_foreign: tuple[Deal, ...]


def wanted_of(masters: Sequence[MasterTruth]) -> tuple[Wanted, ...]:
    """Every position that the masters ever had."""
    return tuple(
        Wanted(master.name, _key(master, life), life)
        for master in masters
        for life in _lives(master.deals)
    )


def copies_on(slave: SlaveTruth, wanted: Sequence[Wanted], swarms: Sequence[str]) -> Copies:
    """What is ours on a slave's account, and what it copies.

    The magic number says it exactly where the swarm's id is known; the comment, which brokers may
    rewrite, where it is not.
    """
    by_mark = _by_mark(slave, wanted, swarms)
    by_ticket = {} if swarms else {one.key.opening_order: one.key for one in wanted}
    ours = sorted(
        (life for life in _lives(slave.deals) if is_marked(slave, life.opening)),
        key=lambda life: life.opening.ticket,
    )
    of: dict[LegKey, tuple[Life, ...]] = {}
    orphans = []
    for life in ours:
        key = by_mark.get(life.opening.magic) or by_ticket.get(_ticket_in(life.opening.comment))
        if key is None:
            orphans.append(life)
            continue
        of[key] = (*of.get(key, ()), life)
    return Copies(of=of, orphans=tuple(orphans), on_foreign=_on_foreign(slave, ours))


def is_marked(slave: SlaveTruth, deal: Deal) -> bool:
    """The account's number stands in front of our digits; the bare number is anybody's."""
    is_bare = deal.magic <= HIGHEST_BARE
    return not is_bare and deal.magic // MAGIC_TAIL == slave.policy.magic_number


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


def _by_mark(
    slave: SlaveTruth, wanted: Sequence[Wanted], swarms: Sequence[str]
) -> dict[int, LegKey]:
    number = slave.policy.magic_number
    return {
        magic_for_leg(number, swarm, slave.name, one.key): one.key
        for swarm in swarms
        for one in wanted
    }


def _key(master: MasterTruth, life: Life) -> LegKey:
    return LegKey(master.login, master.server, OpeningOrder(life.identifier))


def _ticket_in(comment: str) -> OpeningOrder:
    """The number a comment begins with; 0 for none."""
    first = comment.split(" ", 1)[0]
    return OpeningOrder(int(first) if first.isdecimal() else 0)
