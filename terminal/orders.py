"""Hands a command to the broker and reads the answer for what it proves."""

from decimal import Decimal
from typing import assert_never

import msgspec

from domain.mt5_words import Retcode
from domain.orders import ClosePosition, ModifyPosition, OpenPosition, PositionCommand
from domain.outcomes import Filled, Outcome, Rejected, Unknown
from terminal import requests, retcodes
from terminal.calls import Calls, NoAnswerError
from terminal.contracts import Contracts
from terminal.deals import Deals
from terminal.positions import Positions
from terminal.posting import Heard, post
from terminal.quotes import Quotes
from terminal.remainders import Remainders
from terminal.retcodes import Reaction


class Orders:
    """Sends what concerns positions through one terminal."""

    def __init__(
        self,
        calls: Calls,
        positions: Positions,
        deals: Deals,
        quotes: Quotes,
        remainders: Remainders,
    ) -> None:
        self._calls = calls
        self._remainders = remainders
        self._positions = positions
        self._deals = deals
        self._quotes = quotes

    def send(self, command: PositionCommand, contracts: Contracts) -> Outcome:
        """Send, and say what is proven: executed, refused, or neither."""
        try:
            request = self._request(command)
        except NoAnswerError as why:
            return Rejected(retcode=why.code, comment=str(why), sent=False)
        if isinstance(request, Rejected):
            return request
        heard = post(self._calls, request)
        outcome = self._meaning(heard, command, contracts) if isinstance(heard, Heard) else heard
        if isinstance(outcome, Rejected) and outcome.gone:
            return self._really_gone(outcome, command)
        return outcome

    def _request(self, command: PositionCommand) -> requests.Request | Rejected:
        if isinstance(command, OpenPosition):
            return requests.to_open(command)
        ticket = self._positions.ticket_of(command.identifier)
        if ticket is None:
            return _no_such_position(command)
        if isinstance(command, ModifyPosition):
            return requests.to_modify(command, ticket)
        if isinstance(command, ClosePosition):
            return requests.to_close(command, ticket, self._quotes.quote(command.symbol))
        assert_never(command)

    def _meaning(self, heard: Heard, command: PositionCommand, contracts: Contracts) -> Outcome:
        match retcodes.row(heard.retcode).reaction:
            case Reaction.DONE | Reaction.DONE_IN_PART:
                return self._filled(heard, command, contracts)
            case Reaction.AS_WANTED if isinstance(command, ModifyPosition):
                return _nothing_filled(heard)
            case Reaction.UNKNOWN:
                return Unknown(code=heard.retcode, comment=heard.comment, order=heard.order)
            case _:
                return retcodes.refusal(heard.retcode, heard.comment)

    def _filled(
        self, heard: Heard, command: PositionCommand, contracts: Contracts
    ) -> Filled | Unknown:
        if isinstance(command, ModifyPosition):
            return _nothing_filled(heard)
        in_part = heard.retcode == Retcode.DONE_PARTIAL
        rest_is_gone = not in_part or self._remainders.cancel(heard.order)
        volume, price = self._size(heard, command.symbol, contracts)
        if in_part and not (volume and rest_is_gone):
            return Unknown(code=heard.retcode, comment=heard.comment, order=heard.order)
        return Filled(
            order=heard.order,
            deal=heard.deal,
            volume=volume or command.volume,
            price=price,
            in_part=in_part,
        )

    def _size(self, heard: Heard, symbol: str, contracts: Contracts) -> tuple[Decimal, Decimal]:
        """Volume and price of a fill; some brokers tell them in the deal only."""
        try:
            volume, price = heard.exact(symbol, contracts)
        except NoAnswerError:
            volume, price = Decimal(0), Decimal(0)
        if (volume and price) or not heard.deal:
            return volume, price
        return self._size_in_history(heard.deal, volume, price)

    def _size_in_history(
        self, ticket: int, volume: Decimal, price: Decimal
    ) -> tuple[Decimal, Decimal]:
        try:
            deal = self._deals.by_ticket(ticket)
        except NoAnswerError:
            return volume, price
        return (volume or deal.volume, price or deal.price) if deal else (volume, price)

    def _really_gone(self, refused: Rejected, command: PositionCommand) -> Rejected:
        """A ticket we remembered may have been renumbered; the position then still lives."""
        self._positions.forget()
        if isinstance(command, OpenPosition):
            return msgspec.structs.replace(refused, gone=False)
        try:
            gone = self._positions.ticket_of(command.identifier) is None
        except NoAnswerError:
            gone = False
        return msgspec.structs.replace(refused, gone=gone, may_retry=not gone)


def _nothing_filled(heard: Heard) -> Filled:
    return Filled(order=heard.order, deal=heard.deal, volume=Decimal(0), price=Decimal(0))


def _no_such_position(command: ModifyPosition | ClosePosition) -> Rejected:
    return Rejected(
        retcode=Retcode.POSITION_CLOSED,
        comment=f"no open position has the identifier {command.identifier}",
        sent=False,
        gone=True,
    )
