"""order_send through faults: refused unexecuted, filled another way, or answered wrongly."""

from collections.abc import Iterable
from contextlib import nullcontext
from typing import Final

import msgspec

from domain.mt5_words import Retcode
from paper.broker.brokers import Routing
from paper.broker.records import Answer, TradeRequest
from paper.service.answering import answer
from paper.service.faults.kinds import Comment, Fault, Fill, NoFillPrice
from paper.service.faults.kinds import Retcode as Coded
from paper.service.faults.retcodes import BY_SERVER, WITH_QUOTE, words_of
from paper.service.faults.rows import rewritten
from paper.service.session import Session

SUCCESSES: Final = frozenset({Retcode.DONE, Retcode.DONE_PARTIAL, Retcode.PLACED})


def sent(session: Session, request: TradeRequest, faults: Iterable[Fault]) -> Answer:
    """The answer to a request that was understood."""
    struck = tuple(faults)
    coded = next((fault for fault in struck if isinstance(fault, Coded)), None)
    if coded is not None and not coded.executed:
        session.terminal.requests_sent += 1
        return _coded(session, _unanswered(request), coded)
    truly = _executed(session, request, struck)
    if any(isinstance(fault, NoFillPrice) for fault in struck) and truly.retcode in SUCCESSES:
        truly = msgspec.structs.replace(truly, price=0.0, bid=0.0, ask=0.0)
    return truly if coded is None else _coded(session, truly, coded)


def _executed(session: Session, request: TradeRequest, struck: tuple[Fault, ...]) -> Answer:
    """What the broker books carries the rewritten comment, what it echoes does not."""
    booked = request
    for fault in struck:
        if isinstance(fault, Comment):
            comment = rewritten(fault, booked.comment)
            booked = msgspec.structs.replace(booked, comment=comment)
    fill = next((fault for fault in struck if isinstance(fault, Fill)), None)
    with session.routed(_routing(fill)) if fill else nullcontext():
        told = answer(session, "order_send", [msgspec.to_builtins(booked)])
    return msgspec.structs.replace(msgspec.convert(told, Answer), request=request)


def _routing(fill: Fill) -> Routing:
    return Routing(first_part=fill.first_part, rest_after_ms=fill.rest_after_ms)


def _unanswered(request: TradeRequest) -> Answer:
    return Answer(retcode=0, request=request)


def _coded(session: Session, truly: Answer, coded: Coded) -> Answer:
    """All zero but what such an answer carries: a ticket, new prices, a request's number."""
    # An order that was refused after all has no number: the next one's would be somebody else's.
    has_ticket = bool(truly.order) if coded.ticket is None else coded.ticket
    bid, ask = _moved_quote(session, truly.request.symbol, coded)
    return Answer(
        retcode=coded.code,
        order=_ticket(session, truly) if has_ticket else 0,
        bid=bid,
        ask=ask,
        comment=coded.comment or words_of(coded.code),
        request_id=session.terminal.requests_sent if coded.code in BY_SERVER else 0,
        request=truly.request,
    )


def _ticket(session: Session, truly: Answer) -> int:
    """An order nobody executed has the number it would have had."""
    return truly.order or session.house.next_ticket


def _moved_quote(session: Session, symbol: str, coded: Coded) -> tuple[float, float]:
    market = session.house.market
    quote, profile = market.quotes.get(symbol), market.profiles.get(symbol)
    if coded.code not in WITH_QUOTE or quote is None or profile is None:
        return 0.0, 0.0
    moved = coded.moved_points * profile.point
    return round(quote.bid + moved, profile.digits), round(quote.ask + moved, profile.digits)
