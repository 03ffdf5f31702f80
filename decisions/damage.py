"""What a copier must never do, counted: judged from both brokers' own deals and positions.

Only `without_verdict` looks at what the swarm itself has written down. What explains a position is
made from deals in decisions/copies.py, and there alone.
"""

from collections.abc import Iterator, Sequence
from itertools import chain

from decisions.copies import Copies, Wanted, copies_on, orders_on, wanted_of
from decisions.copy_damage import Copied, damage_of_copy
from decisions.damage_found import Damage, DamageKind, Finding, Terms
from decisions.room_damage import without_room
from decisions.truth import ZERO, Life, MasterTruth, SlaveTruth
from decisions.verdict_damage import Words
from domain.ids import LegKey, NodeName, OpeningOrder

NO_POSITION = OpeningOrder(0)
PLAIN_TERMS = Terms()


def damage(
    masters: Sequence[MasterTruth], slaves: Sequence[SlaveTruth], terms: Terms = PLAIN_TERMS
) -> Damage:
    """Hold every slave's account against those it follows."""
    return Damage.of(list(chain.from_iterable(_on(slave, masters, terms) for slave in slaves)))


def _on(slave: SlaveTruth, masters: Sequence[MasterTruth], terms: Terms) -> list[Finding]:
    followed = [one for one in masters if terms.is_followed(slave.name, one.name)]
    wanted, words = wanted_of(followed), Words(followed, slave)
    copies = copies_on(slave, wanted, terms.swarms)
    found = [*_unexplained(slave, copies), *without_room(slave, copies.of)]
    found += _still_waiting(slave, wanted, terms)
    for one in wanted:
        parts = copies.of.get(one.key, {}).values()
        whole = sum((of_part[0].volume for of_part in parts), ZERO)
        for of_part in parts:
            found += _repeated(slave.name, one.key, of_part)
            for copy in of_part:
                all_of_it = max(whole, copy.volume)
                copied = Copied(slave=slave, wanted=one, copy=copy, whole=all_of_it, terms=terms)
                found += damage_of_copy(copied)
        found += words.missing(one, list(chain.from_iterable(parts)))
    return found


def _unexplained(slave: SlaveTruth, copies: Copies) -> list[Finding]:
    """Positions with our mark and no master's behind them, and marks where none belong."""
    orphans = [
        _finding(DamageKind.ORPHAN, slave.name, "a master's position for it", _described(life))
        for life in copies.orphans
    ]
    wanted = "hands off what is not ours"
    touched = [
        _finding(
            DamageKind.FOREIGN_TOUCHED,
            slave.name,
            wanted,
            f"deal {deal.ticket} of ours, {deal.side.value} {deal.volume:f} {deal.symbol} on "
            f"position {deal.position}",
        )
        for deal in copies.on_foreign
    ]
    return orphans + touched


def _still_waiting(slave: SlaveTruth, wanted: Sequence[Wanted], terms: Terms) -> Iterator[Finding]:
    """Orders of ours that wait for a position that its master no longer holds."""
    keys = {one.key: one for one in wanted}
    for order, key in orders_on(slave, wanted, terms.swarms):
        if key is None or keys[key].life.ended_ms is not None:
            due = "no order that waits" if key is None else "withdrawn, as the master's is closed"
            yield _finding(
                DamageKind.ORPHAN if key is None else DamageKind.CLOSE_LOST,
                slave.name,
                due,
                f"order {order.ticket}, {order.kind.value} {order.volume:f} {order.symbol}, waits",
                position=NO_POSITION if key is None else key.opening_order,
            )


def _repeated(slave: NodeName, key: LegKey, copies: Sequence[Life]) -> list[Finding]:
    """Every copy after the first one, by whether an earlier one was open when it came."""
    found = []
    for number, copy in enumerate(copies[1:], start=1):
        earlier = [one for one in copies[:number] if _was_open(one, copy)]
        kind = DamageKind.OPEN_DOUBLED if earlier else DamageKind.REOPENED
        known = _described((earlier or copies)[0])
        texts = (f"one copy, {known}", f"another, {_described(copy)}")
        found.append(_finding(kind, slave, *texts, position=key.opening_order))
    return found


def _was_open(earlier: Life, at: Life) -> bool:
    """Deals are numbered as they are made; a broker's clock may have jumped between two."""
    return earlier.left > 0 or max(deal.ticket for deal in earlier.ends) > at.opening.ticket


def _described(life: Life) -> str:
    opening = life.opening
    return (
        f"{opening.side.value} {life.volume:f} {opening.symbol} (position {life.identifier}, "
        f"comment {opening.comment!r})"
    )


def _finding(
    kind: DamageKind, slave: NodeName, wanted: str, found: str, position: OpeningOrder = NO_POSITION
) -> Finding:
    return Finding(kind=kind, slave=slave, position=position, wanted=wanted, found=found)
