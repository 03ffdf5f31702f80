"""Buy, Sell and Close: market orders at the price of the moment, asked again when it moved."""

from collections.abc import Callable
from typing import Any, Final, NamedTuple

from paper.module.mt5_constants import (
    ORDER_TYPE_BUY,
    ORDER_TYPE_SELL,
    TRADE_ACTION_DEAL,
    TRADE_RETCODE_DONE,
    TRADE_RETCODE_PRICE_OFF,
    TRADE_RETCODE_REQUOTE,
)

_DEVIATION_POINTS: Final = 10
_TRIES: Final = 10
_PRICE_MOVED: Final = (TRADE_RETCODE_REQUOTE, TRADE_RETCODE_PRICE_OFF)
_OPPOSITE: Final = {ORDER_TYPE_BUY: ORDER_TYPE_SELL, ORDER_TYPE_SELL: ORDER_TYPE_BUY}


class Extras(NamedTuple):
    """What an order carries only if its caller said so."""

    comment: Any
    ticket: Any

    def fields(self) -> dict[str, Any]:
        """As the request names them."""
        named = {"comment": self.comment, "position": self.ticket}
        return {key: value for key, value in named.items() if value is not None}


class _GoneError(Exception):
    """The terminal answered None in the middle of a Close."""


class QuickTrades:
    """Made of the module's own functions, and as careless about None as MetaTrader's."""

    def __init__(
        self,
        tick: Callable[..., Any],
        positions: Callable[..., Any],
        send: Callable[..., Any],
    ) -> None:
        self._tick = tick
        self._positions = positions
        self._send = send

    def trade(self, kind: int, symbol: Any, volume: Any, price: Any, extras: Extras) -> Any:  # noqa: ANN401 - a script's arguments, judged by order_send
        """One market order: at this price, or at the current one with ten tries."""
        if price is not None:
            return self._order(kind, symbol, volume, price, extras)
        return self._insisting(
            lambda: self._order(kind, symbol, volume, _price(kind, self._tick(symbol)), extras)
        )

    def close(self, symbol: Any, extras: Extras) -> Any:  # noqa: ANN401 - as above
        """True, "Partially" or False for all, some or none closed; None when an answer failed."""
        if extras.ticket is None:
            positions = self._positions(symbol=symbol)
        else:
            positions = self._positions(ticket=extras.ticket)
        try:
            closed = [
                self._closes(position, symbol, extras.comment)
                for position in positions
                if position.type in _OPPOSITE
            ]
        except _GoneError:
            return None
        return _summary(closed)

    def _closes(self, position: Any, symbol: Any, comment: Any) -> bool:  # noqa: ANN401 - as above
        kind, extras = _OPPOSITE[position.type], Extras(comment, position.ticket)

        def attempt() -> Any:  # noqa: ANN401 - an order's result or None
            tick = self._tick(symbol)
            if tick is None:
                return None
            return self._order(kind, symbol, position.volume, _price(kind, tick), extras)

        result = self._insisting(attempt)
        if result is None:
            raise _GoneError
        return bool(result.retcode == TRADE_RETCODE_DONE)

    @staticmethod
    def _insisting(attempt: Callable[[], Any]) -> Any:  # noqa: ANN401 - an order's result or None
        result = None
        for _ in range(_TRIES):
            result = attempt()
            if result is None or result.retcode not in _PRICE_MOVED:
                break
        return result

    def _order(self, kind: int, symbol: Any, volume: Any, price: Any, extras: Extras) -> Any:  # noqa: ANN401 - as above
        request = {
            "action": TRADE_ACTION_DEAL,
            "symbol": symbol,
            "volume": volume,
            "type": kind,
            "price": price,
            "deviation": _DEVIATION_POINTS,
        }
        return self._send(request | extras.fields())


def _price(kind: int, tick: Any) -> Any:  # noqa: ANN401 - a Tick; None raises, as in MetaTrader's
    return tick.ask if kind == ORDER_TYPE_BUY else tick.bid


def _summary(closed: list[bool]) -> bool | str:
    if not any(closed):
        return False
    return True if all(closed) else "Partially"
