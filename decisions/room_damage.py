"""Copies that had no room: beyond `max_open_trades`, against the other side, or not the oldest.

Held against copies alone, which the account's own journal knows, and not against what else is open:
whoever sees no list knows nothing of that. Deals are numbered as they are made.
"""

from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from typing import NamedTuple

from decisions.damage_found import DamageKind, Finding
from decisions.truth import Life, SlaveTruth
from domain.ids import LegKey
from domain.market import Side


class _Copy(NamedTuple):
    """Of one master's position, from its first part's opening to its last part's end."""

    key: LegKey
    symbol: str
    side: Side
    opened: int
    ended: int | None

    def is_open_at(self, ticket: int) -> bool:
        return self.opened < ticket and (self.ended is None or self.ended > ticket)


def without_room(
    slave: SlaveTruth, copies: Mapping[LegKey, Mapping[int, Sequence[Life]]]
) -> Iterator[Finding]:
    """Each copy that was opened though what was open left no room for it."""
    of_all = [_whole(key, list(chain.from_iterable(of.values()))) for key, of in copies.items()]
    for one in of_all:
        others = [other for other in of_all if other.is_open_at(one.opened)]
        why = _why_not(slave, one, others)
        if why:
            yield Finding(
                kind=DamageKind.COPIED_WRONG,
                slave=slave.name,
                position=one.key.opening_order,
                wanted=f"no copy, which {why} keeps out",
                found=f"{one.side.value} {one.symbol} opened beside {len(others)} other copies",
            )


def _why_not(slave: SlaveTruth, one: _Copy, others: Sequence[_Copy]) -> str:
    document = slave.policy.document
    here = [other for other in others if other.symbol == one.symbol]
    most, most_here = (document.get(f"max_open_trades{end}") for end in ("", "_per_symbol"))
    if most is not None and len(others) >= most:
        return "max_open_trades"
    if most_here is not None and len(here) >= most_here:
        return "max_open_trades_per_symbol"
    if document.get("fifo") and here:
        return "fifo"
    is_against = any(other.side is not one.side for other in here)
    return "block_hedging" if document.get("block_hedging") and is_against else ""


def _whole(key: LegKey, lives: Sequence[Life]) -> _Copy:
    first = min(lives, key=lambda life: life.opening.ticket)
    is_open = any(life.left > 0 for life in lives)
    last = max((deal.ticket for life in lives for deal in life.ends), default=0)
    return _Copy(
        key=key,
        symbol=first.opening.symbol,
        side=first.side,
        opened=first.opening.ticket,
        ended=None if is_open else last,
    )
