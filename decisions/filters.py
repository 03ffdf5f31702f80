"""What of a master's trades an account wants: by symbol, magic, comment, side, kind and lots.

A list that allows lets nothing else through; one that denies wins over it.
"""

from collections.abc import Callable, Sequence

from decisions.drafting import Asking
from decisions.rules import is_in_ranges, is_like
from decisions.situation import Situation
from domain.orders import Denied
from domain.policies import Filters
from domain.reasons import Reason
from domain.signals import OrderPlaced

Filter = Callable[[Asking, Situation], Denied | None]
MARKET = "MARKET"
NO_FILTERS = Filters()


def first_filtered(fact: Asking, now: Situation) -> Denied | None:
    """The first filter that holds it back."""
    if now.settings.symbols is None and now.settings.filters == NO_FILTERS:
        return None
    for held_back in FILTERS:
        denial = held_back(fact, now)
        if denial is not None:
            return denial
    return None


def _symbol(fact: Asking, now: Situation) -> Denied | None:
    """Either name may stand in a list: the master's, or ours."""
    names = (str(fact.subject.symbol), str(now.symbol))
    allowed, denied = now.settings.symbols, now.settings.filters.not_symbols
    if _any_like(names, denied):
        return Denied(Reason.SYMBOL_FILTERED, f"{names[0]} is in filters.not_symbols")
    if allowed is not None and not _any_like(names, allowed):
        return Denied(Reason.SYMBOL_FILTERED, f"{names[0]} is not in symbols")
    return None


def _magic(fact: Asking, now: Situation) -> Denied | None:
    magic, filters = fact.subject.magic, now.settings.filters
    if is_in_ranges(magic, filters.not_magics):
        return Denied(Reason.MAGIC_FILTERED, f"{magic} is in filters.not_magics")
    if filters.magics is not None and not is_in_ranges(magic, filters.magics):
        return Denied(Reason.MAGIC_FILTERED, f"{magic} is not in filters.magics")
    return None


def _comment(fact: Asking, now: Situation) -> Denied | None:
    comment, filters = (fact.subject.comment,), now.settings.filters
    if _any_like(comment, filters.not_comments):
        return Denied(Reason.COMMENT_FILTERED, f"{comment[0]!r} is in filters.not_comments")
    if filters.comments is not None and not _any_like(comment, filters.comments):
        return Denied(Reason.COMMENT_FILTERED, f"{comment[0]!r} is not in filters.comments")
    return None


def _side(fact: Asking, now: Situation) -> Denied | None:
    """The master's side: a reversed copy is on the other one."""
    sides, side = now.settings.filters.sides, fact.subject.side.value
    if sides is None or side in sides:
        return None
    return Denied(Reason.SIDE_FILTERED, f"{side} is not in filters.sides")


def _order_type(fact: Asking, now: Situation) -> Denied | None:
    """An order that is not let wait is copied when it fills, where market orders are."""
    kind = fact.order.kind.value if isinstance(fact, OrderPlaced) else MARKET
    kinds = now.settings.filters.order_types
    if kinds is None or kind in kinds:
        return None
    return Denied(Reason.ORDER_TYPE_FILTERED, f"{kind} is not in filters.order_types")


def _master_lots(fact: Asking, now: Situation) -> Denied | None:
    lots, filters = fact.subject.volume, now.settings.filters
    least, most = filters.min_master_lot, filters.max_master_lot
    if least is not None and lots < least:
        return Denied(Reason.MASTER_LOT_FILTERED, f"{lots:f} lots, at least {least:f}")
    if most is not None and lots > most:
        return Denied(Reason.MASTER_LOT_FILTERED, f"{lots:f} lots, at most {most:f}")
    return None


def _any_like(names: Sequence[str], patterns: tuple[str, ...]) -> bool:
    return any(is_like(name, patterns) for name in names)


FILTERS: tuple[Filter, ...] = (_symbol, _magic, _comment, _side, _order_type, _master_lots)
