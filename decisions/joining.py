"""Copies that were opened in parts, each as if it were one position: for who compares wholes."""

from collections.abc import Mapping, Sequence

import msgspec

from decisions.marking import magic_number_of, named_by
from decisions.truth import SlaveTruth
from domain.market import Deal, Position
from domain.mt5_words import DealEntry


def with_parts_joined(slave: SlaveTruth) -> SlaveTruth:
    """Deals and positions of further parts count for the position of the first."""
    first = _first_of_each(slave)
    if not first:
        return slave
    deals = tuple(
        msgspec.structs.replace(deal, position=first.get(deal.position, deal.position))
        for deal in slave.deals
    )
    return msgspec.structs.replace(slave, deals=deals, positions=_joined(slave.positions, first))


def _first_of_each(slave: SlaveTruth) -> dict[int, int]:
    """The first part's position, for each further part's."""
    opened: dict[int, dict[int, int]] = {}
    for deal in slave.deals:
        named = named_by(deal.comment)
        if named is not None and _opens(slave, deal):
            order, part = named
            opened.setdefault(order, {}).setdefault(part, deal.position)
    parts = [by_part for by_part in opened.values() if 0 in by_part]
    return {by_part[part]: by_part[0] for by_part in parts for part in by_part if part}


def _opens(slave: SlaveTruth, deal: Deal) -> bool:
    is_ours = magic_number_of(deal.magic) == slave.policy.magic_number
    return is_ours and deal.entry == DealEntry.IN


def _joined(positions: Sequence[Position], first: Mapping[int, int]) -> tuple[Position, ...]:
    found: dict[int, Position] = {}
    for position in positions:
        number = first.get(position.identifier, position.identifier)
        shown = msgspec.structs.replace(position, identifier=number)
        before = found.get(number)
        if before is not None:
            shown = msgspec.structs.replace(before, volume=before.volume + position.volume)
        found[number] = shown
    return tuple(found.values())
