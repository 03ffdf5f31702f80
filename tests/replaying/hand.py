"""The hand of a recorded trader: does at his broker what his stream says he did."""

from decimal import Decimal

from tests.replaying.desks import SERVER_AHEAD_S, Desk, RefusedByHand
from tests.replaying.streams import Event, Trader


class Hand:
    """Numbers of the stream become tickets of the broker's."""

    def __init__(self, trader: Trader, desk: Desk) -> None:
        self._trader, self._desk = trader, desk
        self.tickets: dict[int, int] = {}
        desk.look_at(trader.symbol)

    def numbers(self) -> dict[int, int]:
        """The stream's number of each ticket."""
        return {ticket: number for number, ticket in self.tickets.items()}

    def act(self, event: Event) -> None:
        """What the broker does by itself is only made sure of; he does the rest."""
        match event.ev:
            case "DEAL_IN" if event.reason == "MARKET":
                self._open(event)
            case "DEAL_IN" | "SLTP_MODIFY":
                self._set_stops(event)
            case "DEAL_OUT":
                self._close(event)
            case "ORDER_PLACE":
                self._place(event)
            case "ORDER_MODIFY":
                self._change(event)
            case "ORDER_CANCEL":
                self._withdraw(event)

    def _open(self, event: Event) -> None:
        stops = {"sl": float(event.sl), "tp": float(event.tp)}
        lots = float(event.volume)
        order = self._desk.deal(self._trader.symbol, event.side, lots, **stops)
        self.tickets[event.position_id] = order

    def _set_stops(self, event: Event) -> None:
        ticket = self.tickets[event.position_id]
        held = next((p for p in self._desk.positions() if p.ticket == ticket), None)
        if held is None:
            raise RefusedByHand(f"{self._trader.name} holds no position for {event}")
        if (held.sl, held.tp) != (float(event.sl), float(event.tp)):
            sl, tp = float(event.sl), float(event.tp)
            self._desk.set_stops(self._trader.symbol, ticket, sl, tp)

    def _close(self, event: Event) -> None:
        ticket = self.tickets[event.position_id]
        held = next((p for p in self._desk.positions() if p.ticket == ticket), None)
        if held is None and not event.remaining and self._desk.closed_ms(ticket) == event.ts_ms:
            return  # its stop was reached by this very tick
        if held is None or event.is_by_the_broker:
            raise RefusedByHand(f"{self._trader.name} holds {held}, which does not fit {event}")
        lots = float(Decimal(str(held.lots)) - event.remaining)
        self._desk.deal(self._trader.symbol, event.side, lots, position=ticket)

    def _place(self, event: Event) -> None:
        until_s = event.expiration_ms // 1000 + SERVER_AHEAD_S
        lots, price = float(event.volume), float(event.price)
        order = self._desk.place(self._trader.symbol, event.side, lots, price, until_s)
        self.tickets[event.order] = order

    def _change(self, event: Event) -> None:
        ticket = self.tickets[event.order]
        order = next(one for one in self._desk.orders() if one.ticket == ticket)
        if order.price_open != float(event.price):
            self._desk.change(order, float(event.price))

    def _withdraw(self, event: Event) -> None:
        ticket = self.tickets[event.order]
        waits = any(one.ticket == ticket for one in self._desk.orders())
        if waits and event.is_by_the_broker:
            raise RefusedByHand(f"{self._trader.name}'s order waits still: {event}")
        if waits:
            self._desk.withdraw(ticket)
