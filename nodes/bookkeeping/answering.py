"""Verdicts: the answer to each master event, with the times and prices of every step (law 9)."""

from collections.abc import Sequence
from decimal import Decimal

import msgspec

from decisions.parts import Begun
from decisions.rounding import plain
from decisions.situation import Situation
from decisions.slippage import spread_points
from domain.figures import Figures, Prices, Times
from domain.ids import NodeName
from domain.legs import Leg, LegState
from domain.market import Quote, SymbolSpec
from domain.reasons import Reason
from domain.signals import Fact
from domain.verdicts import Verdict, VerdictKind
from nodes.executor import AnyExecuted

ZERO = Decimal(0)
DONE = frozenset({VerdictKind.COPIED, VerdictKind.PARTIAL})


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What became of an event, in short. `is_last`: no better answer is still being worked on."""

    kind: VerdictKind
    reason: Reason = Reason.NONE
    detail: str = ""
    volume: Decimal | None = None
    retcode: int = 0
    is_last: bool = True


#: Not copied yet: an order waits at the master's price, and says so itself when it fills.
ENTRY_WAITS = Answer(kind=VerdictKind.MISSED, reason=Reason.ENTRY_WAITS)


def opened_so_far(leg: Leg) -> Answer:
    """The answer to an open, by how much of it has been filled."""
    if leg.filled_volume >= leg.wanted_volume:
        return Answer(kind=VerdictKind.COPIED, volume=leg.filled_volume)
    kind, reason = VerdictKind.PARTIAL, Reason.FILLED_IN_PART
    return Answer(kind=kind, reason=reason, volume=leg.filled_volume)


def opened_in_parts(parts: Sequence[Leg]) -> Answer | None:
    """The one answer to an open that was split; None while some part's end is not known."""
    if any(leg.state is LegState.OPENING for leg in parts):
        return None
    whole = parts[0].copy_volume
    filled = sum((leg.filled_volume for leg in parts), ZERO)
    if filled >= whole:
        return Answer(kind=VerdictKind.COPIED, volume=filled)
    kind = VerdictKind.PARTIAL if filled else VerdictKind.MISSED
    detail = f"{plain(filled)} of {plain(whole)} lots"
    return Answer(kind=kind, reason=_why_not_whole(parts), volume=filled, detail=detail)


def _why_not_whole(parts: Sequence[Leg]) -> Reason:
    """A part that was refused says it; of what was never asked for, a start."""
    refused = (leg.reason for leg in parts if not leg.filled_volume)
    why = next((reason for reason in refused if reason is not Reason.NONE), Reason.FILLED_IN_PART)
    return why if Begun.of(parts) is None else Reason.SLAVE_WAS_DOWN


def together(answers: Sequence[Answer]) -> Answer:
    """What all parts of a copy did about one event, as one answer."""
    done = [one for one in answers if one.kind in DONE]
    if not done:
        return answers[0]
    in_part = [one for one in done if one.kind is VerdictKind.PARTIAL]
    volumes = [one.volume for one in done if one.volume is not None]
    volume = sum(volumes, ZERO) if volumes else None
    return msgspec.structs.replace((in_part or done)[0], volume=volume)


def verdict(
    slave: NodeName, fact: Fact, leg: Leg | None, answer: Answer, figures: Figures, at_ms: int
) -> Verdict:
    """The record of an answer."""
    return Verdict(
        slave=slave,
        master=fact.master,
        stamp=fact.stamp,
        journey=fact.journey,
        event=type(fact).__name__,
        leg=fact.leg_key,
        kind=answer.kind,
        reason=answer.reason,
        detail=answer.detail,
        symbol=leg.symbol if leg is not None else fact.subject.symbol,
        side=fact.subject.side if leg is None else leg.side,
        volume=answer.volume,
        master_volume=fact.subject.volume,
        retcode=answer.retcode,
        times=figures.times,
        prices=figures.prices,
        decided_at_ms=at_ms,
    )


def times_of(
    fact: Fact, received_us: int, decided_us: int, executed: AnyExecuted | None = None
) -> Times:
    """The six times of one event; zero where a step was not reached."""
    return Times(
        seen_us=fact.seen_at_us,
        published_us=fact.published_at_us,
        received_us=received_us,
        decided_us=decided_us,
        sent_us=0 if executed is None else executed.sent_us,
        answered_us=0 if executed is None else executed.answered_us,
    )


def prices_at_opening(
    fact: Fact, now: Situation, requested: Decimal | None, filled: Decimal | None
) -> Prices:
    """The prices around an open."""
    side = fact.subject.side.opposite if now.settings.reverse else fact.subject.side
    seen = None if now.quote is None else now.quote.entry(side)
    return Prices(
        master=fact.price,
        at_decision=seen,
        requested=requested,
        filled=filled,
        spread_points=_spread(now.quote, now.spec),
    )


def prices_at_closing(
    master: Decimal | None,
    leg: Leg,
    quote: Quote | None,
    spec: SymbolSpec | None,
    filled: Decimal | None,
) -> Prices:
    """The prices around a close or a reduction."""
    seen = None if quote is None else quote.exit(leg.side)
    return Prices(
        master=master,
        at_decision=seen,
        requested=seen,
        filled=filled,
        spread_points=_spread(quote, spec),
    )


def _spread(quote: Quote | None, spec: object) -> Decimal | None:
    if quote is None or not isinstance(spec, SymbolSpec):
        return None
    return spread_points(quote, spec)


def known_price(price: Decimal) -> Decimal | None:
    """Brokers that do not tell the price of a fill say zero."""
    return price if price != ZERO else None
