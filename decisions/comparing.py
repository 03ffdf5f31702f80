"""One copy beside the position it copies: symbol, side, volumes, stops and end.

Volumes and symbols are worked out here once more, on purpose: what places orders and what judges
them share no arithmetic, so that one fault cannot hide the other.
"""

from collections.abc import Callable
from decimal import ROUND_DOWN, Decimal

import msgspec

from decisions.mismatches import Mismatch, MismatchKind
from decisions.truth import ZERO, Filed, Life, SlaveTruth
from domain.ids import OpeningOrder
from domain.market import Position, SymbolSpec
from domain.reasons import Reason
from domain.signals import PositionModified, PositionOpened, PositionReduced
from domain.verdicts import VerdictKind

OPENED = PositionOpened.__name__
REDUCED = PositionReduced.__name__
MODIFIED = PositionModified.__name__
REFUSALS = frozenset({VerdictKind.DENIED, VerdictKind.REJECTED, VerdictKind.MISSED})

#: The slave has said that its stops are not the master's.
STOPS_ELSEWHERE = frozenset(
    {Reason.LOOSER_STOP_HELD, Reason.STOPS_MOVED, Reason.STOPS_TOO_NEAR, Reason.FROZEN}
)


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A master's position and its copy, each with what is open of it now, if anything is."""

    slave: SlaveTruth
    wanted: Life
    wanted_open: Position | None
    copy: Life
    copy_open: Position | None

    @property
    def symbol(self) -> str:
        """What the master's symbol is called at the slave's broker."""
        name = self.wanted.opening.symbol
        policy = self.slave.policy
        mapped = policy.symbol_map.get(name)
        return name + policy.suffix if mapped is None else mapped.partition("|")[0]

    @property
    def spec(self) -> SymbolSpec | None:
        """The contract of the copy's symbol; None where its broker has no such."""
        return self.slave.policy.specs.get(self.copy.opening.symbol)

    def words(self, *events: str) -> list[Filed]:
        """The slave's verdicts on such events of this position."""
        return words_on(self.slave, OpeningOrder(self.wanted.identifier), *events)

    def last_word(self, *events: str) -> Filed | None:
        """The newest of them."""
        return last_word(self.slave, OpeningOrder(self.wanted.identifier), *events)

    def left_by(self, left: Decimal, spec: SymbolSpec) -> Decimal:
        """Lots due while the master has `left`: its ratio of what was copied at the opening."""
        if left == ZERO:
            return ZERO
        share = _whole_steps(self.copy.volume * left / self.wanted.volume, spec)
        if share >= spec.volume_min:
            return share
        return spec.volume_min if self.slave.policy.keep_minimum else ZERO

    def differs(self, kind: MismatchKind, wanted: str, found: str) -> Mismatch:
        """A finding about this pair."""
        position = OpeningOrder(self.wanted.identifier)
        return Mismatch(
            kind=kind, slave=self.slave.name, position=position, wanted=wanted, found=found
        )


def compare(pair: Pair) -> list[Mismatch]:
    """Everything about a copy that is not as it should be."""
    return [found for check in CHECKS if (found := check(pair)) is not None]


def last_word(slave: SlaveTruth, order: OpeningOrder, *events: str) -> Filed | None:
    """The newest verdict on one of these events of a position."""
    return max(words_on(slave, order, *events), key=lambda one: one.stamp, default=None)


def words_on(slave: SlaveTruth, order: OpeningOrder, *events: str) -> list[Filed]:
    """Every verdict on one of these events of a position."""
    return [one for one in slave.filed if one.order == order and one.event in events]


def is_refusal(word: Filed | None) -> bool:
    """It was not done, and the slave said why."""
    return word is not None and word.kind in REFUSALS and word.reason is not Reason.NONE


def _market(pair: Pair) -> Mismatch | None:
    wanted = f"{pair.wanted.side.value} {pair.symbol}"
    found = f"{pair.copy.side.value} {pair.copy.opening.symbol}"
    return None if wanted == found else pair.differs(MismatchKind.WRONG_MARKET, wanted, found)


def _opening_volume(pair: Pair) -> Mismatch | None:
    if pair.spec is None:
        return None
    wanted = _copied_whole(pair.wanted.volume, pair.spec)
    word = pair.last_word(OPENED)
    in_part = word is not None and (
        word.kind is VerdictKind.PARTIAL or word.reason is Reason.SIZE_LIMITED
    )
    if pair.copy.volume == wanted or (in_part and pair.copy.volume < wanted):
        return None
    return pair.differs(
        MismatchKind.WRONG_VOLUME, f"{wanted:f} lots", f"{pair.copy.volume:f} lots at its opening"
    )


def _volume_now(pair: Pair) -> Mismatch | None:
    if pair.spec is None or pair.wanted_open is None or pair.copy_open is None:
        return None
    due, held = pair.left_by(pair.wanted.left, pair.spec), pair.copy_open.volume
    if held == due or too_small_to_close(held, due, pair.spec):
        return None
    if is_refusal(pair.last_word(REDUCED)):
        return None
    return pair.differs(MismatchKind.WRONG_VOLUME, f"{due:f} lots", f"{held:f} lots now")


def too_small_to_close(held: Decimal, due: Decimal, spec: SymbolSpec) -> bool:
    """What is above the due is less than the broker's smallest order."""
    return due > ZERO and ZERO < held - due < spec.volume_min


def _stops(pair: Pair) -> Mismatch | None:
    """Compared where both are open; the slave's ticks are coarser or finer than the master's."""
    wanted, held = pair.wanted_open, pair.copy_open
    if pair.spec is None or wanted is None or held is None or _stops_refused(pair):
        return None
    off = max(abs(wanted.sl - held.sl), abs(wanted.tp - held.tp))
    if off <= pair.spec.tick_size:
        return None
    return pair.differs(
        MismatchKind.WRONG_STOPS,
        f"SL {wanted.sl:f} TP {wanted.tp:f}",
        f"SL {held.sl:f} TP {held.tp:f}",
    )


def _stops_refused(pair: Pair) -> bool:
    word = pair.last_word(MODIFIED) or pair.last_word(OPENED)
    return word is not None and (is_refusal(word) or word.reason in STOPS_ELSEWHERE)


def _opening_word(pair: Pair) -> Mismatch | None:
    """A refusal is right only where there is no copy."""
    words = pair.words(OPENED)
    if not words or not all(is_refusal(word) for word in words):
        return None
    said = f"{words[-1].kind.value} {words[-1].reason.value}"
    return pair.differs(MismatchKind.WRONG_VERDICT, "a verdict that tells of the copy", said)


def _end(pair: Pair) -> Mismatch | None:
    if pair.wanted_open is None and pair.copy_open is not None:
        found = f"{pair.copy_open.volume:f} lots still open"
        return pair.differs(MismatchKind.STILL_OPEN, "closed, as the master's is", found)
    alone = pair.wanted_open is not None and pair.copy_open is None
    if alone and not pair.copy.ended_by_broker and not _closed_for_smallness(pair):
        return pair.differs(MismatchKind.CLOSED_ALONE, "open, as the master's is", "closed by us")
    return None


def _closed_for_smallness(pair: Pair) -> bool:
    """The account wants what would fall below the smallest volume closed."""
    return pair.spec is not None and pair.left_by(pair.wanted.left, pair.spec) == ZERO


CHECKS: tuple[Callable[[Pair], Mismatch | None], ...] = (
    _market,
    _opening_word,
    _opening_volume,
    _volume_now,
    _stops,
    _end,
)


def _copied_whole(volume: Decimal, spec: SymbolSpec) -> Decimal:
    """One to one in whole steps, in however many orders; zero below its smallest."""
    whole = _whole_steps(volume, spec)
    return ZERO if whole < spec.volume_min else whole


def _whole_steps(volume: Decimal, spec: SymbolSpec) -> Decimal:
    steps = (volume / spec.volume_step).quantize(Decimal(1), ROUND_DOWN)
    return steps * spec.volume_step
