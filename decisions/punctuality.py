"""One copy beside its master's position through time: was it as large as due at each moment?

Both brokers' clocks are taken to show the same, as all of the demo's brokers do.
"""

from collections.abc import Callable
from decimal import Decimal
from itertools import pairwise

from decisions.comparing import REDUCED, Pair, too_small_to_close
from decisions.mismatches import Mismatch, MismatchKind
from decisions.truth import ZERO
from domain.market import SymbolSpec
from domain.reasons import Reason
from domain.signals import PositionClosed
from domain.verdicts import VerdictKind

CLOSED = PositionClosed.__name__
#: Clocks and prices are read a little apart; nothing of ours closes sooner than its master did.
EARLY_MS = 2_000
#: A node that was killed has to be back, and to have caught up, within this.
LATE_MS = 10_000


def over_time(pair: Pair) -> list[Mismatch]:
    """What was too much, too little, too early or too late, whatever is open now."""
    return [found for check in CHECKS if (found := check(pair)) is not None]


def _closes_in_part(pair: Pair) -> Mismatch | None:
    """A close in part leaves what some stage of the master's, until then, makes due."""
    if pair.spec is None:
        return None
    in_part = any(word.kind is VerdictKind.PARTIAL for word in pair.words(REDUCED))
    for deal, left in zip(pair.copy.ends, pair.copy.stages(), strict=True):
        due = _due_until(pair, deal.server_ms + EARLY_MS, pair.spec)
        if left == ZERO or left in due or (in_part and left > min(due)):
            continue
        wanted = " or ".join(f"{lots:f}" for lots in sorted(due))
        found = f"{left:f} lots after a close in part"
        return pair.differs(MismatchKind.WRONG_VOLUME, f"{wanted} lots", found)
    return None


def _due_until(pair: Pair, server_ms: int, spec: SymbolSpec) -> set[Decimal]:
    """What was due at any moment until then; a slave may act on several closes at once."""
    closes = zip(pair.wanted.ends, pair.wanted.stages(), strict=True)
    stages = [left for deal, left in closes if deal.server_ms <= server_ms]
    return {pair.left_by(left, spec) for left in (pair.wanted.volume, *stages)}


def _reductions(pair: Pair) -> Mismatch | None:
    """What the master closed in part, and then held for long, has to show in the copy by then."""
    if pair.spec is None or _said_why(pair, REDUCED):
        return None
    for reduced, following in pairwise(pair.wanted.ends):
        by_ms = reduced.server_ms + LATE_MS
        if following.server_ms <= by_ms:
            continue
        due = pair.left_by(pair.wanted.left_at(reduced.server_ms), pair.spec)
        held = pair.copy.left_at(by_ms)
        if held > due and not too_small_to_close(held, due, pair.spec):
            found = f"{held:f} lots {LATE_MS // 1000} s after the master's close in part"
            return pair.differs(MismatchKind.WRONG_VOLUME, f"{due:f} lots", found)
    return None


def _end_early(pair: Pair) -> Mismatch | None:
    """Closed by us while the master held on; where it holds on still, `compare` says so."""
    wanted_ms, found_ms = pair.wanted.ended_ms, pair.copy.ended_ms
    if wanted_ms is None or found_ms is None or pair.copy.ended_by_broker:
        return None
    if wanted_ms - found_ms <= EARLY_MS or _closed_for_smallness(pair, found_ms):
        return None
    found = f"closed by us {(wanted_ms - found_ms) / 1000:.1f} s before"
    return pair.differs(MismatchKind.CLOSED_EARLY, "closed after the master's", found)


def _closed_for_smallness(pair: Pair, server_ms: int) -> bool:
    """The account wants what would fall below the smallest volume closed."""
    return pair.spec is not None and ZERO in _due_until(pair, server_ms + EARLY_MS, pair.spec)


def _end_late(pair: Pair) -> Mismatch | None:
    wanted_ms, found_ms = pair.wanted.ended_ms, pair.copy.ended_ms
    if wanted_ms is None or found_ms is None or _said_why(pair, CLOSED):
        return None
    if found_ms - wanted_ms <= LATE_MS:
        return None
    found = f"closed {(found_ms - wanted_ms) / 1000:.1f} s after"
    wanted = f"closed within {LATE_MS // 1000} s of the master's"
    return pair.differs(MismatchKind.CLOSED_LATE, wanted, found)


def _said_why(pair: Pair, event: str) -> bool:
    return any(word.reason is not Reason.NONE for word in pair.words(event))


CHECKS: tuple[Callable[[Pair], Mismatch | None], ...] = (
    _closes_in_part,
    _reductions,
    _end_early,
    _end_late,
)
