"""A person at a terminal of an account: sees its positions and trades by hand, as the broker lets.

He has a terminal of his own beside the node's, so that what goes wrong there does not go wrong for
him; he waits a second for an answer at most, so that a broker who is away keeps nobody waiting.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from domain.mt5_words import Retcode, TradeAction
from paper.address import Address
from paper.admin import Admin, AdminError
from paper.broker.records import Answer, TradeRequest
from utils.clock import utc_ms

PATIENCE_S = 1.0
DEVIATION_POINTS = 100_000
FILL_OR_KILL, WHAT_THERE_IS = 0, 1
DUMMY_DEPOSIT = 1_000.0
TICK_MS, QUARTER_MS = 5, 15 * 60_000
AWAY = (OSError, AdminError, msgspec.MsgspecError)


class Place(NamedTuple):
    """Which account it is, and the terminal's key at which the node sits."""

    key: str
    broker: str
    login: int
    currency: str


class Held(msgspec.Struct, frozen=True, array_like=True):
    """A position as its broker lists it."""

    ticket: int
    time_s: int
    time_ms: int
    updated_s: int
    updated_ms: int
    kind: int
    magic: int
    identifier: int
    reason: int
    volume: float
    price_open: float
    sl: float
    tp: float
    price: float
    swap: float
    profit: float
    symbol: str
    comment: str
    external_id: str


class Tick(msgspec.Struct, frozen=True, array_like=True):
    """The newest prices of a symbol."""

    time_s: int
    bid: float
    ask: float


class Hand:
    """One person; None wherever his broker does not answer."""

    def __init__(self, place: Place, address: Callable[[], Address | None]) -> None:
        """`address` tells where the broker is now, as it may be started again elsewhere."""
        self.place = place
        self._address = address
        self._line: Admin | None = None
        self.symbols: tuple[str, ...] = ()

    def positions(self) -> list[Held] | None:
        """What is open on the account."""
        rows = self._ask("positions_get", "all")
        return None if rows is None else msgspec.convert(rows, list[Held])

    def tick(self, symbol: str) -> Tick | None:
        """What the symbol costs now."""
        row = self._ask("symbol_info_tick", symbol)
        return None if row is None else msgspec.convert(row[:3], Tick)

    def open(self, symbol: str, kind: int, volume: float, **more: Any) -> Answer | None:  # noqa: ANN401 - a request's fields
        """Buy (0) or sell (1) at the market; None unless the broker did it."""
        tick = self.tick(symbol)
        if tick is None:
            return None
        return self._deal(symbol, kind, volume, tick, **more)

    def close(self, held: Held, volume: float | None = None) -> Answer | None:
        """Close a position, or so much of it."""
        tick = self.tick(held.symbol)
        if tick is None:
            return None
        lots = held.volume if volume is None else volume
        return self._deal(held.symbol, 1 - held.kind, lots, tick, position=held.ticket)

    def move_stops(self, held: Held, sl: float, tp: float) -> Answer | None:
        """Set stop loss and take profit."""
        return self._send(
            TradeRequest(
                action=TradeAction.SLTP, symbol=held.symbol, position=held.ticket, sl=sl, tp=tp
            )
        )

    @property
    def own_key(self) -> str:
        """The key of his own terminal."""
        return f"{self.place.key}, by hand"

    def clock_ahead_ms(self) -> int:
        """How far his broker's clock is ahead of ours, in whole quarters of an hour."""
        rows = [self._ask("symbol_info_tick", symbol) for symbol in self.symbols_there()]
        newest_ms = max((int(row[TICK_MS]) for row in rows if row), default=0)
        return round((newest_ms - utc_ms()) / QUARTER_MS) * QUARTER_MS if newest_ms else 0

    def symbols_there(self) -> tuple[str, ...]:
        """What his broker trades; empty while nobody answers."""
        if not self.symbols:
            self.positions()
        return self.symbols

    def leave(self) -> None:
        """Hang up."""
        if self._line is not None:
            self._line.close()
            self._line = None

    def _deal(
        self,
        symbol: str,
        kind: int,
        volume: float,
        tick: Tick,
        **more: Any,  # noqa: ANN401 - a request's fields
    ) -> Answer | None:
        request = TradeRequest(
            action=TradeAction.DEAL,
            symbol=symbol,
            volume=volume,
            type=kind,
            price=tick.ask if kind == 0 else tick.bid,
            deviation=DEVIATION_POINTS,
        )
        for filling in (WHAT_THERE_IS, FILL_OR_KILL):
            answer = self._send(msgspec.structs.replace(request, type_filling=filling, **more))
            if answer is not None:
                return answer
        return None

    def _send(self, request: TradeRequest) -> Answer | None:
        payload = self._ask("order_send", request)
        if payload is None:
            return None
        answer = msgspec.convert(payload, Answer)
        return answer if answer.retcode == Retcode.DONE else None

    def _ask(self, verb: str, *args: object) -> Any:  # noqa: ANN401 - each verb has its own answer
        try:
            return self._connected().ask(verb, *args)
        except AWAY:
            self.leave()
            return None

    def _connected(self) -> Admin:
        address = self._address()
        if address is None:
            raise AdminError("the paper broker cannot answer now")
        if self._line is None:
            line = Admin(address.host, address.port, within_s=PATIENCE_S)
            try:
                self._sit_down(line)
            except AWAY:
                line.close()
                raise
            self._line = line
        return self._line

    def _sit_down(self, line: Admin) -> None:
        own, broker = self.own_key, self.place.broker
        if not _is_known(line, own):
            currency = self.place.currency
            line.ensure_account(own, broker, deposit=DUMMY_DEPOSIT, currency=currency)
        welcome = line.ask("initialize", own, self.place.login, "", broker, 1_000)
        self.symbols = tuple(sorted(welcome["ticks"]))
        for symbol in self.symbols:
            line.ask("symbol_select", symbol, True)  # noqa: FBT003 - MetaTrader's own signature


def _is_known(line: Admin, key: str) -> bool:
    return any(row["key"] == key for row in line.status()["terminals"])
