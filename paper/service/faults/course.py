"""The way of one call: what is waited for, when it is done, what the client hears and when."""

from collections.abc import Sequence
from math import exp
from typing import Any

import msgspec

from paper.service.faults.kinds import Death, Delay, Hang, LoginTimeout, PipeLost
from paper.service.faults.rules import Called
from paper.service.faults.script import Live


class Hold(msgspec.Struct, frozen=True):
    """The client is told to read on without letting go of the interpreter."""


class Wait(msgspec.Struct, frozen=True):
    """Nothing for so long, None being for ever; or until the rule that keeps it is taken back."""

    ms: float | None
    kept_by: Live | None = None


class Execute(msgspec.Struct, frozen=True):
    """What was asked is done, or not, as these rules have it; the answer is kept."""

    struck: tuple[Live, ...] = ()


class Tell(msgspec.Struct, frozen=True):
    """The answer goes out."""


class Die(msgspec.Struct, frozen=True):
    """The terminal's process ends, and with it all its clients' connections."""

    fault: Death


class BreakPipe(msgspec.Struct, frozen=True):
    """This client's pipe breaks."""


class Happen(msgspec.Struct, frozen=True):
    """What stands by itself begins, under this call's feet."""

    live: Live


Step = Happen | Hold | Wait | Execute | Tell | Die | BreakPipe

UNDISTURBED: tuple[Step, ...] = (Execute(), Tell())


def course_of(called: Called, struck: Sequence[Live]) -> tuple[Step, ...]:
    """The steps of one call that these rules strike."""
    before: list[Step] = []
    after: list[Step] = []
    for live in struck:
        fault = live.rule.fault
        is_late = getattr(fault, "when", "before") == "after"
        (after if is_late else before).extend(_steps(called, live))
    return (*before, Execute(tuple(struck)), *after, Tell())


def _steps(called: Called, live: Live) -> tuple[Step, ...]:
    match live.rule.fault:
        case Delay() as delay:
            return (Wait(_drawn_ms(delay, live)),)
        case Hang(ms=ms):
            return (Hold(), Wait(ms, live))
        case Death() as death:
            return (Die(death),)
        case PipeLost():
            return (BreakPipe(),)
        case fault if fault.is_standing:
            return (Happen(live),)
        case LoginTimeout():
            return (Wait(_timeout_ms(called.args)),)
        case _:
            return ()


def _drawn_ms(delay: Delay, live: Live) -> float:
    """Around the middle in proportion, so that the tail is long and nothing is negative."""
    ms = delay.ms * exp(delay.sigma * live.draws.gauss(0.0, 1.0)) if delay.sigma else delay.ms
    is_slow = bool(delay.slow_share) and live.draws.random() < delay.slow_share
    return ms + (delay.slow_ms if is_slow else 0.0)


def _timeout_ms(args: list[Any]) -> float:
    """It stands last, in both calls that have one."""
    last = args[-1] if args else 0
    return float(last) if isinstance(last, int | float) else 0.0
