"""Which answers a slave owes: one for each thing that a master's position went through."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise

from decisions.mismatches import Mismatch, MismatchKind
from decisions.truth import ZERO, Life, MasterTruth, SlaveTruth
from domain.ids import OpeningOrder
from domain.signals import PositionClosed, PositionModified, PositionOpened, PositionReduced

OPENED, CLOSED = PositionOpened.__name__, PositionClosed.__name__
REDUCED, MODIFIED = PositionReduced.__name__, PositionModified.__name__
#: What happens to one position closer together than this may be seen in one look, told as one fact.
TOLD_TOGETHER_MS = 1_000


def unanswered(master: MasterTruth, life: Life, slave: SlaveTruth) -> list[Mismatch]:
    """Facts told without a verdict; and what the deals show to have happened without one."""
    order = OpeningOrder(life.identifier)
    filed = {(one.event, one.stamp) for one in slave.filed if one.order == order}
    told = [one for one in master.told if one.order == order]
    silent = [one for one in told if (one.event, one.stamp) not in filed]
    found = [
        _silence(slave, order, f"a verdict on {one.event} {one.stamp.epoch}.{one.stamp.seq}")
        for one in silent
    ]
    answers = Counter(event for event, _ in filed) + Counter(one.event for one in silent)
    moved = [one.server_ms for one in master.moved if one.order == order]
    for event, times in _happened(life, moved).items():
        if answers[event] < times:
            wanted = f"{times} x {event}, as the broker's books show"
            found.append(_silence(slave, order, wanted, f"{answers[event]} answered"))
    return found


def _happened(life: Life, moved: Sequence[int]) -> Counter[str]:
    """What must have been told: the first and last of a position always, the rest if it stood."""
    ends = [
        (deal.server_ms, CLOSED if left == ZERO else REDUCED)
        for deal, left in zip(life.ends, life.stages(), strict=True)
    ]
    opening = (life.opening.server_ms, OPENED)
    story = sorted([opening, *ends, *((server_ms, MODIFIED) for server_ms in moved)])
    gaps = [after[0] - before[0] for before, after in pairwise(story)]
    return Counter(
        event
        for (_, event), before_ms, after_ms in zip(
            story, [TOLD_TOGETHER_MS, *gaps], [*gaps, TOLD_TOGETHER_MS], strict=True
        )
        if event in {OPENED, CLOSED} or min(before_ms, after_ms) >= TOLD_TOGETHER_MS
    )


def _silence(slave: SlaveTruth, order: OpeningOrder, wanted: str, found: str = "none") -> Mismatch:
    return Mismatch(
        kind=MismatchKind.NO_VERDICT, slave=slave.name, position=order, wanted=wanted, found=found
    )
