"""What order_send answers: the eleven fields, success and refusal."""

from typing import Final

from domain.mt5_words import Retcode
from paper.broker.asking import Ask, Refusal
from paper.broker.records import Answer

EXECUTED: Final = "Request executed"


def refused(ask: Ask, no: Refusal) -> Answer:
    """A refusal: all zero; the terminal's own carries no request id."""
    quote = ask.quote if no.with_quote else None
    return Answer(
        no.retcode,
        0,
        0,
        0.0,
        0.0,
        quote.bid if quote else 0.0,
        quote.ask if quote else 0.0,
        no.comment,
        ask.request_id if no.by_server else 0,
        0,
        ask.request,
    )


def dealt(ask: Ask, *, deal: int, order: int, lots: float, price: float) -> Answer:
    """A deal was made."""
    quote = ask.market.quotes[ask.symbol]
    return Answer(
        Retcode.DONE,
        deal,
        order,
        lots,
        price,
        quote.bid,
        quote.ask,
        EXECUTED,
        ask.request_id,
        0,
        ask.request,
    )


def placed(ask: Ask, *, order: int, lots: float) -> Answer:
    """An order waits: it has a ticket and no price yet."""
    quote = ask.market.quotes[ask.symbol]
    return Answer(
        Retcode.DONE,
        0,
        order,
        lots,
        0.0,
        quote.bid,
        quote.ask,
        EXECUTED,
        ask.request_id,
        0,
        ask.request,
    )


def executed(ask: Ask, *, order: int = 0) -> Answer:
    """Done without a deal: a change of stops, of an order, its withdrawal."""
    return Answer(
        Retcode.DONE, 0, order, 0.0, 0.0, 0.0, 0.0, EXECUTED, ask.request_id, 0, ask.request
    )
