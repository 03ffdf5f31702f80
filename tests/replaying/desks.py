"""A person's own terminal at an account: trades by hand, and reads what the broker shows."""

from typing import Any, NamedTuple

import msgspec

from paper.address import Address
from paper.admin import Admin
from paper.broker.records import Answer, Deal, Order, TradeRequest

PATIENCE_S = 60.0
DONE = 10009
DEAL, PENDING, STOPS, CHANGE, WITHDRAW = 1, 5, 6, 7, 8
AT_MARKET = {"buy": 0, "sell": 1}
WAITING = {"buy_stop": 4, "sell_stop": 5}
WHAT_THERE_IS, ALL_OR_NOTHING = 1, 0
AS_SPECIFIED = 2
SERVER_AHEAD_S = 3 * 3_600
"""The brokers' clocks show Eastern European Summer Time."""
ALL_TIME_S = [0, 2_000_000_000]


class Shown(NamedTuple):
    """A position as its broker lists it."""

    ticket: int
    symbol: str
    side: str
    lots: float
    sl: float
    tp: float
    comment: str


class RefusedByHand(Exception):  # noqa: N818 - it says what happened
    """The master's broker did not do what the stream says was done."""


class Desk:
    """One account."""

    def __init__(self, address: Address, key: str) -> None:
        self._line = Admin(address.host, address.port, within_s=PATIENCE_S)
        (row,) = (row for row in self._line.status()["terminals"] if row["key"] == key)
        own, broker = f"{key}, by hand", str(row["server"])
        self._line.ensure_account(own, broker, deposit=1_000.0)
        self._line.ask("initialize", own, row["login"], "", broker, 1_000)

    def leave(self) -> None:
        """Hang up."""
        self._line.close()

    def look_at(self, symbol: str) -> None:
        """Bring a symbol into the list of those watched."""
        self._line.ask("symbol_select", symbol, True)

    def deal(self, symbol: str, side: str, lots: float, **more: Any) -> int:
        """Buy or sell at the market; the order's number."""
        tick = self._line.ask("symbol_info_tick", symbol)
        price = tick[2] if side == "buy" else tick[1]
        kind = AT_MARKET[side]
        more = {"deviation": 1_000, "type_filling": WHAT_THERE_IS, **more}
        return self._send(
            action=DEAL, symbol=symbol, type=kind, volume=lots, price=price, **more
        ).order

    def set_stops(self, symbol: str, ticket: int, sl: float, tp: float) -> None:
        """Move a position's stops."""
        self._send(action=STOPS, symbol=symbol, position=ticket, sl=sl, tp=tp)

    def place(self, symbol: str, kind: str, lots: float, price: float, until_s: int) -> int:
        """Let an order wait for its price; its number."""
        return self._send(
            action=PENDING,
            symbol=symbol,
            type=WAITING[kind],
            volume=lots,
            price=price,
            type_time=AS_SPECIFIED,
            expiration=until_s,
        ).order

    def change(self, order: Order, price: float) -> None:
        """Let it wait for another price."""
        self._send(
            action=CHANGE,
            order=order.ticket,
            price=price,
            type_time=order.type_time,
            expiration=order.time_expiration,
        )

    def withdraw(self, ticket: int) -> None:
        """Let it wait no more."""
        self._send(action=WITHDRAW, order=ticket)

    def positions(self) -> list[Shown]:
        """What is open."""
        rows = self._line.ask("positions_get", "all")
        return [
            Shown(
                ticket=row[0],
                symbol=row[16],
                side="sell" if row[5] else "buy",
                lots=row[9],
                sl=row[11],
                tp=row[12],
                comment=row[17],
            )
            for row in rows
        ]

    def orders(self) -> list[Order]:
        """What waits."""
        return msgspec.convert(self._line.ask("orders_get", "all"), list[Order])

    def deals(self) -> list[Deal]:
        """Every trade there ever was, oldest first."""
        rows = self._line.ask("history_deals_get", "window", ALL_TIME_S)
        found = msgspec.convert(rows, list[Deal])
        return sorted((deal for deal in found if deal.symbol), key=lambda deal: deal.ticket)

    def closed_ms(self, ticket: int) -> int:
        """When its last deal was made, UTC."""
        rows = self._line.ask("history_deals_get", "position", [ticket])
        deals = msgspec.convert(rows, list[Deal])
        return max(deal.time_msc for deal in deals) - SERVER_AHEAD_S * 1000

    def _send(self, **fields: Any) -> Answer:
        request = TradeRequest(**fields)
        answer = msgspec.convert(self._line.ask("order_send", request), Answer)
        if answer.retcode != DONE:
            raise RefusedByHand(f"{answer.retcode} {answer.comment!r} for {request}")
        return answer
