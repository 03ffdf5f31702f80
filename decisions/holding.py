"""How long a copy is held, by the terms it was opened on; our own clock's UTC tells."""

import msgspec

from decisions.repairs import Sight
from domain.legs import Leg, LegState
from domain.reasons import Reason


def held_since(before: Leg, after: Leg, sight: Sight) -> Leg:
    """Its time begins when its position does, by its broker: an order may have waited for long.

    That is not before it was sent, nor later than it is seen, whatever clocks do.
    """
    if after.state is not LegState.OPEN or before.filled_volume:
        return after
    age_ms = 0
    if sight.held is not None:
        age_ms = max(sight.newest_server_ms - sight.held.opened_server_ms, 0)
    since_ms = max(sight.now_ms - age_ms, before.opened_at_ms)
    return msgspec.structs.replace(after, opened_at_ms=min(since_ms, sight.now_ms))


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
