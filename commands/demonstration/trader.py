"""The demo's scripted trader: opens, moves stops, closes in part and closes, all by its seed."""

from collections.abc import Callable
from typing import Any, Final

import msgspec

from decisions.truth import Moved
from domain.ids import OpeningOrder
from paper import client
from utils.randomness import seeded

#: How far stops are from the market, as a share of the price: seldom reached within minutes.
STOP_SHARES: Final = (0.006, 0.012)
VOLUMES: Final = (0.25, 0.3, 0.4, 0.45, 0.5, 0.8)
PART_SHARES: Final = (0.3, 0.6)
PAUSES_S: Final = (0.3, 0.65)
#: One position is touched so often at most, so that each change is seen by itself.
UNTOUCHED_S: Final = 1.2
FEWEST, MOST = 3, 7
SMALLEST_PART: Final = 0.1
#: Of all positions this share begins without stops and gets them later.
BARE_SHARE: Final = 0.2


class TraderError(Exception):
    """The master's terminal does not answer the trader."""


class _Held(msgspec.Struct, kw_only=True):
    """A position as the trader remembers it."""

    ticket: int
    symbol: str
    kind: int
    volume: float
    next_touch_s: float


class Trader:
    """One pair of hands on the master's terminal. `step` does at most one thing."""

    def __init__(self, seed: int) -> None:
        """The same seed wants the same things in the same order."""
        self._lot = seeded(seed)
        self._place = ("", 0, "")
        self._symbols: tuple[str, ...] = ()
        self._held: dict[int, _Held] = {}
        self._opened = 0
        self._next_s = 0.0
        self.moved: list[Moved] = []
        self._said: list[str] = []

    def connect(self, host: str, port: int, path: str) -> None:
        """Take up the master's terminal; every symbol its broker has is traded."""
        self._place = (host, port, path)
        client._connect_to(host, port)  # noqa: SLF001 - the client's documented back door
        if not client.initialize(path):
            raise TraderError(f"the trader cannot reach its terminal {path}: {client.last_error()}")
        self._symbols = tuple(symbol.name for symbol in client.symbols_get() or ())
        for symbol in self._symbols:
            client.symbol_select(symbol, True)  # noqa: FBT003 - MetaTrader's own signature

    def rest_s(self, now_s: float) -> float:
        """How long the trader still thinks."""
        return max(0.0, self._next_s - now_s)

    def said(self) -> list[str]:
        """What it did since it was asked last, in words."""
        said, self._said = self._said, []
        return said

    def step(self, now_s: float) -> None:
        """Do the next thing, if it is time."""
        if now_s < self._next_s:
            return
        self._next_s = now_s + self._lot.uniform(*PAUSES_S)
        listed = client.positions_get()
        if listed is None:
            self.connect(*self._place)
            return
        there = {position.ticket for position in listed}
        self._held = {ticket: held for ticket, held in self._held.items() if ticket in there}
        ripe = [held for held in self._held.values() if held.next_touch_s <= now_s]
        if len(self._held) < FEWEST or not ripe:
            self._open(now_s)
            return
        self._touch(self._lot.choice(ripe), now_s)

    def _touch(self, held: _Held, now_s: float) -> None:
        held.next_touch_s = now_s + UNTOUCHED_S
        deeds: list[Callable[[_Held], None]] = [self._move_stops]
        if held.volume * PART_SHARES[0] >= SMALLEST_PART:
            deeds.append(self._close_part)
        if len(self._held) > FEWEST:
            deeds.append(self._close_all)
        if len(self._held) < MOST and self._lot.random() < 1 / (1 + len(deeds)):
            self._open(now_s)
            return
        self._lot.choice(deeds)(held)

    def _open(self, now_s: float) -> None:
        if len(self._held) >= MOST:
            return
        symbol = self._symbols[self._opened % len(self._symbols)]
        self._opened += 1
        kind = self._lot.choice((client.ORDER_TYPE_BUY, client.ORDER_TYPE_SELL))
        volume = self._lot.choice(VOLUMES)
        sl, tp = self._stops(symbol, kind)
        if self._lot.random() < BARE_SHARE:
            sl = tp = 0.0
        result = self._deal(symbol, kind, volume, sl=sl, tp=tp)
        if result is None:
            return
        self._held[result.order] = _Held(
            ticket=result.order,
            symbol=symbol,
            kind=kind,
            volume=volume,
            next_touch_s=now_s + UNTOUCHED_S,
        )
        self._say(f"{_side(kind)} {volume:.2f} {symbol} at {result.price}", result.order)

    def _close_part(self, held: _Held) -> None:
        part = round(held.volume * self._lot.uniform(*PART_SHARES), 2)
        if self._deal(held.symbol, 1 - held.kind, part, position=held.ticket) is not None:
            held.volume = round(held.volume - part, 2)
            self._say(f"closed {part:.2f} of {held.symbol}, {held.volume:.2f} left", held.ticket)

    def _close_all(self, held: _Held) -> None:
        if self._deal(held.symbol, 1 - held.kind, held.volume, position=held.ticket) is not None:
            self._held.pop(held.ticket)
            self._say(f"closed {held.symbol}", held.ticket)

    def _move_stops(self, held: _Held) -> None:
        sl, tp = self._stops(held.symbol, held.kind)
        request = {
            "action": client.TRADE_ACTION_SLTP,
            "symbol": held.symbol,
            "position": held.ticket,
            "sl": sl,
            "tp": tp,
        }
        if self._send(request) is not None:
            self.moved.append(Moved(order=OpeningOrder(held.ticket), server_ms=self._server_ms()))
            self._say(f"moved the stops of {held.symbol} to SL {sl} TP {tp}", held.ticket)

    def _stops(self, symbol: str, kind: int) -> tuple[float, float]:
        """Stop loss and take profit around the market; none where there is no price yet."""
        tick, contract = client.symbol_info_tick(symbol), client.symbol_info(symbol)
        if tick is None or contract is None:
            return 0.0, 0.0
        loss, gain = (tick.bid * self._lot.uniform(*STOP_SHARES) for _ in range(2))
        up = 1 if kind == client.ORDER_TYPE_BUY else -1
        digits = contract.digits
        return round(tick.bid - up * loss, digits), round(tick.bid + up * gain, digits)

    def _deal(self, symbol: str, kind: int, volume: float, **more: float) -> Any:  # noqa: ANN401 - MetaTrader's own type
        tick = client.symbol_info_tick(symbol)
        if tick is None:
            return None
        return self._send(
            {
                "action": client.TRADE_ACTION_DEAL,
                "symbol": symbol,
                "volume": volume,
                "type": kind,
                "price": tick.ask if kind == client.ORDER_TYPE_BUY else tick.bid,
                "deviation": 1000,
                "type_filling": client.ORDER_FILLING_IOC,
                **more,
            }
        )

    def _send(self, request: dict[str, Any]) -> Any:  # noqa: ANN401 - MetaTrader's own type
        """The broker's answer where it did as asked; a refusal is only told."""
        result = client.order_send(request)
        if result is None:
            self._said.append(f"the broker did not answer: {client.last_error()}")
            return None
        if result.retcode != client.TRADE_RETCODE_DONE:
            self._said.append(f"the broker refused: {result.retcode} {result.comment}")
            return None
        return result

    def _server_ms(self) -> int:
        """The broker's clock, as its newest tick tells it."""
        ticks = (client.symbol_info_tick(symbol) for symbol in self._symbols)
        return max((tick.time_msc for tick in ticks if tick is not None), default=0)

    def _say(self, what: str, ticket: int) -> None:
        self._said.append(f"{what} (#{ticket})")


def _side(kind: int) -> str:
    return "buy" if kind == client.ORDER_TYPE_BUY else "sell"
