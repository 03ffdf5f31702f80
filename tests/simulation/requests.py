"""What a request, a deal or a row says, in the words of the judge."""

from collections.abc import Sequence
from typing import Any

from domain.mt5_words import DealEntry, TradeAction
from paper.broker.records import Deal, TradeRequest
from paper.wire.protocol import OK
from terminal.retcodes import Reaction, row
from tests.simulation.truths import LOTS_SLACK, SlaveBooks

NEVER_SENT = {-2, -8, -10004}
REFUSED = {Reaction.NEW_PRICE, Reaction.LATER, Reaction.LOOK_AGAIN, Reaction.GONE, Reaction.REFUSED}
#: Where a position's row, as the module shows it, has these.
TICKET, KIND, VOLUME, SYMBOL = 0, 5, 9, 16
OF_AN_ORDER = {TradeAction.MODIFY, TradeAction.REMOVE}


def opens(request: TradeRequest) -> bool:
    """At once, or when its price is reached."""
    if request.action == TradeAction.PENDING:
        return True
    return request.action == TradeAction.DEAL and not request.position


def is_its_side(deal: Deal, sent: TradeRequest) -> bool:
    """A stop of the broker's bears the mark of what it closes."""
    return deal.type & 1 == sent.type & 1


def end_what_is_flat(books: SlaveBooks, symbol: str) -> None:
    """Copies end with the position that they share."""
    for copy in books.on(symbol):
        if books.net[symbol] * copy.side <= LOTS_SLACK:
            copy.end()


def is_shared_with_others(books: SlaveBooks, symbol: str) -> bool:
    """Then as it was told, and now as well."""
    then, now = books.strangers.get(symbol, 0.0), books.foreign(symbol)
    return abs(then) > LOTS_SLACK and abs(now) > LOTS_SLACK


def signed_row(told: Sequence[Any]) -> tuple[str, float]:
    """Symbol and lots of a position as the module shows it."""
    volume = told[VOLUME]
    return told[SYMBOL], -volume if told[KIND] else volume


def is_refused(code: int, said: int) -> bool:
    """It is proven that nothing was done."""
    if code != OK:
        return said in NEVER_SENT
    return row(said).reaction in REFUSED


def shown(request: TradeRequest) -> str:
    """In one line."""
    kind = "open" if opens(request) else "change"
    text = (
        f"{kind} action {request.action} {request.symbol} {request.volume:g} type {request.type} "
        f"position {request.position} sl {request.sl:g} tp {request.tp:g} {request.comment!r}"
    )
    if request.action in {*OF_AN_ORDER, TradeAction.PENDING}:
        text += f" order {request.order} price {request.price:g}"
    return text


def shown_deal(deal: Deal) -> str:
    """In one line."""
    return (
        f"{deal.position_id} {'in' if deal.entry == DealEntry.IN else 'out'} {deal.volume:g} "
        f"{deal.symbol} magic {deal.magic} order {deal.order} reason {deal.reason}"
    )
