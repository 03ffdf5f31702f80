"""The kill switch: which state is in force, what it permits, and who may move it.

Machines tighten, people loosen (law 6).
"""

from collections.abc import Collection
from typing import NamedTuple

import msgspec

from domain.policies import STRICTNESS, Hold, Latch, TradingState
from domain.reasons import Reason


class Permits(NamedTuple):
    """What a state lets through. Closes, reductions, cancels and tighter stops always pass."""

    opens: bool
    target_changes: bool
    looser_stops: bool


#: Who tightens when a wrong login was seen.
LOGIN_WATCH = "wrong_login"

#: design.md section 2: one row per state.
PERMITS: dict[TradingState, Permits] = {
    TradingState.ACTIVE: Permits(opens=True, target_changes=True, looser_stops=True),
    TradingState.REDUCING: Permits(opens=False, target_changes=True, looser_stops=False),
    TradingState.HALTED: Permits(opens=False, target_changes=False, looser_stops=False),
}

#: Why a hold denies an open.
HOLD_REASONS: dict[Hold, Reason] = {
    Hold.WRONG_LOGIN: Reason.WRONG_LOGIN,
    Hold.BAD_DOCUMENT: Reason.BAD_DOCUMENT,
    Hold.DRAINING: Reason.DRAINING,
    Hold.DATABASE_SILENT: Reason.DATABASE_SILENT,
    Hold.SUPERVISOR_LOST: Reason.SUPERVISOR_LOST,
    Hold.RECOVERING: Reason.RECOVERING,
    Hold.BOOK_UNCONFIRMED: Reason.BOOK_UNCONFIRMED,
}


def in_force(latch: Latch, holds: Collection[Hold]) -> TradingState:
    """The strictest of the stored latch and of the holds true right now."""
    if holds and latch.state is TradingState.ACTIVE:
        return TradingState.REDUCING
    return latch.state


def why_not_open(latch: Latch, holds: Collection[Hold]) -> Reason | None:
    """The reason by which the state in force denies opens; None where it does not."""
    if latch.state is TradingState.HALTED:
        return Reason.TRADING_HALTED
    if latch.state is TradingState.REDUCING:
        if latch.by == LOGIN_WATCH:
            return Reason.WRONG_LOGIN
        return Reason.TRADING_REDUCING
    return next((reason for hold, reason in HOLD_REASONS.items() if hold in holds), None)


def tightened(latch: Latch, state: TradingState, reason: str, by: str, at_ms: int) -> Latch:
    """A machine's word: followed only where it is stricter than what is stored."""
    if STRICTNESS[state] <= STRICTNESS[latch.state]:
        return latch
    return Latch(state=state, counter=latch.counter, reason=reason, by=by, at_ms=at_ms)


def ordered(latch: Latch, state: TradingState, reason: str, by: str, at_ms: int) -> Latch:
    """An operator's word: followed, and counted, so that it outranks what machines said before.

    It is never dated before what it answers, though the machine's clock was set back meanwhile.
    """
    at_ms = max(at_ms, latch.at_ms)
    return Latch(state=state, counter=latch.counter + 1, reason=reason, by=by, at_ms=at_ms)


def stricter_of(journal: Latch | None, database: Latch | None) -> Latch:
    """What holds after a restart: the higher counter, and at equal counters the stricter state.

    A resume outranks only what was there to be resumed from: what tightened after it stays, and
    takes its counter over, so that every other copy of the latch gives way to it.
    """
    known = [latch for latch in (journal, database) if latch is not None]
    counted = max(known, key=lambda k: (k.counter, STRICTNESS[k.state]), default=Latch())
    for latch in known:
        if STRICTNESS[latch.state] > STRICTNESS[counted.state] and latch.at_ms > counted.at_ms:
            return msgspec.structs.replace(latch, counter=counted.counter)
    return counted
