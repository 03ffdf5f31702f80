"""What a master's book says of a leg, and whether the leg knows it already."""

from decimal import Decimal

import msgspec

from decisions.repairs import MasterWord, Retarget, Sight
from domain.legs import Leg, MasterTarget
from domain.signals import Fact, OrderGone, OrderModified, OrderPlaced, PositionFact, PositionOpened

ZERO = Decimal(0)


def target_of(fact: Fact) -> MasterTarget:
    """What the master's position is by this fact alone."""
    subject = fact.subject
    waits = isinstance(fact, OrderPlaced | OrderModified)
    return MasterTarget(
        stamp=fact.stamp,
        journey=fact.journey,
        volume=subject.volume,
        initial_volume=subject.initial_volume,
        sl=subject.sl,
        tp=subject.tp,
        order=fact.order if isinstance(fact, OrderPlaced | OrderModified) else None,
        there=not waits,
    )


def target_after(before: MasterTarget, fact: Fact) -> MasterTarget:
    """What it is by this fact, after all that was told before.

    An order says of its position only what it will be, and nothing of one that is there already.
    A close says nothing of stops, nor do the deals by which a flash is told: those known stand.
    """
    if isinstance(fact, PositionFact):
        stamp = max(before.stamp, fact.stamp)
        after = msgspec.structs.replace(target_of(fact), stamp=stamp, order=before.order)
        if not _tells_stops(fact):
            return msgspec.structs.replace(after, sl=before.sl, tp=before.tp)
        return after
    if isinstance(fact, OrderGone):
        ended = not fact.brought_something and not before.there
        volume = ZERO if ended else before.volume
        return msgspec.structs.replace(
            before, stamp=fact.stamp, journey=fact.journey, volume=volume, order=None
        )
    after = target_of(fact)
    if not before.there:
        return after
    return msgspec.structs.replace(
        before, stamp=after.stamp, journey=after.journey, order=after.order
    )


def _tells_stops(fact: PositionFact) -> bool:
    return not (isinstance(fact, PositionOpened) and fact.flash) and fact.position.volume > ZERO


def told_by(leg: Leg, word: MasterWord) -> MasterTarget:
    """The leg's target as a book has it; unchanged where the book says nothing, or is older."""
    before = leg.target
    if before.stamp > word.stamp:
        # A close that acted before its turn is newer than this picture.
        return before
    subject = word.position or (None if _is_of_position(leg) else word.order)
    if subject is not None:
        return MasterTarget(
            stamp=word.stamp,
            journey=before.journey,
            volume=subject.volume,
            initial_volume=subject.initial_volume,
            sl=subject.sl,
            tp=subject.tp,
            order=word.order,
            there=word.position is not None,
        )
    if word.closed:
        return msgspec.structs.replace(before, stamp=word.stamp, volume=ZERO, order=None)
    return before


def heed_the_book(leg: Leg, sight: Sight) -> Retarget | None:
    """The leg is told of what it does not know."""
    if sight.word is None or not leg.live:
        return None
    target = told_by(leg, sight.word)
    differs = _content(target) != _content(leg.target)
    return Retarget(leg=msgspec.structs.replace(leg, target=target)) if differs else None


def _content(target: MasterTarget) -> tuple[object, ...]:
    return (*_figures(target), target.order, target.there)


def _figures(target: MasterTarget) -> tuple[Decimal, ...]:
    return target.volume, target.initial_volume, target.sl, target.tp


def is_absent_without_a_word(leg: Leg, word: MasterWord | None) -> bool:
    """Only "closed" closes a copy; a position that is merely absent is asked about again."""
    if word is None or leg.target.closed or leg.target.stamp > word.stamp:
        return False
    return says_nothing(leg, word)


def says_nothing(leg: Leg, word: MasterWord) -> bool:
    """What the leg copies is not in the book, and nobody knows that it was closed."""
    is_there = word.position is not None or (word.order is not None and not _is_of_position(leg))
    return not is_there and not word.closed


def _is_of_position(leg: Leg) -> bool:
    """It copies what a master's order had brought; what waits of that order is nothing of it."""
    return leg.terms_sent is None
