"""What order_send answers: the eleven fields, success and refusal."""

from typing import Final

from domain.mt5_words import Retcode
from paper.broker.asking import Ask, Refusal
from paper.broker.records import Answer

EXECUTED: Final = "Request executed"
EXECUTED_IN_PART: Final = "Request executed partially"
ACCEPTED: Final = "Order placed"


def refused(ask: Ask, no: Refusal) -> Answer:
    """A refusal: all zero; the terminal's own carries no request id."""
    quote = ask.quote if no.with_quote else None
    return Answer(
        retcode=no.retcode,
        bid=quote.bid if quote else 0.0,
        ask=quote.ask if quote else 0.0,
        comment=no.comment,
        request_id=ask.request_id if no.by_server else 0,
        request=ask.request,
    )


def dealt(ask: Ask, *, deal: int, order: int, lots: float, price: float, whole: bool) -> Answer:
    """A deal was made, of all that was asked for or of a part."""
    shown = price if ask.broker.shows_fill_price else 0.0
    bid, ask_price = _shown_quote(ask)
    return Answer(
        retcode=Retcode.DONE if whole else Retcode.DONE_PARTIAL,
        deal=deal,
        order=order,
        volume=lots,
        price=shown,
        bid=bid,
        ask=ask_price,
        comment=EXECUTED if whole else EXECUTED_IN_PART,
        request_id=ask.request_id,
        request=ask.request,
    )


def routed(ask: Ask, *, order: int, lots: float) -> Answer:
    """The order was accepted, its deal is still to come."""
    bid, ask_price = _shown_quote(ask)
    return Answer(
        retcode=Retcode.PLACED,
        order=order,
        volume=lots,
        bid=bid,
        ask=ask_price,
        comment=ACCEPTED,
        request_id=ask.request_id,
        request=ask.request,
    )


def _shown_quote(ask: Ask) -> tuple[float, float]:
    """Some brokers tell no prices at all: who wants them must look at the deal."""
    if not ask.broker.shows_fill_price:
        return 0.0, 0.0
    quote = ask.market.quotes[ask.symbol]
    return quote.bid, quote.ask


def placed(ask: Ask, *, order: int, lots: float) -> Answer:
    """An order waits: it has a ticket and no price yet."""
    bid, ask_price = _shown_quote(ask)
    return Answer(
        retcode=Retcode.DONE,
        order=order,
        volume=lots,
        bid=bid,
        ask=ask_price,
        comment=EXECUTED,
        request_id=ask.request_id,
        request=ask.request,
    )


def executed(ask: Ask, *, order: int = 0) -> Answer:
    """Done without a deal: a change of stops, of an order, its withdrawal."""
    return Answer(
        retcode=Retcode.DONE,
        order=order,
        comment=EXECUTED,
        request_id=ask.request_id,
        request=ask.request,
    )
