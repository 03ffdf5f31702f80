"""MetaTrader's group filter: a comma list of masks, where `*` is any text and `!` excludes."""

import re
from collections.abc import Callable
from functools import lru_cache


@lru_cache(maxsize=64)
def group_filter(group: str) -> Callable[[str], bool]:
    """Whether a symbol is in the group; an exclusion wins wherever in the list it stands."""
    masks = [mask.strip() for mask in group.split(",")]
    wanted = [_pattern(mask) for mask in masks if mask and not mask.startswith("!")]
    unwanted = [_pattern(mask[1:]) for mask in masks if mask.startswith("!")]

    def matches(symbol: str) -> bool:
        return _any(wanted, symbol) and not _any(unwanted, symbol)

    return matches


def _pattern(mask: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in mask.split("*")), re.DOTALL)


def _any(patterns: list[re.Pattern[str]], symbol: str) -> bool:
    return any(pattern.fullmatch(symbol) for pattern in patterns)
