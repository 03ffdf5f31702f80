"""Hands a command to the broker and reads the answer for what it proves."""

from decimal import Decimal
from typing import Any, assert_never

import msgspec

from domain.mt5_words import Retcode
from domain.orders import ClosePosition, Command, ModifyPosition, OpenPosition
from domain.outcomes import Filled, Outcome, Rejected, Unknown
from terminal import exact, requests, retcodes
from terminal.calls import Calls, NoAnswerError
from terminal.contracts import Contracts
from terminal.deals import Deals
from terminal.positions import Positions
from terminal.quotes import Quotes
from terminal.remainders import Remainders
from terminal.retcodes import Reaction


class Orders:
    """Sends orders through one terminal."""

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

    def send(self, command: Command, contracts: Contracts) -> Outcome:
        """Send, and say what is proven: executed, refused, or neither."""
        try:
            request = self._request(command)
        except NoAnswerError as why:
            return Rejected(retcode=why.code, comment=str(why), sent=False)
        if isinstance(request, Rejected):
            return request
        outcome = self._post(request, command, contracts)
        if isinstance(outcome, Rejected) and outcome.gone:
            return self._really_gone(outcome, command)
        return outcome

    def _request(self, command: Command) -> requests.Request | Rejected:
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

    def _post(self, request: requests.Request, command: Command, contracts: Contracts) -> Outcome:
        """From order_send() on, whatever is not proven is Unknown."""
        module = self._calls.module
        try:
            result = module.order_send(request)
            if result is None:
                code, text = module.last_error()
                return retcodes.unanswered(code, self._calls.clean(text))
            heard = _Heard.of(result)
        except Exception as raised:  # noqa: BLE001 - the order may have left: nobody can say
            return Unknown(code=0, comment=self._calls.clean(repr(raised)))
        return self._meaning(heard, command, contracts)

    def _meaning(self, heard: "_Heard", command: Command, contracts: Contracts) -> Outcome:
        match retcodes.row(heard.retcode).reaction:
            case Reaction.DONE | Reaction.DONE_IN_PART:
                return self._filled(heard, command, contracts)
            case Reaction.AS_WANTED if isinstance(command, ModifyPosition):
                return _nothing_filled(heard)
            case Reaction.UNKNOWN:
                return Unknown(code=heard.retcode, comment=heard.comment, order=heard.order)
            case _:
                return retcodes.refusal(heard.retcode, heard.comment)

    def _filled(self, heard: "_Heard", command: Command, contracts: Contracts) -> Filled | Unknown:
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

    def _size(self, heard: "_Heard", symbol: str, contracts: Contracts) -> tuple[Decimal, Decimal]:
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

    def _really_gone(self, refused: Rejected, command: Command) -> Rejected:
        """A ticket we remembered may have been renumbered; the position then still lives."""
        self._positions.forget()
        if isinstance(command, OpenPosition):
            return msgspec.structs.replace(refused, gone=False)
        try:
            gone = self._positions.ticket_of(command.identifier) is None
        except NoAnswerError:
            gone = False
        return msgspec.structs.replace(refused, gone=gone, may_retry=not gone)


class _Heard(msgspec.Struct, frozen=True):
    """An OrderSendResult, as far as we read it."""

    retcode: int
    order: int
    deal: int
    volume: float
    price: float
    comment: str

    @classmethod
    def of(cls, result: Any) -> "_Heard":  # noqa: ANN401 - MetaTrader's own type
        return cls(
            int(result.retcode),
            int(result.order),
            int(result.deal),
            float(result.volume),
            float(result.price),
            str(result.comment),
        )

    def exact(self, symbol: str, contracts: Contracts) -> tuple[Decimal, Decimal]:
        """Volume and price on the symbol's grid."""
        spec = contracts.known(symbol)
        if spec is None:
            return exact.number(self.volume), exact.number(self.price)
        return exact.volume(self.volume, spec.volume_step), exact.price(self.price, spec.digits)


def _nothing_filled(heard: _Heard) -> Filled:
    return Filled(order=heard.order, deal=heard.deal, volume=Decimal(0), price=Decimal(0))


def _no_such_position(command: ModifyPosition | ClosePosition) -> Rejected:
    return Rejected(
        retcode=Retcode.POSITION_CLOSED,
        comment=f"no open position has the identifier {command.identifier}",
        sent=False,
        gone=True,
    )
