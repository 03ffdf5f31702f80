"""When something really happened, by a broker whose clock is ahead of the others or has jumped."""

import msgspec


class Jump(msgspec.Struct, frozen=True, kw_only=True):
    """The broker's clock was off by `by_ms` from one moment to another; None is until now."""

    from_ms: int
    until_ms: int | None
    by_ms: int


class BrokerClock(msgspec.Struct, frozen=True, kw_only=True):
    """How far a broker's clock is ahead of ours, and when it was off by more than that.

    A jump is seen to begin and end only about when it does: near its edges, within `unsure_ms`,
    a deal may have been stamped by either clock.
    """

    ahead_ms: int = 0
    jumps: tuple[Jump, ...] = ()
    unsure_ms: int = 1_000
    #: From when to when anything happened at all, where that is known: it tells a time of a clock
    #: that was off from the same time of one that was right.
    between_ms: tuple[int, int] | None = None

    def moments(self, server_ms: int) -> tuple[int, ...]:
        """Every moment (UTC) at which the broker may have written this time."""
        plain_ms = server_ms - self.ahead_ms
        possible = [
            plain_ms - jump.by_ms
            for jump in self.jumps
            if self._may_be_within(jump, plain_ms - jump.by_ms)
        ]
        if not any(self._is_well_within(jump, plain_ms) for jump in self.jumps):
            possible.append(plain_ms)
        return tuple(one for one in possible if self._is_known(one)) or (plain_ms,)

    def _is_known(self, moment_ms: int) -> bool:
        if self.between_ms is None:
            return True
        began_ms, ended_ms = self.between_ms
        return began_ms - self.unsure_ms <= moment_ms <= ended_ms + self.unsure_ms

    def _may_be_within(self, jump: Jump, moment_ms: int) -> bool:
        ended = jump.until_ms is not None and moment_ms > jump.until_ms + self.unsure_ms
        return moment_ms >= jump.from_ms - self.unsure_ms and not ended

    def _is_well_within(self, jump: Jump, moment_ms: int) -> bool:
        ended = jump.until_ms is not None and moment_ms > jump.until_ms - self.unsure_ms
        return moment_ms > jump.from_ms + self.unsure_ms and not ended


def least_apart_ms(earlier: tuple[BrokerClock, int], later: tuple[BrokerClock, int]) -> int:
    """How much later the second happened, at least, given what each broker wrote."""
    first, second = (clock.moments(server_ms) for clock, server_ms in (earlier, later))
    return min(second) - max(first)
