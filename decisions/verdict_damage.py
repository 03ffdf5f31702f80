"""What a slave owes an answer to and has given none: the one thing the brokers cannot tell."""

from collections.abc import Iterator, Sequence

from decisions.copies import Wanted
from decisions.damage_found import DamageKind, Finding
from decisions.truth import Filed, Life, MasterTruth, SlaveTruth
from domain.signals import PositionClosed, PositionOpened
from domain.verdicts import VerdictKind

OPENED, CLOSED = PositionOpened.__name__, PositionClosed.__name__
HAS_A_COPY = frozenset({VerdictKind.COPIED, VerdictKind.PARTIAL})


def without_verdict(
    master: MasterTruth, wanted: Wanted, slave: SlaveTruth, copies: Sequence[Life]
) -> list[Finding]:
    """Events of one position that have no answer, none that is final, or a false one."""
    order = wanted.key.opening_order
    words = [one for one in slave.filed if one.order == order and _is_on(one, master)]
    missing = (*_unanswered(master, wanted, words), *_unfit(words, copies))
    return [
        Finding(
            kind=DamageKind.WITHOUT_VERDICT, slave=slave.name, position=order, wanted=due, found=is_
        )
        for due, is_ in missing
    ]


def _is_on(word: Filed, master: MasterTruth) -> bool:
    return word.master is None or word.master == master.name


def _unanswered(
    master: MasterTruth, wanted: Wanted, words: Sequence[Filed]
) -> Iterator[tuple[str, str]]:
    answered = {(one.event, one.stamp) for one in words}
    told = [one for one in master.told if one.order == wanted.key.opening_order]
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
