"""Watches the day's result, halts the account at its limit, keeps a standing order to resume."""

import logging
from datetime import time
from decimal import Decimal
from zoneinfo import ZoneInfo

from decisions.daily_loss import (
    day_began_server_ms,
    day_began_utc_ms,
    is_guarded,
    limit_reached,
    result_of_day,
)
from domain.market import AccountState, Unknowable
from domain.policies import KillSwitch, TradingState
from nodes.guarding.clock_watch import ClockWatch
from nodes.guarding.standing import Standing
from nodes.ports import TerminalDoor
from utils.clock import Clock, Now

logger = logging.getLogger(__name__)

#: `kill_switch.reset.zone` for the broker's own wall clock.
SERVER_ZONE = "server"
MACHINE = "daily_loss"
STANDING_ORDER = "resume_at_reset"
#: Deals are asked for up to so far ahead of the broker's clock, so that none hides behind it.
AHEAD_S = 86_400
#: A result older than this is no result.
STALE_AFTER_S = 5.0


class DayGuard:
    """The daily-loss limit of one account."""

    def __init__(self, door: TerminalDoor, standing: Standing, clock: Clock) -> None:
        """Nothing is known before the first look."""
        self._door = door
        self._standing = standing
        self._clock_watch = ClockWatch(door, clock)
        self._result: Decimal | None = None
        self._looked_at_s = float("-inf")
        self.account: AccountState | None = None

    def result(self, now_s: float) -> Decimal | None:
        """Realised plus floating since the day began; None where it is not known, or is stale."""
        return self._result if now_s - self._looked_at_s <= STALE_AFTER_S else None

    def look(self, guard: KillSwitch, now: Now) -> None:
        """Work the day's result out anew, and act on it."""
        self._clock_watch.look(now)
        self._result = self._work_out(guard, now)
        self._looked_at_s = now.monotonic_s
        if self._result is not None and limit_reached(self._result, guard):
            why = f"daily loss {self._result:f}, limit -{guard.daily_loss:f}"
            self._standing.tighten(TradingState.HALTED, why, MACHINE, now.utc_ms)

    def _work_out(self, guard: KillSwitch, now: Now) -> Decimal | None:
        account = self._door.account()
        self.account = None if isinstance(account, Unknowable) else account
        began_ms = self._began(guard, now)
        if self.account is None or began_ms is None or not is_guarded(guard):
            return None
        self._roll(began_ms, guard, now)
        server_s = began_ms // 1000
        deals = self._door.deals_between(server_s, self._now_server_s(now) + AHEAD_S)
        if isinstance(deals, Unknowable):
            return None
        return result_of_day(deals, self.account.profit)

    def _began(self, guard: KillSwitch, now: Now) -> int | None:
        """When the trading day began, on the broker's clock, ms."""
        server_ms = self._clock_watch.clock.server_ms(now.utc_ms)
        if server_ms is None or not self._clock_watch.clock.witnessed:
            # A tick that was only found lying there may be of yesterday.
            return None
        reset = time.fromisoformat(guard.reset.time)
        if guard.reset.zone == SERVER_ZONE:
            return day_began_server_ms(server_ms, reset)
        zone = ZoneInfo(guard.reset.zone)
        return day_began_utc_ms(now.utc_ms, reset, zone) + (server_ms - now.utc_ms)

    def _now_server_s(self, now: Now) -> int:
        return (self._clock_watch.clock.server_ms(now.utc_ms) or now.utc_ms) // 1000

    def _roll(self, began_ms: int, guard: KillSwitch, now: Now) -> None:
        """A new day: the operator's standing order lifts what this guard had halted before it."""
        began_utc_ms = began_ms - (self._clock_watch.clock.offset_ms or 0)
        latch = self._standing.latch
        if guard.resume_at_reset and latch.by == MACHINE and latch.at_ms < began_utc_ms:
            why = f"the day of {guard.reset.time} {guard.reset.zone} has begun"
            self._standing.order(TradingState.ACTIVE, why, STANDING_ORDER, now.utc_ms)
