"""Posts a request with order_send() and keeps what was heard, or why nothing can be said."""

from decimal import Decimal
from typing import Any

import msgspec

from domain.outcomes import Rejected, Unknown
from terminal import exact, retcodes
from terminal.calls import Calls
from terminal.contracts import Contracts
from terminal.requests import Request


class Heard(msgspec.Struct, frozen=True):
    """An OrderSendResult, as far as we read it."""

    retcode: int
    order: int
    deal: int
    volume: float
    price: float
    comment: str

    @classmethod
    def of(cls, result: Any) -> "Heard":  # noqa: ANN401 - MetaTrader's own type
        return cls(
            int(result.retcode),
            int(result.order),
            int(result.deal),
            float(result.volume),
            float(result.price),
            str(result.comment),
        )

    def exact(self, symbol: str, contracts: Contracts) -> tuple[Decimal, Decimal]:
        """Volume and price on the symbol's grid."""
        spec = contracts.known(symbol)
        if spec is None:
            return exact.number(self.volume), exact.number(self.price)
        return exact.volume(self.volume, spec.volume_step), exact.price(self.price, spec.digits)


def post(calls: Calls, request: Request) -> Heard | Rejected | Unknown:
    """From order_send() on, whatever is not proven is Unknown."""
    try:
        result = calls.module.order_send(request)
        if result is None:
            code, text = calls.module.last_error()
            return retcodes.unanswered(code, calls.clean(text))
        return Heard.of(result)
    except Exception as raised:  # noqa: BLE001 - the order may have left: nobody can say
        return Unknown(code=0, comment=calls.clean(repr(raised)))
