"""What to do about one child process: start it, wait, end it because it hangs, start it again.

Nothing automatic gives up on an account (law 5): pauses grow to a maximum and stay there, and a
crash loop goes on close-only.
"""

from enum import StrEnum

import msgspec


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """How patient the supervisor is.

    MetaTrader's module waits 100 s for a terminal it has to start, and then a minute for the
    login, all without a word: hence the long wait for who is connecting.
    """

    hung_after_s: float = 10.0
    connected_within_s: float = 180.0
    forgive_after_s: float = 10.0
    first_pause_s: float = 0.5
    longest_pause_s: float = 30.0
    jitter_share: float = 0.25
    crash_loop_after: int = 5
    # Hangs are not forgotten with readiness: a terminal that hangs at every order is ready between.
    terminal_hangs: int = 3
    hang_counts_for_s: float = 3600.0


class ChildView(msgspec.Struct, frozen=True, kw_only=True):
    """One child as the supervisor sees it; moments are monotonic seconds, 0 for never.

    `wanted`: somebody needs it, by its document or because it has open legs. `opens`: it can be
    told to close only. `connecting`: it may sit in the call that starts a terminal.
    `awake_since_s`: since when the supervisor itself has looked without a gap.
    """

    wanted: bool
    alive: bool
    opens: bool = True
    connecting: bool = False
    awake_since_s: float = 0.0
    started_at_s: float = 0.0
    heard_at_s: float = 0.0
    ready_since_s: float = 0.0
    ended_at_s: float = 0.0
    failures: int = 0


class Action(StrEnum):
    """What the supervisor does next about a child."""

    START = "start"
    WAIT = "wait"
    KILL = "kill"
    STOP = "stop"


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """The action, with what a person should know; `close_only` once it crashes in a loop."""

    action: Action
    close_only: bool = False
    alarm: str = ""


def next_step(child: ChildView, policy: Policy, now_s: float, jitter: float) -> Step:
    """The next step; `jitter` is a random number from 0 to 1, the same until the next start."""
    if child.alive:
        return _about_a_living_one(child, policy, now_s)
    if not child.wanted:
        return Step(action=Action.WAIT)
    looping = child.failures >= policy.crash_loop_after
    due_s = child.ended_at_s + pause_s(child.failures, policy, jitter)
    action = Action.START if child.failures == 0 or now_s >= due_s else Action.WAIT
    return Step(action=action, close_only=looping and child.opens, alarm=_alarm(child, policy))


def pause_s(failures: int, policy: Policy, jitter: float) -> float:
    """How long to wait after so many failures in a row; it doubles up to the longest."""
    if failures == 0:
        return 0.0
    steps = min(failures - 1, 30)
    pause = min(policy.first_pause_s * 2.0**steps, policy.longest_pause_s)
    return pause * (1 + policy.jitter_share * jitter)


def failures_now(child: ChildView, policy: Policy, now_s: float) -> int:
    """Failures in a row, forgotten once the child has been ready for a while."""
    if child.ready_since_s and now_s - child.ready_since_s >= policy.forgive_after_s:
        return 0
    return child.failures


def is_hung(child: ChildView, policy: Policy, now_s: float) -> bool:
    """It lives, but has said nothing for too long, to somebody who listened all the time."""
    patience_s = policy.connected_within_s if child.connecting else policy.hung_after_s
    listening_since_s = max(_last_sign_s(child), child.awake_since_s)
    return child.alive and now_s - listening_since_s > patience_s


def awake_since_s(before_s: float, last_look_s: float, policy: Policy, now_s: float) -> float:
    """Since when there was no long gap between two looks; `before_s` was the answer at the last.

    Who was stopped, or put to sleep with the whole machine, has heard nobody, and judges nobody.
    """
    return now_s if now_s - last_look_s > policy.hung_after_s / 2 else before_s


def hangs_now(hung_at_s: tuple[float, ...], policy: Policy, now_s: float) -> tuple[float, ...]:
    """The hangs of one terminal that still count."""
    return tuple(at_s for at_s in hung_at_s if now_s - at_s < policy.hang_counts_for_s)


def hang_alarm(hangs: int, policy: Policy, *, may_relaunch: bool) -> str:
    """What a person shall know of a terminal that hangs again and again."""
    if hangs < policy.terminal_hangs:
        return ""
    done = "it was ended, to be started anew" if may_relaunch else "end it in the task manager"
    return f"terminal: hung {hangs} times within {policy.hang_counts_for_s / 3600:g} h; {done}"


def shall_relaunch(hangs: int, policy: Policy, *, may_relaunch: bool) -> bool:
    """Whether this hang was one too many: every third is."""
    return may_relaunch and hangs > 0 and hangs % policy.terminal_hangs == 0


def _last_sign_s(child: ChildView) -> float:
    return max(child.started_at_s, child.heard_at_s)


def _about_a_living_one(child: ChildView, policy: Policy, now_s: float) -> Step:
    if is_hung(child, policy, now_s):
        silent_s = now_s - _last_sign_s(child)
        return Step(action=Action.KILL, alarm=f"hung: nothing heard for {silent_s:.0f} s")
    if not child.wanted:
        return Step(action=Action.STOP)
    return Step(action=Action.WAIT, alarm=_alarm(child, policy))


def _alarm(child: ChildView, policy: Policy) -> str:
    if child.failures < policy.crash_loop_after:
        return ""
    ended = f"ended {child.failures} times in a row; it is started again"
    return f"{ended}, to close only" if child.opens else f"{ended} and again"
