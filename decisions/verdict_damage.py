"""What a slave owes an answer to and has given none: the one thing the brokers cannot tell."""

from collections.abc import Iterator, Sequence
from typing import TypeVar

from decisions.copies import Wanted
from decisions.damage_found import DamageKind, Finding
from decisions.truth import Filed, Life, MasterTruth, SlaveTruth, Told
from domain.ids import NodeName, OpeningOrder
from domain.signals import PositionClosed, PositionOpened
from domain.verdicts import VerdictKind

OPENED, CLOSED = PositionOpened.__name__, PositionClosed.__name__
HAS_A_COPY = frozenset({VerdictKind.COPIED, VerdictKind.PARTIAL})


T = TypeVar("T", Told, Filed)


class Words:
    """What masters told and one slave answered, by position: there may be many thousands."""

    def __init__(self, masters: Sequence[MasterTruth], slave: SlaveTruth) -> None:
        """Sort them once."""
        self._slave = slave.name
        self._told = {master.name: _by_order(master.told) for master in masters}
        self._filed = _by_order(slave.filed)
        self._first = {
            name: min((one.stamp for one in slave.filed if one.master == name), default=None)
            for name in self._told
        }

    def missing(self, wanted: Wanted, copies: Sequence[Life]) -> list[Finding]:
        """Events of one position that have no answer, none that is final, or a false one."""
        order, master = wanted.key.opening_order, wanted.master
        told = self._told[master].get(order, [])
        words = [one for one in self._filed.get(order, ()) if one.master in {None, master}]
        return [
            Finding(
                kind=DamageKind.WITHOUT_VERDICT,
                slave=self._slave,
                position=order,
                wanted=due,
                found=is_,
            )
            for due, is_ in (
                *_unanswered(wanted, self._owed(master, told, words), words),
                *_unfit(words, copies),
            )
        ]

    def _owed(
        self, master: NodeName, told: Sequence[Told], words: Sequence[Filed]
    ) -> Sequence[Told]:
        """Without an open of before the follow, which is answered as the first book showed it."""
        first = self._first[master]
        if first is None or not any(one.event == OPENED for one in words):
            return told
        return [one for one in told if one.event != OPENED or one.stamp > first]


def _by_order(words: Sequence[T]) -> dict[OpeningOrder, list[T]]:
    found: dict[OpeningOrder, list[T]] = {}
    for one in words:
        found.setdefault(one.order, []).append(one)
    return found


def _unanswered(
    wanted: Wanted, told: Sequence[Told], words: Sequence[Filed]
) -> Iterator[tuple[str, str]]:
    answered = {(one.event, one.stamp) for one in words}
    for one in told:
        if (one.event, one.stamp) not in answered:
            yield f"a verdict on {one.event} {one.stamp.epoch}.{one.stamp.seq}", "none"
    named = {one.event for one in words} | {one.event for one in told}
    if OPENED not in named:
        yield f"a verdict on {OPENED}, as the master's broker lists it", "none"
    if CLOSED not in named and wanted.life.ended_ms is not None:
        yield f"a verdict on {CLOSED}, as the master's broker lists it", "none"


def _unfit(words: Sequence[Filed], copies: Sequence[Life]) -> Iterator[tuple[str, str]]:
    for one in words:
        if one.kind is VerdictKind.UNKNOWN:
            yield f"a last word on {one.event}", "unknown"
        if one.event == OPENED and one.kind in HAS_A_COPY and not copies:
            yield f"a copy, as the verdict {one.kind.value} says", "none at the broker"
