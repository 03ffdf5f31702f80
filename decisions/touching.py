"""Whether a broker lets a leg's position or order be touched now, and when that has to be asked."""

from decisions.levels import is_frozen, is_order_frozen
from decisions.planning import stops_are_due
from decisions.repairs import Sight
from domain.legs import Leg
from domain.market import Quote

#: A close or a withdrawal waits at most so long: what the terminal says of the level may be wrong.
THAWS_WITHIN_S = 10.0


def price_matters(leg: Leg, sight: Sight) -> bool:
    """What comes next may depend on the price; most looks need none, and asking costs a call."""
    if sight.spec is None:
        return False
    if leg.terms.moves_its_stop or sight.spec.freeze_level_points:
        return True
    if sight.waiting is not None:
        return leg.target.order != leg.terms_sent
    shared, share = (leg.sl_sent, leg.tp_sent), sight.share
    if share is not None and share.keeps_stops:
        return (share.sl, share.tp) != shared
    return stops_are_due(leg, sight.spec)


def is_untouchable(sight: Sight, quote: Quote) -> bool:
    """By its freeze level the broker would refuse to change or to end what there is."""
    if sight.spec is None:
        return False
    if sight.waiting is not None:
        return is_order_frozen(sight.waiting, sight.spec, quote)
    return sight.held is not None and is_frozen(sight.held, sight.spec, quote)


def may_thaw(sight: Sight) -> bool:
    """It has been frozen for so short a time that a close had better wait."""
    return sight.frozen_s is not None and sight.frozen_s < THAWS_WITHIN_S
