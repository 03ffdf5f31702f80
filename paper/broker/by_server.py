"""What the server does by itself: close a position at its stops, or for want of margin."""

import msgspec

from domain.mt5_words import Reason
from paper.broker.account import Account
from paper.broker.filling import Execution, filled
from paper.broker.market import Market
from paper.broker.records import Changes, Order, Position


class Why(msgspec.Struct, frozen=True):
    """Why the server closes a position by itself."""

    reason: Reason
    comment: str


def close_by_server(
    market: Market, account: Account, position: Position, why: Why, *, now_msc: int, ticket: int
) -> Changes:
    """Stop loss, take profit or stop-out: the server's own order and deal, at the market."""
    quote = market.quotes[position.symbol]
    execution = Execution(
        order=_order(position, why, now_msc, ticket),
        lots=position.volume,
        price=quote.ask if position.type & 1 else quote.bid,
        now_msc=now_msc,
        deal_ticket=ticket + 1,
    )
    return filled(market, account, execution)


def _order(position: Position, why: Why, now_msc: int, ticket: int) -> Order:
    return Order(
        ticket=ticket,
        time_setup=now_msc // 1000,
        time_setup_msc=now_msc,
        type=1 - position.type,
        magic=position.magic,
        position_id=position.identifier,
        reason=why.reason,
        volume_initial=position.volume,
        volume_current=position.volume,
        symbol=position.symbol,
        comment=why.comment,
    )
