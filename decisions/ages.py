"""How old a signal is, without trusting any two clocks to agree (law 10)."""

import msgspec

#: A new tick further than this from the estimate means the broker's clock itself has moved.
CLOCK_MOVED_MS = 60_000
#: The truest offset is looked for in this span and the one before it, so that a machine's clock
#: that drifts, or is stepped, is measured anew.
SPAN_MS = 300_000
#: A tick found by a look that comes longer after the last one may have been there for as long.
WATCHED_S = 5.0
#: Durations are known far better than this; UTC that passed otherwise was set by somebody.
STEPPED_MS = 500
#: An age of down to minus this much counts as zero.
FORGIVEN_MS = 2_000


class ServerClock(msgspec.Struct, frozen=True, kw_only=True):
    """What we know of a broker's wall clock: its offset to our UTC, from ticks as they arrive.

    The first tick found may have been there for long; `witnessed` once another was seen to arrive.
    """

    newest_ms: int = 0
    offset_ms: int | None = None
    witnessed: bool = False
    #: The largest lead seen in the span numbered so, and in the last one before it that had ticks.
    span: int = 0
    lead_ms: int = 0
    lead_before_ms: int = 0
    #: Our own clock was set since: the next tick to arrive is believed whatever it says.
    measured_anew: bool = False

    def server_ms(self, utc_ms: int) -> int | None:
        """The broker's wall clock now; None before the first tick."""
        return None if self.offset_ms is None else utc_ms + self.offset_ms


def has_stepped(passed_s: float, utc_passed_ms: int) -> bool:
    """Our own clock was set, or the machine slept, since the last look."""
    return abs(utc_passed_ms - passed_s * 1000) > STEPPED_MS


def with_tick(
    clock: ServerClock,
    newest_ms: int,
    utc_ms: int,
    since_look_s: float = 0.0,
    *,
    stepped: bool = False,
) -> ServerClock:
    """Take in the newest tick's time: the largest lead is truest, a jump is believed at once.

    Unless nobody looked for a while: a tick that was not seen to arrive may be that old, and taken
    for a clock that went back it would make every deal look young.
    """
    if stepped and clock.offset_ms is not None:
        # A tick that is there now may have come before the step, or before the machine slept.
        return msgspec.structs.replace(clock, newest_ms=newest_ms, measured_anew=True)
    if newest_ms in {0, clock.newest_ms}:
        return clock
    lead_ms, before_ms = newest_ms - utc_ms, newest_ms - utc_ms
    if since_look_s > WATCHED_S and _went_back(clock, lead_ms):
        return msgspec.structs.replace(clock, newest_ms=newest_ms)
    span = utc_ms // SPAN_MS
    witnessed = clock.offset_ms is not None
    if _is_as_before(clock, lead_ms):
        same = span == clock.span
        before_ms = clock.lead_before_ms if same else clock.lead_ms
        lead_ms = max(lead_ms, clock.lead_ms) if same else lead_ms
    return ServerClock(
        newest_ms=newest_ms,
        offset_ms=max(lead_ms, before_ms),
        witnessed=witnessed,
        span=span,
        lead_ms=lead_ms,
        lead_before_ms=before_ms,
    )


def _is_as_before(clock: ServerClock, lead_ms: int) -> bool:
    """Neither clock has moved, so that the truest of many ticks can be looked for."""
    if clock.offset_ms is None or clock.measured_anew:
        return False
    return abs(lead_ms - clock.offset_ms) <= CLOCK_MOVED_MS


def _went_back(clock: ServerClock, lead_ms: int) -> bool:
    return clock.offset_ms is not None and lead_ms < clock.offset_ms - CLOCK_MOVED_MS


def age_on_server_ms(clock: ServerClock, deal_server_ms: int, utc_ms: int) -> int:
    """A deal's age on the server's own clock, ms. Before any tick it counts as just made."""
    now_ms = clock.server_ms(utc_ms)
    if now_ms is None:
        return 0
    age_ms = max(now_ms, clock.newest_ms) - deal_server_ms
    # A deal newer than a tick that was only found lying there says how long that one lay.
    forgiven = age_ms >= -FORGIVEN_MS or not clock.witnessed
    return 0 if forgiven and age_ms < 0 else age_ms


def age_here_ms(age_at_seen_ms: int, seen_at_us: int, now_us: int) -> int:
    """The master's figure plus what has passed since, ms."""
    return age_at_seen_ms + (now_us - seen_at_us) // 1000
