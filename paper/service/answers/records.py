"""Positions, waiting orders, and what is past."""

from collections.abc import Callable, Iterable
from typing import Annotated, Literal, TypeVar

import msgspec

from paper.broker.reaching import at_market
from paper.broker.records import Deal, Order, Position
from paper.service.rows import Row, position_row
from paper.service.session import Session

OpenBy = Literal["all", "ticket", "symbol"]
PastBy = Literal["window", "ticket", "position"]
Numbers = Annotated[list[int], msgspec.Meta(min_length=1, max_length=2)]
Past = TypeVar("Past", Order, Deal)


def positions_total(session: Session) -> int:
    """How many positions are open."""
    return len(session.account.positions)


def positions_get(session: Session, kind: OpenBy, value: object = None) -> list[Row]:
    """TradePosition of all, of one ticket or of one symbol."""
    market, account = session.house.market, session.account
    return [
        position_row(market, account, position)
        for position in account.positions.values()
        if _is_wanted(kind, value, position)
    ]


def orders_total(session: Session) -> int:
    """How many orders wait."""
    return len(session.account.waiting)


def orders_get(session: Session, kind: OpenBy, value: object = None) -> list[Order]:
    """TradeOrder of waiting orders: of all, of one ticket or of one symbol."""
    market = session.house.market
    return [
        at_market(order, market.quotes.get(order.symbol))
        for order in session.account.waiting.values()
        if _is_wanted(kind, value, order)
    ]


def history_orders_get(session: Session, kind: PastBy, values: Numbers) -> list[Order]:
    """Past orders of a window (by the time they were done), a ticket or a position."""
    account = session.account
    if kind == "window":
        return _within(account.orders.values(), values, lambda order: order.time_done)
    if kind == "ticket":
        return _present(account.orders.get(values[0]))
    return account.orders_of(values[0])


def history_deals_get(session: Session, kind: PastBy, values: Numbers) -> list[Deal]:
    """Deals of a window, of a ticket (a deal's, else an order's) or of a position."""
    account = session.account
    if kind == "window":
        return _within(account.deals.values(), values, lambda deal: deal.time)
    if kind == "ticket":
        return _present(account.deals.get(values[0])) or account.deals_of_order(values[0])
    return account.deals_of(values[0])


def history_orders_total(session: Session, window: Numbers) -> int:
    """How many orders a window holds."""
    return len(history_orders_get(session, "window", window))


def history_deals_total(session: Session, window: Numbers) -> int:
    """How many deals a window holds."""
    return len(history_deals_get(session, "window", window))


def _is_wanted(kind: OpenBy, value: object, record: Position | Order) -> bool:
    if kind == "all":
        return True
    return value == (record.ticket if kind == "ticket" else record.symbol)


def _within(records: Iterable[Past], window: Numbers, time_of: Callable[[Past], int]) -> list[Past]:
    first_s, last_s = window[0], window[-1]
    return [record for record in records if first_s <= time_of(record) <= last_s]


def _present(record: Past | None) -> list[Past]:
    return [] if record is None else [record]
