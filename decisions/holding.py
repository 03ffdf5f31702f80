"""How long a copy is held, by the terms it was opened on; our own clock's UTC tells."""

from domain.legs import Leg
from domain.reasons import Reason


def may_not_close_yet(leg: Leg, now_ms: int) -> bool:
    """It is younger than it must be. A clock that was set back holds nothing, nor does a person."""
    if leg.reason is Reason.OPERATOR_CLOSED:
        return False
    held_ms = now_ms - leg.opened_at_ms
    return bool(leg.opened_at_ms) and 0 <= held_ms < leg.terms.min_hold_ms


def has_been_held_long_enough(leg: Leg, now_ms: int) -> bool:
    """Its time has come, or had come once: a clock that is set back keeps nothing open."""
    if leg.reason is Reason.MAX_HOLD:
        return True
    most_ms = leg.terms.max_hold_ms
    return bool(most_ms and leg.opened_at_ms) and now_ms - leg.opened_at_ms >= most_ms
