"""The matching engine: a request and an account in, an answer and its changes out."""

from collections.abc import Callable
from typing import Final

import msgspec

from domain.mt5_words import Retcode, TradeAction
from paper.broker.answers import refused
from paper.broker.asking import Ask
from paper.broker.checks.in_order import foreseen_refusal, refusal
from paper.broker.checks.money import added_margin
from paper.broker.closing_by import close_by
from paper.broker.dealing import deal
from paper.broker.money import figures
from paper.broker.moving_stops import move_stops
from paper.broker.records import NOTHING, Answer, Changes, CheckAnswer
from paper.broker.waiting import modify, place, remove

Action = Callable[[Ask], tuple[Answer, Changes]]

ACTIONS: Final[dict[int, Action]] = {
    TradeAction.DEAL: deal,
    TradeAction.SLTP: move_stops,
    TradeAction.PENDING: place,
    TradeAction.MODIFY: modify,
    TradeAction.REMOVE: remove,
    TradeAction.CLOSE_BY: close_by,
}
GRANTED: Final[dict[int, tuple[Retcode, ...]]] = {
    **dict.fromkeys(ACTIONS, (Retcode.DONE,)),
    TradeAction.DEAL: (Retcode.DONE, Retcode.DONE_PARTIAL, Retcode.PLACED),
    TradeAction.PENDING: (Retcode.DONE, Retcode.PLACED),
}
"""Which codes each action answers when nothing is wrong with it."""


def execute(ask: Ask) -> tuple[Answer, Changes]:
    """What the broker answers to a request, and what it changes."""
    no = refusal(ask)
    if no is not None:
        return refused(ask, no), NOTHING
    return ACTIONS[ask.request.action](ask)


def check(ask: Ask) -> CheckAnswer:
    """What order_check answers: the account after the trade, or the refusal."""
    no = foreseen_refusal(ask)
    if no is not None:
        return CheckAnswer(retcode=no.retcode, comment=no.comment, request=ask.request)
    now = figures(ask.market, ask.account)
    after = msgspec.structs.replace(now, margin=round(now.margin + added_margin(ask), 2))
    return CheckAnswer(
        retcode=0,
        balance=after.balance,
        equity=after.equity,
        profit=after.profit,
        margin=after.margin,
        margin_free=after.margin_free,
        margin_level=after.margin_level,
        comment="Done",
        request=ask.request,
    )
