"""Was everything copied as it should be? Judged from the brokers' own deals."""

from collections import Counter
from collections.abc import Mapping, Sequence

import msgspec

from decisions.answering_due import unanswered
from decisions.comparing import OPENED, Pair, compare, is_refusal, last_word
from decisions.joining import with_parts_joined
from decisions.mismatches import Mismatch, MismatchKind
from decisions.punctuality import over_time
from decisions.truth import Life, MasterTruth, SlaveTruth, lives_of
from domain.ids import NodeName, OpeningOrder
from domain.market import Position
from domain.verdicts import VerdictKind

MAGIC_TAIL = 10**12


class Judgement(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for, what was answered, and what does not fit."""

    mismatches: tuple[Mismatch, ...]
    signals: int
    verdicts_by_kind: dict[str, int]
    verdicts_by_reason: dict[str, int]
    copies_by_slave: dict[NodeName, int]

    @property
    def copies_matched(self) -> int:
        """Copies with nothing to find fault with, on all slaves."""
        return sum(self.copies_by_slave.values())


def judge(master: MasterTruth, slaves: Sequence[SlaveTruth]) -> Judgement:
    """Hold every slave's account against the master's."""
    lives = lives_of(master.deals)
    slaves = [with_parts_joined(slave) for slave in slaves]
    found = {slave.name: _of_slave(master, lives, slave) for slave in slaves}
    filed = [one for slave in slaves for one in slave.filed]
    return Judgement(
        mismatches=tuple(one for mismatches in found.values() for one in mismatches),
        signals=len(master.told),
        verdicts_by_kind=dict(Counter(one.kind.value for one in filed)),
        verdicts_by_reason=dict(Counter(one.reason.value for one in filed)),
        copies_by_slave={slave.name: _matched(lives, slave, found[slave.name]) for slave in slaves},
    )


def _of_slave(master: MasterTruth, lives: Mapping[int, Life], slave: SlaveTruth) -> list[Mismatch]:
    copies = _copies(slave, lives)
    found = [
        _orphan(slave, order, one)
        for order, own in copies.items()
        for one in (own[1:] if order in lives else own)
    ]
    for identifier, life in lives.items():
        order = OpeningOrder(identifier)
        copy = copies.get(order, [])[:1]
        found += _compared(_pair(master, life, slave, copy[0])) if copy else _missing(slave, order)
        found += unanswered(master, life, slave)
    return found + _unsettled(slave)


def _compared(pair: Pair) -> list[Mismatch]:
    return over_time(pair) + compare(pair)


def _copies(slave: SlaveTruth, lives: Mapping[int, Life]) -> dict[OpeningOrder, list[Life]]:
    """What is ours on the slave, by the master's ticket in front of its comment."""
    copies: dict[OpeningOrder, list[Life]] = {}
    for life in lives_of(slave.deals).values():
        order = _ticket_in(life.opening.comment)
        marked = life.opening.magic // MAGIC_TAIL == slave.policy.magic_number
        if marked or order in lives:
            copies.setdefault(order, []).append(life)
    return copies


def _ticket_in(comment: str) -> OpeningOrder:
    """The number a comment begins with; 0 for none."""
    first = comment.split(" ", 1)[0]
    return OpeningOrder(int(first) if first.isdecimal() else 0)


def _pair(master: MasterTruth, life: Life, slave: SlaveTruth, copy: Life) -> Pair:
    return Pair(
        slave=slave,
        wanted=life,
        wanted_open=_open(master.positions, life),
        copy=copy,
        copy_open=_open(slave.positions, copy),
    )


def _open(positions: Sequence[Position], life: Life) -> Position | None:
    return next((p for p in positions if p.identifier == life.identifier), None)


def _missing(slave: SlaveTruth, order: OpeningOrder) -> list[Mismatch]:
    """No copy: right only where the slave has said why not."""
    word = last_word(slave, order, OPENED)
    if is_refusal(word):
        return []
    found = "no copy and no verdict"
    if word is not None:
        found = f"no copy, and a verdict {word.kind.value} {word.reason.value}"
    return [_mismatch(MismatchKind.COPY_MISSING, slave, order, ("a copy, or why not", found))]


def _orphan(slave: SlaveTruth, order: OpeningOrder, life: Life) -> Mismatch:
    found = f"position {life.identifier}, {life.volume:f} lots of {life.opening.symbol}"
    texts = ("one copy of a position of the master's", found)
    return _mismatch(MismatchKind.COPY_WITHOUT_MASTER, slave, order, texts)


def _unsettled(slave: SlaveTruth) -> list[Mismatch]:
    return [
        _mismatch(MismatchKind.UNSETTLED, slave, one.order, ("a last word", f"{one.event} unknown"))
        for one in slave.filed
        if one.kind is VerdictKind.UNKNOWN
    ]


def _mismatch(
    kind: MismatchKind, slave: SlaveTruth, order: OpeningOrder, texts: tuple[str, str]
) -> Mismatch:
    wanted, found = texts
    return Mismatch(kind=kind, slave=slave.name, position=order, wanted=wanted, found=found)


def _matched(lives: Mapping[int, Life], slave: SlaveTruth, found: Sequence[Mismatch]) -> int:
    faulty = {one.position for one in found}
    return sum(1 for order in _copies(slave, lives) if order in lives and order not in faulty)
