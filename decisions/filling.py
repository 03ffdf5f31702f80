"""Which filling an order asks for: IOC first, and what the symbol allows where it forbids that."""

from collections.abc import Collection

from domain.market import SymbolSpec
from domain.mt5_words import Execution, Filling, FillingFlag

_WANTED = (Filling.IOC, Filling.FOK, Filling.RETURN)
# Where a symbol names no filling at all its broker's default applies, and that is mostly FOK.
_LAST_RESORT = (Filling.FOK, Filling.IOC, Filling.RETURN)


def filling_for(spec: SymbolSpec) -> int:
    """The filling to try first."""
    return int(_order_of_choice(spec)[0])


def next_filling(tried: Collection[int], spec: SymbolSpec) -> int | None:
    """The filling to try after those a broker refused with 10030; None when none is left."""
    left = (int(filling) for filling in _order_of_choice(spec) if filling not in tried)
    return next(left, None)


def _order_of_choice(spec: SymbolSpec) -> tuple[Filling, ...]:
    """Allowed ones first; the others still, because brokers' flags are not always right."""
    allowed = tuple(filling for filling in _WANTED if _allows(spec, filling))
    return allowed + tuple(filling for filling in _LAST_RESORT if filling not in allowed)


def _allows(spec: SymbolSpec, filling: Filling) -> bool:
    if spec.execution_mode in {Execution.REQUEST, Execution.INSTANT}:
        return True
    if filling is Filling.RETURN:
        return spec.execution_mode == Execution.EXCHANGE
    flag = FillingFlag.IOC if filling is Filling.IOC else FillingFlag.FOK
    return bool(spec.filling_flags & int(flag))
