"""Which fillings a broker refused for closes, against its own flags; remembered for each symbol."""

import msgspec

from decisions.filling import next_filling
from domain.market import SymbolSpec
from domain.orders import ClosePosition


class RefusedFillings:
    """What was refused with 10030 is not asked for again while another filling is left."""

    def __init__(self) -> None:
        """Nothing was refused."""
        self._refused: dict[str, set[int]] = {}

    def with_filling(self, order: ClosePosition, spec: SymbolSpec) -> ClosePosition:
        """The order with a filling that the broker has not refused."""
        refused = self._refused.get(order.symbol, set())
        filling = next_filling(refused, spec) if refused else None
        return order if filling is None else msgspec.structs.replace(order, filling=filling)

    def refused(self, order: ClosePosition, spec: SymbolSpec) -> bool:
        """Remember a refusal; true where another is left. After the last, all begins anew."""
        refused = self._refused.setdefault(order.symbol, set())
        refused.add(order.filling)
        if next_filling(refused, spec) is not None:
            return True
        self._refused.pop(order.symbol)
        return False
