"""Answers the events that wait for a leg: each kind of order answers the events it is about."""

from decimal import Decimal

import msgspec

from domain.figures import Figures
from domain.ids import LegKey
from domain.legs import Leg
from domain.orders import Command, ModifyOrder, ModifyPosition
from domain.reasons import Reason
from domain.signals import (
    OrderGone,
    OrderModified,
    PositionClosed,
    PositionModified,
    PositionOpened,
    PositionReduced,
)
from domain.verdicts import VerdictKind
from nodes.bookkeeping.answering import Answer, together
from nodes.bookkeeping.ledger import Ledger, Owed

ZERO = Decimal(0)
CHANGES = PositionModified | OrderModified
CLOSED_HERE = Answer(kind=VerdictKind.NOTHING_TO_DO, reason=Reason.ALREADY_CLOSED_HERE)

NEVER_COPIED = Answer(kind=VerdictKind.NOTHING_TO_DO, reason=Reason.NEVER_COPIED)
WITHDRAWN = {
    OrderGone: Answer(kind=VerdictKind.COPIED),
    PositionOpened: Answer(kind=VerdictKind.MISSED, reason=Reason.CLOSED_MEANWHILE),
}


class OwedAnswers:
    """Who waits for which leg, and how much of a close in parts has been filled."""

    def __init__(self, ledger: Ledger) -> None:
        """Verdicts go into `ledger`, which knows who waits."""
        self._ledger = ledger
        self._filled: dict[LegKey, Decimal] = {}

    def cause(self, key: LegKey) -> Owed | None:
        """The event that a close of this leg is about: the newest, closes first."""
        waiting = self._ledger.owed(key)
        for owed in waiting:
            self._ledger.owe(key, owed)
        return max(waiting, key=_closes_first, default=None)

    def filled(self, leg: Leg, volume: Decimal, figures: Figures | None, *, is_whole: bool) -> None:
        """A close or a reduction was executed, all of it or in part; the rest is still owed."""
        so_far = self._filled.pop(leg.key, ZERO) + volume
        if is_whole:
            answer = Answer(kind=VerdictKind.COPIED, volume=so_far)
        else:
            self._filled[leg.key] = so_far
            answer = _partial(so_far)
        for owed in self._ledger.owed(leg.key):
            is_change_of_stops = isinstance(owed.fact, CHANGES)
            if not is_change_of_stops:
                is_last = is_whole or not leg.live
                self._answer(leg.key, owed, answer if is_last else _so_far(answer), figures)
            elif not leg.live:
                self._answer(leg.key, owed, CLOSED_HERE, None)
            if leg.live and (is_change_of_stops or not is_whole):
                self._ledger.owe(leg.key, owed)

    def modified(self, leg: Leg, figures: Figures, note: str = "") -> None:
        """New stops are in force. `note`: why they are not quite where they should be."""
        reason = Reason.STOPS_MOVED if note else Reason.NONE
        answer = Answer(kind=VerdictKind.COPIED, reason=reason, detail=note)
        for owed in self._ledger.owed(leg.key):
            if isinstance(owed.fact, CHANGES):
                self._answer(leg.key, owed, answer, figures)
            else:
                self._ledger.owe(leg.key, owed)

    def need_nothing(self, key: LegKey, answer: Answer) -> None:
        """No order is left to send; a close that was filled in part stays that."""
        so_far = self._filled.pop(key, ZERO)
        for owed in self._ledger.owed(key):
            in_part = so_far > ZERO and not isinstance(owed.fact, CHANGES)
            self._answer(key, owed, _partial(so_far) if in_part else answer, None)

    def withdrawn(self, key: LegKey) -> None:
        """Our order waits no more, nor does the master's; what it became meanwhile was missed."""
        for owed in self._ledger.owed(key):
            self._answer(key, owed, WITHDRAWN.get(type(owed.fact), NEVER_COPIED), None)

    def failed(self, key: LegKey, answer: Answer, order: Command | None) -> None:
        """It goes on being owed; what the order was not about waits for it."""
        for owed in self._ledger.owed(key):
            about = order is None or _is_about(order, owed)
            so_far = _so_far(answer if about else _waits_for(answer))
            self._answer(key, owed, so_far, None)
            self._ledger.owe(key, owed)

    def _answer(self, key: LegKey, owed: Owed, answer: Answer, figures: Figures | None) -> None:
        """Of a copy in parts the last word is given once all of them have had theirs."""
        told = owed.of_parts
        if told:
            told[key] = answer
            said = [one for one in told.values() if one is not None and one.is_last]
            if answer.is_last and len(said) < len(told):
                return
            answer = together(said) if answer.is_last else answer
        self._ledger.answer(owed.fact, None, answer, figures_of(owed, figures))


def figures_of(owed: Owed | None, figures: Figures | None) -> Figures:
    """An order's figures with the event's own times in front, and its price beside ours."""
    shown = figures or Figures()
    if owed is None:
        return shown
    times = msgspec.structs.replace(
        shown.times,
        seen_us=owed.fact.seen_at_us,
        published_us=owed.fact.published_at_us,
        received_us=owed.received_us,
    )
    prices = shown.prices
    if figures is not None:
        prices = msgspec.structs.replace(prices, master=owed.fact.price)
    return Figures(times=times, prices=prices)


def _closes_first(owed: Owed) -> tuple[int, object]:
    kinds = (PositionModified, PositionReduced, PositionClosed)
    return kinds.index(type(owed.fact)) if type(owed.fact) in kinds else -1, owed.fact.stamp


def _is_about(order: Command, owed: Owed) -> bool:
    is_change = isinstance(order, ModifyPosition | ModifyOrder)
    return is_change is isinstance(owed.fact, CHANGES)


def _so_far(answer: Answer) -> Answer:
    """The event goes on being owed, after a restart as well."""
    return msgspec.structs.replace(answer, is_last=False)


def _partial(volume: Decimal) -> Answer:
    return Answer(kind=VerdictKind.PARTIAL, reason=Reason.FILLED_IN_PART, volume=volume)


def _waits_for(failed: Answer) -> Answer:
    detail = f"waits for an order that failed: {failed.detail}"
    return Answer(kind=failed.kind, reason=Reason.RETRYING, detail=detail)
