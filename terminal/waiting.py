"""Places, modifies and cancels orders that wait for their price, and says what is proven."""

from typing import assert_never

import msgspec

from domain.market import Lifetime
from domain.mt5_words import Retcode
from domain.orders import CancelOrder, ModifyOrder, PendingCommand, PlaceOrder
from domain.outcomes import Cancelled, PendingOutcome, Placed, Rejected, Unknown
from terminal import requests, retcodes
from terminal.calls import Calls, NoAnswerError
from terminal.contracts import Contracts
from terminal.lifetimes import lifetime_for
from terminal.pendings import Pendings
from terminal.posting import Heard, post
from terminal.retcodes import Reaction


class WaitingOrders:
    """Sends what concerns waiting orders through one terminal."""

    def __init__(self, calls: Calls, contracts: Contracts, pendings: Pendings) -> None:
        self._calls = calls
        self._contracts = contracts
        self._pendings = pendings

    def send(self, command: PendingCommand) -> PendingOutcome:
        """Send, and say what is proven: done, refused, or neither."""
        try:
            lifetime = self._lifetime(command)
        except NoAnswerError as why:
            return Rejected(retcode=why.code, comment=str(why), sent=False)
        heard = post(self._calls, _request(command, lifetime))
        outcome = _meaning(heard, command, lifetime) if isinstance(heard, Heard) else heard
        if isinstance(outcome, Rejected) and outcome.sent:
            return self._gone_or_not(outcome, command)
        return outcome

    def _lifetime(self, command: PendingCommand) -> Lifetime:
        if isinstance(command, CancelOrder):
            return Lifetime()
        spec = self._contracts.known(command.symbol)
        return lifetime_for(command.lifetime, spec) if spec else command.lifetime

    def _gone_or_not(self, refused: Rejected, command: PendingCommand) -> Rejected:
        """Which code an order that is gone gets, differs; a look shows it whatever was said."""
        if isinstance(command, PlaceOrder):
            return msgspec.structs.replace(refused, gone=False)
        try:
            gone = not self._pendings.waits(command.ticket)
        except NoAnswerError:
            gone = False
        return msgspec.structs.replace(refused, gone=gone)


def _request(command: PendingCommand, lifetime: Lifetime) -> requests.Request:
    if isinstance(command, PlaceOrder):
        return requests.to_place(command, lifetime)
    if isinstance(command, ModifyOrder):
        return requests.to_change(command, lifetime)
    if isinstance(command, CancelOrder):
        return requests.to_cancel(command.ticket)
    assert_never(command)


def _meaning(heard: Heard, command: PendingCommand, lifetime: Lifetime) -> PendingOutcome:
    if isinstance(command, PlaceOrder) and heard.retcode == Retcode.PLACED:
        return _placed(heard, lifetime)  # for an order that is to wait it is the usual success
    match retcodes.row(heard.retcode).reaction:
        case Reaction.DONE if isinstance(command, CancelOrder):
            return Cancelled(order=command.ticket)
        case Reaction.DONE | Reaction.AS_WANTED if isinstance(command, ModifyOrder):
            return Placed(order=command.ticket, lifetime=lifetime)
        case Reaction.DONE | Reaction.DONE_IN_PART if isinstance(command, PlaceOrder):
            return _placed(heard, lifetime)
        case Reaction.DONE | Reaction.DONE_IN_PART | Reaction.UNKNOWN:
            return Unknown(code=heard.retcode, comment=heard.comment, order=heard.order)
        case _:
            return retcodes.refusal(heard.retcode, heard.comment)


def _placed(heard: Heard, lifetime: Lifetime) -> Placed | Unknown:
    """Without its number nobody can say which of the orders at the broker it is."""
    if not heard.order:
        return Unknown(code=heard.retcode, comment=heard.comment)
    return Placed(order=heard.order, lifetime=lifetime)
